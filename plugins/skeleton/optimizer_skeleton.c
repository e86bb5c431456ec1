/* optimizer_skeleton - what an optimizer is made of: how a step changes weights.
 *
 * This one takes the same step for every weight, in the direction of its mean gradient. */
#include <bnn/plugin.h>

/* Parameters are explained in ste_skeleton.c. The learning rate is none of them: the host has it,
 * with its schedule. */
struct skeleton {
    double momentum;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct skeleton, momentum, 0.9, 0.0, 0.9999,
               "share of the mean gradient that stays"),
    BNN_PARAMS_END,
};

/* Required. One tensor, or a slice of it, at a time, each element on its own. `step` has the step's
 * number, the learning rate, and whether weight decay applies; `slots` are as many arrays of n
 * floats as .n_slots says, zero at the start. */
BNN_HOT static void step(const bnn_context *ctx, const void *p, const bnn_step *step, size_t n,
                         float *w, const float *g, float *const *slots)
{
    const struct skeleton *skeleton = p;
    const float keep = (float)skeleton->momentum, take = 1.0f - keep, lr = (float)step->lr;
    float *const mean = slots[0];
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        const float m = keep * mean[i] + take * g[i];
        mean[i] = m;
        w[i] -= lr * ((m > 0.0f ? 1.0f : 0.0f) - (m < 0.0f ? 1.0f : 0.0f));
    }
}

/* Name, summary, paper with its year (or NULL), parameters; then what the host has to know. An
 * optimizer for the signs of weights alone says .flags = BNN_OPTIMIZER_BINARY_ONLY. */
BNN_DEFINE_OPTIMIZER(BNN_HEAD("skeleton", "the same step for every weight",
                              "Bernstein et al. 2018, arXiv:1802.04434", struct skeleton, params),
                     .n_slots = 1, .default_lr = 1e-3, .step = step,
                     .formula = "m = momentum m + (1 - momentum) g, w -= lr sign(m)")
