/* ste_approx_sign - a triangle: the derivative of the parabola pair that Bi-Real Net puts in the
 * place of sign, 2x + x^2 left of zero and 2x - x^2 right of it, constant beyond -1 and +1. */
#include <bnn/plugin.h>
#include <math.h>

BNN_HOT static void grad(const bnn_context *ctx, const void *params, size_t n, const float *x,
                         const float *gy, float *gx)
{
    (void)ctx, (void)params;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float slope = 2.0f - 2.0f * fabsf(x[i]);
        gx[i] = gy[i] * (slope > 0.0f ? slope : 0.0f);
    }
}

static void proxy(const bnn_context *ctx, const void *params, size_t n, const float *x, float *y)
{
    (void)params;
    ctx->kernels->clamp(n, -1.0f, 1.0f, x, y);
    for (size_t i = 0; i < n; i++)
        y[i] = y[i] * (2.0f - fabsf(y[i]));
}

BNN_DEFINE_STE(BNN_HEAD_PLAIN("approx_sign", "a triangle of height 2 on [-1, 1]",
                              "Liu et al. 2018 (Bi-Real Net), arXiv:1808.00278"),
               .grad = grad, .proxy = proxy, .formula = "gx = gy * max(0, 2 - 2 |x|)")
