/* table.h - rows of values, printed as a table on a terminal, as CSV or as JSON. Numbers are
 * right-aligned in tables and unquoted in JSON. A table is fitted into the terminal, or into 80
 * columns (grid.h says how).
 *
 * A table for which there was no memory stays one without memory: only cli_table_end says so. */
#ifndef BNN_CLI_TABLE_H
#define BNN_CLI_TABLE_H

#include "cli/cli.h"

#include <jansson.h>

typedef struct cli_table cli_table;
/* CLI_LABEL: the label of a config, "ste=clipped ordering=bn_act". */
typedef enum cli_column_kind { CLI_TEXT, CLI_NUMBER, CLI_LABEL } cli_column_kind;

/* columns: their names, with '#' in front of those of numbers, '@' of those of labels:
 * "file|#bytes|sha256". */
cli_table *cli_table_create(const char *columns);
void cli_table_destroy(cli_table *table);

/* One more column, before the first cell. */
void cli_table_column(cli_table *table, const char *name, cli_column_kind kind);
/* Column i is one of texts after all; of labels, with the name "label". */
void cli_table_column_is_text(cli_table *table, size_t i);

/* The first row is the best of them, and set off where there is colour. */
void cli_table_first_is_best(cli_table *table);

/* Gives a column another name. */
void cli_table_rename(cli_table *table, const char *from, const char *to);

/* One cell, left to right, row after row; a NULL text is an empty cell (null in JSON). put: null, a
 * number or a text, which is released; NULL says that there was no memory. */
void cli_table_cell(cli_table *table, const char *text);
void cli_table_put(cli_table *table, json_t *value);
void cli_table_cellf(cli_table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A row: as many cells as there are columns. */
void cli_table_row(cli_table *table, const char *const *cells);

size_t cli_table_rows(const cli_table *table);

/* Prints the table to stdout in the form that the options ask for (NULL: as a table), and destroys
 * it. */
int cli_table_end(cli_table *table, const cli_options *options, bnn_error *err);

/* Likewise as a table below a title; without rows, nothing at all is printed. */
int cli_table_end_below(cli_table *table, const char *title, bnn_error *err);

/* Writes it as a table of LaTeX, for \usepackage{booktabs}, and destroys it. */
int cli_table_write_latex(cli_table *table, FILE *out, bnn_error *err);

/* The rows as a JSON array of objects, to be released by the caller; the table is destroyed. NULL
 * without memory. */
json_t *cli_table_take(cli_table *table, bnn_error *err);

/* ---- JSON -------------------------------------------------------------------------------- */

/* A text as a JSON string, null for NULL, released by the caller; one that is not UTF-8 says so. */
json_t *cli_json_text(const char *text);

/* A number, released by the caller; NaN is null, what is infinite a text. */
json_t *cli_json_real(double x);

/* Prints a value to stdout, and releases it; real numbers have 15 digits, or as many as are wanted. NULL, and a value
 * that has no text, are one for which there was no memory: nothing is printed. */
int cli_json_print(json_t *value, bnn_error *err);
int cli_json_print_digits(json_t *value, unsigned n_digits, bnn_error *err);

#endif
