/* run.h - what `bnnrun run` does, from the plan to what is said of it. */
#ifndef BNN_CLI_COMMANDS_RUN_H
#define BNN_CLI_COMMANDS_RUN_H

#include "cli/commands/plan.h"
#include "cli/table.h"
#include "db/store_results.h"
#include "runner/pool.h"
#include "runner/restore.h"

#include <time.h>

/* One sweep, from the plan to its end. */
typedef struct cli_sweep {
    cli_request *request;
    bnn_plan plan;
    bnn_store_recovered recovered;
    uint32_t n_jobs;
    bnn_dataset *datasets;
    bnn_pool_summary summary;
    bnn_restore_summary restored;
    size_t total[BNN_RUN_STATES], n_tried, done_before; /* over all looks (seeds.until) */
    time_t began;
    /* Once it has ended. */
    int64_t n_mismatched;           /* runs whose model file answers otherwise than training */
    size_t n_elsewhere;             /* runs that other processes took and have not done */
    const bnn_store_run *elsewhere; /* one of them */
    size_t n_removed;               /* runs that have gone from the database meanwhile */
} cli_sweep;

/* The leaderboard and where it goes on, to stdout, or all as JSON; notes what became of the runs of other
 * processes. */
int cli_sweep_show_results(cli_sweep *s, bnn_error *err);

/* BNN_OK when all that the spec asks for is there, else what is not. After cli_sweep_show_results. */
int cli_sweep_judge(const cli_sweep *s, bnn_error *err);

/* How many runs were planned, done, failed and so on, as JSON. */
json_t *cli_sweep_counts(const cli_sweep *s);

/* Runs run.notify at the end, once, if it is to be. status, signal: how the sweep ended, with the message of a failure in
 * err. */
void cli_sweep_notify(const cli_sweep *s, int status, int signal, const bnn_error *err);

#endif
