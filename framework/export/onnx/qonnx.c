#include "export/onnx/ops.h"
#include "infer/model.h"

#include <math.h>

static const char *qonnx_quant(bnn_onnx_writer *w, const char *name, const char *value)
{
    bnn_onnx_node(w, "BipolarQuant", name,
                  (const char *const[]){value, bnn_onnx_scalar(w, "scale", 1.0f), NULL});
    bnn_onnx_set_domain(w, BNN_ONNX_QONNX_DOMAIN);
    return w->value;
}

enum { QONNX_BITS_MAX = 16 };

/* What Quant calls the type of whole numbers. */
typedef struct qonnx_type {
    int32_t bits;
    bool is_signed, is_narrow; /* narrow: without the least number */
} qonnx_type;

/* The smallest that has all numbers from low to high, low <= 0 < high. */
static qonnx_type qonnx_type_of(int32_t low, int32_t high)
{
    qonnx_type t = {.bits = low < 0 ? 2 : 1, .is_signed = low < 0};
    while ((t.is_signed && low < -(1 << (t.bits - 1))) || high >= 1 << (t.bits - t.is_signed))
        t.bits++;
    t.is_narrow = t.is_signed && low > -(1 << (t.bits - 1));
    return t;
}

static int32_t qonnx_least(qonnx_type t)
{
    return t.is_signed ? t.is_narrow - (1 << (t.bits - 1)) : 0;
}

static int32_t qonnx_most(qonnx_type t)
{
    return (1 << (t.bits - t.is_signed)) - 1;
}

/* The nearest number of the type, of two the even one. */
static const char *qonnx_round(bnn_onnx_writer *w, const char *name, const char *value,
                               qonnx_type type)
{
    const char *bits = bnn_onnx_scalar(w, bnn_onnx_name(w, "bits_%d", type.bits), (float)type.bits);
    bnn_onnx_node(w, "Quant", name,
                  (const char *const[]){value, bnn_onnx_scalar(w, "scale", 1.0f),
                                        bnn_onnx_scalar(w, "zero", 0.0f), bits, NULL});
    bnn_onnx_set_int(w, "signed", type.is_signed);
    bnn_onnx_set_int(w, "narrow", type.is_narrow);
    bnn_onnx_set_text(w, "rounding_mode", "ROUND");
    bnn_onnx_set_domain(w, BNN_ONNX_QONNX_DOMAIN);
    return w->value;
}

/* Weights behind a BipolarQuant where they are binary, and a Quant where they have few levels. */
static const char *qonnx_weights(bnn_onnx_writer *w, const bnn_op *op, const int64_t *dims,
                                 size_t n_dims, const float *values)
{
    const char *before = w->value;
    const char *weight = bnn_onnx_tensor(w, bnn_onnx_name(w, "%s.weight", op->name), BNN_ONNX_FLOAT,
                                         dims, n_dims, values);
    const char *name = bnn_onnx_name(w, "%s.weight_quant", op->name);
    if (op->binary_weights)
        weight = qonnx_quant(w, name, weight);
    else if (bnn_codes_are_digits(op->codes))
        weight = qonnx_round(w, name, weight, qonnx_type_of(op->codes.min, op->codes.max));
    w->value = before;
    return weight;
}

static void qonnx_conv(bnn_onnx_writer *w, const bnn_op *o)
{
    const int64_t dims[] = {o->out.c, bnn_op_group_in(o), o->kernel, o->kernel};
    bnn_onnx_conv(w, o, qonnx_weights(w, o, dims, 4, o->weight));
}

/* A MatMul, which those compilers want, takes the weights as [all inputs][out]. */
static void qonnx_dense(bnn_onnx_writer *w, const bnn_op *o)
{
    const size_t n_in = bnn_op_taps(o), n_out = o->out.c;
    const int64_t dims[] = {(int64_t)n_in, (int64_t)n_out};
    float *turned = bnn_onnx_alloc(w, n_in * n_out, sizeof *turned);
    if (turned == NULL)
        return;
    for (size_t i = 0; i < n_in; i++)
        for (size_t k = 0; k < n_out; k++)
            turned[i * n_out + k] = o->weight[k * n_in + i];
    bnn_onnx_flatten(w, o->name);
    bnn_onnx_then(w, "MatMul", o->name, qonnx_weights(w, o, dims, 2, turned), NULL);
    if (o->bias != NULL)
        bnn_onnx_then(w, "Add", bnn_onnx_name(w, "%s.sum", o->name), bnn_onnx_bias(w, o), NULL);
}

static void qonnx_sign(bnn_onnx_writer *w, const bnn_op *op)
{
    qonnx_quant(w, op->name, w->value);
}

/* Rows for what this dialect says in its own way. */
static void (*const qonnx_table[BNN_LOWER_KINDS])(bnn_onnx_writer *w, const bnn_op *op) = {
    [BNN_LOWER_CONV2D] = qonnx_conv,
    [BNN_LOWER_DENSE] = qonnx_dense,
    [BNN_LOWER_SIGN] = qonnx_sign,
};

/* Whether operation i adds a number to all values, and it alone sees them. */
static bool qonnx_adds(const bnn_graph *graph, uint32_t i, float number)
{
    const bnn_op *op = &graph->ops[i];
    bool adds = op->type == BNN_LOWER_AFFINE && !bnn_graph_is_held(graph, i - 1);
    for (uint32_t c = 0; adds && c < op->in.c; c++)
        adds = op->factor[c] == 1.0f && op->offset[c] == number;
    return adds;
}

static bool qonnx_is_whole(float x)
{
    return fabsf(x) < 1 << QONNX_BITS_MAX && x == (float)(int32_t)x;
}

/* Whether operation i and the two behind it are a quantizer's: values are held between two whole numbers, and rounded. */
static bool qonnx_rounds(const bnn_graph *graph, uint32_t i)
{
    const bnn_op *op = &graph->ops[i];
    return op->type == BNN_LOWER_CLAMP && i + 2 < graph->n_ops && qonnx_is_whole(op->low) &&
           qonnx_is_whole(op->high) && op->low <= 0.0f && op->high > 0.0f &&
           qonnx_adds(graph, i + 1, BNN_ROUNDING) && qonnx_adds(graph, i + 2, -BNN_ROUNDING);
}

/* Quant holds values in the range of its type; others are held before. */
static void qonnx_quantize(bnn_onnx_writer *w, const bnn_op *clamp, const char *name)
{
    const int32_t low = (int32_t)clamp->low, high = (int32_t)clamp->high;
    const qonnx_type type = qonnx_type_of(low, high);
    if (low != qonnx_least(type) || high != qonnx_most(type))
        bnn_onnx_op(w, clamp);
    qonnx_round(w, name, w->value, type);
}

void bnn_onnx_add_qonnx(bnn_onnx_writer *w, const bnn_graph *graph)
{
    const bnn_onnx_place image = bnn_onnx_here(w);
    bnn_onnx_place *all = bnn_onnx_alloc(w, graph->n_ops, sizeof *all);
    for (uint32_t i = 0; all != NULL && i < graph->n_ops; i++) {
        const bnn_op *op = &graph->ops[i];
        bnn_onnx_go(w, graph->sees[i] < 0 ? image : all[graph->sees[i]]);
        if (graph->adds[i] >= 0) {
            bnn_onnx_add(w, op->name, op->in, all[graph->adds[i]]);
        } else if (qonnx_rounds(graph, i)) {
            i += 2;
            qonnx_quantize(w, op, graph->ops[i].name);
        } else if (qonnx_table[op->type] != NULL) {
            qonnx_table[op->type](w, op);
        } else if (op->type != BNN_LOWER_IDENTITY) {
            bnn_onnx_op(w, op);
        }
        all[i] = bnn_onnx_here(w);
    }
}
