#include "runner/pool.h"

#include "base/clock.h"
#include "runner/job.h"
#include "runner/signals.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TICK_MS = 200 };

uint32_t bnn_pool_cpus(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
}

/* Copies what an observer may see. Under the lock. */
static bnn_pool_view look(const bnn_job_pool *p, bnn_pool_running *running)
{
    bnn_pool_view view = {.n = p->n, .next = p->next, .running = running};
    const double t = bnn_clock_seconds(CLOCK_MONOTONIC);
    memcpy(view.n_of, p->n_of, sizeof view.n_of);
    for (uint32_t i = 0; i < p->n_jobs; i++) {
        const bnn_job *j = &p->jobs[i];
        if (j->running)
            running[view.n_running++] = (bnn_pool_running){
                .i = j->i_run, .seconds = t - j->started, .progress = j->progress};
    }
    return view;
}

/* Tells the observer what has ended since *n_shown, and a tick. Returns the jobs still alive. */
static uint32_t show(bnn_job_pool *p, size_t *n_shown, bnn_pool_running *running)
{
    const bnn_pool_observer *o = p->options->observer;
    pthread_mutex_lock(&p->lock);
    while (*n_shown < p->n_ended) {
        const size_t i = p->ended[(*n_shown)++];
        const bnn_pool_result result = p->results[i];
        const bnn_pool_view view = look(p, running);
        pthread_mutex_unlock(&p->lock);
        o->finished(o->context, &view, i, &result);
        pthread_mutex_lock(&p->lock);
    }
    const bnn_pool_view view = look(p, running);
    const uint32_t n_alive = p->n_alive;
    pthread_mutex_unlock(&p->lock);
    o->tick(o->context, &view);
    return n_alive;
}

static void take_signal(bnn_job_pool *p, bnn_signals *signals, bnn_pool_running *running)
{
    const bnn_pool_observer *o = p->options->observer;
    const int signal = bnn_signals_next(signals);
    if (signal == 0)
        return;
    bnn_signals_close(signals); /* the next one does what it always does */
    atomic_store(&p->signal, signal);
    bnn_job_stop_all(p);
    pthread_mutex_lock(&p->lock);
    const bnn_pool_view view = look(p, running);
    pthread_mutex_unlock(&p->lock);
    o->stopping(o->context, &view, signal);
}

static void supervise(bnn_job_pool *p, bnn_signals *signals, bnn_pool_running *running)
{
    size_t n_shown = 0;
    while (show(p, &n_shown, running) > 0) {
        struct pollfd fds[] = {{.fd = p->changed, .events = POLLIN},
                               {.fd = signals->fd, .events = POLLIN}};
        uint64_t n;
        if (poll(fds, 2, TICK_MS) > 0 && (fds[0].revents & POLLIN))
            while (read(p->changed, &n, sizeof n) < 0 && errno == EINTR)
                ;
        take_signal(p, signals, running);
    }
}

/* Starts the job threads, runs, and waits for them. Fewer threads than wanted will do. */
static int run_threads(bnn_job_pool *p, bnn_signals *signals, bnn_pool_running *running,
                       bnn_error *err)
{
    uint32_t n_started = 0;
    int status = BNN_OK;
    pthread_mutex_lock(&p->lock); /* holds them back until they are counted */
    while (n_started < p->n_jobs && pthread_create(&p->jobs[n_started].thread, NULL, bnn_job_thread,
                                                   &p->jobs[n_started]) == 0)
        n_started++;
    p->n_alive = n_started;
    pthread_mutex_unlock(&p->lock);
    if (n_started == 0)
        status = bnn_fail(err, BNN_E_INTERNAL, "cannot start a thread for the runs");
    else
        supervise(p, signals, running);
    for (uint32_t i = 0; i < n_started; i++)
        pthread_join(p->jobs[i].thread, NULL);
    return status;
}

/* The zygote is forked while this is the only thread, and after the signals were blocked. */
static int run_pool(bnn_job_pool *p, bnn_signals *signals, bnn_pool_running *running,
                    bnn_error *err)
{
    int status = BNN_OK;
    if (p->options->isolate)
        status = bnn_zygote_open(p->base, p->n_jobs, &p->zygote, err);
    for (uint32_t i = 0; status == BNN_OK && i < p->n_jobs; i++) {
        bnn_job *j = &p->jobs[i];
        *j = (bnn_job){.pool = p, .slot = i};
        j->progress = p->zygote != NULL ? bnn_zygote_progress(p->zygote, i) : &j->own_progress;
    }
    if (status == BNN_OK)
        status = bnn_writer_open(p->options->db, &p->writer, err);
    if (status == BNN_OK)
        status = run_threads(p, signals, running, err);
    bnn_error late;
    const int closed = bnn_writer_close(p->writer, &late);
    if (status == BNN_OK && closed != BNN_OK)
        *err = late;
    bnn_zygote_close(p->zygote);
    return status != BNN_OK ? status : closed;
}

/* What the whole came to, when all threads were joined. */
static int conclude(bnn_job_pool *p, int status, bnn_pool_summary *out, bnn_error *err)
{
    memcpy(out->n_of, p->n_of, sizeof out->n_of);
    out->signal = atomic_load(&p->signal);
    if (status == BNN_OK && p->status != BNN_OK) {
        *err = p->err;
        status = p->status;
    }
    if (status == BNN_OK && out->signal != 0)
        status = bnn_fail(err, BNN_E_INTERRUPTED, "interrupted: %s", strsignal(out->signal));
    return status;
}

static void destroy(bnn_job_pool *p)
{
    if (p->changed >= 0)
        close(p->changed);
    for (size_t i = 0; p->results != NULL && i < p->n; i++)
        free(p->results[i].message);
    free(p->results);
    free(p->ended);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

int bnn_pool_execute(const bnn_task_base *base, const bnn_pool_run *runs, size_t n,
                     const bnn_pool_options *options, bnn_pool_summary *out, bnn_error *err)
{
    const uint32_t n_jobs = options->n_jobs < n ? options->n_jobs : (uint32_t)n;
    bnn_signals signals;
    *out = (bnn_pool_summary){.n_of = {[BNN_POOL_WAITING] = n}};
    bnn_job_pool *p = calloc(1, sizeof *p + n_jobs * sizeof p->jobs[0]);
    if (p == NULL)
        return bnn_no_memory(err);
    p->base = base;
    p->options = options;
    p->runs = runs;
    p->n = n;
    p->n_jobs = n_jobs;
    p->n_of[BNN_POOL_WAITING] = n;
    pthread_mutex_init(&p->lock, NULL);
    p->results = calloc(n, sizeof *p->results);
    p->ended = calloc(n, sizeof *p->ended);
    bnn_pool_running *running = calloc(n_jobs, sizeof *running);
    p->changed = eventfd(0, EFD_CLOEXEC);
    int status = BNN_OK;
    if (p->results == NULL || p->ended == NULL || running == NULL)
        status = bnn_no_memory(err);
    else if (p->changed < 0)
        status = bnn_fail_errno(err, BNN_E_INTERNAL, "cannot make an event counter");
    else
        status = bnn_signals_open(&signals, err);
    if (status == BNN_OK) {
        status = run_pool(p, &signals, running, err);
        bnn_signals_close(&signals);
    }
    status = conclude(p, status, out, err);
    free(running);
    destroy(p);
    return status;
}
