/* layer_thermometer - pixels become bits: one for each level, whether the pixel reaches it. */
#include <bnn/plugin.h>
#include <math.h>

enum { THRESHOLDS_FIXED, THRESHOLDS_QUANTILE }; /* the parameter thresholds */
enum { LEVEL }; /* the tensor: [pixel][levels], what a pixel of 0 to 255 is compared with */

struct thermometer {
    int32_t levels, low, high, thresholds;
};

static const bnn_param params[] = {
    BNN_INTEGER(struct thermometer, levels, 3, 1, 255, "bits of a pixel"),
    BNN_INTEGER(struct thermometer, low, 64, 1, 255, "the first level, of pixels from 0 to 255"),
    BNN_INTEGER(struct thermometer, high, 192, 1, 255,
                "the last level, where there are several; evenly between"),
    BNN_CHOICE_LATER(struct thermometer, thresholds, THRESHOLDS_FIXED, "fixed|quantile",
                     "levels from low to high, or those between which equally many training images "
                     "lie, pixel by pixel"),
    BNN_PARAMS_END,
};

static int plan(const void *params_, bnn_layer_plan *plan)
{
    const struct thermometer *p = params_;
    const bnn_shape in = plan->in;
    const uint32_t levels = (uint32_t)p->levels;
    if (p->levels > 1 && p->high < p->low)
        return plan->fail(plan, "its high level, %d, is below the low one, %d", (int)p->high,
                          (int)p->low);
    if ((uint64_t)in.c * in.h * in.w * levels > 1u << 24)
        return plan->fail(plan, "%u levels of %ux%ux%u pixels are too many", levels, in.c, in.h,
                          in.w);
    plan->out = (bnn_shape){.c = in.c * levels, .h = in.h, .w = in.w};
    plan->n_tensors = 1;
    plan->tensors[LEVEL] = (bnn_tensor){.name = "level",
                                        .kind = BNN_TENSOR_STATE,
                                        .dims = {in.c, in.h, in.w, levels},
                                        .fill = 128.0f};
    plan->deployed_bits = (uint64_t)in.c * in.h * in.w * levels * 8;
    return 0;
}

/* Level `level` of 0..levels - 1, rounded to a whole number. */
static int32_t level_of(const struct thermometer *p, int32_t level)
{
    const int32_t steps = p->levels - 1;
    return steps == 0 ? p->low : p->low + (2 * (p->high - p->low) * level + steps) / (2 * steps);
}

static void start(const void *params_, const bnn_layer_io *io, const bnn_start *start)
{
    const struct thermometer *p = params_;
    const size_t levels = (size_t)p->levels, n = (size_t)io->in.c * io->in.h * io->in.w * levels;
    (void)start;
    for (size_t i = 0; i < n; i++)
        io->tensors[LEVEL][i] = (float)level_of(p, (int32_t)(i % levels));
}

/* A pixel's values in the order of size are cut into levels + 1 equal parts, and each level is above the
 * last value of a part. Where most images have 0, the first levels are 1: any ink. */
static void fit(const void *params_, const bnn_layer_io *io, const bnn_pixel_counts *counts)
{
    const struct thermometer *p = params_;
    const uint32_t levels = (uint32_t)p->levels, n = io->in.c * io->in.h * io->in.w;
    float *level = io->tensors[LEVEL];
    for (uint32_t pixel = 0; p->thresholds == THRESHOLDS_QUANTILE && pixel < n; pixel++) {
        const uint32_t *count = counts->of_pixel(counts, pixel);
        uint64_t reached = count[0];
        uint32_t value = 0;
        for (uint32_t l = 1; l <= levels; l++) {
            while (value < 255 && reached <= (uint64_t)counts->n_images * l / (levels + 1))
                reached += count[++value];
            *level++ = (float)(value + 1);
        }
    }
}

/* Of output feature i, as the float that a network sees of the pixel. */
static float threshold_of(const struct thermometer *p, const bnn_layer_io *io, size_t i,
                          size_t *pixel)
{
    const size_t levels = (size_t)p->levels, plane = (size_t)io->in.h * io->in.w;
    *pixel = i / plane / levels * plane + i % plane;
    return (io->tensors[LEVEL][*pixel * levels + i / plane % levels] - 128.0f) / 128.0f;
}

static void forward(const bnn_context *ctx, const void *params_, const bnn_layer_io *io)
{
    const size_t n = (size_t)io->out.c * io->out.h * io->out.w, lanes = io->lanes;
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        size_t pixel;
        const float threshold = threshold_of(params_, io, i, &pixel);
        const float *x = io->x + pixel * lanes;
        float *y = io->y + i * lanes;
        BNN_INDEPENDENT
        for (size_t lane = 0; lane < lanes; lane++)
            y[lane] = x[lane] >= threshold ? 1.0f : -1.0f;
    }
}

/* A step has no slope. */
static void backward(const bnn_context *ctx, const void *params_, const bnn_layer_io *io)
{
    (void)ctx, (void)params_;
    for (size_t i = 0; io->gx != NULL && i < bnn_io_values(io); i++)
        io->gx[i] = 0.0f;
}

static int lower(const void *params_, const bnn_layer_io *io, bnn_lowering *lowering)
{
    const struct thermometer *p = params_;
    const size_t n = (size_t)io->out.c * io->out.h * io->out.w;
    size_t pixel;
    lowering->op = BNN_LOWER_THERMOMETER;
    lowering->levels = (uint32_t)p->levels;
    for (size_t i = 0; i < n; i++)
        lowering->thresholds[i] = threshold_of(p, io, i, &pixel);
    return 0;
}

BNN_DEFINE_LAYER(BNN_HEAD("thermometer", "pixels as bits: whether they reach each of some levels",
                          "Buckman et al. 2018 (thermometer encoding)", struct thermometer, params),
                 .role = BNN_ROLE_LINEAR,
                 .flags = BNN_LAYER_GIVES_BITS | BNN_LAYER_SEES_PIXELS | BNN_LAYER_WEIGHTLESS,
                 .plan = plan, .forward = forward, .backward = backward, .lower = lower,
                 .start = start, .fit = fit, .formula = "y = +1 where pixel >= level, else -1")
