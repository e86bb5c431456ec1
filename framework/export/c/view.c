#include "export/c/writer.h"

/* The pixel under (h, v), or under (i, j) of its square. The corner is in x already. */
static const char *c_view_pixel(c_writer *w, bnn_shape image, uint32_t side)
{
    const char *row = "h", *column = "v", *channel = image.c > 1 ? "c" : NULL;
    if (side > 1) {
        row = bnn_c_text(w, "(%s)", bnn_c_position(w, "h", side, "i", 0));
        column = bnn_c_position(w, "v", side, "j", 0);
    }
    return bnn_c_text(w, "x[%s]", bnn_c_index(w, image, channel, row, column));
}

/* Statements of a pixel that is seen. */
static void c_view_mean(c_writer *w, const char *pixel, uint32_t side)
{
    const uint32_t area = side * side;
    bnn_c_code(w, "uint32_t sum = %u;\n", area / 2);
    bnn_c_loop(w, "i", side, ")");
    bnn_c_loop(w, "j", side, ")");
    bnn_c_code(w, "sum += %s;\n", pixel);
    w->indent -= 8;
    bnn_c_code(w, "*y++ = (uint8_t)(sum / %u);\n", area);
}

void bnn_c_view(c_writer *w)
{
    const bnn_model *m = w->model;
    const bnn_shape image = m->input, cut = bnn_view_cut(m->view, image);
    const bnn_shape seen = bnn_view_shape(m->view, image);
    const uint32_t side = bnn_view_side(m->view);
    const size_t corner = (size_t)(image.h - cut.h) / 2 * image.w + (image.w - cut.w) / 2;
    if (bnn_view_is_all(m->view))
        return;
    bnn_c_section(w->out, "what it sees");
    fprintf(w->out, "/* The central %ux%u pixels", cut.h, cut.w);
    if (side > 1)
        fprintf(w->out, ", and of those the means of %ux%u", side, side);
    fprintf(w->out, ": %ux%ux%u. */\n", seen.c, seen.h, seen.w);
    bnn_c_code(w, "static void @_see(const uint8_t *x, uint8_t *y)\n{\n");
    w->indent = 4;
    if (corner > 0)
        bnn_c_code(w, "x += %zu;\n", corner);
    if (seen.c > 1)
        bnn_c_loop(w, "c", seen.c, ")");
    bnn_c_loop(w, "h", seen.h, ")");
    bnn_c_loop(w, "v", seen.w, side > 1 ? ") {" : ")");
    const char *pixel = c_view_pixel(w, image, side);
    if (side > 1) {
        c_view_mean(w, pixel, side);
        bnn_c_end(w);
    } else {
        bnn_c_code(w, "*y++ = %s;\n", pixel);
    }
    w->indent = 0;
    bnn_c_code(w, "}\n\n");
}
