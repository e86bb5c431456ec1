/* ste_arctan - the derivative of 2/pi arctan(pi/2 a x), which has a height of a at zero and falls
 * like 1/x^2: no weight is ever stuck. From spiking networks, whose neurons step from 0 to 1; from -1
 * to +1 is twice as high. */
#include <bnn/plugin.h>
#include <math.h>
#include <stdbool.h>

struct arctan {
    double a;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct arctan, a, 2.0, 1e-3, 1e3, "steepness, and the height at zero"),
    BNN_PARAMS_END,
};

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const float a = (float)((const struct arctan *)p)->a, steepness = 1.57079633f * a;
    (void)ctx;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float z = steepness * x[i];
        gx[i] = gy[i] * (a / (1.0f + z * z));
    }
}

/* arctan of z >= 0, by a series around tan(pi/8) = sqrt(2) - 1; beyond 1 by pi/2 - arctan(1/z). */
static float arctangent(float z)
{
    const bool large = z > 1.0f;
    const float folded = large ? 1.0f / z : z;
    const float u = (folded - 0.414213562f) / (1.0f + 0.414213562f * folded), v = u * u;
    float p = -1.0f / 11.0f;
    p = p * v + 1.0f / 9.0f;
    p = p * v - 1.0f / 7.0f;
    p = p * v + 1.0f / 5.0f;
    p = p * v - 1.0f / 3.0f;
    const float angle = 0.392699082f + (u + u * (v * p));
    return large ? 1.57079633f - angle : angle;
}

static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    const float steepness = 1.57079633f * (float)((const struct arctan *)p)->a;
    (void)ctx;
    for (size_t i = 0; i < n; i++)
        y[i] = copysignf(0.636619772f * arctangent(steepness * fabsf(x[i])), x[i]);
}

BNN_DEFINE_STE(BNN_HEAD("arctan", "a bell with heavy tails, the derivative of arctan",
                        "Fang et al. 2021, arXiv:2007.05785", struct arctan, params),
               .grad = grad, .proxy = proxy, .formula = "gx = gy * a / (1 + (pi/2 a x)^2)")
