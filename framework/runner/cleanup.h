/* cleanup.h - what processes that were killed left in the folders of runs. */
#ifndef BNN_RUNNER_CLEANUP_H
#define BNN_RUNNER_CLEANUP_H

#include "db/store.h"

/* Removes files that were not written to their end, and checkpoints of done runs, of all runs that
 * nobody executes. The caller has begun a transaction, so that nobody takes one meanwhile. db: the
 * path of the database, beside which the folders are. */
int bnn_cleanup_runs(bnn_store *store, const char *db, bnn_arena *arena, bnn_error *err);

#endif
