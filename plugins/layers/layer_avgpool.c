/* layer_avgpool - the mean of every window, without padding: what does not fill a window at
 * the right and lower border is left out. */
#include <bnn/plugin.h>

struct pool {
    int32_t size, stride;
};

static const bnn_param params[] = {
    BNN_INTEGER(struct pool, size, 2, 1, 64, "height and width of a window"),
    BNN_INTEGER(struct pool, stride, 0, 0, 64, "step from window to window; 0: size"),
    BNN_PARAMS_END,
};

static uint32_t stride_of(const struct pool *p)
{
    return (uint32_t)(p->stride == 0 ? p->size : p->stride);
}

static int plan(const void *params_, bnn_layer_plan *plan)
{
    const struct pool *p = params_;
    const uint32_t size = (uint32_t)p->size;
    if (size > plan->in.h || size > plan->in.w)
        return plan->fail(plan, "a %ux%u window is larger than its input, %ux%u", size, size,
                          plan->in.h, plan->in.w);
    plan->out = (bnn_shape){.c = plan->in.c,
                            .h = (plan->in.h - size) / stride_of(p) + 1,
                            .w = (plan->in.w - size) / stride_of(p) + 1};
    return 0;
}

static bnn_pool describe(const struct pool *p, const bnn_layer_io *io)
{
    return (bnn_pool){.in = io->in,
                      .out = io->out,
                      .size = (uint32_t)p->size,
                      .stride = stride_of(p),
                      .lanes = io->lanes};
}

static void forward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const bnn_pool pool = describe(p, io);
    ctx->kernels->avgpool_forward(&pool, io->x, io->y);
}

static void backward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const bnn_pool pool = describe(p, io);
    if (io->gx != NULL)
        ctx->kernels->avgpool_backward(&pool, io->gy, io->gx);
}

static int lower(const void *params_, const bnn_layer_io *io, bnn_lowering *lowering)
{
    const struct pool *p = params_;
    (void)io;
    lowering->op = BNN_LOWER_AVGPOOL;
    lowering->kernel = (uint32_t)p->size;
    lowering->stride = stride_of(p);
    return 0;
}

BNN_DEFINE_LAYER(BNN_HEAD("avgpool", "mean over square windows", NULL, struct pool, params),
                 .role = BNN_ROLE_POOL, .flags = BNN_LAYER_KEEPS_SIGN, .plan = plan,
                 .forward = forward, .backward = backward, .lower = lower)
