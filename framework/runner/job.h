/* job.h - the threads of a pool that execute runs, and what they share with the thread that
 * supervises them. Inside of pool.h. */
#ifndef BNN_RUNNER_JOB_H
#define BNN_RUNNER_JOB_H

#include "runner/pool.h"
#include "runner/writer.h"
#include "runner/zygote.h"

#include <pthread.h>

typedef struct bnn_job_pool bnn_job_pool;

/* One job thread. */
typedef struct bnn_job {
    bnn_job_pool *pool;
    pthread_t thread;
    uint32_t slot;
    bnn_train_progress own_progress; /* unless a process has it */
    bnn_train_progress *progress;
    bool running; /* under the lock, as the rest */
    size_t i_run;
    double started;
} bnn_job;

struct bnn_job_pool {
    const bnn_task_base *base;
    const bnn_pool_options *options;
    const bnn_pool_run *runs;
    size_t n;
    bnn_writer *writer;
    bnn_zygote *zygote; /* NULL: runs are executed in the job threads */
    atomic_int stop;
    atomic_int signal; /* that asked us to stop, or 0 */
    atomic_uint n_running;
    int changed; /* eventfd: a run or a job has ended */
    pthread_mutex_t lock;
    size_t next;      /* run to take; under the lock, as all below */
    uint32_t n_alive; /* job threads */
    bnn_pool_result *results;
    size_t *ended; /* runs in the order in which they ended */
    size_t n_ended;
    size_t n_of[BNN_POOL_STATES];
    int status; /* why the sweep stopped, besides signals */
    bnn_error err;
    uint32_t n_jobs;
    bnn_job jobs[];
};

/* The body of a job thread; argument: its bnn_job. Ends when no run is left or the pool stops. */
void *bnn_job_thread(void *argument);

/* Asks every run to write a checkpoint and end. */
void bnn_job_stop_all(bnn_job_pool *pool);

#endif
