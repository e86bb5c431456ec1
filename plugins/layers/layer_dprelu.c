/* layer_dprelu - two learned slopes and two learned biases per channel: with t = x - b_x,
 * y = t * (t >= 0 ? a : b) - b_y. a = 1, b = 0.25 and no biases at the start. */
#include "shifted_slopes.h"

enum { SHIFT, ABOVE, BELOW, OFFSET, N_TENSORS };

static int plan(const void *params, bnn_layer_plan *plan)
{
    static const slopes_tensor tensors[N_TENSORS] = {[SHIFT] = {"input_bias", 0.0f},
                                                     [ABOVE] = {"slope_above", 1.0f},
                                                     [BELOW] = {"slope_below", 0.25f},
                                                     [OFFSET] = {"output_bias", 0.0f}};
    (void)params;
    return slopes_plan(N_TENSORS, tensors, plan);
}

static slopes slopes_of(const bnn_layer_io *io, size_t c)
{
    return (slopes){.shift = io->tensors[SHIFT][c],
                    .below = io->tensors[BELOW][c],
                    .above = io->tensors[ABOVE][c],
                    .offset = -io->tensors[OFFSET][c]};
}

static void forward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    (void)ctx, (void)params;
    for (size_t c = 0; c < io->in.c; c++)
        slopes_forward(io, c, slopes_of(io, c));
}

static void backward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    (void)params;
    for (size_t c = 0; c < io->in.c; c++) {
        const slopes_gradient g = slopes_backward(ctx->kernels, io, c, slopes_of(io, c));
        io->gradients[SHIFT][c] = g.shift;
        io->gradients[ABOVE][c] = g.above;
        io->gradients[BELOW][c] = g.below;
        io->gradients[OFFSET][c] = -g.offset;
    }
}

static int lower(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)params;
    slopes_lower_shift(-1.0f, io->tensors[SHIFT], io->in.c, lowering);
    int status = lowering->emit(lowering);
    if (status != 0)
        return status;
    lowering->op = BNN_LOWER_SLOPES;
    for (size_t c = 0; c < io->in.c; c++) {
        lowering->factor[c] = io->tensors[BELOW][c];
        lowering->offset[c] = io->tensors[ABOVE][c];
    }
    status = lowering->emit(lowering);
    slopes_lower_shift(-1.0f, io->tensors[OFFSET], io->in.c, lowering);
    return status;
}

BNN_DEFINE_LAYER(BNN_HEAD_PLAIN("dprelu", "two learned slopes and two learned biases per channel",
                                "Zhang et al. 2022 (PokeBNN), arXiv:2112.00133"),
                 .role = BNN_ROLE_ACTIVATION, .plan = plan, .forward = forward,
                 .backward = backward, .lower = lower,
                 .formula = "t = x - input_bias[c]\n"
                            "y = slope_above[c] t - output_bias[c]   where t >= 0\n"
                            "    slope_below[c] t - output_bias[c]   elsewhere")
