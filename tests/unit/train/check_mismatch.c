/* The cosine between an STE's gradient and the true one, against every weight flipped. */
#include "train/loss.h"
#include "train/telemetry/telemetry_internal.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/train_fixture.h"

#include <math.h>

#define TINY                                                                               \
    "model:\n  topology:\n    input: {channels: 1, height: 28, width: 28}\n    blocks:\n"  \
    "      - layer: {name: conv2d, out: 2, kernel: 5}\n"                                   \
    "        pool: {name: maxpool, size: 8, stride: 8}\n"                                  \
    "      - layer: {name: dense, out: 6}\n"                                               \
    "      - layer: {name: dense, out: 10}\n        dropout: {name: dropout, rate: 0.2}\n" \
    "  binarize: {first: true, last: true}\n"                                              \
    "train: {epochs: 1, batch: 32}\n"

static bnn_session *mismatch_session(const char *spec)
{
    static report ignored;
    bnn_train_job *job = bnn_arena_alloc(arena, 1, sizeof *job);
    *job = job_of(spec, 7, &ignored);
    job->telemetry = BNN_TELEMETRY_MISMATCH;
    return session_of(job);
}

/* The mean loss of the batch that is loaded, from the logits alone, in double. */
static double loss_of(bnn_session *s, uint32_t n, uint64_t step)
{
    const bnn_network *net = s->net;
    double sum = 0.0;
    s->net->step = step;
    bnn_network_forward(s->net, n, true);
    for (uint32_t i = 0; i < n; i++) {
        double total = 0.0;
        for (uint32_t c = 0; c < net->n_classes; c++)
            total += exp((double)net->logits[c * net->lanes + i]);
        sum += log(total) - (double)net->logits[(uint32_t)s->labels[i] * net->lanes + i];
    }
    return sum / n;
}

/* The cosine of a layer over batches, flipping every weight. */
static double brute_cosine(bnn_session *s, const char *layer, uint32_t n_batches)
{
    const bnn_parameter *p = tensor_of(s->net, layer, "weight");
    double *g = bnn_arena_alloc(arena, p->n, sizeof *g);
    double product = 0, ste = 0, truth = 0, ignored_loss = 0;
    uint32_t images[32], ignored;
    const uint64_t step = s->net->step;
    for (uint32_t b = 0; b < n_batches; b++) {
        bnn_mismatch_draw_images(s, b, 32, images);
        bnn_session_load(s, &data.train, images, 32);
        loss_of(s, 32, step);
        bnn_loss_train(s, 32, &ignored_loss, &ignored);
        bnn_network_backward(s->net, 32);
        for (size_t i = 0; i < p->n; i++)
            g[i] = (double)p->gradient[i];
        for (size_t i = 0; i < p->n; i++) {
            const float was = p->acting[i];
            p->acting[i] = 1.0f;
            const double plus = loss_of(s, 32, step);
            p->acting[i] = -1.0f;
            const double minus = loss_of(s, 32, step), slope = (plus - minus) / 2;
            p->acting[i] = was;
            product += g[i] * slope;
            ste += g[i] * g[i];
            truth += slope * slope;
        }
    }
    s->net->step = step;
    return product / sqrt(ste * truth);
}

static double cosine_of(const bnn_session *s, const double *cosines, const char *layer)
{
    uint32_t i = 0;
    while (strcmp(s->net->ops[i].name, layer) != 0)
        i++;
    return cosines[i];
}

START_TEST(all_weights_give_the_brute_force_cosine)
{
    static const char *const layers[] = {"conv2d_1", "dense_2", "dense_3"};
    bnn_session *s = mismatch_session(TINY);
    double cosines[32];
    bnn_mismatch_measure(s, &(bnn_mismatch_effort){2, UINT32_MAX}, cosines);
    for (size_t i = 0; i < 3; i++)
        ck_assert_double_eq_tol(cosine_of(s, cosines, layers[i]), brute_cosine(s, layers[i], 2),
                                2e-3);
}
END_TEST

/* The more weights are drawn, the nearer. */
START_TEST(the_estimate_converges)
{
    bnn_session *s = mismatch_session(TINY);
    const bnn_mismatch_effort efforts[] = {{12, 2}, {12, 8}, {12, 24}};
    double cosines[32];
    const double whole = brute_cosine(s, "conv2d_1", 12);
    double errors[3];
    for (size_t i = 0; i < 3; i++) {
        bnn_mismatch_measure(s, &efforts[i], cosines);
        errors[i] = fabs(cosine_of(s, cosines, "conv2d_1") - whole);
    }
    ck_assert_msg(errors[2] < 0.05 && errors[2] < errors[0], "%g: %g, %g, %g", whole, errors[0],
                  errors[1], errors[2]);
}
END_TEST

/* Where nothing is binary behind the weights, the STE's slope is the loss's. */
START_TEST(without_a_sign_behind_there_is_little_mismatch)
{
    bnn_session *s = mismatch_session(
        "model:\n  topology:\n    input: {channels: 1, height: 28, width: 28}\n    blocks:\n"
        "      - layer: {name: dense, out: 10}\n  binarize: {first: true, last: true}\n"
        "  ste: identity\ntrain: {epochs: 1, batch: 32}\n");
    double cosines[32];
    bnn_mismatch_measure(s, &(bnn_mismatch_effort){1, 400}, cosines);
    ck_assert_double_gt(cosine_of(s, cosines, "dense_1"), 0.9);
}
END_TEST

START_TEST(measuring_leaves_the_network_as_it_was)
{
    bnn_session *s = mismatch_session(TINY);
    const bnn_network *net = s->net;
    float *before[32];
    double cosines[32];
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        before[i] = bnn_arena_alloc(arena, 2 * p->n, sizeof(float));
        memcpy(before[i], p->value, p->n * sizeof(float));
        memcpy(before[i] + p->n, p->acting, p->n * sizeof(float));
    }
    bnn_mismatch_measure(s, &bnn_mismatch_usual, cosines);
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        ck_assert_mem_eq(before[i], p->value, p->n * sizeof(float));
        ck_assert_mem_eq(before[i] + p->n, p->acting, p->n * sizeof(float));
    }
    ck_assert_uint_eq(net->step, 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("mismatch");
    TCase *tests = tcase_create("cosines");
    tcase_add_checked_fixture(tests, train_set_up, train_tear_down);
    tcase_add_test(tests, all_weights_give_the_brute_force_cosine);
    tcase_add_test(tests, the_estimate_converges);
    tcase_add_test(tests, without_a_sign_behind_there_is_little_mismatch);
    tcase_add_test(tests, measuring_leaves_the_network_as_it_was);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
