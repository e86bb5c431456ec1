/* optimizer_boolean - the flips of Boolean logic deep learning (B+LD): a binary weight gathers the
 * votes of its gradients, and flips when a whole vote is against it; then it starts from none.
 *
 * In the paper the votes kept from step to step shrink by the share of the tensor's weights that did
 * not flip in the step before, a number just below 1. An optimizer here sees a weight by itself, so
 * that share is the parameter `keep`. Only the sign of w means something: |w| is left alone, and a
 * weight of exactly 0 acts as +1 and becomes -1 by its flip. */
#include <bnn/plugin.h>

struct boolean {
    double keep;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct boolean, keep, 0.999, 0.0, 1.0, "share of the votes kept for the next step"),
    BNN_PARAMS_END,
};

BNN_HOT static void step(const bnn_context *ctx, const void *p, const bnn_step *step, size_t n,
                         float *w, const float *g, float *const *slots)
{
    const float keep = (float)((const struct boolean *)p)->keep, lr = (float)step->lr;
    float *const votes = slots[0];
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        const float sum = keep * votes[i] + lr * g[i];
        const float against = w[i] >= 0.0f ? sum : -sum;
        const float flipped = w[i] == 0.0f ? -1.0f : -w[i];
        votes[i] = against >= 1.0f ? 0.0f : sum;
        w[i] = against >= 1.0f ? flipped : w[i];
    }
}

BNN_DEFINE_OPTIMIZER(BNN_HEAD("boolean", "flip a binary weight when the votes against it are one",
                              "Nguyen et al. 2024 (B+LD), arXiv:2405.16339", struct boolean,
                              params),
                     .n_slots = 1, .flags = BNN_OPTIMIZER_BINARY_ONLY, .default_lr = 300.0,
                     .step = step,
                     .formula = "a = keep a + lr g\n"
                                "w = -w and a = 0 where sign(w) a >= 1")
