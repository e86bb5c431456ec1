#include "runner/pool_internal.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/size.h"
#include "runner/environment.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { POOL_TICK_MS = 200, POOL_SAME_EVENT_MS = 500 };

static void pool_stop(pool *p)
{
    p->stopping = true;
    p->executor->cancel(p->executor);
    if (p->writer != NULL)
        bnn_writer_hurry(p->writer);
}

/* The first error counts. After a fault of the machine the next sweep goes on. */
static void pool_fail(pool *p, const bnn_error *err)
{
    const char *remedy = bnn_fault_remedy(err->reason);
    if (p->status == BNN_OK) {
        p->status = err->status;
        p->err = *err;
        const size_t used = strlen(p->err.message);
        if (remedy != NULL)
            snprintf(p->err.message + used, sizeof p->err.message - used,
                     "; %s, then the same command goes on", remedy);
        p->err.reason = 0; /* nobody need say it again */
    }
    pool_stop(p);
}

const bnn_pool_view *bnn_pool_look(pool *p)
{
    const double now = bnn_clock_seconds(CLOCK_MONOTONIC);
    p->view.n_running = 0;
    for (uint32_t i = 0; i < p->n_jobs; i++)
        if (p->jobs[i].step == POOL_RUN)
            p->running[p->view.n_running++] =
                (bnn_pool_running){.run = p->jobs[i].run,
                                   .seconds = now - p->jobs[i].started,
                                   .progress = &p->executor->progress[i]};
    return &p->view;
}

void bnn_pool_set_state(pool *p, bnn_run *run, bnn_run_state state)
{
    p->view.n_of[run->state]--;
    p->view.n_of[state]++;
    run->state = state;
}

/* ---- the life of a run ------------------------------------------------------------------- */

/* Its last state in this sweep. */
static void pool_end_run(pool_job *j, bnn_run_state state)
{
    pool *p = j->pool;
    bnn_run_result *result = &j->run->result;
    if (state == BNN_RUN_DONE)
        result->test_accuracy = j->test_accuracy;
    if (state == BNN_RUN_FAILED)
        result->error = bnn_arena_strdup(p->plan->arena, j->outcome.message);
    bnn_pool_set_state(p, j->run, state);
    j->step = POOL_IDLE;
    p->last_tick = 0.0;
    p->options->observer->finished(p->options->observer->context, bnn_pool_look(p), j->run);
}

/* What became of it was not recorded: the next sweep recovers it. */
static void pool_lose_run(pool_job *j, const bnn_error *err)
{
    pool_fail(j->pool, err);
    pool_end_run(j, BNN_RUN_INTERRUPTED);
}

static const bnn_dataset *pool_data(const pool_job *j)
{
    const bnn_run_base *base = &j->pool->base;
    return &base->datasets[base->experiment->configs[j->run->i_config].i_dataset];
}

static void pool_claim(pool_job *j)
{
    bnn_pool_describe_attempt(j, pool_data(j));
    j->hopeless = false;
    j->step = POOL_CLAIM;
    bnn_writer_claim(j->pool->writer, j->run, &j->with, &j->request);
}

/* False when there is none. */
static bool pool_take_run(pool_job *j)
{
    if (j->pool->stopping)
        return false;
    bnn_run *run = bnn_pool_next_run(j->pool);
    if (run == NULL)
        return false;
    j->run = run;
    j->run->result = (bnn_run_result){.test_accuracy = (double)NAN};
    pool_claim(j);
    return true;
}

/* A record that cannot be kept has stopped the writer, and so the sweep: nothing is lost in silence.
 * Predictions are kept with the end of the run. */
static void pool_keep_record(void *context, const bnn_record *record)
{
    pool_job *j = context;
    if (record->kind == BNN_RECORD_METRIC && record->metric.epoch == 0 &&
        strcmp(record->metric.name, "test_accuracy") == 0)
        j->test_accuracy = record->metric.value;
    if (record->kind == BNN_RECORD_PREDICTIONS)
        bnn_predictions_take(&j->predictions, &record->predictions);
    else
        bnn_writer_record(j->pool->writer, j->run->id, j->attempt, record,
                          atomic_load(&j->pool->n_running) - 1);
}

static void pool_await_predictions(pool_job *j)
{
    j->predictions.n = pool_data(j)->test.n;
    j->predictions.n_known = 0;
}

/* A fault of the machine ends the sweep, and is no failure of the run. */
static bool pool_is_fault(pool_job *j, const bnn_outcome *outcome)
{
    bnn_error err;
    if (outcome->status == BNN_OK || bnn_fault_remedy(outcome->reason) == NULL)
        return false;
    bnn_fail(&err, BNN_E_RESOURCE, "run %s: %s", j->run->uid, outcome->message);
    err.reason = outcome->reason;
    pool_fail(j->pool, &err);
    return true;
}

static void pool_ended(pool_job *j, const bnn_outcome *outcome)
{
    const bool fault = pool_is_fault(j, outcome);
    const bnn_run_state state = outcome->status == BNN_OK ? BNN_RUN_DONE
                                : outcome->status == BNN_E_INTERRUPTED || fault
                                    ? BNN_RUN_INTERRUPTED
                                    : BNN_RUN_FAILED;
    atomic_fetch_sub(&j->pool->n_running, 1);
    j->outcome = *outcome;
    j->run->result.begun = atomic_load(&j->pool->executor->progress[j - j->pool->jobs].begun);
    j->run->result.seconds = bnn_clock_seconds(CLOCK_MONOTONIC) - j->started;
    j->step = POOL_FINISH;
    const bool predicts = state == BNN_RUN_DONE &&
                          bnn_predictions_gather(&j->predictions, pool_data(j), &j->gathered);
    bnn_writer_finish(j->pool->writer, j->run->id, j->attempt, state,
                      state == BNN_RUN_FAILED || fault ? j->outcome.message : NULL,
                      state == BNN_RUN_INTERRUPTED ? j->pool->signal : outcome->signal,
                      predicts ? &j->gathered : NULL, &j->request);
}

static void pool_claimed(pool_job *j)
{
    pool *p = j->pool;
    const bnn_run_listener listener = {.record = pool_keep_record, .context = j};
    bnn_error err;
    if (j->request.status != BNN_OK) {
        pool_lose_run(j, &j->request.err);
        return;
    }
    if (j->request.attempt == 0 && bnn_pool_waits_for_others(j)) {
        j->step = POOL_IDLE; /* it stays in the queue */
        return;
    }
    if (j->request.attempt == 0) {
        pool_end_run(j, BNN_RUN_TAKEN);
        return;
    }
    j->attempt = j->run->n_attempts = j->request.attempt;
    j->run->result.n_tries++;
    j->test_accuracy = (double)NAN;
    pool_await_predictions(j);
    j->started = bnn_clock_seconds(CLOCK_MONOTONIC);
    p->last_call = false;
    bnn_pool_set_state(p, j->run, BNN_RUN_RUNNING);
    if (!bnn_pool_has_needs(j)) {
        j->hopeless = true;
        j->step = POOL_FINISH;
        bnn_writer_finish(p->writer, j->run->id, j->attempt, BNN_RUN_FAILED, j->outcome.message, 0,
                          NULL, &j->request);
        return;
    }
    atomic_fetch_add(&p->n_running, 1);
    j->step = POOL_RUN;
    if (p->executor->start(p->executor, (uint32_t)(j - p->jobs), j->run, &listener, &err) == BNN_OK)
        return;
    pool_fail(p, &err);
    pool_ended(j, &(bnn_outcome){.status = BNN_E_INTERRUPTED});
}

/* Not before the end of the run is on the disk: else a crash in between would cost all of it. */
static void pool_remove_checkpoint(const pool_job *j)
{
    const pool *p = j->pool;
    const char *path =
        bnn_run_path(p->options->db, j->run->uid, BNN_RUN_CHECKPOINT, p->plan->arena);
    if (path != NULL)
        unlink(path);
}

static void pool_finished(pool_job *j)
{
    const bnn_run_state state = j->request.outcome;
    const int64_t n_retries = j->pool->base.experiment->run.retries;
    if (j->request.status == BNN_E_FAILED)
        pool_end_run(j, BNN_RUN_TAKEN); /* superseded: somebody else has the run now */
    else if (j->request.status != BNN_OK)
        pool_lose_run(j, &j->request.err);
    else if (state == BNN_RUN_FAILED && j->run->result.n_tries <= n_retries && !j->pool->stopping &&
             !j->hopeless)
        pool_claim(j);
    else if (state != BNN_RUN_INTERRUPTED || !bnn_pool_queue_again(j)) {
        if (state == BNN_RUN_DONE)
            pool_remove_checkpoint(j);
        pool_end_run(j, state);
    }
}

/* ---- all of them ------------------------------------------------------------------------- */

/* Moves a job on. False when there is something to wait for. */
static bool pool_advance(pool_job *j)
{
    switch (j->step) {
    case POOL_IDLE:
        return pool_take_run(j);
    case POOL_RUN:
        return false;
    case POOL_CLAIM:
    case POOL_FINISH:
        break;
    }
    if (!bnn_writer_answered(j->pool->writer, &j->request))
        return false;
    if (j->step == POOL_CLAIM)
        pool_claimed(j);
    else
        pool_finished(j);
    return true;
}

/* Returns how many jobs have a run. */
static uint32_t pool_advance_all(pool *p)
{
    uint32_t n_busy = 0;
    for (uint32_t i = 0; i < p->n_jobs; i++) {
        while (pool_advance(&p->jobs[i]))
            ;
        n_busy += p->jobs[i].step != POOL_IDLE;
    }
    return n_busy;
}

static void pool_lose_executor(pool *p, const bnn_error *err)
{
    p->lost = true;
    for (uint32_t i = 0; i < p->n_jobs; i++)
        if (p->jobs[i].step == POOL_RUN) {
            atomic_fetch_sub(&p->n_running, 1);
            pool_lose_run(&p->jobs[i], err);
        }
    pool_fail(p, err);
}

/* Takes what runs have reported; not more than the writer can take, too. */
static void pool_poll_executor(pool *p)
{
    bnn_outcome outcome;
    bnn_error err;
    uint32_t slot;
    while (!p->lost && bnn_writer_has_room(p->writer)) {
        const int news = p->executor->poll(p->executor, &slot, &outcome, &err);
        if (news < 0)
            pool_lose_executor(p, &err);
        else if (news == BNN_NEWS_NONE)
            return;
        else if (news == BNN_NEWS_END)
            pool_ended(&p->jobs[slot], &outcome);
    }
}

/* One event can be several signals: `timeout` signals a process and then its group. */
static void pool_take_signal(pool *p)
{
    if (p->signal != 0 && bnn_clock_seconds(CLOCK_MONOTONIC) >= p->hurry)
        bnn_signals_close(&p->signals);
    if (p->executor->at_limit)
        bnn_signals_come(&p->signals, SIGXCPU);
    const int signal = bnn_signals_next(&p->signals);
    if (signal == 0 || p->signal != 0)
        return;
    p->signal = signal;
    pool_stop(p);
    p->options->observer->stopping(p->options->observer->context, bnn_pool_look(p), signal);
    p->hurry = bnn_clock_seconds(CLOCK_MONOTONIC) + 1e-3 * POOL_SAME_EVENT_MS;
}

static void pool_tick(pool *p)
{
    char who[BNN_STORE_WRITER_MAX];
    if (bnn_writer_heard_wait(p->writer, who))
        p->options->observer->waiting(p->options->observer->context, bnn_pool_look(p), who);
    const double now = bnn_clock_seconds(CLOCK_MONOTONIC);
    if (now < p->last_tick + 1e-3 * POOL_TICK_MS)
        return;
    p->options->observer->tick(p->options->observer->context, bnn_pool_look(p));
    p->last_tick = now;
}

static void pool_wait(pool *p)
{
    const bool reads = !p->lost && bnn_writer_has_room(p->writer);
    struct pollfd fds[] = {{.fd = reads ? p->executor->fd : -1, .events = POLLIN},
                           {.fd = bnn_writer_fd(p->writer), .events = POLLIN},
                           {.fd = p->signals.fd, .events = POLLIN}};
    poll(fds, sizeof fds / sizeof *fds, POOL_TICK_MS);
}

static void pool_supervise(pool *p)
{
    bnn_error err;
    for (;;) {
        if (bnn_writer_check(p->writer, &err) != BNN_OK)
            pool_fail(p, &err);
        pool_poll_executor(p);
        const uint32_t n_busy = pool_advance_all(p);
        pool_tick(p);
        if (n_busy == 0 && !bnn_pool_calls_again(p))
            return;
        pool_wait(p);
        pool_take_signal(p);
    }
}

/* ---- beginning and end ------------------------------------------------------------------- */

/* With the database open. */
static int pool_write(pool *p, bnn_store *store, bnn_error *err)
{
    int status = bnn_environment_add(store, &p->environment, err);
    if (status == BNN_OK)
        status = bnn_writer_open(store, p->n_jobs, p->options->patience, &p->writer, err);
    if (status != BNN_OK)
        return status;
    pool_supervise(p);
    bnn_error late;
    const int closed = bnn_writer_close(p->writer, &late);
    p->writer = NULL;
    if (closed != BNN_OK)
        pool_fail(p, &late);
    if (p->status != BNN_OK)
        *err = p->err;
    return p->status;
}

/* The executor comes before the writer: it may have to fork while this is the only thread. */
static int pool_run(pool *p, bnn_error *err)
{
    bnn_store *store;
    int status = bnn_executor_open(&p->base, p->n_jobs, &p->executor, err);
    if (status != BNN_OK)
        return status;
    status = bnn_store_open(p->options->db, BNN_STORE_WRITE, &store, err);
    if (status == BNN_OK) {
        status = pool_write(p, store, err);
        bnn_store_close(store);
    }
    p->executor->close(p->executor);
    return status;
}

static bool pool_allocate_predictions(pool_job *j)
{
    const bnn_run_base *base = &j->pool->base;
    uint32_t most = 0;
    for (size_t i = 0; i < base->experiment->n_datasets; i++)
        most = (uint32_t)bnn_size_larger(most, base->datasets[i].test.n);
    j->predictions.classes = bnn_arena_alloc(j->pool->plan->arena, most, 1);
    return j->predictions.classes != NULL;
}

static int pool_open(pool *p, bnn_error *err)
{
    p->base.folder = bnn_run_path(p->options->db, NULL, NULL, p->plan->arena);
    p->base.needs_folder = p->base.folder;
    p->asked = bnn_arena_alloc(p->plan->arena, p->plan->n, sizeof *p->asked);
    p->alone = bnn_arena_alloc(p->plan->arena, p->plan->n, sizeof *p->alone);
    if (p->base.folder == NULL || p->asked == NULL || p->alone == NULL)
        return bnn_no_memory(err);
    if (strlen(p->base.folder) >= BNN_RUN_FOLDER_MAX)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: the path is too long for files of runs beside it",
                        p->options->db);
    for (uint32_t i = 0; i < p->n_jobs; i++) {
        p->jobs[i].pool = p;
        if (!pool_allocate_predictions(&p->jobs[i]))
            return bnn_no_memory(err);
    }
    for (size_t i = 0; i < p->plan->n; i++)
        if (bnn_run_is_todo(&p->plan->runs[i]))
            p->plan->runs[i].state = BNN_RUN_QUEUED;
    return BNN_OK;
}

int bnn_pool_execute(bnn_plan *plan, const bnn_pool_options *options, bnn_pool_summary *out,
                     bnn_error *err)
{
    const size_t n = plan->n_todo;
    const uint32_t n_jobs = options->n_jobs < n ? options->n_jobs : (uint32_t)n;
    *out = (bnn_pool_summary){.n_of = {[BNN_RUN_QUEUED] = n}};
    pool *p = bnn_arena_alloc(plan->arena, 1, sizeof *p + n_jobs * sizeof p->jobs[0]);
    bnn_pool_running *running = bnn_arena_alloc(plan->arena, n_jobs, sizeof *running);
    if (p == NULL || running == NULL)
        return bnn_no_memory(err);
    p->plan = plan;
    p->options = options;
    p->base = (bnn_run_base){.experiment = plan->experiment, .datasets = options->datasets};
    p->n_jobs = n_jobs;
    p->running = running;
    p->view = (bnn_pool_view){.n = n, .n_of = {[BNN_RUN_QUEUED] = n}, .running = running};
    int status = pool_open(p, err);
    if (status == BNN_OK)
        status = bnn_signals_open(&p->signals, err);
    if (status == BNN_OK) {
        status = pool_run(p, err);
        while (p->signal != 0 && bnn_signals_next(&p->signals) != 0)
            ; /* all is saved: who asked again has what was asked for */
        bnn_signals_close(&p->signals);
    }
    memcpy(out->n_of, p->view.n_of, sizeof out->n_of);
    out->signal = p->signal;
    if (status == BNN_OK && p->signal != 0)
        status = bnn_fail(err, BNN_E_INTERRUPTED, "interrupted: %s", strsignal(p->signal));
    return status;
}
