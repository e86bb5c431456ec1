#include "infer/op.h"

#include <math.h>

/* ---- on single values -------------------------------------------------------------------- */

static void op_identity(const bnn_op *op, uint32_t c, size_t n, const float *x, float *y)
{
    (void)op, (void)c;
    for (size_t i = 0; i < n; i++)
        y[i] = x[i];
}

static void op_affine(const bnn_op *op, uint32_t c, size_t n, const float *x, float *y)
{
    const float factor = op->factor[c], offset = op->offset[c];
    for (size_t i = 0; i < n; i++)
        y[i] = fmaf(x[i], factor, offset);
}

static void op_clamp(const bnn_op *op, uint32_t c, size_t n, const float *x, float *y)
{
    (void)c;
    for (size_t i = 0; i < n; i++) {
        const float t = op->low > x[i] ? op->low : x[i];
        y[i] = op->high < t ? op->high : t;
    }
}

static void op_slope(const bnn_op *op, uint32_t c, size_t n, const float *x, float *y)
{
    const float factor = op->factor[c];
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] * (x[i] >= 0.0f ? 1.0f : factor);
}

static void op_slopes(const bnn_op *op, uint32_t c, size_t n, const float *x, float *y)
{
    const float below = op->factor[c], above = op->offset[c];
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] * (x[i] >= 0.0f ? above : below);
}

static void op_sign(const bnn_op *op, uint32_t c, size_t n, const float *x, float *y)
{
    (void)op, (void)c;
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] >= 0.0f ? 1.0f : -1.0f;
}

/* ---- with windows ------------------------------------------------------------------------ */

/* The rows and columns that windows make of op->in. */
static bool op_place_windows(const bnn_op *op, bnn_shape *out)
{
    const uint32_t k = op->kernel, stride = op->stride, padding = op->padding;
    if (k == 0 || stride == 0 || k > BNN_EXTENT_MAX || stride > BNN_EXTENT_MAX || padding >= k)
        return false;
    const uint32_t height = op->in.h + 2 * padding, width = op->in.w + 2 * padding;
    if (k > height || k > width)
        return false;
    out->h = (height - k) / stride + 1;
    out->w = (width - k) / stride + 1;
    return true;
}

static bool op_pool_shape(const bnn_op *op, uint32_t out_channels, bnn_shape *out)
{
    (void)out_channels;
    *out = op->in;
    return op->padding == 0 && op_place_windows(op, out);
}

/* The maximum of a window whose first value is *corner; row: values from a row to the next. */
static inline float op_maximum(const float *corner, size_t k, size_t row)
{
    float most = corner[0];
    for (size_t h = 0; h < k; h++, corner += row)
        for (size_t w = 0; w < k; w++)
            most = corner[w] > most ? corner[w] : most;
    return most;
}

static inline float op_mean(const float *corner, size_t k, size_t row)
{
    float sum = -0.0f; /* -0 + v is v, whatever v is */
    for (size_t h = 0; h < k; h++, corner += row)
        for (size_t w = 0; w < k; w++)
            sum += corner[w];
    return sum * (1.0f / (float)(k * k));
}

static inline void op_pool(const bnn_op *op, const float *x, float *y,
                           float (*of_window)(const float *corner, size_t k, size_t row))
{
    const size_t row = op->in.w;
    for (size_t c = 0; c < op->out.c; c++)
        for (size_t h = 0; h < op->out.h; h++)
            for (size_t w = 0; w < op->out.w; w++)
                *y++ = of_window(x + (c * op->in.h + h * op->stride) * row + w * op->stride,
                                 op->kernel, row);
}

static void op_maxpool(const bnn_op *op, const float *x, float *y)
{
    op_pool(op, x, y, op_maximum);
}

static void op_avgpool(const bnn_op *op, const float *x, float *y)
{
    op_pool(op, x, y, op_mean);
}

/* ---- with weights ------------------------------------------------------------------------ */

static bool op_conv2d_shape(const bnn_op *op, uint32_t out_channels, bnn_shape *out)
{
    out->c = out_channels;
    return op->in.c % bnn_op_groups(op) == 0 && out_channels % bnn_op_groups(op) == 0 &&
           op_place_windows(op, out);
}

static size_t op_conv2d_taps(const bnn_op *op)
{
    return (size_t)bnn_op_group_in(op) * op->kernel * op->kernel;
}

/* One output of a convolution. */
static float op_convolve(const bnn_op *op, const float *x, uint32_t channel, uint32_t oh,
                         uint32_t ow)
{
    const size_t k = op->kernel, n_in = bnn_op_group_in(op);
    const size_t first = channel / bnn_op_group_out(op) * n_in;
    const float *w = op->weight + channel * op_conv2d_taps(op);
    const bool skips_padding = op->pad_value == 0.0f;
    float sum = op->bias != NULL ? op->bias[channel] : 0.0f;
    for (size_t c = first; c < first + n_in; c++)
        for (size_t kh = 0; kh < k; kh++)
            for (size_t kw = 0; kw < k; kw++, w++) {
                /* Above and left of the image the index wraps, and is too large as well. */
                const size_t h = (size_t)oh * op->stride + kh - op->padding;
                const size_t v = (size_t)ow * op->stride + kw - op->padding;
                const bool inside = h < op->in.h && v < op->in.w;
                if (!inside && skips_padding)
                    continue;
                const float pixel = inside ? x[(c * op->in.h + h) * op->in.w + v] : op->pad_value;
                sum = fmaf(*w, pixel, sum);
            }
    return sum;
}

static void op_conv2d(const bnn_op *op, const float *x, float *y)
{
    for (uint32_t c = 0; c < op->out.c; c++)
        for (uint32_t h = 0; h < op->out.h; h++)
            for (uint32_t w = 0; w < op->out.w; w++)
                *y++ = op_convolve(op, x, c, h, w);
}

static bool op_dense_shape(const bnn_op *op, uint32_t out_channels, bnn_shape *out)
{
    (void)op;
    *out = (bnn_shape){.c = out_channels, .h = 1, .w = 1};
    return true;
}

static size_t op_dense_taps(const bnn_op *op)
{
    return bnn_shape_values(op->in);
}

static void op_dense(const bnn_op *op, const float *x, float *y)
{
    const size_t n = op_dense_taps(op);
    for (uint32_t o = 0; o < op->out.c; o++) {
        const float *w = op->weight + o * n;
        float sum = op->bias != NULL ? op->bias[o] : 0.0f;
        for (size_t i = 0; i < n; i++)
            sum = fmaf(w[i], x[i], sum);
        y[o] = sum;
    }
}

/* ---- logic ------------------------------------------------------------------------------- */

static bool op_thermometer_shape(const bnn_op *op, uint32_t out_channels, bnn_shape *out)
{
    (void)out_channels;
    out->c = op->in.c * op->levels;
    return op->levels > 0 && op->levels <= BNN_VALUES_MAX / op->in.c;
}

static void op_thermometer(const bnn_op *op, const float *x, float *y)
{
    const size_t plane = (size_t)op->in.h * op->in.w;
    for (size_t i = 0; i < op->out.c * plane; i++) {
        const float pixel = x[i / plane / op->levels * plane + i % plane];
        y[i] = pixel >= op->thresholds[i] ? 1.0f : -1.0f;
    }
}

static bool op_table_shape(const bnn_op *op, uint32_t out_channels, bnn_shape *out)
{
    *out = (bnn_shape){.c = out_channels, .h = 1, .w = 1};
    return op->inputs > 0 && op->inputs <= BNN_GATE_INPUTS_MAX;
}

static void op_table(const bnn_op *op, const float *x, float *y)
{
    const uint32_t *wire = op->wires;
    for (size_t j = 0; j < op->out.c; j++, wire += op->inputs) {
        unsigned m = 0;
        for (uint32_t i = 0; i < op->inputs; i++)
            m |= (unsigned)(x[wire[i]] >= 0.0f) << i;
        y[j] = op->tables[j] >> m & 1 ? 1.0f : -1.0f;
    }
}

static bool op_group_sum_shape(const bnn_op *op, uint32_t out_channels, bnn_shape *out)
{
    *out = (bnn_shape){.c = out_channels, .h = 1, .w = 1};
    return out_channels > 0 && bnn_shape_values(op->in) % out_channels == 0;
}

static void op_group_sum(const bnn_op *op, const float *x, float *y)
{
    const size_t n = bnn_shape_values(op->in) / op->out.c;
    for (size_t g = 0; g < op->out.c; g++, x += n) {
        float sum = x[0];
        for (size_t i = 1; i < n; i++)
            sum += x[i];
        y[g] = sum;
    }
}

/* ---- the table --------------------------------------------------------------------------- */

static const bnn_op_kind op_kinds[] = {
    [BNN_LOWER_IDENTITY] = {.apply_channel = op_identity},
    [BNN_LOWER_CONV2D] = {.has = BNN_OP_WINDOW | BNN_OP_PADDING | BNN_OP_GROUPS,
                          .shape = op_conv2d_shape,
                          .taps = op_conv2d_taps,
                          .apply = op_conv2d},
    [BNN_LOWER_DENSE] = {.shape = op_dense_shape, .taps = op_dense_taps, .apply = op_dense},
    [BNN_LOWER_AFFINE] = {.has = BNN_OP_FACTOR | BNN_OP_OFFSET, .apply_channel = op_affine},
    [BNN_LOWER_CLAMP] = {.has = BNN_OP_RANGE, .apply_channel = op_clamp},
    [BNN_LOWER_SLOPE] = {.has = BNN_OP_FACTOR, .apply_channel = op_slope},
    [BNN_LOWER_MAXPOOL] = {.has = BNN_OP_WINDOW, .shape = op_pool_shape, .apply = op_maxpool},
    [BNN_LOWER_AVGPOOL] = {.has = BNN_OP_WINDOW, .shape = op_pool_shape, .apply = op_avgpool},
    [BNN_LOWER_SIGN] = {.apply_channel = op_sign},
    [BNN_LOWER_SLOPES] = {.has = BNN_OP_FACTOR | BNN_OP_OFFSET, .apply_channel = op_slopes},
    [BNN_LOWER_THERMOMETER] = {.is_logic = true,
                               .shape = op_thermometer_shape,
                               .apply = op_thermometer},
    [BNN_LOWER_TABLE] = {.is_logic = true, .shape = op_table_shape, .apply = op_table},
    [BNN_LOWER_GROUP_SUM] = {.is_logic = true, .shape = op_group_sum_shape, .apply = op_group_sum},
};
_Static_assert(sizeof op_kinds / sizeof *op_kinds == BNN_LOWER_KINDS, "a row for each operation");

const bnn_op_kind *bnn_op_kind_of(uint32_t type)
{
    return type < BNN_LOWER_KINDS ? &op_kinds[type] : NULL;
}

bool bnn_op_is_linear(uint32_t type)
{
    return type < BNN_LOWER_KINDS && op_kinds[type].taps != NULL;
}

bool bnn_op_is_logic(uint32_t type)
{
    return type < BNN_LOWER_KINDS && op_kinds[type].is_logic;
}

bool bnn_op_can_follow(uint32_t type)
{
    return type < BNN_LOWER_KINDS && type != BNN_LOWER_IDENTITY && !bnn_op_is_linear(type) &&
           !bnn_op_is_logic(type);
}

size_t bnn_op_taps(const bnn_op *op)
{
    return bnn_op_is_linear(op->type) ? op_kinds[op->type].taps(op) : 0;
}

static bool op_shape_fits(bnn_shape s)
{
    const uint64_t plane = (uint64_t)s.h * s.w;
    return s.c > 0 && s.h > 0 && s.w > 0 && s.h <= BNN_EXTENT_MAX && s.w <= BNN_EXTENT_MAX &&
           s.c <= BNN_VALUES_MAX && plane <= BNN_VALUES_MAX && plane * s.c <= BNN_VALUES_MAX;
}

bool bnn_op_out_shape(const bnn_op *op, uint32_t out_channels, bnn_shape *out)
{
    const bnn_op_kind *kind = bnn_op_kind_of(op->type);
    bnn_shape shape = op->in;
    if (kind == NULL || !op_shape_fits(op->in) ||
        (kind->shape != NULL && !kind->shape(op, out_channels, &shape)) || !op_shape_fits(shape))
        return false;
    *out = shape;
    return true;
}

void bnn_op_apply(const bnn_op *op, const float *x, float *y)
{
    const bnn_op_kind *kind = &op_kinds[op->type];
    const size_t plane = (size_t)op->in.h * op->in.w;
    if (kind->apply != NULL) {
        kind->apply(op, x, y);
        return;
    }
    for (uint32_t c = 0; c < op->in.c; c++)
        kind->apply_channel(op, c, plane, x + c * plane, y + c * plane);
}
