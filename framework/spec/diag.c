#include "spec/diag.h"

#include "base/fault.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A hostile file has as many mistakes as it likes; nobody reads more than these. */
enum { MESSAGES_MAX = 1000, TEXT_MAX = 1000 };

typedef struct message {
    char *text;      /* "FILE:LINE:COLUMN: ..." */
    size_t n_file;   /* the leading bytes of text that are the file's name */
    size_t sequence; /* keeps the order of messages that share a position */
    bnn_position_in_file at;
} message;

/* The text of a file. */
typedef struct source {
    struct source *next;
    size_t n;
    char *name, *text;
} source;

struct bnn_diag {
    source *sources;
    message *messages;
    size_t n, capacity;
    size_t n_errors;
    int status; /* the worst of the errors */
    bool sorted;
    const char *tail; /* why messages are missing, shown last; NULL when none is */
    const bnn_diag_part *part;
};

int bnn_position_order(bnn_position_in_file a, bnn_position_in_file b)
{
    if (a.line != b.line)
        return a.line < b.line ? -1 : 1;
    return (a.column > b.column) - (a.column < b.column);
}

bnn_diag *bnn_diag_create(void)
{
    return calloc(1, sizeof(bnn_diag));
}

static void free_source(source *s)
{
    free(s->name);
    free(s->text);
    free(s);
}

void bnn_diag_destroy(bnn_diag *diag)
{
    if (diag == NULL)
        return;
    for (size_t i = 0; i < diag->n; i++)
        free(diag->messages[i].text);
    free(diag->messages);
    while (diag->sources != NULL) {
        source *s = diag->sources;
        diag->sources = s->next;
        free_source(s);
    }
    free(diag);
}

/* The part a message is about, or NULL: what has no place is about none. */
static const bnn_diag_part *part_of(const bnn_diag *diag, bnn_position_in_file at)
{
    return at.file == NULL ? NULL : diag->part;
}

__attribute__((format(printf, 5, 0))) static char *format_message(bnn_position_in_file at,
                                                                  const bnn_diag_part *part,
                                                                  bool warning, size_t *n_file,
                                                                  const char *format, va_list args)
{
    const char *severity = warning ? "warning: " : "";
    char text[TEXT_MAX], in[BNN_EXCERPT] = "";
    char *whole = NULL, *out = NULL;
    if (vasprintf(&whole, format, args) < 0)
        return NULL;
    bnn_text_shorten(whole, text, sizeof text);
    free(whole);
    if (part != NULL)
        snprintf(in, sizeof in, "in %s: ", part->name);
    const int n = at.file == NULL ? asprintf(&out, "%s%s", severity, text)
                  : at.line == 0  ? asprintf(&out, "%s: %s%s%s", at.file, severity, in, text)
                                  : asprintf(&out, "%s:%u:%u: %s%s%s", at.file, at.line, at.column,
                                             severity, in, text);
    if (n < 0)
        return NULL;
    bnn_text_clean(out, "");
    *n_file = at.file == NULL ? 0 : strlen(at.file);
    return out;
}

static bool is_known(const bnn_diag *diag, const char *text)
{
    for (size_t i = 0; i < diag->n; i++)
        if (strcmp(diag->messages[i].text, text) == 0)
            return true;
    return false;
}

static bool has_room(bnn_diag *diag)
{
    if (diag->n < diag->capacity)
        return true;
    const size_t capacity = diag->capacity == 0 ? 16 : 2 * diag->capacity;
    message *grown = realloc(diag->messages, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    diag->messages = grown;
    diag->capacity = capacity;
    return true;
}

/* The more telling of two statuses. */
static int diag_worse(int a, int b)
{
    static const int order[] = {BNN_E_INTERNAL, BNN_E_SPEC, BNN_E_RESOURCE};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return a != BNN_OK ? a : b;
}

int bnn_diag_fail(bnn_diag *diag, int status, bnn_position_in_file at, const char *format, ...)
{
    const bnn_diag_part *part = part_of(diag, at);
    size_t n_file = 0;
    va_list args;
    if (part != NULL)
        at = part->locate(part->context, at);
    va_start(args, format);
    char *text = format_message(at, part, status == BNN_OK, &n_file, format, args);
    va_end(args);
    diag->status = diag_worse(diag->status, status);
    if (text != NULL && is_known(diag, text)) {
        free(text);
        return status;
    }
    if (status != BNN_OK)
        diag->n_errors++;
    if (text == NULL || diag->n == MESSAGES_MAX || !has_room(diag)) {
        diag->tail = diag->n == MESSAGES_MAX ? "too many messages: the rest is not shown"
                                             : "out of memory: some messages are lost";
        free(text);
        return status;
    }
    diag->messages[diag->n] = (message){text, n_file, diag->n, at};
    diag->n++;
    diag->sorted = false;
    return status;
}

const bnn_diag_part *bnn_diag_set_part(bnn_diag *diag, const bnn_diag_part *part)
{
    const bnn_diag_part *before = diag->part;
    diag->part = part;
    return before;
}

int bnn_diag_no_memory(bnn_diag *diag)
{
    return bnn_diag_fail(diag, BNN_E_INTERNAL, (bnn_position_in_file){.file = NULL},
                         "out of memory");
}

int bnn_diag_unread(bnn_diag *diag, const bnn_error *err)
{
    const int status = err->status == BNN_E_INTERNAL           ? BNN_E_INTERNAL
                       : bnn_fault_remedy(err->reason) != NULL ? BNN_E_RESOURCE
                                                               : BNN_E_SPEC;
    return bnn_diag_fail(diag, status, (bnn_position_in_file){.file = NULL}, "%s", err->message);
}

size_t bnn_diag_n_errors(const bnn_diag *diag)
{
    return diag->n_errors;
}

int bnn_diag_status(const bnn_diag *diag)
{
    return diag->status;
}

int bnn_diag_begin(bnn_diag *diag)
{
    const int begun = diag->status;
    diag->status = BNN_OK;
    return begun;
}

int bnn_diag_end(bnn_diag *diag, int begun)
{
    const int part = diag->status;
    diag->status = diag_worse(begun, part);
    return part;
}

static int compare_messages(const void *left, const void *right)
{
    const message *a = left, *b = right;
    const size_t n = a->n_file < b->n_file ? a->n_file : b->n_file;
    const int file = memcmp(a->text, b->text, n);
    if (file != 0)
        return file;
    if (a->n_file != b->n_file)
        return a->n_file < b->n_file ? -1 : 1;
    const int place = bnn_position_order(a->at, b->at);
    if (place != 0)
        return place;
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

size_t bnn_diag_count(bnn_diag *diag)
{
    return diag->n + (diag->tail != NULL ? 1 : 0);
}

static void sort_messages(bnn_diag *diag)
{
    if (!diag->sorted && diag->n > 0)
        qsort(diag->messages, diag->n, sizeof *diag->messages, compare_messages);
    diag->sorted = true;
}

const char *bnn_diag_message(bnn_diag *diag, size_t i)
{
    sort_messages(diag);
    return i < diag->n ? diag->messages[i].text : diag->tail;
}

/* ---- lines ------------------------------------------------------------------------------- */

static const source *find_source(const bnn_diag *diag, const char *file)
{
    const source *s = file == NULL ? NULL : diag->sources;
    while (s != NULL && strcmp(s->name, file) != 0)
        s = s->next;
    return s;
}

int bnn_diag_source(bnn_diag *diag, const char *file, const char *text, size_t n)
{
    if (find_source(diag, file) != NULL)
        return BNN_OK;
    source *s = calloc(1, sizeof *s);
    if (s == NULL)
        return BNN_E_INTERNAL;
    *s = (source){.n = n, .name = strdup(file), .text = calloc(1, n + 1)};
    if (s->name == NULL || s->text == NULL) {
        free_source(s);
        return BNN_E_INTERNAL;
    }
    memcpy(s->text, text, n);
    s->next = diag->sources;
    diag->sources = s;
    return BNN_OK;
}

/* Where a line begins, or NULL; lines end as those of YAML do. *n: its bytes. */
static const char *find_line(const source *s, uint32_t line, size_t *n)
{
    const char *text = s->text, *end = s->text + s->n;
    for (; line > 1 && text < end; text++)
        line -= *text == '\n' || (*text == '\r' && text[1] != '\n');
    *n = strcspn(text, "\r\n");
    return line == 1 && *n > 0 ? text : NULL;
}

const char *bnn_diag_line(bnn_diag *diag, size_t i, char out[BNN_DIAG_LINE])
{
    enum { INDENT = 4, WIDTH_MAX = 96, AHEAD = 64 };
    char shown[4 * WIDTH_MAX + 1];
    size_t n;
    out[0] = '\0';
    sort_messages(diag);
    if (i >= diag->n)
        return out;
    const bnn_position_in_file at = diag->messages[i].at;
    const source *s = find_source(diag, at.file);
    const char *line = s == NULL || at.line == 0 ? NULL : find_line(s, at.line, &n);
    if (line == NULL)
        return out;
    /* Of a long line, what stands around the column. */
    const size_t skipped = at.column > WIDTH_MAX ? at.column - AHEAD : 0;
    const size_t first = bnn_text_bytes(line, skipped);
    if (first >= n)
        return out;
    const size_t n_shown = bnn_text_bytes(line + first, WIDTH_MAX);
    snprintf(shown, sizeof shown, "%.*s", (int)(n_shown < n - first ? n_shown : n - first),
             line + first);
    for (char *tab; (tab = strchr(shown, '\t')) != NULL;)
        *tab = ' ';
    bnn_text_clean(shown, "");
    snprintf(out, BNN_DIAG_LINE, "%*s%s\n%*s^\n", INDENT, "", shown,
             (int)(INDENT + at.column - 1 - skipped), "");
    return out;
}
