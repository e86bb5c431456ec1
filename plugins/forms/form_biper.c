/* form_biper - BiPer: weights are the sign of a sine, so that a weight is never far from a flip, times
 * a learned scale. The gradient is that of the sine; what the sign adds is the STE's, identity in the
 * paper. model.binarize.clip: 0.
 *
 * In the paper's first stage the sine itself acts, a real number, and the sign only in the second, of
 * half the length: real_until 0.667. Then the layer computes with floats throughout the run. What is
 * validated and deployed is the sign in both stages. */
#include "filters.h"

struct biper {
    double frequency, real_until;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct biper, frequency, 20.0, 1e-3, 1000.0, "radians for each unit of a weight"),
    BNN_NUMBER(struct biper, real_until, 0.0, 0.0, 1.0, "progress from which on the sign acts"),
    BNN_PARAMS_END,
};

static int plan(const void *p, bnn_form_plan *plan)
{
    filters_plan_learned_scale(plan, 0.5f);
    plan->n_saved = 2 * (size_t)plan->filters * plan->taps;
    if (((const struct biper *)p)->real_until > 0.0)
        plan->code_step = 0;
    return 0;
}

/* Sine and cosine, to the last bits of a float, of an angle below 1e9; 0 and 1 beyond. Of libm's the
 * last bits differ from machine to machine. */
static void biper_turn(double x, float *sine, float *cosine)
{
    static const double right_angle = 1.5707963267948966;
    static const double s[] = {-1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880, -1.0 / 39916800};
    static const double c[] = {-1.0 / 2, 1.0 / 24, -1.0 / 720, 1.0 / 40320, -1.0 / 3628800};
    if (!(x > -1e9 && x < 1e9))
        x = 0.0;
    const double turns = x / right_angle;
    const int64_t k = (int64_t)(turns < 0 ? turns - 0.5 : turns + 0.5);
    const double r = x - (double)k * right_angle, r2 = r * r;
    double a = 0.0, b = 0.0;
    for (int i = 4; i >= 0; i--) {
        a = r2 * (s[i] + a);
        b = r2 * (c[i] + b);
    }
    a = r + r * a;
    b = 1.0 + b;
    const double sines[] = {a, b, -a, -b}, cosines[] = {b, -a, -b, a};
    *sine = (float)sines[k & 3];
    *cosine = (float)cosines[k & 3];
}

/* saved: the sines, and the slopes of them. */
static void forward(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    const struct biper *b = p;
    const size_t n = filters_weights(io);
    float *sines = io->saved, *slopes = sines + n;
    for (size_t i = 0; i < n; i++) {
        biper_turn(b->frequency * (double)io->latent[i], &sines[i], &slopes[i]);
        slopes[i] *= (float)b->frequency;
    }
    filters_give_learned_scale(io);
    if (ctx->progress >= b->real_until)
        io->binarize(io, n, sines, io->codes);
    else
        for (size_t i = 0; i < n; i++)
            io->codes[i] = sines[i];
}

static void backward(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    const struct biper *b = p;
    const size_t n = filters_weights(io);
    const float *slopes = io->saved + n, *g = io->gcodes;
    if (ctx->progress >= b->real_until) {
        io->through(io, n, io->saved, io->gcodes, io->glatent);
        g = io->glatent;
    }
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        io->glatent[i] = g[i] * slopes[i];
    filters_learn_scale(io);
}

BNN_DEFINE_FORM(BNN_HEAD("biper", "the sign of a sine, times a learned scale",
                         "BiPer, Vargas et al. 2024, arXiv:2404.01278", struct biper, params),
                .plan = plan, .forward = forward, .backward = backward,
                .formula = "weight = a sign(sin(f w)), f = 20, a learned for each filter\n"
                           "dL/dw = a g ste(sin(f w)) f cos(f w), g = dL/dweight\n"
                           "up to the progress real_until: weight = a sin(f w), without ste")
