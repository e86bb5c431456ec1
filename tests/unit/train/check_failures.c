/* Runs that go wrong end with a reason: numbers that are no longer finite, whatever hides them; a
 * plugin that changes how the CPU computes; no time left. */
#include "base/fp_mode.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/plugins/denormals.h"
#include "tests/fixtures/train_fixture.h"

#include <fenv.h>

#define FLOAT_NET "model:\n" SMALL_TOPOLOGY "  binarize: none\n"

START_TEST(a_diverging_run_fails)
{
    report r;
    const bnn_train_job job =
        job_of(FLOAT_NET "  norm: none\ntrain: {optimizer: {name: sgd, lr: 1e+6}}\n", 1, &r);
    bnn_error err;
    ck_assert_int_eq(run_job(&job, &err), BNN_E_FAILED);
    ck_assert_str_eq(err.message, "diverged: the loss is nan in epoch 1, step 3 of 4");
    ck_assert_int_eq(r.rows[0].kind, BNN_RECORD_BEGIN);
    for (size_t i = 1; i < r.n; i++)
        ck_assert_int_eq(r.rows[i].kind, BNN_RECORD_LAYER);
}
END_TEST

/* The sign of a weight that is no number is a fine weight, and gives a fine loss. */
START_TEST(what_a_sign_hides_fails_at_the_end_of_the_epoch)
{
    report r;
    const bnn_train_job job = job_of("model:\n" SMALL_TOPOLOGY "  binarize: {last: true}\n"
                                     "  ste: identity\n"
                                     "train: {epochs: 20, optimizer: {name: sgd, lr: 1e+6}}\n",
                                     1, &r);
    bnn_error err;
    ck_assert_int_eq(run_job(&job, &err), BNN_E_FAILED);
    ck_assert_msg(strstr(err.message, " are not finite after epoch ") != NULL, "%s", err.message);
}
END_TEST

static void expect_not_finite(const bnn_session *s, float *value, float bad, const char *what)
{
    const float kept = *value;
    bnn_error err;
    *value = bad;
    ck_assert_int_eq(bnn_session_check_finite(s, &err), BNN_E_FAILED);
    ck_assert_str_eq(err.message,
                     bnn_arena_printf(arena, "diverged: %s are not finite after epoch 3", what));
    *value = kept;
    ck_assert_int_eq(bnn_session_check_finite(s, &err), BNN_OK);
}

START_TEST(whatever_is_not_finite_is_named)
{
    report r;
    const bnn_train_job job = job_of("model:\n" SMALL_TOPOLOGY "train: {optimizer: adam}\n", 1, &r);
    bnn_session *s = session_of(&job);
    s->at.epoch = 2;
    for (uint32_t i = 0; i < s->net->n_parameters; i++) {
        const bnn_parameter *p = &s->net->parameters[i];
        const char *name = bnn_arena_printf(arena, "%s.%s", p->layer, p->name);
        expect_not_finite(s, p->value + p->n - 1, NAN,
                          bnn_arena_printf(arena, "1 of %zu values of %s", p->n, name));
        if (p->kind == BNN_TENSOR_STATE)
            continue;
        expect_not_finite(
            s, p->gradient, -INFINITY,
            bnn_arena_printf(arena, "1 of %zu values of the gradient of %s", p->n, name));
        for (int slot = 0; slot < 2; slot++)
            expect_not_finite(s, s->slots[i][slot] + p->n / 2, INFINITY,
                              bnn_arena_printf(arena,
                                               "1 of %zu values of the optimizer's slots of %s",
                                               p->n, name));
    }
}
END_TEST

START_TEST(a_run_out_of_time_fails)
{
    report r;
    bnn_train_job job = job_of(FLOAT_NET, 1, &r);
    bnn_error err;
    job.timeout_seconds = 1e-9;
    ck_assert_int_eq(run_job(&job, &err), BNN_E_FAILED);
    ck_assert_str_eq(err.message, "timeout: 1e-09 seconds are over in epoch 1 of 5");
}
END_TEST

/* ---- the floating-point mode ------------------------------------------------------------- */

static void flush(const bnn_context *ctx, const void *params, size_t n, const float *x,
                  const float *gy, float *gx)
{
    (void)ctx, (void)params, (void)x;
    memmove(gx, gy, n * sizeof *gx);
    turn_denormals_off();
}

static void truncate_all(const bnn_context *ctx, const void *params, size_t n, const float *x,
                         float *y)
{
    (void)params;
    ctx->kernels->sign(n, x, y);
    fesetround(FE_TOWARDZERO);
}

static void truncate_later(const bnn_context *ctx, const void *params, double progress,
                           float *state)
{
    (void)ctx, (void)params, (void)state;
    if (progress > 0.0)
        fesetround(FE_TOWARDZERO);
}

/* The run fails in the epoch, before anything of it is kept, and the thread computes as before. */
START_TEST(a_plugin_that_changes_the_mode_is_named)
{
    static const struct {
        void (*grad)(const bnn_context *, const void *, size_t, const float *, const float *,
                     float *);
        void (*forward)(const bnn_context *, const void *, size_t, const float *, float *);
        void (*schedule)(const bnn_context *, const void *, double, float *);
        const char *where;
        unsigned epoch;
    } cases[] = {
        {.grad = flush, .where = "dense_2", .epoch = 1},
        {.forward = truncate_all, .where = "dense_2", .epoch = 1},
        {.schedule = truncate_later, .where = "its schedule", .epoch = 2},
    };
    report r;
    bnn_train_job job =
        job_of("model:\n" SMALL_TOPOLOGY "  binarize: {}\n  ste: identity\n", 1, &r);
    bnn_model_options model = *job.model;
    bnn_plugin plugin = *model.weight_ste.plugin;
    bnn_ste ste = *bnn_use_ste(&model.weight_ste);
    bnn_error err;
    bnn_train_costs costs;
    if (cases[_i].grad != NULL)
        ste.grad = cases[_i].grad;
    ste.forward = cases[_i].forward;
    ste.schedule = cases[_i].schedule;
    plugin.head = &ste.head;
    model.weight_ste.plugin = &plugin;
    job.model = &model;
    const uint64_t mode = bnn_fp_mode();
    ck_assert_int_eq(bnn_train_estimate(&job, &costs, &err), BNN_OK);
    ck_assert_uint_eq(bnn_fp_mode(), mode);
    ck_assert_int_eq(run_job(&job, &err), BNN_E_FAILED);
    ck_assert_str_eq(
        err.message,
        bnn_arena_printf(arena,
                         "ste identity (%s) changed the floating-point mode in epoch %u, which "
                         "changes all results; a plugin leaves rounding and denormals as they are",
                         cases[_i].where, cases[_i].epoch));
    ck_assert_uint_eq(bnn_fp_mode(), mode);
    for (size_t i = 0; i < r.n; i++)
        ck_assert(r.rows[i].kind != BNN_RECORD_METRIC || r.rows[i].metric.epoch < cases[_i].epoch);
}
END_TEST

static Suite *failures_suite(void)
{
    Suite *suite = suite_create("failures");
    TCase *tc = tcase_create("runs");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, train_set_up, train_tear_down);
    tcase_add_test(tc, a_diverging_run_fails);
    tcase_add_test(tc, what_a_sign_hides_fails_at_the_end_of_the_epoch);
    tcase_add_test(tc, whatever_is_not_finite_is_named);
    tcase_add_loop_test(tc, a_plugin_that_changes_the_mode_is_named, 0, 3);
    tcase_add_test(tc, a_run_out_of_time_fails);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(failures_suite)
