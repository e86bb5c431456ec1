/* form_learned_scale - signs times a scale for each filter that is learned, in the form of XNOR-Net++
 * that belongs to a channel: those that belong to a place of the output do not fold into thresholds.
 * Starts at 1; may become negative, which the deployed network takes as well. */
#include "filters.h"

static int plan(const void *params, bnn_form_plan *plan)
{
    (void)params;
    filters_plan_learned_scale(plan, 1.0f);
    return 0;
}

static void forward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    (void)ctx, (void)params;
    io->binarize(io, filters_weights(io), io->latent, io->codes);
    filters_give_learned_scale(io);
}

static void backward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    (void)ctx, (void)params;
    io->through(io, filters_weights(io), io->latent, io->gcodes, io->glatent);
    filters_learn_scale(io);
}

BNN_DEFINE_FORM(BNN_HEAD_PLAIN("learned_scale", "signs times a learned scale for each filter",
                               "XNOR-Net++, Bulat & Tzimiropoulos 2019, arXiv:1909.13863"),
                .flags = BNN_FORM_SIGN, .plan = plan, .forward = forward, .backward = backward,
                .formula = "weight = a sign(w), a learned for each filter, 1 at the start\n"
                           "dL/dw = a g ste(w), g = dL/dweight\n"
                           "dL/da = sum g sign(w) over the filter")
