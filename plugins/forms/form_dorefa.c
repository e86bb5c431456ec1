/* form_dorefa - the weights of DoReFa-Net with more than one bit: tanh of the weights over its largest magnitude in the
 * layer, which counts as a constant, on levels that are evenly apart from -1 to 1. */
#include "filters.h"
#include "rounding.h"

struct dorefa {
    int32_t bits;
};

static const bnn_param params[] = {
    BNN_INTEGER(struct dorefa, bits, 2, 2, 8, "of a weight"),
    BNN_PARAMS_END,
};

/* The codes are -most, -most + 2, ... most. */
static float most_of(const void *p)
{
    return (float)((1 << ((const struct dorefa *)p)->bits) - 1);
}

static int plan(const void *p, bnn_form_plan *plan)
{
    plan->code_max = (int32_t)most_of(p);
    plan->code_min = -plan->code_max;
    plan->code_step = 2;
    plan->scale = BNN_SCALE_TENSOR;
    plan->n_saved = (size_t)plan->filters * plan->taps + 1;
    return 0;
}

/* Saved: tanh of all weights over the largest magnitude of them, and that. Tiny ones are not scaled up all the way,
 * since their gradients would overflow. */
static void squash(const bnn_context *ctx, const bnn_form_io *io)
{
    const size_t n = filters_weights(io);
    float *share = io->saved, largest = 0x1p-20f;
    ctx->kernels->tanh(n, io->latent, share);
    for (size_t i = 0; i < n; i++)
        largest = fabsf(share[i]) > largest ? fabsf(share[i]) : largest;
    for (size_t i = 0; i < n; i++)
        share[i] = share[i] / largest;
    share[n] = largest;
}

static void give_scale(const void *p, const bnn_form_io *io)
{
    for (uint32_t f = 0; f < io->filters; f++)
        io->scale[f] = 1.0f / most_of(p);
}

static void forward(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    const float most = most_of(p);
    squash(ctx, io);
    for (size_t i = 0; i < filters_weights(io); i++)
        io->codes[i] = 2.0f * rounding_nearest(most * (0.5f * io->saved[i] + 0.5f)) - most;
    give_scale(p, io);
}

static void backward(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    const size_t n = filters_weights(io);
    const float *share = io->saved, most = most_of(p), largest = io->saved[n];
    (void)ctx;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float squashed = share[i] * largest;
        io->glatent[i] = io->gcodes[i] * most * (1.0f - squashed * squashed) / largest;
    }
    io->through(io, n, share, io->glatent, io->glatent);
}

static void proxy(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    squash(ctx, io);
    for (size_t i = 0; i < filters_weights(io); i++)
        io->codes[i] = most_of(p) * io->saved[i];
    give_scale(p, io);
}

BNN_DEFINE_FORM(BNN_HEAD("dorefa", "weights of 2 to 8 bits, tanh of them from -1 to 1",
                         "DoReFa-Net, Zhou et al. 2016, arXiv:1606.06160", struct dorefa, params),
                .plan = plan, .forward = forward, .backward = backward, .proxy = proxy,
                .formula = "v = tanh(w) / m, m the largest |tanh(w)| of the layer, a constant\n"
                           "weight = 2 round(n (v / 2 + 1/2)) / n - 1, n = 2^bits - 1\n"
                           "dL/dw = g ste(v) (1 - tanh(w)^2) / m, g = dL/dweight")
