/* ste_rbnn - the training-aware approximation of Rotated BNN: a triangle that goes from wide and low
 * to narrow and high while t grows from t_min to t_max over the epochs, evenly on a logarithmic scale,
 *
 *     slope = k max(0, sqrt(2) t - t^2 |x|).
 *
 * For weights k = max(1/t, 1), as in ede. For activations the authors' code has another: k = 1 and t
 * not below 1, so that the triangle starts at height sqrt(2) and keeps it until t passes 1. */
#include <bnn/plugin.h>
#include <math.h>

enum { T, K }; /* places in the state */
enum { WEIGHTS, ACTIVATIONS };

struct rbnn {
    double t_min, t_max;
    int32_t of;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct rbnn, t_min, 0.01, 1e-4, 1e3, "steepness t in the first epoch"),
    BNN_NUMBER(struct rbnn, t_max, 10.0, 1e-4, 1e3, "steepness t in the last epoch"),
    BNN_CHOICE(struct rbnn, of, WEIGHTS, "weights|activations",
               "which form: weights with k = max(1/t, 1), activations with k = 1 and t >= 1"),
    BNN_PARAMS_END,
};

static void schedule(const bnn_context *ctx, const void *p, double progress, float state[4])
{
    const struct rbnn *rbnn = p;
    float ends[2] = {(float)rbnn->t_min, (float)rbnn->t_max}, t;
    ctx->kernels->log(2, ends, ends);
    t = (float)((1.0 - progress) * ends[0] + progress * ends[1]);
    ctx->kernels->exp(1, &t, &t);
    state[T] = rbnn->of == WEIGHTS ? t : fmaxf(t, 1.0f);
    state[K] = fmaxf(1.0f / state[T], 1.0f);
}

BNN_HOT static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
                         const float *gy, float *gx)
{
    const float t = ctx->state[T], k = ctx->state[K], height = 1.41421356f * t;
    (void)p;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float slope = height - t * t * fabsf(x[i]);
        gx[i] = gy[i] * (k * (slope > 0.0f ? slope : 0.0f));
    }
}

/* With z = t x: k (sqrt(2) z - z |z| / 2), up to |z| = sqrt(2). */
static void proxy(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    const float t = ctx->state[T], k = ctx->state[K], edge = 1.41421356f / t;
    (void)p;
    ctx->kernels->clamp(n, -edge, edge, x, y);
    for (size_t i = 0; i < n; i++) {
        const float z = t * y[i];
        y[i] = k * z * (1.41421356f - 0.5f * fabsf(z));
    }
}

BNN_DEFINE_STE(BNN_HEAD("rbnn", "a triangle, from wide to narrow over the epochs",
                        "Lin et al. 2020 (RBNN), arXiv:2009.13055", struct rbnn, params),
               .grad = grad, .proxy = proxy, .schedule = schedule,
               .formula = "gx = gy * k max(0, sqrt(2) t - t^2 |x|)\n"
                          "t = t_min (t_max / t_min)^progress\n"
                          "of weights: k = max(1/t, 1); of activations: k = 1, and t at least 1")
