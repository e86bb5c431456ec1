/* What telemetry measures of weights, gradients and activations, against other ways to the same numbers. */
#include "infer/model.h"
#include "train/clip.h"
#include "train/loss.h"

#include "tests/fixtures/telemetry_fixture.h"

/* One step an epoch. */
#define ONE_STEP(ste) \
    MODEL "  ste: " ste "\ntrain: {epochs: 1, batch: 256, optimizer: {name: sgd, lr: 0.5}}\n"

/* ---- weights ---- */

START_TEST(loops_count_right)
{
    static const float acting[3][5] = {{1, -1, 1, 0, -1}, {1, 1, 1, 0, -1}, {1, -1, 1, 1, -1}};
    uint8_t codes[5] = {1, 2, 1, 0, 2};
    ck_assert_uint_eq(bnn_count_flips(5, acting[0], codes), 0);
    ck_assert_uint_eq(bnn_count_flips(5, acting[1], codes), 1);
    ck_assert_uint_eq(bnn_count_flips(5, acting[2], codes), 2);
    const uint8_t flipped[5] = {1, 2 | BNN_CODE_FLIPPED, 1, 1 | BNN_CODE_FLIPPED, 2};
    ck_assert_mem_eq(codes, flipped, sizeof codes);
    static const float x[] = {0.0f,   -0.0f,      1.0f,        -1.0f,       7.5f,
                              0.5f,   -0.5f,      0.999f,      1e-30f,      0.25f,
                              0.003f, 0.0039062f, 0.00390625f, -0.0078124f, -2.0f};
    uint64_t counts[BNN_BINS] = {0}, n_expected[BNN_BINS] = {0};
    const size_t n = sizeof x / sizeof *x;
    bnn_count_bins(n, x, counts);
    for (size_t i = 0; i < n; i++) {
        uint32_t bin = 0;
        double nearest = -1;
        for (uint32_t b = 0; b < BNN_BINS;
             b++) /* the bound that is farthest from 0, but not beyond */
            if ((double)x[i] * bnn_bin_bound(b) >= 0 &&
                fabs(bnn_bin_bound(b)) <= fabs((double)x[i]) && fabs(bnn_bin_bound(b)) > nearest) {
                nearest = fabs(bnn_bin_bound(b));
                bin = b;
            }
        n_expected[bin]++;
    }
    ck_assert_mem_eq(counts, n_expected, sizeof counts);
    ck_assert_double_eq(bnn_bin_bound(0), -1.0);
    ck_assert_double_eq(bnn_bin_bound(BNN_BINS_OF_SIGN), 0.0);
    ck_assert_double_eq(bnn_bin_bound(BNN_BINS_OF_SIGN + 1), 0.00390625);
    ck_assert_double_eq(bnn_bin_bound(BNN_BINS - 1), 1.0);
    ck_assert_uint_eq(bnn_count_nonzero(n, x), n - 2);
    ck_assert_double_eq(bnn_clip_squares(3, x + 2), 1.0 + 1.0 + 56.25);
    float many[19];
    for (int i = 0; i < 19; i++)
        many[i] = (float)i;
    ck_assert_double_eq(bnn_clip_squares(19, many), 18.0 * 19.0 * 37.0 / 6.0);
}
END_TEST

/* In a run of one step, what was there before and after tells it all. */
START_TEST(weights_are_measured_as_they_are)
{
    report *r = new_report();
    bnn_train_job job =
        kept_job(ONE_STEP("clipped"), BNN_TELEMETRY_ALL & ~BNN_TELEMETRY_MISMATCH, r);
    const bnn_network *begun = session_of(&job)->net;
    run_well(&job);
    static const char *const layers[] = {"conv2d_1", "dense_2", "dense_3"};
    for (size_t i = 0; i < 3; i++) {
        const bnn_parameter *was = tensor_of(begun, layers[i], "weight");
        const bnn_parameter *is = tensor_of(ended, layers[i], "weight");
        uint32_t n_flips = 0, n_small = 0;
        double squares = 0.0, sum = 0.0;
        for (size_t k = 0; k < was->n; k++) {
            n_flips += (was->value[k] >= 0) != (is->value[k] >= 0);
            n_small += is->value[k] >= 0.03125f && is->value[k] < 0.0625f;
            squares += (double)is->gradient[k] * (double)is->gradient[k];
        }
        ck_assert_double_eq(single(r, layers[i], "flips"), (double)n_flips / (double)was->n);
        ck_assert_double_eq(single(r, layers[i], "never_flipped"),
                            (double)(was->n - n_flips) / (double)was->n);
        ck_assert_double_eq(value_of(r, layers[i], "histogram", 1, 0.03125),
                            (double)n_small / (double)was->n);
        for (uint32_t b = 0; b < BNN_BINS; b++)
            sum += value_of(r, layers[i], "histogram", 1, bnn_bin_bound(b));
        ck_assert_double_eq_tol(sum, 1.0, 1e-12);
        for (uint32_t k = 0; k < ended->n_parameters; k++) {
            const bnn_parameter *other = &ended->parameters[k];
            if (strcmp(other->layer, layers[i]) == 0 && other != is)
                squares += bnn_clip_squares(other->n, other->gradient);
        }
        ck_assert_double_eq_tol(single(r, layers[i], "gradient_norm"), sqrt(squares), 1e-9);
        ck_assert_double_gt(squares, 0.0);
    }
    ck_assert_double_gt(single(r, "dense_2", "flips"), 0.0);
}
END_TEST

START_TEST(signs_of_scales_are_counted)
{
    report *r = new_report();
    bnn_train_job job = job_of(SPEC, 7, r);
    job.telemetry = BNN_TELEMETRY_NORM_SIGNS;
    bnn_session *s = session_of(&job);
    float *scale = tensor_of(s->net, "batchnorm_1", "scale")->value;
    scale[0] = -1.0f, scale[1] = 0.0f, scale[2] = -0.0f, scale[3] = -1e-9f;
    bnn_telemetry_end_epoch(s);
    bnn_telemetry_send(s, 1);
    ck_assert_double_eq(single(r, "batchnorm_1", "norm_negative"), 0.5);
    ck_assert_double_eq(single(r, "batchnorm_1", "norm_zero"), 0.5);
    ck_assert_double_eq(single(r, "batchnorm_2", "norm_negative"), 0.0);
}
END_TEST

/* ---- masked gradients ---- */

/* Of weights: with identity the gradients that arrive, and the weights that a clip would have masked. */
START_TEST(masked_weights_are_those_beyond_the_clip)
{
    report *all = new_report(), *clipped = new_report();
    bnn_train_job job =
        kept_job(ONE_STEP("{weights: identity, activations: identity}"), BNN_TELEMETRY_MASKED, all);
    const bnn_network *begun = session_of(&job)->net;
    run_well(&job);
    const bnn_network *identity = ended;
    job = kept_job(ONE_STEP("{weights: {name: clipped, clip: 0.05}, activations: identity}"),
                   BNN_TELEMETRY_MASKED, clipped);
    run_well(&job);
    static const char *const layers[] = {"conv2d_1", "dense_2", "dense_3"};
    for (size_t i = 0; i < 3; i++) {
        const bnn_parameter *was = tensor_of(begun, layers[i], "weight");
        const bnn_parameter *g = tensor_of(identity, layers[i], "weight");
        uint32_t n = 0, n_masked = 0;
        for (size_t k = 0; k < was->n; k++) {
            n += g->gradient[k] != 0;
            n_masked += g->gradient[k] != 0 && fabsf(was->value[k]) > 0.05f;
        }
        ck_assert_double_eq(single(all, layers[i], "masked"), 0.0);
        ck_assert_double_eq(single(clipped, layers[i], "masked"), (double)n_masked / (double)n);
        ck_assert_uint_gt(n_masked, 0);
        ck_assert_uint_lt(n_masked, n);
    }
    ck_assert_double_eq(single(all, "sign_2", "masked"), 0.0);
}
END_TEST

/* Copies what passes a sign. */
typedef struct seen_gradients {
    float *gradient[2];
    size_t n;
} seen_gradients;

static void copy_gradient(void *context, const char *layer, bool passed, size_t n,
                          const float *gradient)
{
    seen_gradients *seen = context;
    if (strcmp(layer, "sign_2") != 0)
        return;
    seen->n = n;
    seen->gradient[passed] = bnn_arena_copy(arena, gradient, n, sizeof *gradient);
}

START_TEST(masked_activations_are_those_beyond_the_clip)
{
    report *r = new_report();
    bnn_train_job job = kept_job(ONE_STEP("clipped"), BNN_TELEMETRY_MASKED, r);
    run_well(&job);
    bnn_session *s = session_of(&(bnn_train_job){.model = job.model,
                                                 .train = job.train,
                                                 .data = job.data,
                                                 .n_validation = job.n_validation,
                                                 .seed = job.seed});
    seen_gradients seen = {.n = 0};
    const bnn_network_probe probe = {copy_gradient, &seen};
    double loss = 0;
    uint32_t n_correct = 0;
    const bnn_rng rng = {.seed = job.seed, .role = BNN_RNG_ORDER};
    bnn_rng_permute(&rng, s->n_train, s->order);
    for (uint32_t i = 0; i < s->n_train; i++)
        s->order[i] = s->train[s->order[i]];
    bnn_session_load(s, &data.train, s->order, s->n_train);
    bnn_network_forward(s->net, s->n_train, true);
    bnn_loss_train(s, s->n_train, &loss, &n_correct);
    s->net->probe = &probe;
    bnn_network_backward(s->net, s->n_train);
    const bnn_network_op *op = s->net->ops;
    while (strcmp(op->name, "sign_2") != 0)
        op++;
    size_t n = 0, n_masked = 0;
    for (size_t i = 0; i < seen.n; i++) {
        n += seen.gradient[0][i] != 0;
        n_masked += seen.gradient[0][i] != 0 && fabsf(op->io.x[i]) > 1.0f;
    }
    ck_assert_uint_gt(n_masked, 0);
    ck_assert_double_eq(single(r, "sign_2", "masked"), (double)n_masked / (double)n);
}
END_TEST

/* ---- activations ---- */

/* Image by image, from the pixels on. */
START_TEST(activations_are_measured_as_they_are)
{
    report *r = new_report();
    bnn_train_job job =
        kept_job(SPEC, BNN_TELEMETRY_BALANCE | BNN_TELEMETRY_SATURATION | BNN_TELEMETRY_DEAD, r);
    job.n_validation = 53;
    bnn_session *s = session_of(&job);
    for (uint32_t i = 0; i < tensor_of(s->net, "batchnorm_1", "scale")->n; i += 2) {
        tensor_of(s->net, "batchnorm_1", "scale")->value[i] =
            0.0f; /* dead: only the shift is left */
        tensor_of(s->net, "batchnorm_1", "shift")->value[i] = -1.5f;
    }
    bnn_telemetry_end_epoch(s);
    bnn_telemetry_send(s, 1);
    for (uint32_t i = 0; i < s->net->n_ops; i++) {
        const bnn_network_op *op = &s->net->ops[i];
        if (op->letter != BNN_NETWORK_SIGN)
            continue;
        const size_t size = volume(op->plan.out), per = size / op->plan.out.c;
        uint32_t n_positive = 0, n_saturated = 0, n_dead = 0, up[32] = {0}, down[32] = {0};
        for (uint32_t k = 0; k < s->n_validation; k++) {
            float logits[10];
            bnn_network_infer(s->net, 1, data.train.pixels + (size_t)s->validation[k] * 784,
                              logits);
            for (size_t v = 0; v < size; v++) {
                const float x = op->io.x[v * s->net->lanes];
                (x >= 0 ? up : down)[v / per]++;
                n_positive += x >= 0;
                n_saturated += x > 1 || x < -1;
            }
        }
        for (uint32_t c = 0; c < op->plan.out.c; c++)
            n_dead += up[c] == 0 || down[c] == 0;
        const double n = (double)(size * s->n_validation);
        ck_assert_double_eq(single(r, op->name, "balance"), n_positive / n);
        ck_assert_double_eq(single(r, op->name, "saturation"), n_saturated / n);
        ck_assert_double_eq(single(r, op->name, "dead"), (double)n_dead / op->plan.out.c);
        if (strcmp(op->name, "sign_2") == 0)
            ck_assert_uint_ge(n_dead, 2);
    }
}
END_TEST

/* ---- gates ---- */

#define GATES                                             \
    "model:\n"                                            \
    "  topology:\n"                                       \
    "    input: {channels: 1, height: 28, width: 28}\n"   \
    "    blocks:\n"                                       \
    "      - layer: {name: thermometer, levels: 2}\n"     \
    "      - layer: {name: lut, gates: 300, inputs: 3}\n" \
    "      - layer: {name: lut, gates: 200}\n"            \
    "      - layer: {name: group_sum, groups: 10}\n"      \
    "train: {epochs: 2, batch: 64, optimizer: {name: adam, lr: 0.01}}\n"

/* The values of a layer for an image, once as bits and once as the numbers between; returns whether the
 * image is taken for what it is. */
static bool infer_gates(bnn_session *s, uint32_t image, int32_t relaxed, const bnn_network_op *op,
                        float *y)
{
    float logits[10];
    for (uint32_t i = 0; i < s->net->n_ops; i++)
        s->net->ops[i].io.relaxed = relaxed;
    bnn_network_infer(s->net, 1, data.train.pixels + (size_t)image * 784, logits);
    for (size_t v = 0; v < volume(op->plan.out); v++)
        y[v] = op->y[v * s->net->lanes];
    s->net->ops[0].io.relaxed = 0;
    return bnn_class_of(logits, 10) == data.train.labels[image];
}

/* Image by image. What the first gates read are bits, so hardening changes nothing there. */
START_TEST(gates_are_measured_both_ways)
{
    static const char *const layers[] = {"lut_2", "lut_3"};
    report *r = new_report();
    bnn_train_job job = kept_job(GATES, BNN_TELEMETRY_HARDENING, r);
    job.n_validation = 153;
    bnn_session *s = session_of(&job);
    uint32_t n_right = 0;
    bnn_telemetry_end_epoch(s);
    bnn_telemetry_send(s, 1);
    for (uint32_t i = 0; i < s->net->n_ops; i++)
        ck_assert_int_eq(s->net->ops[i].io.relaxed, 0);
    for (int layer = 0; layer < 2; layer++) {
        const bnn_network_op *op = &s->net->ops[1 + layer];
        const size_t size = volume(op->plan.out);
        uint32_t n_hardened = 0;
        ck_assert_str_eq(op->name, layers[layer]);
        for (uint32_t k = 0; k < s->n_validation; k++) {
            float hard[300], soft[300];
            infer_gates(s, s->validation[k], 0, op, hard);
            n_right += infer_gates(s, s->validation[k], 1, op, soft) && layer == 0;
            for (size_t v = 0; v < size; v++)
                n_hardened += (hard[v] >= 0.0f) != (soft[v] >= 0.0f);
        }
        ck_assert_double_eq(single(r, op->name, "hardened"),
                            n_hardened / (double)(size * s->n_validation));
        ck_assert(layer == 0 ? n_hardened == 0 : n_hardened > 100);
    }
    ck_assert_double_eq(single(r, "group_sum_4", "soft_accuracy"),
                        n_right / (double)s->n_validation);
    ck_assert_uint_eq(r->n, 3);
}
END_TEST

START_TEST(measuring_gates_changes_no_bit)
{
    report *without = new_report(), *with = new_report();
    bnn_train_job job = kept_job(GATES, 0, without);
    run_well(&job);
    const bnn_network *plain = ended;
    job = kept_job(GATES, BNN_TELEMETRY_ALL, with);
    run_well(&job);
    for (uint32_t i = 0; i < plain->n_parameters; i++)
        ck_assert_mem_eq(plain->parameters[i].value, ended->parameters[i].value,
                         plain->parameters[i].n * sizeof(float));
    ck_assert_double_gt(single(with, "group_sum_4", "soft_accuracy"), 0.0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("telemetry's values");
    TCase *tests = tcase_create("values");
    tcase_add_checked_fixture(tests, train_set_up, train_tear_down);
    tcase_add_test(tests, loops_count_right);
    tcase_add_test(tests, weights_are_measured_as_they_are);
    tcase_add_test(tests, signs_of_scales_are_counted);
    tcase_add_test(tests, masked_weights_are_those_beyond_the_clip);
    tcase_add_test(tests, masked_activations_are_those_beyond_the_clip);
    tcase_add_test(tests, activations_are_measured_as_they_are);
    tcase_add_test(tests, gates_are_measured_both_ways);
    tcase_add_test(tests, measuring_gates_changes_no_bit);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
