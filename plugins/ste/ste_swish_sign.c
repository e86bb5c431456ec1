/* ste_swish_sign - the derivative of SignSwish, a sign that overshoots: with z = beta x and the
 * logistic function s, SS(x) = 2 s(z) (1 + z (1 - s(z))) - 1, whose derivative is
 * beta (2 - z tanh(z/2)) / (1 + cosh z).
 *
 * cosh overflows where tanh does not. With t = tanh(z/2): s(z) = (1 + t) / 2 and
 * 1 + cosh z = 2 / (1 - t^2), so
 *
 *     SS(x) = t + z (1 - t^2) / 2,    SS'(x) = beta (1 - t^2) (1 - z t / 2).
 *
 * Beyond |z| = 40, where t is exactly +-1 and the derivative 0, z is held, so that no infinity
 * meets the zero. */
#include <bnn/plugin.h>

enum { BLOCK = 64 };

struct swish_sign {
    double beta;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct swish_sign, beta, 5.0, 0.1, 100.0, "steepness, and the height at zero"),
    BNN_PARAMS_END,
};

/* z = beta x, held in [-40, 40], and t = tanh(z / 2). */
static void expand(const bnn_context *ctx, float beta, size_t n, const float *x, float *z, float *t)
{
    for (size_t i = 0; i < n; i++) {
        const float bx = beta * x[i];
        z[i] = bx < -40.0f ? -40.0f : bx > 40.0f ? 40.0f : bx;
        t[i] = 0.5f * z[i];
    }
    ctx->kernels->tanh(n, t, t);
}

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const float beta = (float)((const struct swish_sign *)p)->beta;
    float z[BLOCK], t[BLOCK];
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t part = n - from < BLOCK ? n - from : BLOCK;
        expand(ctx, beta, part, x + from, z, t);
        BNN_INDEPENDENT
        for (size_t i = 0; i < part; i++)
            gx[from + i] = gy[from + i] *
                           (beta * ((1.0f - t[i]) * (1.0f + t[i])) * (1.0f - 0.5f * z[i] * t[i]));
    }
}

static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    const float beta = (float)((const struct swish_sign *)p)->beta;
    float z[BLOCK], t[BLOCK];
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t part = n - from < BLOCK ? n - from : BLOCK;
        expand(ctx, beta, part, x + from, z, t);
        for (size_t i = 0; i < part; i++)
            y[from + i] = t[i] + 0.5f * z[i] * ((1.0f - t[i]) * (1.0f + t[i]));
    }
}

BNN_DEFINE_STE(BNN_HEAD("swish_sign", "a peak with negative tails, the derivative of SignSwish",
                        "Darabi et al. 2018 (BNN+), arXiv:1812.11800", struct swish_sign, params),
               .grad = grad, .proxy = proxy,
               .formula = "gx = gy * beta (2 - z tanh(z/2)) / (1 + cosh z), z = beta x")
