/* layout.c - where the parts of a figure are. gnuplot does not know how wide texts of SVG will be, so room
 * is made for what they take in common fonts. */
#include "figure/figure_internal.h"

#include "base/text.h"

#include <math.h>

enum {
    LAYOUT_EDGE = 8,      /* around all */
    LAYOUT_RIGHT = 8,     /* right of a panel */
    LAYOUT_GAP = 10,      /* between panels of a row, besides */
    LAYOUT_NUMBERS = 42,  /* in front of an axis with numbers */
    LAYOUT_NAME_GAP = 10, /* between a name and its axis */
    LAYOUT_BARE = 4,      /* where nothing stands below an axis */
};
#define LAYOUT_NAMES_SHARE 0.4 /* of the width that names may have */

double bnn_figure_text_width(const char *text)
{
    return 0.6 * FIGURE_FONT * (double)bnn_text_width(text);
}

double figure_key_width(const bnn_key_entry *entry)
{
    return FIGURE_KEY_MARK + bnn_figure_text_width(entry->name) + FIGURE_KEY_GAP;
}

/* The lines that the key takes. */
static size_t layout_key_lines(const bnn_figure *figure)
{
    const double room = figure->width - 2 * LAYOUT_EDGE;
    double used = 0;
    size_t lines = figure->n_key > 0;
    for (size_t i = 0; i < figure->n_key; i++) {
        const double width = figure_key_width(&figure->key[i]);
        if (used > 0 && used + width - FIGURE_KEY_GAP > room) {
            lines++;
            used = 0;
        }
        used += width;
    }
    return lines;
}

/* What a panel has around its axes. */
typedef struct layout_margins {
    double right, top;
} layout_margins;

/* In front of the axes of a column. */
static double layout_left(const bnn_figure *figure, size_t column)
{
    double left = 0;
    for (size_t i = column; i < figure->n_panels; i += figure->n_columns) {
        const bnn_axis *y = &figure->panels[i].y;
        for (size_t k = 0; k < y->n_names && !y->bare; k++)
            left = fmax(left, bnn_figure_text_width(y->names[k]) + LAYOUT_NAME_GAP);
        if (y->n_names == 0 && !y->bare)
            left = fmax(left, LAYOUT_NUMBERS);
    }
    return fmin(left, LAYOUT_NAMES_SHARE * figure->width / (double)figure->n_columns);
}

/* Around the axes of all panels, so that they are aligned. */
static layout_margins layout_margins_of(const bnn_figure *figure)
{
    layout_margins m = {.right = LAYOUT_RIGHT};
    for (size_t i = 0; i < figure->n_panels; i++) {
        const bnn_panel *panel = &figure->panels[i];
        for (size_t k = 0; k < panel->n_notes; k++)
            if (panel->notes[k].place == BNN_PLACE_BESIDE)
                m.right =
                    fmax(m.right, panel->notes[k].dx + bnn_figure_text_width(panel->notes[k].text));
        m.top = fmax(m.top, panel->title != NULL ? FIGURE_LINE + 4 : 6);
    }
    return m;
}

static size_t layout_rows(const bnn_figure *figure)
{
    return (figure->n_panels + figure->n_columns - 1) / figure->n_columns;
}

/* Below the axes of a row. */
static double layout_bottom(const bnn_figure *figure, size_t row)
{
    double bottom = 0;
    for (size_t i = row * figure->n_columns;
         i < figure->n_panels && i < (row + 1) * figure->n_columns; i++) {
        const bnn_axis *x = &figure->panels[i].x;
        bottom = fmax(bottom, (x->bare ? LAYOUT_BARE : FIGURE_LINE) +
                                  (x->title != NULL ? FIGURE_LINE : LAYOUT_BARE));
    }
    return bottom;
}

/* From the top of the first row to the top of this one; of their number, to the end. */
static double layout_above(const bnn_figure *figure, double top, size_t row)
{
    double height = 0;
    for (size_t i = 0; i < row; i++)
        height += top + figure->panel_height + layout_bottom(figure, i);
    return height;
}

figure_layout figure_lay_out(const bnn_figure *figure)
{
    const layout_margins m = layout_margins_of(figure);
    figure_layout layout = {
        .width = figure->width, .left = LAYOUT_EDGE, .heading_top = LAYOUT_EDGE};
    layout.key_top = LAYOUT_EDGE + (figure->heading != NULL ? FIGURE_LINE : 0);
    layout.panels_top = layout.key_top + (double)layout_key_lines(figure) * FIGURE_LINE +
                        (figure->heading != NULL || figure->n_key > 0 ? 4 : 0);
    layout.height = ceil(layout.panels_top + LAYOUT_EDGE / 2.0 +
                         layout_above(figure, m.top, layout_rows(figure)));
    return layout;
}

figure_box figure_panel_box(const bnn_figure *figure, const figure_layout *layout, size_t panel)
{
    const layout_margins m = layout_margins_of(figure);
    const size_t row = panel / figure->n_columns, column = panel % figure->n_columns;
    const double n = (double)figure->n_columns;
    double room = figure->width - 2 * LAYOUT_EDGE - n * m.right - (n - 1) * LAYOUT_GAP, before = 0;
    for (size_t i = 0; i < figure->n_columns; i++)
        room -= layout_left(figure, i);
    for (size_t i = 0; i < column; i++)
        before += layout_left(figure, i) + room / n + m.right + LAYOUT_GAP;
    return (figure_box){
        .left = LAYOUT_EDGE + before + layout_left(figure, column),
        .top = layout->panels_top + layout_above(figure, m.top, row) + m.top,
        .width = room / n,
        .height = figure->panel_height,
    };
}

double figure_name_room(const bnn_figure *figure, size_t panel)
{
    return layout_left(figure, panel % figure->n_columns) - LAYOUT_NAME_GAP;
}

void bnn_figure_axes(const bnn_figure *figure, size_t panel, double *width, double *height)
{
    const figure_layout layout = figure_lay_out(figure);
    const figure_box box = figure_panel_box(figure, &layout, panel);
    *width = box.width;
    *height = box.height;
}

double bnn_figure_height(const bnn_figure *figure)
{
    return figure_lay_out(figure).height;
}
