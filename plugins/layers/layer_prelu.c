/* layer_prelu - y = x where x >= 0, else slope * x, with one slope per channel that is learned. */
#include <bnn/plugin.h>

static int plan(const void *params, bnn_layer_plan *plan)
{
    (void)params;
    plan->out = plan->in;
    plan->n_tensors = 1;
    plan->tensors[0] = (bnn_tensor){
        .name = "slope", .kind = BNN_TENSOR_VECTOR, .dims = {plan->in.c, 1, 1, 1}, .fill = 0.25f};
    return 0;
}

BNN_HOT static void forward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    const size_t n = bnn_io_channel(io);
    (void)ctx, (void)params;
    for (size_t c = 0; c < io->in.c; c++) {
        const float slope = io->tensors[0][c];
        const float *x = io->x + c * n;
        float *y = io->y + c * n;
        for (size_t i = 0; i < n; i++)
            y[i] = x[i] * (x[i] >= 0.0f ? 1.0f : slope);
    }
}

BNN_HOT static void backward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    const size_t n = bnn_io_channel(io);
    (void)params;
    for (size_t c = 0; c < io->in.c; c++) {
        const float slope = io->tensors[0][c];
        const float *x = io->x + c * n, *gy = io->gy + c * n;
        float sums[BNN_LANES] = {0};
        for (size_t i = 0; i < n; i += BNN_LANES)
            for (size_t lane = 0; lane < BNN_LANES; lane++)
                sums[lane] += gy[i + lane] * (x[i + lane] < 0.0f ? x[i + lane] : 0.0f);
        io->gradients[0][c] = ctx->kernels->sum(BNN_LANES, sums);
        if (io->gx == NULL)
            continue;
        float *gx = io->gx + c * n;
        for (size_t i = 0; i < n; i++)
            gx[i] = gy[i] * (x[i] >= 0.0f ? 1.0f : slope);
    }
}

static int lower(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)params;
    lowering->op = BNN_LOWER_SLOPE;
    for (size_t c = 0; c < io->in.c; c++)
        lowering->factor[c] = io->tensors[0][c];
    return 0;
}

BNN_DEFINE_LAYER(BNN_HEAD_PLAIN("prelu", "a learned slope per channel below zero",
                                "He et al. 2015, arXiv:1502.01852"),
                 .role = BNN_ROLE_ACTIVATION, .plan = plan, .forward = forward,
                 .backward = backward, .lower = lower,
                 .formula = "y = x where x >= 0\n"
                            "    slope[c] x elsewhere")
