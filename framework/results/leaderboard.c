#include "results/leaderboard.h"

int bnn_leaderboard_read(bnn_store *store, const char *experiment, const char *metric,
                         bnn_goal goal, bnn_arena *arena, bnn_leaderboard *out, bnn_error *err)
{
    bnn_leaderboard board = {.metric = bnn_run_metric(metric)};
    if (board.metric == NULL)
        return bnn_fail(err, BNN_E_INTERNAL, "there is no metric %s", metric);
    const int status = bnn_store_read_standings(store, experiment, metric, goal == BNN_GOAL_MIN,
                                                arena, &board.rows, &board.n, err);
    if (status == BNN_OK)
        *out = board;
    return status;
}
