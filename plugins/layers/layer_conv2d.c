/* layer_conv2d - a 2-D convolution with square kernels; the loops are the host's, and run once for each group. */
#include "linear.h"

struct conv2d {
    int32_t out, kernel, stride, padding, bias, groups;
};

static const bnn_param params[] = {
    BNN_INTEGER(struct conv2d, out, 16, 1, 65536, "output channels"),
    BNN_INTEGER(struct conv2d, kernel, 3, 1, 64, "height and width of a kernel"),
    BNN_INTEGER(struct conv2d, stride, 1, 1, 64, "step from window to window"),
    BNN_INTEGER(struct conv2d, padding, 0, 0, 63, "rows and columns added on each side"),
    LINEAR_BIAS(struct conv2d),
    BNN_INTEGER_LATER(struct conv2d, groups, 1, 0, 65536,
                      "parts of the channels that see only each other; 0: as many as inputs"),
    BNN_PARAMS_END,
};

static uint32_t groups_of(const struct conv2d *p, bnn_shape in)
{
    return p->groups == 0 ? in.c : (uint32_t)p->groups;
}

/* Of one group, all of which are alike. */
static bnn_conv describe(const struct conv2d *p, bnn_shape in, bnn_shape out, float pad_value,
                         uint32_t lanes)
{
    const uint32_t groups = groups_of(p, in);
    return (bnn_conv){.in = {in.c / groups, in.h, in.w},
                      .out = {out.c / groups, out.h, out.w},
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
    const uint32_t groups = groups_of(p, plan->in), out = (uint32_t)p->out;
    if (plan->in.c % groups != 0 || out % groups != 0)
        return plan->fail(plan, "%u groups do not divide its %u input and %u output channels",
                          groups, plan->in.c, out);
    if (k > height || k > width)
        return plan->fail(plan, "a %ux%u kernel is larger than its input, %ux%u with padding %u", k,
                          k, plan->in.h, plan->in.w, padding);
    if (padding >= k)
        return plan->fail(plan, "padding %u must be smaller than the kernel, %u", padding, k);
    plan->out = (bnn_shape){.c = out,
                            .h = (height - k) / (uint32_t)p->stride + 1,
                            .w = (width - k) / (uint32_t)p->stride + 1};
    linear_plan_tensors(plan, p->bias, plan->in.c / groups, k, k);
    const bnn_conv conv = describe(p, plan->in, plan->out, plan->pad_value, plan->lanes);
    plan->n_scratch = linear_scratch(plan->kernels->conv2d_scratch(&conv),
                                     plan->kernels->conv2d_binary_scratch(&conv));
    plan->macs = (uint64_t)conv.in.c * k * k * out * plan->out.h * plan->out.w;
    return 0;
}

/* What belongs to a group, from one to the next, in floats. */
typedef struct steps {
    size_t x, y, weight, bias;
} steps;

static steps steps_of(const bnn_conv *conv)
{
    return (steps){.x = (size_t)conv->in.c * conv->in.h * conv->in.w * conv->lanes,
                   .y = (size_t)conv->out.c * conv->out.h * conv->out.w * conv->lanes,
                   .weight = (size_t)conv->out.c * conv->in.c * conv->kernel * conv->kernel,
                   .bias = conv->out.c};
}

static float *part_of(float *values, size_t group, size_t step)
{
    return values == NULL ? NULL : values + group * step;
}

static void forward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const bnn_conv conv = describe(p, io->in, io->out, io->pad_value, io->lanes);
    const steps step = steps_of(&conv);
    for (size_t g = 0; g < groups_of(p, io->in); g++) {
        const float *x = io->x + g * step.x, *weight = io->tensors[WEIGHT] + g * step.weight;
        float *y = io->y + g * step.y;
        if (linear_counts_bits(io))
            ctx->kernels->conv2d_forward_binary(&conv, x, weight, y, io->scratch);
        else
            ctx->kernels->conv2d_forward(&conv, x, weight, part_of(io->tensors[BIAS], g, step.bias),
                                         y, io->scratch);
    }
}

static void backward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const bnn_conv conv = describe(p, io->in, io->out, io->pad_value, io->lanes);
    const steps step = steps_of(&conv);
    for (size_t g = 0; g < groups_of(p, io->in); g++) {
        const float *gy = io->gy + g * step.y;
        ctx->kernels->conv2d_weight_gradient(
            &conv, io->x + g * step.x, gy, io->gradients[WEIGHT] + g * step.weight,
            part_of(io->gradients[BIAS], g, step.bias), io->scratch);
        if (io->gx != NULL)
            ctx->kernels->conv2d_input_gradient(&conv, gy, io->tensors[WEIGHT] + g * step.weight,
                                                io->gx + g * step.x, io->scratch);
    }
}

static int lower(const void *params_, const bnn_layer_io *io, bnn_lowering *lowering)
{
    const struct conv2d *p = params_;
    lowering->op = BNN_LOWER_CONV2D;
    lowering->kernel = (uint32_t)p->kernel;
    lowering->stride = (uint32_t)p->stride;
    lowering->padding = (uint32_t)p->padding;
    lowering->groups = groups_of(p, io->in);
    lowering->weight = io->tensors[WEIGHT];
    lowering->bias = io->tensors[BIAS];
    return 0;
}

BNN_DEFINE_LAYER(
    BNN_HEAD("conv2d", "2-D convolution with square kernels",
             "LeCun et al. 1998; initial values as in PyTorch", struct conv2d, params),
    .role = BNN_ROLE_LINEAR, .plan = plan, .forward = forward, .backward = backward, .lower = lower,
    .formula = "y[o] at a place = bias[o] + sum over i and the window of weight[o][i] x[i]\n"
               "with groups, i are the input channels of the group that o is of")
