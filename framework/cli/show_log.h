/* show_log.h - what happened to a run, and what its plugins printed. */
#ifndef BNN_CLI_SHOW_LOG_H
#define BNN_CLI_SHOW_LOG_H

#include "cli/result.h"

/* Prints the log of the run that the argument names: attempts, epochs and ends in the order of time, made from the
 * database; as text also the end of what its plugins printed. */
int cli_show_log(bnn_store *store, const char *uid, const cli_options *options, bnn_error *err);

/* Prints the last n_lines of what plugins printed in its last attempt, if they did. */
void cli_show_printed(const char *db, const char *uid, int n_lines, bnn_arena *arena);

#endif
