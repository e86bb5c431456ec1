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

/* What each channel has one of, and its value at the start. */
typedef struct slopes_tensor {
    const char *name;
    float start;
} slopes_tensor;

static inline int slopes_plan(uint32_t n, const slopes_tensor *tensors, bnn_layer_plan *plan)
{
    plan->out = plan->in;
    plan->n_tensors = n;
    for (uint32_t t = 0; t < n; t++)
        plan->tensors[t] = (bnn_tensor){.name = tensors[t].name,
                                        .kind = BNN_TENSOR_VECTOR,
                                        .dims = {plan->in.c, 1, 1, 1},
                                        .fill = tensors[t].start};
    return 0;
}

/* Channel c of a layer. */
BNN_HOT static void slopes_forward(const bnn_layer_io *io, size_t c, slopes s)
{
    const size_t n = bnn_io_channel(io);
    const float *x = io->x + c * n;
    float *y = io->y + c * n;
    for (size_t i = 0; i < n; i++) {
        const float t = x[i] - s.shift;
        y[i] = t * (t >= 0.0f ? s.above : s.below) + s.offset;
    }
}

BNN_HOT static slopes_gradient slopes_backward(const bnn_kernels *kernels, const bnn_layer_io *io,
                                               size_t c, slopes s)
{
    const size_t n = bnn_io_channel(io);
    const float *x = io->x + c * n, *gy = io->gy + c * n;
    float through[BNN_LANES] = {0}, low[BNN_LANES] = {0}, high[BNN_LANES] = {0},
          all[BNN_LANES] = {0};
    for (size_t i = 0; i < n; i += BNN_LANES)
        for (size_t lane = 0; lane < BNN_LANES; lane++) {
            const float t = x[i + lane] - s.shift, g = gy[i + lane];
            through[lane] += g * (t >= 0.0f ? s.above : s.below);
            low[lane] += g * (t < 0.0f ? t : 0.0f);
            high[lane] += g * (t < 0.0f ? 0.0f : t);
            all[lane] += g;
        }
    for (size_t i = 0; io->gx != NULL && i < n; i++)
        io->gx[c * n + i] = gy[i] * (x[i] - s.shift >= 0.0f ? s.above : s.below);
    return (slopes_gradient){.shift = -kernels->sum(BNN_LANES, through),
                             .below = kernels->sum(BNN_LANES, low),
                             .above = kernels->sum(BNN_LANES, high),
                             .offset = kernels->sum(BNN_LANES, all)};
}

/* Sets the lowering to x + sign * shift: the first of the operations, to be emitted, or the last. */
static inline void slopes_lower_shift(float sign, const float *shift, size_t channels,
                                      bnn_lowering *lowering)
{
    lowering->op = BNN_LOWER_AFFINE;
    for (size_t c = 0; c < channels; c++) {
        lowering->factor[c] = 1.0f;
        lowering->offset[c] = sign * shift[c];
    }
}

#endif
