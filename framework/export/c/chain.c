#include "export/c/writer.h"

/* A chain works on each channel by itself, so the function goes channel by channel and needs room
 * for the sums of one. A pool starts a new pass over the channel; operations between two pools are
 * applied to each value as it is made. */

enum { TEXT_MAX = 512 };

/* A single sum for each channel, without a position; no pool does anything to it. */
static bool chain_is_flat(const bnn_stage *s)
{
    return s->linear != BNN_LOWER_CONV2D && s->sums.h == 1 && s->sums.w == 1;
}

/* ---- sums -------------------------------------------------------------------------------- */

/* The input at an index; beyond the border, unless that is skipped, the padding. */
static void chain_input(const bnn_stage *s, const char *at, const char *inside, char text[TEXT_MAX])
{
    const bool bits = s->inputs == BNN_VALUES_BITS;
    const char *function = bits                             ? "get_bit(x, "
                           : s->inputs == BNN_VALUES_PIXELS ? "pixel_value(x["
                                                            : "x[";
    const char *end = bits ? ")" : s->inputs == BNN_VALUES_PIXELS ? "])" : "]";
    if (inside == NULL || s->pad_value == 0) {
        snprintf(text, TEXT_MAX, "%s%s%s", function, at, end);
        return;
    }
    const char *beyond = bits ? s->pad_value > 0 ? "1" : "0" : s->pad_value > 0 ? "1.0f" : "-1.0f";
    snprintf(text, TEXT_MAX, "(%s ? %s%s%s : %s)", inside, function, at, end, beyond);
}

/* Adds the product of weight `t` and input `at`. All products but those of two floats are exact,
 * so a plain sum rounds as a fused one does. inside: NULL, or the condition for being in the
 * image. */
static void chain_product(c_writer *w, uint32_t i, int indent, const char *t, const char *at,
                          const char *inside)
{
    const bnn_stage *s = &w->model->stages[i];
    const bool bits = s->inputs == BNN_VALUES_BITS;
    char weight[2 * C_NAME_MAX], input[TEXT_MAX];
    snprintf(weight, sizeof weight,
             s->binary_weights ? "get_bit(%s_weights[c], %s)" : "%s_weights[c][%s]", w->names[i],
             t);
    chain_input(s, at, inside, input);
    if (inside != NULL && s->pad_value == 0) {
        fprintf(w->out, "%*sif (%s)\n", indent, "", inside);
        indent += 4;
    }
    fprintf(w->out, "%*s", indent, "");
    if (bits && s->binary_weights)
        fprintf(w->out, "value += %s != %s ? 1.0f : -1.0f;\n", input, weight);
    else if (bits)
        fprintf(w->out, "value += %s ? %s : -%s;\n", input, weight, weight);
    else if (s->binary_weights)
        fprintf(w->out, "value += %s ? -%s : %s;\n", weight, input, input);
    else
        fprintf(w->out, "value = fused(%s, %s, value);\n", weight, input);
    w->helpers |= bits || s->binary_weights ? C_GET_BIT : C_FUSED;
    w->helpers |= s->inputs == BNN_VALUES_PIXELS ? C_PIXEL_VALUE : 0;
}

static void chain_convolution(c_writer *w, uint32_t i, int indent)
{
    const bnn_stage *s = &w->model->stages[i];
    const bool padded = s->padding > 0;
    char row[C_INDEX_MAX], column[C_INDEX_MAX], at[C_INDEX_MAX], inside[C_INDEX_MAX];
    bnn_c_position(row, "h", s->stride, "kh", s->padding);
    bnn_c_position(column, "v", s->stride, "kw", s->padding);
    snprintf(inside, sizeof inside, "row < %u && column < %u", s->in.h, s->in.w);
    if (s->in.c > 1)
        snprintf(at, sizeof at, "(i * %u + row) * %u + column", s->in.h, s->in.w);
    else
        snprintf(at, sizeof at, "row * %u + column", s->in.w);
    fprintf(w->out, "%*ssize_t t = 0;\n", indent, "");
    if (s->in.c > 1) {
        fprintf(w->out, "%*sfor (size_t i = 0; i < %u; i++)\n", indent, "", s->in.c);
        indent += 4;
    }
    fprintf(w->out, "%*sfor (size_t kh = 0; kh < %u; kh++)\n", indent, "", s->kernel);
    fprintf(w->out, "%*sfor (size_t kw = 0; kw < %u; kw++, t++) {\n", indent + 4, "", s->kernel);
    fprintf(w->out, "%*sconst size_t row = %s, column = %s;\n", indent + 8, "", row, column);
    chain_product(w, i, indent + 8, "t", at, padded ? inside : NULL);
    fprintf(w->out, "%*s}\n", indent + 4, "");
}

/* "float value = ..." of the sum of channel c at (h, v). */
static void chain_sum(c_writer *w, uint32_t i, int indent)
{
    const bnn_stage *s = &w->model->stages[i];
    char sum[C_EXPRESSION_MAX];
    if (s->integer_sums) {
        bnn_c_window_call(w, i, indent, "h", "v");
        bnn_c_sum(w, i, false, sum);
        fprintf(w->out, "%*sfloat value = (float)%s%s;\n", indent, "", sum,
                s->inputs == BNN_VALUES_PIXELS ? " / 128.0f" : "");
        return;
    }
    if (s->linear == BNN_LOWER_IDENTITY) {
        char at[C_INDEX_MAX] = "c";
        if (!chain_is_flat(s))
            snprintf(at, sizeof at, "(c * %u + h) * %u + v", s->in.h, s->in.w);
        fprintf(w->out, "%*sfloat value = %s%s%s;\n", indent, "",
                s->inputs == BNN_VALUES_PIXELS ? "pixel_value(x[" : "x[", at,
                s->inputs == BNN_VALUES_PIXELS ? "])" : "]");
        w->helpers |= s->inputs == BNN_VALUES_PIXELS ? C_PIXEL_VALUE : 0;
        return;
    }
    if (s->bias != NULL)
        fprintf(w->out, "%*sfloat value = %s_bias[c];\n", indent, "", w->names[i]);
    else
        fprintf(w->out, "%*sfloat value = 0.0f;\n", indent, "");
    if (s->linear == BNN_LOWER_CONV2D) {
        chain_convolution(w, i, indent);
        return;
    }
    fprintf(w->out, "%*sfor (size_t t = 0; t < %u; t++)\n", indent, "", s->taps);
    chain_product(w, i, indent + 4, "t", "t", NULL);
}

/* ---- the function ------------------------------------------------------------------------ */

/* Where the values of the last pass go. */
static void chain_result(c_writer *w, uint32_t i, int indent)
{
    const bnn_stage *s = &w->model->stages[i];
    char at[C_INDEX_MAX] = "c";
    if (!chain_is_flat(s))
        snprintf(at, sizeof at, "(c * %u + h) * %u + v", s->out.h, s->out.w);
    if (s->outputs == BNN_VALUES_BITS) {
        fprintf(w->out, "%*sif (value >= 0.0f)\n%*sset_bit(y, %s);\n", indent, "", indent + 4, "",
                at);
        w->helpers |= C_SET_BIT;
    } else {
        fprintf(w->out, "%*sy[%s] = value;\n", indent, "", at);
    }
}

/* One pass over a channel: sums, or pool j - 1, and the operations from j on up to the next pool.
 * Returns the index behind that pool, or n_chain + 1. */
static uint32_t chain_pass(c_writer *w, uint32_t i, uint32_t j, bnn_shape shape)
{
    const bnn_stage *s = &w->model->stages[i];
    const bool flat = chain_is_flat(s);
    const int indent = flat ? 8 : 16;
    if (!flat) {
        fprintf(w->out, "        for (size_t h = 0; h < %u; h++)\n", shape.h);
        fprintf(w->out, "            for (size_t v = 0; v < %u; v++) {\n", shape.w);
    }
    if (j == 0)
        chain_sum(w, i, indent);
    else
        bnn_c_op(w, i, j - 1, indent);
    for (bool windows; j < s->n_chain; j++) {
        windows = bnn_c_op_has_windows(s->chain[j].type);
        if (windows && !flat)
            break;
        if (!windows)
            bnn_c_op(w, i, j, indent);
    }
    if (j == s->n_chain) {
        chain_result(w, i, indent);
    } else {
        const size_t plane = (size_t)shape.h * shape.w;
        fprintf(w->out, "%*swork.plane[h * %u + v] = value;\n", indent, "", shape.w);
        w->work.plane = plane > w->work.plane ? plane : w->work.plane;
    }
    if (!flat)
        fprintf(w->out, "            }\n");
    return j + 1;
}

static void chain_constants(c_writer *w, uint32_t i)
{
    const bnn_stage *s = &w->model->stages[i];
    const char *name = w->names[i];
    if (s->bits != NULL)
        bnn_c_bits(w, name, "_weights", s->sums.c, s->taps, s->bits, true);
    else if (s->weights != NULL)
        bnn_c_floats(w, name, "_weights", true, s->sums.c, s->taps, s->weights);
    if (s->bias != NULL)
        bnn_c_floats(w, name, "_bias", false, 1, s->sums.c, s->bias);
    for (uint32_t j = 0; j < s->n_chain; j++) {
        const bnn_op *op = &s->chain[j];
        char suffix[C_FLOAT_MAX];
        fprintf(w->out, "/* Operation %u, ", j + 1);
        bnn_c_comment_text(w->out, op->name, " * ", 20);
        fprintf(w->out, ". */\n");
        snprintf(suffix, sizeof suffix, "_factor%u", j + 1);
        if (op->factor != NULL)
            bnn_c_floats(w, name, suffix, false, 1, op->in.c, op->factor);
        snprintf(suffix, sizeof suffix, "_offset%u", j + 1);
        if (op->offset != NULL)
            bnn_c_floats(w, name, suffix, false, 1, op->in.c, op->offset);
    }
    fprintf(w->out, "\n");
}

/* The last stage of a network whose logits are its sums. */
static void chain_integer_sums(c_writer *w, uint32_t i)
{
    const bnn_stage *s = &w->model->stages[i];
    char sum[C_EXPRESSION_MAX];
    bnn_c_sum(w, i, false, sum);
    if (chain_is_flat(s)) {
        fprintf(w->out, "        y[c] = %s;\n", sum);
        return;
    }
    fprintf(w->out, "        for (size_t h = 0; h < %u; h++)\n", s->sums.h);
    fprintf(w->out, "            for (size_t v = 0; v < %u; v++) {\n", s->sums.w);
    bnn_c_window_call(w, i, 16, "h", "v");
    fprintf(w->out, "                y[(c * %u + h) * %u + v] = %s;\n            }\n", s->sums.h,
            s->sums.w, sum);
}

void bnn_c_chain_stage(c_writer *w, uint32_t i)
{
    const bnn_stage *s = &w->model->stages[i];
    const bool integers = w->integer_logits && i == w->model->n_stages - 1;
    chain_constants(w, i);
    if (s->integer_sums)
        bnn_c_window(w, i);
    fprintf(w->out, "static void %s(const %s *x, %s *y)\n{\n", w->names[i], bnn_c_type(s->inputs),
            integers ? "int32_t" : bnn_c_type(s->outputs));
    if (s->outputs == BNN_VALUES_BITS) {
        fprintf(w->out, "    clear(y, %zu);\n", bnn_c_words(bnn_shape_values(s->out)));
        w->helpers |= C_CLEAR;
    }
    fprintf(w->out, "    for (size_t c = 0; c < %u; c++) {\n", s->sums.c);
    if (integers) {
        chain_integer_sums(w, i);
    } else {
        w->helpers |= C_FLOATS;
        bnn_shape shape = s->sums;
        for (uint32_t j = 0; j <= s->n_chain;) {
            j = chain_pass(w, i, j, shape);
            if (j <= s->n_chain)
                shape = s->chain[j - 1].out;
        }
    }
    fprintf(w->out, "    }\n}\n\n");
}
