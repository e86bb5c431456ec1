/* batchnorm_template.h - batch normalization (Ioffe & Szegedy 2015) over images and positions.
 *
 * A channel is positions x lanes floats in one piece. Sums run in 4 x LANES partial sums; lanes
 * beyond n count as nothing, by a mask that multiplies with exactly 1 or 0.
 *
 * Parameters: simd/vec.h. */

enum { CHAINS = 4 }; /* independent partial sums, to hide the latency of an addition */

/* 1 where the lane holds an image. */
INLINE vf mask_at(size_t lane, uint32_t n)
{
    vf mask;
    for (int i = 0; i < VL; i++)
        mask[i] = lane + (size_t)i < n ? 1.0f : 0.0f;
    return mask;
}

/* Folds CHAINS x LANES partial sums. */
static float reduce_chains(float sums[CHAINS][LANES])
{
    float lanes[LANES];
    for (int i = 0; i < LANES; i++)
        lanes[i] = (sums[0][i] + sums[1][i]) + (sums[2][i] + sums[3][i]);
    return reduce_lanes(lanes);
}

/* Walks a channel: logical vector i goes to chain i % CHAINS; `term` sees `at` (an offset in
 * floats) and `mask`. One native part of the lanes at a time. The result is in `total`. */
#define SUM_CHANNEL(bn, total, term)                                             \
    do {                                                                         \
        float sums_[CHAINS][LANES];                                              \
        const size_t size_ = (size_t)(bn)->positions * (bn)->lanes;              \
        for (size_t part_ = 0; part_ < LANES; part_ += VL) {                     \
            vf sum_[CHAINS] = {splat_f(0), splat_f(0), splat_f(0), splat_f(0)};  \
            size_t at = part_, lane_ = part_;                                    \
            if ((bn)->n == (bn)->lanes) {                                        \
                const vf mask = splat_f(1.0f);                                   \
                for (; at + 3 * LANES < size_; at += CHAINS * LANES)             \
                    UNROLL                                                       \
                for (int j = 0; j < CHAINS; j++) {                               \
                    const vf before = sum_[j];                                   \
                    sum_[j] = term(at + (size_t)j * LANES, mask, before);        \
                }                                                                \
                for (int j = 0; at < size_; at += LANES, j++)                    \
                    sum_[j] = term(at, mask, sum_[j]);                           \
            } else {                                                             \
                for (int j = 0; at < size_; at += LANES, j = (j + 1) % CHAINS) { \
                    sum_[j] = term(at, mask_at(lane_, (bn)->n), sum_[j]);        \
                    lane_ = lane_ + LANES < (bn)->lanes ? lane_ + LANES : part_; \
                }                                                                \
            }                                                                    \
            for (int j = 0; j < CHAINS; j++)                                     \
                store_f(&sums_[j][part_], sum_[j]);                              \
        }                                                                        \
        (total) = reduce_chains(sums_);                                          \
    } while (0)

/* y = x * factor + offset over a channel. */
static void scale_channel(const bnn_batchnorm *bn, const float *x, float factor, float offset,
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
        float sum, squares;
#define TERM(at, mask, sum) fma_f(load_f(x + (at)), mask, sum)
        SUM_CHANNEL(bn, sum, TERM);
#undef TERM
        const float center = sum / count;
        const vf center_v = splat_f(center);
#define TERM(at, mask, sum) \
    fma_f((load_f(x + (at)) - center_v) * (mask), load_f(x + (at)) - center_v, sum)
        SUM_CHANNEL(bn, squares, TERM);
#undef TERM
        const float variance = squares / count;
        mean[c] = center;
        inverse[c] = 1.0f / __builtin_sqrtf(variance + bn->epsilon);
        running_mean[c] += bn->momentum * (center - running_mean[c]);
        running_variance[c] += bn->momentum * (variance * unbiased - running_variance[c]);
        const float factor = scale[c] * inverse[c];
        scale_channel(bn, x, factor, __builtin_fmaf(-center, factor, shift[c]), y);
    }
}

KERNEL void batchnorm_inference(const bnn_batchnorm *bn, const float *x, const float *scale,
                                const float *shift, const float *running_mean,
                                const float *running_variance, float *y)
{
    const size_t size = (size_t)bn->positions * bn->lanes;
    for (size_t c = 0; c < bn->channels; c++) {
        const float factor = scale[c] * (1.0f / __builtin_sqrtf(running_variance[c] + bn->epsilon));
        scale_channel(bn, x + c * size, factor, __builtin_fmaf(-running_mean[c], factor, shift[c]),
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
        const vf center = splat_f(mean[c]);
        float sum, products;
#define TERM(at, mask, sum) fma_f(load_f(gy + (at)), mask, sum)
        SUM_CHANNEL(bn, sum, TERM);
#undef TERM
#define TERM(at, mask, sum) fma_f(load_f(gy + (at)) * (mask), load_f(x + (at)) - center, sum)
        SUM_CHANNEL(bn, products, TERM);
#undef TERM
        gshift[c] = sum;
        gscale[c] = products * inverse[c];
        if (gx == NULL)
            continue;
        /* gx = factor * (gy - sum / count - xhat * gscale / count) */
        const float factor = scale[c] * inverse[c];
        const float slope = -factor * inverse[c] * gscale[c] / count;
        const vf f = splat_f(factor), s = splat_f(slope);
        const vf o = splat_f(__builtin_fmaf(-slope, mean[c], -factor * sum / count));
        for (size_t at = 0; at < size; at += VL)
            store_f(gx + at, fma_f(load_f(gy + at), f, fma_f(load_f(x + at), s, o)));
        if (bn->n < bn->lanes)
            for (size_t p = 0; p < bn->positions; p++)
                memset(gx + p * bn->lanes + bn->n, 0, (bn->lanes - bn->n) * sizeof *gx);
        gx += size;
    }
}
