#include "export/graph.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

typedef struct maker {
    const bnn_network *network;
    bnn_arena *arena;
    bnn_op *ops;
    uint32_t n;
    bnn_error *err;
} maker;

static int graph_lower_failure(bnn_lowering *lowering, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static int graph_lower_failure(bnn_lowering *lowering, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bnn_fail_v(lowering->host, BNN_E_FAILED, format, args);
    va_end(args);
    return BNN_E_FAILED;
}

/* The tensor of network op i that acts from this address, if it has n values. */
static const float *graph_own_tensor(const maker *m, uint32_t i, const float *values, size_t n)
{
    const bnn_network_op *op = &m->network->ops[i];
    for (uint32_t t = 0; t < op->plan.n_tensors; t++)
        if (op->parameters[t].acting == values && op->parameters[t].n == n)
            return values;
    return NULL;
}

static bool graph_all_binary(const float *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fabsf(w[i]) != 1.0f)
            return false;
    return true;
}

/* Takes the weights of a linear operation over into the graph. */
static int graph_take_weights(const maker *m, uint32_t i, bnn_op *o)
{
    const size_t n = bnn_op_taps(o) * o->out.c;
    const float *weight = graph_own_tensor(m, i, o->weight, n);
    const float *bias = graph_own_tensor(m, i, o->bias, o->out.c);
    if (weight == NULL || (o->bias != NULL && bias == NULL))
        return bnn_fail(m->err, BNN_E_FAILED,
                        "its lower function names a %s that is no tensor of it with %zu values",
                        weight == NULL ? "weight" : "bias", weight == NULL ? n : o->out.c);
    o->binary_weights = graph_all_binary(weight, n);
    float *own_bias = bias == NULL ? NULL : bnn_arena_copy(m->arena, bias, o->out.c, sizeof(float));
    o->weight = bnn_arena_copy(m->arena, weight, n, sizeof(float));
    o->bias = own_bias;
    if (o->weight == NULL || (bias != NULL && own_bias == NULL))
        return bnn_no_memory(m->err);
    return BNN_OK;
}

/* Checks what a lower function says, which may be a stranger's, and takes it over. */
static int graph_take_lowering(maker *m, uint32_t i, const bnn_lowering *l)
{
    const bnn_network_op *from = &m->network->ops[i];
    const bnn_op_kind *kind = bnn_op_kind_of(l->op);
    if (kind == NULL || l->op == BNN_LOWER_SIGN)
        return bnn_fail(m->err, BNN_E_FAILED, "its lower function answers with operation %u",
                        l->op);
    bnn_op *op = &m->ops[m->n];
    bnn_shape out;
    *op = (bnn_op){.type = l->op,
                   .in = from->plan.in,
                   .kernel = l->kernel,
                   .stride = l->stride,
                   .padding = l->padding,
                   .pad_value = from->io.pad_value,
                   .weight = l->weight,
                   .bias = l->bias,
                   .factor = kind->has & BNN_OP_FACTOR ? l->factor : NULL,
                   .offset = kind->has & BNN_OP_OFFSET ? l->offset : NULL,
                   .low = l->low,
                   .high = l->high};
    if (!bnn_op_out_shape(op, from->plan.out.c, &out))
        return bnn_fail(m->err, BNN_E_FAILED,
                        "input %ux%ux%u is out of the bounds of a deployed network, or its lower "
                        "function says things that do not fit it",
                        op->in.c, op->in.h, op->in.w);
    if (memcmp(&out, &from->plan.out, sizeof out) != 0)
        return bnn_fail(m->err, BNN_E_FAILED,
                        "its lower function makes %ux%ux%u of %ux%ux%u, its plan %ux%ux%u", out.c,
                        out.h, out.w, op->in.c, op->in.h, op->in.w, from->plan.out.c,
                        from->plan.out.h, from->plan.out.w);
    op->out = out;
    op->name = bnn_arena_strdup(m->arena, from->name);
    if (op->name == NULL)
        return bnn_no_memory(m->err);
    const int status = bnn_op_is_linear(l->op) ? graph_take_weights(m, i, op) : BNN_OK;
    if (status == BNN_OK && l->op != BNN_LOWER_IDENTITY)
        m->n++;
    return status;
}

static int graph_lower_layer(maker *m, uint32_t i)
{
    const bnn_network_op *op = &m->network->ops[i];
    const bnn_layer *layer = bnn_use_layer(&op->use);
    bnn_lowering lowering = {.fail = graph_lower_failure, .host = m->err};
    if (layer->lower == NULL)
        return bnn_fail(m->err, BNN_E_FAILED,
                        "layer %s has no lower function, so its network cannot be deployed",
                        layer->head.name);
    lowering.factor = bnn_arena_alloc(m->arena, op->plan.in.c, sizeof(float));
    lowering.offset = bnn_arena_alloc(m->arena, op->plan.in.c, sizeof(float));
    if (lowering.factor == NULL || lowering.offset == NULL)
        return bnn_no_memory(m->err);
    bnn_layer_io io = op->io;
    io.n = 0;
    io.training = 0;
    io.x = NULL;
    io.y = NULL;
    const int status = layer->lower(op->use.params, &io, &lowering);
    return status != 0 ? BNN_E_FAILED : graph_take_lowering(m, i, &lowering);
}

static int graph_lower_sign(maker *m, uint32_t i)
{
    const bnn_network_op *op = &m->network->ops[i];
    if (bnn_use_ste(&op->use)->forward != NULL)
        return bnn_fail(m->err, BNN_E_FAILED,
                        "STE %s has a forward pass of its own, which is not the sign",
                        op->use.plugin->head->name);
    bnn_op *sign = &m->ops[m->n];
    *sign = (bnn_op){
        .type = BNN_LOWER_SIGN, .name = bnn_arena_strdup(m->arena, op->name), .in = op->plan.in};
    if (sign->name == NULL)
        return bnn_no_memory(m->err);
    if (!bnn_op_out_shape(sign, sign->in.c, &sign->out))
        return bnn_fail(m->err, BNN_E_FAILED, "%ux%ux%u values are more than can be deployed",
                        sign->in.c, sign->in.h, sign->in.w);
    m->n++;
    return BNN_OK;
}

int bnn_graph_create(const bnn_network *network, bnn_arena *arena, bnn_graph **out, bnn_error *err)
{
    maker m = {.network = network, .arena = arena, .err = err};
    bnn_graph *graph = bnn_arena_alloc(arena, 1, sizeof *graph);
    m.ops = bnn_arena_alloc(arena, network->n_ops, sizeof *m.ops);
    if (graph == NULL || m.ops == NULL)
        return bnn_no_memory(m.err);
    for (uint32_t i = 0; i < network->n_ops; i++) {
        const bool sign = network->ops[i].letter == BNN_NETWORK_SIGN;
        const int status = sign ? graph_lower_sign(&m, i) : graph_lower_layer(&m, i);
        if (status != BNN_OK)
            return bnn_error_prefix(err, "%s: ", network->ops[i].name);
    }
    if (m.n == 0)
        return bnn_fail(err, BNN_E_FAILED, "the network has no operation that does anything");
    *graph = (bnn_graph){
        .input = network->input, .n_classes = network->n_classes, .n_ops = m.n, .ops = m.ops};
    *out = graph;
    return BNN_OK;
}
