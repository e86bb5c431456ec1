/* merged.h - what became of the runs of other databases, told. */
#ifndef BNN_CLI_MERGED_H
#define BNN_CLI_MERGED_H

#include "cli/options.h"
#include "cli/table.h"
#include "runner/merge.h"

/* What is to be known of one, called `from`, to stderr; what is different also with --quiet. */
void cli_merged_say(const bnn_merged *merged, const char *from, const cli_options *options);

/* A table with a row for each; its end prints it, when it has rows, and frees it (NULL: nothing). status: of all
 * before, which it returns unless that is BNN_OK. */
cli_table *cli_merged_table(void);
void cli_merged_row(cli_table *table, const char *from, const bnn_merged *merged);
int cli_merged_end(cli_table *table, int status, const cli_options *options, bnn_error *err);

#endif
