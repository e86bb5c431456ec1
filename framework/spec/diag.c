#include "spec/diag.h"

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

struct bnn_diag {
    message *messages;
    size_t n, capacity;
    size_t n_errors;
    int status; /* the worst of the errors */
    bool sorted;
    const char *tail; /* why messages are missing, shown last; NULL when none is */
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

void bnn_diag_destroy(bnn_diag *diag)
{
    if (diag == NULL)
        return;
    for (size_t i = 0; i < diag->n; i++)
        free(diag->messages[i].text);
    free(diag->messages);
    free(diag);
}

/* Texts of a file end up on a terminal, where control characters (also those of C1, two bytes in
 * UTF-8) are commands. */
static void remove_controls(char *text)
{
    for (char *p = text; *p != '\0'; p++) {
        const unsigned char c = (unsigned char)*p, next = (unsigned char)p[1];
        if (c < 0x20 || c == 0x7f)
            *p = '?';
        else if (c == 0xc2 && next >= 0x80 && next < 0xa0)
            p[0] = p[1] = '?';
    }
}

__attribute__((format(printf, 4, 0))) static char *format_message(bnn_position_in_file at,
                                                                  bool warning, size_t *n_file,
                                                                  const char *format, va_list args)
{
    const char *severity = warning ? "warning: " : "";
    char text[TEXT_MAX];
    char *whole = NULL, *out = NULL;
    if (vasprintf(&whole, format, args) < 0)
        return NULL;
    bnn_text_shorten(whole, text, sizeof text);
    free(whole);
    const int n = at.file == NULL ? asprintf(&out, "%s%s", severity, text)
                  : at.line == 0  ? asprintf(&out, "%s: %s%s", at.file, severity, text)
                                  : asprintf(&out, "%s:%u:%u: %s%s", at.file, at.line, at.column,
                                             severity, text);
    if (n < 0)
        return NULL;
    remove_controls(out);
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
    size_t n_file = 0;
    va_list args;
    va_start(args, format);
    char *text = format_message(at, status == BNN_OK, &n_file, format, args);
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

int bnn_diag_no_memory(bnn_diag *diag)
{
    return bnn_diag_fail(diag, BNN_E_INTERNAL, (bnn_position_in_file){.file = NULL},
                         "out of memory");
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

const char *bnn_diag_message(bnn_diag *diag, size_t i)
{
    if (!diag->sorted && diag->n > 0)
        qsort(diag->messages, diag->n, sizeof *diag->messages, compare_messages);
    diag->sorted = true;
    return i < diag->n ? diag->messages[i].text : diag->tail;
}
