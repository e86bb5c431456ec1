/* optimizer_bop - no latent weights: a binary weight flips when the running mean of its gradient
 * has pushed against it persistently enough, sign(w) m > threshold. Only the sign of w means
 * something, so |w| is left alone; a weight of exactly 0 acts as +1 and becomes -1 by its flip.
 *
 * A flip has no size, so there is no learning rate in the usual sense. The paper decays gamma
 * instead, and so does this: gamma is multiplied with the learning rate, which is 1 unless given
 * and follows the schedule of the run. */
#include <bnn/plugin.h>
#include <math.h>

struct bop {
    double gamma, threshold;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct bop, gamma, 1e-4, 1e-9, 1.0, "share of a new gradient in the mean, times lr"),
    BNN_NUMBER(struct bop, threshold, 1e-8, 0.0, 1.0, "mean gradient that flips a weight"),
    BNN_PARAMS_END,
};

BNN_HOT static void step(const bnn_context *ctx, const void *p, const bnn_step *step, size_t n,
                         float *w, const float *g, float *const *slots)
{
    const struct bop *bop = p;
    const float gamma = (float)fmin(bop->gamma * step->lr, 1.0);
    const float threshold = (float)bop->threshold;
    float *const mean = slots[0];
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        const float m = mean[i] + gamma * (g[i] - mean[i]);
        const float against = w[i] >= 0.0f ? m : -m;
        const float flipped = w[i] == 0.0f ? -1.0f : -w[i];
        mean[i] = m;
        w[i] = against > threshold ? flipped : w[i];
    }
}

BNN_DEFINE_OPTIMIZER(BNN_HEAD("bop", "flip a binary weight when its gradient insists",
                              "Helwegen et al. 2019, arXiv:1906.02107", struct bop, params),
                     .n_slots = 1, .flags = BNN_OPTIMIZER_BINARY_ONLY, .default_lr = 1.0,
                     .step = step,
                     .formula = "m += gamma lr (g - m)\n"
                                "w = -w where sign(w) m > threshold")
