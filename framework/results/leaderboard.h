/* leaderboard.h - what an experiment came to: a row a config of its newest spec, the best first. */
#ifndef BNN_RESULTS_LEADERBOARD_H
#define BNN_RESULTS_LEADERBOARD_H

#include "db/store_results.h"
#include "results/metrics.h"

typedef struct bnn_leaderboard {
    const bnn_metric *metric; /* that it is sorted by */
    size_t n;
    const bnn_store_standing *rows;
} bnn_leaderboard;

/* Reads it. metric: one of a run, by its name. All lives in the arena. */
int bnn_leaderboard_read(bnn_store *store, const char *experiment, const char *metric,
                         bnn_goal goal, bnn_arena *arena, bnn_leaderboard *out, bnn_error *err);

#endif
