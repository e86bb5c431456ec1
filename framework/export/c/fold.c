#include "export/c/writer.h"

/* Sums of pixels are compared with the threshold. Products of bits are counted, not summed: a sum
 * reaches the threshold when this many are +1. */
static int32_t fold_threshold(const bnn_stage *s, uint32_t c)
{
    const int64_t taps = s->taps, twice = s->fold.threshold[c] + taps;
    const int64_t least = twice <= 0 ? 0 : (twice + 1) / 2;
    if (s->inputs == BNN_VALUES_PIXELS)
        return s->fold.threshold[c];
    return (int32_t)(least > taps ? taps + 1 : least);
}

/* One of the arrays that folded stages have, a value for each channel: whether it has this rule,
 * or, of tables, the number of its table from 1; without a rule its threshold. */
static void fold_write_channels(c_writer *w, const char *suffix, uint8_t rule)
{
    const bnn_stage *s = w->stage;
    int64_t n = 0, *values = bnn_arena_alloc(w->arena, s->op.out.c, sizeof *values);
    w->no_memory |= values == NULL;
    for (uint32_t c = 0; values != NULL && c < s->op.out.c; c++) {
        const bool has = (s->fold.rule[c] & rule) != 0;
        n += has;
        values[c] = rule == 0 ? fold_threshold(s, c) : rule == BNN_RULE_TABLE && has ? n : has;
    }
    if (values != NULL)
        bnn_c_integers(w, suffix, 0, s->op.out.c, values);
}

/* Whether there is a pool, and it wants all bits of a channel's window. */
static bool fold_is_mixed(const bnn_stage *s)
{
    uint8_t rules = 0;
    for (uint32_t c = 0; c < s->op.out.c; c++)
        rules |= s->fold.rule[c];
    return s->op.type == BNN_LOWER_CONV2D && s->fold.pool != 0 && rules & BNN_RULE_AND;
}

static const char *fold_threshold_name(const bnn_stage *s)
{
    return s->inputs == BNN_VALUES_PIXELS ? "threshold" : "least";
}

void bnn_c_all_or_any(c_writer *w)
{
    fprintf(w->out, "/* Of a pool's bits: 1 when all (1), or when any (0) are 1. */\n");
    fold_write_channels(w, "all", BNN_RULE_AND);
}

/* Arrays behind the weights, each with a line that says what it is. */
static void fold_decisions(c_writer *w, bool mixed)
{
    const bnn_stage *s = w->stage;
    fprintf(w->out, s->inputs == BNN_VALUES_PIXELS
                        ? "/* The bit is 1 from this sum on. */\n"
                        : "/* The bit is 1 when at least so many products are +1. */\n");
    fold_write_channels(w, fold_threshold_name(s), 0);
    if (s->fold.n_tables > 0) {
        fprintf(w->out, "/* The bit looked up, for channels where it neither rises nor falls: "
                        "table number, from 1. */\n");
        fold_write_channels(w, "table", BNN_RULE_TABLE);
        bnn_c_bits(w, "tables", s->fold.n_tables, s->fold.table_size, s->fold.tables, false);
    }
    if (mixed)
        bnn_c_all_or_any(w);
    fprintf(w->out, "\n");
}

/* The bit of channel c as an expression; where there are tables, as the name of a constant. */
static const char *fold_bit(c_writer *w)
{
    const bnn_stage *s = w->stage;
    const char *sum = bnn_c_sum(w, true), *threshold = fold_threshold_name(s),
               *index = "(size_t)sum";
    if (s->fold.n_tables == 0)
        return bnn_c_text(w, "%s >= @_%s_%s[c]", sum, w->name, threshold);
    if (s->inputs == BNN_VALUES_PIXELS)
        index = bnn_c_text(w, "(size_t)(sum + %lld)", -(long long)s->fold.table_first);
    bnn_c_code(w,
               "const int32_t sum = %s;\n"
               "const int bit = @_%s_table[c] > 0\n"
               "                    ? @_get_bit(@_%s_tables[@_%s_table[c] - 1], %s)\n"
               "                    : sum >= @_%s_%s[c];\n",
               sum, w->name, w->name, w->name, index, w->name, threshold);
    return "bit";
}

/* What happens for one sum of each channel. */
static void fold_channel_loop(c_writer *w, bool mixed)
{
    const bnn_stage *s = w->stage;
    const bool tables = s->fold.n_tables > 0;
    const char *at = bnn_c_value_index(w, s->out);
    bnn_c_loop(w, "c", s->op.out.c, mixed || tables ? ") {" : ")");
    const char *bit = fold_bit(w);
    if (mixed && !tables)
        bnn_c_code(w, "const int bit = %s;\n", bit);
    if (mixed)
        bnn_c_code(w, "if (t == 0 || bit != @_%s_all[c])\n    @_put_bit(y, %s, bit);\n", w->name,
                   at);
    else
        bnn_c_code(w, "if (%s)\n    @_set_bit(y, %s);\n", bit, at);
    if (mixed || tables)
        bnn_c_end(w);
}

/* The sums of all channels at each position; with a pool, at each of a window. */
static void fold_positions(c_writer *w, bool mixed)
{
    const bnn_stage *s = w->stage;
    const uint32_t pool = s->fold.pool;
    const char *row = "h", *column = "v";
    bnn_c_loop(w, "h", s->out.h, ")");
    bnn_c_loop(w, "v", s->out.w, pool == 0 ? ") {" : ")");
    if (pool != 0) {
        bnn_c_loop(w, "t", pool * pool, ") {");
        row = bnn_c_position(w, "h", s->fold.pool_stride, bnn_c_text(w, "t / %u", pool), 0);
        column = bnn_c_position(w, "v", s->fold.pool_stride, bnn_c_text(w, "t %% %u", pool), 0);
    }
    const int indent = w->indent;
    bnn_c_window_call(w, row, column);
    fold_channel_loop(w, mixed);
    w->indent = indent;
    bnn_c_end(w);
}

void bnn_c_folded_stage(c_writer *w)
{
    const bnn_stage *s = w->stage;
    const bool mixed = fold_is_mixed(s);
    if (bnn_c_fits_pairs(s)) {
        bnn_c_pairs_stage(w, mixed);
        return;
    }
    bnn_c_bits(w, "weights", s->op.out.c, s->taps, s->bits, true);
    fold_decisions(w, mixed);
    bnn_c_window(w);
    bnn_c_code(w, "static void @_%s(const %s *x, uint32_t *y)\n{\n    @_clear(y, %zu);\n", w->name,
               bnn_c_type(s->inputs), bnn_c_words(bnn_shape_values(s->out)));
    w->indent = 4;
    if (s->op.type == BNN_LOWER_CONV2D)
        fold_positions(w, mixed);
    else
        fold_channel_loop(w, mixed);
    w->indent = 0;
    bnn_c_code(w, "}\n\n");
}
