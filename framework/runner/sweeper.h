/* sweeper.h - from an experiment to finished runs: what `bnnrun run` does, without the printing.
 *
 *     bnn_experiment_load(...);   the spec
 *     bnn_sweeper_plan(...);      recovers, plans and registers in the database
 *     bnn_sweeper_run(...);       opens the data and executes what is missing
 */
#ifndef BNN_RUNNER_SWEEPER_H
#define BNN_RUNNER_SWEEPER_H

#include "runner/plan.h"
#include "runner/pool.h"

/* Brings the database up to date with the experiment and makes the plan: runs of processes that
 * died are queued again, what is new is added. *recovered: see bnn_store_recover. */
int bnn_sweeper_plan(const bnn_experiment *experiment, const char *db, bnn_arena *arena,
                     bnn_plan *out, bnn_store_recovered *recovered, bnn_error *err);

/* Opens the data sets that the runs to do need; the others stay closed. *out: [n_datasets], in the
 * arena; close with bnn_sweeper_close_data. */
int bnn_sweeper_open_data(const bnn_plan *plan, const bnn_data_search *search, bnn_arena *arena,
                          bnn_dataset **out, bnn_error *err);
void bnn_sweeper_close_data(const bnn_plan *plan, bnn_dataset *datasets);

/* The jobs to use: wanted, or run.jobs, or the CPUs; not more than there are runs to do. */
uint32_t bnn_sweeper_jobs(const bnn_plan *plan, int64_t wanted);

/* Whether runs get processes of their own: as run.isolation says; auto: when a plugin did not come
 * with bnnrun, but from elsewhere on the search path. */
bool bnn_sweeper_isolates(const bnn_experiment *experiment);

/* What the observer's run i is: the planned run that the pool's run i executes. */
typedef struct bnn_sweeper_todo {
    size_t n;
    bnn_pool_run *runs;    /* [n], in the order of the plan */
    const size_t *planned; /* [n]: index in plan->runs */
} bnn_sweeper_todo;

/* The runs to do, in the arena. */
int bnn_sweeper_list(const bnn_plan *plan, const char *db, bnn_arena *arena, bnn_sweeper_todo *out,
                     bnn_error *err);

/* Executes them; see bnn_pool_execute. */
int bnn_sweeper_run(const bnn_plan *plan, const bnn_sweeper_todo *todo, const char *db,
                    uint32_t n_jobs, const bnn_dataset *datasets, const bnn_pool_observer *observer,
                    bnn_pool_summary *out, bnn_error *err);

#endif
