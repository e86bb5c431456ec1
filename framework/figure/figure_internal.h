/* figure_internal.h - what the files of figure/ share. */
#ifndef BNN_FIGURE_FIGURE_INTERNAL_H
#define BNN_FIGURE_FIGURE_INTERNAL_H

#include "figure/figure.h"

#include <stdio.h>

/* ---- layout.c: where things are, in pixels from the top left corner ------------------------------ */

enum {
    FIGURE_FONT = 12,     /* the size of texts */
    FIGURE_LINE = 18,     /* the height of a line of them */
    FIGURE_KEY_MARK = 24, /* in front of a name of the key */
    FIGURE_KEY_GAP = 18,  /* behind it */
};

typedef struct figure_box {
    double left, top, width, height; /* of a panel's axes */
} figure_box;

typedef struct figure_layout {
    double width, height;
    double left; /* where heading and key begin */
    double heading_top, key_top, panels_top;
} figure_layout;

figure_layout figure_lay_out(const bnn_figure *figure);
figure_box figure_panel_box(const bnn_figure *figure, const figure_layout *layout, size_t panel);

/* What the names of a panel's y axis have in front of it. */
double figure_name_room(const bnn_figure *figure, size_t panel);

/* An entry of the key: its mark, its name, and the gap behind it. */
double figure_key_width(const bnn_key_entry *entry);

/* ---- ticks.c ------------------------------------------------------------------------------------- */

enum { FIGURE_TICKS_MAX = 24 };

typedef struct figure_ticks {
    double low, high; /* of the axis */
    size_t n;
    double at[FIGURE_TICKS_MAX];
    char text[FIGURE_TICKS_MAX][24];
} figure_ticks;

/* The range of an axis and its numbers, for about so many; data_low, data_high: what has to be seen of
 * it where the axis says no range of its own. */
void figure_choose_ticks(const bnn_axis *axis, double data_low, double data_high, double about,
                         figure_ticks *out);

/* ---- clean.c ------------------------------------------------------------------------------------- */

/* The text, cut to what fits, as XML and gnuplot take it: what is no UTF-8, and control characters, become
 * '?'. Returns out. */
const char *figure_clean_text(const char *text, char *out, size_t out_bytes);

/* ---- script.c ------------------------------------------------------------------------------------ */

/* Writes what gnuplot is to do for the figure. */
void figure_write_script(const bnn_figure *figure, bnn_figure_format format, FILE *out);

/* ---- gnuplot.c ----------------------------------------------------------------------------------- */

/* Has gnuplot do it; what it draws is in the arena, followed by a NUL. */
int figure_run_gnuplot(const char *script, size_t n, bnn_arena *arena, bnn_drawing *out,
                       bnn_error *err);

/* ---- svg.c --------------------------------------------------------------------------------------- */

/* The ink that gnuplot is told, which nothing else has. */
#define FIGURE_INK  "1d2126"
#define FIGURE_GREY "7a7f87"

/* The next drawing in what gnuplot wrote from *at on, which is moved behind it: as the format says. */
int figure_take_svg(const bnn_figure *figure, bnn_figure_format format, char **at, bnn_arena *arena,
                    bnn_drawing *out, bnn_error *err);

#endif
