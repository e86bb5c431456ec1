/* ste_clipped - pass the gradient where |x| <= clip, the border included: the derivative of a hard
 * tanh. What moves x further out no longer counts, so saturated values stay movable. */
#include <bnn/plugin.h>
#include <math.h>

struct clipped {
    double clip;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct clipped, clip, 1.0, 1e-3, 100.0, "half-width of the window that passes"),
    BNN_PARAMS_END,
};

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const float clip = (float)((const struct clipped *)p)->clip;
    (void)ctx;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float g = gy[i];
        gx[i] = fabsf(x[i]) <= clip ? g : 0.0f;
    }
}

static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    const float clip = (float)((const struct clipped *)p)->clip;
    ctx->kernels->clamp(n, -clip, clip, x, y);
}

BNN_DEFINE_STE(BNN_HEAD("clipped", "pass the gradient inside a window, nothing outside",
                        "Courbariaux & Hubara 2016, arXiv:1602.02830", struct clipped, params),
               .grad = grad, .proxy = proxy,
               .formula = "gx = gy where -clip <= x <= clip\n"
                          "     0 elsewhere")
