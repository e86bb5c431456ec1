#include "export/c/writer.h"

#include "base/size.h"

const char *bnn_c_position(c_writer *w, const char *a, uint32_t factor, const char *b,
                           uint32_t minus)
{
    const char *scaled = factor == 1 ? a : bnn_c_text(w, "%s * %u", a, factor);
    return bnn_c_text(w, minus == 0 ? "%s + %s" : "%s + %s - %u", scaled, b, minus);
}

const char *bnn_c_index(c_writer *w, bnn_shape shape, const char *channel, const char *row,
                        const char *column)
{
    if (channel != NULL)
        row = bnn_c_text(w, "(%s * %u + %s)", channel, shape.h, row);
    return bnn_c_text(w, "%s * %u + %s", row, shape.w, column);
}

bool bnn_c_is_flat(const bnn_stage *s)
{
    return s->op.type != BNN_LOWER_CONV2D && s->op.out.h == 1 && s->op.out.w == 1;
}

const char *bnn_c_value_index(c_writer *w, bnn_shape shape)
{
    return bnn_c_is_flat(w->stage) ? "c" : bnn_c_index(w, shape, "c", "h", "v");
}

bool bnn_c_sums_are_integers(const bnn_stage *s)
{
    return s->integer_sums || bnn_stage_sums_are_whole(s);
}

int32_t bnn_c_zero(bnn_values values, bnn_range codes)
{
    return values == BNN_VALUES_PIXELS ? 128 : values == BNN_VALUES_BITS ? 1 : -codes.min;
}

/* ---- what sums are made of --------------------------------------------------------------- */

/* Whether products are those of bits, which are counted; else the inputs under a kernel are bytes. */
static bool sums_are_counts(const bnn_stage *s)
{
    return s->integer_sums && s->inputs == BNN_VALUES_BITS;
}

static bool sums_are_dense_of_bits(const bnn_stage *s)
{
    return s->op.type == BNN_LOWER_DENSE && s->inputs == BNN_VALUES_BITS;
}

/* Weights of -1 and +1 are digits where a line follows: nothing else asks for their sums. */
static uint32_t sums_digit_bits(const bnn_stage *s)
{
    enum { TAPS_MAX = 1 << 15 }; /* of 255 times 255, in 31 bits: levels may be few and far apart */
    if (bnn_op_groups(&s->op) > 1) /* whose inputs come to totals of their own */
        return 0;
    if (sums_are_counts(s) || s->taps > TAPS_MAX || (s->op.binary_weights && s->lines == NULL) ||
        sums_are_dense_of_bits(s))
        return 0;
    const uint32_t levels = bnn_codes_levels(bnn_c_codes_of(s));
    return levels == 2 ? 1 : levels <= 4 ? 2 : levels <= 16 ? 4 : 0;
}

/* Products are of bytes as they are, of which one stands for 0. */
static int64_t sums_base(const bnn_stage *s, uint32_t c)
{
    int64_t sum = 0;
    for (size_t i = 0; i < s->taps; i++)
        sum += (int64_t)bnn_stage_weight(s, c, i);
    return -sum * bnn_c_zero(s->inputs, s->in_codes);
}

void bnn_c_find_sums(c_writer *w)
{
    const bnn_stage *s = w->stage;
    bool any = false;
    w->integer_sums = bnn_c_sums_are_integers(s);
    w->digit_bits = w->integer_sums ? sums_digit_bits(s) : 0;
    w->bases = NULL;
    if (!w->integer_sums ||
        (w->digit_bits == 0 && (s->op.binary_weights || sums_are_dense_of_bits(s))))
        return;
    int64_t *bases = bnn_arena_alloc(w->arena, s->op.out.c, sizeof *bases);
    w->no_memory |= bases == NULL;
    for (uint32_t c = 0; bases != NULL && c < s->op.out.c; c++) {
        bases[c] = sums_base(s, c);
        any |= bases[c] != 0;
    }
    w->bases = any ? bases : NULL;
}

static bool sums_need_total(const c_writer *w)
{
    return w->digit_bits > 0 && bnn_c_codes_of(w->stage).min != 0;
}

void bnn_c_weights(c_writer *w)
{
    const bnn_stage *s = w->stage;
    if (w->digit_bits > 0)
        bnn_c_digits(w, "weights", w->digit_bits);
    else if (s->op.binary_weights)
        bnn_c_bits(w, "weights", s->op.out.c, s->taps, s->bits, true);
    else if (s->op.codes.step != 0)
        bnn_c_codes(w, "weights", s->op.out.c, s->taps, s->op.weight);
    else if (s->op.weight != NULL)
        bnn_c_floats(w, "weights", s->op.out.c, s->taps, s->op.weight);
}

/* ---- windows ----------------------------------------------------------------------------- */

/* Channels are counted where there are several: c, of group g. */
static const char *sums_channel(c_writer *w)
{
    const bnn_op *op = &w->stage->op;
    const uint32_t n_in = bnn_op_group_in(op);
    if (bnn_op_groups(op) == 1)
        return n_in > 1 ? "c" : NULL;
    return n_in > 1 ? bnn_c_text(w, "(g * %u + c)", n_in) : "g";
}

int32_t bnn_c_padding(const bnn_stage *s)
{
    const int32_t unit = s->inputs == BNN_VALUES_PIXELS ? 128 : 1;
    return sums_are_counts(s)
               ? s->op.pad_value > 0
               : (int32_t)s->op.pad_value * unit + bnn_c_zero(s->inputs, s->in_codes);
}

/* The body of the innermost loop where a tap may lie beyond the border, or is a byte. */
static void sums_tap(c_writer *w)
{
    const bnn_stage *s = w->stage;
    const char *tap = bnn_c_text(w,
                                 s->inputs != BNN_VALUES_BITS ? "x[%s]"
                                 : sums_are_counts(s)         ? "@_get_bit(x, %s)"
                                                              : "2 * @_get_bit(x, %s)",
                                 bnn_c_index(w, s->op.in, sums_channel(w), "h", "v"));
    if (s->op.padding > 0)
        tap = bnn_c_text(w, "h < %u && v < %u ? %s : %d", s->op.in.h, s->op.in.w, tap,
                         bnn_c_padding(s));
    bnn_c_code(w, "const size_t h = %s, v = %s;\n",
               bnn_c_position(w, "row", s->op.stride, "kh", s->op.padding),
               bnn_c_position(w, "column", s->op.stride, "kw", s->op.padding));
    if (sums_are_counts(s))
        bnn_c_code(w, "if (%s)\n    @_set_bit(@_work.window, n);\n", tap);
    else
        bnn_c_code(w,
                   s->inputs == BNN_VALUES_BITS ? "@_work.bytes[n] = (uint8_t)(%s);\n"
                                                : "@_work.bytes[n] = %s;\n",
                   tap);
    if (sums_need_total(w))
        bnn_c_code(w, "total += @_work.bytes[n];\n");
}

/* Rows of bits that lie wholly inside the image are taken as they are. */
static void sums_row_of_taps(c_writer *w)
{
    const bnn_stage *s = w->stage;
    const char *channel = sums_channel(w), *row = bnn_c_position(w, "row", s->op.stride, "kh", 0);
    const char *column = s->op.stride > 1 ? bnn_c_text(w, "column * %u", s->op.stride) : "column";
    if (channel == NULL)
        row = bnn_c_text(w, "(%s)", row);
    bnn_c_loop(w, "kh", s->op.kernel, bnn_c_text(w, ", n += %u)", s->op.kernel));
    bnn_c_code(w, "@_put_bits(@_work.window, n, %u, @_get_bits(x, %s, %u));\n", s->op.kernel,
               bnn_c_index(w, s->op.in, channel, row, column), s->op.kernel);
}

void bnn_c_window(c_writer *w)
{
    static const char *const values[] = {"pixels", "bits (0 and 2)", "floats", "codes"};
    const bnn_stage *s = w->stage;
    const bool counts = sums_are_counts(s), totals = sums_need_total(w);
    const uint32_t groups = bnn_op_groups(&s->op);
    const size_t words = bnn_c_words(s->taps);
    if (s->op.type != BNN_LOWER_CONV2D)
        return;
    bnn_c_code(w, "/* The %s under the kernel, for the sum at (row, column). ",
               counts ? "bits" : values[s->inputs]);
    if (totals)
        bnn_c_code(w, "Returns what they come to. ");
    if (s->op.padding > 0)
        bnn_c_code(w,
                   "Beyond the border are %s;\n * above and left of it the index wraps and is "
                   "too large as well. ",
                   s->op.pad_value == 0  ? "zeros"
                   : s->op.pad_value > 0 ? "+1"
                                         : "-1");
    bnn_c_code(w,
               "*/\nstatic %s @_%s_window(const %s *x, size_t row, size_t column)\n{\n"
               "%s    size_t n = 0;\n",
               totals ? "int32_t" : "void", w->name, bnn_c_type(s->inputs),
               totals ? "    int32_t total = 0;\n" : "");
    w->indent = 4;
    if (!counts) {
        w->work.bytes = bnn_size_larger(w->work.bytes, (size_t)groups * bnn_c_taps_of_digits(s));
    } else {
        bnn_c_code(w, "@_clear(@_work.window, %zu);\n", groups * words);
        w->work.window = bnn_size_larger(w->work.window, groups * words);
    }
    if (groups > 1)
        bnn_c_loop(w, "g", groups, counts ? ") {" : ")");
    if (groups > 1 && counts) /* each begins with a word */
        bnn_c_code(w, "n = g * %zu;\n", 32 * words);
    if (bnn_op_group_in(&s->op) > 1)
        bnn_c_loop(w, "c", bnn_op_group_in(&s->op), ")");
    if (counts && s->op.padding == 0 && s->op.kernel < 32) {
        sums_row_of_taps(w);
    } else {
        bnn_c_loop(w, "kh", s->op.kernel, ")");
        bnn_c_loop(w, "kw", s->op.kernel, ", n++) {");
        sums_tap(w);
        bnn_c_end(w);
    }
    if (groups > 1 && counts) {
        w->indent = 8;
        bnn_c_end(w);
    }
    w->indent = 4;
    if (totals)
        bnn_c_code(w, "return total;\n");
    w->indent = 0;
    bnn_c_code(w, "}\n\n");
}

void bnn_c_window_call(c_writer *w, const char *row, const char *column)
{
    const bnn_stage *s = w->stage;
    if (s->op.type == BNN_LOWER_CONV2D)
        bnn_c_code(w, "%s@_%s_window(x, %s, %s);\n",
                   sums_need_total(w) ? "const int32_t total = " : "", w->name, row, column);
}

void bnn_c_dense_total(c_writer *w)
{
    const bnn_stage *s = w->stage;
    if (s->op.type == BNN_LOWER_DENSE && sums_need_total(w))
        bnn_c_code(w, "const int32_t total = @_total_of(x, %u);\n", s->taps);
}

/* ---- sums -------------------------------------------------------------------------------- */

uint32_t bnn_c_taps_of_digits(const bnn_stage *s)
{
    return s->op.type == BNN_LOWER_CONV2D && s->taps % 8 > 3 ? (s->taps + 7) / 8 * 8 : s->taps;
}

const char *bnn_c_sum_of_digits(c_writer *w, const char *products, const char *total)
{
    const bnn_codes codes = bnn_c_codes_of(w->stage);
    const int32_t times = codes.min < 0 ? -codes.min : codes.min;
    if (codes.step != 1)
        products = bnn_c_text(w, "%d * %s", codes.step, products);
    if (codes.min == 0)
        return products;
    if (times != 1)
        total = bnn_c_text(w, "%d * %s", times, total);
    return bnn_c_text(w, "(%s %c %s)", products, codes.min < 0 ? '-' : '+', total);
}

/* What is under the kernel for channel c, each group's behind the other's. */
static const char *sums_window(c_writer *w, bool counts)
{
    const bnn_op *op = &w->stage->op;
    const size_t step = counts ? bnn_c_words(w->stage->taps) : w->stage->taps;
    const char *window = counts ? "@_work.window" : "@_work.bytes";
    const uint32_t n_out = bnn_op_group_out(op);
    if (bnn_op_groups(op) == 1)
        return window;
    return n_out == 1 ? bnn_c_text(w, "%s + c * %zu", window, step)
                      : bnn_c_text(w, "%s + c / %u * %zu", window, n_out, step);
}

const char *bnn_c_sum(c_writer *w, bool agreement)
{
    const bnn_stage *s = w->stage;
    const bool counts = sums_are_counts(s), dense = s->op.type == BNN_LOWER_DENSE;
    const char *x = dense ? "x" : sums_window(w, counts);
    const char *weights = bnn_c_text(w, "@_%s_weights[c]", w->name);
    if (counts && agreement)
        return bnn_c_text(w, "@_agree(%s, %s, %zu)", weights, x, bnn_c_words(s->taps));
    if (w->digit_bits > 0)
        return bnn_c_sum_of_digits(w,
                                   bnn_c_text(w, "@_sum_of_%u_bits(%s, %s, %u)", w->digit_bits,
                                              weights, x, bnn_c_taps_of_digits(s)),
                                   "total");
    if (s->op.binary_weights && !counts)
        return bnn_c_text(w, "@_sum_of_bytes(%s, %s, %u, %d)", weights, x, s->taps,
                          bnn_c_zero(s->inputs, s->in_codes));
    return bnn_c_text(w, "@_sum_of_%s(%s, %s, %u)",
                      counts                                  ? "bits"
                      : dense && s->inputs == BNN_VALUES_BITS ? "weights"
                                                              : "products",
                      weights, x, s->taps);
}
