#include "export/onnx/ops.h"

static const char *qonnx_quant(bnn_onnx_writer *w, const char *name, const char *value)
{
    bnn_onnx_node(w, "BipolarQuant", name,
                  (const char *const[]){value, bnn_onnx_scalar(w, "scale", 1.0f), NULL});
    bnn_onnx_set_domain(w, BNN_ONNX_QONNX_DOMAIN);
    return w->value;
}

/* Weights behind a BipolarQuant where they are binary. */
static const char *qonnx_weights(bnn_onnx_writer *w, const bnn_op *op, const int64_t *dims,
                                 size_t n_dims, const float *values)
{
    const char *before = w->value;
    const char *weight = bnn_onnx_tensor(w, bnn_onnx_name(w, "%s.weight", op->name), BNN_ONNX_FLOAT,
                                         dims, n_dims, values);
    if (op->binary_weights)
        weight = qonnx_quant(w, bnn_onnx_name(w, "%s.weight_quant", op->name), weight);
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

void bnn_onnx_add_qonnx(bnn_onnx_writer *w, const bnn_graph *graph)
{
    const bnn_onnx_place image = bnn_onnx_here(w);
    bnn_onnx_place *all = bnn_onnx_alloc(w, graph->n_ops, sizeof *all);
    for (uint32_t i = 0; all != NULL && i < graph->n_ops; i++) {
        const bnn_op *op = &graph->ops[i];
        bnn_onnx_go(w, graph->sees[i] < 0 ? image : all[graph->sees[i]]);
        if (graph->adds[i] >= 0)
            bnn_onnx_add(w, op->name, op->in, all[graph->adds[i]]);
        else if (qonnx_table[op->type] != NULL)
            qonnx_table[op->type](w, op);
        else if (op->type != BNN_LOWER_IDENTITY)
            bnn_onnx_op(w, op);
        all[i] = bnn_onnx_here(w);
    }
}
