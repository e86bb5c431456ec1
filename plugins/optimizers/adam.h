/* adam.h - the step that Adam and AdamW share, as PyTorch defines them: running means of the
 * gradient (m) and of its square (v), both corrected for their start at zero. */
#ifndef BNN_PLUGINS_ADAM_H
#define BNN_PLUGINS_ADAM_H

#include <bnn/plugin.h>
#include <math.h>

struct adam {
    double beta1, beta2, epsilon, weight_decay;
    int32_t decoupled; /* decay weights directly, not by the gradient */
};

#define ADAM_MEANS                                                                               \
    BNN_NUMBER(struct adam, beta1, 0.9, 0.0, 0.9999, "decay of the mean of the gradient"),       \
        BNN_NUMBER(struct adam, beta2, 0.999, 0.0, 0.999999, "decay of the mean of its square"), \
        BNN_NUMBER(struct adam, epsilon, 1e-8, 1e-16, 1.0, "keeps the divisor from zero")

static inline void adam_step(const struct adam *adam, int decoupled, const bnn_step *step, size_t n,
                             float *w, const float *g, float *const *slots)
{
    const double weight_decay = step->decays ? adam->weight_decay : 0.0;
    const float keep = decoupled ? (float)(1.0 - step->lr * weight_decay) : 1.0f;
    const float l2 = decoupled ? 0.0f : (float)weight_decay;
    const float beta1 = (float)adam->beta1, rest1 = (float)(1.0 - adam->beta1);
    const float beta2 = (float)adam->beta2, rest2 = (float)(1.0 - adam->beta2);
    const float size = (float)(step->lr / (1.0 - bnn_power(adam->beta1, step->t)));
    const float root = (float)(1.0 / sqrt(1.0 - bnn_power(adam->beta2, step->t)));
    const float epsilon = (float)adam->epsilon;
    float *const mean = slots[0], *const square = slots[1];
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

#endif
