/* layer_dropout - zeroes a random part of the values in training and scales up the others, so that
 * their mean stays and inference has nothing to do. */
#include <bnn/plugin.h>
#include <string.h>

struct dropout {
    double rate;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct dropout, rate, 0.5, 0.0, 0.99, "share of the values that is dropped"),
    BNN_PARAMS_END,
};

/* y = what is left of x. The noise that decides is the same in both passes. */
static void drop(const struct dropout *p, const bnn_layer_io *io, const float *x, float *y)
{
    const size_t n = bnn_io_values(io);
    const float rate = (float)p->rate, scale = (float)(1.0 / (1.0 - p->rate));
    const float *const noise = io->noise;
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] * (noise[i] >= rate ? scale : 0.0f);
}

BNN_HOT static void forward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    (void)ctx;
    if (io->training)
        drop(p, io, io->x, io->y);
    else
        memcpy(io->y, io->x, bnn_io_values(io) * sizeof *io->y);
}

BNN_HOT static void backward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    (void)ctx;
    if (io->gx != NULL)
        drop(p, io, io->gy, io->gx);
}

static int lower(const void *p, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)p, (void)io;
    lowering->op = BNN_LOWER_IDENTITY;
    return 0;
}

BNN_DEFINE_LAYER(BNN_HEAD("dropout", "zero a random part of the values in training",
                          "Srivastava et al. 2014; scaled in training", struct dropout, params),
                 .role = BNN_ROLE_REGULARIZER, .flags = BNN_LAYER_KEEPS_SIGN,
                 .plan = bnn_plan_elementwise, .forward = forward, .backward = backward,
                 .lower = lower,
                 .formula = "training: y = 0 with probability rate, else x / (1 - rate)\n"
                            "inference: y = x")
