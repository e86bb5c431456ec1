/* The steps of optimizers, and the learning rates of binary weights. The facts and the script that made
 * them are in tests/fixtures/reference. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/train_fixture.h"

#include "tests/fixtures/reference/optimizers.inc"

#include <math.h>

enum { N_CASES = sizeof cases / sizeof *cases };

/* The number that make_optimizers.py calls formula(stream, i), exact in float. */
static float formula(uint32_t stream, size_t i)
{
    uint32_t x = ((uint32_t)i + 1 + 7919 * stream) * UINT32_C(2654435761);
    x = (x ^ x >> 15) * UINT32_C(2246822519);
    return (float)(x >> 16) / 65536.0f - 0.5f;
}

static float gradient(size_t t, size_t i)
{
    return formula(1, i) + 2.0f * formula(2, WEIGHTS * t + i);
}

/* What the spec names, which may be for binary weights alone. */
static const bnn_optimizer_options *optimizer_of(const char *text)
{
    const char *spec =
        bnn_arena_printf(arena, "train: {optimizer: sgd, binary_optimizer: %s}\n", text);
    return &parsed_train(spec, true)->binary_optimizer;
}

START_TEST(steps_are_those_of_the_script)
{
    const bnn_optimizer_options *options = optimizer_of(cases[_i].optimizer);
    const bnn_optimizer *optimizer = bnn_use_optimizer(&options->use);
    bnn_error err;
    const bnn_context ctx = {.kernels = bnn_kernels_choose(&err)};
    buffers b = {.state = 1};
    float *w = empty_floats(&b, WEIGHTS), *g = empty_floats(&b, WEIGHTS);
    float *slots[BNN_SLOTS_MAX] = {NULL};
    for (uint32_t slot = 0; slot < optimizer->n_slots; slot++) {
        slots[slot] = empty_floats(&b, WEIGHTS);
        memset(slots[slot], 0, WEIGHTS * sizeof **slots);
    }
    for (size_t i = 0; i < WEIGHTS; i++)
        w[i] = formula(0, i);
    for (size_t t = 1; t <= STEPS; t++) {
        const bnn_step step = {
            .t = t, .lr = options->lr * (1.0 - (double)(t - 1) / 16), .latent = 1, .decays = 1};
        for (size_t i = 0; i < WEIGHTS; i++)
            g[i] = gradient(t, i);
        optimizer->step(&ctx, options->use.params, &step, WEIGHTS, w, g, slots);
        for (size_t i = 0; i < WEIGHTS; i++)
            ck_assert_msg(fabs(w[i] - cases[_i].w[t - 1][i]) <= 2e-6,
                          "%s, step %zu, weight %zu: %.8f, expected %.8f", cases[_i].optimizer, t,
                          i, (double)w[i], cases[_i].w[t - 1][i]);
    }
    buffers_free(&b);
}
END_TEST

/* Where a step has no gradient, a weight that acts as its sign stays; one of 0 acts as +1, and flips
 * to -1. */
START_TEST(flips_keep_the_size_of_a_weight)
{
    static const float before[] = {0.25f, -0.25f, 0.0f, -0.0f, 0.25f},
                       g[] = {2.0f, -2.0f, 2.0f, 2.0f, 0.0f},
                       after[] = {-0.25f, 0.25f, -1.0f, -1.0f, 0.25f};
    enum { N = sizeof before / sizeof *before };
    static const char *const names[] = {"{name: bop, gamma: 1}", "{name: bop2, gamma: 1}",
                                        "{name: bop2, gamma: 1, unbiased: true}",
                                        "{name: boolean, lr: 1}"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const bnn_optimizer_options *options = optimizer_of(names[k]);
        const bnn_optimizer *optimizer = bnn_use_optimizer(&options->use);
        float w[N], storage[BNN_SLOTS_MAX][N] = {{0}}, *slots[BNN_SLOTS_MAX];
        bnn_error err;
        const bnn_context ctx = {.kernels = bnn_kernels_choose(&err)};
        const bnn_step step = {.t = 1, .lr = options->lr, .latent = 1};
        for (size_t slot = 0; slot < BNN_SLOTS_MAX; slot++)
            slots[slot] = storage[slot];
        memcpy(w, before, sizeof w);
        optimizer->step(&ctx, options->use.params, &step, N, w, g, slots);
        ck_assert_msg(memcmp(w, after, sizeof w) == 0, "%s", names[k]);
    }
}
END_TEST

/* ---- learning rates of binary weights ---------------------------------------------------- */

/* By how much the first weight of each parameter moves in one step of plain gradient descent, for a
 * gradient of 1. */
static const double *moves_of(const char *train)
{
    static report r;
    const bnn_train_job job = job_of(
        bnn_arena_printf(arena, "model:\n" SMALL_TOPOLOGY "  binarize: {}\ntrain: {%s}\n", train),
        1, &r);
    bnn_session *s = session_of(&job);
    double *moves = bnn_arena_alloc(arena, s->net->n_parameters, sizeof *moves);
    for (uint32_t i = 0; i < s->net->n_parameters; i++) {
        const bnn_parameter *p = &s->net->parameters[i];
        if (p->kind == BNN_TENSOR_STATE)
            continue;
        p->value[0] = 0.0f;
        for (size_t k = 0; k < p->n; k++)
            p->gradient[k] = 1.0f;
    }
    bnn_session_update(s, 1.0);
    for (uint32_t i = 0; i < s->net->n_parameters; i++)
        moves[i] = (double)s->net->parameters[i].value[0];
    return moves;
}

/* Of the small net only the middle layer is binary: 4 channels of 8x8 to 24. */
START_TEST(glorot_scales_the_rate_of_binary_weights)
{
    static const char sgd[] = "optimizer: {name: sgd, lr: 0.001, momentum: 0}";
    const double *plain = moves_of(sgd);
    const double *scaled = moves_of(bnn_arena_printf(arena, "%s, lr_scale: glorot", sgd));
    static report r;
    const bnn_train_job job =
        job_of("model:\n" SMALL_TOPOLOGY "  binarize: {}\ntrain: {}\n", 1, &r);
    const bnn_network *net = session_of(&job)->net;
    uint32_t n_latent = 0;
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        if (p->kind == BNN_TENSOR_STATE)
            continue;
        const double factor = p->latent ? sqrt((4 * 8 * 8 + 24) / 1.5) : 1.0;
        ck_assert(plain[i] < 0.0);
        ck_assert_double_eq_tol(scaled[i], factor * plain[i], 1e-7);
        n_latent += p->latent;
    }
    ck_assert_uint_eq(n_latent, 1);
}
END_TEST

/* A kernel's positions count in both fans; a method that only flips has no step to scale, and a float
 * net no such key. */
START_TEST(glorot_knows_kernels_and_flips)
{
    static const char all[] = "model:\n" SMALL_TOPOLOGY "  binarize: {first: true}\n"
                              "train: {optimizer: {name: sgd, lr: 0.001, momentum: 0}, "
                              "lr_scale: glorot%s}\n";
    for (int flips = 0; flips < 2; flips++) {
        static report r;
        const char *other = flips ? ", binary_optimizer: {name: boolean, lr: 0.5}" : "";
        const bnn_train_job job = job_of(bnn_arena_printf(arena, all, other), 1, &r);
        bnn_session *s = session_of(&job);
        const bnn_parameter *p = &s->net->parameters[0];
        ck_assert(p->latent && p->dims[0] == 4 && p->dims[1] == 1 && p->dims[2] == 5);
        p->value[0] = 0.0f;
        p->gradient[0] = 1.0f;
        bnn_session_update(s, 1.0);
        const double moved = flips ? 0.0 : -0.001 * sqrt((4 * 25 + 1 * 25) / 1.5);
        ck_assert_double_eq_tol((double)p->value[0], moved, 1e-8);
    }
    bnn_settings_json(&settings, (char[65]){0});
    ck_assert_ptr_nonnull(bnn_settings_find(&settings, "train.lr_scale"));
    parsed_train("train: {lr_scale: glorot}", false);
    ck_assert_ptr_null(bnn_settings_find(&settings, "train.lr_scale"));
    parsed_train("train: {}", true);
    ck_assert_ptr_null(bnn_settings_find(&settings, "train.lr_scale"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("optimizers");
    TCase *tc = tcase_create("steps");
    tcase_add_checked_fixture(tc, train_set_up, train_tear_down);
    tcase_add_loop_test(tc, steps_are_those_of_the_script, 0, N_CASES);
    tcase_add_test(tc, flips_keep_the_size_of_a_weight);
    suite_add_tcase(s, tc);
    tc = tcase_create("rates");
    tcase_add_checked_fixture(tc, train_set_up, train_tear_down);
    tcase_add_test(tc, glorot_scales_the_rate_of_binary_weights);
    tcase_add_test(tc, glorot_knows_kernels_and_flips);
    suite_add_tcase(s, tc);
    return s;
}

BNN_CHECK_MAIN(suite)
