#include "cli/result.h"

#include "base/text.h"

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

/* ---- rows -------------------------------------------------------------------------------- */

/* Where rows go: into JSON, where values keep their types, or into a table of texts. */
typedef struct result_reader {
    bool exact;       /* CSV: every digit; table: as many as a reader wants */
    cli_table *table; /* for JSON it has the names only */
    json_t *rows;     /* NULL: no JSON */
    size_t n_rows;
} result_reader;

/* A malloc'ed text of the value, NULL without memory; of a real number with every digit or as many
 * as a reader wants. */
static char *result_value_text(const bnn_store_value *value, bool exact)
{
    char number[BNN_SHORT_TEXT];
    char *blob;
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
        blob = calloc(2 * value->n_bytes + 1, 1);
        for (size_t i = 0; blob != NULL && i < value->n_bytes; i++)
            snprintf(blob + 2 * i, 3, "%02x", (unsigned char)value->text[i]);
        return blob;
    default:
        return strdup(value->text);
    }
}

static json_t *result_value_json(const bnn_store_value *value)
{
    if (value->type == BNN_STORE_VALUE_INTEGER)
        return json_integer(value->integer);
    if (value->type == BNN_STORE_VALUE_REAL)
        return cli_json_real(value->real);
    if (value->type == BNN_STORE_VALUE_TEXT)
        return cli_json_bytes(value->text, value->n_bytes);
    if (value->type != BNN_STORE_VALUE_BLOB)
        return json_null();
    char *text = result_value_text(value, true);
    json_t *json = json_string(text);
    free(text);
    return json;
}

/* A column holds numbers until a text comes. */
static int result_take_columns(void *context, size_t n, const char *const *names, bnn_error *err)
{
    const result_reader *r = context;
    (void)err;
    for (size_t i = 0; i < n; i++)
        cli_table_column(r->table, names[i], CLI_NUMBER);
    return BNN_OK;
}

static int result_take_row(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    result_reader *r = context;
    json_t *object = r->rows == NULL ? NULL : json_object();
    r->n_rows++;
    for (size_t i = 0; i < n; i++) {
        const bnn_store_value *value = &values[i];
        if (r->rows != NULL) {
            const char *name = cli_table_column_name(r->table, i);
            if (json_object_set_new(object, name, result_value_json(value)) == 0)
                continue;
            json_decref(object);
            return bnn_no_memory(err);
        }
        char *text =
            value->type == BNN_STORE_VALUE_NULL ? NULL : result_value_text(value, r->exact);
        if (text == NULL && value->type != BNN_STORE_VALUE_NULL)
            return bnn_no_memory(err);
        cli_table_cell(r->table, text);
        free(text);
        if (value->type == BNN_STORE_VALUE_TEXT || value->type == BNN_STORE_VALUE_BLOB)
            cli_table_column_is_text(r->table, i);
    }
    if (r->rows != NULL && json_array_append_new(r->rows, object) != 0)
        return bnn_no_memory(err);
    return BNN_OK;
}

/* All rows; the caller ends the table, or destroys it after a failure. */
static int result_read(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                       size_t n_arguments, result_reader *r, bnn_error *err)
{
    const bnn_store_reader reader = {result_take_columns, result_take_row, r};
    r->table = cli_table_create("");
    const int status = bnn_store_query(store, sql, arguments, n_arguments, &reader, err);
    if (status != BNN_OK)
        cli_table_destroy(r->table);
    return status;
}

/* ---- answers ----------------------------------------------------------------------------- */

json_t *cli_result_json(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                        size_t n_arguments, bnn_error *err)
{
    result_reader r = {.rows = json_array()};
    if (result_read(store, sql, arguments, n_arguments, &r, err) != BNN_OK) {
        json_decref(r.rows);
        return NULL;
    }
    cli_table_destroy(r.table);
    return r.rows;
}

int cli_result_print(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                     size_t n_arguments, const cli_options *options, size_t *n_rows, bnn_error *err)
{
    result_reader r = {.exact = options->csv};
    if (options->json) {
        json_t *rows = cli_result_json(store, sql, arguments, n_arguments, err);
        if (rows == NULL)
            return err->status;
        cli_json_print(rows);
        return BNN_OK;
    }
    const int status = result_read(store, sql, arguments, n_arguments, &r, err);
    if (status == BNN_OK && n_rows != NULL)
        *n_rows = r.n_rows;
    return status != BNN_OK ? status : cli_table_end(r.table, options, err);
}

int cli_result_section(bnn_store *store, const char *title, const char *sql,
                       const bnn_store_argument *arguments, size_t n_arguments, bnn_error *err)
{
    result_reader r = {.n_rows = 0};
    const int status = result_read(store, sql, arguments, n_arguments, &r, err);
    if (status != BNN_OK)
        return status;
    if (r.n_rows > 0) {
        printf("\n%s\n", title);
        return cli_table_end(r.table, NULL, err);
    }
    cli_table_destroy(r.table);
    return BNN_OK;
}
