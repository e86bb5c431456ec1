/* result.h - answers of the database, printed: a table, CSV, or JSON with the types that SQLite
 * has. */
#ifndef BNN_CLI_RESULT_H
#define BNN_CLI_RESULT_H

#include "cli/table.h"
#include "db/store.h"

/* Opens the database that the options name, for reading. One that is missing is an error that says
 * how to get one. The caller closes it. */
int cli_store_open(const cli_options *options, bnn_store **out, bnn_error *err);

/* The same for writing. */
int cli_store_open_to_write(const cli_options *options, bnn_store **out, bnn_error *err);

/* Runs the query; its rows are a table with the columns' names, which the caller ends. */
int cli_result_read(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                    size_t n_arguments, cli_table **out, bnn_error *err);

/* The number that a row of cli_table_take has under a name, also an infinite one; NaN when it has none. */
double cli_row_number(const json_t *row, const char *name);

/* An argument that is a text. */
static inline bnn_store_argument cli_text_argument(const char *name, const char *text)
{
    return (bnn_store_argument){
        .name = name,
        .value = {.type = text == NULL ? BNN_STORE_VALUE_NULL : BNN_STORE_VALUE_TEXT,
                  .text = text}};
}

#endif
