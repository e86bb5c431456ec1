/* ste_identity - the straight-through estimator itself: sign passes gradients unchanged. */
#include <bnn/plugin.h>

BNN_HOT static void grad(const bnn_context *ctx, const void *params, size_t n, const float *x,
                         const float *gy, float *gx)
{
    (void)ctx, (void)params, (void)x;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        gx[i] = gy[i];
}

static void proxy(const bnn_context *ctx, const void *params, size_t n, const float *x, float *y)
{
    (void)ctx, (void)params;
    for (size_t i = 0; i < n; i++)
        y[i] = x[i];
}

BNN_DEFINE_STE(BNN_HEAD_PLAIN("identity", "pass the gradient everywhere",
                              "Bengio, Leonard & Courville 2013, arXiv:1308.3432"),
               .grad = grad, .proxy = proxy, .formula = "gx = gy")
