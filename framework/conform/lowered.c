#include "conform/lowered_internal.h"

#include <string.h>

static int lowered_failure(bnn_lowering *lowering, const char *format, ...)
{
    (void)lowering, (void)format;
    return -1;
}

static const float *lowered_copy(conform_memory *memory, const float *values, size_t n)
{
    float *copy = conform_empty_floats(memory, n);
    memcpy(copy, values, n * sizeof *copy);
    return copy;
}

/* Wires and tables, or thresholds, of an operation whose out is known. */
static void lowered_take_logic(const conform_lowered *to, const bnn_lowering *l, bnn_op *op)
{
    const size_t n = bnn_shape_values(op->out), n_in = bnn_shape_values(op->in);
    CONFORM_REQUIRE(to->s, l->wires != NULL && n <= to->n_logic,
                    "lowers to logic of %zu values, and its flags or its plan do not", n);
    for (size_t i = 0; l->op == BNN_LOWER_TABLE && i < n * l->inputs; i++)
        CONFORM_REQUIRE(to->s, l->wires[i] < n_in, "a wire leads to value %u, of %zu", l->wires[i],
                        n_in);
    for (size_t i = 0; l->op == BNN_LOWER_THERMOMETER && i < n; i++)
        CONFORM_REQUIRE(to->s, !isnan(l->thresholds[i]), "threshold %zu is no number", i);
    op->thresholds = lowered_copy(to->memory, l->thresholds, n);
    uint32_t *wires = conform_bytes(to->memory, n * BNN_GATE_INPUTS_MAX * sizeof *wires);
    uint64_t *tables = conform_bytes(to->memory, n * sizeof *tables);
    memcpy(wires, l->wires, n * BNN_GATE_INPUTS_MAX * sizeof *wires);
    memcpy(tables, l->tables, n * sizeof *tables);
    op->wires = wires;
    op->tables = tables;
}

static void lowered_take(conform_lowered *to, const bnn_lowering *l)
{
    CONFORM_REQUIRE(to->s, l->op < BNN_LOWER_KINDS && (l->op != BNN_LOWER_SIGN || to->may_sign),
                    "lowers to operation %u", l->op);
    const uint32_t has = bnn_op_kind_of(l->op)->has;
    bnn_op *op = &to->ops[to->n++];
    *op = (bnn_op){.type = l->op,
                   .in = to->out,
                   .kernel = l->kernel,
                   .stride = l->stride,
                   .padding = l->padding,
                   .pad_value = to->pad_value,
                   .weight = l->weight,
                   .bias = l->bias,
                   .low = l->low,
                   .high = l->high,
                   .inputs = l->inputs,
                   .levels = l->levels,
                   .groups = l->groups};
    if (has & BNN_OP_FACTOR)
        op->factor = lowered_copy(to->memory, l->factor, op->in.c);
    if (has & BNN_OP_OFFSET)
        op->offset = lowered_copy(to->memory, l->offset, op->in.c);
    CONFORM_REQUIRE(to->s, bnn_op_out_shape(op, to->out_channels, &op->out),
                    "operation %u that it lowers to does not fit its input, %ux%ux%u", to->n,
                    op->in.c, op->in.h, op->in.w);
    if (l->op == BNN_LOWER_TABLE || l->op == BNN_LOWER_THERMOMETER)
        lowered_take_logic(to, l, op);
    to->out = op->out;
}

static int lowered_emit(bnn_lowering *l)
{
    conform_lowered *to = l->host;
    CONFORM_REQUIRE(to->s, to->n < BNN_EMITS_MAX, "emits more than %d operations",
                    (int)BNN_EMITS_MAX);
    lowered_take(to, l);
    *l = (bnn_lowering){.factor = l->factor,
                        .offset = l->offset,
                        .fail = l->fail,
                        .emit = l->emit,
                        .host = l->host,
                        .thresholds = l->thresholds,
                        .wires = l->wires,
                        .tables = l->tables};
    return 0;
}

void conform_lowered_begin(conform_lowered *l, bnn_lowering *lowering)
{
    const size_t n = bnn_size_larger(l->in.c, l->out_channels);
    l->n = 0;
    l->out = l->in;
    *lowering = (bnn_lowering){.factor = conform_empty_floats(l->memory, n),
                               .offset = conform_empty_floats(l->memory, n),
                               .fail = lowered_failure,
                               .emit = lowered_emit,
                               .host = l};
    if (l->n_logic == 0)
        return;
    lowering->thresholds = conform_empty_floats(l->memory, l->n_logic);
    lowering->wires =
        conform_bytes(l->memory, l->n_logic * BNN_GATE_INPUTS_MAX * sizeof *lowering->wires);
    lowering->tables = conform_bytes(l->memory, l->n_logic * sizeof *lowering->tables);
}

void conform_lowered_end(conform_lowered *l, const bnn_lowering *lowering)
{
    lowered_take(l, lowering);
}

size_t conform_lowered_values(const conform_lowered *l)
{
    size_t most = bnn_shape_values(l->in);
    for (uint32_t i = 0; i < l->n; i++)
        most = bnn_size_larger(most, bnn_shape_values(l->ops[i].out));
    return most;
}

void conform_lowered_apply(const conform_lowered *l, float *x, float *y)
{
    float *to = y;
    for (uint32_t i = 0; i < l->n; i++) {
        float *const from = to == y ? x : y;
        bnn_op_apply(&l->ops[i], from, to);
        to = from;
    }
    if (to == y)
        memcpy(y, x, bnn_shape_values(l->out) * sizeof *y);
}
