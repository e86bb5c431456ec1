/* ste_stochastic - drawn in training: +1 with probability (x + 1) / 2, held in [0, 1], else -1. Its
 * expected value is x held in [-1, 1], whose derivative is the gradient. BinaryConnect draws weights
 * so, BinaryNet activations. In evaluation it is the sign; BinaryConnect itself then takes the real
 * weights, which would be another network than the binary one. */
#include <bnn/plugin.h>
#include <math.h>

BNN_HOT static void forward(const bnn_context *ctx, const void *p, size_t n, const float *x,
                            float *y)
{
    const float *noise = ctx->noise;
    (void)p;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        y[i] = noise[i] < 0.5f * x[i] + 0.5f ? 1.0f : -1.0f;
}

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    (void)ctx, (void)p;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float g = gy[i];
        gx[i] = fabsf(x[i]) <= 1.0f ? g : 0.0f;
    }
}

static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    (void)p;
    ctx->kernels->clamp(n, -1.0f, 1.0f, x, y);
}

BNN_DEFINE_STE(BNN_HEAD_PLAIN("stochastic", "drawn signs, more often +1 the larger x is",
                              "Courbariaux et al. 2015 (BinaryConnect), arXiv:1511.00363"),
               .grad = grad, .forward = forward, .proxy = proxy, .flags = BNN_STE_DRAWS,
               .formula = "y  = +1 with probability min(max((x + 1) / 2, 0), 1), else -1\n"
                          "     (in evaluation sign(x))\n"
                          "gx = gy  where |x| <= 1, else 0")
