/* ste_gumbel - drawn in training: the sign of x + T L, where L is logistic noise, the difference of
 * two Gumbel numbers; so +1 has the probability s(x / T) with the logistic function s. The gradient is
 * that of the binary concrete number with the same noise, scaled to [-1, 1]:
 * 2 s((x + T L) / T) - 1 = tanh(z), z = (x + T L) / (2 T), whose derivative is (1 - tanh^2 z) / (2 T).
 *
 * L = log(u) - log(1 - u) of a uniform u, held above 0; |z| is held at 20, where tanh is exactly 1. */
#include <bnn/plugin.h>

enum { BLOCK = 64 };

struct gumbel {
    double temperature;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct gumbel, temperature, 0.5, 0.01, 100.0,
               "T: scale of the noise, and width of the gradient"),
    BNN_PARAMS_END,
};

/* z for at most BLOCK elements. */
static void relax(const bnn_context *ctx, float temperature, size_t n, const float *x,
                  const float *noise, float *z)
{
    const float scale = 0.5f / temperature;
    float rest[BLOCK];
    for (size_t i = 0; i < n; i++) {
        z[i] = noise[i] > 0x1p-25f ? noise[i] : 0x1p-25f;
        rest[i] = 1.0f - noise[i];
    }
    ctx->kernels->log(n, z, z);
    ctx->kernels->log(n, rest, rest);
    for (size_t i = 0; i < n; i++) {
        const float t = x[i] * scale + 0.5f * (z[i] - rest[i]);
        z[i] = t < -20.0f ? -20.0f : t > 20.0f ? 20.0f : t;
    }
}

static void forward(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    const float temperature = (float)((const struct gumbel *)p)->temperature;
    float z[BLOCK];
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t part = n - from < BLOCK ? n - from : BLOCK;
        relax(ctx, temperature, part, x + from, ctx->noise + from, z);
        ctx->kernels->sign(part, z, y + from);
    }
}

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const float temperature = (float)((const struct gumbel *)p)->temperature;
    const float height = 0.5f / temperature;
    float y[BLOCK];
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t part = n - from < BLOCK ? n - from : BLOCK;
        relax(ctx, temperature, part, x + from, ctx->noise + from, y);
        ctx->kernels->tanh(part, y, y);
        BNN_INDEPENDENT
        for (size_t i = 0; i < part; i++)
            gx[from + i] = gy[from + i] * (height * ((1.0f - y[i]) * (1.0f + y[i])));
    }
}

static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    const float temperature = (float)((const struct gumbel *)p)->temperature;
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t part = n - from < BLOCK ? n - from : BLOCK;
        relax(ctx, temperature, part, x + from, ctx->noise + from, y + from);
        ctx->kernels->tanh(part, y + from, y + from);
    }
}

BNN_DEFINE_STE(
    BNN_HEAD("gumbel", "signs drawn with logistic noise, the gradient of the concrete number",
             "Jang et al. 2017, arXiv:1611.01144; Maddison et al. 2017, arXiv:1611.00712",
             struct gumbel, params),
    .grad = grad, .forward = forward, .proxy = proxy, .flags = BNN_STE_DRAWS,
    .formula = "y  = sign(x + T L),  L = log(u) - log(1 - u),  u uniform in (0, 1)\n"
               "     (in evaluation sign(x))\n"
               "gx = gy (1 - tanh(z)^2) / (2 T),  z = (x + T L) / (2 T)")
