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

/* ---- windows ----------------------------------------------------------------------------- */

/* Channels are counted where there are several. */
static const char *sums_channel(const bnn_stage *s)
{
    return s->op.in.c > 1 ? "c" : NULL;
}

/* The body of the innermost loop where a tap may lie beyond the border, or is a pixel. */
static void sums_tap(c_writer *w)
{
    const bnn_stage *s = w->stage;
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    const char *tap = bnn_c_text(w, pixels ? "x[%s]" : "@_get_bit(x, %s)",
                                 bnn_c_index(w, s->op.in, sums_channel(s), "h", "v"));
    if (s->op.padding > 0)
        tap = bnn_c_text(w, "h < %u && v < %u ? %s : %d", s->op.in.h, s->op.in.w, tap,
                         pixels ? 128 : s->op.pad_value > 0);
    bnn_c_code(w, "const size_t h = %s, v = %s;\n",
               bnn_c_position(w, "row", s->op.stride, "kh", s->op.padding),
               bnn_c_position(w, "column", s->op.stride, "kw", s->op.padding));
    if (pixels)
        bnn_c_code(w, "@_work.pixels[n] = %s;\n", tap);
    else
        bnn_c_code(w, "if (%s)\n    @_set_bit(@_work.window, n);\n", tap);
}

/* Rows of bits that lie wholly inside the image are taken as they are. */
static void sums_row_of_taps(c_writer *w)
{
    const bnn_stage *s = w->stage;
    const char *channel = sums_channel(s), *row = bnn_c_position(w, "row", s->op.stride, "kh", 0);
    const char *column = s->op.stride > 1 ? bnn_c_text(w, "column * %u", s->op.stride) : "column";
    if (channel == NULL)
        row = bnn_c_text(w, "(%s)", row);
    bnn_c_loop(w, "kh", s->op.kernel, bnn_c_text(w, ", n += %u)", s->op.kernel));
    bnn_c_code(w, "@_put_bits(@_work.window, n, %u, @_get_bits(x, %s, %u));\n", s->op.kernel,
               bnn_c_index(w, s->op.in, channel, row, column), s->op.kernel);
}

void bnn_c_window(c_writer *w)
{
    const bnn_stage *s = w->stage;
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    const size_t words = bnn_c_words(s->taps);
    if (s->op.type != BNN_LOWER_CONV2D)
        return;
    bnn_c_code(w, "/* The %s under the kernel, for the sum at (row, column). ",
               pixels ? "pixels" : "bits");
    if (s->op.padding > 0)
        bnn_c_code(w,
                   "Beyond the border are %s;\n * above and left of it the index wraps and is "
                   "too large as well. ",
                   pixels                ? "zeros"
                   : s->op.pad_value > 0 ? "+1"
                                         : "-1");
    bnn_c_code(w,
               "*/\nstatic void @_%s_window(const %s *x, size_t row, size_t column)\n{\n"
               "    size_t n = 0;\n",
               w->name, bnn_c_type(s->inputs));
    w->indent = 4;
    if (pixels) {
        w->work.pixels = bnn_size_larger(w->work.pixels, s->taps);
    } else {
        bnn_c_code(w, "@_clear(@_work.window, %zu);\n", words);
        w->work.window = bnn_size_larger(w->work.window, words);
    }
    if (s->op.in.c > 1)
        bnn_c_loop(w, "c", s->op.in.c, ")");
    if (!pixels && s->op.padding == 0 && s->op.kernel < 32) {
        sums_row_of_taps(w);
    } else {
        bnn_c_loop(w, "kh", s->op.kernel, ")");
        bnn_c_loop(w, "kw", s->op.kernel, ", n++) {");
        sums_tap(w);
        bnn_c_end(w);
    }
    w->indent = 0;
    bnn_c_code(w, "}\n\n");
}

void bnn_c_window_call(c_writer *w, const char *row, const char *column)
{
    if (w->stage->op.type == BNN_LOWER_CONV2D)
        bnn_c_code(w, "@_%s_window(x, %s, %s);\n", w->name, row, column);
}

const char *bnn_c_sum(c_writer *w, bool agreement)
{
    const bnn_stage *s = w->stage;
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    const char *x = s->op.type == BNN_LOWER_DENSE ? "x"
                    : pixels                      ? "@_work.pixels"
                                                  : "@_work.window";
    const char *function = pixels ? "sum_of_pixels" : agreement ? "agree" : "sum_of_bits";
    const size_t n = agreement && !pixels ? bnn_c_words(s->taps) : s->taps;
    return bnn_c_text(w, "@_%s(@_%s_weights[c], %s, %zu)", function, w->name, x, n);
}
