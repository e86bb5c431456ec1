/* ste_tanh - the derivative of tanh(t x), t (1 - tanh^2(t x)): ede with its steepness held, so that
 * the shape and the schedule can be told apart. */
#include <bnn/plugin.h>

#include "squash.h"

enum { BLOCK = 64 };

struct tanh_params {
    double t;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct tanh_params, t, 1.0, 1e-3, 1e3, "steepness, and the height at zero"),
    BNN_PARAMS_END,
};

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const float t = (float)((const struct tanh_params *)p)->t;
    float y[BLOCK];
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t part = n - from < BLOCK ? n - from : BLOCK;
        ste_squash(ctx, t, part, x + from, y);
        BNN_INDEPENDENT
        for (size_t i = 0; i < part; i++)
            gx[from + i] = gy[from + i] * (t * ((1.0f - y[i]) * (1.0f + y[i])));
    }
}

static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    ste_squash(ctx, (float)((const struct tanh_params *)p)->t, n, x, y);
}

BNN_DEFINE_STE(
    BNN_HEAD("tanh", "the derivative of tanh(t x), the same in every epoch",
             "the curve of Qin et al. 2020 (IR-Net), arXiv:1909.10788, without its schedule",
             struct tanh_params, params),
    .grad = grad, .proxy = proxy, .formula = "gx = gy * t (1 - tanh^2(t x))")
