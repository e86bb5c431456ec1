/* layer_maxpool - the largest value of every window. */
#include "pool.h"

static void forward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    const bnn_pool pool = pool_of(params, io);
    ctx->kernels->maxpool_forward(&pool, io->x, io->y);
}

static void backward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    const bnn_pool pool = pool_of(params, io);
    if (io->gx != NULL)
        ctx->kernels->maxpool_backward(&pool, io->x, io->y, io->gy, io->gx);
}

static int lower(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    return pool_lower(params, io, BNN_LOWER_MAXPOOL, lowering);
}

BNN_DEFINE_LAYER(BNN_HEAD("maxpool", "maximum over square windows", NULL, struct pool, pool_params),
                 .role = BNN_ROLE_POOL, .flags = BNN_LAYER_KEEPS_SIGN | BNN_LAYER_KEEPS_BITS,
                 .plan = pool_plan, .forward = forward, .backward = backward, .lower = lower,
                 .formula = "y = maximum of the window")
