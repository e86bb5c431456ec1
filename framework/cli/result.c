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

static char *blob_text(const bnn_store_value *value)
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

void cli_json_print(json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    putchar('\n');
    json_decref(value);
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
        char *text = blob_text(value);
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

/* ---- a table or CSV ---------------------------------------------------------------------- */

typedef struct table_reader {
    bool exact; /* CSV: every digit; table: as many as a reader wants */
    cli_table *table;
    size_t n_rows;
} table_reader;

/* A column holds numbers until a text comes. */
static int table_columns(void *context, size_t n, const char *const *names, bnn_error *err)
{
    const table_reader *r = context;
    for (size_t i = 0; i < n; i++)
        if (cli_table_column(r->table, names[i], CLI_NUMBER) != BNN_OK)
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
        return blob_text(value);
    default:
        return strdup(value->text);
    }
}

static int table_row(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    table_reader *r = context;
    r->n_rows++;
    for (size_t i = 0; i < n; i++) {
        const bool is_null = values[i].type == BNN_STORE_VALUE_NULL;
        char *text = is_null ? NULL : value_text(&values[i], r->exact);
        const int status =
            !is_null && text == NULL ? BNN_E_INTERNAL : cli_table_cell(r->table, text);
        free(text);
        if (status != BNN_OK)
            return bnn_no_memory(err);
        if (values[i].type == BNN_STORE_VALUE_TEXT || values[i].type == BNN_STORE_VALUE_BLOB)
            cli_table_column_is_text(r->table, i);
    }
    return BNN_OK;
}

/* All rows; the caller destroys the table in any case. */
static int read_table(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                      size_t n_arguments, table_reader *r, bnn_error *err)
{
    const bnn_store_reader reader = {table_columns, table_row, r};
    r->table = cli_table_create();
    return r->table == NULL ? bnn_no_memory(err)
                            : bnn_store_query(store, sql, arguments, n_arguments, &reader, err);
}

static int print_result_json(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                             size_t n_arguments, size_t *n_rows, bnn_error *err)
{
    json_t *rows = cli_result_json(store, sql, arguments, n_arguments, err);
    if (rows == NULL)
        return err->status;
    *n_rows = json_array_size(rows);
    cli_json_print(rows);
    return BNN_OK;
}

int cli_result_print(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                     size_t n_arguments, const cli_options *options, size_t *n_rows, bnn_error *err)
{
    table_reader r = {.exact = options->csv};
    int status;
    if (options->json)
        status = print_result_json(store, sql, arguments, n_arguments, &r.n_rows, err);
    else {
        status = read_table(store, sql, arguments, n_arguments, &r, err);
        if (status == BNN_OK)
            cli_table_print(r.table, options, stdout);
        cli_table_destroy(r.table);
    }
    if (status == BNN_OK && n_rows != NULL)
        *n_rows = r.n_rows;
    return status;
}

int cli_result_section(bnn_store *store, const char *title, const char *sql,
                       const bnn_store_argument *arguments, size_t n_arguments, bnn_error *err)
{
    table_reader r = {.n_rows = 0};
    const int status = read_table(store, sql, arguments, n_arguments, &r, err);
    if (status == BNN_OK && r.n_rows > 0) {
        printf("\n%s\n", title);
        cli_table_print(r.table, &(cli_options){0}, stdout);
    }
    cli_table_destroy(r.table);
    return status;
}
