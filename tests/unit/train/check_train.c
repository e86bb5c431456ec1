/* Training runs: they learn, they are deterministic. And what a run is
 * made of: schedules, the validation split, one update. */
#include "train/cosine.h"
#include "train/options.h"
#include "train/session.h"
#include "train/telemetry/options.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/train_fixture.h"

#include "tests/fixtures/reference/training.inc"

#include <pthread.h>

#define FLOAT_NET  "model:\n" SMALL_TOPOLOGY "  binarize: none\n"
#define BINARY_NET "model:\n" SMALL_TOPOLOGY "  binarize: {last: true}\n  ste: ede\n"

/* ---- schedules --------------------------------------------------------------------------- */

typedef struct schedule_case {
    bnn_schedule schedule;
    double epoch, n_epochs, factor;
} schedule_case;

#define OF(k, w, e, f, l)                                                     \
    {                                                                         \
        .kind = (k), .warmup = (w), .every = (e), .factor = (f), .floor = (l) \
    }

static const schedule_case schedule_cases[] = {
    {OF(BNN_SCHEDULE_CONSTANT, 0, 1, 1, 0), 0, 10, 1},
    {OF(BNN_SCHEDULE_CONSTANT, 0, 1, 1, 0), 9.99, 10, 1},
    {OF(BNN_SCHEDULE_CONSTANT, 2, 1, 1, 0), 0, 10, 0},
    {OF(BNN_SCHEDULE_CONSTANT, 2, 1, 1, 0), 0.5, 10, 0.25},
    {OF(BNN_SCHEDULE_CONSTANT, 2, 1, 1, 0), 2, 10, 1},
    {OF(BNN_SCHEDULE_STEP, 0, 3, 0.5, 0), 0, 10, 1},
    {OF(BNN_SCHEDULE_STEP, 0, 3, 0.5, 0), 2.999, 10, 1},
    {OF(BNN_SCHEDULE_STEP, 0, 3, 0.5, 0), 3, 10, 0.5},
    {OF(BNN_SCHEDULE_STEP, 0, 3, 0.5, 0), 9, 10, 0.125},
    {OF(BNN_SCHEDULE_STEP, 4, 3, 0.5, 0), 3, 10, 0.75},
    {OF(BNN_SCHEDULE_STEP, 4, 3, 0.5, 0), 6, 10, 0.25},
    {OF(BNN_SCHEDULE_STEP, 0, 0.25, 0.1, 0), 0.5, 10, 0.01},
    {OF(BNN_SCHEDULE_COSINE, 0, 1, 1, 0), 0, 8, 1},
    {OF(BNN_SCHEDULE_COSINE, 0, 1, 1, 0), 2, 8, 0.85355339059327376},
    {OF(BNN_SCHEDULE_COSINE, 0, 1, 1, 0), 4, 8, 0.5},
    {OF(BNN_SCHEDULE_COSINE, 0, 1, 1, 0), 6, 8, 0.14644660940672624},
    {OF(BNN_SCHEDULE_COSINE, 0, 1, 1, 0), 8, 8, 0},
    {OF(BNN_SCHEDULE_COSINE, 0, 1, 1, 0.2), 4, 8, 0.6},
    {OF(BNN_SCHEDULE_COSINE, 0, 1, 1, 0.2), 8, 8, 0.2},
    {OF(BNN_SCHEDULE_COSINE, 2, 1, 1, 0), 1, 8, 0.5},
    {OF(BNN_SCHEDULE_COSINE, 2, 1, 1, 0), 2, 8, 1},
    {OF(BNN_SCHEDULE_COSINE, 2, 1, 1, 0), 5, 8, 0.5},
    {OF(BNN_SCHEDULE_COSINE, 2, 1, 1, 0), 4, 8, 0.75},
};

START_TEST(schedules_have_the_values_of_the_book)
{
    for (size_t i = 0; i < sizeof schedule_cases / sizeof *schedule_cases; i++) {
        const schedule_case *c = &schedule_cases[i];
        const double factor = bnn_schedule_factor(&c->schedule, c->epoch, c->n_epochs);
        ck_assert_msg(fabs(factor - c->factor) <= 1e-14, "case %zu: %.17g, expected %.17g", i,
                      factor, c->factor);
    }
}
END_TEST

START_TEST(the_cosine_is_a_cosine)
{
    const bnn_schedule schedule = {.kind = BNN_SCHEDULE_COSINE};
    double last = 1.0;
    for (int i = 0; i <= 1000; i++) {
        const double factor = bnn_schedule_factor(&schedule, i / 1000.0, 1.0);
        ck_assert_double_eq_tol(factor, 0.5 * (1 + cos(3.14159265358979323846 * i / 1000.0)),
                                1e-14);
        ck_assert_double_le(factor, last);
        ck_assert_double_ge(factor, 0.0);
        last = factor;
    }
}
END_TEST

/* At 0, 1/2, ... 10 of 10 epochs. */
static void expect_factors(bnn_schedule schedule, const double facts[21])
{
    for (int i = 0; i <= 20; i++)
        ck_assert_double_eq_tol(bnn_schedule_factor(&schedule, 0.5 * i, 10.0), facts[i], 1e-11);
}

START_TEST(schedules_have_the_values_of_the_script)
{
    expect_factors(
        (bnn_schedule){
            .kind = BNN_SCHEDULE_ONE_CYCLE, .rise = 0.3, .start_divisor = 25, .end_divisor = 1e4},
        one_cycle_factors);
    expect_factors(
        (bnn_schedule){
            .kind = BNN_SCHEDULE_ONE_CYCLE, .rise = 0.5, .start_divisor = 10, .end_divisor = 100},
        one_cycle_other_factors);
    expect_factors((bnn_schedule){.kind = BNN_SCHEDULE_LINEAR}, linear_factors);
    expect_factors((bnn_schedule){.kind = BNN_SCHEDULE_LINEAR, .warmup = 2.5, .floor = 0.1},
                   linear_warm_factors);
}
END_TEST

/* The bits of the cosine's values, which those of runs follow from: as they were recorded first. */
START_TEST(cosine_keeps_its_bits)
{
    for (int i = 0; i <= 100; i++) {
        const bnn_schedule schedule = {.kind = BNN_SCHEDULE_COSINE, .floor = 0.1};
        const double half = bnn_cos_pi(0.5 * (0.07 * i) / 7.0);
        ck_assert_double_eq(bnn_schedule_factor(&schedule, 0.07 * i, 7.0),
                            schedule.floor + (1.0 - schedule.floor) * half * half);
    }
}
END_TEST

/* It may grow, or fall, over the whole run. */
START_TEST(one_cycle_may_have_one_side_only)
{
    bnn_schedule schedule = {.kind = BNN_SCHEDULE_ONE_CYCLE, .start_divisor = 4, .end_divisor = 2};
    ck_assert_double_eq(bnn_schedule_factor(&schedule, 0.0, 10.0), 1.0);
    ck_assert_double_eq(bnn_schedule_factor(&schedule, 10.0, 10.0), 0.125);
    schedule.rise = 1.0;
    ck_assert_double_eq(bnn_schedule_factor(&schedule, 0.0, 10.0), 0.25);
    ck_assert_double_eq_tol(bnn_schedule_factor(&schedule, 9.999999, 10.0), 1.0, 1e-9);
    ck_assert(isfinite(bnn_schedule_factor(&schedule, 10.0, 10.0)));
}
END_TEST

/* ---- options ----------------------------------------------------------------------------- */

START_TEST(only_what_acts_is_recorded)
{
    parsed_train("train: {schedule: {name: step, every: 2}}", false);
    ck_assert_ptr_nonnull(bnn_settings_find(&settings, "train.schedule.every"));
    ck_assert_ptr_null(bnn_settings_find(&settings, "train.schedule.floor"));
    ck_assert_double_eq(bnn_settings_find(&settings, "train.optimizer.lr")->number, 0.001);
    const char *bop = "train: {optimizer: {name: sgd, lr: 0.5}, binary_optimizer: bop}";
    const bnn_train_options *train = parsed_train(bop, true);
    ck_assert_str_eq(train->binary_optimizer.use.plugin->head->name, "bop");
    ck_assert_double_eq(train->optimizer.lr, 0.5);
    ck_assert_double_eq(train->binary_optimizer.lr, 1.0);
    ck_assert_str_eq(bnn_settings_find(&settings, "train.binary_optimizer")->text, "bop");
    parsed_train(bop, false);
    ck_assert_ptr_null(bnn_settings_find(&settings, "train.binary_optimizer"));
    ck_assert_double_eq(bnn_train_optimizer(parsed_train("{}", true), true)->lr, 0.001);
}
END_TEST

/* ---- the session ------------------------------------------------------------------------- */

START_TEST(validation_images_are_never_trained_on)
{
    report r;
    const bnn_train_job a = job_of(FLOAT_NET, 1, &r), b = job_of(FLOAT_NET, 2, &r);
    const bnn_train_job c = job_of(BINARY_NET "train: {batch: 7}\n", 1, &r);
    bnn_session *first = session_of(&a), *second = session_of(&b), *third = session_of(&c);
    uint8_t seen[300] = {0};
    ck_assert_uint_eq(first->n_train, 247);
    ck_assert_uint_eq(first->n_steps, 4);
    ck_assert_uint_eq(third->n_steps, 36);
    for (uint32_t i = 0; i < 53; i++)
        seen[first->validation[i]]++;
    for (uint32_t i = 0; i < 247; i++)
        seen[first->train[i]]++;
    for (int i = 0; i < 300; i++)
        ck_assert_uint_eq(seen[i], 1);
    /* Drawn from the seed: other images for another seed, the same for another config. */
    ck_assert_int_ne(memcmp(first->validation, second->validation, 53 * sizeof(uint32_t)), 0);
    ck_assert_int_eq(memcmp(first->validation, third->validation, 53 * sizeof(uint32_t)), 0);
    ck_assert_int_eq(memcmp(first->train, third->train, 247 * sizeof(uint32_t)), 0);
}
END_TEST

static int compare_bytes(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* Of each pixel the values of the training images in order, those held out not among them. */
START_TEST(levels_are_quantiles_of_training_images)
{
    enum { LEVELS = 3 };
    report *r = bnn_arena_alloc(arena, 1, sizeof *r);
    const bnn_train_job job =
        job_of("model:\n  topology:\n    input: {channels: 1, height: 28, width: 28}\n    blocks:\n"
               "      - layer: {name: thermometer, levels: 3, thresholds: quantile}\n"
               "      - layer: {name: lut, gates: 20}\n"
               "      - layer: {name: group_sum, groups: 10}\n",
               7, r);
    const bnn_session *s = session_of(&job);
    const bnn_parameter *level = tensor_of(s->net, "thermometer_1", "level");
    uint8_t *values = bnn_arena_alloc(arena, s->n_train, 1);
    uint32_t n_between = 0;
    ck_assert_uint_eq(level->n, 784 * LEVELS);
    for (size_t pixel = 0; pixel < 784; pixel++) {
        for (uint32_t i = 0; i < s->n_train; i++)
            values[i] = data.train.pixels[s->train[i] * (size_t)784 + pixel];
        qsort(values, s->n_train, 1, compare_bytes);
        for (uint32_t l = 0; l < LEVELS; l++) {
            const float want = (float)values[s->n_train * (l + 1) / (LEVELS + 1)] + 1.0f;
            ck_assert_float_eq(level->value[pixel * LEVELS + l], want);
            n_between += want > 1.0f && want < 256.0f;
        }
    }
    ck_assert_uint_gt(n_between, 100);
}
END_TEST

START_TEST(the_split_must_leave_an_image_to_train_on)
{
    report r;
    bnn_train_job job = job_of(FLOAT_NET, 1, &r);
    bnn_error err;
    for (int i = 0; i < 2; i++) {
        job.n_validation = (int32_t[]){300, -1}[i];
        ck_assert_int_eq(run_job(&job, &err), BNN_E_SPEC);
        ck_assert_str_eq(err.message, bnn_arena_printf(arena,
                                                       "dataset.validation: cannot hold out %d of "
                                                       "300 training images",
                                                       job.n_validation));
    }
    ck_assert_uint_eq(r.n, 0);
}
END_TEST

/* Latent weights stay within the clip; everything else goes where the optimizer sends it. */
START_TEST(latent_weights_are_clipped)
{
    static const double clips[] = {1.0, 0.25, 0.0};
    report r;
    const bnn_train_job job =
        job_of(bnn_arena_printf(arena,
                                "model:\n" SMALL_TOPOLOGY "  binarize: {clip: %g}\n"
                                "train: {optimizer: {name: sgd, momentum: 0, lr: 1}}\n",
                                clips[_i]),
               1, &r);
    bnn_session *s = session_of(&job);
    buffers b = {.state = 3};
    for (uint32_t i = 0; i < s->net->n_parameters; i++) {
        const bnn_parameter *p = &s->net->parameters[i];
        for (size_t j = 0; j < p->n; j++)
            p->value[j] = 0.0f;
        for (size_t j = 0; p->kind != BNN_TENSOR_STATE && j < p->n; j++)
            p->gradient[j] = 2.0f * random_float(&b);
    }
    bnn_session_update(s, 0.5);
    uint32_t n_clipped = 0;
    for (uint32_t i = 0; i < s->net->n_parameters; i++) {
        const bnn_parameter *p = &s->net->parameters[i];
        for (size_t j = 0; j < p->n; j++) {
            const float free = p->kind == BNN_TENSOR_STATE ? 0.0f : -0.5f * p->gradient[j];
            const float clip = p->latent && clips[_i] > 0 ? (float)clips[_i] : INFINITY;
            ck_assert_float_eq(p->value[j], fmaxf(-clip, fminf(free, clip)));
            n_clipped += fabsf(free) > clip;
            if (p->latent)
                ck_assert_float_eq(p->acting[j], p->value[j] >= 0.0f ? 1.0f : -1.0f);
        }
    }
    ck_assert((n_clipped > 0) == (clips[_i] == 0.25));
}
END_TEST

/* ---- runs -------------------------------------------------------------------------------- */

START_TEST(a_run_learns)
{
    static const char *const nets[] = {FLOAT_NET, BINARY_NET, FLOAT_NET "  ordering: xnor\n",
                                       BINARY_NET "  ordering: act_pool_bn\n"};
    bnn_dataset_close(&data);
    open_data(2000, 400);
    report *r = bnn_arena_alloc(arena, 1, sizeof *r);
    const bnn_train_job job =
        job_of(bnn_arena_printf(arena, "%strain: {epochs: 3, batch: 48, loss: %s}\n", nets[_i],
                                _i % 2 ? "squared_hinge" : "cross_entropy"),
               1, r);
    run_well(&job);
    const double least = _i % 2 ? 0.4 : 0.6; /* guessing: 0.1 */
    ck_assert_double_lt(metric_of(r, "train_loss", 3), 0.8 * metric_of(r, "train_loss", 1));
    ck_assert_double_gt(metric_of(r, "train_accuracy", 3), least);
    ck_assert_double_gt(metric_of(r, "validation_accuracy", 3), least);
    ck_assert_double_gt(metric_of(r, "test_accuracy", 0), least);
}
END_TEST

/* Nothing chooses an epoch then, so that the last one is the result, and nothing is said of
 * validation. */
START_TEST(a_run_without_validation_ends_with_its_last_epoch)
{
    report *r = bnn_arena_alloc(arena, 1, sizeof *r);
    bnn_train_progress progress;
    bnn_train_reset_progress(&progress);
    bnn_train_job job = job_of(BINARY_NET "train: {epochs: 4}\n", 1, r);
    bnn_train_costs costs;
    bnn_error err;
    job.n_validation = 0;
    job.progress = &progress;
    run_well(&job);
    ck_assert_double_eq(metric_of(r, "best_epoch", 0), 4);
    ck_assert_double_eq(metric_of(r, "test_loss", 0), metric_of(r, "last_test_loss", 0));
    ck_assert(isfinite(metric_of(r, "train_loss", 4)));
    for (size_t i = 0; i < r->n; i++)
        ck_assert(r->rows[i].kind != BNN_RECORD_METRIC ||
                  strncmp(r->rows[i].metric.name, "validation", 10) != 0);
    ck_assert_float_lt(progress.validation, 0.0f);
    ck_assert_int_eq(bnn_train_estimate(&job, &costs, &err), BNN_OK);
    ck_assert(costs.step > 0 && costs.image > 0);
}
END_TEST

START_TEST(a_run_reports_itself)
{
    report *r = bnn_arena_alloc(arena, 1, sizeof *r);
    bnn_train_progress progress = {0};
    bnn_train_job job = job_of(
        FLOAT_NET "train: {epochs: 4, optimizer: {name: sgd, lr: 0.02}, schedule: cosine}\n", 1, r);
    job.progress = &progress;
    run_well(&job);
    double best = -1, best_epoch = 0;
    static const double cosines[] = {1, 0.85355339059327376, 0.5, 0.14644660940672624};
    for (uint32_t e = 1; e <= 4; e++) {
        const double accuracy = metric_of(r, "validation_accuracy", e);
        const double right = metric_of(r, "train_accuracy", e) * 247;
        if (accuracy > best)
            best = accuracy, best_epoch = e;
        ck_assert_double_eq_tol(right, round(right), 1e-9);
        ck_assert_double_eq_tol(accuracy * 53, round(accuracy * 53), 1e-9);
        ck_assert_double_eq_tol(metric_of(r, "learning_rate", e), 0.02 * cosines[e - 1], 1e-15);
        ck_assert(isfinite(metric_of(r, "validation_loss", e)) && metric_of(r, "seconds", e) > 0);
    }
    ck_assert_double_eq(metric_of(r, "best_epoch", 0), best_epoch);
    ck_assert_double_eq(metric_of(r, "validation_accuracy", 0), best);
    if (best_epoch == 4)
        ck_assert_double_eq(metric_of(r, "test_loss", 0), metric_of(r, "last_test_loss", 0));
    ck_assert_double_eq_tol(metric_of(r, "last_test_accuracy", 0) * 120,
                            round(metric_of(r, "last_test_accuracy", 0) * 120), 1e-9);
    uint32_t n_layers = 0, n_timings[2] = {0};
    static const char *const phases[] = {"train_epoch", "evaluate"};
    for (size_t i = 0; i < r->n; i++) {
        if (r->rows[i].kind == BNN_RECORD_LAYER)
            ck_assert_uint_eq(r->rows[i].layer.index, n_layers++);
        for (int p = 0; p < 2; p++)
            n_timings[p] += r->rows[i].kind == BNN_RECORD_TIMING &&
                            strcmp(r->rows[i].timing.phase, phases[p]) == 0 &&
                            r->rows[i].timing.wall_ns > 0;
    }
    ck_assert_uint_eq(n_layers, 5);
    ck_assert_uint_eq(n_timings[0], 4);
    ck_assert_uint_eq(n_timings[1], 1);
    ck_assert_uint_eq(progress.epoch, 4);
    ck_assert_uint_eq(progress.step, 4);
    ck_assert_uint_eq(progress.n_steps, 4);
    ck_assert_float_eq(progress.validation, (float)metric_of(r, "validation_accuracy", 4));
}
END_TEST

/* Sizes that do not divide the images, hold them all, or hold one. */
START_TEST(any_batch_size_will_do)
{
    static const int batches[] = {1, 17, 64, 247, 300};
    for (int net = 0; net < 2; net++) {
        report *r = bnn_arena_alloc(arena, 1, sizeof *r);
        const bnn_train_job job =
            job_of(bnn_arena_printf(arena, "%strain: {epochs: 1, batch: %d}\n",
                                    net ? BINARY_NET : FLOAT_NET, batches[_i]),
                   1, r);
        run_well(&job);
        ck_assert_double_gt(metric_of(r, "train_loss", 1), 0.0);
    }
}
END_TEST

START_TEST(the_seed_decides_every_bit)
{
    const char *spec = _i ? BINARY_NET "train: {epochs: 2}\n" : FLOAT_NET "train: {epochs: 2}\n";
    report *r = bnn_arena_alloc(arena, 3, sizeof *r);
    for (uint64_t i = 0; i < 3; i++) {
        const bnn_train_job job = job_of(spec, i < 2 ? 7 : 8, &r[i]);
        run_well(&job);
    }
    ck_assert(same_results(&r[0], &r[1]));
    ck_assert(!same_results(&r[0], &r[2]));
    ck_assert_double_ne(metric_of(&r[0], "train_loss", 1), metric_of(&r[2], "train_loss", 1));
}
END_TEST

/* LeNet-5, binary and float, with each set of kernels that runs here. */
START_TEST(kernels_do_not_change_a_bit)
{
    static const char *const specs[] = {
        "model: {binarize: none}\ntrain: {epochs: 1}\n",
        "model: {binarize: {first: true, last: true}}\ntrain: {epochs: 1}\n",
        ("model: {binarize: none}\ntrain: {epochs: 1, label_smoothing: 0.1, mixup: 0.3, "
         "clip_gradient: 1, average: 0.9, schedule: one_cycle}\n"),
        ("model: {binarize: {first: true, last: true}}\n"
         "train: {epochs: 1, hysteresis: 0.01, renew_statistics: 2}\n")};
    bnn_dataset_close(&data);
    open_data(120, 40);
    check_kernels_agree(specs[_i]);
}
END_TEST

/* Gates, some of them trained as bits, learn too: the network that is evaluated. The kernels agree. */
START_TEST(logic_learns)
{
    static const char *const kinds[] = {"wiring: random", "wiring: learned, candidates: 8",
                                        "form: functions, wiring: learned, candidates: 8"};
    char spec[600];
    snprintf(spec, sizeof spec,
             "model:\n  topology:\n"
             "    input: {channels: 1, height: 28, width: 28}\n    blocks:\n"
             "      - layer: {name: thermometer, levels: 2}\n"
             "      - layer: {name: lut, gates: 400, %s%s}\n"
             "      - layer: {name: lut, gates: 300, forward: hard, shrink: 0.5, %s}\n"
             "      - layer: {name: group_sum, groups: 10}\n"
             "train: {epochs: 4, optimizer: {name: adam, lr: 0.03}}\n",
             _i < 2 ? "inputs: 3, " : "", kinds[_i], kinds[_i]);
    bnn_dataset_close(&data);
    open_data(1500, 200);
    report *r = bnn_arena_alloc(arena, 1, sizeof *r);
    const bnn_train_job job = job_of(spec, 1, r);
    run_well(&job);
    ck_assert_double_gt(metric_of(r, "train_accuracy", 4), 0.4); /* guessing: 0.1 */
    ck_assert_double_gt(metric_of(r, "validation_accuracy", 4), 0.35);
    check_kernels_agree(spec);
}
END_TEST

START_TEST(runs_beside_each_other_do_not_meet)
{
    report *r = bnn_arena_alloc(arena, 2, sizeof *r);
    bnn_train_job jobs[2];
    pthread_t threads[2];
    void *ended;
    for (int i = 0; i < 2; i++)
        jobs[i] = job_of(BINARY_NET "train: {epochs: 2}\n", 7, &r[i]);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_in_thread, &jobs[i]), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_join(threads[i], &ended), 0);
        ck_assert_ptr_eq(ended, &jobs[i]);
    }
    ck_assert(same_results(&r[0], &r[1]));
}
END_TEST

START_TEST(estimates_are_times)
{
    report r;
    const bnn_train_job job = job_of(BINARY_NET, 1, &r);
    bnn_train_costs costs = {0};
    bnn_error err = {0};
    ck_assert_int_eq(bnn_train_estimate(&job, &costs, &err), BNN_OK);
    ck_assert(costs.step > 0 && costs.step < 10 && costs.image > 0 && costs.image < costs.step);
    ck_assert_uint_eq(r.n, 0);
    bnn_train_job measured = job;
    measured.telemetry = BNN_TELEMETRY_ALL;
    ck_assert_int_eq(bnn_train_estimate(&measured, &costs, &err), BNN_OK);
    ck_assert(costs.epoch > 0 && costs.spent > costs.epoch + 10 * costs.step);
    ck_assert_uint_eq(r.n, 0);
    const bnn_train_job wild =
        job_of(FLOAT_NET "  norm: none\ntrain: {optimizer: {name: sgd, lr: 1e+6}}\n", 1, &r);
    ck_assert_int_eq(bnn_train_estimate(&wild, &costs, &err), BNN_OK);
    ck_assert(costs.step > 0 && costs.step < 10);
}
END_TEST

static Suite *train_suite(void)
{
    Suite *suite = suite_create("train");
    TCase *tc = tcase_create("parts");
    tcase_add_checked_fixture(tc, model_set_up, model_tear_down);
    tcase_add_test(tc, schedules_have_the_values_of_the_book);
    tcase_add_test(tc, the_cosine_is_a_cosine);
    tcase_add_test(tc, schedules_have_the_values_of_the_script);
    tcase_add_test(tc, cosine_keeps_its_bits);
    tcase_add_test(tc, one_cycle_may_have_one_side_only);
    tcase_add_test(tc, only_what_acts_is_recorded);
    suite_add_tcase(suite, tc);
    tc = tcase_create("sessions");
    tcase_add_checked_fixture(tc, train_set_up, train_tear_down);
    tcase_add_test(tc, validation_images_are_never_trained_on);
    tcase_add_test(tc, levels_are_quantiles_of_training_images);
    tcase_add_test(tc, the_split_must_leave_an_image_to_train_on);
    tcase_add_loop_test(tc, latent_weights_are_clipped, 0, 3);
    suite_add_tcase(suite, tc);
    tc = tcase_create("runs");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, train_set_up, train_tear_down);
    tcase_add_loop_test(tc, a_run_learns, 0, 4);
    tcase_add_test(tc, a_run_reports_itself);
    tcase_add_test(tc, a_run_without_validation_ends_with_its_last_epoch);
    tcase_add_loop_test(tc, any_batch_size_will_do, 0, 5);
    tcase_add_loop_test(tc, the_seed_decides_every_bit, 0, 2);
    tcase_add_loop_test(tc, kernels_do_not_change_a_bit, 0, 4);
    tcase_add_loop_test(tc, logic_learns, 0, 3);
    tcase_add_test(tc, runs_beside_each_other_do_not_meet);
    tcase_add_test(tc, estimates_are_times);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(train_suite)
