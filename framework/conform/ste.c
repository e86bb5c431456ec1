/* ste.c - an STE is linear in gy, finite, works element by element and in place, its gradient is the
 * derivative of its proxy, and its forward gives the levels that it says, in inference the bits of
 * what it lowers to. One that draws does so from the numbers it is given, each for its element. */
#include "conform/lowered_internal.h"

#include <float.h>
#include <string.h>

enum { N_GRID = 1171, N_POINTS = 400 };

static const double TOLERANCE = 0.01; /* of a slope */

/* Zero, denormals, everything between -4 and 4, and the far ends. */
static float *ste_grid(conform_memory *memory)
{
    static const float extremes[] = {0.0f,   FLT_TRUE_MIN, 1e-40f, FLT_MIN, 1e-20f,  1e-6f,  10.0f,
                                     100.0f, 1e4f,         1e10f,  1e30f,   3.4e38f, FLT_MAX};
    enum { N_EXTREMES = sizeof extremes / sizeof *extremes };
    float *x = conform_empty_floats(memory, N_GRID);
    for (size_t i = 0; i < N_EXTREMES; i++) {
        x[2 * i] = extremes[i];
        x[2 * i + 1] = -extremes[i];
    }
    for (int i = 2 * N_EXTREMES; i < N_GRID; i++)
        x[i] = (float)(i - 2 * N_EXTREMES - 572) / 143.0f;
    return x;
}

/* The context of elements from `from` on: of one that draws, with their numbers. */
static bnn_context ste_context(const conform_subject *s, const float *noise, size_t from)
{
    bnn_context ctx = s->ctx;
    ctx.noise = noise == NULL ? NULL : noise + from;
    return ctx;
}

/* Numbers for the grid, if it draws; from 0 to the largest below 1. */
static float *ste_noise(const bnn_ste *ste, conform_memory *memory, size_t n)
{
    if (!(ste->flags & BNN_STE_DRAWS))
        return NULL;
    float *noise = conform_random_floats(memory, n);
    for (size_t i = 0; i < n; i++)
        noise[i] = i % 7 == 0 ? 0.0f : i % 7 == 1 ? 1.0f - 0x1p-24f : 0.5f * (noise[i] + 1.0f);
    return noise;
}

static void ste_check_gradient(const conform_subject *s, const bnn_ste *ste, conform_memory *memory)
{
    const float *x = ste_grid(memory);
    float *a = conform_random_floats(memory, N_GRID), *b = conform_random_floats(memory, N_GRID);
    float *sum = conform_empty_floats(memory, N_GRID), *zero = conform_empty_floats(memory, N_GRID);
    float *ga = conform_empty_floats(memory, N_GRID), *gb = conform_empty_floats(memory, N_GRID);
    float *gsum = conform_empty_floats(memory, N_GRID),
          *gzero = conform_empty_floats(memory, N_GRID);
    for (int i = 0; i < N_GRID; i++) {
        sum[i] = 2.0f * a[i] + b[i];
        zero[i] = 0.0f;
    }
    const bnn_context ctx = ste_context(s, ste_noise(ste, memory, N_GRID), 0);
    ste->grad(&ctx, s->params, N_GRID, x, a, ga);
    ste->grad(&ctx, s->params, N_GRID, x, b, gb);
    ste->grad(&ctx, s->params, N_GRID, x, sum, gsum);
    ste->grad(&ctx, s->params, N_GRID, x, zero, gzero);
    for (int i = 0; i < N_GRID; i++) {
        const double want = 2.0 * ga[i] + gb[i], scale = fabs(2.0 * ga[i]) + fabs((double)gb[i]);
        CONFORM_REQUIRE(s, isfinite(ga[i]), "the gradient at x = %g is %g", (double)x[i],
                        (double)ga[i]);
        CONFORM_REQUIRE(s, gzero[i] == 0.0f, "not linear in gy: gy = 0 gives %g at x = %g",
                        (double)gzero[i], (double)x[i]);
        /* The sum may cancel: compare with the size of its parts. */
        CONFORM_REQUIRE(
            s, fabs(gsum[i] - want) <= 1e-6 * scale * (1 + 2 * fabs(a[i]) / fabs(sum[i])),
            "not linear in gy at x = %g: %g, expected %g", (double)x[i], (double)gsum[i], want);
    }
}

/* Every length from every start, in place, must give what the whole gives. */
static void ste_check_elements(const conform_subject *s, const bnn_ste *ste, conform_memory *memory)
{
    static const size_t lengths[] = {0, 1, 15, 16, 63, 64, 65, 128, 200};
    const float *x = ste_grid(memory), *gy = conform_random_floats(memory, N_GRID);
    float *whole = conform_empty_floats(memory, N_GRID), *y = conform_empty_floats(memory, N_GRID);
    const float *noise = ste_noise(ste, memory, N_GRID);
    const bnn_context all = ste_context(s, noise, 0);
    ste->grad(&all, s->params, N_GRID, x, gy, whole);
    if (ste->forward != NULL)
        ste->forward(&all, s->params, N_GRID, x, y);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const size_t n = lengths[i], from = 17 * i;
        const bnn_context ctx = ste_context(s, noise, from);
        conform_memory local = {.s = s, .state = i};
        float *gx = conform_empty_floats(&local, n + 1),
              *part = conform_empty_floats(&local, n + 1);
        for (size_t k = 0; k < n; k++)
            gx[k] = gy[from + k];
        ste->grad(&ctx, s->params, n, x + from, gx, gx);
        conform_require_same(s, "grad in place", gx, whole + from, n);
        CONFORM_REQUIRE(s, isnan(gx[n]), "grad writes beyond its end for n = %zu", n);
        if (ste->forward != NULL) {
            ste->forward(&ctx, s->params, n, x + from, part);
            conform_require_same(s, "forward", part, y + from, n);
            CONFORM_REQUIRE(s, isnan(part[n]), "forward writes beyond its end");
        }
        conform_memory_free(&local);
    }
}

/* A slope that jumps within the points: over two steps it changes by as much as over one, and that
 * of a smooth function by twice as much. */
static bool ste_bends(const double y[5], double h, double slope)
{
    const double near = (y[3] - 2 * y[2] + y[1]) / h, far = (y[4] - 2 * y[2] + y[0]) / (2 * h);
    return fabs(far - 2 * near) > 2 * TOLERANCE * (1 + fabs(slope));
}

/* The proxy's slope; false where it has none to speak of. */
static bool ste_slope(const conform_subject *s, const bnn_ste *ste, const float *noise, float x,
                      double *out)
{
    static const float h = 0x1p-8f;
    const bnn_context ctx = ste_context(s, noise, 0);
    const float points[5] = {x - 2 * h, x - h, x, x + h, x + 2 * h};
    float values[5];
    double at[5], y[5];
    ste->proxy(&ctx, s->params, 5, points, values);
    for (int i = 0; i < 5; i++) {
        at[i] = (double)points[i];
        y[i] = (double)values[i];
    }
    return conform_slope(at, y, 0.2, TOLERANCE, out) && !ste_bends(y, (double)h, *out);
}

/* Most points must be smooth ones. */
static void ste_check_proxy(const conform_subject *s, const bnn_ste *ste, conform_memory *memory)
{
    int n_good = 0;
    if (!s->moderate)
        return;
    for (int i = 0; i < N_POINTS; i++) {
        /* A multiple of the step, so that x - h and x + h are exact. */
        const float x =
            (float)((int)conform_random_between(memory, 0, 6 * 2048) - 3 * 2048) / 2048.0f;
        const float one = 1.0f;
        /* The same number for all points of a slope. */
        const float drawn = 0.5f * (conform_random_float(memory) + 1.0f);
        const float noise[5] = {drawn, drawn, drawn, drawn, drawn};
        const bool draws = ste->flags & BNN_STE_DRAWS;
        const bnn_context ctx = ste_context(s, draws ? noise : NULL, 0);
        double expected;
        float g;
        if (!ste_slope(s, ste, ctx.noise, x, &expected))
            continue;
        ste->grad(&ctx, s->params, 1, &x, &one, &g);
        n_good++;
        CONFORM_REQUIRE(s, fabs(g - expected) <= TOLERANCE * (1 + fabs(expected)),
                        "the gradient at x = %g is %g, the proxy's derivative %g", (double)x,
                        (double)g, expected);
    }
    CONFORM_REQUIRE(s, n_good > N_POINTS / 2, "the proxy is rough at %d of %d points",
                    N_POINTS - n_good, N_POINTS);
}

/* Without a proxy this is all that is known of where it points: where the sign rises. */
static void ste_check_direction(const conform_subject *s, const bnn_ste *ste,
                                conform_memory *memory)
{
    float *x = conform_empty_floats(memory, N_POINTS), *gy = conform_empty_floats(memory, N_POINTS);
    float *gx = conform_empty_floats(memory, N_POINTS);
    const bnn_context ctx = ste_context(s, ste_noise(ste, memory, N_POINTS), 0);
    double sum = 0.0;
    if (!s->moderate)
        return;
    for (int i = 0; i < N_POINTS; i++) {
        x[i] = 6.0f * ((float)i + 0.5f) / N_POINTS - 3.0f;
        gy[i] = 1.0f;
    }
    ste->grad(&ctx, s->params, N_POINTS, x, gy, gx);
    for (int i = 0; i < N_POINTS; i++)
        sum += (double)gx[i];
    CONFORM_REQUIRE(
        s, sum >= 0.0,
        "the gradient is %g on average for x from -3 to 3; what stands for a sign rises",
        sum / N_POINTS);
}

/* Only what its levels are. */
static void ste_check_levels(const conform_subject *s, const bnn_ste *ste, conform_memory *memory)
{
    const float *x = ste_grid(memory);
    float *y = conform_empty_floats(memory, N_GRID);
    const bnn_context ctx = ste_context(s, ste_noise(ste, memory, N_GRID), 0);
    const bool unit = ste->levels == BNN_LEVELS_UNIT;
    ste->forward(&ctx, s->params, N_GRID, x, y);
    for (int i = 0; i < N_GRID; i++)
        CONFORM_REQUIRE(s, unit ? y[i] >= 0.0f && y[i] <= 1.0f : fabsf(y[i]) == 1.0f,
                        "forward gives %g at x = %g; its levels are %s", (double)y[i], (double)x[i],
                        unit ? "numbers from 0 to 1" : "-1 and +1");
}

static void ste_check_lowering(const conform_subject *s, const bnn_ste *ste, conform_memory *memory)
{
    enum { CHANNELS = 3, PLANE = N_GRID / CHANNELS, N = CHANNELS * PLANE };
    float *x = ste_grid(memory), *y = conform_empty_floats(memory, N);
    float *lowered_y = conform_empty_floats(memory, N);
    conform_lowered l = {.s = s,
                         .memory = memory,
                         .may_sign = true,
                         .out_channels = CHANNELS,
                         .in = {CHANNELS, 1, PLANE}};
    bnn_lowering lowering;
    conform_lowered_begin(&l, &lowering);
    if (ste->lower(s->params, CHANNELS, &lowering) != 0)
        return;
    conform_lowered_end(&l, &lowering);
    for (uint32_t i = 0; i < l.n; i++)
        CONFORM_REQUIRE(s, bnn_op_kind_of(l.ops[i].type)->apply_channel != NULL,
                        "lowers to operation %u, which does not work on each value by itself",
                        l.ops[i].type);
    ste->forward(&s->ctx, s->params, N, x, y);
    conform_lowered_apply(&l, x, lowered_y);
    conform_require_same(s, "what it lowers to", lowered_y, y, N);
}

/* ---- the checks -------------------------------------------------------------------------- */

typedef void ste_check(const conform_subject *s, const bnn_ste *ste, conform_memory *memory);

/* With every setting, in the course of a run. */
static void ste_check_always(conform_subject *s, ste_check *check)
{
    static const double progress[] = {0.0, 0.3, 0.5, 1.0};
    const bnn_ste *ste = (const void *)s->head;
    for (size_t turn = 0; conform_set(s, turn); turn++)
        for (int j = 0; j < 4; j++) {
            conform_memory memory = {.s = s, .state = turn};
            s->ctx.progress = progress[j];
            memset(s->ctx.state, 0, sizeof s->ctx.state);
            if (ste->schedule != NULL)
                ste->schedule(&s->ctx, s->params, progress[j], s->ctx.state);
            for (int k = 0; k < 4; k++)
                CONFORM_REQUIRE(s, isfinite(s->ctx.state[k]), "schedule(%g) gives %g", progress[j],
                                (double)s->ctx.state[k]);
            check(s, ste, &memory);
            conform_memory_free(&memory);
        }
}

static void ste_run_gradient(conform_subject *s)
{
    ste_check_always(s, ste_check_gradient);
}

static void ste_run_elements(conform_subject *s)
{
    ste_check_always(s, ste_check_elements);
}

static void ste_run_proxy(conform_subject *s)
{
    const bnn_ste *ste = (const void *)s->head;
    if (ste->proxy == NULL)
        conform_skip(s,
                     "no .proxy is given to check the gradient against, so any linear one passes");
    ste_check_always(s, ste_check_proxy);
}

static void ste_run_direction(conform_subject *s)
{
    ste_check_always(s, ste_check_direction);
}

static void ste_run_levels(conform_subject *s)
{
    const bnn_ste *ste = (const void *)s->head;
    if (ste->forward == NULL)
        conform_skip(s, "no .forward is given: it is sign");
    ste_check_always(s, ste_check_levels);
}

static void ste_run_lowering(conform_subject *s)
{
    const bnn_ste *ste = (const void *)s->head;
    if (ste->lower == NULL)
        conform_skip(s, ste->forward == NULL || (ste->flags & BNN_STE_DRAWS) != 0
                            ? "it is sign in inference"
                            : "no .lower is given: its networks cannot be exported");
    ste_check_always(s, ste_check_lowering);
}

const conform_check conform_ste_checks[] = {
    {"gradient", "finite, and linear in gy", ste_run_gradient},
    {"direction", "on the whole it points where the sign rises", ste_run_direction},
    {"elements", "any length, in place, nothing written beyond the end", ste_run_elements},
    {"proxy", "the gradient is the derivative of the proxy", ste_run_proxy},
    {"levels", "forward gives the levels that it says", ste_run_levels},
    {"lower", "what it lowers to gives the bits of forward", ste_run_lowering},
    {.name = NULL},
};
