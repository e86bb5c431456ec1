/* Losses against soft targets. The facts and the script that made them are in tests/fixtures/reference. */
#include "train/loss.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/train_fixture.h"

#include "tests/fixtures/reference/training.inc"

enum { BATCH = 5, CLASSES = 4, LANES = 16 };

/* The number that make_training.py calls formula(stream, i), exact in float. */
static float formula(uint32_t stream, size_t i)
{
    uint32_t x = ((uint32_t)i + 1 + 7919 * stream) * UINT32_C(2654435761);
    x = (x ^ x >> 15) * UINT32_C(2246822519);
    return (float)(x >> 16) / 65536.0f - 0.5f;
}

static size_t label(size_t image)
{
    return (3 * image + 1) % CLASSES;
}

typedef struct problem {
    buffers b;
    float *z, *p; /* [CLASSES][LANES] */
    bnn_soft_loss soft;
} problem;

/* The script's logits, and its labels smoothed, then mixed with the next ones; rubbish in the lanes that
 * are no images. */
static problem problem_of(float smoothing, float share)
{
    problem q = {.b = {.state = 3}};
    const size_t size = CLASSES * LANES;
    q.z = random_floats(&q.b, size);
    q.p = random_floats(&q.b, size);
    for (size_t i = 0; i < BATCH; i++)
        for (size_t c = 0; c < CLASSES; c++) {
            q.z[c * LANES + i] = 6.0f * formula(1, i * CLASSES + c);
            q.p[c * LANES + i] =
                smoothing / CLASSES + (c == label(i) ? (1.0f - smoothing) * share : 0.0f) +
                (c == label((i + 1) % BATCH) ? (1.0f - smoothing) * (1.0f - share) : 0.0f);
        }
    q.soft = (bnn_soft_loss){.kernels = bnn_kernels_choose(NULL),
                             .classes = CLASSES,
                             .n = BATCH,
                             .lanes = LANES,
                             .z = q.z,
                             .p = q.p,
                             .gz = empty_floats(&q.b, size),
                             .scratch = empty_floats(&q.b, 2 * LANES)};
    return q;
}

static void expect_facts(bool hinge, float smoothing, float share, double loss,
                         const double *gradients)
{
    problem q = problem_of(smoothing, share);
    const double got =
        hinge ? bnn_loss_soft_squared_hinge(&q.soft) : bnn_loss_soft_cross_entropy(&q.soft);
    ck_assert_msg(fabs(got - loss) <= 1e-6 * loss, "%.9g, expected %.9g", got, loss);
    for (size_t i = 0; i < BATCH; i++)
        for (size_t c = 0; c < CLASSES; c++) {
            const double slope = (double)q.soft.gz[c * LANES + i],
                         want = gradients[i * CLASSES + c];
            ck_assert_msg(fabs(slope - want) <= 1e-6, "image %zu, class %zu: %.9g, expected %.9g",
                          i, c, slope, want);
        }
    for (size_t i = BATCH; i < LANES; i++)
        for (size_t c = 0; c < CLASSES; c++)
            ck_assert_float_eq(q.soft.gz[c * LANES + i], 0.0f);
    buffers_free(&q.b);
}

START_TEST(soft_losses_have_the_values_of_the_script)
{
    expect_facts(false, 0.1f, 1.0f, cross_entropy_smoothed_1_loss[0],
                 cross_entropy_smoothed_1_gradients);
    expect_facts(false, 0.6f, 1.0f, cross_entropy_smoothed_6_loss[0],
                 cross_entropy_smoothed_6_gradients);
    expect_facts(true, 0.1f, 1.0f, squared_hinge_smoothed_1_loss[0],
                 squared_hinge_smoothed_1_gradients);
    expect_facts(true, 0.6f, 1.0f, squared_hinge_smoothed_6_loss[0],
                 squared_hinge_smoothed_6_gradients);
    expect_facts(false, 0.0f, 0.7f, cross_entropy_mixed_loss[0], cross_entropy_mixed_gradients);
    expect_facts(true, 0.0f, 0.7f, squared_hinge_mixed_loss[0], squared_hinge_mixed_gradients);
}
END_TEST

/* With all of a target at one class they are the kernels' losses. */
START_TEST(hard_targets_give_the_hard_loss)
{
    for (int hinge = 0; hinge < 2; hinge++) {
        problem q = problem_of(0.0f, 1.0f);
        float *gz = empty_floats(&q.b, CLASSES * LANES), scratch[2 * LANES];
        int32_t labels[LANES];
        double loss = 0.0;
        uint32_t n_correct = 0;
        for (size_t i = 0; i < LANES; i++)
            labels[i] = i < BATCH ? (int32_t)label(i) : -1;
        (hinge ? q.soft.kernels->squared_hinge : q.soft.kernels->cross_entropy)(
            CLASSES, BATCH, LANES, q.z, labels, gz, scratch, &loss, &n_correct);
        const double soft =
            hinge ? bnn_loss_soft_squared_hinge(&q.soft) : bnn_loss_soft_cross_entropy(&q.soft);
        ck_assert_double_eq_tol(soft, loss, 1e-6 * loss);
        for (size_t i = 0; i < CLASSES * LANES; i++)
            ck_assert_float_eq_tol(q.soft.gz[i], gz[i], 1e-7f);
        buffers_free(&q.b);
    }
}
END_TEST

/* Logits of 1000 overflow nothing, and a logit that is no number is not hidden. */
START_TEST(a_diverged_loss_is_seen)
{
    for (int hinge = 0; hinge < 2; hinge++) {
        problem q = problem_of(0.1f, 1.0f);
        q.z[0] = 1000.0f;
        double loss =
            hinge ? bnn_loss_soft_squared_hinge(&q.soft) : bnn_loss_soft_cross_entropy(&q.soft);
        ck_assert(isfinite(loss) && loss > 500.0);
        for (size_t c = 0; c < CLASSES; c++) {
            q.z[0] = 1000.0f;
            q.z[c * LANES] = NAN;
            loss =
                hinge ? bnn_loss_soft_squared_hinge(&q.soft) : bnn_loss_soft_cross_entropy(&q.soft);
            ck_assert(isnan(loss));
            q.z[c * LANES] = 0.0f;
        }
        buffers_free(&q.b);
    }
}
END_TEST

/* ---- the targets of a step --------------------------------------------------------------- */

#define FLOAT_NET "model:\n" SMALL_TOPOLOGY "  binarize: none\n"

static bnn_session *forwarded_session(const bnn_train_job *job, uint32_t n)
{
    bnn_session *s = session_of(job);
    bnn_session_load(s, &data.train, s->train, n);
    bnn_network_forward(s->net, n, true);
    return s;
}

START_TEST(label_smoothing_makes_soft_targets)
{
    report *r = bnn_arena_alloc(arena, 1, sizeof *r);
    const bnn_train_job job = job_of(FLOAT_NET "train: {label_smoothing: 0.2}\n", 1, r);
    bnn_session *s = forwarded_session(&job, 50);
    double loss = 0.0, hard = 0.0;
    uint32_t n_correct = 0, n_hard = 0;
    bnn_loss_train(s, 50, &loss, &n_correct);
    bnn_loss_evaluate(s, 50, &hard, &n_hard);
    ck_assert_uint_eq(n_correct, n_hard);
    ck_assert_double_ne(loss, hard);
    for (uint32_t i = 0; i < 50; i++)
        for (int32_t c = 0; c < 10; c++)
            ck_assert_float_eq_tol(s->targets[(size_t)c * s->net->lanes + i],
                                   c == s->labels[i] ? 0.82f : 0.02f, 1e-7f);
}
END_TEST

START_TEST(plain_labels_need_no_targets)
{
    report *r = bnn_arena_alloc(arena, 1, sizeof *r);
    const bnn_train_job job = job_of(FLOAT_NET, 1, r);
    bnn_session *s = forwarded_session(&job, 50);
    double loss = 0.0, hard = 0.0;
    uint32_t n_correct = 0;
    ck_assert_ptr_null(s->targets);
    bnn_loss_train(s, 50, &loss, &n_correct);
    bnn_loss_evaluate(s, 50, &hard, &n_correct);
    ck_assert_double_eq(loss, hard);
}
END_TEST

static Suite *loss_suite(void)
{
    Suite *suite = suite_create("loss");
    TCase *soft = tcase_create("soft targets");
    tcase_add_test(soft, soft_losses_have_the_values_of_the_script);
    tcase_add_test(soft, hard_targets_give_the_hard_loss);
    tcase_add_test(soft, a_diverged_loss_is_seen);
    suite_add_tcase(suite, soft);
    TCase *steps = tcase_create("steps");
    tcase_add_checked_fixture(steps, train_set_up, train_tear_down);
    tcase_add_test(steps, label_smoothing_makes_soft_targets);
    tcase_add_test(steps, plain_labels_need_no_targets);
    suite_add_tcase(suite, steps);
    return suite;
}

BNN_CHECK_MAIN(loss_suite)
