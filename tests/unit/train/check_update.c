/* What a step does besides the optimizer's: gradients that are too long, signs that shall settle, and
 * averages of the weights, which are the result, with statistics of their own. The facts and the script that made them are in tests/fixtures/reference. */
#include "train/average.h"
#include "train/clip.h"
#include "train/hysteresis.h"
#include "train/loss.h"
#include "train/statistics.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/train_fixture.h"

#include "tests/fixtures/reference/training.inc"

#define BINARY_NET "model:\n" SMALL_TOPOLOGY "  binarize: {last: true}\n"

/* The number that make_training.py calls formula(stream, i), exact in float. */
static float formula(uint32_t stream, size_t i)
{
    uint32_t x = ((uint32_t)i + 1 + 7919 * stream) * UINT32_C(2654435761);
    x = (x ^ x >> 15) * UINT32_C(2246822519);
    return (float)(x >> 16) / 65536.0f - 0.5f;
}

static report *new_report(void)
{
    return bnn_arena_alloc(arena, 1, sizeof(report));
}

/* ---- clipping ---------------------------------------------------------------------------- */

/* The script's gradients in three tensors, the rest zero; out: where they are. */
static bnn_session *session_with_gradients(const bnn_train_job *job, float *out[15])
{
    bnn_session *s = session_of(job);
    uint32_t n = 0;
    for (uint32_t i = s->net->n_parameters; i-- > 0 && n < 3;) {
        const bnn_parameter *p = &s->net->parameters[i];
        for (size_t j = 0; p->kind == BNN_TENSOR_WEIGHT && j < 5; j++) {
            out[5 * n + j] = p->gradient + p->n - 5 + j; /* across vectors and lanes */
            *out[5 * n + j] = formula(11 + n, j);
        }
        n += p->kind == BNN_TENSOR_WEIGHT;
    }
    ck_assert_uint_eq(n, 3);
    return s;
}

START_TEST(long_gradients_are_clipped)
{
    const bnn_train_job job = job_of(BINARY_NET "train: {clip_gradient: 0.5}\n", 1, new_report());
    float *gradients[15];
    bnn_session *s = session_with_gradients(&job, gradients);
    ck_assert_double_eq_tol(bnn_clip_norm(s), clip_norm[0], 1e-6);
    bnn_clip_gradients(s);
    for (size_t i = 0; i < 15; i++)
        ck_assert_double_eq_tol((double)*gradients[i], clip_gradients[i], 1e-7);
    ck_assert_double_eq_tol(bnn_clip_norm(s), 0.5, 1e-6);
}
END_TEST

START_TEST(short_gradients_stay)
{
    static const char *const specs[] = {BINARY_NET "train: {clip_gradient: 1.5}\n", BINARY_NET};
    const bnn_train_job job = job_of(specs[_i], 1, new_report());
    float *gradients[15];
    bnn_session *s = session_with_gradients(&job, gradients);
    ck_assert_double_lt(clip_norm[0], 1.5);
    bnn_clip_gradients(s);
    for (size_t i = 0; i < 15; i++)
        ck_assert_float_eq(*gradients[i], formula(11 + (uint32_t)i / 5, i % 5));
}
END_TEST

/* What cannot be measured is not made to look well. */
START_TEST(gradients_that_are_not_finite_stay)
{
    static const float bad[] = {NAN, INFINITY};
    const bnn_train_job job = job_of(BINARY_NET "train: {clip_gradient: 0.5}\n", 1, new_report());
    float *gradients[15];
    bnn_session *s = session_with_gradients(&job, gradients);
    *gradients[7] = bad[_i];
    bnn_clip_gradients(s);
    for (size_t i = 0; i < 15; i++)
        if (i != 7)
            ck_assert_float_eq(*gradients[i], formula(11 + (uint32_t)i / 5, i % 5));
    ck_assert(same_float(*gradients[7], bad[_i]));
}
END_TEST

/* The square of such a float is none. */
START_TEST(the_longest_gradients_are_clipped)
{
    const bnn_train_job job = job_of(BINARY_NET "train: {clip_gradient: 0.5}\n", 1, new_report());
    float *gradients[15];
    bnn_session *s = session_with_gradients(&job, gradients);
    *gradients[7] = -1e30f;
    bnn_clip_gradients(s);
    ck_assert_double_eq_tol((double)*gradients[7], -0.5, 1e-6);
    ck_assert_double_eq_tol(bnn_clip_norm(s), 0.5, 1e-6);
}
END_TEST

START_TEST(a_run_with_short_steps_learns)
{
    report *plain = new_report(), *clipped = new_report();
    const bnn_train_job a =
        job_of(BINARY_NET "train: {epochs: 2, optimizer: {name: sgd, lr: 0.05}}\n", 1, plain);
    const bnn_train_job b = job_of(
        BINARY_NET "train: {epochs: 2, optimizer: {name: sgd, lr: 0.05}, clip_gradient: 0.1}\n", 1,
        clipped);
    run_well(&a);
    run_well(&b);
    ck_assert_double_gt(metric_of(clipped, "train_loss", 2), metric_of(plain, "train_loss", 2));
    ck_assert_double_lt(metric_of(clipped, "train_loss", 2), metric_of(clipped, "train_loss", 1));
}
END_TEST

/* ---- averaging --------------------------------------------------------------------------- */

static void expect_averages(const char *spec, const double facts[40])
{
    const bnn_train_job job = job_of(spec, 1, new_report());
    bnn_session *s = session_of(&job);
    for (uint64_t t = 0; t < 40; t++) {
        s->net->step = t + 1;
        for (uint32_t i = 0; i < s->net->n_parameters; i++)
            for (size_t j = 0; j < s->net->parameters[i].n; j++)
                s->net->parameters[i].value[j] = formula(21, t);
        bnn_average_update(s);
        for (uint32_t i = 0; i < s->net->n_parameters; i++)
            for (size_t j = 0; j < s->net->parameters[i].n; j++)
                ck_assert_double_eq_tol((double)s->averages[i][j], facts[t], 1e-6);
    }
}

START_TEST(averages_have_the_values_of_the_script)
{
    expect_averages(BINARY_NET "train: {average: 0.5}\n", average_short);
    expect_averages(BINARY_NET "train: {average: 0.999}\n", average_long);
}
END_TEST

START_TEST(averages_are_binarized_in_their_place)
{
    const bnn_train_job job = job_of(BINARY_NET "train: {average: 0.5}\n", 1, new_report());
    bnn_session *s = session_of(&job);
    for (int twice = 0; twice < 2; twice++) {
        for (uint32_t i = 0; twice == 0 && i < s->net->n_parameters; i++)
            for (size_t j = 0; j < s->net->parameters[i].n; j++) {
                s->net->parameters[i].value[j] = formula(i, j);
                s->averages[i][j] = -formula(i, j) - 0.25f;
            }
        bnn_average_swap(s);
        for (uint32_t i = 0; i < s->net->n_parameters; i++) {
            const bnn_parameter *p = &s->net->parameters[i];
            for (size_t j = 0; j < p->n; j++) {
                const float value = formula(i, j), average = -formula(i, j) - 0.25f;
                ck_assert_float_eq(p->value[j], twice ? value : average);
                ck_assert_float_eq(s->averages[i][j], twice ? average : value);
                if (p->latent)
                    ck_assert_float_eq(p->acting[j], p->value[j] >= 0.0f ? 1.0f : -1.0f);
            }
        }
    }
}
END_TEST

/* Training itself goes on with the weights as they are: its losses are those of a run without. */
START_TEST(averages_are_looked_at_and_not_trained)
{
    report *plain = new_report(), *averaged = new_report();
    const bnn_train_job a = job_of(BINARY_NET "train: {epochs: 3}\n", 1, plain);
    const bnn_train_job b = job_of(BINARY_NET "train: {epochs: 3, average: 0.9}\n", 1, averaged);
    run_well(&a);
    run_well(&b);
    for (uint32_t e = 1; e <= 3; e++) {
        ck_assert_double_eq(metric_of(plain, "train_loss", e),
                            metric_of(averaged, "train_loss", e));
        ck_assert_double_ne(metric_of(plain, "validation_loss", e),
                            metric_of(averaged, "validation_loss", e));
    }
    ck_assert_double_ne(metric_of(plain, "test_loss", 0), metric_of(averaged, "test_loss", 0));
    ck_assert_double_ne(metric_of(plain, "last_test_loss", 0),
                        metric_of(averaged, "last_test_loss", 0));
}
END_TEST

/* The average over no time is the weights, to the bit. */
START_TEST(a_short_average_is_none)
{
    report *plain = new_report(), *averaged = new_report();
    const bnn_train_job a = job_of(BINARY_NET "train: {epochs: 3}\n", 1, plain);
    const bnn_train_job b = job_of(BINARY_NET "train: {epochs: 3, average: 1e-12}\n", 1, averaged);
    run_well(&a);
    run_well(&b);
    ck_assert(same_results(plain, averaged));
}
END_TEST

/* What a run hands on; the last epoch's. */
static float kept_sum;

static int sum_values(void *context, bnn_network *net, double test_accuracy, bnn_error *err)
{
    (void)context, (void)test_accuracy, (void)err;
    kept_sum = 0.0f;
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        kept_sum += net->kernels->dot(p->n, p->value, p->value);
        for (size_t j = 0; p->latent && j < p->n; j++)
            ck_assert_float_eq(p->acting[j], p->value[j] >= 0.0f ? 1.0f : -1.0f);
    }
    return BNN_OK;
}

START_TEST(averages_are_handed_on)
{
    bnn_train_job job =
        job_of(BINARY_NET "train: {epochs: 2, choose: last, average: 0.9}\n", 1, new_report());
    job.trained = sum_values;
    run_well(&job);
    /* The same steps again; their order is that of a run. */
    bnn_session *s = session_of(&job);
    uint32_t *order = bnn_arena_alloc(arena, s->n_train, sizeof *order);
    for (uint32_t step = 0; step < 2 * s->n_steps; step++) {
        const bnn_rng rng = {.seed = 1, .role = BNN_RNG_ORDER, .index = step / s->n_steps};
        const uint32_t first = step % s->n_steps * 64;
        const uint32_t n = s->n_train - first < 64 ? s->n_train - first : 64;
        double loss = 0.0;
        uint32_t n_correct = 0;
        bnn_rng_permute(&rng, s->n_train, order);
        for (uint32_t i = 0; i < s->n_train; i++)
            order[i] = s->train[order[i]];
        bnn_network_binarize(s->net);
        bnn_session_load(s, &data.train, order + first, n);
        bnn_network_forward(s->net, n, true);
        bnn_loss_train(s, n, &loss, &n_correct);
        bnn_network_backward(s->net, n);
        bnn_session_update(s, 1.0);
    }
    float sum = 0.0f;
    for (uint32_t i = 0; i < s->net->n_parameters; i++)
        sum += s->net->kernels->dot(s->net->parameters[i].n, s->averages[i], s->averages[i]);
    ck_assert_float_eq(sum, kept_sum);
}
END_TEST

/* ---- hysteresis --------------------------------------------------------------------------- */

START_TEST(what_crosses_zero_moves_on)
{
    static const float before[] = {0.5f, -0.5f, 0.25f, -0.25f, 0.0f, -1.0f, 0.125f};
    static const float stepped[] = {0.25f, 0.25f, -0.25f, -0.5f, -0.5f, 0.0f, 0.0f};
    static const float moved[] = {0.25f, 0.75f, -0.75f, -0.5f, -1.0f, 0.5f, 0.0f};
    float latent[7];
    memcpy(latent, stepped, sizeof latent);
    bnn_hysteresis_move(0.5f, 7, before, latent);
    for (size_t i = 0; i < 7; i++)
        ck_assert_float_eq(latent[i], moved[i]);
}
END_TEST

/* A step with it is a step without, and the way beyond zero; of binary weights alone. */
START_TEST(a_step_has_hysteresis)
{
    const bnn_train_job jobs[] = {
        job_of(BINARY_NET "train: {optimizer: {name: sgd, lr: 1}}\n", 1, new_report()),
        job_of(BINARY_NET "train: {optimizer: {name: sgd, lr: 1}, hysteresis: 0.0625}\n", 1,
               new_report())};
    bnn_session *s[2];
    size_t crossed = 0;
    for (int k = 0; k < 2; k++) {
        s[k] = session_of(&jobs[k]);
        for (uint32_t i = 0; i < s[k]->net->n_parameters; i++)
            for (size_t j = 0;
                 s[k]->net->parameters[i].gradient != NULL && j < s[k]->net->parameters[i].n; j++) {
                s[k]->net->parameters[i].value[j] = formula(i, j);
                s[k]->net->parameters[i].gradient[j] = formula(100 + i, j);
            }
        bnn_session_update(s[k], 1.0);
    }
    for (uint32_t i = 0; i < s[0]->net->n_parameters; i++) {
        const bnn_parameter *p = &s[0]->net->parameters[i];
        for (size_t j = 0; j < p->n; j++) {
            const bool crosses = p->latent && (p->value[j] < 0.0f) != (formula(i, j) < 0.0f);
            const float way = p->value[j] < 0.0f ? -0.0625f : 0.0625f;
            ck_assert_float_eq(s[1]->net->parameters[i].value[j],
                               crosses ? p->value[j] + way : p->value[j]);
            crossed += crosses;
        }
    }
    ck_assert_uint_gt(crossed, 100);
}
END_TEST

/* ---- statistics ---------------------------------------------------------------------------- */

/* Mean and variance of each channel at a place of the network, over the first n images of an order. */
static void measure_channel(bnn_session *s, const float *x, const bnn_shape *shape, uint32_t c,
                            uint32_t n, double *mean, double *variance)
{
    const size_t positions = (size_t)shape->h * shape->w;
    double sum = 0.0, squares = 0.0;
    for (uint32_t first = 0; first < n; first += 64) {
        bnn_session_load(s, &data.train, s->order + first, 64);
        bnn_network_forward(s->net, 64, false);
        for (size_t p = 0; p < positions; p++)
            for (size_t i = 0; i < 64; i++) {
                const double value = (double)x[(c * positions + p) * s->net->lanes + i];
                sum += value;
                squares += value * value;
            }
    }
    const double count = (double)n * (double)positions;
    *mean = sum / count;
    *variance = squares / count - *mean * *mean;
}

/* Of the first batch normalization, whose input depends on no other: after weights have jumped, the
 * statistics are those of the images under the new weights. */
START_TEST(statistics_are_those_of_the_weights)
{
    const bnn_train_job job =
        job_of(BINARY_NET "train: {batch: 64, renew_statistics: 3}\n", 1, new_report());
    bnn_session *s = session_of(&job);
    const bnn_network_op *norm = s->net->ops;
    memcpy(s->order, s->train, s->n_train * sizeof *s->order);
    while (norm->letter != BNN_ROLE_NORM)
        norm++;
    for (uint32_t i = 0; i < s->net->n_parameters; i++)
        for (size_t j = 0;
             s->net->parameters[i].kind == BNN_TENSOR_WEIGHT && j < s->net->parameters[i].n; j++)
            s->net->parameters[i].value[j] = formula(i, j);
    bnn_network_binarize(s->net);
    bnn_statistics_renew(s);
    const uint32_t n = 3 * 64;
    ck_assert_uint_ge(s->n_train, n);
    for (uint32_t c = 0; c < norm->io.in.c; c++) {
        double mean, variance;
        measure_channel(s, norm->io.x, &norm->io.in, c, n, &mean, &variance);
        ck_assert_double_eq_tol((double)norm->io.tensors[2][c], mean, 1e-4 * sqrt(variance));
        ck_assert_double_eq_tol((double)norm->io.tensors[3][c], variance, 0.02 * variance);
    }
}
END_TEST

/* Training goes on as if they had not been made anew; what is evaluated has them. */
START_TEST(statistics_are_looked_at_and_not_trained)
{
    report *plain = new_report(), *renewed = new_report();
    const bnn_train_job a = job_of(BINARY_NET "train: {epochs: 3, average: 0.9}\n", 1, plain);
    const bnn_train_job b =
        job_of(BINARY_NET "train: {epochs: 3, average: 0.9, renew_statistics: 8}\n", 1, renewed);
    run_well(&a);
    run_well(&b);
    for (uint32_t e = 1; e <= 3; e++) {
        ck_assert_double_eq(metric_of(plain, "train_loss", e), metric_of(renewed, "train_loss", e));
        ck_assert_double_ne(metric_of(plain, "validation_loss", e),
                            metric_of(renewed, "validation_loss", e));
    }
    ck_assert_double_ne(metric_of(plain, "test_loss", 0), metric_of(renewed, "test_loss", 0));
}
END_TEST

START_TEST(averages_and_clips_are_recorded_off_their_default)
{
    parsed_train("train: {average: 0, clip_gradient: 0, hysteresis: 0, renew_statistics: 0}", true);
    ck_assert_ptr_null(bnn_settings_find(&settings, "train.hysteresis"));
    ck_assert_ptr_null(bnn_settings_find(&settings, "train.renew_statistics"));
    ck_assert_ptr_null(bnn_settings_find(&settings, "train.average"));
    ck_assert_ptr_null(bnn_settings_find(&settings, "train.clip_gradient"));
    parsed_train("train: {average: 0.99, clip_gradient: 5}", true);
    ck_assert_double_eq(bnn_settings_find(&settings, "train.average")->number, 0.99);
    ck_assert_double_eq(bnn_settings_find(&settings, "train.clip_gradient")->number, 5);
}
END_TEST

static Suite *update_suite(void)
{
    Suite *suite = suite_create("update");
    TCase *clips = tcase_create("clipped gradients");
    tcase_add_checked_fixture(clips, train_set_up, train_tear_down);
    tcase_add_test(clips, long_gradients_are_clipped);
    tcase_add_loop_test(clips, short_gradients_stay, 0, 2);
    tcase_add_loop_test(clips, gradients_that_are_not_finite_stay, 0, 2);
    tcase_add_test(clips, the_longest_gradients_are_clipped);
    tcase_add_test(clips, a_run_with_short_steps_learns);
    suite_add_tcase(suite, clips);
    TCase *averages = tcase_create("averages");
    tcase_add_checked_fixture(averages, train_set_up, train_tear_down);
    tcase_add_test(averages, averages_have_the_values_of_the_script);
    tcase_add_test(averages, averages_are_binarized_in_their_place);
    tcase_add_test(averages, averages_are_looked_at_and_not_trained);
    tcase_add_test(averages, a_short_average_is_none);
    tcase_add_test(averages, averages_are_handed_on);
    tcase_add_test(averages, averages_and_clips_are_recorded_off_their_default);
    suite_add_tcase(suite, averages);
    TCase *settling = tcase_create("hysteresis and statistics");
    tcase_add_checked_fixture(settling, train_set_up, train_tear_down);
    tcase_add_test(settling, what_crosses_zero_moves_on);
    tcase_add_test(settling, a_step_has_hysteresis);
    tcase_add_test(settling, statistics_are_those_of_the_weights);
    tcase_add_test(settling, statistics_are_looked_at_and_not_trained);
    suite_add_tcase(suite, settling);
    return suite;
}

BNN_CHECK_MAIN(update_suite)
