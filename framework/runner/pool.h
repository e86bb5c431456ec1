/* pool.h - executes the runs of a plan: as many at a time as there are jobs, in the order of the
 * plan.
 *
 * One thread, the calling one, decides everything. Each job of it takes the next run, claims it in
 * the database, has it executed (executor/executor.h) and records how it ended; meanwhile it reads
 * signals and tells an observer what happens. It waits for none of these alone, so it needs no lock.
 * A run that fails does not stop the others; a database that cannot be written stops them all, and so does
 * a fault of the machine (base/fault.h), as a disk that is full: then the runs under way are interrupted. */
#ifndef BNN_RUNNER_POOL_H
#define BNN_RUNNER_POOL_H

#include "runner/plan.h"
#include "runner/writer.h"
#include "train/trainer.h"

/* A run under way. */
typedef struct bnn_pool_running {
    const bnn_run *run;
    double seconds; /* since it began */
    const bnn_train_progress *progress;
} bnn_pool_running;

/* What the observer is shown. The runs of the pool are those of the plan that were to do; those not
 * begun are QUEUED now. */
typedef struct bnn_pool_view {
    size_t n;                    /* runs of the pool */
    size_t n_of[BNN_RUN_STATES]; /* those in each state */
    uint32_t n_running;
    const bnn_pool_running *running; /* [n_running], in the order of the jobs */
} bnn_pool_view;

/* Called in the thread of bnn_pool_execute. finished: the run has reached its last state, and its
 * result is set. tick: a few times a second. stopping: the first signal has come; the next one ends
 * the process. */
typedef struct bnn_pool_observer {
    void (*finished)(void *context, const bnn_pool_view *view, const bnn_run *run);
    void (*tick)(void *context, const bnn_pool_view *view);
    void (*stopping)(void *context, const bnn_pool_view *view, int signal);
    void (*waiting)(void *context, const bnn_pool_view *view, const char *who);
    void *context;
} bnn_pool_observer;

typedef struct bnn_pool_options {
    const char *db;
    uint32_t n_jobs;
    const bnn_dataset *datasets; /* of bnn_plan_open_data */
    const bnn_pool_observer *observer;
    const bnn_writer_patience *patience; /* with other programs; NULL: the usual */
} bnn_pool_options;

typedef struct bnn_pool_summary {
    size_t n_of[BNN_RUN_STATES]; /* of the runs of the pool */
    int signal;                  /* that ended the sweep early, or 0 */
} bnn_pool_summary;

/* Executes the runs of a recorded plan that are to do, and leaves in them what they came to. Returns
 * 0 when each was executed, whatever became of it; BNN_E_INTERRUPTED after a signal; or the error
 * that stopped the sweep. Runs that were under way have written checkpoints then. *out is filled in
 * any case. No other thread may be around. */
int bnn_pool_execute(bnn_plan *plan, const bnn_pool_options *options, bnn_pool_summary *out,
                     bnn_error *err);

#endif
