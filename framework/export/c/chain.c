#include "export/c/writer.h"

#include "base/size.h"

/* A chain works on each channel by itself, so the function goes channel by channel and needs room
 * for the sums of one. A pool starts a new pass over the channel; operations between two pools are
 * applied to each value as it is made. */

/* ---- sums -------------------------------------------------------------------------------- */

/* The input at an index; beyond the border, unless that is skipped, the padding. inside: NULL, or
 * the condition for being in the image. */
static const char *chain_input(c_writer *w, const char *at, const char *inside)
{
    const bnn_stage *s = w->stage;
    const bool bits = s->inputs == BNN_VALUES_BITS;
    const char *input = bnn_c_text(w,
                                   bits                             ? "@_get_bit(x, %s)"
                                   : s->inputs == BNN_VALUES_PIXELS ? "@_pixel_value(x[%s])"
                                   : s->inputs == BNN_VALUES_FLOATS ? "x[%s]"
                                                                    : "(float)(x[%s] - %d)",
                                   at, bnn_c_zero(s->inputs, s->in_codes));
    if (inside == NULL || s->op.pad_value == 0)
        return input;
    return bnn_c_text(w, bits ? "(%s ? %s : %d)" : "(%s ? %s : %d.0f)", inside, input,
                      bits ? s->op.pad_value > 0 : (int)s->op.pad_value);
}

/* Adds the product of weight t and input `at`. All products but those of two floats are exact, so
 * a plain sum rounds as a fused one does. */
static void chain_product(c_writer *w, const char *at, const char *inside)
{
    const bnn_stage *s = w->stage;
    const bool bits = s->inputs == BNN_VALUES_BITS;
    const bool skips = inside != NULL && s->op.pad_value == 0;
    const char *input = chain_input(w, at, inside);
    const char *weight = bnn_c_text(w,
                                    s->op.binary_weights    ? "@_get_bit(@_%s_weights[c], t)"
                                    : s->op.codes.step != 0 ? "(float)@_%s_weights[c][t]"
                                                            : "@_%s_weights[c][t]",
                                    w->name);
    if (skips)
        bnn_c_code(w, "if (%s)\n", inside);
    w->indent += skips ? 4 : 0;
    if (bits && s->op.binary_weights)
        bnn_c_code(w, "value += %s != %s ? 1.0f : -1.0f;\n", input, weight);
    else if (bits)
        bnn_c_code(w, "value += %s ? %s : -%s;\n", input, weight, weight);
    else if (s->op.binary_weights)
        bnn_c_code(w, "value += %s ? -%s : %s;\n", weight, input, input);
    else
        bnn_c_code(w, "value = @_fused(%s, %s, value);\n", weight, input);
    w->indent -= skips ? 4 : 0;
}

/* Channel i of those that the sum of channel c is of. */
static const char *chain_channel(c_writer *w)
{
    const bnn_op *op = &w->stage->op;
    const uint32_t n_in = bnn_op_group_in(op), n_out = bnn_op_group_out(op);
    if (bnn_op_groups(op) == 1)
        return n_in > 1 ? "i" : NULL;
    const char *group = n_out == 1 ? "c" : bnn_c_text(w, "c / %u", n_out);
    return n_in == 1 ? group : bnn_c_text(w, "(%s * %u + i)", group, n_in);
}

static void chain_convolution(c_writer *w)
{
    const bnn_stage *s = w->stage;
    const int indent = w->indent;
    const char *inside = bnn_c_text(w, "row < %u && column < %u", s->op.in.h, s->op.in.w);
    const uint32_t n_in = bnn_op_group_in(&s->op);
    bnn_c_code(w, "size_t t = 0;\n");
    if (n_in > 1)
        bnn_c_loop(w, "i", n_in, ")");
    bnn_c_loop(w, "kh", s->op.kernel, ")");
    bnn_c_loop(w, "kw", s->op.kernel, ", t++) {");
    bnn_c_code(w, "const size_t row = %s, column = %s;\n",
               bnn_c_position(w, "h", s->op.stride, "kh", s->op.padding),
               bnn_c_position(w, "v", s->op.stride, "kw", s->op.padding));
    chain_product(w, bnn_c_index(w, s->op.in, chain_channel(w), "row", "column"),
                  s->op.padding > 0 ? inside : NULL);
    bnn_c_end(w);
    w->indent = indent;
}

/* Whether the values in front of the chain are whole numbers, and that of channel c at (h, v). */
static bool chain_has_integers(const c_writer *w)
{
    return w->stage->logic != NULL || w->integer_sums;
}

static const char *chain_integer(c_writer *w)
{
    if (w->stage->logic != NULL)
        return bnn_c_text(w, "@_%s_value(%s)", w->name, bnn_c_value_index(w, w->stage->op.out));
    bnn_c_window_call(w, "h", "v");
    const char *sum = bnn_c_sum(w, false);
    return w->bases != NULL ? bnn_c_text(w, "(%s + @_%s_base[c])", sum, w->name) : sum;
}

/* "float value = ..." of the sum of channel c at (h, v). */
static void chain_sum(c_writer *w)
{
    const bnn_stage *s = w->stage;
    if (chain_has_integers(w)) {
        const char *sum = chain_integer(w);
        bnn_c_code(w, "float value = (float)%s%s;\n", sum,
                   s->logic == NULL && s->inputs == BNN_VALUES_PIXELS ? " / 128.0f" : "");
    } else if (s->op.type == BNN_LOWER_IDENTITY) {
        bnn_c_code(w, "float value = %s;\n", chain_input(w, bnn_c_value_index(w, s->op.out), NULL));
    } else {
        bnn_c_code(w, "float value = %s;\n",
                   s->op.bias != NULL ? bnn_c_text(w, "@_%s_bias[c]", w->name) : "0.0f");
        if (s->op.type == BNN_LOWER_CONV2D) {
            chain_convolution(w);
            return;
        }
        bnn_c_loop(w, "t", s->taps, ")");
        chain_product(w, "t", NULL);
        w->indent -= 4;
    }
}

/* ---- the function ------------------------------------------------------------------------ */

/* Whether the stage is the last of a network whose logits follow from its sums. */
static bool chain_is_logits(const c_writer *w)
{
    return w->integer_logits && w->stage == &w->model->stages[w->model->n_stages - 1];
}

/* A sum, or a value of pool j - 1, and the operations from j on up to the next pool. Returns the
 * index of that pool, or n_chain. */
static uint32_t chain_value(c_writer *w, uint32_t j, bnn_shape shape)
{
    const bnn_stage *s = w->stage;
    if (j == 0)
        chain_sum(w);
    else
        bnn_c_op(w, j - 1);
    for (; j < s->n_chain; j++) {
        const bool windows = bnn_c_op_has_windows(s->chain[j].type);
        if (windows && !bnn_c_is_flat(s))
            break;
        if (!windows)
            bnn_c_op(w, j);
    }
    const char *at = bnn_c_value_index(w, s->out);
    if (j < s->n_chain) {
        bnn_c_code(w, "@_work.plane[h * %u + v] = value;\n", shape.w);
        w->work.plane = bnn_size_larger(w->work.plane, (size_t)shape.h * shape.w);
    } else if (s->outputs == BNN_VALUES_BITS) {
        bnn_c_code(w, "if (value >= 0.0f)\n    @_set_bit(y, %s);\n", at);
    } else if (s->outputs == BNN_VALUES_CODES) {
        bnn_c_code(w, "y[%s] = (uint8_t)((int32_t)value + %d);\n", at,
                   bnn_c_zero(s->outputs, s->out_codes));
    } else {
        bnn_c_code(w, "y[%s] = value;\n", at);
    }
    return j;
}

/* One pass over a channel, from operation j on. Returns where the next one begins, behind a pool,
 * or n_chain + 1. */
static uint32_t chain_pass(c_writer *w, uint32_t j, bnn_shape shape)
{
    const bnn_stage *s = w->stage;
    const int indent = w->indent;
    const bool flat = bnn_c_is_flat(s);
    if (!flat) {
        bnn_c_loop(w, "h", shape.h, ")");
        bnn_c_loop(w, "v", shape.w, ") {");
    }
    if (chain_is_logits(w)) {
        const char *sum = chain_integer(w);
        bnn_c_code(w, "y[%s] = %s;\n", bnn_c_value_index(w, shape), sum);
        j = s->n_chain;
    } else if (s->n_chain == 0 && s->outputs == BNN_VALUES_BITS && chain_has_integers(w)) {
        const char *sum = chain_integer(w);
        bnn_c_code(w, "if (%s >= 0)\n    @_set_bit(y, %s);\n", sum, bnn_c_value_index(w, shape));
    } else {
        j = chain_value(w, j, shape);
    }
    if (!flat)
        bnn_c_end(w);
    w->indent = indent;
    return j + 1;
}

static void chain_constants(c_writer *w)
{
    const bnn_stage *s = w->stage;
    bnn_c_weights(w);
    if (s->op.bias != NULL)
        bnn_c_floats(w, "bias", 0, s->op.out.c, s->op.bias);
    if (w->bases != NULL)
        bnn_c_integers(w, "base", 0, s->op.out.c, w->bases);
    for (uint32_t j = 0; j < s->n_chain && !chain_is_logits(w); j++) {
        const bnn_op *op = &s->chain[j];
        fprintf(w->out, "/* Operation %u, ", j + 1);
        bnn_c_comment_text(w->out, op->name, " * ", 20);
        fprintf(w->out, ". */\n");
        if (op->factor != NULL)
            bnn_c_floats(w, bnn_c_text(w, "factor%u", j + 1), 0, op->in.c, op->factor);
        if (op->offset != NULL)
            bnn_c_floats(w, bnn_c_text(w, "offset%u", j + 1), 0, op->in.c, op->offset);
    }
    fprintf(w->out, "\n");
}

void bnn_c_chain_stage(c_writer *w)
{
    const bnn_stage *s = w->stage;
    chain_constants(w);
    if (w->integer_sums)
        bnn_c_window(w);
    bnn_c_logic(w);
    bnn_c_code(w, "static void @_%s(const %s *x, %s *y)\n{\n", w->name, bnn_c_type(s->inputs),
               chain_is_logits(w) ? "int32_t" : bnn_c_type(s->outputs));
    w->indent = 4;
    if (s->logic != NULL)
        bnn_c_code(w, "@_%s_nodes(x);\n", w->name);
    if (s->outputs == BNN_VALUES_BITS)
        bnn_c_code(w, "@_clear(y, %zu);\n", bnn_c_words(bnn_shape_values(s->out)));
    bnn_c_dense_total(w);
    bnn_c_loop(w, "c", s->op.out.c, ") {");
    bnn_shape shape = s->op.out;
    for (uint32_t j = 0; j <= s->n_chain;) {
        j = chain_pass(w, j, shape);
        if (j <= s->n_chain)
            shape = s->chain[j - 1].out;
    }
    bnn_c_end(w);
    w->indent = 0;
    bnn_c_code(w, "}\n\n");
}
