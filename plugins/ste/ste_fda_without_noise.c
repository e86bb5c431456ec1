/* ste_fda_without_noise - the gradient of frequency domain approximation: sign as a square wave is a
 * sum of sines, and its first few have the derivative
 *
 *     slope = 4 omega / pi * sum of cos((2 i + 1) omega x) for i from 0 to terms - 1,
 *
 * cut off beyond |x| = 1. More terms come in over the epochs, as whole numbers. The method has a
 * second part, a small learned network that adds noise to the forward pass: not in here.
 *
 * The cosines follow from each other by c += d, d -= 4 sin^2(omega x) c, which loses no digits where
 * omega x is small. */
#include <bnn/plugin.h>
#include <math.h>

#include "sine.h"

enum { BLOCK = 64 };
enum { TERMS }; /* place in the state */

struct fda {
    double omega;
    int32_t terms_min, terms_max;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct fda, omega, 0.1, 1e-3, 1.5, "angular frequency of the square wave"),
    BNN_INTEGER(struct fda, terms_min, 10, 1, 64, "cosines in the first epoch"),
    BNN_INTEGER(struct fda, terms_max, 18, 1, 64, "cosines in the last epoch"),
    BNN_PARAMS_END,
};

/* Each number of terms is for as many epochs as the others. */
static void schedule(const bnn_context *ctx, const void *p, double progress, float state[4])
{
    const struct fda *fda = p;
    const int32_t more = fda->terms_max - fda->terms_min, size = more < 0 ? -more : more;
    const int32_t at = (int32_t)(progress * (size + 1)), step = at < size ? at : size;
    (void)ctx;
    state[TERMS] = (float)(fda->terms_min + (more < 0 ? -step : step));
}

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const float omega = (float)((const struct fda *)p)->omega, height = 1.27323954f * omega;
    const int terms = (int)ctx->state[TERMS];
    float c[BLOCK], d[BLOCK], a[BLOCK], sum[BLOCK];
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t part = n - from < BLOCK ? n - from : BLOCK;
        for (size_t i = 0; i < part; i++) {
            const float held = fabsf(x[from + i]) <= 1.0f ? x[from + i] : 0.0f;
            const float half = ste_sine(0.5f * omega * held), h = half * half;
            c[i] = sum[i] = 1.0f - 2.0f * h; /* cos(omega x) */
            a[i] = 16.0f * h * (1.0f - h);   /* 4 sin^2(omega x) */
            d[i] = -a[i] * c[i];
        }
        for (int term = 1; term < terms; term++)
            for (size_t i = 0; i < part; i++) {
                c[i] += d[i];
                d[i] -= a[i] * c[i];
                sum[i] += c[i];
            }
        BNN_INDEPENDENT
        for (size_t i = 0; i < part; i++)
            gx[from + i] = gy[from + i] * (fabsf(x[from + i]) <= 1.0f ? height * sum[i] : 0.0f);
    }
}

/* 4 / pi * sum of sin((2 i + 1) omega x) / (2 i + 1), with x held in [-1, 1]; the sines follow from
 * each other like the cosines. */
static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    const float omega = (float)((const struct fda *)p)->omega;
    const int terms = (int)ctx->state[TERMS];
    ctx->kernels->clamp(n, -1.0f, 1.0f, x, y);
    for (size_t i = 0; i < n; i++) {
        float s = ste_sine(omega * y[i]), sum = s;
        const float a = 4.0f * s * s;
        float d = 2.0f * s - a * s;
        for (int term = 1; term < terms; term++) {
            s += d;
            d -= a * s;
            sum += s / (float)(2 * term + 1);
        }
        y[i] = 1.27323954f * sum;
    }
}

BNN_DEFINE_STE(
    BNN_HEAD("fda_without_noise", "the first cosines of a square wave, more over the epochs",
             "Xu et al. 2021 (FDA-BNN), arXiv:2103.00841", struct fda, params),
    .grad = grad, .proxy = proxy, .schedule = schedule,
    .formula = "gx = gy * 4 omega / pi * (cos(omega x) + cos(3 omega x) + ...) where |x| <= 1\n"
               "     0 elsewhere\n"
               "with terms_min cosines in the first epoch, terms_max in the last\n"
               "FDA-BNN's learned network that adds noise to the forward pass is not in here")
