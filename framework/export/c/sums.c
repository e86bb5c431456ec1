#include "export/c/writer.h"

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
static void sums_tap(c_writer *w, const bnn_stage *s, int indent)
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
static void sums_row_of_taps(c_writer *w, const bnn_stage *s, int indent)
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
        sums_row_of_taps(w, s, indent);
    } else {
        fprintf(w->out, "%*sfor (size_t kh = 0; kh < %u; kh++)\n", indent, "", s->kernel);
        fprintf(w->out, "%*sfor (size_t kw = 0; kw < %u; kw++, n++) {\n", indent + 4, "",
                s->kernel);
        sums_tap(w, s, indent + 8);
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
