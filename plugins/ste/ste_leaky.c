/* ste_leaky - pass the gradient inside [-1, 1], and a part of it outside, so that no weight or
 * activation is stuck: the derivative of a leaky hard tanh. Bi-Real Net has it with a tenth in its
 * first stage of training, Larq's leaky_tanh a fifth. */
#include <bnn/plugin.h>
#include <math.h>

struct leaky {
    double leak;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct leaky, leak, 0.1, 0.0, 1.0, "what passes outside the window"),
    BNN_PARAMS_END,
};

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const float leak = (float)((const struct leaky *)p)->leak;
    (void)ctx;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        gx[i] = gy[i] * (fabsf(x[i]) <= 1.0f ? 1.0f : leak);
}

static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    const float leak = (float)((const struct leaky *)p)->leak;
    ctx->kernels->clamp(n, -1.0f, 1.0f, x, y);
    for (size_t i = 0; i < n; i++)
        y[i] += leak * (x[i] - y[i]);
}

BNN_DEFINE_STE(BNN_HEAD("leaky", "pass inside a window, outside a part",
                        "Liu et al. 2018 (Bi-Real Net), arXiv:1808.00278", struct leaky, params),
               .grad = grad, .proxy = proxy,
               .formula = "gx = gy where -1 <= x <= 1\n"
                          "     gy * leak elsewhere")
