/* layer_avgpool - the mean of every window. */
#include "pool.h"

static void forward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    const bnn_pool pool = pool_of(params, io);
    ctx->kernels->avgpool_forward(&pool, io->x, io->y);
}

static void backward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    const bnn_pool pool = pool_of(params, io);
    if (io->gx != NULL)
        ctx->kernels->avgpool_backward(&pool, io->gy, io->gx);
}

static int lower(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    return pool_lower(params, io, BNN_LOWER_AVGPOOL, lowering);
}

BNN_DEFINE_LAYER(BNN_HEAD("avgpool", "mean over square windows", NULL, struct pool, pool_params),
                 .role = BNN_ROLE_POOL, .flags = BNN_LAYER_KEEPS_SIGN, .plan = pool_plan,
                 .forward = forward, .backward = backward, .lower = lower,
                 .formula = "y = sum of the window / size^2")
