/* leaderboard.h - what an experiment came to: one row a config, the best first. */
#ifndef BNN_CLI_LEADERBOARD_H
#define BNN_CLI_LEADERBOARD_H

#include "cli/cli.h"
#include "db/store.h"
#include "runner/experiment.h"

#include <jansson.h>

/* The rows of the experiment's newest spec, sorted by its metric, as an array of objects; released
 * by the caller. Differences to the baseline are paired by seed. NULL after a failure. */
json_t *cli_leaderboard_read(bnn_store *store, const bnn_experiment *experiment, bnn_error *err);

/* Prints them as a table to stdout. */
int cli_leaderboard_print(const json_t *rows, const bnn_experiment *experiment, bnn_error *err);

#endif
