/* ste_power - a family of shapes of equal area: the derivative of sign(x) (1 - (1 - |x|)^p),
 *
 *     slope = p (1 - |x|)^(p - 1)   where |x| <= 1.
 *
 * p = 1 is clipped, p = 2 is approx_sign, both to the bit; a larger p is a higher and narrower peak,
 * and below 1 the border counts more than zero. There the slope goes to infinity at |x| = 1: where
 * less than EDGE is left it is that of the chord, EDGE^(p - 1), which keeps the area. */
#include <bnn/plugin.h>
#include <math.h>
#include <stdbool.h>

enum { BLOCK = 64 };

static const float EDGE = 0.1f;
static const float TINY = 1e-20f; /* a slope less than this is none: no denormals */

struct power {
    double p;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct power, p, 1.5, 0.1, 100.0, "1: a window, 2: a triangle, more: narrower"),
    BNN_PARAMS_END,
};

/* How far it is to the border. */
static float left(float x)
{
    const float y = 1.0f - fabsf(x);
    return y > 0.0f ? y : 0.0f;
}

/* y = what is left to the border, at least `lowest`, to a power. */
static void exponentiate(const bnn_context *ctx, float power, float lowest, size_t n,
                         const float *x, float *y)
{
    for (size_t i = 0; i < n; i++) {
        const float rest = left(x[i]);
        y[i] = rest < lowest ? lowest : rest;
    }
    ctx->kernels->log(n, y, y);
    for (size_t i = 0; i < n; i++)
        y[i] *= power;
    ctx->kernels->exp(n, y, y);
}

static void window(size_t n, const float *x, const float *gy, float *gx)
{
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float g = gy[i];
        gx[i] = fabsf(x[i]) <= 1.0f ? g : 0.0f;
    }
}

static void triangle(size_t n, const float *x, const float *gy, float *gx)
{
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        gx[i] = gy[i] * (2.0f * left(x[i]));
}

BNN_HOT static void grad(const bnn_context *ctx, const void *of, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const double p = ((const struct power *)of)->p;
    const float lowest = p < 1.0 ? EDGE : 0.0f, height = (float)p;
    float y[BLOCK];
    if (p == 1.0 || p == 2.0) {
        (p == 1.0 ? window : triangle)(n, x, gy, gx);
        return;
    }
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t part = n - from < BLOCK ? n - from : BLOCK;
        exponentiate(ctx, (float)(p - 1.0), lowest, part, x + from, y);
        BNN_INDEPENDENT
        for (size_t i = 0; i < part; i++) {
            const float slope = left(x[from + i]) < lowest ? y[i] : height * y[i];
            const bool acts = fabsf(x[from + i]) <= 1.0f && slope > TINY;
            gx[from + i] = gy[from + i] * (acts ? slope : 0.0f);
        }
    }
}

static void proxy(const bnn_context *ctx, const void *of, size_t n, const float *x, float *y)
{
    const double p = ((const struct power *)of)->p;
    const float lowest = p < 1.0 ? EDGE : 0.0f;
    float power[BLOCK];
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t part = n - from < BLOCK ? n - from : BLOCK;
        exponentiate(ctx, (float)p, lowest, part, x + from, power);
        for (size_t i = 0; i < part; i++) {
            const float rest = left(x[from + i]);
            const float chord = rest < lowest ? rest / lowest : 1.0f;
            y[from + i] = copysignf(1.0f - chord * power[i], x[from + i]);
        }
    }
}

BNN_DEFINE_STE(BNN_HEAD("power", "shapes of equal area, from a window to a needle",
                        "p = 1: Courbariaux & Hubara 2016; p = 2: Liu et al. 2018 (Bi-Real Net)",
                        struct power, params),
               .grad = grad, .proxy = proxy,
               .formula = "gx = gy * p (1 - |x|)^(p - 1) where |x| <= 1\n"
                          "     0 elsewhere\n"
                          "for p < 1, where |x| > 0.9: gy * 0.1^(p - 1)")
