/* Layers that learn corners and shifts, against numbers that a script computed in fractions. */
#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"
#include "kernels/kernels.h"
#include "plugin/registry.h"

#include "tests/fixtures/reference/learned_layers.inc"

enum { CHANNELS = 2, POSITIONS = 2, IMAGES = 3, LANES = 16, N = CHANNELS * POSITIONS };

/* The number that learned_layers.py calls formula(stream, i), exact in float. */
static float formula(uint32_t stream, size_t i)
{
    uint32_t x = ((uint32_t)i + 1 + 7919 * stream) * UINT32_C(2654435761);
    x = (x ^ x >> 15) * UINT32_C(2246822519);
    return (float)(x >> 16) / 65536.0f - 0.5f;
}

typedef struct learned_case {
    const char *name;
    uint32_t n_tensors;
    const double *facts;
} learned_case;

static const learned_case cases[] = {
    {"rprelu", 3, rprelu_facts}, {"dprelu", 4, dprelu_facts}, {"shift", 1, shift_facts}};

static void learned_near(const char *name, const char *what, size_t i, float got, double want)
{
    ck_assert_msg(fabs((double)got - want) <= 1e-6 * (1 + fabs(want)),
                  "%s: %s %zu is %.9g, expected %.9g", name, what, i, (double)got, want);
}

START_TEST(values_and_gradients)
{
    const learned_case *c = &cases[_i];
    bnn_error err;
    buffers b = {0};
    bnn_registry *registry = bnn_registry_create(NULL);
    const bnn_plugin *plugin = bnn_registry_load(registry, BNN_KIND_LAYER, c->name, &err);
    ck_assert_msg(plugin != NULL, "%s", err.message);
    const bnn_layer *layer = (const void *)plugin->head;
    const bnn_context ctx = {.kernels = bnn_kernels_choose(&err)};
    bnn_layer_plan plan = {.in = {CHANNELS, 1, POSITIONS}, .lanes = LANES, .kernels = ctx.kernels};
    ck_assert_int_eq(layer->plan(NULL, &plan), 0);
    ck_assert_uint_eq(plan.n_tensors, c->n_tensors);

    float *tensors[BNN_TENSORS_MAX] = {0}, *gradients[BNN_TENSORS_MAX] = {0};
    for (uint32_t t = 0; t < plan.n_tensors; t++) {
        tensors[t] = empty_floats(&b, CHANNELS);
        gradients[t] = empty_floats(&b, CHANNELS);
        for (size_t i = 0; i < CHANNELS; i++)
            tensors[t][i] = formula(3 + t, i);
    }
    float *x = empty_floats(&b, N * LANES), *gy = empty_floats(&b, N * LANES),
          *y = empty_floats(&b, N * LANES), *gx = empty_floats(&b, N * LANES);
    for (size_t i = 0; i < N * LANES; i++) {
        const size_t image = i % LANES, value = i / LANES * IMAGES + image;
        x[i] = image < IMAGES ? 2.0f * formula(1, value) : 7.0f;
        gy[i] = image < IMAGES ? formula(2, value) : 0.0f;
    }
    const bnn_layer_io io = {.in = plan.in,
                             .out = plan.out,
                             .n = IMAGES,
                             .lanes = LANES,
                             .training = 1,
                             .x = x,
                             .y = y,
                             .gy = gy,
                             .gx = gx,
                             .tensors = tensors,
                             .gradients = gradients};
    layer->forward(&ctx, NULL, &io);
    layer->backward(&ctx, NULL, &io);
    const double *fact = c->facts;
    for (size_t i = 0; i < N * IMAGES; i++)
        learned_near(c->name, "y", i, y[i / IMAGES * LANES + i % IMAGES], *fact++);
    for (size_t i = 0; i < N * IMAGES; i++)
        learned_near(c->name, "gx", i, gx[i / IMAGES * LANES + i % IMAGES], *fact++);
    for (uint32_t t = 0; t < plan.n_tensors; t++)
        for (size_t i = 0; i < CHANNELS; i++)
            learned_near(c->name, plan.tensors[t].name, i, gradients[t][i], *fact++);
    buffers_free(&b);
    bnn_registry_destroy(registry);
}
END_TEST

static Suite *learned_suite(void)
{
    Suite *s = suite_create("learned");
    TCase *tc = tcase_create("facts");
    tcase_add_loop_test(tc, values_and_gradients, 0, (int)(sizeof cases / sizeof *cases));
    suite_add_tcase(s, tc);
    return s;
}

BNN_CHECK_MAIN(learned_suite)
