/* layer_lsq - learned step size quantization: activations of k bits, of which the step is learned, one for the layer. As
 * of the form of that name, what is learned is the logarithm of the step. */
#include "codes.h"

#include <math.h>

enum { LOG_STEP = 0 }; /* the tensor */

static const float log_step_most = 13.862944f; /* of its magnitude: a step of 2^-20 to 2^20 */

struct lsq {
    int32_t bits, negative;
};

static const bnn_param params[] = {
    BNN_INTEGER(struct lsq, bits, 4, 2, 8, "of an activation, which has 2^bits levels"),
    BNN_SWITCH(struct lsq, negative, 0, "half of the levels lie below 0, rather than none"),
    BNN_PARAMS_END,
};

static float low_of(const struct lsq *p)
{
    return p->negative ? -(float)(1 << (p->bits - 1)) : 0.0f;
}

static float high_of(const struct lsq *p)
{
    return (float)((1 << (p->negative ? p->bits - 1 : p->bits)) - 1);
}

/* e^x by powers of two and a series, in operations that are exact or rounded alike everywhere: to lower it there are no
 * kernels. */
static double power_of_e(double x)
{
    static const double log_2 = 0.69314718055994530942;
    const int32_t n = (int32_t)(x / log_2 + (x < 0.0 ? -0.5 : 0.5));
    const double rest = x - n * log_2, two = bnn_power(2.0, (uint64_t)(n < 0 ? -n : n));
    double sum = 1.0;
    for (int k = 12; k > 0; k--)
        sum = 1.0 + sum * rest / k;
    return n < 0 ? sum / two : sum * two;
}

static struct codes codes_of(const struct lsq *p, const bnn_layer_io *io)
{
    const float learned = io->tensors[LOG_STEP][0];
    const float above = learned > -log_step_most ? learned : -log_step_most;
    const float held = above < log_step_most ? above : log_step_most;
    return codes_of_step((float)power_of_e((double)held), low_of(p), high_of(p));
}

static int plan(const void *p, bnn_layer_plan *plan)
{
    codes_plan(plan, low_of(p), high_of(p));
    plan->n_tensors = 1;
    plan->tensors[LOG_STEP] =
        (bnn_tensor){.name = "log_step", .kind = BNN_TENSOR_VECTOR, .dims = {1, 1, 1, 1}};
    plan->n_scratch = (size_t)plan->in.c * plan->in.h * plan->in.w * plan->lanes;
    return 0;
}

static void proxy(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const struct codes c = codes_of(p, io);
    (void)ctx;
    codes_proxy(&c, io);
}

BNN_HOT static void forward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const struct codes c = codes_of(p, io);
    (void)ctx;
    codes_forward(&c, io);
}

/* A value changes with the logarithm of the step by what rounding adds, in range, and by all that it is beyond. */
BNN_HOT static void backward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const struct codes c = codes_of(p, io);
    const size_t n = bnn_io_values(io);
    const float *x = io->x, *y = io->y;
    float *along = io->scratch;
    const int held = !(fabsf(io->tensors[LOG_STEP][0]) < log_step_most);
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float u = x[i] * c.per_unit;
        along[i] = ((u >= c.low) & (u <= c.high)) ? y[i] - u : y[i];
    }
    io->gradients[LOG_STEP][0] = held ? 0.0f : ctx->kernels->dot(n, io->gy, along);
    codes_through(&c, io);
}

static int lower(const void *p, const bnn_layer_io *io, bnn_lowering *lowering)
{
    const struct codes c = codes_of(p, io);
    return codes_lower(&c, io, lowering);
}

/* Twice the mean magnitude over the root of the levels above 0, as in the paper. */
static void calibrate(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const size_t n_features = bnn_io_values(io) / io->lanes;
    double sum = 0.0;
    for (size_t i = 0; i < n_features; i++)
        for (uint32_t image = 0; image < io->n; image++)
            sum += (double)fabsf(io->x[i * io->lanes + image]);
    const double mean = sum / ((double)n_features * io->n);
    float step = (float)(2.0 * mean) / sqrtf(high_of(p));
    step = step > 0x1p-20f ? step : 1.0f;
    step = step < 0x1p20f ? step : 0x1p20f;
    ctx->kernels->log(1, &step, io->tensors[LOG_STEP]);
}

BNN_DEFINE_LAYER(BNN_HEAD("lsq", "activations of a few bits, with a learned step",
                          "Learned Step Size Quantization, Esser et al. 2020, arXiv:1902.08153",
                          struct lsq, params),
                 .role = BNN_ROLE_QUANTIZER, .plan = plan, .forward = forward, .backward = backward,
                 .lower = lower, .proxy = proxy, .calibrate = calibrate,
                 .formula = "s = exp(t), t learned; u = x / s; codes 0 to 2^bits - 1, or with\n"
                            "negative ones -2^(bits-1) to 2^(bits-1) - 1\n"
                            "code  = u held in that range, and rounded; value = s code\n"
                            "dL/dx = dL/dvalue in range, else 0\n"
                            "dL/dt = s sum g (code - u) in range, and s sum g code beyond it,\n"
                            "g = dL/dvalue; at the start s = 2 mean |x| / sqrt(the largest code)")
