#include "infer/op.h"

#include <math.h>

bool bnn_op_is_elementwise(const bnn_op *op)
{
    switch ((bnn_lower_op)op->type) {
    case BNN_LOWER_IDENTITY:
    case BNN_LOWER_AFFINE:
    case BNN_LOWER_CLAMP:
    case BNN_LOWER_SLOPE:
    case BNN_LOWER_SIGN:
        return true;
    case BNN_LOWER_CONV2D:
    case BNN_LOWER_DENSE:
    case BNN_LOWER_MAXPOOL:
    case BNN_LOWER_AVGPOOL:
        break;
    }
    return false;
}

size_t bnn_op_taps(const bnn_op *op)
{
    if (op->type == BNN_LOWER_CONV2D)
        return (size_t)op->in.c * op->kernel * op->kernel;
    return op->type == BNN_LOWER_DENSE ? bnn_shape_values(op->in) : 0;
}

/* ---- shapes ------------------------------------------------------------------------------ */

static bool shape_fits(bnn_shape s)
{
    const uint64_t plane = (uint64_t)s.h * s.w;
    return s.c > 0 && s.h > 0 && s.w > 0 && s.h <= BNN_EXTENT_MAX && s.w <= BNN_EXTENT_MAX &&
           s.c <= BNN_VALUES_MAX && plane <= BNN_VALUES_MAX && plane * s.c <= BNN_VALUES_MAX;
}

static bool windows_fit(const bnn_op *op, bnn_shape *out)
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

bool bnn_op_out_shape(const bnn_op *op, uint32_t out_channels, bnn_shape *out)
{
    bnn_shape shape = op->in;
    if (!shape_fits(op->in))
        return false;
    if (op->type == BNN_LOWER_DENSE)
        shape = (bnn_shape){.c = out_channels, .h = 1, .w = 1};
    else if (op->type == BNN_LOWER_CONV2D)
        shape.c = out_channels;
    if (op->type == BNN_LOWER_CONV2D || op->type == BNN_LOWER_MAXPOOL ||
        op->type == BNN_LOWER_AVGPOOL) {
        if ((op->type != BNN_LOWER_CONV2D && op->padding != 0) || !windows_fit(op, &shape))
            return false;
    }
    if (!shape_fits(shape))
        return false;
    *out = shape;
    return true;
}

/* ---- values ------------------------------------------------------------------------------ */

void bnn_op_apply_channel(const bnn_op *op, uint32_t c, size_t n, const float *x, float *y)
{
    const float factor = op->factor != NULL ? op->factor[c] : 0.0f;
    const float offset = op->offset != NULL ? op->offset[c] : 0.0f;
    switch ((bnn_lower_op)op->type) {
    case BNN_LOWER_AFFINE:
        for (size_t i = 0; i < n; i++)
            y[i] = fmaf(x[i], factor, offset);
        break;
    case BNN_LOWER_CLAMP:
        for (size_t i = 0; i < n; i++) {
            const float t = op->low > x[i] ? op->low : x[i];
            y[i] = op->high < t ? op->high : t;
        }
        break;
    case BNN_LOWER_SLOPE:
        for (size_t i = 0; i < n; i++)
            y[i] = x[i] * (x[i] >= 0.0f ? 1.0f : factor);
        break;
    case BNN_LOWER_SIGN:
        for (size_t i = 0; i < n; i++)
            y[i] = x[i] >= 0.0f ? 1.0f : -1.0f;
        break;
    case BNN_LOWER_IDENTITY:
        for (size_t i = 0; i < n; i++)
            y[i] = x[i];
        break;
    case BNN_LOWER_CONV2D:
    case BNN_LOWER_DENSE:
    case BNN_LOWER_MAXPOOL:
    case BNN_LOWER_AVGPOOL:
        break;
    }
}

/* One output of a convolution. */
static float convolve_at(const bnn_op *op, const float *x, uint32_t channel, uint32_t oh,
                         uint32_t ow)
{
    const size_t k = op->kernel;
    const float *w = op->weight + channel * bnn_op_taps(op);
    const bool skips_padding = op->pad_value == 0.0f;
    float sum = op->bias != NULL ? op->bias[channel] : 0.0f;
    for (size_t c = 0; c < op->in.c; c++)
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

static void apply_conv2d(const bnn_op *op, const float *x, float *y)
{
    for (uint32_t c = 0; c < op->out.c; c++)
        for (uint32_t h = 0; h < op->out.h; h++)
            for (uint32_t w = 0; w < op->out.w; w++)
                *y++ = convolve_at(op, x, c, h, w);
}

static void apply_dense(const bnn_op *op, const float *x, float *y)
{
    const size_t n = bnn_op_taps(op);
    for (uint32_t o = 0; o < op->out.c; o++) {
        const float *w = op->weight + o * n;
        float sum = op->bias != NULL ? op->bias[o] : 0.0f;
        for (size_t i = 0; i < n; i++)
            sum = fmaf(w[i], x[i], sum);
        y[o] = sum;
    }
}

static void apply_pool(const bnn_op *op, const float *x, float *y)
{
    const size_t k = op->kernel, row = op->in.w;
    const float share = 1.0f / (float)(k * k);
    for (size_t c = 0; c < op->out.c; c++)
        for (size_t h = 0; h < op->out.h; h++)
            for (size_t w = 0; w < op->out.w; w++) {
                const float *corner = x + (c * op->in.h + h * op->stride) * row + w * op->stride;
                float most = corner[0], sum = corner[0];
                for (size_t t = 1; t < k * k; t++) {
                    const float v = corner[t / k * row + t % k];
                    most = v > most ? v : most;
                    sum += v;
                }
                *y++ = op->type == BNN_LOWER_MAXPOOL ? most : sum * share;
            }
}

void bnn_op_apply(const bnn_op *op, const float *x, float *y)
{
    const size_t plane = (size_t)op->in.h * op->in.w;
    if (op->type == BNN_LOWER_CONV2D)
        apply_conv2d(op, x, y);
    else if (op->type == BNN_LOWER_DENSE)
        apply_dense(op, x, y);
    else if (op->type == BNN_LOWER_MAXPOOL || op->type == BNN_LOWER_AVGPOOL)
        apply_pool(op, x, y);
    else
        for (uint32_t c = 0; c < op->in.c; c++)
            bnn_op_apply_channel(op, c, plane, x + c * plane, y + c * plane);
}
