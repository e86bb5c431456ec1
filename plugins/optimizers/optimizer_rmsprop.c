/* optimizer_rmsprop - RMSprop as PyTorch defines it: each step divided by the root of a running mean
 * of squared gradients; `centred` subtracts the square of their mean first (Graves 2013). */
#include <bnn/plugin.h>
#include <math.h>

struct rmsprop {
    double alpha, epsilon, momentum, weight_decay;
    int32_t centred;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct rmsprop, alpha, 0.99, 0.0, 0.999999, "decay of the mean of the square"),
    BNN_NUMBER(struct rmsprop, epsilon, 1e-8, 1e-16, 1.0, "keeps the divisor from zero"),
    BNN_NUMBER(struct rmsprop, momentum, 0.0, 0.0, 0.9999, "share of the velocity that stays"),
    BNN_NUMBER(struct rmsprop, weight_decay, 0.0, 0.0, 1.0, "L2 penalty, added to the gradient"),
    BNN_SWITCH(struct rmsprop, centred, 0, "divide by the deviation, not by the square's root"),
    BNN_PARAMS_END,
};

enum { SQUARE, MEAN, VELOCITY, N_SLOTS };

BNN_HOT static void step(const bnn_context *ctx, const void *p, const bnn_step *step, size_t n,
                         float *w, const float *g, float *const *slots)
{
    const struct rmsprop *rmsprop = p;
    const float alpha = (float)rmsprop->alpha, rest = (float)(1.0 - rmsprop->alpha);
    const float epsilon = (float)rmsprop->epsilon, lr = (float)step->lr;
    const float momentum = (float)rmsprop->momentum;
    const float decay = step->decays ? (float)rmsprop->weight_decay : 0.0f;
    const float centred = rmsprop->centred ? 1.0f : 0.0f;
    float *const square = slots[SQUARE], *const mean = slots[MEAN],
                 *const velocity = slots[VELOCITY];
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        const float gradient = g[i] + decay * w[i];
        const float v = alpha * square[i] + rest * (gradient * gradient);
        const float m = alpha * mean[i] + rest * gradient;
        const float variance = v - centred * (m * m);
        const float root = sqrtf(variance > 0.0f ? variance : 0.0f);
        const float moving = momentum * velocity[i] + gradient / (root + epsilon);
        square[i] = v;
        mean[i] = m;
        velocity[i] = moving;
        w[i] -= lr * moving;
    }
}

BNN_DEFINE_OPTIMIZER(BNN_HEAD("rmsprop", "steps divided by the root of the mean squared gradient",
                              "Tieleman & Hinton 2012; Graves 2013, arXiv:1308.0850 (centred)",
                              struct rmsprop, params),
                     .n_slots = N_SLOTS, .default_lr = 0.01, .step = step,
                     .formula = "g += weight_decay w\n"
                                "v += (1 - alpha) (g^2 - v), m += (1 - alpha) (g - m)\n"
                                "u = momentum u + g / (sqrt(v) + epsilon); centred: sqrt(v - m^2)\n"
                                "w -= lr u")
