/* layer_dense - every output is a weighted sum of all inputs; an image is flattened on the way. */
#include "linear.h"

struct dense {
    int32_t out, bias;
};

static const bnn_param params[] = {
    BNN_INTEGER(struct dense, out, 16, 1, 1 << 20, "outputs"),
    LINEAR_BIAS(struct dense),
    BNN_PARAMS_END,
};

/* Feature-major tensors are flat already. */
static uint32_t n_features(bnn_shape shape)
{
    return shape.c * shape.h * shape.w;
}

static int plan(const void *params_, bnn_layer_plan *plan)
{
    const struct dense *p = params_;
    const uint64_t in = (uint64_t)plan->in.c * plan->in.h * plan->in.w;
    if (in > 1u << 30)
        return plan->fail(plan, "%ux%ux%u inputs are too many", plan->in.c, plan->in.h, plan->in.w);
    plan->out = (bnn_shape){.c = (uint32_t)p->out, .h = 1, .w = 1};
    linear_plan_tensors(plan, p->bias, (uint32_t)in, 1, 1);
    const bnn_kernels *k = plan->kernels;
    plan->n_scratch =
        linear_scratch(k->dense_scratch((uint32_t)in, plan->out.c, plan->lanes),
                       k->dense_binary_scratch((uint32_t)in, plan->out.c, plan->lanes));
    plan->macs = in * plan->out.c;
    return 0;
}

static void forward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const uint32_t in = n_features(io->in);
    (void)p;
    if (linear_counts_bits(io))
        ctx->kernels->dense_forward_binary(in, io->out.c, io->lanes, io->x, io->tensors[WEIGHT],
                                           io->y, io->scratch);
    else
        ctx->kernels->dense_forward(in, io->out.c, io->lanes, io->x, io->tensors[WEIGHT],
                                    io->tensors[BIAS], io->y, io->scratch);
}

static void backward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const uint32_t in = n_features(io->in);
    (void)p;
    ctx->kernels->dense_weight_gradient(in, io->out.c, io->lanes, io->x, io->gy,
                                        io->gradients[WEIGHT], io->gradients[BIAS], io->scratch);
    if (io->gx != NULL)
        ctx->kernels->dense_input_gradient(in, io->out.c, io->lanes, io->gy, io->tensors[WEIGHT],
                                           io->gx, io->scratch);
}

static int lower(const void *p, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)p;
    lowering->op = BNN_LOWER_DENSE;
    lowering->weight = io->tensors[WEIGHT];
    lowering->bias = io->tensors[BIAS];
    return 0;
}

BNN_DEFINE_LAYER(BNN_HEAD("dense", "fully connected layer",
                          "Rosenblatt 1958; initial values as in PyTorch", struct dense, params),
                 .role = BNN_ROLE_LINEAR, .plan = plan, .forward = forward, .backward = backward,
                 .lower = lower, .formula = "y[o] = bias[o] + sum over i of weight[o][i] x[i]")
