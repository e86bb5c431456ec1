/* ste_ede - the error decay estimator: k tanh(t x), which goes from a line to sign while t grows
 * from t_min to t_max over the epochs, evenly on a logarithmic scale; k = max(1/t, 1) keeps the
 * slope at zero at least 1. Early epochs update all weights, late ones have an exact gradient. */
#include <bnn/plugin.h>
#include <math.h>

#include "squash.h"

enum { BLOCK = 64 };
enum { T, K }; /* places in the state */

struct ede {
    double t_min, t_max;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct ede, t_min, 0.1, 1e-4, 1e3, "steepness t in the first epoch"),
    BNN_NUMBER(struct ede, t_max, 10.0, 1e-4, 1e3, "steepness t in the last epoch"),
    BNN_PARAMS_END,
};

static void schedule(const bnn_context *ctx, const void *p, double progress, float state[4])
{
    const struct ede *ede = p;
    float ends[2] = {(float)ede->t_min, (float)ede->t_max}, t;
    ctx->kernels->log(2, ends, ends);
    t = (float)((1.0 - progress) * ends[0] + progress * ends[1]);
    ctx->kernels->exp(1, &t, &t);
    state[T] = t;
    state[K] = fmaxf(1.0f / t, 1.0f);
}

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const float height = ctx->state[K] * ctx->state[T];
    float y[BLOCK];
    (void)p;
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t part = n - from < BLOCK ? n - from : BLOCK;
        ste_squash(ctx, ctx->state[T], part, x + from, y);
        BNN_INDEPENDENT
        for (size_t i = 0; i < part; i++)
            gx[from + i] = gy[from + i] * (height * ((1.0f - y[i]) * (1.0f + y[i])));
    }
}

static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    const float k = ctx->state[K];
    (void)p;
    ste_squash(ctx, ctx->state[T], n, x, y);
    for (size_t i = 0; i < n; i++)
        y[i] *= k;
}

BNN_DEFINE_STE(BNN_HEAD("ede", "k tanh(t x), from a line to a step over the epochs",
                        "Qin et al. 2020 (IR-Net), arXiv:1909.10788", struct ede, params),
               .grad = grad, .proxy = proxy, .schedule = schedule,
               .formula = "gx = gy * k t (1 - tanh^2(t x))\n"
                          "t = t_min (t_max / t_min)^progress, k = max(1/t, 1)")
