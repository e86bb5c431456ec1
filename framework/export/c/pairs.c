/* pairs.c - convolutions of bytes, two sums at a time: what is under the kernel, and, of pixels, folded decisions.
 *
 * A sum of pixels with weights of -1 and +1 is that of all pixels, less twice that of those with -1. Two neighbouring
 * sums have the same such places, and 16 bits hold either: so they are the halves of one word, and an addition serves
 * both. Cores of chips have neither vectors nor an instruction that counts, and this takes them a sixth of the
 * instructions that a bit of weight after another takes. */
#include "export/c/writer.h"

#include "base/size.h"

uint32_t bnn_c_sums_in_a_row(const bnn_stage *s, uint32_t pool)
{
    return pool != 0 ? pool : s->out.w;
}

bool bnn_c_fits_pairs(const bnn_stage *s)
{
    enum { TAPS_MAX = 256 }; /* of pixels up to 255; and their places are bytes */
    if (s->inputs != BNN_VALUES_PIXELS || s->op.type != BNN_LOWER_CONV2D || s->taps > TAPS_MAX ||
        s->fold.n_tables > 0 || bnn_op_groups(&s->op) > 1)
        return false;
    return bnn_c_sums_in_a_row(s, s->fold.pool) > 1;
}

/* ---- Constants ------------------------------------------------------------------------------- */

static bool pairs_is_minus(const bnn_stage *s, uint32_t c, uint32_t tap)
{
    const size_t words = (s->taps + 63) / 64;
    return (s->bits[c * words + tap / 64] >> tap % 64 & 1) == 0;
}

/* From where on the bit of a channel is 1: weights act on pixels less 128. No sum is beyond the ends. */
static int64_t pairs_least(const bnn_stage *s, uint32_t c, int64_t n_minus)
{
    const int64_t taps = s->taps, end = 255 * taps + 1;
    const int64_t least = s->fold.threshold[c] + 128 * taps - 256 * n_minus;
    return least < -end ? -end : least > end ? end : least;
}

/* The places of all weights of -1, channel after channel, where each begins, and from where on its bit is 1. */
static void pairs_constants(c_writer *w, bool mixed)
{
    const bnn_stage *s = w->stage;
    const size_t n_channels = s->op.out.c;
    int64_t *places = bnn_arena_alloc(w->arena, n_channels * s->taps + 1, sizeof *places);
    int64_t *begins = bnn_arena_alloc(w->arena, n_channels + 1, sizeof *begins);
    int64_t *least = bnn_arena_alloc(w->arena, n_channels, sizeof *least);
    size_t n = 0;
    if (places == NULL || begins == NULL || least == NULL) {
        w->no_memory = true;
        return;
    }
    for (uint32_t c = 0; c < n_channels; c++) {
        begins[c] = (int64_t)n;
        for (uint32_t tap = 0; tap < s->taps; tap++)
            if (pairs_is_minus(s, c, tap))
                places[n++] = tap;
        least[c] = pairs_least(s, c, (int64_t)n - begins[c]);
    }
    begins[n_channels] = (int64_t)n;
    fprintf(
        w->out,
        "/* The places under the kernel where weights are -1, and where those of a channel begin. */\n");
    bnn_c_integers(w, "minus", 0, n > 0 ? n : 1, places);
    bnn_c_integers(w, "begin", 0, n_channels + 1, begins);
    fprintf(w->out,
            "/* The bit is 1 from this on: all pixels, less twice those of weight -1. */\n");
    bnn_c_integers(w, "least", 0, n_channels, least);
    if (mixed)
        bnn_c_all_or_any(w);
    fprintf(w->out, "\n");
}

/* ---- Functions ------------------------------------------------------------------------------- */

/* A pixel or a code; beyond the border it is the padding. */
static const char *pairs_tap(c_writer *w, const char *column)
{
    const bnn_stage *s = w->stage;
    const char *x =
        bnn_c_text(w, "x[%s]", bnn_c_index(w, s->op.in, s->op.in.c > 1 ? "c" : NULL, "h", column));
    return s->op.padding == 0 ? x
                              : bnn_c_text(w, "h < %u && %s < %u ? %s : %uu", s->op.in.h, column,
                                           s->op.in.w, x, (unsigned)bnn_c_padding(s));
}

/* Digits are counted from the least level: where that is 0, nobody asks what the inputs come to. */
static bool pairs_need_total(const c_writer *w)
{
    return w->digit_bits == 0 || bnn_c_codes_of(w->stage).min != 0;
}

/* One row of the kernel. With a stride of 1, what was on the right is on the left next. */
static void pairs_row_of_taps(c_writer *w)
{
    const bnn_stage *s = w->stage;
    const bool slides = s->op.stride == 1;
    const char *first = bnn_c_position(w, "column", s->op.stride, "kw", s->op.padding);
    if (slides) {
        const char *less = s->op.padding == 0 ? "" : bnn_c_text(w, " - %u", s->op.padding);
        bnn_c_code(w, "size_t v = column%s;\nuint32_t right = %s;\n", less, pairs_tap(w, "v"));
    }
    bnn_c_loop(w, "kw", s->op.kernel, ", n++) {");
    if (slides)
        bnn_c_code(w, "const uint32_t left = right;\nv++;\nright = %s;\n", pairs_tap(w, "v"));
    else
        bnn_c_code(w,
                   "const size_t v = %s, u = v + %u;\n"
                   "const uint32_t left = %s;\nconst uint32_t right = %s;\n",
                   first, s->op.stride, pairs_tap(w, "v"), pairs_tap(w, "u"));
    bnn_c_code(w, "@_work.window[n] = left | right << 16;\n%s",
               pairs_need_total(w) ? "total += @_work.window[n];\n" : "");
    bnn_c_end(w);
}

void bnn_c_pairs_window(c_writer *w)
{
    const bnn_stage *s = w->stage;
    const bool totals = pairs_need_total(w);
    w->work.window = bnn_size_larger(w->work.window, bnn_c_taps_of_digits(s));
    bnn_c_code(
        w,
        "/* The %s under the kernel, for the sum at (row, column) and in the upper halves for the\n"
        " * one right of it%s. %s*/\n"
        "static %s @_%s_window(const uint8_t *x, size_t row, size_t column)\n{\n"
        "%s    size_t n = 0;\n",
        s->inputs == BNN_VALUES_PIXELS ? "pixels" : "codes",
        totals ? "; and what they come to" : "",
        s->op.padding > 0 ? "Beyond the border is padding; above and left\n"
                            " * of it the index wraps and is too large as well. "
                          : "",
        totals ? "uint32_t" : "void", w->name, totals ? "    uint32_t total = 0;\n" : "");
    w->indent = 4;
    if (s->op.in.c > 1)
        bnn_c_loop(w, "c", s->op.in.c, ")");
    bnn_c_loop(w, "kh", s->op.kernel, ") {");
    bnn_c_code(w, "const size_t h = %s;\n",
               bnn_c_position(w, "row", s->op.stride, "kh", s->op.padding));
    pairs_row_of_taps(w);
    bnn_c_end(w);
    w->indent = 4;
    if (totals)
        bnn_c_code(w, "return total;\n");
    w->indent = 0;
    bnn_c_code(w, "}\n\n");
}

/* Both bits of channel c, and what becomes of them: a pool's, or those of two positions. */
static void pairs_channel_loop(c_writer *w, bool mixed)
{
    const bnn_stage *s = w->stage;
    bnn_c_loop(w, "c", s->op.out.c, ") {");
    bnn_c_code(
        w,
        "const int32_t least = @_%s_least[c];\n"
        "const uint8_t *place = @_%s_minus + @_%s_begin[c];\n"
        "const uint8_t *end = @_%s_minus + @_%s_begin[c + 1];\n"
        "const uint32_t minus = @_sum_of_places(place, end, @_work.window);\n"
        "const int left = (int32_t)(total & 0xffff) - 2 * (int32_t)(minus & 0xffff) >= least;\n"
        "const int right = (int32_t)(total >> 16) - 2 * (int32_t)(minus >> 16) >= least;\n",
        w->name, w->name, w->name, w->name, w->name);
    if (s->fold.pool == 0)
        bnn_c_code(w,
                   "if (left)\n    @_set_bit(y, %s);\n"
                   "if (right)\n    @_set_bit(y, %s + 1);\n",
                   bnn_c_value_index(w, s->out), bnn_c_value_index(w, s->out));
    else if (!mixed)
        bnn_c_code(w, "if (left || right)\n    @_set_bit(y, %s);\n", bnn_c_value_index(w, s->out));
    else
        bnn_c_code(w,
                   "const int bit = @_%s_all[c] ? left && right : left || right;\n"
                   "if (t == 0 || bit != @_%s_all[c])\n    @_put_bit(y, %s, bit);\n",
                   w->name, w->name, bnn_c_value_index(w, s->out));
    bnn_c_end(w);
}

/* Where the next pair of a row begins. In a row of odd length the last two pairs share a sum: to have it twice changes
 * neither what is kept of a pool nor what is put. */
static const char *pairs_next(c_writer *w, const char *at, uint32_t row)
{
    return row % 2 == 0 ? "2" : bnn_c_text(w, "%s == %u ? 1 : 2", at, row - 3);
}

void bnn_c_pairs_loops(c_writer *w, uint32_t pool, uint32_t stride)
{
    const bnn_stage *s = w->stage;
    const char *row = "h", *column = "v";
    const uint32_t n = bnn_c_sums_in_a_row(s, pool);
    bnn_c_loop(w, "h", s->out.h, ")");
    if (pool != 0) {
        bnn_c_loop(w, "v", s->out.w, ") {");
        bnn_c_code(w, "for (size_t t = 0; t < %u; t += %s) {\n", pool * pool,
                   pairs_next(w, bnn_c_text(w, "t %% %u", pool), n));
        row = bnn_c_position(w, "h", stride, bnn_c_text(w, "t / %u", pool), 0);
        column = bnn_c_position(w, "v", stride, bnn_c_text(w, "t %% %u", pool), 0);
    } else {
        bnn_c_code(w, "for (size_t v = 0; v < %u; v += %s) {\n", n - n % 2, pairs_next(w, "v", n));
    }
    w->indent += 4;
    bnn_c_code(w, "%s@_%s_window(x, %s, %s);\n",
               pairs_need_total(w) ? "const uint32_t total = " : "", w->name, row, column);
}

void bnn_c_pairs_stage(c_writer *w, bool mixed)
{
    const bnn_stage *s = w->stage;
    pairs_constants(w, mixed);
    bnn_c_pairs_window(w);
    bnn_c_code(w, "static void @_%s(const uint8_t *x, uint32_t *y)\n{\n    @_clear(y, %zu);\n",
               w->name, bnn_c_words(bnn_shape_values(s->out)));
    w->indent = 4;
    bnn_c_pairs_loops(w, s->fold.pool, s->fold.pool_stride);
    pairs_channel_loop(w, mixed);
    bnn_c_end(w);
    if (s->fold.pool != 0)
        bnn_c_end(w);
    w->indent = 0;
    bnn_c_code(w, "}\n\n");
}
