/* names.h - names of dots, where they hide no dot and no other name. Private to cli/. */
#ifndef BNN_CLI_PLOT_NAMES_H
#define BNN_CLI_PLOT_NAMES_H

#include "cli/plot/plot_internal.h"

enum { PLOT_NAMES_MAX = 256 }; /* dots and names that are kept apart; more may overlap */

/* What is taken of a panel, in pixels from the lower left corner of its axes. */
typedef struct plot_taken {
    double left, right, bottom, top;
} plot_taken;

typedef struct plot_names {
    plot_draft *draft;
    bnn_panel *panel; /* whose axes have ranges */
    double width, height;
    size_t n;
    plot_taken taken[PLOT_NAMES_MAX];
} plot_names;

/* figure: with the panel; its size is all that is asked of it. */
void plot_names_begin(plot_names *names, const bnn_figure *figure, size_t panel);

/* There is a dot of this radius. */
void plot_names_avoid(plot_names *names, double x, double y, double radius);

/* There is a line, level or upright. */
void plot_names_avoid_line(plot_names *names, double x0, double y0, double x1, double y1);

/* Adds a note with the name beside the dot, or, where there is no room, farther away with a line to it. */
void plot_names_add(plot_names *names, double x, double y, const char *text);

#endif
