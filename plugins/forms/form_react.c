/* form_react - ReActNet's weights: signs times the mean magnitude of each filter, which counts as a
 * constant and is no part of the gradient. (Its code starts weights in [0, 0.001), where all signs
 * are +1; here they start as all others.) In its second step: train.optimizer.weight_decay 0. */
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
    filters_through_unscaled(io);
}

BNN_DEFINE_FORM(BNN_HEAD_PLAIN("react", "signs times the mean magnitude of each filter, a constant",
                               "ReActNet, Liu et al. 2020, arXiv:2003.03488"),
                .flags = BNN_FORM_SIGN, .plan = plan, .forward = forward, .backward = backward,
                .formula = "weight = a sign(w), a = mean |w| over each filter\n"
                           "dL/dw = g ste(w), g = dL/dweight: without a")
