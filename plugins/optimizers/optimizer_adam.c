/* optimizer_adam - Adam: steps scaled by running means of the gradient and of its square. With
 * `decoupled` it is AdamW, which also has a name of its own. */
#include "adam.h"

static const bnn_param params[] = {
    ADAM_MEANS,
    BNN_NUMBER(struct adam, weight_decay, 0.0, 0.0, 1.0, "shrinks weights; see decoupled"),
    BNN_SWITCH(struct adam, decoupled, 0, "decay weights directly (AdamW), not by the gradient"),
    BNN_PARAMS_END,
};

BNN_HOT static void step(const bnn_context *ctx, const void *p, const bnn_step *step, size_t n,
                         float *w, const float *g, float *const *slots)
{
    const struct adam *adam = p;
    (void)ctx;
    adam_step(adam, adam->decoupled, step, n, w, g, slots);
}

BNN_DEFINE_OPTIMIZER(BNN_HEAD("adam", "steps scaled by running means of the gradient",
                              "Kingma & Ba 2014, arXiv:1412.6980; Loshchilov & Hutter 2017, "
                              "arXiv:1711.05101 (decoupled)",
                              struct adam, params),
                     .n_slots = 2, .default_lr = 1e-3, .step = step,
                     .formula = "m += (1 - beta1) (g - m), v += (1 - beta2) (g^2 - v)\n"
                                "w -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)\n"
                                "before: g += weight_decay w; decoupled: w *= 1 - lr weight_decay")
