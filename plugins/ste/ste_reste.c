/* ste_reste - the rectified STE: the derivative of sign(x) |x|^(1/o), which goes from a line (o = 1)
 * to sign while o grows over the epochs. With e the progress from 0 to 1,
 *
 *     o = 1 + (1 - cos(pi/2 e)) (o_end - 1),
 *     slope = |x|^(1/o - 1) / o     where m < |x| <= t,
 *             m^(1/o - 1)           where |x| <= m, the slope of the chord: at zero it is infinite,
 *             0                     beyond t.
 *
 * The authors' code measures e in epochs done of all, so that its last epoch is a little short of
 * o_end. */
#include <bnn/plugin.h>
#include <math.h>

#include "sine.h"

enum { BLOCK = 64 };
enum { INVERSE, POWER, CHORD }; /* places in the state: 1/o, 1/o - 1, the slope near zero */

struct reste {
    double t, o_end, m;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct reste, t, 1.5, 1e-3, 100.0, "half-width of the window that passes"),
    BNN_NUMBER(struct reste, o_end, 3.0, 1.0, 100.0, "o in the last epoch; 1 in the first"),
    BNN_NUMBER(struct reste, m, 0.1, 1e-3, 1.0,
               "half-width of the piece around zero, of one slope"),
    BNN_PARAMS_END,
};

static void schedule(const bnn_context *ctx, const void *p, double progress, float state[4])
{
    const struct reste *reste = p;
    const float s = ste_sine(0.785398163f * (float)progress); /* 1 - cos(a) = 2 sin^2(a/2) */
    const double o = 1.0 + 2.0 * (double)(s * s) * (reste->o_end - 1.0);
    float chord = (float)reste->m;
    state[INVERSE] = (float)(1.0 / o);
    state[POWER] = (float)(1.0 / o - 1.0);
    ctx->kernels->log(1, &chord, &chord);
    chord *= state[POWER];
    ctx->kernels->exp(1, &chord, &chord);
    state[CHORD] = chord;
}

/* y = |x|^power, with |x| held in [m, t]. */
static void exponentiate(const bnn_context *ctx, const struct reste *reste, float power, size_t n,
                         const float *x, float *y)
{
    const float t = (float)reste->t, m = (float)reste->m;
    for (size_t i = 0; i < n; i++) {
        const float a = fabsf(x[i]), low = a > t ? t : a;
        y[i] = low < m ? m : low;
    }
    ctx->kernels->log(n, y, y);
    for (size_t i = 0; i < n; i++)
        y[i] *= power;
    ctx->kernels->exp(n, y, y);
}

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const struct reste *reste = p;
    const float t = (float)reste->t, m = (float)reste->m;
    const float inverse = ctx->state[INVERSE], chord = ctx->state[CHORD];
    float y[BLOCK];
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t part = n - from < BLOCK ? n - from : BLOCK;
        exponentiate(ctx, reste, ctx->state[POWER], part, x + from, y);
        BNN_INDEPENDENT
        for (size_t i = 0; i < part; i++) {
            const float a = fabsf(x[from + i]);
            const float g = gy[from + i] * (a <= m ? chord : inverse * y[i]);
            gx[from + i] = a <= t ? g : 0.0f;
        }
    }
}

static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    const struct reste *reste = p;
    const float t = (float)reste->t, m = (float)reste->m, chord = ctx->state[CHORD];
    float power[BLOCK];
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t part = n - from < BLOCK ? n - from : BLOCK;
        exponentiate(ctx, reste, ctx->state[INVERSE], part, x + from, power);
        for (size_t i = 0; i < part; i++) {
            const float a = fabsf(x[from + i]), held = a > t ? t : a;
            y[from + i] = copysignf(held <= m ? chord * held : power[i], x[from + i]);
        }
    }
}

BNN_DEFINE_STE(BNN_HEAD("reste", "a power of |x|, from a line to a step over the epochs",
                        "Wu et al. 2023 (ReSTE), arXiv:2308.06689", struct reste, params),
               .grad = grad, .proxy = proxy, .schedule = schedule,
               .formula = "gx = gy * |x|^(1/o - 1) / o where m < |x| <= t\n"
                          "     gy * m^(1/o - 1) where |x| <= m\n"
                          "     0 elsewhere\n"
                          "o = 1 + (o_end - 1) (1 - cos(pi/2 progress))")
