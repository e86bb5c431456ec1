/* layer_shift - y = x + b, with one b per channel that is learned and starts at 0. In front of a sign
 * it is ReActNet's RSign, a sign with a learned threshold. */
#include <bnn/plugin.h>

static int plan(const void *params, bnn_layer_plan *plan)
{
    (void)params;
    plan->out = plan->in;
    plan->n_tensors = 1;
    plan->tensors[0] = (bnn_tensor){
        .name = "shift", .kind = BNN_TENSOR_VECTOR, .dims = {plan->in.c, 1, 1, 1}, .fill = 0.0f};
    return 0;
}

BNN_HOT static void forward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    const size_t n = bnn_io_channel(io);
    (void)ctx, (void)params;
    for (size_t c = 0; c < io->in.c; c++) {
        const float shift = io->tensors[0][c];
        const float *x = io->x + c * n;
        float *y = io->y + c * n;
        for (size_t i = 0; i < n; i++)
            y[i] = x[i] + shift;
    }
}

static void backward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    const size_t n = bnn_io_channel(io);
    (void)params;
    for (size_t c = 0; c < io->in.c; c++)
        io->gradients[0][c] = ctx->kernels->sum(n, io->gy + c * n);
    for (size_t i = 0; io->gx != NULL && i < io->in.c * n; i++)
        io->gx[i] = io->gy[i];
}

static int lower(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)params;
    lowering->op = BNN_LOWER_AFFINE;
    for (size_t c = 0; c < io->in.c; c++) {
        lowering->factor[c] = 1.0f;
        lowering->offset[c] = io->tensors[0][c];
    }
    return 0;
}

BNN_DEFINE_LAYER(BNN_HEAD_PLAIN("shift", "a learned shift per channel, in front of a sign",
                                "Liu et al. 2020 (ReActNet), arXiv:2003.03488"),
                 .role = BNN_ROLE_BEFORE_SIGN, .plan = plan, .forward = forward,
                 .backward = backward, .lower = lower, .formula = "y = x + shift[c]")
