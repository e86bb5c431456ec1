#include "figure/figure_internal.h"

#include "base/memstream.h"

#include <stdlib.h>
#include <string.h>

/* Has gnuplot draw some figures, one after the other. */
static int figure_draw(const bnn_figure *figures, size_t n, bnn_figure_format format,
                       bnn_arena *arena, bnn_drawing *out, bnn_error *err)
{
    char *script = NULL;
    size_t n_script = 0;
    FILE *stream = bnn_memstream_open(&script, &n_script);
    if (stream == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n; i++)
        figure_write_script(&figures[i], format, stream);
    int status = bnn_memstream_close(stream, &script) ? BNN_OK : bnn_no_memory(err);
    if (status == BNN_OK)
        status = figure_run_gnuplot(script, n_script, arena, out, err);
    free(script);
    return status;
}

/* PDF has the time of its making, in a text of fixed length; it becomes zeros. */
static void figure_forget_time(char *bytes, size_t n)
{
    static const char key[] = "/CreationDate (D:";
    const size_t n_key = sizeof key - 1;
    for (size_t i = 0; i + n_key < n; i++)
        if (memcmp(bytes + i, key, n_key) == 0)
            for (size_t k = i + n_key; k < n && bytes[k] != ')'; k++)
                if (bytes[k] >= '0' && bytes[k] <= '9')
                    bytes[k] = '0';
}

static int figure_draw_svg(const bnn_figure *figures, size_t n, bnn_figure_format format,
                           bnn_arena *arena, bnn_drawing *drawings, bnn_error *err)
{
    bnn_drawing all = {NULL, 0};
    int status = n == 0 ? BNN_OK : figure_draw(figures, n, format, arena, &all, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        status = figure_take_svg(&figures[i], format, &all.bytes, arena, &drawings[i], err);
    return status;
}

int bnn_figures_draw(const bnn_figure *figures, size_t n, bnn_figure_format format,
                     bnn_arena *arena, bnn_drawing *drawings, bnn_error *err)
{
    if (format == BNN_FIGURE_SVG || format == BNN_FIGURE_INLINE)
        return figure_draw_svg(figures, n, format, arena, drawings, err);
    for (size_t i = 0; i < n; i++) {
        const int status = figure_draw(&figures[i], 1, format, arena, &drawings[i], err);
        if (status != BNN_OK)
            return status;
        if (drawings[i].n == 0)
            return bnn_fail(err, BNN_E_RESOURCE,
                            "gnuplot has drawn nothing; 5.2 or newer with cairo is needed");
        if (format == BNN_FIGURE_PDF)
            figure_forget_time(drawings[i].bytes, drawings[i].n);
    }
    return BNN_OK;
}
