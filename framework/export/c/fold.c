/* fold.c - stages with folded decisions as C, and the windows of convolutions. */
#include "export/c/write.h"

#include <stdlib.h>

const char *bnn_c_type(bnn_values values)
{
    return values == BNN_VALUES_PIXELS ? "uint8_t"
           : values == BNN_VALUES_BITS ? "uint32_t"
                                       : "float";
}

void bnn_c_position(char text[C_INDEX_MAX], const char *a, uint32_t factor, const char *b,
                    uint32_t minus)
{
    int n = factor == 1 ? snprintf(text, C_INDEX_MAX, "%s + %s", a, b)
                        : snprintf(text, C_INDEX_MAX, "%s * %u + %s", a, factor, b);
    if (minus > 0)
        snprintf(text + n, C_INDEX_MAX - (size_t)n, " - %u", minus);
}

/* ---- windows ----------------------------------------------------------------------------- */

/* The body of the innermost loop where a tap may lie beyond the border, or is a pixel. */
static void write_tap(c_writer *w, const bnn_stage *s, int indent)
{
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    char row[C_INDEX_MAX], column[C_INDEX_MAX], at[C_INDEX_MAX];
    bnn_c_position(row, "row", s->stride, "kh", s->padding);
    bnn_c_position(column, "column", s->stride, "kw", s->padding);
    fprintf(w->out, "%*sconst size_t h = %s, v = %s;\n", indent, "", row, column);
    if (s->in.c > 1)
        snprintf(at, sizeof at, "(c * %u + h) * %u + v", s->in.h, s->in.w);
    else
        snprintf(at, sizeof at, "h * %u + v", s->in.w);
    if (pixels && s->padding > 0)
        fprintf(w->out, "%*swork.pixels[n] = h < %u && v < %u ? x[%s] : 128;\n", indent, "",
                s->in.h, s->in.w, at);
    else if (pixels)
        fprintf(w->out, "%*swork.pixels[n] = x[%s];\n", indent, "", at);
    else if (s->padding == 0)
        fprintf(w->out, "%*sif (get_bit(x, %s))\n%*sset_bit(work.window, n);\n", indent, "", at,
                indent + 4, "");
    else
        fprintf(w->out,
                "%*sif (h < %u && v < %u ? get_bit(x, %s) : %d)\n%*sset_bit(work.window, n);\n",
                indent, "", s->in.h, s->in.w, at, s->pad_value > 0, indent + 4, "");
    w->helpers |= pixels ? 0 : C_GET_BIT | C_SET_BIT;
}

/* Rows of bits that lie wholly inside the image are taken as they are. */
static void write_row_of_taps(c_writer *w, const bnn_stage *s, int indent)
{
    char row[C_INDEX_MAX], at[2 * C_INDEX_MAX];
    bnn_c_position(row, "row", s->stride, "kh", 0);
    if (s->in.c > 1)
        snprintf(at, sizeof at, "(c * %u + %s) * %u", s->in.h, row, s->in.w);
    else
        snprintf(at, sizeof at, "(%s) * %u", row, s->in.w);
    fprintf(w->out, "%*sfor (size_t kh = 0; kh < %u; kh++, n += %u)\n", indent, "", s->kernel,
            s->kernel);
    fprintf(w->out, "%*sput_bits(work.window, n, %u, get_bits(x, %s + column", indent + 4, "",
            s->kernel, at);
    if (s->stride > 1)
        fprintf(w->out, " * %u", s->stride);
    fprintf(w->out, ", %u));\n", s->kernel);
    w->helpers |= C_GET_BITS | C_PUT_BITS;
}

void bnn_c_window(c_writer *w, uint32_t i)
{
    const bnn_stage *s = &w->model->stages[i];
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    const size_t words = bnn_c_words(s->taps);
    if (s->linear != BNN_LOWER_CONV2D)
        return;
    fprintf(w->out, "/* The %s under the kernel, for the sum at (row, column). ",
            pixels ? "pixels" : "bits");
    if (s->padding > 0)
        fprintf(w->out,
                "Beyond the border are %s;\n * above and left of it the index wraps and is "
                "too large as well. ",
                pixels             ? "zeros"
                : s->pad_value > 0 ? "+1"
                                   : "-1");
    fprintf(w->out, "*/\nstatic void %s_window(const %s *x, size_t row, size_t column)\n{\n",
            w->names[i], bnn_c_type(s->inputs));
    fprintf(w->out, "    size_t n = 0;\n");
    if (pixels) {
        w->work.pixels = s->taps > w->work.pixels ? s->taps : w->work.pixels;
    } else {
        fprintf(w->out, "    clear(work.window, %zu);\n", words);
        w->work.window = words > w->work.window ? words : w->work.window;
        w->helpers |= C_CLEAR;
    }
    int indent = 4;
    if (s->in.c > 1) {
        fprintf(w->out, "    for (size_t c = 0; c < %u; c++)\n", s->in.c);
        indent = 8;
    }
    if (!pixels && s->padding == 0 && s->kernel < 32) {
        write_row_of_taps(w, s, indent);
    } else {
        fprintf(w->out, "%*sfor (size_t kh = 0; kh < %u; kh++)\n", indent, "", s->kernel);
        fprintf(w->out, "%*sfor (size_t kw = 0; kw < %u; kw++, n++) {\n", indent + 4, "",
                s->kernel);
        write_tap(w, s, indent + 8);
        fprintf(w->out, "%*s}\n", indent + 4, "");
    }
    fprintf(w->out, "}\n\n");
}

void bnn_c_window_call(c_writer *w, uint32_t i, int indent, const char *row, const char *column)
{
    if (w->model->stages[i].linear == BNN_LOWER_CONV2D)
        fprintf(w->out, "%*s%s_window(x, %s, %s);\n", indent, "", w->names[i], row, column);
}

void bnn_c_sum(c_writer *w, uint32_t i, bool agreement, char text[C_EXPRESSION_MAX])
{
    const bnn_stage *s = &w->model->stages[i];
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    const char *x = s->linear == BNN_LOWER_DENSE ? "x" : pixels ? "work.pixels" : "work.window";
    const char *function = pixels ? "sum_of_pixels" : agreement ? "agree" : "sum_of_bits";
    const size_t n = agreement && !pixels ? bnn_c_words(s->taps) : s->taps;
    snprintf(text, C_EXPRESSION_MAX, "%s(%s_weights[c], %s, %zu)", function, w->names[i], x, n);
    w->helpers |= pixels ? C_SUM_OF_PIXELS : agreement ? C_AGREE : C_SUM_OF_BITS;
}

/* ---- decisions --------------------------------------------------------------------------- */

/* Products of bits are counted, not summed: a sum reaches the threshold when this many are +1. */
static int32_t least_agreement(const bnn_stage *s, int32_t threshold)
{
    const int64_t taps = s->taps, twice = (int64_t)threshold + taps;
    const int64_t least = twice <= 0 ? 0 : (twice + 1) / 2;
    return (int32_t)(least > taps ? taps + 1 : least);
}

/* Fills one of the arrays that folded stages have, a value for each channel. */
typedef void fill(const bnn_stage *s, int32_t *values);

static void fill_thresholds(const bnn_stage *s, int32_t *values)
{
    for (uint32_t c = 0; c < s->sums.c; c++) {
        const int32_t threshold = s->fold.threshold[c];
        values[c] = s->inputs == BNN_VALUES_PIXELS ? threshold : least_agreement(s, threshold);
    }
}

static void fill_alls(const bnn_stage *s, int32_t *values)
{
    for (uint32_t c = 0; c < s->sums.c; c++)
        values[c] = (s->fold.rule[c] & BNN_RULE_AND) != 0;
}

/* 0: no table; else its number from 1. */
static void fill_tables(const bnn_stage *s, int32_t *values)
{
    int32_t n = 0;
    for (uint32_t c = 0; c < s->sums.c; c++)
        values[c] = s->fold.rule[c] & BNN_RULE_TABLE ? ++n : 0;
}

static void write_channels(c_writer *w, uint32_t i, const char *suffix, fill *fill_values)
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

static bool any_of(const bnn_stage *s, uint8_t rule)
{
    for (uint32_t c = 0; c < s->sums.c; c++)
        if (s->fold.rule[c] & rule)
            return true;
    return false;
}

/* A pool that mixes values. */
static bool has_pool(const bnn_stage *s)
{
    return s->linear == BNN_LOWER_CONV2D && s->fold.pool != 0;
}

static const char *threshold_name(const bnn_stage *s)
{
    return s->inputs == BNN_VALUES_PIXELS ? "threshold" : "least";
}

/* Arrays behind the weights, each with a line that says what it is. */
static void write_decisions(c_writer *w, uint32_t i)
{
    const bnn_stage *s = &w->model->stages[i];
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    fprintf(w->out, pixels ? "/* The bit is 1 from this sum on. */\n"
                           : "/* The bit is 1 when at least so many products are +1. */\n");
    write_channels(w, i, pixels ? "_threshold" : "_least", fill_thresholds);
    if (s->fold.n_tables > 0) {
        fprintf(w->out, "/* The bit looked up, for channels where it neither rises nor falls: "
                        "table number, from 1. */\n");
        write_channels(w, i, "_table", fill_tables);
        bnn_c_bits(w, i, "_tables", s->fold.n_tables, s->fold.table_size, s->fold.tables, false);
        w->helpers |= C_GET_BIT;
    }
    if (has_pool(s) && any_of(s, BNN_RULE_AND)) {
        fprintf(w->out, "/* Of a pool's bits: 1 when all (1), or when any (0) are 1. */\n");
        write_channels(w, i, "_all", fill_alls);
    }
}

/* "const int bit = ..." or the condition itself. */
static void write_bit(c_writer *w, uint32_t i, int indent, bool named)
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
        fprintf(w->out, "\n%*s: sum >= %s_%s[c];\n", indent + 20, "", name, threshold_name(s));
    } else if (named) {
        fprintf(w->out, "%*sconst int bit = %s >= %s_%s[c];\n", indent, "", sum, name,
                threshold_name(s));
    } else {
        fprintf(w->out, "%*sif (%s >= %s_%s[c])\n", indent, "", sum, name, threshold_name(s));
    }
}

/* What happens for one sum of each channel. */
static void write_channel_loop(c_writer *w, uint32_t i, int indent)
{
    const bnn_stage *s = &w->model->stages[i];
    const bool mixed = has_pool(s) && any_of(s, BNN_RULE_AND), tables = s->fold.n_tables > 0;
    char at[C_INDEX_MAX] = "c";
    if (s->linear == BNN_LOWER_CONV2D)
        snprintf(at, sizeof at, "(c * %u + h) * %u + v", s->out.h, s->out.w);
    fprintf(w->out, "%*sfor (size_t c = 0; c < %u; c++)%s\n", indent, "", s->sums.c,
            mixed || tables ? " {" : "");
    write_bit(w, i, indent + 4, mixed);
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
    bnn_c_bits(w, i, "_weights", s->sums.c, s->taps, s->bits, true);
    write_decisions(w, i);
    fprintf(w->out, "\n");
    bnn_c_window(w, i);
    fprintf(w->out, "static void %s(const %s *x, uint32_t *y)\n{\n", w->names[i],
            bnn_c_type(s->inputs));
    fprintf(w->out, "    clear(y, %zu);\n", bnn_c_words(bnn_shape_values(s->out)));
    w->helpers |= C_CLEAR;
    if (!conv) {
        write_channel_loop(w, i, 4);
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
        write_channel_loop(w, i, indent);
        fprintf(w->out, "%*s}\n", indent - 4, "");
    }
    fprintf(w->out, "}\n\n");
}
