/* figure.h - figures as plain data, which gnuplot draws as SVG, PDF or PNG.
 *
 * gnuplot is a program of its own, found on PATH; nothing of it is linked. What it gets of texts is their bytes as
 * octal numbers, so no label can be a command to it; they are shown as they are, without control characters.
 * The same figure gives the same bytes with the same gnuplot.
 *
 * Sizes are in pixels, of which 96 are an inch on paper. NaN is what there is not. All that a figure points to is borrowed.
 * Thread-safe: each call has a gnuplot of its own. */
#ifndef BNN_FIGURE_FIGURE_H
#define BNN_FIGURE_FIGURE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* Colours, told apart by those who are colour-blind, on light and dark ground: hues 0 to BNN_HUES - 1; ink, the
 * colour of text (in inline SVG that of the page); grey, for what is less important. */
enum { BNN_HUES = 6, BNN_HUE_INK = -1, BNN_HUE_GREY = -2 };

typedef enum bnn_mark {
    BNN_MARK_LINE = 0, /* through the points in their order; NaN parts it */
    BNN_MARK_DOTS,
    BNN_MARK_BAND,     /* from y to other */
    BNN_MARK_ARROW,    /* from (x, y) to (other, y): what goes on beyond the axis */
    BNN_MARK_DIAMONDS, /* hollow: what is of another kind than the dots */
} bnn_mark;

typedef struct bnn_series {
    bnn_mark mark;
    int hue;
    double opacity; /* from 0 to 1 */
    double size;    /* of a line its width, of a dot or diamond its diameter */
    size_t n;
    const double *x, *y, *other; /* [n]; other: of bands and arrows */
} bnn_series;

/* Where a text stands. */
typedef enum bnn_place {
    BNN_PLACE_DATA = 0, /* at x, y */
    BNN_PLACE_LEFT,     /* at the left end of the axis, at y; inside of it */
    BNN_PLACE_RIGHT,    /* likewise the right end */
    BNN_PLACE_BESIDE,   /* right of the axis, outside, at y */
} bnn_place;

typedef struct bnn_note {
    bnn_place place;
    double x, y;
    double dx, dy; /* moved right and up by this, in pixels */
    int align;     /* of BNN_PLACE_DATA: -1 begins there, 0 is centred, 1 ends there */
    int hue;
    bool bold;
    const char *text;
} bnn_note;

typedef struct bnn_axis {
    const char *title; /* of x: below it; of y: see bnn_figure.heading. NULL: none */
    double low, high;  /* not both finite, or equal: what the data need, with some room */
    bool logarithmic;
    bool whole;               /* only whole numbers, as epochs */
    bool bare;                /* without numbers: those of a neighbour hold */
    size_t n_names;           /* names instead of numbers, at 0, 1, ... */
    const char *const *names; /* long ones are shortened */
} bnn_axis;

typedef struct bnn_panel {
    const char *title; /* above, or NULL */
    bnn_axis x, y;
    size_t n_series, n_notes;
    const bnn_series *series; /* the later ones over the earlier */
    const bnn_note *notes;
} bnn_panel;

typedef struct bnn_key_entry {
    const char *name;
    bnn_mark mark;
    int hue;
} bnn_key_entry;

typedef struct bnn_figure {
    const char *title;          /* for who cannot see it, and at the pointer: one line */
    const char *description;    /* likewise: what it shows, in sentences */
    const char *heading;        /* a line above all panels: what goes upwards; or NULL */
    double width, panel_height; /* panel_height: of the axes of each row */
    size_t n_columns, n_panels; /* row by row */
    const bnn_panel *panels;
    size_t n_key;
    const bnn_key_entry *key; /* below the heading */
} bnn_figure;

typedef enum bnn_figure_format {
    BNN_FIGURE_SVG = 0, /* a file */
    BNN_FIGURE_INLINE, /* SVG to stand inside HTML, without an XML declaration: its ink is the currentColor */
    BNN_FIGURE_PDF,
    BNN_FIGURE_PNG, /* twice as many pixels; on white */
} bnn_figure_format;

typedef struct bnn_drawing {
    char *bytes; /* in the arena, followed by a NUL */
    size_t n;
} bnn_drawing;

/* Draws the figures, drawings[n]; SVG with one gnuplot for all. BNN_E_RESOURCE when there is no gnuplot, or
 * one that is too old, or it fails; BNN_E_INTERNAL without memory. */
int bnn_figures_draw(const bnn_figure *figures, size_t n, bnn_figure_format format,
                     bnn_arena *arena, bnn_drawing *drawings, bnn_error *err);

/* The height that a figure has, from its width and panels; and what the axes of a panel have of it. */
double bnn_figure_height(const bnn_figure *figure);
void bnn_figure_axes(const bnn_figure *figure, size_t panel, double *width, double *height);

/* How wide a text will be, about. */
double bnn_figure_text_width(const char *text);

#endif
