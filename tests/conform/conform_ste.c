/* conform_ste.c - an STE is linear in gy, finite, works element by element and in place, and its
 * gradient is the derivative of its proxy. */
#include "tests/conform/conform.h"

#include <float.h>

enum { N_GRID = 1171, N_POINTS = 400 };

static const double TOLERANCE = 0.01; /* of a slope */

/* Zero, denormals, everything between -4 and 4, and the far ends. */
static float *ste_grid(buffers *memory)
{
    static const float extremes[] = {0.0f,   FLT_TRUE_MIN, 1e-40f, FLT_MIN, 1e-20f,  1e-6f,  10.0f,
                                     100.0f, 1e4f,         1e10f,  1e30f,   3.4e38f, FLT_MAX};
    enum { N_EXTREMES = sizeof extremes / sizeof *extremes };
    float *x = empty_floats(memory, N_GRID);
    for (int i = 0; i < N_EXTREMES; i++) {
        x[2 * i] = extremes[i];
        x[2 * i + 1] = -extremes[i];
    }
    for (int i = 2 * N_EXTREMES; i < N_GRID; i++)
        x[i] = (float)(i - 2 * N_EXTREMES - 572) / 143.0f;
    return x;
}

static void ste_check_gradient(const subject *s, const bnn_ste *ste, buffers *memory)
{
    const float *x = ste_grid(memory);
    float *a = random_floats(memory, N_GRID), *b = random_floats(memory, N_GRID);
    float *sum = empty_floats(memory, N_GRID), *zero = empty_floats(memory, N_GRID);
    float *ga = empty_floats(memory, N_GRID), *gb = empty_floats(memory, N_GRID);
    float *gsum = empty_floats(memory, N_GRID), *gzero = empty_floats(memory, N_GRID);
    for (int i = 0; i < N_GRID; i++) {
        sum[i] = 2.0f * a[i] + b[i];
        zero[i] = 0.0f;
    }
    ste->grad(&s->ctx, s->params, N_GRID, x, a, ga);
    ste->grad(&s->ctx, s->params, N_GRID, x, b, gb);
    ste->grad(&s->ctx, s->params, N_GRID, x, sum, gsum);
    ste->grad(&s->ctx, s->params, N_GRID, x, zero, gzero);
    for (int i = 0; i < N_GRID; i++) {
        const double want = 2.0 * ga[i] + gb[i], scale = fabs(2.0 * ga[i]) + fabs((double)gb[i]);
        REQUIRE(isfinite(ga[i]), "%s: the gradient at x = %g is %g", s->what, (double)x[i],
                (double)ga[i]);
        REQUIRE(gzero[i] == 0.0f, "%s: gy = 0 gives %g at x = %g", s->what, (double)gzero[i],
                (double)x[i]);
        /* The sum may cancel: compare with the size of its parts. */
        REQUIRE(fabs(gsum[i] - want) <= 1e-6 * scale * (1 + 2 * fabs(a[i]) / fabs(sum[i])),
                "%s: not linear in gy at x = %g: %g, expected %g", s->what, (double)x[i],
                (double)gsum[i], want);
    }
}

/* Every length from every start, in place, must give what the whole gives. */
static void ste_check_elements(const subject *s, const bnn_ste *ste, buffers *memory)
{
    static const size_t lengths[] = {0, 1, 15, 16, 63, 64, 65, 128, 200};
    const float *x = ste_grid(memory), *gy = random_floats(memory, N_GRID);
    float *whole = empty_floats(memory, N_GRID), *y = empty_floats(memory, N_GRID);
    ste->grad(&s->ctx, s->params, N_GRID, x, gy, whole);
    if (ste->forward != NULL)
        ste->forward(&s->ctx, s->params, N_GRID, x, y);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const size_t n = lengths[i], from = 17 * i;
        buffers local = {.state = i};
        float *gx = empty_floats(&local, n + 1), *part = empty_floats(&local, n + 1);
        for (size_t k = 0; k < n; k++)
            gx[k] = gy[from + k];
        ste->grad(&s->ctx, s->params, n, x + from, gx, gx);
        expect_same(s->what, "grad in place", gx, whole + from, n);
        REQUIRE(isnan(gx[n]), "%s: grad writes beyond its end for n = %zu", s->what, n);
        if (ste->forward != NULL) {
            ste->forward(&s->ctx, s->params, n, x + from, part);
            expect_same(s->what, "forward", part, y + from, n);
            REQUIRE(isnan(part[n]), "%s: forward writes beyond its end", s->what);
        }
        buffers_free(&local);
    }
}

/* The proxy's slope; false where it has none to speak of. */
static bool ste_slope(const subject *s, const bnn_ste *ste, float x, double *out)
{
    static const float h = 0x1p-8f;
    const float points[5] = {x - 2 * h, x - h, x, x + h, x + 2 * h};
    float values[5];
    double at[5], y[5];
    ste->proxy(&s->ctx, s->params, 5, points, values);
    for (int i = 0; i < 5; i++) {
        at[i] = (double)points[i];
        y[i] = (double)values[i];
    }
    return conform_slope(at, y, 0.2, TOLERANCE, out);
}

/* Most points must be smooth ones. */
static void ste_check_proxy(const subject *s, const bnn_ste *ste, buffers *memory)
{
    int n_good = 0;
    for (int i = 0; i < N_POINTS; i++) {
        /* A multiple of the step, so that x - h and x + h are exact. */
        const float x = (float)((int)random_between(memory, 0, 6 * 2048) - 3 * 2048) / 2048.0f;
        const float one = 1.0f;
        double expected;
        float g;
        if (!ste_slope(s, ste, x, &expected))
            continue;
        ste->grad(&s->ctx, s->params, 1, &x, &one, &g);
        n_good++;
        REQUIRE(fabs(g - expected) <= TOLERANCE * (1 + fabs(expected)),
                "%s: the gradient at x = %g is %g, the proxy's derivative %g", s->what, (double)x,
                (double)g, expected);
    }
    REQUIRE(n_good > N_POINTS / 2, "%s: the proxy is rough at %d of %d points", s->what,
            N_POINTS - n_good, N_POINTS);
}

void conform_ste(size_t i)
{
    static const double progress[] = {0.0, 0.3, 0.5, 1.0};
    subject s;
    conform_begin(&s, BNN_KIND_STE, i);
    conform_file(&s);
    const bnn_ste *ste = (const void *)s.head;
    for (size_t turn = 0; conform_set(&s, turn); turn++)
        for (int j = 0; j < 4; j++) {
            buffers memory = {.state = turn};
            s.ctx.progress = progress[j];
            memset(s.ctx.state, 0, sizeof s.ctx.state);
            if (ste->schedule != NULL)
                ste->schedule(&s.ctx, s.params, progress[j], s.ctx.state);
            for (int k = 0; k < 4; k++)
                REQUIRE(isfinite(s.ctx.state[k]), "%s: schedule(%g) gives %g", s.what, progress[j],
                        (double)s.ctx.state[k]);
            ste_check_gradient(&s, ste, &memory);
            ste_check_elements(&s, ste, &memory);
            if (ste->proxy != NULL && s.moderate)
                ste_check_proxy(&s, ste, &memory);
            buffers_free(&memory);
        }
    conform_end(&s);
}
