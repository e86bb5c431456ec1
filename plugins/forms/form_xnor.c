/* form_xnor - XNOR-Net's weights: centred and clamped ones binarize, times the mean of their magnitudes
 * for each filter. The gradient goes through the sign and through that mean.
 *
 * The paper's code writes the centred and clamped weights back, which comes to the same, and takes
 * the mean over the input channels at each place of the kernel; here it is over the filter. That code
 * also multiplies gradients by n (1 - 1/channels), which Adam does not see, and has a single g_i in
 * place of the sum below, which was an error (corrected in XNOR-Net-PyTorch). Its K, a scale of the
 * activations, is not here: it differs by position, and thresholds are per channel. */
#include "filters.h"

static int plan(const void *params, bnn_form_plan *plan)
{
    (void)params;
    plan->scale = BNN_SCALE_FILTER;
    plan->n_saved = (size_t)plan->filters * plan->taps;
    return 0;
}

static void forward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    (void)params;
    for (uint32_t f = 0; f < io->filters; f++) {
        const size_t at = filters_at(io, f), n = io->taps;
        float *v = io->saved + at;
        const float mean = filters_mean(ctx, n, io->latent + at);
        for (size_t i = 0; i < n; i++)
            v[i] = io->latent[at + i] - mean;
        ctx->kernels->clamp(n, -1.0f, 1.0f, v, v);
        io->scale[f] = filters_mean_magnitude(n, v);
        io->binarize(io, n, v, io->codes + at);
    }
}

static void backward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    (void)ctx, (void)params;
    io->through(io, filters_weights(io), io->saved, io->gcodes, io->glatent);
    for (uint32_t f = 0; f < io->filters; f++) {
        const size_t at = filters_at(io, f);
        const float share = io->gscale[f] / (float)io->taps;
        for (size_t i = at; i < at + io->taps; i++)
            io->glatent[i] += io->codes[i] * share;
    }
}

BNN_DEFINE_FORM(BNN_HEAD_PLAIN("xnor", "centred signs times the mean magnitude of each filter",
                               "XNOR-Net, Rastegari et al. 2016, arXiv:1603.05279"),
                .plan = plan, .forward = forward, .backward = backward,
                .formula =
                    "v = clamp(w - mean w, -1, 1), a = mean |v|, over each filter of n weights\n"
                    "weight = a sign(v)\n"
                    "dL/dw_i = a g_i ste(v_i) + sign(v_i)/n sum_j g_j sign(v_j), g = dL/dweight")
