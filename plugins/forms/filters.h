/* filters.h - what weight forms have in common: filters, means over them, filters that are
 * standardised, and gradients past a scale that counts as a constant. */
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

/* v = (w - mean) * factor, where factor = gain / sqrt(variance + epsilon), the variance unbiased; 0 for
 * a filter without any. Returns factor / gain. */
static inline float filters_standardise(const bnn_context *ctx, size_t n, const float *w,
                                        float gain, float epsilon, float *v)
{
    const float mean = filters_mean(ctx, n, w);
    for (size_t i = 0; i < n; i++)
        v[i] = w[i] - mean;
    const float sum = ctx->kernels->dot(n, v, v);
    const float deviation = sqrtf((n > 1 ? sum / (float)(n - 1) : 0.0f) + epsilon);
    float inverse = deviation > 0.0f ? 1.0f / deviation : 0.0f;
    if (!isfinite(inverse))
        inverse = 0.0f;
    for (size_t i = 0; i < n; i++)
        v[i] *= gain * inverse;
    return inverse;
}

/* The gradient through filters_standardise, in place: g becomes dL/dw. */
static inline void filters_unstandardise(const bnn_context *ctx, size_t n, const float *v,
                                         float gain, float inverse, float *g)
{
    const float mean = filters_mean(ctx, n, g);
    const float along = n > 1 ? ctx->kernels->dot(n, g, v) / ((float)(n - 1) * gain) : 0.0f;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        g[i] = inverse * (gain * (g[i] - mean) - v[i] * along);
}

/* glatent = dL/dweight, the scale's part taken out of gcodes again; 0 where the scale is. */
static inline void filters_unscale(const bnn_form_io *io)
{
    for (uint32_t f = 0; f < io->filters; f++) {
        const float inverse = io->scale[f] > 0.0f ? 1.0f / io->scale[f] : 0.0f;
        const float factor = isfinite(inverse) ? inverse : 0.0f;
        const size_t at = filters_at(io, f);
        BNN_INDEPENDENT
        for (size_t i = at; i < at + io->taps; i++)
            io->glatent[i] = io->gcodes[i] * factor;
    }
}

/* The STE behind it, for codes of the latent weights themselves. */
static inline void filters_through_unscaled(const bnn_form_io *io)
{
    filters_unscale(io);
    io->through(io, filters_weights(io), io->latent, io->glatent, io->glatent);
}

/* Signs of the latent weights, times the mean magnitude of each filter. */
static inline void filters_sign_and_magnitude(const bnn_form_io *io)
{
    io->binarize(io, filters_weights(io), io->latent, io->codes);
    for (uint32_t f = 0; f < io->filters; f++)
        io->scale[f] = filters_mean_magnitude(io->taps, io->latent + filters_at(io, f));
}

/* A learned scale for each filter, [filters], as tensor 0. */
static inline void filters_plan_learned_scale(bnn_form_plan *plan, float initial)
{
    plan->scale = BNN_SCALE_FILTER;
    plan->n_tensors = 1;
    plan->tensors[0] = (bnn_tensor){.name = "scale",
                                    .kind = BNN_TENSOR_VECTOR,
                                    .dims = {plan->filters, 1, 1, 1},
                                    .fill = initial};
}

static inline void filters_give_learned_scale(const bnn_form_io *io)
{
    for (uint32_t f = 0; f < io->filters; f++)
        io->scale[f] = io->tensors[0][f];
}

static inline void filters_learn_scale(const bnn_form_io *io)
{
    for (uint32_t f = 0; f < io->filters; f++)
        io->gradients[0][f] = io->gscale[f];
}

#endif
