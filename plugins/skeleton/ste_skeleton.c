/* ste_skeleton - what an STE is made of: copy it with each `skeleton` replaced by its name, and
 * write another gradient.
 *
 * This one passes the gradient inside [-1, 1] and a part of it outside, so that no weight is ever
 * stuck; the part shrinks to nothing over the epochs, evenly. */
#include <bnn/plugin.h>
#include <math.h>

/* The parameters, as a spec's `ste: {name: skeleton, leak: 0.3}` sets them: numbers are doubles;
 * integers, switches and choices int32_t. An STE without parameters has no struct and no table, and
 * says BNN_HEAD_PLAIN below. */
struct skeleton {
    double leak;
};

/* For each a default, a range and a line of help: the host reads, checks and records the values. */
static const bnn_param params[] = {
    BNN_NUMBER(struct skeleton, leak, 0.1, 0.0, 1.0, "what passes outside the window at the start"),
    BNN_PARAMS_END,
};

/* Optional. Called once an epoch, before its first batch: what changes in the course of a run goes
 * into the state, which the other functions read. Nothing else can be remembered. */
static void schedule(const bnn_context *ctx, const void *p, double progress, float state[4])
{
    const struct skeleton *skeleton = p;
    (void)ctx;
    state[0] = (float)(skeleton->leak * (1.0 - progress));
}

/* Required: the gradient at x, times gy. Linear in gy, finite, and right when gx is gy.
 * BNN_HOT and BNN_INDEPENDENT are for speed only. Choose between values that are computed already,
 * and the compiler takes 4 to 16 elements at a time. */
BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const float leak = ctx->state[0];
    (void)p;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        gx[i] = gy[i] * (fabsf(x[i]) <= 1.0f ? 1.0f : leak);
}

/* Optional: the function whose derivative grad is; the tests check one against the other. exp, log
 * and tanh are called through ctx->kernels, since those of libm differ from machine to machine. */
static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    const float leak = ctx->state[0];
    (void)p;
    ctx->kernels->clamp(n, -1.0f, 1.0f, x, y);
    for (size_t i = 0; i < n; i++)
        y[i] += leak * (x[i] - y[i]);
}

/* Name, summary, paper with its year (or NULL), parameters; then the functions. A fourth function,
 * .forward, binarizes; without it, sign does. .flags and .levels say that it draws, or gives other
 * numbers than signs (ste_stochastic.c, ste_dorefa.c). The formula is for readers: bnnrun plugins ste skeleton
 * shows it, and draws proxy and gradient. */
BNN_DEFINE_STE(BNN_HEAD("skeleton", "pass inside a window, outside a part that shrinks", NULL,
                        struct skeleton, params),
               .grad = grad, .proxy = proxy, .schedule = schedule,
               .formula = "gx = gy where -1 <= x <= 1\n"
                          "     gy * leak (1 - progress) elsewhere")
