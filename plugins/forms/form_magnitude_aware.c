/* form_magnitude_aware - signs times the mean magnitude of each filter, which counts as a constant but
 * is part of the gradient: Larq's MagnitudeAwareSign, after Bi-Real Net. Small filters learn slowly. */
#include "filters.h"

static int plan(const void *params, bnn_form_plan *plan)
{
    (void)params;
    plan->scale = BNN_SCALE_FILTER;
    return 0;
}

static void forward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    (void)ctx, (void)params;
    filters_sign_and_magnitude(io);
}

static void backward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    (void)ctx, (void)params;
    io->through(io, filters_weights(io), io->latent, io->gcodes, io->glatent);
}

BNN_DEFINE_FORM(
    BNN_HEAD_PLAIN("magnitude_aware",
                   "signs times the mean magnitude of each filter, in the gradient, too",
                   "Bi-Real Net, Liu et al. 2018, arXiv:1808.00278, as in Larq"),
    .flags = BNN_FORM_SIGN, .plan = plan, .forward = forward, .backward = backward,
    .formula = "weight = a sign(w), a = mean |w| over each filter\n"
               "dL/dw = a g ste(w), g = dL/dweight")
