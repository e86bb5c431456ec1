#include "export/c/writer.h"

#include <stdlib.h>

/* Products of bits are counted, not summed: a sum reaches the threshold when this many are +1. */
static int32_t fold_least_agreement(const bnn_stage *s, int32_t threshold)
{
    const int64_t taps = s->taps, twice = (int64_t)threshold + taps;
    const int64_t least = twice <= 0 ? 0 : (twice + 1) / 2;
    return (int32_t)(least > taps ? taps + 1 : least);
}

/* Fills one of the arrays that folded stages have, a value for each channel. */
typedef void fill(const bnn_stage *s, int32_t *values);

static void fold_fill_thresholds(const bnn_stage *s, int32_t *values)
{
    for (uint32_t c = 0; c < s->sums.c; c++) {
        const int32_t threshold = s->fold.threshold[c];
        values[c] = s->inputs == BNN_VALUES_PIXELS ? threshold : fold_least_agreement(s, threshold);
    }
}

static void fold_fill_alls(const bnn_stage *s, int32_t *values)
{
    for (uint32_t c = 0; c < s->sums.c; c++)
        values[c] = (s->fold.rule[c] & BNN_RULE_AND) != 0;
}

/* 0: no table; else its number from 1. */
static void fold_fill_tables(const bnn_stage *s, int32_t *values)
{
    int32_t n = 0;
    for (uint32_t c = 0; c < s->sums.c; c++)
        values[c] = s->fold.rule[c] & BNN_RULE_TABLE ? ++n : 0;
}

static void fold_write_channels(c_writer *w, uint32_t i, const char *suffix, fill *fill_values)
{
    const bnn_stage *s = &w->model->stages[i];
    int32_t *values = malloc(s->sums.c * sizeof *values);
    if (values == NULL) {
        w->no_memory = true;
        return;
    }
    fill_values(s, values);
    bnn_c_integers(w, w->names[i], suffix, false, 1, s->sums.c, values);
    free(values);
}

static bool fold_any_of(const bnn_stage *s, uint8_t rule)
{
    for (uint32_t c = 0; c < s->sums.c; c++)
        if (s->fold.rule[c] & rule)
            return true;
    return false;
}

/* A pool that mixes values. */
static bool fold_has_pool(const bnn_stage *s)
{
    return s->linear == BNN_LOWER_CONV2D && s->fold.pool != 0;
}

static const char *fold_threshold_name(const bnn_stage *s)
{
    return s->inputs == BNN_VALUES_PIXELS ? "threshold" : "least";
}

/* Arrays behind the weights, each with a line that says what it is. */
static void fold_decisions(c_writer *w, uint32_t i)
{
    const bnn_stage *s = &w->model->stages[i];
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    fprintf(w->out, pixels ? "/* The bit is 1 from this sum on. */\n"
                           : "/* The bit is 1 when at least so many products are +1. */\n");
    fold_write_channels(w, i, pixels ? "_threshold" : "_least", fold_fill_thresholds);
    if (s->fold.n_tables > 0) {
        fprintf(w->out, "/* The bit looked up, for channels where it neither rises nor falls: "
                        "table number, from 1. */\n");
        fold_write_channels(w, i, "_table", fold_fill_tables);
        bnn_c_bits(w, w->names[i], "_tables", s->fold.n_tables, s->fold.table_size, s->fold.tables,
                   false);
        w->helpers |= C_GET_BIT;
    }
    if (fold_has_pool(s) && fold_any_of(s, BNN_RULE_AND)) {
        fprintf(w->out, "/* Of a pool's bits: 1 when all (1), or when any (0) are 1. */\n");
        fold_write_channels(w, i, "_all", fold_fill_alls);
    }
}

/* "const int bit = ..." or the condition itself. */
static void fold_bit(c_writer *w, uint32_t i, int indent, bool named)
{
    const bnn_stage *s = &w->model->stages[i];
    const char *name = w->names[i];
    char sum[C_EXPRESSION_MAX];
    bnn_c_sum(w, i, true, sum);
    if (s->fold.n_tables > 0) {
        const bool pixels = s->inputs == BNN_VALUES_PIXELS;
        const int64_t first = s->fold.table_first;
        fprintf(w->out, "%*sconst int32_t sum = %s;\n", indent, "", sum);
        fprintf(w->out,
                "%*sconst int bit = %s_table[c] > 0\n%*s? get_bit(%s_tables[%s_table[c] - 1], ",
                indent, "", name, indent + 20, "", name, name);
        if (pixels)
            fprintf(w->out, "(size_t)(sum + %lld))", (long long)-first);
        else
            fprintf(w->out, "(size_t)sum)");
        fprintf(w->out, "\n%*s: sum >= %s_%s[c];\n", indent + 20, "", name, fold_threshold_name(s));
    } else if (named) {
        fprintf(w->out, "%*sconst int bit = %s >= %s_%s[c];\n", indent, "", sum, name,
                fold_threshold_name(s));
    } else {
        fprintf(w->out, "%*sif (%s >= %s_%s[c])\n", indent, "", sum, name, fold_threshold_name(s));
    }
}

/* What happens for one sum of each channel. */
static void fold_channel_loop(c_writer *w, uint32_t i, int indent)
{
    const bnn_stage *s = &w->model->stages[i];
    const bool mixed = fold_has_pool(s) && fold_any_of(s, BNN_RULE_AND),
               tables = s->fold.n_tables > 0;
    char at[C_INDEX_MAX] = "c";
    if (s->linear == BNN_LOWER_CONV2D)
        snprintf(at, sizeof at, "(c * %u + h) * %u + v", s->out.h, s->out.w);
    fprintf(w->out, "%*sfor (size_t c = 0; c < %u; c++)%s\n", indent, "", s->sums.c,
            mixed || tables ? " {" : "");
    fold_bit(w, i, indent + 4, mixed);
    if (mixed) {
        fprintf(w->out, "%*sif (t == 0 || bit != %s_all[c])\n", indent + 4, "", w->names[i]);
        fprintf(w->out, "%*sput_bit(y, %s, bit);\n", indent + 8, "", at);
    } else {
        if (tables)
            fprintf(w->out, "%*sif (bit)\n", indent + 4, "");
        fprintf(w->out, "%*sset_bit(y, %s);\n", indent + 8, "", at);
    }
    if (mixed || tables)
        fprintf(w->out, "%*s}\n", indent, "");
    w->helpers |= mixed ? C_PUT_BIT : C_SET_BIT;
}

void bnn_c_folded_stage(c_writer *w, uint32_t i)
{
    const bnn_stage *s = &w->model->stages[i];
    const bool conv = s->linear == BNN_LOWER_CONV2D;
    bnn_c_bits(w, w->names[i], "_weights", s->sums.c, s->taps, s->bits, true);
    fold_decisions(w, i);
    fprintf(w->out, "\n");
    bnn_c_window(w, i);
    fprintf(w->out, "static void %s(const %s *x, uint32_t *y)\n{\n", w->names[i],
            bnn_c_type(s->inputs));
    fprintf(w->out, "    clear(y, %zu);\n", bnn_c_words(bnn_shape_values(s->out)));
    w->helpers |= C_CLEAR;
    if (!conv) {
        fold_channel_loop(w, i, 4);
    } else {
        const uint32_t pool = s->fold.pool;
        int indent = 12;
        char row[C_INDEX_MAX] = "h", column[C_INDEX_MAX] = "v", step[C_TERM_MAX];
        fprintf(w->out, "    for (size_t h = 0; h < %u; h++)\n", s->out.h);
        fprintf(w->out, "        for (size_t v = 0; v < %u; v++)%s\n", s->out.w,
                pool == 0 ? " {" : "");
        if (pool != 0) {
            fprintf(w->out, "%*sfor (size_t t = 0; t < %u; t++) {\n", indent, "", pool * pool);
            snprintf(step, sizeof step, "t / %u", pool);
            bnn_c_position(row, "h", s->fold.pool_stride, step, 0);
            snprintf(step, sizeof step, "t %% %u", pool);
            bnn_c_position(column, "v", s->fold.pool_stride, step, 0);
            indent = 16;
        }
        bnn_c_window_call(w, i, indent, row, column);
        fold_channel_loop(w, i, indent);
        fprintf(w->out, "%*s}\n", indent - 4, "");
    }
    fprintf(w->out, "}\n\n");
}
