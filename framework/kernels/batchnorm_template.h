/* batchnorm_template.h - batch normalization (Ioffe & Szegedy 2015) over images and positions.
 *
 * A channel is positions x lanes floats in one piece. Sums run in 4 x LANES partial sums; lanes
 * beyond n count as nothing, by a mask that multiplies with exactly 1 or 0.
 *
 * Parameters: simd/lanes.h. */

enum { NORM_CHAINS = 4 }; /* independent partial sums, to hide the latency of an addition */

/* A channel: its values, their mean and the gradients of its outputs, where they are known. */
typedef struct norm_channel {
    const bnn_batchnorm *bn;
    const float *x, *gy;
    vf center;
} norm_channel;

/* sum + the term of the values at `at`, an offset in floats; masked by 1 or 0. */
typedef vf norm_term(const norm_channel *c, size_t at, vf mask, vf sum);

INLINE vf norm_value(const norm_channel *c, size_t at, vf mask, vf sum)
{
    return fma_f(load_f(c->x + at), mask, sum);
}

INLINE vf norm_square(const norm_channel *c, size_t at, vf mask, vf sum)
{
    const vf x = load_f(c->x + at) - c->center;
    return fma_f(x * mask, x, sum);
}

INLINE vf norm_product(const norm_channel *c, size_t at, vf mask, vf sum)
{
    return fma_f(load_f(c->gy + at) * mask, load_f(c->x + at) - c->center, sum);
}

static float norm_reduce(float sums[NORM_CHAINS][LANES])
{
    float lanes[LANES];
    for (int i = 0; i < LANES; i++)
        lanes[i] = (sums[0][i] + sums[1][i]) + (sums[2][i] + sums[3][i]);
    return reduce_lanes(lanes);
}

/* One native part of the lanes of a channel: logical vector i goes to chain i % NORM_CHAINS. */
INLINE void norm_sum_part(const norm_channel *c, norm_term term, size_t part,
                          float sums[NORM_CHAINS][LANES])
{
    const size_t size = (size_t)c->bn->positions * c->bn->lanes;
    const vf mask = splat_f(1.0f);
    vf sum[NORM_CHAINS] = {splat_f(0), splat_f(0), splat_f(0), splat_f(0)};
    size_t at = part;
    for (; at + (NORM_CHAINS - 1) * LANES < size; at += NORM_CHAINS * LANES) {
        UNROLL
        for (int j = 0; j < NORM_CHAINS; j++)
            sum[j] = term(c, at + (size_t)j * LANES, mask, sum[j]);
    }
    UNROLL
    for (int j = 0; j < NORM_CHAINS; j++) {
        if (at + (size_t)j * LANES < size)
            sum[j] = term(c, at + (size_t)j * LANES, mask, sum[j]);
        store_f(&sums[j][part], sum[j]);
    }
}

/* The same where the last lanes hold no image. */
INLINE void norm_sum_part_masked(const norm_channel *c, norm_term term, size_t part,
                                 float sums[NORM_CHAINS][LANES])
{
    const size_t lanes = c->bn->lanes, size = (size_t)c->bn->positions * lanes;
    size_t lane = part;
    for (int j = 0; j < NORM_CHAINS; j++)
        store_f(&sums[j][part], splat_f(0));
    for (size_t at = part, j = 0; at < size; at += LANES, j = (j + 1) % NORM_CHAINS) {
        float *sum = &sums[j][part];
        store_f(sum, term(c, at, mask_f(lane, c->bn->n), load_f(sum)));
        lane = lane + LANES < lanes ? lane + LANES : part;
    }
}

INLINE float norm_sum(const norm_channel *c, norm_term term)
{
    float sums[NORM_CHAINS][LANES];
    for (size_t part = 0; part < LANES; part += VL)
        if (c->bn->n == c->bn->lanes)
            norm_sum_part(c, term, part, sums);
        else
            norm_sum_part_masked(c, term, part, sums);
    return norm_reduce(sums);
}

/* y = x * factor + offset over a channel. */
static void norm_scale(const bnn_batchnorm *bn, const float *x, float factor, float offset,
                       float *y)
{
    const size_t size = (size_t)bn->positions * bn->lanes;
    const vf f = splat_f(factor), o = splat_f(offset);
    for (size_t at = 0; at < size; at += VL)
        store_f(y + at, fma_f(load_f(x + at), f, o));
}

KERNEL void batchnorm_forward(const bnn_batchnorm *bn, const float *x, const float *scale,
                              const float *shift, float *mean, float *inverse, float *running_mean,
                              float *running_variance, float *y)
{
    const size_t size = (size_t)bn->positions * bn->lanes;
    const float count = (float)bn->positions * (float)bn->n;
    const float unbiased = count > 1.0f ? count / (count - 1.0f) : 1.0f;
    for (size_t c = 0; c < bn->channels; c++, x += size, y += size) {
        norm_channel channel = {.bn = bn, .x = x};
        const float center = norm_sum(&channel, norm_value) / count;
        channel.center = splat_f(center);
        const float variance = norm_sum(&channel, norm_square) / count;
        mean[c] = center;
        inverse[c] = 1.0f / __builtin_sqrtf(variance + bn->epsilon);
        running_mean[c] += bn->momentum * (center - running_mean[c]);
        running_variance[c] += bn->momentum * (variance * unbiased - running_variance[c]);
        const float factor = scale[c] * inverse[c];
        norm_scale(bn, x, factor, __builtin_fmaf(-center, factor, shift[c]), y);
    }
}

KERNEL void batchnorm_inference(const bnn_batchnorm *bn, const float *x, const float *scale,
                                const float *shift, const float *running_mean,
                                const float *running_variance, float *y)
{
    const size_t size = (size_t)bn->positions * bn->lanes;
    for (size_t c = 0; c < bn->channels; c++) {
        const float factor = scale[c] * (1.0f / __builtin_sqrtf(running_variance[c] + bn->epsilon));
        norm_scale(bn, x + c * size, factor, __builtin_fmaf(-running_mean[c], factor, shift[c]),
                   y + c * size);
    }
}

KERNEL void batchnorm_backward(const bnn_batchnorm *bn, const float *x, const float *scale,
                               const float *mean, const float *inverse, const float *gy, float *gx,
                               float *gscale, float *gshift)
{
    const size_t size = (size_t)bn->positions * bn->lanes;
    const float count = (float)bn->positions * (float)bn->n;
    for (size_t c = 0; c < bn->channels; c++, x += size, gy += size) {
        const norm_channel channel = {.bn = bn, .x = x, .gy = gy, .center = splat_f(mean[c])};
        const float sum = norm_sum(&(norm_channel){.bn = bn, .x = gy}, norm_value);
        gshift[c] = sum;
        gscale[c] = norm_sum(&channel, norm_product) * inverse[c];
        if (gx == NULL)
            continue;
        /* gx = factor * (gy - sum / count - xhat * gscale / count); + 0: no zero is negative. */
        const float factor = scale[c] * inverse[c];
        const float slope = -factor * inverse[c] * gscale[c] / count;
        const vf f = splat_f(factor), s = splat_f(slope + 0.0f);
        const float offset = __builtin_fmaf(-slope, mean[c], -factor * sum / count);
        const vf o = splat_f(offset + 0.0f);
        for (size_t at = 0; at < size; at += VL)
            store_f(gx + at, fma_f(load_f(gy + at), f, fma_f(load_f(x + at), s, o)));
        if (bn->n < bn->lanes)
            for (size_t p = 0; p < bn->positions; p++)
                memset(gx + p * bn->lanes + bn->n, 0, (bn->lanes - bn->n) * sizeof *gx);
        gx += size;
    }
}
