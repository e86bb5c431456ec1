/* form_libra - IR-Net's weights (Libra parameter binarization): each filter is centred and divided by
 * its deviation, so that its signs are balanced; the scale is the power of two next to the mean
 * magnitude, a constant in the backward pass. For normal weights that is 2^0: the mean magnitude is
 * 0.80. IR-Net's STE is ede. model.binarize.clip: 0, since weights are standardised anyway. */
#include "filters.h"

static int plan(const void *params, bnn_form_plan *plan)
{
    (void)params;
    plan->scale = BNN_SCALE_FILTER;
    plan->n_saved = (size_t)plan->filters * plan->taps + plan->filters;
    return 0;
}

/* 2^round(log2 x); 1 for 0. */
static float libra_power_of_two(float x)
{
    int exponent;
    const float half_root = 0x1.6a09e6p-1f; /* sqrt(1/2): x = m 2^exponent, 1/2 <= m < 1 */
    if (!(x > 0.0f))
        return 1.0f;
    return frexpf(x, &exponent) > half_root ? ldexpf(1.0f, exponent) : ldexpf(0.5f, exponent);
}

static void forward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    float *inverse = io->saved + filters_weights(io);
    (void)params;
    for (uint32_t f = 0; f < io->filters; f++) {
        float *v = io->saved + filters_at(io, f);
        inverse[f] =
            filters_standardise(ctx, io->taps, io->latent + filters_at(io, f), 1.0f, 0.0f, v);
        io->scale[f] = libra_power_of_two(filters_mean_magnitude(io->taps, v));
    }
    io->binarize(io, filters_weights(io), io->saved, io->codes);
}

static void backward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    const float *inverse = io->saved + filters_weights(io);
    (void)params;
    io->through(io, filters_weights(io), io->saved, io->gcodes, io->glatent);
    for (uint32_t f = 0; f < io->filters; f++)
        filters_unstandardise(ctx, io->taps, io->saved + filters_at(io, f), 1.0f, inverse[f],
                              io->glatent + filters_at(io, f));
}

BNN_DEFINE_FORM(BNN_HEAD_PLAIN("libra", "standardised filters, times a power of two",
                               "IR-Net, Qin et al. 2020, arXiv:1909.10788"),
                .plan = plan, .forward = forward, .backward = backward,
                .formula = "v = (w - mean w) / std w over each filter of n weights\n"
                           "weight = a sign(v), a = 2^round(log2 mean |v|)\n"
                           "h = a g ste(v), g = dL/dweight\n"
                           "dL/dw = (h - mean h - v sum(h v)/(n - 1)) / std w")
