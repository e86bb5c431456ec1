/* layer_batchnorm - brings every channel to mean 0 and variance 1 over the batch, then scales and
 * shifts it; in inference, with statistics gathered in training. */
#include <bnn/plugin.h>
#include <math.h>

enum { SCALE, SHIFT, RUNNING_MEAN, RUNNING_VARIANCE };

struct batchnorm {
    double epsilon, momentum;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct batchnorm, epsilon, 1e-5, 1e-8, 1.0, "added to the variance"),
    BNN_NUMBER(struct batchnorm, momentum, 0.1, 0.0, 1.0,
               "share of a new batch in the running statistics"),
    BNN_PARAMS_END,
};

static int plan(const void *p, bnn_layer_plan *plan)
{
    const uint32_t c = plan->in.c;
    (void)p;
    plan->out = plan->in;
    plan->n_tensors = 4;
    plan->tensors[SCALE] = (bnn_tensor){
        .name = "scale", .kind = BNN_TENSOR_VECTOR, .dims = {c, 1, 1, 1}, .fill = 1.0f};
    plan->tensors[SHIFT] =
        (bnn_tensor){.name = "shift", .kind = BNN_TENSOR_VECTOR, .dims = {c, 1, 1, 1}};
    plan->tensors[RUNNING_MEAN] =
        (bnn_tensor){.name = "running_mean", .kind = BNN_TENSOR_STATE, .dims = {c, 1, 1, 1}};
    plan->tensors[RUNNING_VARIANCE] = (bnn_tensor){
        .name = "running_variance", .kind = BNN_TENSOR_STATE, .dims = {c, 1, 1, 1}, .fill = 1.0f};
    plan->n_saved = 2 * (size_t)c; /* mean, then inverse deviation, of the batch */
    return 0;
}

static bnn_batchnorm describe(const struct batchnorm *p, const bnn_layer_io *io)
{
    return (bnn_batchnorm){.channels = io->in.c,
                           .positions = io->in.h * io->in.w,
                           .n = io->n,
                           .lanes = io->lanes,
                           .epsilon = (float)p->epsilon,
                           .momentum = io->share > 0.0f ? io->share : (float)p->momentum};
}

static void forward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const bnn_batchnorm bn = describe(p, io);
    float *const *t = io->tensors;
    if (io->training)
        ctx->kernels->batchnorm_forward(&bn, io->x, t[SCALE], t[SHIFT], io->saved,
                                        io->saved + bn.channels, t[RUNNING_MEAN],
                                        t[RUNNING_VARIANCE], io->y);
    else
        ctx->kernels->batchnorm_inference(&bn, io->x, t[SCALE], t[SHIFT], t[RUNNING_MEAN],
                                          t[RUNNING_VARIANCE], io->y);
}

static void backward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const bnn_batchnorm bn = describe(p, io);
    ctx->kernels->batchnorm_backward(&bn, io->x, io->tensors[SCALE], io->saved,
                                     io->saved + bn.channels, io->gy, io->gx, io->gradients[SCALE],
                                     io->gradients[SHIFT]);
}

/* With fixed statistics, one factor and one offset: computed as the inference kernel does. */
static int lower(const void *params_, const bnn_layer_io *io, bnn_lowering *lowering)
{
    const struct batchnorm *p = params_;
    float *const *t = io->tensors;
    const float epsilon = (float)p->epsilon;
    lowering->op = BNN_LOWER_AFFINE;
    for (size_t c = 0; c < io->in.c; c++) {
        const float factor = t[SCALE][c] * (1.0f / sqrtf(t[RUNNING_VARIANCE][c] + epsilon));
        lowering->factor[c] = factor;
        lowering->offset[c] = fmaf(-t[RUNNING_MEAN][c], factor, t[SHIFT][c]);
    }
    return 0;
}

BNN_DEFINE_LAYER(BNN_HEAD("batchnorm", "batch normalization per channel",
                          "Ioffe & Szegedy 2015, arXiv:1502.03167", struct batchnorm, params),
                 .role = BNN_ROLE_NORM, .plan = plan, .forward = forward, .backward = backward,
                 .lower = lower,
                 .formula = "y = scale (x - mean) / sqrt(variance + epsilon) + shift\n"
                            "training: mean and variance of the batch; inference: running ones")
