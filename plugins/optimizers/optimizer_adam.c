/* optimizer_adam - Adam, and with `decoupled` AdamW, as PyTorch defines them: running means of the
 * gradient (m) and of its square (v), both corrected for their start at zero. */
#include <bnn/plugin.h>
#include <math.h>

struct adam {
    double beta1, beta2, epsilon, weight_decay;
    int32_t decoupled;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct adam, beta1, 0.9, 0.0, 0.9999, "decay of the mean of the gradient"),
    BNN_NUMBER(struct adam, beta2, 0.999, 0.0, 0.999999, "decay of the mean of its square"),
    BNN_NUMBER(struct adam, epsilon, 1e-8, 1e-16, 1.0, "keeps the divisor from zero"),
    BNN_NUMBER(struct adam, weight_decay, 0.0, 0.0, 1.0, "shrinks weights; see decoupled"),
    BNN_SWITCH(struct adam, decoupled, 0, "decay weights directly (AdamW), not by the gradient"),
    BNN_PARAMS_END,
};

BNN_HOT static void step(const bnn_context *ctx, const void *p, const bnn_step *step, size_t n,
                         float *w, const float *g, float *const *slots)
{
    const struct adam *adam = p;
    const double weight_decay = step->decays ? adam->weight_decay : 0.0;
    const float keep = adam->decoupled ? (float)(1.0 - step->lr * weight_decay) : 1.0f;
    const float l2 = adam->decoupled ? 0.0f : (float)weight_decay;
    const float beta1 = (float)adam->beta1, rest1 = (float)(1.0 - adam->beta1);
    const float beta2 = (float)adam->beta2, rest2 = (float)(1.0 - adam->beta2);
    const float size = (float)(step->lr / (1.0 - bnn_power(adam->beta1, step->t)));
    const float root = (float)(1.0 / sqrt(1.0 - bnn_power(adam->beta2, step->t)));
    const float epsilon = (float)adam->epsilon;
    float *const mean = slots[0], *const square = slots[1];
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        const float kept = keep * w[i];
        const float gradient = g[i] + l2 * w[i];
        const float m = beta1 * mean[i] + rest1 * gradient;
        const float v = beta2 * square[i] + rest2 * (gradient * gradient);
        mean[i] = m;
        square[i] = v;
        w[i] = kept - size * (m / (sqrtf(v) * root + epsilon));
    }
}

BNN_DEFINE_OPTIMIZER(BNN_HEAD("adam", "steps scaled by running means of the gradient",
                              "Kingma & Ba 2014, arXiv:1412.6980; Loshchilov & Hutter 2017, "
                              "arXiv:1711.05101 (decoupled)",
                              struct adam, params),
                     .n_slots = 2, .default_lr = 1e-3, .step = step,
                     .formula = "m += (1 - beta1) (g - m), v += (1 - beta2) (g^2 - v)\n"
                                "w -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)\n"
                                "before: g += weight_decay w; decoupled: w *= 1 - lr weight_decay")
