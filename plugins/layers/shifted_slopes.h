/* shifted_slopes.h - y = t * (t >= 0 ? above : below) + offset with t = x - shift, all per channel:
 * what rprelu and dprelu have in common. The host's operations BNN_LOWER_AFFINE, _SLOPE or _SLOPES
 * and _AFFINE give the same bits. */
#ifndef BNN_LAYERS_SHIFTED_SLOPES_H
#define BNN_LAYERS_SHIFTED_SLOPES_H

#include <bnn/plugin.h>

/* Of one channel. */
typedef struct slopes {
    float shift, below, above, offset;
} slopes;

/* Gradients of a channel. */
typedef struct slopes_gradient {
    float shift, below, above, offset;
} slopes_gradient;

BNN_HOT static void slopes_forward(const slopes *s, size_t n, const float *x, float *y)
{
    const float shift = s->shift, below = s->below, above = s->above, offset = s->offset;
    for (size_t i = 0; i < n; i++) {
        const float t = x[i] - shift;
        y[i] = t * (t >= 0.0f ? above : below) + offset;
    }
}

/* gx may be NULL; n is a multiple of BNN_LANES. */
BNN_HOT static void slopes_backward(const bnn_kernels *kernels, const slopes *s, size_t n,
                                    const float *x, const float *gy, float *gx,
                                    slopes_gradient *out)
{
    const float shift = s->shift, below = s->below, above = s->above;
    float through[BNN_LANES] = {0}, low[BNN_LANES] = {0}, high[BNN_LANES] = {0},
          all[BNN_LANES] = {0};
    for (size_t i = 0; i < n; i += BNN_LANES)
        for (size_t lane = 0; lane < BNN_LANES; lane++) {
            const float t = x[i + lane] - shift, g = gy[i + lane];
            through[lane] += g * (t >= 0.0f ? above : below);
            low[lane] += g * (t < 0.0f ? t : 0.0f);
            high[lane] += g * (t < 0.0f ? 0.0f : t);
            all[lane] += g;
        }
    *out = (slopes_gradient){.shift = -kernels->sum(BNN_LANES, through),
                             .below = kernels->sum(BNN_LANES, low),
                             .above = kernels->sum(BNN_LANES, high),
                             .offset = kernels->sum(BNN_LANES, all)};
    for (size_t i = 0; gx != NULL && i < n; i++)
        gx[i] = gy[i] * (x[i] - shift >= 0.0f ? above : below);
}

/* Sets the lowering to x - shift, the first of the operations. Returns what emit does. */
static inline int slopes_lower_shift(const float *shift, size_t channels, bnn_lowering *lowering)
{
    lowering->op = BNN_LOWER_AFFINE;
    for (size_t c = 0; c < channels; c++) {
        lowering->factor[c] = 1.0f;
        lowering->offset[c] = -shift[c];
    }
    return lowering->emit(lowering);
}

#endif
