/* layer_hardtanh - y = x held in [-1, 1]: the shape of sign, with a slope. */
#include <bnn/plugin.h>

static void forward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    (void)params;
    ctx->kernels->clamp(bnn_io_values(io), -1.0f, 1.0f, io->x, io->y);
}

static void backward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    (void)params;
    if (io->gx != NULL)
        ctx->kernels->clamp_gradient(bnn_io_values(io), -1.0f, 1.0f, io->x, io->gy, io->gx);
}

static int lower(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)params, (void)io;
    lowering->op = BNN_LOWER_CLAMP;
    lowering->low = -1.0f;
    lowering->high = 1.0f;
    return 0;
}

BNN_DEFINE_LAYER(BNN_HEAD_PLAIN("hardtanh", "x held in [-1, 1]", "Collobert 2004"),
                 .role = BNN_ROLE_ACTIVATION, .plan = bnn_plan_elementwise, .forward = forward,
                 .backward = backward, .lower = lower, .formula = "y = min(max(x, -1), 1)")
