/* ste_heaviside - activations in {0, 1}: 1 above zero, else 0. The gradient passes around zero, as in
 * Larq's SteHeaviside; or only above it, where the step's derivative is that of a clamp to [0, clip]. */
#include <bnn/plugin.h>

enum window { AROUND, ABOVE };

struct heaviside {
    double clip;
    int32_t window;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct heaviside, clip, 1.0, 1e-3, 100.0, "where the window that passes ends"),
    BNN_CHOICE(struct heaviside, window, AROUND, "around|above",
               "around: from -clip to clip; above: from 0 to clip"),
    BNN_PARAMS_END,
};

static float low_of(const struct heaviside *h)
{
    return h->window == AROUND ? (float)-h->clip : 0.0f;
}

static void forward(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    (void)ctx, (void)p;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] > 0.0f ? 1.0f : 0.0f;
}

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const float high = (float)((const struct heaviside *)p)->clip, low = low_of(p);
    (void)ctx;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float g = gy[i];
        gx[i] = ((x[i] >= low) & (x[i] <= high)) ? g : 0.0f;
    }
}

static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    ctx->kernels->clamp(n, low_of(p), (float)((const struct heaviside *)p)->clip, x, y);
}

/* With s the sign of -x, which is +1 where x <= 0: 1/2 - s/2. */
static int lower(const void *p, uint32_t channels, bnn_lowering *lowering)
{
    (void)p;
    lowering->op = BNN_LOWER_AFFINE;
    for (uint32_t c = 0; c < channels; c++) {
        lowering->factor[c] = -1.0f;
        lowering->offset[c] = 0.0f;
    }
    int status = lowering->emit(lowering);
    if (status != 0)
        return status;
    lowering->op = BNN_LOWER_SIGN;
    status = lowering->emit(lowering);
    if (status != 0)
        return status;
    lowering->op = BNN_LOWER_AFFINE;
    for (uint32_t c = 0; c < channels; c++) {
        lowering->factor[c] = -0.5f;
        lowering->offset[c] = 0.5f;
    }
    return 0;
}

BNN_DEFINE_STE(BNN_HEAD("heaviside", "activations 0 and 1, and a window that passes the gradient",
                        "Geiger & Team 2020 (Larq), JOSS 5(45)", struct heaviside, params),
               .grad = grad, .forward = forward, .proxy = proxy, .lower = lower,
               .flags = BNN_STE_ACTIVATIONS, .levels = BNN_LEVELS_UNIT,
               .formula = "y  = 1   where x > 0, else 0\n"
                          "gx = gy  where -clip <= x <= clip (window above: 0 <= x <= clip)\n"
                          "     0   elsewhere")
