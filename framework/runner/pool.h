/* pool.h - executes the runs of a plan: as many at a time as there are jobs, in the order of the
 * plan.
 *
 * Each job is a thread that takes the next run, claims it in the database, trains (in its own
 * thread or in a process that it waits for) and records how it ended. A run that fails does not
 * stop the others; a database that cannot be written stops them all. The calling thread reads
 * signals and tells an observer what happens. */
#ifndef BNN_RUNNER_POOL_H
#define BNN_RUNNER_POOL_H

#include "db/store.h"
#include "runner/task.h"

/* A run to execute. */
typedef struct bnn_pool_run {
    uint32_t i_config;
    int64_t seed;
    bnn_run store;      /* as the plan saw it */
    const char *folder; /* for its files; shorter than BNN_FOLDER_MAX */
} bnn_pool_run;

typedef enum bnn_pool_state {
    BNN_POOL_WAITING = 0,
    BNN_POOL_RUNNING = 1,
    BNN_POOL_DONE = 2,
    BNN_POOL_FAILED = 3,
    BNN_POOL_INTERRUPTED = 4,
    BNN_POOL_TAKEN = 5, /* by another process */
    BNN_POOL_STATES = 6,
} bnn_pool_state;

/* What became of a run. */
typedef struct bnn_pool_result {
    bnn_pool_state state;
    uint32_t n_attempts;    /* of this sweep */
    uint32_t resumed_epoch; /* of the last attempt */
    double seconds;         /* of the last attempt */
    double test_accuracy;   /* NaN when there is none */
    char *message;          /* why it failed; NULL otherwise */
} bnn_pool_result;

/* A run under way. */
typedef struct bnn_pool_running {
    size_t i;       /* of the run */
    double seconds; /* since it began */
    const bnn_train_progress *progress;
} bnn_pool_running;

/* What the observer is shown; a copy, so that nobody waits for a slow terminal. */
typedef struct bnn_pool_view {
    size_t n;                     /* runs of the pool */
    size_t n_of[BNN_POOL_STATES]; /* those in each state */
    size_t next;                  /* runs[next..n) were not begun */
    uint32_t n_running;
    const bnn_pool_running *running; /* [n_running], in the order of the jobs */
} bnn_pool_view;

/* Called in the thread of bnn_pool_execute. finished: run i has reached its last state. tick: a few
 * times a second. stopping: the first signal has come; the next one ends the process. */
typedef struct bnn_pool_observer {
    void (*finished)(void *context, const bnn_pool_view *view, size_t i,
                     const bnn_pool_result *result);
    void (*tick)(void *context, const bnn_pool_view *view);
    void (*stopping)(void *context, const bnn_pool_view *view, int signal);
    void *context;
} bnn_pool_observer;

typedef struct bnn_pool_options {
    const char *db;
    uint32_t n_jobs;
    bool isolate;        /* each run in a process of its own */
    int64_t environment; /* bnn_store_add_environment */
    const bnn_pool_observer *observer;
} bnn_pool_options;

typedef struct bnn_pool_summary {
    size_t n_of[BNN_POOL_STATES];
    int signal; /* that ended the sweep early, or 0 */
} bnn_pool_summary;

/* The CPUs that this process may use. */
uint32_t bnn_pool_cpus(void);

/* Executes n runs. Returns 0 when each was executed, whatever became of it; BNN_E_INTERRUPTED after a
 * signal; or the error that stopped the sweep. Runs that were under way have written checkpoints
 * then. *out is filled in any case. No other thread may be around. */
int bnn_pool_execute(const bnn_task_base *base, const bnn_pool_run *runs, size_t n,
                     const bnn_pool_options *options, bnn_pool_summary *out, bnn_error *err);

#endif
