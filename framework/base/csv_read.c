/* csv_read.c - a table of CSV as it is read. By hand, since it is a page: a library would be one more to install, and
 * those of C leave lines, bounds and UTF-8 to who calls them. */
#include "base/csv.h"

#include "base/file.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* A text that is taken apart where it stands: what is read is never longer than what it was read from. */
typedef struct csv_source {
    const char *path;
    char *at;
    size_t line;
    bnn_arena *arena;
} csv_source;

static bool csv_ends_line(const char *at)
{
    return at[0] == '\0' || at[0] == '\n' || (at[0] == '\r' && at[1] == '\n');
}

static int csv_fail_character(const csv_source *in, bnn_error *err)
{
    return bnn_fail(err, BNN_E_RESOURCE, "%s:%zu: a control character, or what is no UTF-8",
                    in->path, in->line);
}

/* Takes what stands in quotes, up to and with the last of them. */
static int csv_take_quoted(csv_source *in, char **to, bnn_error *err)
{
    for (in->at++; in->at[0] != '"' || in->at[1] == '"';) {
        if (csv_ends_line(in->at))
            return bnn_fail(err, BNN_E_RESOURCE, "%s:%zu: a quote that its line does not close",
                            in->path, in->line);
        if (bnn_text_control(in->at) > 0)
            return csv_fail_character(in, err);
        in->at += *in->at == '"';
        for (size_t n = bnn_text_character(in->at); n > 0; n--)
            *(*to)++ = *in->at++;
    }
    in->at++;
    return BNN_OK;
}

static int csv_take_plain(csv_source *in, char **to, bnn_error *err)
{
    while (!csv_ends_line(in->at) && *in->at != ',') {
        if (*in->at == '"')
            return bnn_fail(err, BNN_E_RESOURCE,
                            "%s:%zu: a quote inside of a field; write all of it in quotes, and the "
                            "quote twice",
                            in->path, in->line);
        if (bnn_text_control(in->at) > 0)
            return csv_fail_character(in, err);
        for (size_t n = bnn_text_character(in->at); n > 0; n--)
            *(*to)++ = *in->at++;
    }
    return BNN_OK;
}

/* Takes a field and the comma behind it; *more: there was one. */
static int csv_take_field(csv_source *in, const char **out, bool *more, bnn_error *err)
{
    char *const begin = in->at, *to = begin;
    const int status =
        *in->at == '"' ? csv_take_quoted(in, &to, err) : csv_take_plain(in, &to, err);
    if (status != BNN_OK)
        return status;
    *more = *in->at == ',';
    if (!*more && !csv_ends_line(in->at))
        return bnn_fail(err, BNN_E_RESOURCE, "%s:%zu: text behind a quote that is closed", in->path,
                        in->line);
    /* What ends the line is looked at after this field has been ended, in its place. */
    const char behind = *in->at;
    in->at += *more || behind == '\n' ? 1 : behind == '\r' ? 2 : 0;
    *to = '\0';
    *out = begin;
    return BNN_OK;
}

/* The rows so far; names and cells are one list, names first. */
typedef struct csv_growth {
    size_t n_columns, n_fields, n_rows, field_capacity, row_capacity;
    const char **fields;
    size_t *lines;
} csv_growth;

static int csv_take_record(csv_source *in, csv_growth *g, bnn_error *err)
{
    const size_t first = g->n_fields;
    for (bool more = true; more; g->n_fields++) {
        const char **fields =
            bnn_arena_grow(in->arena, g->fields, g->n_fields, &g->field_capacity, sizeof *fields);
        if (fields == NULL)
            return bnn_no_memory(err);
        g->fields = fields;
        const int status = csv_take_field(in, &fields[g->n_fields], &more, err);
        if (status != BNN_OK)
            return status;
    }
    const size_t n = g->n_fields - first;
    if (first == 0)
        g->n_columns = n;
    if (n != g->n_columns)
        return bnn_fail(err, BNN_E_RESOURCE, "%s:%zu: %zu field%s, where the first line has %zu",
                        in->path, in->line, n, bnn_plural(n), g->n_columns);
    size_t *lines = bnn_arena_grow(in->arena, g->lines, g->n_rows, &g->row_capacity, sizeof *lines);
    if (lines == NULL)
        return bnn_no_memory(err);
    g->lines = lines;
    lines[g->n_rows++] = in->line;
    return BNN_OK;
}

static int csv_take_all(csv_source *in, csv_growth *g, bnn_error *err)
{
    if (strncmp(in->at, "\xef\xbb\xbf", 3) == 0) /* with which Excel marks UTF-8 */
        in->at += 3;
    int status = BNN_OK;
    for (; status == BNN_OK && *in->at != '\0'; in->line++) {
        if (csv_ends_line(in->at))
            in->at += *in->at == '\r' ? 2 : 1;
        else
            status = csv_take_record(in, g, err);
    }
    if (status == BNN_OK && g->n_rows == 0)
        status = bnn_fail(err, BNN_E_RESOURCE, "%s:1: there are no names of columns", in->path);
    return status;
}

int bnn_csv_read(const char *path, size_t limit_bytes, bnn_arena *arena, bnn_csv *out,
                 bnn_error *err)
{
    char *text = NULL;
    size_t n;
    int status = bnn_file_read(path, limit_bytes, &text, &n, err);
    if (status != BNN_OK)
        return status;
    csv_source in = {path, bnn_arena_copy(arena, text, n + 1, 1), 1, arena};
    const bool has_nul = strlen(text) < n;
    free(text);
    if (in.at == NULL)
        return bnn_no_memory(err);
    if (has_nul)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: is no text: it has a byte that is 0", path);
    csv_growth g = {0};
    status = csv_take_all(&in, &g, err);
    if (status == BNN_OK)
        *out = (bnn_csv){.n_columns = g.n_columns,
                         .n_rows = g.n_rows - 1,
                         .names = g.fields,
                         .cells = g.fields + g.n_columns,
                         .lines = g.lines + 1};
    return status;
}
