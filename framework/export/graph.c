#include "export/graph.h"

#include "plugin/guard.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

typedef struct maker {
    const bnn_network *network;
    bnn_arena *arena;
    bnn_op *ops;
    int32_t *input, *other; /* of each of ops */
    /* [network->n_ops]: the op that has the output of a network's op; -1: the image. */
    int32_t *made;
    int32_t at; /* what the next one sees */
    uint32_t n;
    bnn_error *err;
} maker;

/* A layer that becomes operations of the graph. */
typedef struct graph_layer {
    maker *m;
    uint32_t i;   /* of the network op */
    bnn_shape in; /* what the next operation sees */
    uint32_t n;   /* operations that were emitted */
    int status;   /* of the emits */
} graph_layer;

static int graph_lower_failure(bnn_lowering *lowering, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static int graph_lower_failure(bnn_lowering *lowering, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bnn_fail_v(((const graph_layer *)lowering->host)->m->err, BNN_E_FAILED, format, args);
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

/* The levels of a form's weights, where all n of them are such, and a file can have them as digits. A digit has no
 * sign of a zero, and sums that begin with 0, or with a bias that is not -0, do not see it: they are never -0, since
 * whole multiples of floats do not vanish. */
static bnn_codes graph_codes(const bnn_form_plan *form, const float *weight, size_t n,
                             const float *bias, uint32_t n_biases)
{
    const bnn_codes codes = {form->code_min, form->code_max, form->code_step};
    bool fits =
        form->filters > 0 && bnn_codes_are_digits(codes) && bnn_codes_hold(codes, weight, n);
    for (uint32_t i = 0; bias != NULL && i < n_biases; i++)
        fits = fits && !(bias[i] == 0.0f && signbit(bias[i]));
    return fits ? codes : (bnn_codes){.step = 0};
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
    if (!o->binary_weights)
        o->codes = graph_codes(&m->network->ops[i].form, weight, n, bias, o->out.c);
    float *own_bias = bias == NULL ? NULL : bnn_arena_copy(m->arena, bias, o->out.c, sizeof(float));
    o->weight = bnn_arena_copy(m->arena, weight, n, sizeof(float));
    o->bias = own_bias;
    if (o->weight == NULL || (bias != NULL && own_bias == NULL))
        return bnn_no_memory(m->err);
    return BNN_OK;
}

/* Takes the wires and tables, or the thresholds, of an operation over; its out is known. */
static int graph_take_logic(const graph_layer *layer, const bnn_lowering *l, bnn_op *op)
{
    const maker *m = layer->m;
    const size_t n = bnn_shape_values(op->out), n_in = bnn_shape_values(op->in);
    const size_t n_wires = l->op == BNN_LOWER_TABLE ? n * l->inputs : 0;
    if (l->thresholds == NULL || n > bnn_shape_values(m->network->ops[layer->i].plan.out))
        return bnn_fail(m->err, BNN_E_FAILED,
                        "its lower function answers with logic of %zu values, and its flags or its "
                        "plan do not",
                        n);
    for (size_t i = 0; i < n_wires; i++)
        if (l->wires[i] >= n_in)
            return bnn_fail(m->err, BNN_E_FAILED,
                            "its lower function has a wire to value %u, of %zu", l->wires[i], n_in);
    for (size_t i = 0; l->op == BNN_LOWER_THERMOMETER && i < n; i++)
        if (isnan(l->thresholds[i]))
            return bnn_fail(m->err, BNN_E_FAILED,
                            "threshold %zu of its lower function is no number", i);
    if (l->op == BNN_LOWER_THERMOMETER)
        op->thresholds = bnn_arena_copy(m->arena, l->thresholds, n, sizeof *op->thresholds);
    else {
        op->wires = bnn_arena_copy(m->arena, l->wires, n_wires, sizeof *op->wires);
        op->tables = bnn_arena_copy(m->arena, l->tables, n, sizeof *op->tables);
    }
    const bool complete = op->thresholds != NULL || (op->wires != NULL && op->tables != NULL);
    return complete ? BNN_OK : bnn_no_memory(m->err);
}

/* The op at hand is one of the graph. */
static void graph_keep(maker *m, int32_t other)
{
    m->input[m->n] = m->at;
    m->other[m->n] = other;
    m->at = (int32_t)m->n++;
}

/* Checks what a lower function says, which may be a stranger's, and takes it over. */
static int graph_take_lowering(graph_layer *layer, const char *name, const bnn_lowering *l)
{
    maker *m = layer->m;
    const bnn_network_op *from = &m->network->ops[layer->i];
    const bnn_op_kind *kind = bnn_op_kind_of(l->op);
    if (kind == NULL || (l->op == BNN_LOWER_SIGN && from->letter != BNN_NETWORK_SIGN))
        return bnn_fail(m->err, BNN_E_FAILED, "its lower function answers with operation %u",
                        l->op);
    bnn_op *op = &m->ops[m->n];
    const size_t n = layer->in.c;
    const bool factor = kind->has & BNN_OP_FACTOR, offset = kind->has & BNN_OP_OFFSET;
    *op = (bnn_op){.type = l->op,
                   .name = name,
                   .in = layer->in,
                   .kernel = l->kernel,
                   .stride = l->stride,
                   .padding = l->padding,
                   .pad_value = from->io.pad_value,
                   .weight = l->weight,
                   .bias = l->bias,
                   .factor = factor ? bnn_arena_copy(m->arena, l->factor, n, sizeof(float)) : NULL,
                   .offset = offset ? bnn_arena_copy(m->arena, l->offset, n, sizeof(float)) : NULL,
                   .low = l->low,
                   .high = l->high,
                   .inputs = l->inputs,
                   .levels = l->levels,
                   .groups = l->op == BNN_LOWER_CONV2D ? l->groups : 0};
    if (op->name == NULL || (factor && op->factor == NULL) || (offset && op->offset == NULL))
        return bnn_no_memory(m->err);
    if (!bnn_op_out_shape(op, from->plan.out.c, &op->out))
        return bnn_fail(m->err, BNN_E_FAILED,
                        "input %ux%ux%u is out of the bounds of a deployed network, or its lower "
                        "function says things that do not fit it",
                        op->in.c, op->in.h, op->in.w);
    layer->in = op->out;
    int status = BNN_OK;
    if (bnn_op_is_linear(l->op))
        status = graph_take_weights(m, layer->i, op);
    if (l->op == BNN_LOWER_TABLE || l->op == BNN_LOWER_THERMOMETER)
        status = graph_take_logic(layer, l, op);
    if (status == BNN_OK && l->op != BNN_LOWER_IDENTITY)
        graph_keep(m, -1);
    return status;
}

static int graph_emit(bnn_lowering *lowering)
{
    graph_layer *layer = lowering->host;
    maker *m = layer->m;
    if (layer->status != BNN_OK)
        return layer->status;
    if (layer->n == BNN_EMITS_MAX)
        return layer->status =
                   bnn_fail(m->err, BNN_E_FAILED,
                            "its lower function emits more than %d operations", BNN_EMITS_MAX);
    const char *name =
        bnn_arena_printf(m->arena, "%s.%u", m->network->ops[layer->i].name, ++layer->n);
    layer->status = graph_take_lowering(layer, name, lowering);
    *lowering = (bnn_lowering){.factor = lowering->factor,
                               .offset = lowering->offset,
                               .fail = lowering->fail,
                               .emit = lowering->emit,
                               .host = lowering->host,
                               .thresholds = lowering->thresholds,
                               .wires = lowering->wires,
                               .tables = lowering->tables};
    return layer->status;
}

/* What a lower function writes to, for as many channels as there are at either end of the layer. */
static int graph_begin_lowering(graph_layer *layer, const bnn_network_op *op, bnn_lowering *out)
{
    const size_t n = bnn_size_larger(op->plan.in.c, op->plan.out.c);
    const size_t n_out = bnn_shape_values(op->plan.out);
    const bool bits = op->letter != BNN_NETWORK_SIGN &&
                      (bnn_use_layer(&op->use)->flags & BNN_LAYER_GIVES_BITS) != 0;
    *out = (bnn_lowering){.factor = bnn_arena_alloc(layer->m->arena, n, sizeof(float)),
                          .offset = bnn_arena_alloc(layer->m->arena, n, sizeof(float)),
                          .fail = graph_lower_failure,
                          .emit = graph_emit,
                          .host = layer};
    bool complete = out->factor != NULL && out->offset != NULL;
    if (bits) {
        bnn_arena *arena = layer->m->arena;
        out->thresholds = bnn_arena_alloc(arena, n_out, sizeof *out->thresholds);
        out->wires = bnn_arena_alloc(arena, n_out * BNN_GATE_INPUTS_MAX, sizeof *out->wires);
        out->tables = bnn_arena_alloc(arena, n_out, sizeof *out->tables);
        complete = complete && out->thresholds != NULL && out->wires != NULL && out->tables != NULL;
    }
    return complete ? BNN_OK : bnn_no_memory(layer->m->err);
}

/* Behind a lower function that said yes: the last of its operations, and what all of them make. */
static int graph_end_lowering(graph_layer *layer, const bnn_lowering *lowering)
{
    maker *m = layer->m;
    const bnn_network_op *op = &m->network->ops[layer->i];
    const bnn_shape in = op->plan.in, out = op->plan.out;
    int status = layer->status;
    if (status == BNN_OK)
        status = graph_take_lowering(layer, bnn_arena_strdup(m->arena, op->name), lowering);
    if (status == BNN_OK && memcmp(&layer->in, &out, sizeof out) != 0)
        return bnn_fail(m->err, BNN_E_FAILED,
                        "its lower function makes %ux%ux%u of %ux%ux%u, its plan %ux%ux%u",
                        layer->in.c, layer->in.h, layer->in.w, in.c, in.h, in.w, out.c, out.h,
                        out.w);
    return status;
}

/* Around each call of a plugin. A network that cannot be lowered is one that cannot be deployed, whyever. */
static int graph_enter(maker *m, const bnn_network_op *op, bnn_guard *guard)
{
    const int status = bnn_guard_enter(guard, &op->use, BNN_CALL_LOWER, m->err);
    if (status == BNN_OK)
        bnn_call_enter(m->network->note, &op->use, BNN_CALL_LOWER);
    return status == BNN_E_SPEC ? (m->err->status = BNN_E_FAILED) : status;
}

static int graph_leave(maker *m, bnn_guard *guard)
{
    bnn_call_leave(m->network->note);
    return bnn_guard_leave(guard, m->err) == BNN_OK ? BNN_OK : (m->err->status = BNN_E_FAILED);
}

static int graph_lower_layer(maker *m, uint32_t i)
{
    const bnn_network_op *op = &m->network->ops[i];
    const bnn_layer *layer = bnn_use_layer(&op->use);
    graph_layer lowered = {.m = m, .i = i, .in = op->plan.in};
    bnn_lowering lowering;
    if (layer->lower == NULL)
        return bnn_fail(m->err, BNN_E_FAILED,
                        "layer %s has no lower function, so its network cannot be deployed",
                        layer->head.name);
    int status = graph_begin_lowering(&lowered, op, &lowering);
    bnn_layer_io io = op->io;
    io.n = 0;
    io.training = 0;
    io.x = NULL;
    io.y = NULL;
    bnn_guard guard;
    if (status == BNN_OK)
        status = graph_enter(m, op, &guard);
    const bool entered = status == BNN_OK;
    const bool refused = entered && layer->lower(op->use.params, &io, &lowering) != 0;
    if (entered)
        status = graph_leave(m, &guard);
    if (refused)
        return lowered.status != BNN_OK ? lowered.status : BNN_E_FAILED;
    return status == BNN_OK ? graph_end_lowering(&lowered, &lowering) : status;
}

static int graph_lower_ste(maker *m, uint32_t i)
{
    const bnn_network_op *op = &m->network->ops[i];
    const bnn_ste *ste = bnn_use_ste(&op->use);
    graph_layer lowered = {.m = m, .i = i, .in = op->plan.in};
    bnn_lowering lowering;
    if (ste->lower == NULL)
        return bnn_fail(m->err, BNN_E_FAILED,
                        "STE %s has a forward pass of its own and no lower function, so its "
                        "network cannot be deployed",
                        op->use.plugin->head->name);
    int status = graph_begin_lowering(&lowered, op, &lowering);
    bnn_guard guard;
    if (status == BNN_OK)
        status = graph_enter(m, op, &guard);
    const bool entered = status == BNN_OK;
    const bool refused = entered && ste->lower(op->use.params, op->plan.in.c, &lowering) != 0;
    if (entered)
        status = graph_leave(m, &guard);
    if (refused)
        return lowered.status != BNN_OK ? lowered.status : BNN_E_FAILED;
    return status == BNN_OK ? graph_end_lowering(&lowered, &lowering) : status;
}

static int graph_lower_sign(maker *m, uint32_t i)
{
    const bnn_network_op *op = &m->network->ops[i];
    const bnn_ste *ste = bnn_use_ste(&op->use);
    if (ste->forward != NULL && !(ste->flags & BNN_STE_DRAWS))
        return graph_lower_ste(m, i);
    bnn_op *sign = &m->ops[m->n];
    *sign = (bnn_op){
        .type = BNN_LOWER_SIGN, .name = bnn_arena_strdup(m->arena, op->name), .in = op->plan.in};
    if (sign->name == NULL)
        return bnn_no_memory(m->err);
    if (!bnn_op_out_shape(sign, sign->in.c, &sign->out))
        return bnn_fail(m->err, BNN_E_FAILED, "%ux%ux%u values are more than can be deployed",
                        sign->in.c, sign->in.h, sign->in.w);
    graph_keep(m, -1);
    return BNN_OK;
}

/* What a network op that sees this value sees of the graph. */
static int32_t graph_value(const maker *m, int32_t value)
{
    return value == BNN_NETWORK_IMAGE ? -1 : m->made[value];
}

/* An operation that does nothing by itself, to be kept. */
static int graph_lower_nothing(maker *m, const char *name, bnn_shape shape)
{
    bnn_op *op = &m->ops[m->n];
    *op =
        (bnn_op){.type = BNN_LOWER_IDENTITY, .name = bnn_arena_strdup(m->arena, name), .in = shape};
    if (op->name == NULL)
        return bnn_no_memory(m->err);
    if (!bnn_op_out_shape(op, shape.c, &op->out))
        return bnn_fail(m->err, BNN_E_FAILED, "%ux%ux%u values are more than can be deployed",
                        shape.c, shape.h, shape.w);
    return BNN_OK;
}

static int graph_lower_add(maker *m, uint32_t i)
{
    const bnn_network_op *op = &m->network->ops[i];
    const int32_t sum = m->at, other = graph_value(m, op->other);
    int32_t added = other;
    int status = BNN_OK;
    if (other < 0) { /* the image as numbers */
        status = graph_lower_nothing(m, "image", op->plan.in);
        m->at = -1;
        if (status == BNN_OK)
            graph_keep(m, -1);
        added = m->at;
        m->at = sum;
    }
    if (status == BNN_OK)
        status = graph_lower_nothing(m, op->name, op->plan.in);
    if (status == BNN_OK)
        graph_keep(m, added);
    return status;
}

static int graph_lower_all(maker *m)
{
    const bnn_network *network = m->network;
    for (uint32_t i = 0; i < network->n_ops; i++) {
        const bnn_network_op *op = &network->ops[i];
        m->at = graph_value(m, op->input);
        const int status = op->letter == BNN_NETWORK_SIGN  ? graph_lower_sign(m, i)
                           : op->letter == BNN_NETWORK_ADD ? graph_lower_add(m, i)
                                                           : graph_lower_layer(m, i);
        if (status != BNN_OK)
            return bnn_error_prefix(m->err, "%s: ", op->name);
        m->made[i] = m->at;
    }
    return BNN_OK;
}

bool bnn_graph_is_held(const bnn_graph *graph, uint32_t i)
{
    uint32_t n = 0;
    for (uint32_t k = i + 1; k < graph->n_ops; k++)
        n += (uint32_t)(graph->sees[k] == (int32_t)i) + (uint32_t)(graph->adds[k] == (int32_t)i);
    return n != 1 || graph->sees[i + 1] != (int32_t)i;
}

/* Calls of plugins from elsewhere are tried in a child first, but in the process of a run, which somebody watches,
 * and in such a child. NULL: they are not. */
static bnn_rehearsal *graph_rehearsal(const bnn_network *network)
{
    for (uint32_t i = 0; network->note == NULL && i < network->n_ops; i++) {
        const bnn_plugin *plugin = network->ops[i].use.plugin;
        if (plugin != NULL && plugin->rehearsal != NULL)
            return bnn_rehearsal_is_under_way(plugin->rehearsal) ? NULL : plugin->rehearsal;
    }
    return NULL;
}

int bnn_graph_create(const bnn_network *network, bnn_arena *arena, bnn_graph **out, bnn_error *err)
{
    maker m = {.network = network, .arena = arena, .err = err};
    bnn_rehearsal *rehearsal = graph_rehearsal(network);
    bnn_graph *graph = bnn_arena_alloc(arena, 1, sizeof *graph);
    const size_t most = (size_t)network->n_ops * (BNN_EMITS_MAX + 1);
    m.ops = bnn_arena_alloc(arena, most, sizeof *m.ops);
    m.input = bnn_arena_alloc(arena, most, sizeof *m.input);
    m.other = bnn_arena_alloc(arena, most, sizeof *m.other);
    m.made = bnn_arena_alloc(arena, network->n_ops, sizeof *m.made);
    if (graph == NULL || m.ops == NULL || m.input == NULL || m.other == NULL || m.made == NULL)
        return bnn_no_memory(m.err);
    if (rehearsal != NULL)
        bnn_rehearsal_begin(rehearsal);
    const int status = graph_lower_all(&m);
    if (rehearsal != NULL)
        bnn_rehearsal_end(rehearsal);
    if (status != BNN_OK)
        return status;
    if (m.n == 0)
        return bnn_fail(err, BNN_E_FAILED, "the network has no operation that does anything");
    *graph = (bnn_graph){.input = network->image,
                         .view = network->options->view,
                         .n_classes = network->n_classes,
                         .n_ops = m.n,
                         .ops = m.ops,
                         .sees = m.input,
                         .adds = m.other};
    *out = graph;
    return BNN_OK;
}
