/* ste_hwgq - the gradients of half-wave Gaussian quantization behind a sign: those of a ReLU that is
 * clipped at q, or that goes on as a logarithm,
 *
 *     slope = 1 where 0 < x <= q, 1 / (x - q + 1) beyond q with a tail of log, else 0.
 *
 * The forward pass is sign here; the method's own has levels from 0 up. What is not positive gets no
 * gradient, so this is for activations only: a negative weight would never move again. */
#include <bnn/plugin.h>

enum { NONE, LOG };

struct hwgq {
    double q;
    int32_t tail;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct hwgq, q, 1.0, 1e-3, 100.0, "where the ReLU is clipped"),
    BNN_CHOICE(struct hwgq, tail, NONE, "none|log", "what comes beyond q: nothing, or a logarithm"),
    BNN_PARAMS_END,
};

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const struct hwgq *hwgq = p;
    const float q = (float)hwgq->q, share = hwgq->tail == LOG ? 1.0f : 0.0f;
    (void)ctx;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float beyond = x[i] > q ? x[i] - q : 0.0f, tail = share / (beyond + 1.0f);
        const float slope = x[i] > q ? tail : 1.0f;
        gx[i] = gy[i] * (x[i] > 0.0f ? slope : 0.0f);
    }
}

static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    const struct hwgq *hwgq = p;
    const float q = (float)hwgq->q, share = hwgq->tail == LOG ? 1.0f : 0.0f;
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] > q ? x[i] - q + 1.0f : 1.0f;
    ctx->kernels->log(n, y, y);
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] > q ? q + share * y[i] : x[i] > 0.0f ? x[i] : 0.0f;
}

BNN_DEFINE_STE(BNN_HEAD("hwgq", "the gradient of a clipped ReLU, for activations",
                        "Cai et al. 2017 (HWGQ), arXiv:1702.00953", struct hwgq, params),
               .grad = grad, .proxy = proxy, .flags = BNN_STE_ACTIVATIONS,
               .formula = "gx = gy where 0 < x <= q\n"
                          "     gy / (x - q + 1) where x > q, with a tail of log\n"
                          "     0 elsewhere")
