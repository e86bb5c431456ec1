/* form_lsq - learned step size quantization: weights of few levels, a step apart, of which one step for the layer is
 * learned. What is learned is its logarithm, so that it stays positive, and optimizers move it by shares of itself; the
 * derivative then has the step twice, which is what the gradient scale of the paper is for. */
#include "filters.h"
#include "rounding.h"

enum { LOG_STEP = 0 }; /* the tensor */

static const float log_step_most = 13.862944f; /* of its magnitude: a step of 2^-20 to 2^20 */

enum levels { LEVELS_AUTO = 0, LEVELS_ODD = 1, LEVELS_NARROW = 2, LEVELS_FULL = 3 };

struct lsq {
    int32_t bits, levels;
};

static const bnn_param params[] = {
    BNN_INTEGER(struct lsq, bits, 2, 2, 8, "of a weight"),
    BNN_CHOICE(struct lsq, levels, LEVELS_AUTO, "auto|odd|narrow|full",
               "odd: all, without 0; narrow: as many above 0 as below; auto: odd up to 4 bits"),
    BNN_PARAMS_END,
};

/* The codes low, low + gap, ... high. */
typedef struct grid {
    int32_t low, high, gap;
} grid;

static grid grid_of(const struct lsq *p)
{
    const int32_t half = 1 << (p->bits - 1);
    const int32_t levels = p->levels != LEVELS_AUTO ? p->levels
                           : p->bits <= 4           ? LEVELS_ODD
                                                    : LEVELS_NARROW;
    const grid odd = {1 - 2 * half, 2 * half - 1, 2}, narrow = {1 - half, half - 1, 1};
    const grid full = {-half, half - 1, 1};
    return levels == LEVELS_ODD ? odd : levels == LEVELS_NARROW ? narrow : full;
}

static int plan(const void *p, bnn_form_plan *plan)
{
    const grid g = grid_of(p);
    plan->code_min = g.low;
    plan->code_max = g.high;
    plan->code_step = g.gap;
    plan->scale = BNN_SCALE_TENSOR;
    plan->n_tensors = 1;
    plan->tensors[LOG_STEP] =
        (bnn_tensor){.name = "log_step", .kind = BNN_TENSOR_VECTOR, .dims = {1, 1, 1, 1}};
    plan->n_saved = 2 * (size_t)plan->filters * plan->taps;
    return 0;
}

static float step_of(const bnn_context *ctx, const bnn_form_io *io)
{
    float step = rounding_hold(io->tensors[LOG_STEP][0], -log_step_most, log_step_most);
    ctx->kernels->exp(1, &step, &step);
    return step;
}

static void give_scale(const bnn_form_io *io, float step)
{
    for (uint32_t f = 0; f < io->filters; f++)
        io->scale[f] = step;
}

static float code_of(float held, const grid *g)
{
    const float gap = (float)g->gap, low = (float)g->low;
    return g->gap == 1 ? rounding_nearest(held) : low + gap * rounding_nearest((held - low) / gap);
}

/* Saved for backward: weights as shares of the range, at which the STE is taken; and the derivatives of weights with
 * respect to the logarithm of the step, in steps. */
static void forward(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    const grid g = grid_of(p);
    const float low = (float)g.low, high = (float)g.high;
    const float step = step_of(ctx, io), inverse = 1.0f / step;
    const size_t n = filters_weights(io);
    float *share = io->saved, *along = io->saved + n;
    for (size_t i = 0; i < n; i++) {
        const float u = io->latent[i] * inverse, held = rounding_hold(u, low, high);
        const float code = code_of(held, &g);
        io->codes[i] = code;
        share[i] = u / (u < 0.0f ? -low : high);
        along[i] = held == u ? code - u : held;
    }
    give_scale(io, step);
}

static void backward(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    const size_t n = filters_weights(io);
    const float t = io->tensors[LOG_STEP][0], inverse = 1.0f / step_of(ctx, io);
    const float *share = io->saved, *along = io->saved + n;
    (void)p;
    io->gradients[LOG_STEP][0] =
        fabsf(t) < log_step_most ? ctx->kernels->dot(n, io->gcodes, along) : 0.0f;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        io->glatent[i] = io->gcodes[i] * inverse;
    io->through(io, n, share, io->glatent, io->glatent);
}

static void proxy(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    const grid g = grid_of(p);
    const float step = step_of(ctx, io), inverse = 1.0f / step;
    for (size_t i = 0; i < filters_weights(io); i++)
        io->codes[i] = rounding_hold(io->latent[i] * inverse, (float)g.low, (float)g.high);
    give_scale(io, step);
}

/* Twice the mean magnitude over the root of the levels above 0 apart, as in the paper. */
static void start(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    const grid g = grid_of(p);
    const float gap = (float)g.gap, mean = filters_mean_magnitude(filters_weights(io), io->latent);
    const float step = 2.0f * mean / sqrtf((float)g.high / gap) / gap;
    float held = rounding_hold(step, 0x1p-20f, 0x1p20f);
    ctx->kernels->log(1, &held, io->tensors[LOG_STEP]);
}

BNN_DEFINE_FORM(
    BNN_HEAD("lsq", "weights of 2 to 8 bits, with a learned step for the layer",
             "Learned Step Size Quantization, Esser et al. 2020, arXiv:1902.08153", struct lsq,
             params),
    .plan = plan, .forward = forward, .backward = backward, .proxy = proxy, .start = start,
    .formula = "s = exp(t), t learned; u = w / s; low, high: the least and the greatest code\n"
               "code = u held in [low, high], then the nearest code; weight = s code\n"
               "levels of k bits: odd -(2^k - 1), ... -1, 1, ... 2^k - 1; narrow\n"
               "-(2^(k-1) - 1), ... 2^(k-1) - 1; full -2^(k-1), ... 2^(k-1) - 1\n"
               "dL/dw = g ste(u / high), g = dL/dweight; dL/dt = s sum g (code - u), and s sum g\n"
               "code of those beyond the range; at the start s = 2 mean |w| / sqrt(high),\n"
               "where levels are 1 apart")
