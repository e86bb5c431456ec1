/* filters.h - what weight forms have in common: filters, and means over them. */
#ifndef BNN_PLUGINS_FILTERS_H
#define BNN_PLUGINS_FILTERS_H

#include <bnn/plugin.h>
#include <math.h>

static inline size_t filters_weights(const bnn_form_io *io)
{
    return (size_t)io->filters * io->taps;
}

/* The first weight of filter f. */
static inline size_t filters_at(const bnn_form_io *io, uint32_t f)
{
    return (size_t)f * io->taps;
}

static inline float filters_mean(const bnn_context *ctx, size_t n, const float *x)
{
    return ctx->kernels->sum(n, x) / (float)n;
}

/* In BNN_LANES partial sums, as the sums of the kernels. */
static inline float filters_mean_magnitude(size_t n, const float *x)
{
    float sums[BNN_LANES] = {0}, sum = 0.0f;
    size_t i = 0;
    for (; i + BNN_LANES <= n; i += BNN_LANES)
        for (size_t k = 0; k < BNN_LANES; k++)
            sums[k] += fabsf(x[i + k]);
    for (size_t k = 0; i < n; i++, k++)
        sums[k] += fabsf(x[i]);
    for (size_t k = 0; k < BNN_LANES; k++)
        sum += sums[k];
    return sum / (float)n;
}

#endif
