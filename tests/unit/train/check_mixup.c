/* Mixtures of images: their shares, images and targets. The facts and the script that made them are in
 * tests/fixtures/reference. */
#include "train/loss.h"
#include "train/mixup.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/train_fixture.h"

#include "tests/fixtures/reference/training.inc"

#define FLOAT_NET  "model:\n" SMALL_TOPOLOGY "  binarize: none\n"
#define BINARY_NET "model:\n" SMALL_TOPOLOGY "  binarize: {last: true}\n"

/* ---- shares ------------------------------------------------------------------------------ */

static void expect_shares(double alpha, const double facts[20])
{
    const bnn_kernels *k = bnn_kernels_choose(NULL), *portable = bnn_kernels_find("portable");
    for (uint64_t step = 0; step < 20; step++) {
        const float share = bnn_mixup_share(k, 7, step, alpha);
        ck_assert_float_eq(share, bnn_mixup_share(portable, 7, step, alpha));
        ck_assert_msg(fabs((double)share - facts[step]) <= 1e-5,
                      "alpha %g, step %llu: %.9g, expected %.9g", alpha, (unsigned long long)step,
                      (double)share, facts[step]);
    }
}

START_TEST(shares_have_the_values_of_the_script)
{
    expect_shares(0.05, mixup_shares_005);
    expect_shares(0.2, mixup_shares_02);
    expect_shares(1.0, mixup_shares_1);
    expect_shares(3.0, mixup_shares_3);
    for (uint64_t step = 0; step < 1000; step++)
        ck_assert_float_eq(bnn_mixup_share(bnn_kernels_choose(NULL), 7, step, 1e-300), 1.0f);
}
END_TEST

/* E[s (1 - s)] = alpha / (2 (2 alpha + 1)) of Beta(alpha, alpha), folded or not. */
START_TEST(shares_are_of_the_beta_distribution)
{
    static const double alphas[] = {0.01, 0.2, 0.5, 1.0, 2.0, 4.0};
    const bnn_kernels *k = bnn_kernels_choose(NULL);
    const double alpha = alphas[_i], expected = alpha / (2.0 * (2.0 * alpha + 1.0));
    enum { DRAWS = 20000 };
    double sum = 0.0, squares = 0.0;
    for (uint64_t step = 0; step < DRAWS; step++) {
        const double share = (double)bnn_mixup_share(k, 3, step, alpha);
        ck_assert(share >= 0.5 && share <= 1.0);
        sum += share * (1.0 - share);
        squares += share * (1.0 - share) * share * (1.0 - share);
    }
    const double mean = sum / DRAWS, variance = squares / DRAWS - mean * mean;
    ck_assert_double_eq_tol(mean, expected, 4.0 * sqrt(variance / DRAWS));
}
END_TEST

/* ---- images and targets ------------------------------------------------------------------ */

static bnn_session *loaded_session(const bnn_train_job *job, uint32_t n)
{
    bnn_session *s = session_of(job);
    bnn_session_load(s, &data.train, s->train, n);
    return s;
}

START_TEST(an_image_is_mixed_with_the_next)
{
    static const uint32_t sizes[] = {1, 2, 17, 64};
    const uint32_t n = sizes[_i];
    report *r = bnn_arena_alloc(arena, 1, sizeof *r);
    const bnn_train_job plain = job_of(FLOAT_NET, 1, r);
    const bnn_train_job job = job_of(FLOAT_NET "train: {mixup: 1}\n", 1, r);
    bnn_session *s = loaded_session(&job, n), *as_is = loaded_session(&plain, n);
    const uint32_t lanes = s->net->lanes;
    s->net->step = 5;
    bnn_mixup_images(s, n);
    bnn_mixup_images(as_is, n);
    const float share = bnn_mixup_share(s->net->kernels, 1, 5, 1.0);
    ck_assert_float_eq(s->mixed, share);
    for (size_t f = 0; f < 28 * 28; f++)
        for (uint32_t i = 0; i < lanes; i++) {
            const float *x = as_is->net->x + f * lanes;
            const float mixed = share * x[i] + (1.0f - share) * x[(i + 1) % n];
            ck_assert_float_eq(s->net->x[f * lanes + i], i < n ? mixed : 0.0f);
        }
}
END_TEST

START_TEST(targets_are_mixed_likewise)
{
    static const char *const specs[] = {
        FLOAT_NET "train: {mixup: 1}\n",
        FLOAT_NET "train: {mixup: 1, label_smoothing: 0.3, loss: squared_hinge}\n"};
    report *r = bnn_arena_alloc(arena, 1, sizeof *r);
    const bnn_train_job job = job_of(specs[_i], 1, r);
    bnn_session *s = loaded_session(&job, 50);
    const uint32_t lanes = s->net->lanes;
    bnn_mixup_images(s, 50);
    bnn_network_forward(s->net, 50, true);
    double loss = 0.0;
    uint32_t n_correct = 0;
    bnn_loss_train(s, 50, &loss, &n_correct);
    const float smoothing = _i ? 0.3f : 0.0f, share = s->mixed;
    ck_assert(share > 0.5f && share < 1.0f);
    for (uint32_t i = 0; i < 50; i++) {
        float sum = 0.0f;
        for (int32_t c = 0; c < 10; c++) {
            const float target = s->targets[(size_t)c * lanes + i];
            const float hard = (c == s->labels[i] ? share : 0.0f) +
                               (c == s->labels[(i + 1) % 50] ? 1.0f - share : 0.0f);
            ck_assert_float_eq_tol(target, smoothing / 10 + (1.0f - smoothing) * hard, 1e-6f);
            sum += target;
        }
        ck_assert_float_eq_tol(sum, 1.0f, 1e-6f);
    }
    /* Linear in the targets: the loss is that of the labels, and of the next ones, in their shares. */
    if (_i == 1)
        return;
    double own = 0.0, next = 0.0;
    bnn_loss_evaluate(s, 50, &own, &n_correct);
    const int32_t first = s->labels[0];
    memmove(s->labels, s->labels + 1, 49 * sizeof *s->labels);
    s->labels[49] = first;
    bnn_loss_evaluate(s, 50, &next, &n_correct);
    const double mixed = (double)share * own + (1.0 - (double)share) * next;
    ck_assert_double_eq_tol(loss, mixed, 1e-5 * mixed);
}
END_TEST

START_TEST(mixtures_are_learned_and_images_are_looked_at)
{
    report *plain = bnn_arena_alloc(arena, 2, sizeof *plain), *mixed = plain + 1;
    const bnn_train_job a = job_of(BINARY_NET "train: {epochs: 3}\n", 1, plain);
    const bnn_train_job b = job_of(BINARY_NET "train: {epochs: 3, mixup: 0.4}\n", 1, mixed);
    run_well(&a);
    run_well(&b);
    ck_assert_double_gt(metric_of(mixed, "train_loss", 3), metric_of(plain, "train_loss", 3));
    ck_assert_double_lt(metric_of(mixed, "train_loss", 3), metric_of(mixed, "train_loss", 1));
    ck_assert_double_lt(metric_of(mixed, "validation_loss", 3),
                        metric_of(mixed, "validation_loss", 1));
    parsed_train("train: {mixup: 0}", true);
    ck_assert_ptr_null(bnn_settings_find(&settings, "train.mixup"));
    parsed_train("train: {mixup: 0.2}", true);
    ck_assert_double_eq(bnn_settings_find(&settings, "train.mixup")->number, 0.2);
}
END_TEST

static Suite *mixup_suite(void)
{
    Suite *suite = suite_create("mixup");
    TCase *shares = tcase_create("shares");
    tcase_add_test(shares, shares_have_the_values_of_the_script);
    tcase_add_loop_test(shares, shares_are_of_the_beta_distribution, 0, 6);
    suite_add_tcase(suite, shares);
    TCase *mixtures = tcase_create("mixtures");
    tcase_add_checked_fixture(mixtures, train_set_up, train_tear_down);
    tcase_add_loop_test(mixtures, an_image_is_mixed_with_the_next, 0, 4);
    tcase_add_loop_test(mixtures, targets_are_mixed_likewise, 0, 2);
    tcase_add_test(mixtures, mixtures_are_learned_and_images_are_looked_at);
    suite_add_tcase(suite, mixtures);
    return suite;
}

BNN_CHECK_MAIN(mixup_suite)
