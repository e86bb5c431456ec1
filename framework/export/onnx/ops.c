#include "export/onnx/ops.h"

#include <math.h>

const char *bnn_onnx_per_channel(bnn_onnx_writer *w, const char *name, bnn_onnx_type type,
                                 uint32_t channels, const void *values)
{
    const int64_t dims[] = {channels, 1, 1};
    return bnn_onnx_tensor(w, name, type, dims, w->flat ? 1 : 3, values);
}

void bnn_onnx_flatten(bnn_onnx_writer *w, const char *name)
{
    if (!w->flat)
        bnn_onnx_then(w, "Flatten", bnn_onnx_name(w, "%s.flat", name), NULL, NULL);
    w->flat = true;
}

void bnn_onnx_unflatten(bnn_onnx_writer *w, const char *name, bnn_shape shape)
{
    const int64_t dims[] = {0, shape.c, shape.h, shape.w}; /* 0: as many images as come in */
    if (w->flat)
        bnn_onnx_then(w, "Reshape", bnn_onnx_name(w, "%s.planes", name),
                      bnn_onnx_int64s(w, bnn_onnx_name(w, "%s.shape", name), dims, 4), NULL);
    w->flat = false;
}

bnn_onnx_place bnn_onnx_here(const bnn_onnx_writer *w)
{
    return (bnn_onnx_place){w->value, w->flat};
}

void bnn_onnx_go(bnn_onnx_writer *w, bnn_onnx_place to)
{
    w->value = to.value;
    w->flat = to.flat;
}

void bnn_onnx_add(bnn_onnx_writer *w, const char *name, bnn_shape shape, bnn_onnx_place other)
{
    if (w->flat != other.flat) {
        bnn_onnx_unflatten(w, name, shape);
        const bnn_onnx_place sum = bnn_onnx_here(w);
        bnn_onnx_go(w, other);
        bnn_onnx_unflatten(w, bnn_onnx_name(w, "%s.other", name), shape);
        other = bnn_onnx_here(w);
        bnn_onnx_go(w, sum);
    }
    bnn_onnx_then(w, "Add", name, other.value, NULL);
}

/* ---- linear ------------------------------------------------------------------------------ */

const char *bnn_onnx_bias(bnn_onnx_writer *w, const bnn_op *linear)
{
    const int64_t dims[] = {linear->out.c};
    if (linear->bias == NULL)
        return NULL;
    return bnn_onnx_tensor(w, bnn_onnx_name(w, "%s.bias", linear->name), BNN_ONNX_FLOAT, dims, 1,
                           linear->bias);
}

static void onnx_set_windows(bnn_onnx_writer *w, const bnn_op *op)
{
    const int64_t kernels[] = {op->kernel, op->kernel}, strides[] = {op->stride, op->stride};
    bnn_onnx_set_ints(w, "kernel_shape", kernels, 2);
    bnn_onnx_set_ints(w, "strides", strides, 2);
}

void bnn_onnx_conv(bnn_onnx_writer *w, const bnn_op *conv, const char *weight)
{
    const int64_t p = conv->padding;
    bnn_onnx_unflatten(w, conv->name, conv->in);
    const bool pads = p > 0 && conv->pad_value != 0.0f;
    if (pads) {
        const int64_t by[] = {0, 0, p, p, 0, 0, p, p};
        const char *border = bnn_onnx_int64s(w, bnn_onnx_name(w, "%s.pads", conv->name), by, 8);
        bnn_onnx_then(
            w, "Pad", bnn_onnx_name(w, "%s.pad", conv->name), border,
            bnn_onnx_scalar(w, conv->pad_value > 0 ? "plus_one" : "minus_one", conv->pad_value));
    }
    bnn_onnx_then(w, "Conv", conv->name, weight, bnn_onnx_bias(w, conv));
    onnx_set_windows(w, conv);
    if (p > 0 && !pads) {
        const int64_t by[] = {p, p, p, p};
        bnn_onnx_set_ints(w, "pads", by, 4);
    }
    if (bnn_op_groups(conv) > 1)
        bnn_onnx_set_int(w, "group", conv->groups);
}

void bnn_onnx_gemm(bnn_onnx_writer *w, const bnn_op *dense, const char *weight)
{
    bnn_onnx_flatten(w, dense->name);
    bnn_onnx_then(w, "Gemm", dense->name, weight, bnn_onnx_bias(w, dense));
    bnn_onnx_set_int(w, "transB", 1);
}

/* ---- pools ------------------------------------------------------------------------------- */

static void onnx_maxpool(bnn_onnx_writer *w, const bnn_op *op)
{
    bnn_onnx_unflatten(w, op->name, op->in);
    bnn_onnx_then(w, "MaxPool", op->name, NULL, NULL);
    onnx_set_windows(w, op);
}

/* The value at tap t of every window. */
static const char *onnx_tap(bnn_onnx_writer *w, const bnn_op *op, const char *values, uint32_t t)
{
    const int64_t row = t / op->kernel, column = t % op->kernel, stride = op->stride;
    const int64_t starts[] = {row, column};
    const int64_t ends[] = {row + (op->out.h - 1) * stride + 1,
                            column + (op->out.w - 1) * stride + 1};
    const char *name = bnn_onnx_name(w, "%s.tap_%u", op->name, t);
    return bnn_onnx_node(
        w, "Slice", name,
        (const char *const[]){
            values, bnn_onnx_int64s(w, bnn_onnx_name(w, "%s.starts", name), starts, 2),
            bnn_onnx_int64s(w, bnn_onnx_name(w, "%s.ends", name), ends, 2),
            bnn_onnx_name(w, "%s.axes", op->name), bnn_onnx_name(w, "%s.steps", op->name), NULL});
}

/* Training's order of additions, and its product with the reciprocal of the area. */
static void onnx_exact_avgpool(bnn_onnx_writer *w, const bnn_op *op)
{
    static const int64_t axes[] = {2, 3};
    const int64_t steps[] = {op->stride, op->stride};
    const uint32_t area = op->kernel * op->kernel;
    const char *values = w->value;
    bnn_onnx_int64s(w, bnn_onnx_name(w, "%s.axes", op->name), axes, 2);
    bnn_onnx_int64s(w, bnn_onnx_name(w, "%s.steps", op->name), steps, 2);
    const char *sum = onnx_tap(w, op, values, 0);
    for (uint32_t t = 1; t < area; t++) {
        const char *tap = onnx_tap(w, op, values, t);
        sum = bnn_onnx_node(w, "Add", bnn_onnx_name(w, "%s.sum_%u", op->name, t),
                            (const char *const[]){sum, tap, NULL});
    }
    const char *name = bnn_onnx_name(w, "%s.share", op->name);
    bnn_onnx_then(w, "Mul", op->name, bnn_onnx_scalar(w, name, 1.0f / (float)area), NULL);
}

static void onnx_avgpool(bnn_onnx_writer *w, const bnn_op *op)
{
    enum { EXACT_KERNEL_MAX = 8 }; /* a node for each value of a window has its limits */
    bnn_onnx_unflatten(w, op->name, op->in);
    if (w->exact && op->kernel <= EXACT_KERNEL_MAX) {
        onnx_exact_avgpool(w, op);
        return;
    }
    bnn_onnx_then(w, "AveragePool", op->name, NULL, NULL);
    onnx_set_windows(w, op);
}

/* ---- elementwise ------------------------------------------------------------------------- */

const char *bnn_onnx_choice(bnn_onnx_writer *w, const char *name, const char *condition)
{
    return bnn_onnx_node(w, "Where", name,
                         (const char *const[]){condition, bnn_onnx_scalar(w, "plus_one", 1.0f),
                                               bnn_onnx_scalar(w, "minus_one", -1.0f), NULL});
}

/* Values of all channels, as float64 where they are to be wide. */
static const char *onnx_values(bnn_onnx_writer *w, const bnn_op *op, const char *what, bool wide,
                               const float *values)
{
    const char *name = bnn_onnx_name(w, "%s.%s", op->name, what);
    if (!wide)
        return bnn_onnx_per_channel(w, name, BNN_ONNX_FLOAT, op->in.c, values);
    double *doubles = bnn_onnx_alloc(w, op->in.c, sizeof *doubles);
    for (size_t c = 0; doubles != NULL && c < op->in.c; c++)
        doubles[c] = (double)values[c];
    return bnn_onnx_per_channel(w, name, BNN_ONNX_DOUBLE, op->in.c, doubles);
}

/* Training has one rounding, a fused multiply-add. The product of two float32 is exact in float64,
 * so the sign of the sum is the exact sum's, and its rounding to float32 training's. */
static void onnx_affine(bnn_onnx_writer *w, const bnn_op *op)
{
    const char *factor = onnx_values(w, op, "factor", w->exact, op->factor);
    const char *offset = onnx_values(w, op, "offset", w->exact, op->offset);
    if (w->exact)
        bnn_onnx_cast(w, bnn_onnx_name(w, "%s.wide", op->name), BNN_ONNX_DOUBLE);
    bnn_onnx_then(w, "Mul", bnn_onnx_name(w, "%s.product", op->name), factor, NULL);
    bnn_onnx_then(w, "Add", w->exact ? bnn_onnx_name(w, "%s.sum", op->name) : op->name, offset,
                  NULL);
    if (w->exact)
        bnn_onnx_cast(w, op->name, BNN_ONNX_FLOAT);
}

static void onnx_clamp(bnn_onnx_writer *w, const bnn_op *op)
{
    const char *low = "", *high = NULL; /* an empty name: no bound */
    if (isfinite(op->low))
        low = bnn_onnx_scalar(w, bnn_onnx_name(w, "%s.low", op->name), op->low);
    if (isfinite(op->high))
        high = bnn_onnx_scalar(w, bnn_onnx_name(w, "%s.high", op->name), op->high);
    bnn_onnx_then(w, "Clip", op->name, low, high);
}

static void onnx_slope(bnn_onnx_writer *w, const bnn_op *op)
{
    bnn_onnx_then(w, "PRelu", op->name, onnx_values(w, op, "slope", false, op->factor), NULL);
}

static void onnx_slopes(bnn_onnx_writer *w, const bnn_op *op)
{
    const char *values = w->value;
    const char *condition =
        bnn_onnx_node(w, "GreaterOrEqual", bnn_onnx_name(w, "%s.positive", op->name),
                      (const char *const[]){values, bnn_onnx_scalar(w, "zero", 0.0f), NULL});
    const char *slope = onnx_values(w, op, "slope_above", false, op->offset);
    const char *above = bnn_onnx_node(w, "Mul", bnn_onnx_name(w, "%s.above", op->name),
                                      (const char *const[]){values, slope, NULL});
    slope = onnx_values(w, op, "slope_below", false, op->factor);
    const char *below = bnn_onnx_node(w, "Mul", bnn_onnx_name(w, "%s.below", op->name),
                                      (const char *const[]){values, slope, NULL});
    bnn_onnx_node(w, "Where", op->name, (const char *const[]){condition, above, below, NULL});
}

/* With operators that agree on 0. */
static void onnx_sign(bnn_onnx_writer *w, const bnn_op *op)
{
    const char *name = bnn_onnx_name(w, "%s.positive", op->name);
    bnn_onnx_then(w, "GreaterOrEqual", name, bnn_onnx_scalar(w, "zero", 0.0f), NULL);
    bnn_onnx_choice(w, op->name, w->value);
}

/* ---- the table --------------------------------------------------------------------------- */

/* Rows for what can follow a linear operation. */
static void (*const ops_table[])(bnn_onnx_writer *w, const bnn_op *op) = {
    [BNN_LOWER_AFFINE] = onnx_affine,   [BNN_LOWER_CLAMP] = onnx_clamp,
    [BNN_LOWER_SLOPE] = onnx_slope,     [BNN_LOWER_MAXPOOL] = onnx_maxpool,
    [BNN_LOWER_AVGPOOL] = onnx_avgpool, [BNN_LOWER_SIGN] = onnx_sign,
    [BNN_LOWER_SLOPES] = onnx_slopes,   [BNN_LOWER_GROUP_SUM] = NULL, /* logic is in no chain */
};
_Static_assert(sizeof ops_table / sizeof *ops_table == BNN_LOWER_KINDS, "a row for each operation");

void bnn_onnx_op(bnn_onnx_writer *w, const bnn_op *op)
{
    ops_table[op->type](w, op);
}
