/* show_epochs.h - prints the course of a training. */
#ifndef BNN_CLI_SHOW_EPOCHS_H
#define BNN_CLI_SHOW_EPOCHS_H

#include "db/store_results.h"

/* Prints about 20 lines of epochs to stdout as a table, the first, the last, the best and some
 * between, with a column for each metric of an epoch; and, on a terminal, some metrics as a line of
 * bars. Without epochs, nothing. The arena is for what it reads. */
int cli_show_epochs(bnn_store *store, const bnn_store_summary *run, bnn_arena *arena,
                    bnn_error *err);

#endif
