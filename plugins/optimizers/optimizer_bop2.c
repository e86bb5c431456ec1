/* optimizer_bop2 - second-order Bop: as optimizer_bop, with the mean of the gradient measured by the
 * root of the mean of its square, so that one threshold fits weights with large and with small
 * gradients. `unbiased` corrects both means for their start at zero.
 *
 * As in Bop gamma is multiplied with the learning rate, which is 1 unless given and follows the
 * schedule. The correction of a mean whose gamma changes is kept beside it: the share of it that
 * gradients have filled. */
#include <bnn/plugin.h>
#include <math.h>

struct bop2 {
    double gamma, sigma, threshold;
    int32_t unbiased;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct bop2, gamma, 1e-6, 1e-9, 1.0,
               "share of a new gradient in the mean, times lr"),
    BNN_NUMBER(struct bop2, sigma, 1e-2, 1e-9, 1.0, "share of its square in the mean square"),
    BNN_NUMBER(struct bop2, threshold, 1e-6, 0.0, 1.0, "mean gradient, by its size, that flips"),
    BNN_SWITCH(struct bop2, unbiased, 0, "correct both means for their start at zero"),
    BNN_PARAMS_END,
};

enum { MEAN, SQUARE, FILLED, N_SLOTS };

BNN_HOT static void step(const bnn_context *ctx, const void *p, const bnn_step *step, size_t n,
                         float *w, const float *g, float *const *slots)
{
    const struct bop2 *bop = p;
    const float gamma = (float)fmin(bop->gamma * step->lr, 1.0), sigma = (float)bop->sigma;
    const float threshold = (float)bop->threshold, epsilon = 1e-10f;
    const int unbiased = bop->unbiased != 0;
    const float root =
        unbiased ? (float)(1.0 / sqrt(1.0 - bnn_power(1.0 - bop->sigma, step->t))) : 1.0f;
    float *const mean = slots[MEAN], *const square = slots[SQUARE], *const filled = slots[FILLED];
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        const float m = mean[i] + gamma * (g[i] - mean[i]);
        const float v = square[i] + sigma * (g[i] * g[i] - square[i]);
        const float share = filled[i] + gamma * (1.0f - filled[i]);
        const float size = (sqrtf(v) * root + epsilon) * (unbiased ? share : 1.0f);
        const float against = w[i] >= 0.0f ? m : -m;
        const float flipped = w[i] == 0.0f ? -1.0f : -w[i];
        mean[i] = m;
        square[i] = v;
        filled[i] = share;
        w[i] = against > threshold * size ? flipped : w[i];
    }
}

BNN_DEFINE_OPTIMIZER(
    BNN_HEAD("bop2", "flip a binary weight when its gradient, by its size, insists",
             "Suarez-Ramirez et al. 2021, arXiv:2104.05124", struct bop2, params),
    .n_slots = N_SLOTS, .flags = BNN_OPTIMIZER_BINARY_ONLY, .default_lr = 1.0, .step = step,
    .formula = "m += gamma lr (g - m), v += sigma (g^2 - v)\n"
               "w = -w where sign(w) m / (sqrt(v) + 1e-10) > threshold\n"
               "unbiased: with m / (1 - (1 - gamma)^t) and v / (1 - (1 - sigma)^t)")
