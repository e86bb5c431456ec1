/* check_plugins.c - every plugin on the search path, and the skeletons, keep the contract of their
 * kind; and the numbers of the plugins that come with bnnrun. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/plugin_fixture.h"
#include "conform/conform.h"

#include <stdio.h>

static const double check_seconds = 300;

/* Plugin i of those that are not hidden by another. */
static const bnn_plugin_file *find_file(bnn_registry *registry, size_t i, size_t *count)
{
    const bnn_plugin_file *files, *found = NULL;
    size_t n;
    bnn_error err;
    ck_assert_int_eq(bnn_registry_scan(registry, &files, &n, &err), BNN_OK);
    *count = 0;
    for (size_t j = 0; j < n; j++)
        if (files[j].shadowed_by == NULL && (*count)++ == i)
            found = &files[j];
    return found;
}

static int count_files(void)
{
    size_t n;
    bnn_registry *registry = create_registry();
    if (registry == NULL) /* no assertion: this also runs before the first test */
        abort();
    find_file(registry, 0, &n);
    bnn_registry_destroy(registry);
    return (int)n;
}

/* All checks of its kind but the loading are kept or have nothing to check. */
START_TEST(test_contract)
{
    size_t n;
    bnn_error err;
    bnn_conform_result result;
    bnn_registry *registry = create_registry();
    const bnn_plugin_file *file = find_file(registry, (size_t)_i, &n);
    ck_assert_uint_gt(bnn_conform_count(file->kind), 3);
    for (size_t i = 0; i < bnn_conform_count(file->kind); i++) {
        ck_assert_int_eq(bnn_conform_run(file->path, file->kind, i, check_seconds, &result, &err),
                         0);
        ck_assert_msg(result.verdict == BNN_CONFORM_KEPT ||
                          (i > 0 && result.verdict == BNN_CONFORM_SKIPPED),
                      "%s: %s: %s", file->path, result.check, result.message);
    }
    bnn_registry_destroy(registry);
}
END_TEST

/* ---- the plugins that come with bnnrun --------------------------------------------------- */

/* All of them are found: a folder that is missing from the path would pass every test above. */
START_TEST(test_all_there)
{
    static const char *const files[] = {
        "form_adabin.so",
        "form_bi_half.so",
        "form_biper.so",
        "form_dorefa.so",
        "form_layer_scale.so",
        "form_learned_scale.so",
        "form_libra.so",
        "form_lsq.so",
        "form_magnitude_aware.so",
        "form_plain.so",
        "form_react.so",
        "form_recu.so",
        "form_skeleton.so",
        "form_ternary.so",
        "form_xnor.so",
        "layer_avgpool.so",
        "layer_batchnorm.so",
        "layer_conv2d.so",
        "layer_dense.so",
        "layer_dorefa.so",
        "layer_dprelu.so",
        "layer_dropout.so",
        "layer_group_sum.so",
        "layer_hardtanh.so",
        "layer_lsq.so",
        "layer_lut.so",
        "layer_maxpool.so",
        "layer_pact.so",
        "layer_prelu.so",
        "layer_relu.so",
        "layer_rprelu.so",
        "layer_shift.so",
        "layer_skeleton.so",
        "layer_thermometer.so",
        "optimizer_adam.so",
        "optimizer_adamw.so",
        "optimizer_boolean.so",
        "optimizer_bop.so",
        "optimizer_bop2.so",
        "optimizer_lion.so",
        "optimizer_rmsprop.so",
        "optimizer_sgd.so",
        "optimizer_skeleton.so",
        "ordering_act_bn.so",
        "ordering_act_pool_bn.so",
        "ordering_bn_act.so",
        "ordering_bn_pool_act.so",
        "ordering_letters.so",
        "ordering_pool_bn_act.so",
        "ordering_skeleton.so",
        "ordering_xnor.so",
        "ste_approx_sign.so",
        "ste_arctan.so",
        "ste_clipped.so",
        "ste_dorefa.so",
        "ste_ede.so",
        "ste_fda_without_noise.so",
        "ste_gumbel.so",
        "ste_heaviside.so",
        "ste_hwgq.so",
        "ste_identity.so",
        "ste_leaky.so",
        "ste_polynomial.so",
        "ste_power.so",
        "ste_rbnn.so",
        "ste_reste.so",
        "ste_skeleton.so",
        "ste_stochastic.so",
        "ste_swish_sign.so",
        "ste_tanh.so",
    };
    bnn_error err;
    bnn_registry *registry = create_registry();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        bnn_kind kind;
        char name[BNN_PLUGIN_NAME];
        ck_assert(bnn_plugin_file_name(files[i], &kind, name));
        ck_assert_msg(bnn_registry_load(registry, kind, name, &err) != NULL, "%s", err.message);
    }
    bnn_registry_destroy(registry);
}
END_TEST

/* Gradients of the papers' formulas, worked out in double precision. swish_sign at 0.2 (beta 5):
 * 5 (2 - tanh 0.5) / (1 + cosh 1). ede: t = 0.1, 1, 10 and k = 10, 1, 1 over the run; at 0.1 in
 * the last epoch 10 (1 - tanh^2 1). */
START_TEST(test_ste_facts)
{
    static const struct {
        const char *name;
        double progress;
        float x;
        double gradient;
    } facts[] = {
        {"identity", 0, 1e30f, 1},
        {"clipped", 0, 1.0f, 1},
        {"clipped", 0, -1.0f, 1},
        {"clipped", 0, 1.0000001f, 0},
        {"approx_sign", 0, 0.0f, 2},
        {"approx_sign", 0, -0.25f, 1.5},
        {"approx_sign", 0, 1.25f, 0},
        {"swish_sign", 0, 0.0f, 5},
        {"swish_sign", 0, 0.2f, 3.0236612},
        {"swish_sign", 0, -1.0f, -0.1949923},
        {"swish_sign", 0, 1e38f, 0},
        {"ede", 0.0, 0.0f, 1},
        {"ede", 0.5, 0.0f, 1},
        {"ede", 1.0, 0.0f, 10},
        {"ede", 1.0, 0.1f, 4.199743},
        {"ede", 0.0, 10.0f, 0.4199743},
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        subject s;
        float g;
        const float one = 1.0f;
        facts_begin(&s, BNN_KIND_STE, facts[i].name);
        const bnn_ste *ste = (const void *)s.head;
        if (ste->schedule != NULL)
            ste->schedule(&s.ctx, s.params, facts[i].progress, s.ctx.state);
        ste->grad(&s.ctx, s.params, 1, &facts[i].x, &one, &g);
        ck_assert_msg(fabs(g - facts[i].gradient) <= 1e-5, "%s at %g: %.7g, expected %.7g",
                      facts[i].name, (double)facts[i].x, (double)g, facts[i].gradient);
        facts_end(&s);
    }
}
END_TEST

/* Three steps from w = 1 with gradients 0.5, 0.1, -0.3, learning rate 0.1 and weight decay 0.01:
 * numbers of a double-precision evaluation of the update rules in PyTorch's documentation. */
START_TEST(test_optimizer_facts)
{
    static const float gradients[] = {0.5f, 0.1f, -0.3f};
    static const struct {
        const char *name, *option; /* a switch to turn on */
        double w[3];
    } facts[] = {
        {"sgd", NULL, {0.94900000, 0.89215100, 0.87009475}},
        {"sgd", "nesterov", {0.90310000, 0.84107411, 0.85046556}},
        {"adam", NULL, {0.90000000, 0.81891517, 0.79544605}},
        {"adam", "decoupled", {0.89900000, 0.81779691, 0.79590781}},
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        subject s;
        float w = 1.0f, slots[2] = {0}, *const pointers[] = {&slots[0], &slots[1]};
        facts_begin(&s, BNN_KIND_OPTIMIZER, facts[i].name);
        facts_set_param(&s, "weight_decay", 0.01);
        if (facts[i].option != NULL)
            facts_set_param(&s, facts[i].option, 1);
        const bnn_optimizer *optimizer = (const void *)s.head;
        for (uint64_t t = 0; t < 3; t++) {
            const bnn_step step = {.t = t + 1, .lr = 0.1, .decays = 1};
            optimizer->step(&s.ctx, s.params, &step, 1, &w, &gradients[t], pointers);
            ck_assert_msg(fabs(w - facts[i].w[t]) <= 5e-7, "%s, step %d: %.8f, expected %.8f",
                          facts[i].name, (int)t + 1, (double)w, facts[i].w[t]);
        }
        facts_end(&s);
    }
}
END_TEST

/* A mean gradient of 0.25 against a threshold of 0.2: what pushes against the sign flips, by sign
 * only, and zero acts as +1. With 0.3 it stays. */
START_TEST(test_bop_facts)
{
    static const float before[] = {0.3f, -0.3f, 0.0f, -0.0f}, after[] = {-0.3f, -0.3f, -1, -1};
    static const float g[] = {0.5f, 0.5f, 0.5f, 0.5f};
    for (int patient = 0; patient < 2; patient++) {
        subject s;
        float w[4], mean[4] = {0}, *const slots[] = {mean};
        const bnn_step step = {.t = 1, .lr = 1, .latent = 1};
        memcpy(w, before, sizeof w);
        facts_begin(&s, BNN_KIND_OPTIMIZER, "bop");
        facts_set_param(&s, "gamma", 0.5);
        facts_set_param(&s, "threshold", patient ? 0.3 : 0.2);
        ((const bnn_optimizer *)(const void *)s.head)
            ->step(&s.ctx, s.params, &step, 4, w, g, slots);
        expect_same("bop", patient ? "patient" : "flips", w, patient ? before : after, 4);
        facts_end(&s);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("plugins");
    TCase *tc = tcase_create("contracts");
    tcase_set_timeout(tc, 0);
    tcase_add_loop_test(tc, test_contract, 0, count_files());
    suite_add_tcase(s, tc);
    tc = tcase_create("shipped");
    tcase_add_test(tc, test_all_there);
    tcase_add_test(tc, test_ste_facts);
    tcase_add_test(tc, test_optimizer_facts);
    tcase_add_test(tc, test_bop_facts);
    suite_add_tcase(s, tc);
    return s;
}

BNN_CHECK_MAIN(suite)
