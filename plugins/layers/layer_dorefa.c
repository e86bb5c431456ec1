/* layer_dorefa - activations of k bits with a fixed range, from 0 to 1. */
#include "codes.h"

struct dorefa {
    int32_t bits;
};

static const bnn_param params[] = {
    BNN_INTEGER(struct dorefa, bits, 4, 1, 8, "of an activation, which has 2^bits levels"),
    BNN_PARAMS_END,
};

/* The other way round than codes_of_step: the steps of a 1 are whole. */
static struct codes codes_of(const struct dorefa *p)
{
    const float n = (float)((1 << p->bits) - 1);
    return (struct codes){.step = 1.0f / n, .per_unit = n, .low = 0.0f, .high = n};
}

static int plan(const void *p, bnn_layer_plan *plan)
{
    const struct codes c = codes_of(p);
    codes_plan(plan, c.low, c.high);
    return 0;
}

static void proxy(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const struct codes c = codes_of(p);
    (void)ctx;
    codes_proxy(&c, io);
}

BNN_HOT static void forward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const struct codes c = codes_of(p);
    (void)ctx;
    codes_forward(&c, io);
}

BNN_HOT static void backward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const struct codes c = codes_of(p);
    (void)ctx;
    codes_through(&c, io);
}

static int lower(const void *p, const bnn_layer_io *io, bnn_lowering *lowering)
{
    const struct codes c = codes_of(p);
    return codes_lower(&c, io, lowering);
}

BNN_DEFINE_LAYER(BNN_HEAD("dorefa", "activations of a few bits, from 0 to 1",
                          "Zhou et al. 2016 (DoReFa-Net), arXiv:1606.06160", struct dorefa, params),
                 .role = BNN_ROLE_QUANTIZER, .plan = plan, .forward = forward, .backward = backward,
                 .lower = lower, .proxy = proxy,
                 .formula = "n     = 2^bits - 1\n"
                            "code  = round(min(max(n x, 0), n)),  value = code / n\n"
                            "dL/dx = dL/dvalue  where 0 <= x <= 1, else 0")
