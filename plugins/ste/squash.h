/* squash.h - tanh with a steepness, for STEs beside it. Needs <bnn/plugin.h>. */
#ifndef BNN_STE_SQUASH_H
#define BNN_STE_SQUASH_H

/* y = tanh(t x), with t x held where tanh is exactly +-1. */
static inline void ste_squash(const bnn_context *ctx, float t, size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++) {
        const float tx = t * x[i];
        y[i] = tx < -20.0f ? -20.0f : tx > 20.0f ? 20.0f : tx;
    }
    ctx->kernels->tanh(n, y, y);
}

#endif
