/* text.h - what the subcommands that only look at things share: their command line, rows of a
 * table, numbers as a reader wants them. */
#ifndef BNN_CLI_TEXT_H
#define BNN_CLI_TEXT_H

#include "cli/cli.h"

#include <getopt.h>
#include <stddef.h>
#include <stdint.h>

enum { CLI_TEXT_MAX = 80 };

/* Parses the command line of a subcommand without options of its own. The operands are then
 * argv[optind], argv[optind + 1], ... *done: help was asked for and printed. */
int cli_parse(const cli_command *command, int argc, char **argv, cli_options *options, bool *done,
              bnn_error *err);

/* The same for one with options of its own, at most CLI_OWN_MAX. names ends with zeros; letters are
 * those of short ones, as for getopt. take gets each as getopt_long returns it, with its value. */
enum { CLI_OWN_MAX = 16 };
typedef struct cli_own_options {
    const char *letters;
    const struct option *names;
    int (*take)(void *context, int option, const char *value, bnn_error *err);
    void *context;
} cli_own_options;
int cli_parse_own(const cli_command *command, int argc, char **argv, const cli_own_options *own,
                  cli_options *options, bool *done, bnn_error *err);

/* The value of an option that is a number from 1 to most. */
int cli_parse_count(const cli_command *command, const char *option, const char *text, uint32_t most,
                    uint32_t *out, bnn_error *err);

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
