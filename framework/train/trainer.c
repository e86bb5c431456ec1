#include "train/trainer.h"

#include "train/average.h"
#include "train/loss.h"
#include "train/mixup.h"
#include "train/statistics.h"
#include "train/telemetry/telemetry.h"
#include "train/watch.h"

#include <fenv.h>
#include <math.h>
#include <stdio.h>

/* ---- records ----------------------------------------------------------------------------- */

static void send_metric(const bnn_train_job *job, const char *name, uint32_t epoch, double value)
{
    bnn_record record = {.kind = BNN_RECORD_METRIC, .metric = {.epoch = epoch, .value = value}};
    snprintf(record.metric.name, sizeof record.metric.name, "%s", name);
    job->record(job->context, &record);
}

static void send_timing(const bnn_train_job *job, const char *phase, uint32_t rep, uint64_t wall_ns,
                        uint64_t cpu_ns)
{
    bnn_record record = {.kind = BNN_RECORD_TIMING,
                         .timing = {.rep = rep, .wall_ns = wall_ns, .cpu_ns = cpu_ns}};
    snprintf(record.timing.phase, sizeof record.timing.phase, "%s", phase);
    job->record(job->context, &record);
}

static void send_epoch(const bnn_train_job *job, uint32_t epoch, const bnn_epoch *e)
{
    send_metric(job, "train_loss", epoch, e->train_loss);
    send_metric(job, "train_accuracy", epoch, e->train_accuracy);
    if (job->n_validation > 0) {
        send_metric(job, "validation_loss", epoch, e->validation_loss);
        send_metric(job, "validation_accuracy", epoch, e->validation_accuracy);
    }
    send_metric(job, "learning_rate", epoch, e->learning_rate);
    send_metric(job, "seconds", epoch, e->seconds);
    send_timing(job, "train_epoch", epoch, e->wall_ns, e->cpu_ns);
}

static void send_layers(const bnn_session *s)
{
    uint32_t index = 0;
    for (uint32_t i = 0; i < s->net->n_ops; i++) {
        bnn_record record = {.kind = BNN_RECORD_LAYER};
        if (!bnn_network_layer_size(s->net, i, &record.layer))
            continue;
        record.layer.index = index++;
        s->job->record(s->job->context, &record);
    }
}

/* ---- one epoch --------------------------------------------------------------------------- */

typedef struct clocks {
    uint64_t wall_ns, cpu_ns;
} clocks;

static clocks clocks_now(void)
{
    return (clocks){bnn_clock_ns(CLOCK_MONOTONIC), bnn_clock_ns(CLOCK_THREAD_CPUTIME_ID)};
}

/* Adds the time since `start` to the epoch's. */
static void add_time(bnn_session *s, clocks start)
{
    const clocks now = clocks_now();
    s->at.wall_ns += now.wall_ns - start.wall_ns;
    s->at.cpu_ns += now.cpu_ns - start.cpu_ns;
}

static double lr_factor(const bnn_session *s, uint32_t step)
{
    const double epoch = (double)s->at.epoch + (double)step / (double)s->n_steps;
    return s->plateau *
           bnn_schedule_factor(&s->job->train->schedule, epoch, (double)s->job->train->epochs);
}

/* Order of the images, progress of the STEs and the like for the epoch that begins or goes on. */
static void enter_epoch(bnn_session *s)
{
    const uint32_t epochs = (uint32_t)s->job->train->epochs;
    const bnn_rng rng = {.seed = s->job->seed, .role = BNN_RNG_ORDER, .index = s->at.epoch};
    bnn_rng_permute(&rng, s->n_train, s->order);
    for (uint32_t i = 0; i < s->n_train; i++)
        s->order[i] = s->train[s->order[i]];
    s->plateau = bnn_watch_plateau(s);
    bnn_network_set_progress(s->net, epochs > 1 ? (double)s->at.epoch / (double)(epochs - 1) : 0.0);
    bnn_network_binarize(s->net);
}

static int train_step(bnn_session *s, bnn_error *err)
{
    const uint32_t batch = (uint32_t)s->job->train->batch, first = s->at.step * batch;
    const uint32_t n = s->n_train - first < batch ? s->n_train - first : batch;
    double loss = 0.0;
    uint32_t n_correct = 0;
    bnn_session_load_batch(s, s->order + first, n);
    bnn_mixup_images(s, n);
    bnn_network_forward(s->net, n, true);
    bnn_loss_train(s, n, &loss, &n_correct);
    if (!isfinite(loss))
        return bnn_fail(err, BNN_E_FAILED, "diverged: the loss is %g in epoch %u, step %u of %u",
                        fabs(loss / n), s->at.epoch + 1, s->at.step + 1, s->n_steps);
    bnn_telemetry_begin_step(s);
    bnn_network_backward(s->net, n);
    bnn_session_update(s, lr_factor(s, s->at.step));
    bnn_telemetry_end_step(s);
    s->at.loss += loss;
    s->at.n_correct += n_correct;
    s->at.step++;
    return BNN_OK;
}

/* Why the run must not go on, looked at after every step. */
static int check_stop(const bnn_session *s, uint64_t deadline_ns, bnn_error *err)
{
    if (s->job->stop != NULL && atomic_load_explicit(s->job->stop, memory_order_relaxed) != 0)
        return bnn_fail(err, BNN_E_INTERRUPTED, "interrupted in epoch %u, step %u of %u",
                        s->at.epoch + 1, s->at.step, s->n_steps);
    if (deadline_ns != 0 && bnn_clock_ns(CLOCK_MONOTONIC) > deadline_ns)
        return bnn_fail(err, BNN_E_FAILED, "timeout: %g seconds are over in epoch %u of %d",
                        s->job->timeout_seconds, s->at.epoch + 1, s->job->train->epochs);
    return BNN_OK;
}

/* Asked before anything of the epoch is kept. */
static int check_fp_mode(const bnn_session *s, bnn_error *err)
{
    const bnn_network *net = s->net;
    if (net->fp_changer == NULL)
        return BNN_OK;
    const bnn_head *head = net->fp_changer->plugin->head;
    return bnn_fail(err, BNN_E_FAILED,
                    "%s %s (%s) changed the floating-point mode in epoch %u, which changes all "
                    "results; a plugin leaves rounding and denormals as they are",
                    bnn_kind_name((bnn_kind)head->kind), head->name, net->fp_changer_at,
                    s->at.epoch + 1);
}

/* Likewise. */
static int check_fences(const bnn_session *s, uint32_t epoch, bnn_error *err)
{
    if (s->job->strangers == NULL || bnn_arena_is_whole(s->arena))
        return BNN_OK;
    return bnn_fail(
        err, BNN_E_FAILED,
        "a plugin wrote behind the end of memory that it was given, seen after epoch %u; "
        "%s",
        epoch, s->job->strangers);
}

static void show_progress(const bnn_session *s)
{
    bnn_train_progress *p = s->job->progress;
    if (p == NULL)
        return;
    atomic_store_explicit(&p->n_steps, s->n_steps, memory_order_relaxed);
    atomic_store_explicit(&p->epoch, s->at.epoch + 1, memory_order_relaxed);
    atomic_store_explicit(&p->step, s->at.step, memory_order_relaxed);
}

/* Where a checkpoint lets the run go on: before the first step, which shows how far it has come. */
static void show_begin(const bnn_session *s)
{
    bnn_train_progress *p = s->job->progress;
    if (p != NULL)
        atomic_store(&p->begun, (float)s->at.epoch + (float)s->at.step / (float)s->n_steps);
}

static int train_epoch(bnn_session *s, uint64_t deadline_ns, bnn_error *err)
{
    const clocks start = clocks_now();
    enter_epoch(s);
    int status = BNN_OK;
    while (status == BNN_OK && s->at.step < s->n_steps) {
        status = train_step(s, err);
        if (status == BNN_OK && s->at.step == s->n_steps) /* before a stop here could hide it */
            status = bnn_session_check_finite(s, err);
        if (status == BNN_OK)
            status = check_stop(s, deadline_ns, err);
        show_progress(s);
    }
    add_time(s, start);
    const bool goes_on = status == BNN_OK || status == BNN_E_INTERRUPTED;
    return goes_on && (check_fp_mode(s, err) != BNN_OK ||
                       check_fences(s, s->at.epoch + 1, err) != BNN_OK)
               ? BNN_E_FAILED
               : status;
}

static int validate_epoch(bnn_session *s, bnn_epoch *e, bnn_error *err)
{
    if (s->n_validation > 0)
        bnn_session_evaluate(s, &s->job->data->train, s->validation, s->n_validation,
                             &e->validation_loss, &e->validation_accuracy);
    const int status = check_fp_mode(s, err);
    if (status != BNN_OK)
        return status;
    if (!isfinite(e->validation_loss)) /* finite weights can overflow, too */
        return bnn_fail(err, BNN_E_FAILED, "diverged: the validation loss is %g after epoch %u",
                        fabs(e->validation_loss), s->at.epoch + 1);
    return BNN_OK;
}

/* Evaluates, notes the epoch, keeps the weights if they are the best so far, moves on. Where nothing
 * is held out, or the last epoch is chosen, the best epoch is the last. */
static int close_epoch(bnn_session *s, bnn_error *err)
{
    bnn_epoch *e = &s->epochs[s->at.epoch];
    bnn_telemetry_end_epoch(s);
    *e = (bnn_epoch){.train_loss = s->at.loss / (double)s->n_train,
                     .train_accuracy = (double)s->at.n_correct / (double)s->n_train,
                     .learning_rate = s->job->train->optimizer.lr * lr_factor(s, 0),
                     .seconds = (double)s->at.wall_ns * 1e-9,
                     .wall_ns = s->at.wall_ns,
                     .cpu_ns = s->at.cpu_ns};
    bnn_average_swap(s);
    bnn_network_deploy_form(s->net);
    bnn_statistics_renew(s);
    const int status = validate_epoch(s, e, err);
    if (status != BNN_OK)
        return status;
    const uint32_t epoch = s->at.epoch + 1;
    const bool best = s->at.best_epoch == 0 || s->n_validation == 0 ||
                      s->job->train->choose == BNN_CHOOSE_LAST ||
                      e->validation_accuracy > s->at.best_accuracy;
    s->at = (bnn_position_in_run){
        .epoch = epoch,
        .best_epoch = best ? epoch : s->at.best_epoch,
        .best_accuracy = best ? e->validation_accuracy : s->at.best_accuracy,
    };
    if (best)
        bnn_session_keep_best(s);
    bnn_average_swap(s);
    send_epoch(s->job, epoch, e);
    bnn_telemetry_send(s, epoch);
    if (s->job->progress != NULL && s->n_validation > 0)
        atomic_store_explicit(&s->job->progress->validation, (float)e->validation_accuracy,
                              memory_order_relaxed);
    if (s->job->checkpoint_path != NULL && s->job->checkpoint_epochs &&
        epoch < (uint32_t)s->job->train->epochs)
        return bnn_checkpoint_save(s, err);
    return BNN_OK;
}

/* ---- the run ----------------------------------------------------------------------------- */

/* The test set is looked at once, here: with the last weights and with the best ones. */
static int report_result(bnn_session *s, bnn_error *err)
{
    const bnn_train_job *job = s->job;
    const clocks start = clocks_now();
    double loss, accuracy;
    bnn_average_swap(s);
    bnn_network_deploy_form(s->net);
    bnn_session_evaluate(s, &job->data->test, s->test, job->data->test.n, &loss, &accuracy);
    const clocks end = clocks_now();
    if (s->n_validation == 0 && !isfinite(loss)) /* no validation has shown it */
        return bnn_fail(err, BNN_E_FAILED, "diverged: the test loss is %g after epoch %u",
                        fabs(loss), s->at.epoch);
    send_timing(job, "evaluate", 1, end.wall_ns - start.wall_ns, end.cpu_ns - start.cpu_ns);
    send_metric(job, "last_test_loss", 0, loss);
    send_metric(job, "last_test_accuracy", 0, accuracy);
    bnn_session_restore_best(s);
    bnn_session_evaluate(s, &job->data->test, s->test, job->data->test.n, &loss, &accuracy);
    /* Evaluations are forward passes, too. */
    if (check_fences(s, s->at.epoch, err) != BNN_OK)
        return BNN_E_FAILED;
    send_metric(job, "test_loss", 0, loss);
    send_metric(job, "test_accuracy", 0, accuracy);
    send_metric(job, "best_epoch", 0, (double)s->at.best_epoch);
    if (bnn_train_may_end_early(job->train, job->n_validation))
        send_metric(job, "last_epoch", 0, (double)s->at.epoch);
    if (s->n_validation > 0)
        send_metric(job, "validation_accuracy", 0, s->at.best_accuracy);
    return job->trained == NULL ? BNN_OK : job->trained(job->context, s->net, accuracy, err);
}

static bool is_last_done(const bnn_session *s)
{
    return s->at.epoch == (uint32_t)s->job->train->epochs || bnn_watch_gives_up(s);
}

static int run_epochs(bnn_session *s, bnn_error *err)
{
    const bnn_train_job *job = s->job;
    const uint64_t deadline_ns =
        job->timeout_seconds > 0.0
            ? bnn_clock_ns(CLOCK_MONOTONIC) + (uint64_t)(job->timeout_seconds * 1e9)
            : 0;
    int status = BNN_OK;
    while (status == BNN_OK && !is_last_done(s)) {
        status = train_epoch(s, deadline_ns, err);
        if (status == BNN_OK)
            status = close_epoch(s, err);
    }
    if (status == BNN_E_INTERRUPTED && job->checkpoint_path != NULL) {
        bnn_error failure;
        if (bnn_checkpoint_save(s, &failure) != BNN_OK)
            bnn_error_prefix(err, "%s; ", failure.message);
    }
    return status;
}

void bnn_train_reset_progress(bnn_train_progress *progress)
{
    atomic_store(&progress->begun, 0.0f);
    atomic_store(&progress->epoch, 0);
    atomic_store(&progress->step, 0);
    atomic_store(&progress->n_steps, 0);
    atomic_store(&progress->validation, -1.0f);
    bnn_call_leave(&progress->call);
}

int bnn_train_run(const bnn_train_job *job, bnn_error *err)
{
    bnn_session *s;
    fenv_t environment;
    bnn_arena *arena = bnn_arena_create(BNN_NETWORK_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    fegetenv(&environment);
    if (job->strangers != NULL)
        bnn_arena_fence(arena);
    int status = bnn_session_create(job, arena, &s, err);
    if (status != BNN_OK)
        goto out;
    if (job->checkpoint_path != NULL)
        bnn_checkpoint_load(s);
    show_begin(s);
    job->record(job->context,
                &(bnn_record){.kind = BNN_RECORD_BEGIN, .resumed_epoch = s->at.epoch});
    send_layers(s);
    for (uint32_t i = 0; i < s->at.epoch; i++) {
        send_epoch(job, i + 1, &s->epochs[i]);
        bnn_telemetry_send(s, i + 1);
    }
    status = run_epochs(s, err);
    if (status != BNN_OK)
        goto out;
    status = report_result(s, err);
out:
    fesetenv(&environment); /* a plugin may have changed it, and the thread goes on */
    bnn_arena_destroy(arena);
    return status;
}

/* ---- how long it will take --------------------------------------------------------------- */

static double seconds_since(uint64_t start_ns)
{
    return (double)(bnn_clock_ns(CLOCK_MONOTONIC) - start_ns) * 1e-9;
}

/* With telemetry as many steps as it looks at one of. */
static int time_steps(bnn_session *s, double *out, bnn_error *err)
{
    enum { WARM_UP = 2, STEPS = 10 };
    const uint32_t n = s->job->telemetry != 0 ? BNN_TELEMETRY_LOOK_EVERY : STEPS;
    uint64_t start = 0;
    int status = BNN_OK;
    enter_epoch(s);
    for (uint32_t i = 0; status == BNN_OK && i < WARM_UP + n; i++) {
        if (i == WARM_UP)
            start = bnn_clock_ns(CLOCK_MONOTONIC);
        s->at.step = i % s->n_steps;
        status = train_step(s, err);
        if (status == BNN_E_FAILED) /* diverged: the next step takes as long */
            status = BNN_OK;
    }
    *out = seconds_since(start) / n;
    return status;
}

int bnn_train_estimate(const bnn_train_job *job, bnn_train_costs *out, bnn_error *err)
{
    bnn_session *s;
    fenv_t environment;
    bnn_arena *arena = bnn_arena_create(BNN_NETWORK_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    fegetenv(&environment);
    int status = bnn_session_create(job, arena, &s, err);
    const uint64_t start = bnn_clock_ns(CLOCK_MONOTONIC);
    bnn_train_costs costs;
    if (status == BNN_OK)
        status = time_steps(s, &costs.step, err);
    if (status == BNN_OK) {
        const uint32_t n = s->n_train < 256 ? s->n_train : 256;
        double loss, accuracy;
        const uint64_t steps_end = bnn_clock_ns(CLOCK_MONOTONIC);
        bnn_telemetry_end_epoch(s);
        costs.epoch = seconds_since(steps_end);
        const uint64_t epoch_end = bnn_clock_ns(CLOCK_MONOTONIC);
        bnn_session_evaluate(s, &job->data->train, s->train, n, &loss, &accuracy);
        costs.image = seconds_since(epoch_end) / n;
        costs.spent = seconds_since(start);
        *out = costs;
    }
    fesetenv(&environment);
    bnn_arena_destroy(arena);
    return status;
}
