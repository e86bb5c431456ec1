/* The QONNX dialect: the network's operations one by one, as Brevitas exports them, with
 * BipolarQuant (x >= 0 ? scale : -scale) in front of what is binary. */
#include "export/onnx/ops.h"

static const char *add_quant(bnn_onnx_writer *w, const char *name, const char *value)
{
    bnn_onnx_node(w, "BipolarQuant", name,
                  (const char *const[]){value, bnn_onnx_scalar(w, "scale", 1.0f), NULL});
    bnn_onnx_set_domain(w, BNN_ONNX_QONNX_DOMAIN);
    return w->value;
}

/* Weights behind a BipolarQuant where they are binary. */
static const char *add_weights(bnn_onnx_writer *w, const bnn_graph_op *op, const int64_t *dims,
                               size_t n_dims, const float *values)
{
    const char *before = w->value;
    const char *weight = bnn_onnx_tensor(w, bnn_onnx_name(w, "%s.weight", op->op.name),
                                         BNN_ONNX_FLOAT, dims, n_dims, values);
    if (op->binary_weights)
        weight = add_quant(w, bnn_onnx_name(w, "%s.weight_quant", op->op.name), weight);
    w->value = before;
    return weight;
}

static void add_conv(bnn_onnx_writer *w, const bnn_graph_op *op)
{
    const bnn_op *o = &op->op;
    const int64_t dims[] = {o->out.c, o->in.c, o->kernel, o->kernel};
    const bnn_onnx_linear conv = {.name = o->name,
                                  .in = o->in,
                                  .out_channels = o->out.c,
                                  .kernel = o->kernel,
                                  .stride = o->stride,
                                  .padding = o->padding,
                                  .pad_value = o->pad_value,
                                  .weight = add_weights(w, op, dims, 4, o->weight),
                                  .bias = o->bias};
    bnn_onnx_conv(w, &conv);
}

/* A MatMul, which those compilers want, takes the weights as [all inputs][out]. */
static void add_dense(bnn_onnx_writer *w, const bnn_graph_op *op)
{
    const bnn_op *o = &op->op;
    const size_t n_in = bnn_op_taps(o), n_out = o->out.c;
    const int64_t dims[] = {(int64_t)n_in, (int64_t)n_out}, bias_dims[] = {(int64_t)n_out};
    float *turned = bnn_arena_alloc(w->arena, n_in * n_out, sizeof *turned);
    if (turned == NULL) {
        w->failed = true;
        return;
    }
    for (size_t i = 0; i < n_in; i++)
        for (size_t k = 0; k < n_out; k++)
            turned[i * n_out + k] = o->weight[k * n_in + i];
    bnn_onnx_flatten(w, o->name);
    bnn_onnx_then(w, "MatMul", o->name, add_weights(w, op, dims, 2, turned), NULL);
    if (o->bias != NULL)
        bnn_onnx_then(w, "Add", bnn_onnx_name(w, "%s.sum", o->name),
                      bnn_onnx_tensor(w, bnn_onnx_name(w, "%s.bias", o->name), BNN_ONNX_FLOAT,
                                      bias_dims, 1, o->bias),
                      NULL);
}

void bnn_onnx_add_qonnx(bnn_onnx_writer *w, const bnn_graph *graph)
{
    for (uint32_t i = 0; i < graph->n_ops; i++) {
        const bnn_graph_op *op = &graph->ops[i];
        if (op->op.type == BNN_LOWER_CONV2D)
            add_conv(w, op);
        else if (op->op.type == BNN_LOWER_DENSE)
            add_dense(w, op);
        else if (op->op.type == BNN_LOWER_SIGN)
            add_quant(w, op->op.name, w->value);
        else
            bnn_onnx_plain(w, &op->op, false);
    }
}
