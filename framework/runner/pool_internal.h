/* pool_internal.h - what the pool is made of; pool_queue.c says which run is next. Private to runner/. */
#ifndef BNN_RUNNER_POOL_INTERNAL_H
#define BNN_RUNNER_POOL_INTERNAL_H

#include "runner/executor/executor.h"
#include "runner/pool.h"
#include "runner/predictions.h"
#include "runner/signals.h"
#include "runner/writer.h"

/* What a job is waiting for. */
typedef enum pool_step {
    POOL_IDLE = 0,   /* a run to take */
    POOL_CLAIM = 1,  /* the answer to a claim */
    POOL_RUN = 2,    /* the end of the attempt */
    POOL_FINISH = 3, /* that its end is committed */
} pool_step;

typedef struct pool pool;

/* A job is one run at a time, in the executor's slot of the same number. */
typedef struct pool_job {
    pool *pool;
    pool_step step;
    bnn_run *run;     /* unless idle */
    uint32_t attempt; /* that holds it, once it is claimed */
    double started;
    double test_accuracy;        /* that the attempt has reported, or NaN */
    bnn_predictions predictions; /* likewise; there is room for the largest test set */
    bnn_store_predictions gathered;
    bnn_outcome outcome; /* of the attempt */
    bool hopeless;       /* a run that it needs cannot be had */
    bnn_store_plugin plugins[BNN_PLUGIN_SET_MAX];
    bnn_store_need needs[BNN_PURPOSES];
    bnn_store_attempt with; /* of the claim */
    bnn_writer_request request;
} pool_job;

struct pool {
    bnn_plan *plan;
    const bnn_pool_options *options;
    bnn_run_base base;
    int64_t environment;
    bnn_executor *executor;
    bool lost;          /* the executor has failed */
    bnn_writer *writer; /* NULL: it has ended */
    bnn_signals signals;
    atomic_uint n_running; /* also read by the threads that report */
    bool stopping;
    int signal;    /* that asked us to stop, or 0 */
    double hurry;  /* then: from when on the next one does what it always does */
    int status;    /* why the sweep stopped, besides signals: the first error counts */
    size_t next;   /* in the plan: the first run that may be there to take */
    double *asked; /* [plan->n]: when a run that needs others was last claimed */
    bool *alone; /* [plan->n]: was interrupted without a stop, and goes on when nothing else runs */
    bool last_call; /* nothing else is left to do: whoever waits for others has been asked again */
    double last_tick; /* 0: the next one is due, as something has ended */
    bnn_error err;    /* if status says so */
    bnn_pool_view view;
    bnn_pool_running *running; /* [n_jobs]: the view's */
    uint32_t n_jobs;
    pool_job jobs[];
};

/* ---- pool.c ---- */

const bnn_pool_view *bnn_pool_look(pool *p);
void bnn_pool_set_state(pool *p, bnn_run *run, bnn_run_state state);

/* ---- pool_queue.c ---- */

/* The next run to claim: queued, with all that it needs settled, well or not, as far as is known here.
 * What another process does is found out by a claim, now and then. NULL when there is none. */
bnn_run *bnn_pool_next_run(pool *p);

/* Once for each run that was interrupted without a stop, as the process that started it was killed, maybe by
 * another run: it goes on when nothing else runs, which shows whose fault it is. False: not this time. */
bool bnn_pool_queue_again(pool_job *j);

/* Fills in what a job's claim says: what the attempt runs with, and needs. */
void bnn_pool_describe_attempt(pool_job *j, const bnn_dataset *data);

/* After a claim in vain: whether what the run needs is still to be done, by another process. Then the
 * run stays in the queue. */
bool bnn_pool_waits_for_others(const pool_job *j);

/* After a claim: gives the run what it needs. False, with the reason as the outcome of the attempt, when
 * that cannot be had. */
bool bnn_pool_has_needs(pool_job *j);

/* With nothing under way any more: whether runs that wait for other processes are to be asked for once
 * more. When that was in vain, they count as taken. */
bool bnn_pool_calls_again(pool *p);

#endif
