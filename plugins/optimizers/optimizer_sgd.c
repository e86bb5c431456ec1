/* optimizer_sgd - stochastic gradient descent with momentum, as PyTorch defines it: the velocity is
 * v = momentum v + g, and the step w = w - lr v, or w - lr (g + momentum v) after Nesterov. */
#include <bnn/plugin.h>

struct sgd {
    double momentum, weight_decay;
    int32_t nesterov;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct sgd, momentum, 0.9, 0.0, 0.9999, "share of the velocity that stays"),
    BNN_SWITCH(struct sgd, nesterov, 0, "look ahead by one step of momentum"),
    BNN_NUMBER(struct sgd, weight_decay, 0.0, 0.0, 1.0, "L2 penalty, added to the gradient"),
    BNN_PARAMS_END,
};

BNN_HOT static void step(const bnn_context *ctx, const void *p, const bnn_step *step, size_t n,
                         float *w, const float *g, float *const *slots)
{
    const struct sgd *sgd = p;
    const float momentum = (float)sgd->momentum, lr = (float)step->lr;
    const float decay = step->decays ? (float)sgd->weight_decay : 0.0f;
    const int nesterov = sgd->nesterov != 0;
    float *const velocity = slots[0];
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        const float gradient = g[i] + decay * w[i];
        const float v = momentum * velocity[i] + gradient;
        velocity[i] = v;
        w[i] -= lr * (nesterov ? gradient + momentum * v : v);
    }
}

BNN_DEFINE_OPTIMIZER(BNN_HEAD("sgd", "gradient descent with momentum",
                              "Polyak 1964; Sutskever et al. 2013", struct sgd, params),
                     .n_slots = 1, .default_lr = 0.01, .step = step,
                     .formula = "g += weight_decay w, v = momentum v + g\n"
                                "w -= lr v; nesterov: w -= lr (g + momentum v)")
