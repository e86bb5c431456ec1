#include "tests/bench/report.h"

#include "base/file.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct report {
    json_t *root;
    json_t *rows, *notes; /* of the current table; borrowed from root */
    const report_column *columns;
    size_t n_columns;
    bool incomplete; /* there was no memory for a part of the JSON */
};

report *report_create(void)
{
    report *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->root = json_object();
    if (r->root == NULL) {
        free(r);
        return NULL;
    }
    return r;
}

void report_destroy(report *r)
{
    if (r == NULL)
        return;
    json_decref(r->root);
    free(r);
}

/* Both lists refuse NULL, so a value that could not be made is noticed here, too. */
static void append(report *r, json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) != 0)
        r->incomplete = true;
}

static void set(report *r, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        r->incomplete = true;
}

static void print_titles(const report *r)
{
    for (size_t i = 0; i < r->n_columns; i++) {
        const report_column *c = &r->columns[i];
        printf("%s%*s", i > 0 ? "  " : "", c->decimals == REPORT_TEXT ? -c->width : c->width,
               c->title);
    }
    putchar('\n');
}

void report_table(report *r, const char *key, const char *title, const report_column *columns,
                  size_t n)
{
    json_t *table = json_object();
    r->rows = json_array();
    r->notes = json_array();
    r->columns = columns;
    r->n_columns = n;
    set(r, table, "title", json_string(title));
    set(r, table, "rows", r->rows);
    set(r, table, "notes", r->notes);
    set(r, r->root, key, table);
    printf("\n%s\n", title);
    print_titles(r);
    fflush(stdout);
}

void report_row(report *r, const report_cell *cells)
{
    json_t *row = json_object();
    for (size_t i = 0; i < r->n_columns; i++) {
        const report_column *c = &r->columns[i];
        const bool is_text = c->decimals == REPORT_TEXT, is_known = isfinite(cells[i].number);
        const char *gap = i > 0 ? "  " : "";
        if (is_text) {
            printf("%s%-*s", gap, c->width, cells[i].text);
            set(r, row, c->key, json_string(cells[i].text));
        } else if (is_known) {
            printf("%s%*.*f", gap, c->width, c->decimals, cells[i].number);
            set(r, row, c->key,
                c->decimals == 0 ? json_integer(llround(cells[i].number))
                                 : json_real(cells[i].number));
        } else {
            printf("%s%*s", gap, c->width, "-");
            set(r, row, c->key, json_null());
        }
    }
    putchar('\n');
    fflush(stdout);
    append(r, r->rows, row);
}

void report_note(report *r, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    printf("  %s\n", text);
    fflush(stdout);
    append(r, r->notes, json_string(text));
}

int report_write(const report *r, const char *path, bnn_error *err)
{
    if (r->incomplete)
        return bnn_no_memory(err);
    char *text = json_dumps(r->root, JSON_INDENT(2) | JSON_REAL_PRECISION(8));
    if (text == NULL)
        return bnn_no_memory(err);
    const int status = bnn_file_write(path, text, strlen(text), err);
    free(text);
    return status;
}
