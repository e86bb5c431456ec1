/* ste_dorefa - activations of k bits: round((2^k - 1) c) / (2^k - 1), with c = x held in [0, 1] and
 * halves rounded to even; the gradient passes where x is not held. One bit is a step at 1/2.
 *
 * Rounding is adding 1.5 * 2^23 and taking it away again, and the division a product with the
 * reciprocal: operations that a deployed network has, too. */
#include <bnn/plugin.h>

static const float MAGIC = 0x1.8p23f;

struct dorefa {
    int32_t bits;
};

static const bnn_param params[] = {
    BNN_INTEGER(struct dorefa, bits, 2, 1, 8, "bits of an activation, which has 2^bits levels"),
    BNN_PARAMS_END,
};

/* The largest of the whole numbers that are divided by it. */
static float steps_of(const struct dorefa *d)
{
    return (float)((1 << d->bits) - 1);
}

BNN_HOT static void forward(const bnn_context *ctx, const void *p, size_t n, const float *x,
                            float *y)
{
    const float steps = steps_of(p), share = 1.0f / steps;
    (void)ctx;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float low = 0.0f > x[i] ? 0.0f : x[i], c = 1.0f < low ? 1.0f : low;
        y[i] = (c * steps + MAGIC - MAGIC) * share;
    }
}

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    (void)ctx, (void)p;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float g = gy[i];
        gx[i] = ((x[i] >= 0.0f) & (x[i] <= 1.0f)) ? g : 0.0f;
    }
}

static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    (void)p;
    ctx->kernels->clamp(n, 0.0f, 1.0f, x, y);
}

static void set_affine(bnn_lowering *lowering, uint32_t channels, float factor, float offset)
{
    lowering->op = BNN_LOWER_AFFINE;
    for (uint32_t c = 0; c < channels; c++) {
        lowering->factor[c] = factor;
        lowering->offset[c] = offset;
    }
}

static int lower(const void *p, uint32_t channels, bnn_lowering *lowering)
{
    const float steps = steps_of(p);
    const float affine[][2] = {{steps, 0.0f}, {1.0f, MAGIC}, {1.0f, -MAGIC}};
    lowering->op = BNN_LOWER_CLAMP;
    lowering->low = 0.0f;
    lowering->high = 1.0f;
    int status = lowering->emit(lowering);
    for (int i = 0; status == 0 && i < 3; i++) {
        set_affine(lowering, channels, affine[i][0], affine[i][1]);
        status = lowering->emit(lowering);
    }
    set_affine(lowering, channels, 1.0f / steps, 0.0f);
    return status;
}

BNN_DEFINE_STE(BNN_HEAD("dorefa", "activations of a few bits, from 0 to 1",
                        "Zhou et al. 2016 (DoReFa-Net), arXiv:1606.06160", struct dorefa, params),
               .grad = grad, .forward = forward, .proxy = proxy, .lower = lower,
               .flags = BNN_STE_ACTIVATIONS, .levels = BNN_LEVELS_UNIT,
               .formula = "c  = min(max(x, 0), 1),  n = 2^bits - 1\n"
                          "y  = round(n c) / n\n"
                          "gx = gy  where 0 <= x <= 1, else 0")
