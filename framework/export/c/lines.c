/* lines.c - sums that become codes by a multiplication and a shift: whole numbers from end to end. */
#include "export/c/writer.h"

#include "base/size.h"

/* ---- constants --------------------------------------------------------------------------- */

static int64_t lines_base(const c_writer *w, uint32_t c)
{
    return w->bases != NULL ? w->bases[c] : 0;
}

/* The model's offset is for the sum of values; the code's is for that of bytes, which it forms. */
static int64_t lines_offset(const c_writer *w, uint32_t c)
{
    const bnn_lines *lines = w->stage->lines;
    return lines->offset[c] + lines->factor[c] * lines_base(w, c);
}

static int64_t lines_larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t lines_magnitude(int64_t a)
{
    return a < 0 ? -a : a;
}

/* Whether a line leaves 32 bits at a sum that can occur. */
static bool lines_are_wide(const c_writer *w)
{
    const bnn_stage *s = w->stage;
    int64_t most = 0;
    for (uint32_t c = 0; c < s->op.out.c; c++) {
        int32_t first, last;
        bnn_stage_sums_reach(s, c, &first, &last);
        const int64_t base = lines_base(w, c);
        const int64_t sum =
            lines_larger(lines_magnitude(first - base), lines_magnitude(last - base));
        most = lines_larger(most, lines_magnitude(s->lines->factor[c]) * sum +
                                      lines_magnitude(lines_offset(w, c)));
    }
    return most > INT32_MAX;
}

/* A number for each channel, as it stands in the code: an element of an array, or itself where all have the same. */
static const char *lines_constant(c_writer *w, const char *suffix, const int64_t *values)
{
    const uint32_t n = w->stage->op.out.c;
    bool same = lines_magnitude(values[0]) <= INT32_MAX;
    for (uint32_t c = 1; c < n; c++)
        same = same && values[c] == values[0];
    if (same)
        return bnn_c_text(w, "%d", (int)values[0]);
    bnn_c_integers(w, suffix, 0, n, values);
    return bnn_c_text(w, "@_%s_%s[c]", w->name, suffix);
}

/* What of a stage the code speaks of. */
typedef struct c_line {
    const char *factor, *offset; /* of channel c */
    bool wide;
    bool least,
        mixed; /* of a window, the least sum counts; or, instead, it does where an array says so */
} c_line;

/* Which sums count in a window of several; writes the array. */
static void lines_find_counts(c_writer *w, c_line *line)
{
    const bnn_stage *s = w->stage;
    const uint32_t n = s->op.out.c;
    int64_t *is_least = bnn_arena_alloc(w->arena, n, sizeof *is_least);
    uint32_t n_least = 0;
    w->no_memory |= is_least == NULL;
    for (uint32_t c = 0; is_least != NULL && s->lines->pool > 1 && c < n; c++) {
        is_least[c] = s->lines->least[c] != 0;
        n_least += s->lines->least[c] != 0;
    }
    line->least = n_least == n;
    line->mixed = n_least > 0 && n_least < n;
    if (!line->mixed)
        return;
    fprintf(w->out, "/* Of a pool's sums: the least counts (1), or the greatest (0). */\n");
    bnn_c_integers(w, "least", 0, n, is_least);
}

static c_line lines_constants(c_writer *w)
{
    const bnn_stage *s = w->stage;
    int64_t *offset = bnn_arena_alloc(w->arena, s->op.out.c, sizeof *offset);
    w->no_memory |= offset == NULL;
    for (uint32_t c = 0; offset != NULL && c < s->op.out.c; c++)
        offset[c] = lines_offset(w, c);
    bnn_c_weights(w);
    fprintf(w->out, "/* Of a line: the code is (factor * sum + offset) >> %u. */\n",
            s->lines->shift);
    c_line line = {.factor = lines_constant(w, "factor", s->lines->factor),
                   .offset = offset == NULL ? "" : lines_constant(w, "offset", offset),
                   .wide = lines_are_wide(w)};
    lines_find_counts(w, &line);
    fprintf(w->out, "\n");
    return line;
}

/* ---- the function ------------------------------------------------------------------------ */

/* A statement: what becomes of the sum of channel c, at the place of the value at hand or, " + 1", behind it. */
static void lines_put(c_writer *w, const c_line *line, const char *sum, const char *behind)
{
    const bnn_stage *s = w->stage;
    const char *at = bnn_c_text(w, "%s%s", bnn_c_value_index(w, s->out), behind);
    const char *code =
        bnn_c_text(w, "@_%s(%s%s * %s + %s, %u, %d)", line->wide ? "code_of_wide" : "code_of",
                   line->wide ? "(int64_t)" : "", line->factor, sum, line->offset, s->lines->shift,
                   s->out_codes.max - s->out_codes.min);
    if (s->outputs == BNN_VALUES_BITS)
        bnn_c_code(w, "if (%s > 0)\n    @_set_bit(y, %s);\n", code, at);
    else
        bnn_c_code(w, "y[%s] = %s;\n", at, code);
}

/* A statement: the sum of channel c is kept where it counts more than the others of its window. */
static void lines_keep(c_writer *w, const c_line *line, const char *first, const char *sum)
{
    const char *counts = bnn_c_text(w, "%s %c @_work.sums[c]", sum, line->least ? '<' : '>');
    if (line->mixed)
        counts = bnn_c_text(w, "(@_%s_least[c] ? %s < @_work.sums[c] : %s)", w->name, sum, counts);
    bnn_c_code(w, "if (%s%s)\n    @_work.sums[c] = %s;\n", first, counts, sum);
}

/* What becomes of the sums that a window has left. */
static void lines_put_kept(c_writer *w, const c_line *line)
{
    const uint32_t n = w->stage->op.out.c;
    bnn_c_loop(w, "c", n, ")");
    lines_put(w, line, "@_work.sums[c]", "");
    w->indent -= 4;
    w->work.sums = bnn_size_larger(w->work.sums, n);
}

/* One sum of each channel. */
static void lines_channels(c_writer *w, const c_line *line)
{
    bnn_c_loop(w, "c", w->stage->op.out.c, ") {");
    bnn_c_code(w, "const int32_t sum = %s;\n", bnn_c_sum(w, false));
    lines_put(w, line, "sum", "");
    bnn_c_end(w);
}

static void lines_pool(c_writer *w, const c_line *line)
{
    const bnn_stage *s = w->stage;
    const uint32_t pool = s->lines->pool, stride = s->lines->pool_stride;
    bnn_c_loop(w, "t", pool * pool, ") {");
    bnn_c_window_call(w, bnn_c_position(w, "h", stride, bnn_c_text(w, "t / %u", pool), 0),
                      bnn_c_position(w, "v", stride, bnn_c_text(w, "t %% %u", pool), 0));
    bnn_c_loop(w, "c", s->op.out.c, ") {");
    bnn_c_code(w, "const int32_t sum = %s;\n", bnn_c_sum(w, false));
    lines_keep(w, line, "t == 0 || ", "sum");
    bnn_c_end(w);
    bnn_c_end(w);
    lines_put_kept(w, line);
}

static void lines_positions(c_writer *w, const c_line *line)
{
    const bnn_stage *s = w->stage;
    bnn_c_loop(w, "h", s->out.h, ")");
    bnn_c_loop(w, "v", s->out.w, ") {");
    if (s->lines->pool != 0) {
        lines_pool(w, line);
    } else {
        bnn_c_window_call(w, "h", "v");
        lines_channels(w, line);
    }
    bnn_c_end(w);
}

/* ---- two sums at a time ------------------------------------------------------------------ */

/* Whether the halves of a word hold the sums of two neighbours: of digits by bytes, none of which is negative. */
static bool lines_fit_pairs(const c_writer *w)
{
    const bnn_stage *s = w->stage;
    const uint32_t most =
        s->inputs == BNN_VALUES_PIXELS ? UINT8_MAX : (uint32_t)(s->in_codes.max - s->in_codes.min);
    return s->op.type == BNN_LOWER_CONV2D && s->inputs != BNN_VALUES_BITS && w->digit_bits > 0 &&
           bnn_c_sums_in_a_row(s, s->lines->pool) > 1 &&
           (uint64_t)s->taps * (bnn_codes_levels(bnn_c_codes_of(s)) - 1) * most <= UINT16_MAX;
}

/* The sum in a half of a pair. */
static const char *lines_half(c_writer *w, const char *half)
{
    return bnn_c_sum_of_digits(w, bnn_c_text(w, "(int32_t)(pair %s)", half),
                               bnn_c_text(w, "(int32_t)(total %s)", half));
}

static void lines_pairs(c_writer *w, const c_line *line)
{
    const bnn_stage *s = w->stage;
    const bool pools = s->lines->pool != 0;
    bnn_c_pairs_loops(w, s->lines->pool, s->lines->pool_stride);
    bnn_c_loop(w, "c", s->op.out.c, ") {");
    bnn_c_code(w,
               "const uint32_t pair =\n"
               "    @_pairs_by_%u_bits(@_%s_weights[c], @_work.window, %u);\n"
               "const int32_t left = %s;\nconst int32_t right = %s;\n",
               w->digit_bits, w->name, bnn_c_taps_of_digits(s), lines_half(w, "& 0xffff"),
               lines_half(w, ">> 16"));
    if (pools) {
        lines_keep(w, line, "t == 0 || ", "left");
        lines_keep(w, line, "", "right");
    } else {
        lines_put(w, line, "left", "");
        lines_put(w, line, "right", " + 1");
    }
    bnn_c_end(w);
    bnn_c_end(w);
    if (pools) {
        lines_put_kept(w, line);
        bnn_c_end(w);
    }
}

/* ------------------------------------------------------------------------------------------ */

void bnn_c_lines_stage(c_writer *w)
{
    const bnn_stage *s = w->stage;
    const c_line line = lines_constants(w);
    const bool pairs = lines_fit_pairs(w);
    if (pairs)
        bnn_c_pairs_window(w);
    else
        bnn_c_window(w);
    bnn_c_code(w, "static void @_%s(const %s *x, %s *y)\n{\n", w->name, bnn_c_type(s->inputs),
               bnn_c_type(s->outputs));
    w->indent = 4;
    if (s->outputs == BNN_VALUES_BITS)
        bnn_c_code(w, "@_clear(y, %zu);\n", bnn_c_words(bnn_shape_values(s->out)));
    bnn_c_dense_total(w);
    if (pairs)
        lines_pairs(w, &line);
    else if (s->op.type == BNN_LOWER_CONV2D)
        lines_positions(w, &line);
    else
        lines_channels(w, &line);
    w->indent = 0;
    bnn_c_code(w, "}\n\n");
}
