/* ste_polynomial - the long-tailed estimator: a parabola pair twice as steep as that of approx_sign,
 * until its slope has fallen to that of a straight tail, which goes on to |x| = 1,
 *
 *     slope = max(2 - 4 |x|, tail)   where |x| <= 1.
 *
 * With the paper's tail of 0.4 the two meet at |x| = 0.4. */
#include <bnn/plugin.h>
#include <math.h>

struct polynomial {
    double tail;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct polynomial, tail, 0.4, 0.0, 2.0,
               "slope of the tail, from where it begins to 1"),
    BNN_PARAMS_END,
};

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const float tail = (float)((const struct polynomial *)p)->tail;
    (void)ctx;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float a = fabsf(x[i]), steep = 2.0f - 4.0f * a, slope = steep > tail ? steep : tail;
        gx[i] = gy[i] * (a <= 1.0f ? slope : 0.0f);
    }
}

/* The two pieces meet at |x| = (2 - tail) / 4. */
static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    const float tail = (float)((const struct polynomial *)p)->tail, knee = 0.25f * (2.0f - tail);
    ctx->kernels->clamp(n, -1.0f, 1.0f, x, y);
    for (size_t i = 0; i < n; i++) {
        const float a = fabsf(y[i]), near = a < knee ? a : knee;
        y[i] = copysignf(2.0f * near * (1.0f - near) + tail * (a - near), y[i]);
    }
}

BNN_DEFINE_STE(BNN_HEAD("polynomial", "a narrow triangle with a long straight tail",
                        "Xu & Cheung 2019, arXiv:1909.11366", struct polynomial, params),
               .grad = grad, .proxy = proxy,
               .formula = "gx = gy * max(2 - 4 |x|, tail) where |x| <= 1\n"
                          "     0 elsewhere")
