/* form_layer_scale - signs times the mean magnitude of all weights of the layer, which counts as a
 * constant and is no part of the gradient: the one-bit weights of DoReFa-Net. */
#include "filters.h"

static int plan(const void *params, bnn_form_plan *plan)
{
    (void)params;
    plan->scale = BNN_SCALE_TENSOR;
    return 0;
}

static void forward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    const float mean = filters_mean_magnitude(filters_weights(io), io->latent);
    (void)ctx, (void)params;
    io->binarize(io, filters_weights(io), io->latent, io->codes);
    for (uint32_t f = 0; f < io->filters; f++)
        io->scale[f] = mean;
}

static void backward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    (void)ctx, (void)params;
    filters_through_unscaled(io);
}

BNN_DEFINE_FORM(BNN_HEAD_PLAIN("layer_scale", "signs times the mean magnitude of the layer",
                               "DoReFa-Net, Zhou et al. 2016, arXiv:1606.06160"),
                .flags = BNN_FORM_SIGN, .plan = plan, .forward = forward, .backward = backward,
                .formula = "weight = a sign(w), a = mean |w| over the layer\n"
                           "dL/dw = g ste(w), g = dL/dweight: without a")
