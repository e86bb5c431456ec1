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
                   .high = l->high};
    if (has & BNN_OP_FACTOR)
        op->factor = lowered_copy(to->memory, l->factor, op->in.c);
    if (has & BNN_OP_OFFSET)
        op->offset = lowered_copy(to->memory, l->offset, op->in.c);
    CONFORM_REQUIRE(to->s, bnn_op_out_shape(op, to->out_channels, &op->out),
                    "operation %u that it lowers to does not fit its input, %ux%ux%u", to->n,
                    op->in.c, op->in.h, op->in.w);
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
                        .host = l->host};
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
