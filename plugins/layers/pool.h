/* pool.h - what pools over square windows have in common: their parameters and their shape. There
 * is no padding: what does not fill a window at the right and lower border is left out. */
#ifndef BNN_PLUGINS_POOL_H
#define BNN_PLUGINS_POOL_H

#include <bnn/plugin.h>

struct pool {
    int32_t size, stride;
};

static const bnn_param pool_params[] = {
    BNN_INTEGER(struct pool, size, 2, 0, 64,
                "height and width of a window; 0: the whole of a square input"),
    BNN_INTEGER(struct pool, stride, 0, 0, 64, "step from window to window; 0: size"),
    BNN_PARAMS_END,
};

static inline uint32_t pool_size(const struct pool *p, bnn_shape in)
{
    return p->size == 0 ? in.h : (uint32_t)p->size;
}

static inline uint32_t pool_stride(const struct pool *p, bnn_shape in)
{
    return p->stride == 0 ? pool_size(p, in) : (uint32_t)p->stride;
}

static inline int pool_plan(const void *params, bnn_layer_plan *plan)
{
    const struct pool *p = params;
    const uint32_t size = pool_size(p, plan->in), stride = pool_stride(p, plan->in);
    if (p->size == 0 && plan->in.h != plan->in.w)
        return plan->fail(plan, "size 0 is the whole of a square input, and this one is %ux%u",
                          plan->in.h, plan->in.w);
    if (size > plan->in.h || size > plan->in.w)
        return plan->fail(plan, "a %ux%u window is larger than its input, %ux%u", size, size,
                          plan->in.h, plan->in.w);
    plan->out = (bnn_shape){.c = plan->in.c,
                            .h = (plan->in.h - size) / stride + 1,
                            .w = (plan->in.w - size) / stride + 1};
    return 0;
}

/* As the kernels want it. */
static inline bnn_pool pool_of(const void *params, const bnn_layer_io *io)
{
    const struct pool *p = params;
    return (bnn_pool){.in = io->in,
                      .out = io->out,
                      .size = pool_size(p, io->in),
                      .stride = pool_stride(p, io->in),
                      .lanes = io->lanes};
}

static inline int pool_lower(const void *params, const bnn_layer_io *io, bnn_lower_op op,
                             bnn_lowering *lowering)
{
    const struct pool *p = params;
    lowering->op = op;
    lowering->kernel = pool_size(p, io->in);
    lowering->stride = pool_stride(p, io->in);
    return 0;
}

#endif
