/* layer_pact - parameterized clipping activation: activations of k bits, from 0 to a ceiling that is learned. */
#include "codes.h"

enum { CEILING = 0 }; /* the tensor */

static const float ceiling_least = 0x1p-10f;

struct pact {
    int32_t bits;
    double ceiling;
};

static const bnn_param params[] = {
    BNN_INTEGER(struct pact, bits, 4, 1, 8, "of an activation, which has 2^bits levels"),
    BNN_NUMBER(struct pact, ceiling, 6.0, 0.5, 1000.0, "the largest value, to begin with"),
    BNN_PARAMS_END,
};

static float high_of(const struct pact *p)
{
    return (float)((1 << p->bits) - 1);
}

static struct codes codes_of(const struct pact *p, const bnn_layer_io *io)
{
    const float learned = io->tensors[CEILING][0];
    const float above = learned > ceiling_least ? learned : ceiling_least;
    const float ceiling = above < 0x1p20f ? above : 0x1p20f;
    return codes_of_step(ceiling / high_of(p), 0.0f, high_of(p));
}

static int plan(const void *p, bnn_layer_plan *plan)
{
    codes_plan(plan, 0.0f, high_of(p));
    plan->n_tensors = 1;
    plan->tensors[CEILING] = (bnn_tensor){.name = "ceiling",
                                          .kind = BNN_TENSOR_VECTOR,
                                          .dims = {1, 1, 1, 1},
                                          .fill = (float)((const struct pact *)p)->ceiling};
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

/* The ceiling is the value of all that is above it. */
BNN_HOT static void backward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const struct codes c = codes_of(p, io);
    const size_t n = bnn_io_values(io);
    const float *x = io->x;
    float *above = io->scratch;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        above[i] = x[i] * c.per_unit > c.high ? c.per_unit : 0.0f;
    io->gradients[CEILING][0] = ctx->kernels->dot(n, io->gy, above);
    codes_through(&c, io);
}

static int lower(const void *p, const bnn_layer_io *io, bnn_lowering *lowering)
{
    const struct codes c = codes_of(p, io);
    return codes_lower(&c, io, lowering);
}

BNN_DEFINE_LAYER(BNN_HEAD("pact", "activations of a few bits, from 0 to a learned ceiling",
                          "Choi et al. 2018 (PACT), arXiv:1805.06085", struct pact, params),
                 .role = BNN_ROLE_QUANTIZER, .plan = plan, .forward = forward, .backward = backward,
                 .lower = lower, .proxy = proxy,
                 .formula = "n     = 2^bits - 1,  s = a / n\n"
                            "code  = round(min(max(x / s, 0), n)),  value = s code\n"
                            "dL/dx = dL/dvalue  where 0 <= x <= a, else 0\n"
                            "dL/da = the sum of dL/dvalue over x > a")
