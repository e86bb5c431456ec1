/* optimizer_lion - every weight moves by the same step, in the direction of a mean gradient that
 * looks ahead: the mean is kept with beta2, and the sign is taken of one with beta1. The authors
 * advise a learning rate 3 to 10 times smaller than Adam's, and as much more weight decay. */
#include <bnn/plugin.h>

struct lion {
    double beta1, beta2, weight_decay;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct lion, beta1, 0.9, 0.0, 0.9999, "share of the mean in the direction"),
    BNN_NUMBER(struct lion, beta2, 0.99, 0.0, 0.9999, "share of the mean that stays"),
    BNN_NUMBER(struct lion, weight_decay, 0.0, 0.0, 100.0,
               "share of a weight lost in a step, times lr"),
    BNN_PARAMS_END,
};

BNN_HOT static void step(const bnn_context *ctx, const void *p, const bnn_step *step, size_t n,
                         float *w, const float *g, float *const *slots)
{
    const struct lion *lion = p;
    const float beta1 = (float)lion->beta1, rest1 = (float)(1.0 - lion->beta1);
    const float beta2 = (float)lion->beta2, rest2 = (float)(1.0 - lion->beta2);
    const float keep = step->decays ? (float)(1.0 - step->lr * lion->weight_decay) : 1.0f;
    const float lr = (float)step->lr;
    float *const mean = slots[0];
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        const float to = beta1 * mean[i] + rest1 * g[i];
        const float sign = (to > 0.0f ? 1.0f : 0.0f) - (to < 0.0f ? 1.0f : 0.0f);
        mean[i] = beta2 * mean[i] + rest2 * g[i];
        w[i] = keep * w[i] - lr * sign;
    }
}

BNN_DEFINE_OPTIMIZER(BNN_HEAD("lion", "the same step for every weight, with momentum ahead",
                              "Chen et al. 2023, arXiv:2302.06675", struct lion, params),
                     .n_slots = 1, .default_lr = 1e-4, .step = step,
                     .formula = "c = beta1 m + (1 - beta1) g\n"
                                "w *= 1 - lr weight_decay\n"
                                "w -= lr sign(c), with sign(0) = 0\n"
                                "m += (1 - beta2) (g - m)")
