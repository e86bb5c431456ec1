/* run.h - what `bnnrun run` does, from the plan to what is said of it. */
#ifndef BNN_CLI_COMMANDS_RUN_H
#define BNN_CLI_COMMANDS_RUN_H

#include "cli/commands/plan.h"
#include "db/store_results.h"
#include "runner/pool.h"
#include "runner/restore.h"

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

#endif
