/* layer_rprelu - PReLU(x - g) + z: a PReLU whose corner is moved by two learned numbers per channel,
 * along both axes. Slope 0.25, g and z 0 at the start, when it is a PReLU. */
#include "shifted_slopes.h"

enum { SHIFT, SLOPE, OFFSET, N_TENSORS };

static int plan(const void *params, bnn_layer_plan *plan)
{
    static const slopes_tensor tensors[N_TENSORS] = {
        [SHIFT] = {"shift", 0.0f}, [SLOPE] = {"slope", 0.25f}, [OFFSET] = {"offset", 0.0f}};
    (void)params;
    return slopes_plan(N_TENSORS, tensors, plan);
}

static slopes slopes_of(const bnn_layer_io *io, size_t c)
{
    return (slopes){.shift = io->tensors[SHIFT][c],
                    .below = io->tensors[SLOPE][c],
                    .above = 1.0f,
                    .offset = io->tensors[OFFSET][c]};
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
        io->gradients[SLOPE][c] = g.below;
        io->gradients[OFFSET][c] = g.offset;
    }
}

static int lower(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)params;
    slopes_lower_shift(-1.0f, io->tensors[SHIFT], io->in.c, lowering);
    int status = lowering->emit(lowering);
    if (status != 0)
        return status;
    lowering->op = BNN_LOWER_SLOPE;
    for (size_t c = 0; c < io->in.c; c++)
        lowering->factor[c] = io->tensors[SLOPE][c];
    status = lowering->emit(lowering);
    slopes_lower_shift(1.0f, io->tensors[OFFSET], io->in.c, lowering);
    return status;
}

BNN_DEFINE_LAYER(BNN_HEAD_PLAIN("rprelu", "a PReLU with a learned corner: PReLU(x - g) + z",
                                "Liu et al. 2020 (ReActNet), arXiv:2003.03488"),
                 .role = BNN_ROLE_ACTIVATION, .plan = plan, .forward = forward,
                 .backward = backward, .lower = lower,
                 .formula = "t = x - shift[c]\n"
                            "y = t + offset[c]            where t >= 0\n"
                            "    slope[c] t + offset[c]   elsewhere")
