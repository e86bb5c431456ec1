/* leaderboard.h - what an experiment came to: a row a config of its newest spec, the best first. */
#ifndef BNN_CLI_LEADERBOARD_H
#define BNN_CLI_LEADERBOARD_H

#include "cli/result.h"
#include "results/metrics.h"

/* Its rows as a JSON array of objects: the columns of db/sql/standings.sql, mean_metric with the
 * name of the metric that it is sorted by. Released by the caller. NULL after a failure. */
json_t *cli_leaderboard_read(bnn_store *store, const char *experiment, const bnn_metric *metric,
                             bnn_goal goal, bnn_error *err);

/* Prints them as a table to stdout; writes them as one of LaTeX (booktabs). */
int cli_leaderboard_print(const json_t *board, const bnn_metric *metric, bnn_error *err);
int cli_leaderboard_write_latex(const json_t *board, const bnn_metric *metric, FILE *out,
                                bnn_error *err);

#endif
