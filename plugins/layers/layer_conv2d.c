/* layer_conv2d - a 2-D convolution with square kernels; the loops are the host's. */
#include "linear.h"

struct conv2d {
    int32_t out, kernel, stride, padding, bias;
};

static const bnn_param params[] = {
    BNN_INTEGER(struct conv2d, out, 16, 1, 65536, "output channels"),
    BNN_INTEGER(struct conv2d, kernel, 3, 1, 64, "height and width of a kernel"),
    BNN_INTEGER(struct conv2d, stride, 1, 1, 64, "step from window to window"),
    BNN_INTEGER(struct conv2d, padding, 0, 0, 63, "rows and columns added on each side"),
    LINEAR_BIAS(struct conv2d),
    BNN_PARAMS_END,
};

static bnn_conv describe(const struct conv2d *p, bnn_shape in, bnn_shape out, float pad_value,
                         uint32_t lanes)
{
    return (bnn_conv){.in = in,
                      .out = out,
                      .kernel = (uint32_t)p->kernel,
                      .stride = (uint32_t)p->stride,
                      .padding = (uint32_t)p->padding,
                      .pad_value = pad_value,
                      .lanes = lanes};
}

static int plan(const void *params_, bnn_layer_plan *plan)
{
    const struct conv2d *p = params_;
    const uint32_t k = (uint32_t)p->kernel, padding = (uint32_t)p->padding;
    const uint32_t height = plan->in.h + 2 * padding, width = plan->in.w + 2 * padding;
    if (k > height || k > width)
        return plan->fail(plan, "a %ux%u kernel is larger than its input, %ux%u with padding %u", k,
                          k, plan->in.h, plan->in.w, padding);
    if (padding >= k)
        return plan->fail(plan, "padding %u must be smaller than the kernel, %u", padding, k);
    plan->out = (bnn_shape){.c = (uint32_t)p->out,
                            .h = (height - k) / (uint32_t)p->stride + 1,
                            .w = (width - k) / (uint32_t)p->stride + 1};
    linear_plan_tensors(plan, p->bias, plan->in.c, k, k);
    const bnn_conv conv = describe(p, plan->in, plan->out, plan->pad_value, plan->lanes);
    plan->n_scratch = linear_scratch(plan->kernels->conv2d_scratch(&conv),
                                     plan->kernels->conv2d_binary_scratch(&conv));
    plan->macs = (uint64_t)plan->in.c * k * k * plan->out.c * plan->out.h * plan->out.w;
    return 0;
}

static void forward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const bnn_conv conv = describe(p, io->in, io->out, io->pad_value, io->lanes);
    if (linear_counts_bits(io))
        ctx->kernels->conv2d_forward_binary(&conv, io->x, io->tensors[WEIGHT], io->y, io->scratch);
    else
        ctx->kernels->conv2d_forward(&conv, io->x, io->tensors[WEIGHT], io->tensors[BIAS], io->y,
                                     io->scratch);
}

static void backward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const bnn_conv conv = describe(p, io->in, io->out, io->pad_value, io->lanes);
    ctx->kernels->conv2d_weight_gradient(&conv, io->x, io->gy, io->gradients[WEIGHT],
                                         io->gradients[BIAS], io->scratch);
    if (io->gx != NULL)
        ctx->kernels->conv2d_input_gradient(&conv, io->gy, io->tensors[WEIGHT], io->gx,
                                            io->scratch);
}

static int lower(const void *params_, const bnn_layer_io *io, bnn_lowering *lowering)
{
    const struct conv2d *p = params_;
    lowering->op = BNN_LOWER_CONV2D;
    lowering->kernel = (uint32_t)p->kernel;
    lowering->stride = (uint32_t)p->stride;
    lowering->padding = (uint32_t)p->padding;
    lowering->weight = io->tensors[WEIGHT];
    lowering->bias = io->tensors[BIAS];
    return 0;
}

BNN_DEFINE_LAYER(
    BNN_HEAD("conv2d", "2-D convolution with square kernels",
             "LeCun et al. 1998; initial values as in PyTorch", struct conv2d, params),
    .role = BNN_ROLE_LINEAR, .plan = plan, .forward = forward, .backward = backward, .lower = lower,
    .formula = "y[o] at a place = bias[o] + sum over i and the window of weight[o][i] x[i]")
