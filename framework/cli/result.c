#include "cli/result.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

int cli_store_open(const cli_options *options, bnn_store **out, bnn_error *err)
{
    if (access(options->db, F_OK) != 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "there is no database %s yet; run a spec first, as in `bnnrun quick`, "
                        "or name another file with --db or BNNRUN_DB",
                        options->db);
    return bnn_store_open(options->db, BNN_STORE_READ, out, err);
}

int cli_store_open_to_write(const cli_options *options, bnn_store **out, bnn_error *err)
{
    bnn_store *store;
    const int status = cli_store_open(options, &store, err);
    if (status != BNN_OK)
        return status;
    bnn_store_close(store);
    return bnn_store_open(options->db, BNN_STORE_WRITE, out, err);
}

/* What is not finite, and bytes in hexadecimal digits, are texts. */
static json_t *result_value(const bnn_store_value *value)
{
    switch (value->type) {
    case BNN_STORE_VALUE_INTEGER:
        return json_integer(value->integer);
    case BNN_STORE_VALUE_REAL:
        return cli_json_real(value->real);
    case BNN_STORE_VALUE_TEXT:
        return json_stringn_nocheck(value->text, value->n_bytes);
    case BNN_STORE_VALUE_NULL:
        return json_null();
    default:
        break;
    }
    char *text = calloc(2 * value->n_bytes + 1, 1);
    for (size_t i = 0; text != NULL && i < value->n_bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", (unsigned char)value->text[i]);
    json_t *json = json_string(text);
    free(text);
    return json;
}

/* A column holds numbers until a text comes. */
static int result_take_columns(void *table, size_t n, const char *const *names, bnn_error *err)
{
    (void)err;
    for (size_t i = 0; i < n; i++)
        cli_table_column(table, names[i], CLI_NUMBER);
    return BNN_OK;
}

static int result_take_row(void *table, size_t n, const bnn_store_value *values, bnn_error *err)
{
    (void)err;
    for (size_t i = 0; i < n; i++) {
        cli_table_put(table, result_value(&values[i]));
        if (values[i].type == BNN_STORE_VALUE_TEXT || values[i].type == BNN_STORE_VALUE_BLOB)
            cli_table_column_is_text(table, i);
    }
    return BNN_OK;
}

int cli_result_read(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                    size_t n_arguments, cli_table **out, bnn_error *err)
{
    cli_table *table = cli_table_create("");
    const bnn_store_reader reader = {result_take_columns, result_take_row, table};
    const int status = bnn_store_query(store, sql, arguments, n_arguments, &reader, err);
    if (status != BNN_OK)
        cli_table_destroy(table);
    else
        *out = table;
    return status;
}

double cli_row_number(const json_t *row, const char *name)
{
    const json_t *value = json_object_get(row, name);
    if (json_is_string(value))
        return strtod(json_string_value(value), NULL);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}
