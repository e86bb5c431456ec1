/* layer_relu - y = max(x, 0). */
#include <bnn/plugin.h>
#include <math.h>

static void forward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    (void)params;
    ctx->kernels->clamp(bnn_io_values(io), 0.0f, INFINITY, io->x, io->y);
}

static void backward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    (void)params;
    if (io->gx != NULL)
        ctx->kernels->clamp_gradient(bnn_io_values(io), 0.0f, INFINITY, io->x, io->gy, io->gx);
}

static int lower(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)params, (void)io;
    lowering->op = BNN_LOWER_CLAMP;
    lowering->low = 0.0f;
    lowering->high = INFINITY;
    return 0;
}

BNN_DEFINE_LAYER(BNN_HEAD_PLAIN("relu", "max(x, 0)", "Nair & Hinton 2010"),
                 .role = BNN_ROLE_ACTIVATION, .flags = BNN_LAYER_NONNEGATIVE,
                 .plan = bnn_plan_elementwise, .forward = forward, .backward = backward,
                 .lower = lower, .formula = "y = max(x, 0)")
