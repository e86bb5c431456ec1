/* text.h - what the subcommands that only look at things share: their command line, rows of a
 * table, numbers as a reader wants them. */
#ifndef BNN_CLI_TEXT_H
#define BNN_CLI_TEXT_H

#include "cli/cli.h"

#include <stddef.h>
#include <stdint.h>

enum { CLI_TEXT_MAX = 80 };

/* The failure for a word that is none of the candidates: "WHAT 'WORD', did you mean '...'?", or the
 * list of them when none is near. */
int cli_unknown(bnn_error *err, bnn_status status, const char *what, const char *word,
                const char *const *candidates, size_t n);

/* Declares text columns with these names; adds a row of n cells. 0, or BNN_E_INTERNAL without
 * memory. */
int cli_table_columns(cli_table *table, const char *const *names, size_t n, bnn_error *err);
int cli_table_row(cli_table *table, const char *const *cells, size_t n, bnn_error *err);

/* Whether what is written to the file may hold UTF-8 pictures: a terminal of a UTF-8 locale. */
bool cli_draws(FILE *file);

#endif
