#include "cli/result.h"

#include "base/text.h"
#include "cli/text.h"
#include "spec/schema.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cli_store_open(const cli_options *options, bnn_store **out, bnn_error *err)
{
    if (access(options->db, F_OK) != 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "there is no database %s yet; run a spec first, as in `bnnrun "
                        "configs/quick.yaml`, or name another file with --db or BNNRUN_DB",
                        options->db);
    return bnn_store_open(options->db, BNN_STORE_READ, out, err);
}

/* ---- JSON: values keep their types ----------------------------------------------------------- */

typedef struct json_reader {
    json_t *rows;
    size_t n;
    char **names;
} json_reader;

static char *hexadecimal(const bnn_store_value *value)
{
    static const char digits[] = "0123456789abcdef";
    char *text = malloc(2 * value->n_bytes + 1);
    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < value->n_bytes; i++) {
        const unsigned char byte = (unsigned char)value->text[i];
        text[2 * i] = digits[byte >> 4];
        text[2 * i + 1] = digits[byte & 15];
    }
    text[2 * value->n_bytes] = '\0';
    return text;
}

json_t *cli_json_text(const char *text, size_t n)
{
    json_t *json = json_stringn(text, n);
    return json != NULL ? json : json_string("(not UTF-8)");
}

json_t *cli_json_real(double x)
{
    if (isnan(x))
        return json_null();
    return isfinite(x) ? json_real(x) : json_string(x > 0 ? "inf" : "-inf");
}

static json_t *value_json(const bnn_store_value *value)
{
    switch (value->type) {
    case BNN_STORE_VALUE_INTEGER:
        return json_integer(value->integer);
    case BNN_STORE_VALUE_REAL:
        return cli_json_real(value->real);
    case BNN_STORE_VALUE_TEXT:
        return cli_json_text(value->text, value->n_bytes);
    case BNN_STORE_VALUE_BLOB: {
        char *text = hexadecimal(value);
        json_t *json = text == NULL ? NULL : json_string(text);
        free(text);
        return json;
    }
    default:
        return json_null();
    }
}

static int json_columns(void *context, size_t n, const char *const *names, bnn_error *err)
{
    json_reader *r = context;
    r->names = calloc(n, sizeof *r->names);
    if (r->names == NULL)
        return bnn_no_memory(err);
    r->n = n;
    for (size_t i = 0; i < n; i++)
        if ((r->names[i] = strdup(names[i])) == NULL)
            return bnn_no_memory(err);
    return BNN_OK;
}

static int json_row(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    json_reader *r = context;
    json_t *row = json_object();
    for (size_t i = 0; i < n; i++)
        if (json_object_set_new(row, r->names[i], value_json(&values[i])) != 0) {
            json_decref(row);
            return bnn_no_memory(err);
        }
    return json_array_append_new(r->rows, row) == 0 ? BNN_OK : bnn_no_memory(err);
}

json_t *cli_result_json(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                        size_t n_arguments, bnn_error *err)
{
    json_reader r = {.rows = json_array()};
    const bnn_store_reader reader = {json_columns, json_row, &r};
    const int status = bnn_store_query(store, sql, arguments, n_arguments, &reader, err);
    for (size_t i = 0; r.names != NULL && i < r.n; i++)
        free(r.names[i]);
    free(r.names);
    if (status == 0)
        return r.rows;
    json_decref(r.rows);
    return NULL;
}

/* ---- A table or CSV -------------------------------------------------------------------------- */

/* A column is a number when all its values are, which is known after the last row: so cells are
 * kept first. */
typedef struct cells {
    bool exact; /* CSV: every digit; table: as many as a reader wants */
    size_t n_columns;
    char **names;
    bool *is_text;
    size_t n, capacity;
    char **texts;
} cells;

static void free_cells(cells *c)
{
    for (size_t i = 0; c->names != NULL && i < c->n_columns; i++)
        free(c->names[i]);
    for (size_t i = 0; i < c->n; i++)
        free(c->texts[i]);
    free(c->names);
    free(c->is_text);
    free(c->texts);
}

static int cell_columns(void *context, size_t n, const char *const *names, bnn_error *err)
{
    cells *c = context;
    c->names = calloc(n, sizeof *c->names);
    c->is_text = calloc(n, sizeof *c->is_text);
    if (c->names == NULL || c->is_text == NULL)
        return bnn_no_memory(err);
    c->n_columns = n;
    for (size_t i = 0; i < n; i++)
        if ((c->names[i] = strdup(names[i])) == NULL)
            return bnn_no_memory(err);
    return BNN_OK;
}

/* A malloc'ed text of the value. */
static char *value_text(const bnn_store_value *value, bool exact)
{
    char number[32];
    switch (value->type) {
    case BNN_STORE_VALUE_INTEGER:
        snprintf(number, sizeof number, "%" PRId64, value->integer);
        return strdup(number);
    case BNN_STORE_VALUE_REAL:
        if (exact && isfinite(value->real))
            bnn_number_text(value->real, number);
        else
            snprintf(number, sizeof number, fabs(value->real) < 1e6 ? "%.6g" : "%.10g",
                     value->real);
        return strdup(number);
    case BNN_STORE_VALUE_BLOB:
        return hexadecimal(value);
    default:
        return strdup(value->text);
    }
}

static int cell_row(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    cells *c = context;
    if (c->n + n > c->capacity) {
        const size_t capacity = 2 * (c->capacity + n);
        char **texts = reallocarray(c->texts, capacity, sizeof *texts);
        if (texts == NULL)
            return bnn_no_memory(err);
        c->texts = texts;
        c->capacity = capacity;
    }
    for (size_t i = 0; i < n; i++) {
        char *text = NULL;
        if (values[i].type != BNN_STORE_VALUE_NULL) {
            text = value_text(&values[i], c->exact);
            if (text == NULL)
                return bnn_no_memory(err);
        }
        if (values[i].type == BNN_STORE_VALUE_TEXT || values[i].type == BNN_STORE_VALUE_BLOB)
            c->is_text[i] = true;
        c->texts[c->n++] = text;
    }
    return BNN_OK;
}

static int print_cells(const cells *c, const cli_options *options, bnn_error *err)
{
    cli_table *table = cli_table_create();
    bool failed = table == NULL;
    for (size_t i = 0; !failed && i < c->n_columns; i++)
        failed = cli_table_column(table, c->names[i], c->is_text[i] ? CLI_TEXT : CLI_NUMBER) != 0;
    for (size_t i = 0; !failed && i < c->n; i++)
        failed = cli_table_cell(table, c->texts[i]) != 0;
    if (!failed)
        cli_table_print(table, options, stdout);
    if (table != NULL)
        cli_table_destroy(table);
    return failed ? bnn_no_memory(err) : BNN_OK;
}

/* Fetches all rows; the caller frees the cells in any case. */
static int fetch_cells(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                       size_t n_arguments, cells *c, bnn_error *err)
{
    const bnn_store_reader reader = {cell_columns, cell_row, c};
    return bnn_store_query(store, sql, arguments, n_arguments, &reader, err);
}

static int print_json(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                      size_t n_arguments, size_t *n_rows, bnn_error *err)
{
    json_t *rows = cli_result_json(store, sql, arguments, n_arguments, err);
    if (rows == NULL)
        return err->status;
    json_dumpf(rows, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    putchar('\n');
    *n_rows = json_array_size(rows);
    json_decref(rows);
    return BNN_OK;
}

int cli_result_print(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                     size_t n_arguments, const cli_options *options, size_t *n_rows, bnn_error *err)
{
    size_t n = 0;
    cells c = {.exact = options->csv};
    int status;
    if (options->json)
        status = print_json(store, sql, arguments, n_arguments, &n, err);
    else {
        status = fetch_cells(store, sql, arguments, n_arguments, &c, err);
        if (status == 0)
            status = print_cells(&c, options, err);
        n = c.n_columns == 0 ? 0 : c.n / c.n_columns;
    }
    if (status == 0 && n_rows != NULL)
        *n_rows = n;
    free_cells(&c);
    return status;
}

int cli_result_section(bnn_store *store, const char *title, const char *sql,
                       const bnn_store_argument *arguments, size_t n_arguments, bnn_error *err)
{
    cells c = {0};
    int status = fetch_cells(store, sql, arguments, n_arguments, &c, err);
    if (status == 0 && c.n > 0) {
        printf("\n%s\n", title);
        status = print_cells(&c, &(cli_options){0}, err);
    }
    free_cells(&c);
    return status;
}
