/* optimizer_adamw - AdamW: Adam whose weight decay shrinks the weights themselves, instead of adding
 * to a gradient that is then divided by its own size. Defaults as in PyTorch. */
#include "adam.h"

static const bnn_param params[] = {
    ADAM_MEANS,
    BNN_NUMBER(struct adam, weight_decay, 0.01, 0.0, 1.0,
               "share of a weight lost in a step, times lr"),
    BNN_PARAMS_END,
};

BNN_HOT static void step(const bnn_context *ctx, const void *p, const bnn_step *step, size_t n,
                         float *w, const float *g, float *const *slots)
{
    (void)ctx;
    adam_step(p, 1, step, n, w, g, slots);
}

BNN_DEFINE_OPTIMIZER(BNN_HEAD("adamw", "Adam with weight decay apart from the gradient",
                              "Loshchilov & Hutter 2017, arXiv:1711.05101", struct adam, params),
                     .n_slots = 2, .default_lr = 1e-3, .step = step,
                     .formula = "m += (1 - beta1) (g - m), v += (1 - beta2) (g^2 - v)\n"
                                "w *= 1 - lr weight_decay\n"
                                "w -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)")
