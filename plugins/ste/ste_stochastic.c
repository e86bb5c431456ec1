/* ste_stochastic - drawn in training: +1 with probability (x / scale + 1) / 2, held in [0, 1], else
 * -1. Its expected value is x / scale held in [-1, 1]; the gradient is that of a clamp. BinaryConnect
 * draws weights so, with the spread of their initial values as scale: with a much larger one they are
 * coins for a long time, and their signs say little. BinaryNet draws activations, with scale 1. In
 * evaluation it is the sign; BinaryConnect itself then takes the real weights, which would be another
 * network than the binary one. */
#include <bnn/plugin.h>
#include <math.h>

struct stochastic {
    double scale, clip;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct stochastic, scale, 1.0, 1e-4, 100.0,
               "the |x| from which on the sign is certain"),
    BNN_NUMBER(struct stochastic, clip, 1.0, 1e-3, 100.0,
               "half-width of the window that passes the gradient"),
    BNN_PARAMS_END,
};

BNN_HOT static void forward(const bnn_context *ctx, const void *p, size_t n, const float *x,
                            float *y)
{
    const float *noise = ctx->noise;
    const float half = (float)(0.5 / ((const struct stochastic *)p)->scale);
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        y[i] = noise[i] < half * x[i] + 0.5f ? 1.0f : -1.0f;
}

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const float clip = (float)((const struct stochastic *)p)->clip;
    (void)ctx;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float g = gy[i];
        gx[i] = fabsf(x[i]) <= clip ? g : 0.0f;
    }
}

static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    const float clip = (float)((const struct stochastic *)p)->clip;
    ctx->kernels->clamp(n, -clip, clip, x, y);
}

BNN_DEFINE_STE(BNN_HEAD("stochastic", "drawn signs, more often +1 the larger x is",
                        "Courbariaux et al. 2015 (BinaryConnect), arXiv:1511.00363",
                        struct stochastic, params),
               .grad = grad, .forward = forward, .proxy = proxy, .flags = BNN_STE_DRAWS,
               .formula = "y  = +1 with probability min(max((x / scale + 1) / 2, 0), 1), else -1\n"
                          "     (in evaluation sign(x))\n"
                          "gx = gy  where |x| <= clip, else 0")
