#include "runner/job.h"

#include "base/clock.h"
#include "base/run.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void notify(const bnn_job_pool *p)
{
    const uint64_t one = 1;
    while (write(p->changed, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

void bnn_job_stop_all(bnn_job_pool *p)
{
    atomic_store(&p->stop, 1);
    if (p->zygote != NULL)
        bnn_zygote_stop(p->zygote);
}

/* What stops the sweep: the first error counts. */
static void fail_sweep(bnn_job_pool *p, const bnn_error *err)
{
    pthread_mutex_lock(&p->lock);
    if (p->status == BNN_OK) {
        p->status = err->status;
        p->err = *err;
    }
    pthread_mutex_unlock(&p->lock);
    bnn_job_stop_all(p);
}

/* ---- one run ----------------------------------------------------------------------------- */

/* An attempt and what its records need. */
typedef struct attempt {
    bnn_job_pool *pool;
    const bnn_pool_run *run;
    uint32_t number;
    double test_accuracy;
} attempt;

static void begin_attempt(void *context, uint32_t resumed_epoch)
{
    const attempt *a = context;
    bnn_writer_resume(a->pool->writer, a->run->store.id, a->number, resumed_epoch);
}

/* A record that cannot be kept ends the sweep: nothing is lost in silence. */
static void keep_record(void *context, const bnn_record *record)
{
    attempt *a = context;
    bnn_job_pool *p = a->pool;
    bnn_error err;
    if (record->kind == BNN_RECORD_METRIC && record->metric.epoch == 0 &&
        strcmp(record->metric.name, "test_accuracy") == 0)
        a->test_accuracy = record->metric.value;
    const uint32_t co_runners = atomic_load(&p->n_running) - 1;
    if (!bnn_writer_record(p->writer, a->run->store.id, a->number, record, co_runners) &&
        bnn_writer_check(p->writer, &err) != BNN_OK)
        fail_sweep(p, &err);
}

static int claim(bnn_job_pool *p, const bnn_pool_run *run, uint32_t n_attempts, uint32_t *number,
                 bnn_error *err)
{
    const bnn_config *config = &p->base->experiment->configs[run->i_config];
    const bnn_dataset *data = &p->base->datasets[config->i_dataset];
    bnn_store_plugin plugins[BNN_CONFIG_PLUGINS_MAX];
    for (size_t i = 0; i < config->n_plugins; i++) {
        const bnn_plugin *plugin = config->plugins[i];
        plugins[i] = (bnn_store_plugin){.kind = bnn_kind_name((bnn_kind)plugin->head->kind),
                                        .name = plugin->head->name,
                                        .path = plugin->path,
                                        .sha256 = plugin->sha256,
                                        .abi = plugin->head->abi_version};
    }
    const bnn_store_attempt with = {
        .environment = p->options->environment,
        .dataset = {.name = data->name, .sha256 = data->sha256, .source = data->source},
        .n_plugins = config->n_plugins,
        .plugins = plugins,
    };
    bnn_run seen = run->store;
    seen.n_attempts = n_attempts;
    return bnn_writer_claim(p->writer, &seen, &with, number, err);
}

static int execute(const bnn_job *j, const bnn_pool_run *run, attempt *a, bnn_outcome *out,
                   bnn_error *err)
{
    const bnn_run_options *options = &j->pool->base->experiment->run;
    bnn_task task = {.i_config = run->i_config,
                     .seed = run->seed,
                     .checkpoints = options->checkpoints,
                     .timeout_seconds = options->timeout_seconds};
    snprintf(task.uid, sizeof task.uid, "%s", run->store.uid);
    snprintf(task.folder, sizeof task.folder, "%s", run->folder);
    const bnn_task_link link = {.stop = &j->pool->stop,
                                .progress = j->progress,
                                .begin = begin_attempt,
                                .record = keep_record,
                                .context = a};
    int status = BNN_OK;
    atomic_fetch_add(&j->pool->n_running, 1);
    if (j->pool->zygote != NULL)
        status = bnn_zygote_execute(j->pool->zygote, j->slot, &task, &link, out, err);
    else
        bnn_task_execute(j->pool->base, &task, &link, out);
    atomic_fetch_sub(&j->pool->n_running, 1);
    return status;
}

static bnn_run_state end_state(const bnn_outcome *outcome)
{
    if (outcome->status == BNN_OK)
        return BNN_RUN_DONE;
    return outcome->status == BNN_E_INTERRUPTED ? BNN_RUN_INTERRUPTED : BNN_RUN_FAILED;
}

static int finish(bnn_job_pool *p, const attempt *a, const bnn_outcome *outcome,
                  bnn_run_state state, bnn_error *err)
{
    const int signal = state == BNN_RUN_INTERRUPTED ? atomic_load(&p->signal) : outcome->signal;
    return bnn_writer_finish(p->writer, a->run->store.id, a->number, state,
                             state == BNN_RUN_FAILED ? outcome->message : NULL, signal, err);
}

static void set_running(bnn_job *j, size_t i)
{
    bnn_job_pool *p = j->pool;
    atomic_store(&j->progress->epoch, 0);
    atomic_store(&j->progress->step, 0);
    atomic_store(&j->progress->n_steps, 0);
    atomic_store(&j->progress->validation, -1.0f);
    pthread_mutex_lock(&p->lock);
    p->n_of[p->results[i].state]--;
    p->n_of[BNN_POOL_RUNNING]++;
    p->results[i].state = BNN_POOL_RUNNING;
    p->results[i].n_attempts++;
    j->running = true;
    j->i_run = i;
    j->started = bnn_clock_seconds(CLOCK_MONOTONIC);
    pthread_mutex_unlock(&p->lock);
}

/* Not before the end of the run is on the disk: else a crash in between would cost all of it. */
static void remove_checkpoint(const bnn_pool_run *run)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/" BNN_RUN_CHECKPOINT, run->folder);
    unlink(path);
}

/* The last state of a run. */
static void set_ended(bnn_job *j, size_t i, const bnn_pool_result *end)
{
    bnn_job_pool *p = j->pool;
    pthread_mutex_lock(&p->lock);
    bnn_pool_result *r = &p->results[i];
    const uint32_t n_attempts = r->n_attempts;
    p->n_of[r->state]--;
    p->n_of[end->state]++;
    *r = *end;
    r->n_attempts = n_attempts;
    r->seconds = j->running ? bnn_clock_seconds(CLOCK_MONOTONIC) - j->started : 0.0;
    j->running = false;
    p->ended[p->n_ended++] = i;
    pthread_mutex_unlock(&p->lock);
    notify(p);
}

/* How an attempt ended, for the observer. message: malloc'ed. */
static bnn_pool_result describe(const attempt *a, const bnn_outcome *outcome)
{
    static const bnn_pool_state states[] = {[BNN_RUN_DONE] = BNN_POOL_DONE,
                                            [BNN_RUN_FAILED] = BNN_POOL_FAILED,
                                            [BNN_RUN_INTERRUPTED] = BNN_POOL_INTERRUPTED};
    const bnn_pool_state state = states[end_state(outcome)];
    return (bnn_pool_result){
        .state = state,
        .resumed_epoch = outcome->resumed_epoch,
        .test_accuracy = state == BNN_POOL_DONE ? a->test_accuracy : (double)NAN,
        .message = state == BNN_POOL_FAILED ? strdup(outcome->message) : NULL,
    };
}

/* One attempt; *n_attempts of the run so far. Fails only when the sweep has to stop. */
static int attempt_run(bnn_job *j, size_t i, uint32_t *n_attempts, bnn_pool_result *end,
                       bnn_error *err)
{
    bnn_job_pool *p = j->pool;
    attempt a = {.pool = p, .run = &p->runs[i], .test_accuracy = (double)NAN};
    bnn_outcome outcome;
    int status = claim(p, a.run, *n_attempts, &a.number, err);
    if (status != BNN_OK)
        return status;
    *end = (bnn_pool_result){.state = BNN_POOL_TAKEN, .test_accuracy = (double)NAN};
    if (a.number == 0)
        return BNN_OK;
    set_running(j, i);
    status = execute(j, a.run, &a, &outcome, err);
    if (status != BNN_OK)
        return status; /* the run is recovered by the next sweep */
    status = finish(p, &a, &outcome, end_state(&outcome), err);
    if (status == BNN_OK && outcome.status == BNN_OK)
        remove_checkpoint(a.run);
    if (status == BNN_E_FAILED) /* superseded: somebody else has the run now */
        return BNN_OK;
    *end = describe(&a, &outcome);
    *n_attempts = a.number;
    return status;
}

static void run_job(bnn_job *j, size_t i)
{
    bnn_job_pool *p = j->pool;
    const int64_t n_tries = 1 + p->base->experiment->run.retries;
    uint32_t n_attempts = p->runs[i].store.n_attempts;
    bnn_pool_result end = {.state = BNN_POOL_INTERRUPTED, .test_accuracy = (double)NAN};
    bnn_error err;
    for (int64_t t = 0; t < n_tries && (t == 0 || end.state == BNN_POOL_FAILED); t++) {
        if (t > 0 && atomic_load(&p->stop) != 0)
            break;
        free(end.message);
        end.message = NULL;
        if (attempt_run(j, i, &n_attempts, &end, &err) != BNN_OK) {
            end.state = BNN_POOL_INTERRUPTED; /* what it came to was not recorded */
            end.test_accuracy = (double)NAN;
            fail_sweep(p, &err);
            break;
        }
    }
    set_ended(j, i, &end);
}

static bool take_run(bnn_job_pool *p, size_t *i)
{
    pthread_mutex_lock(&p->lock);
    const bool taken = p->next < p->n && atomic_load(&p->stop) == 0;
    if (taken)
        *i = p->next++;
    pthread_mutex_unlock(&p->lock);
    return taken;
}

void *bnn_job_thread(void *argument)
{
    bnn_job *j = argument;
    size_t i;
    while (take_run(j->pool, &i))
        run_job(j, i);
    pthread_mutex_lock(&j->pool->lock);
    j->pool->n_alive--;
    pthread_mutex_unlock(&j->pool->lock);
    notify(j->pool);
    return NULL;
}
