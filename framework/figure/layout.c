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
    LAYOUT_KEY_GAP = 18,  /* behind a name of the key */
};
#define LAYOUT_NAMES_SHARE 0.4 /* of the width that names may have */

double figure_text_width(const char *text)
{
    return 0.56 * FIGURE_FONT * (double)bnn_text_width(text);
}

double figure_key_width(const bnn_key_entry *entry)
{
    return FIGURE_KEY_MARK + figure_text_width(entry->name) + LAYOUT_KEY_GAP;
}

/* The lines that the key takes. */
static size_t layout_key_lines(const bnn_figure *figure)
{
    const double room = figure->width - 2 * LAYOUT_EDGE;
    double used = 0;
    size_t lines = figure->n_key > 0;
    for (size_t i = 0; i < figure->n_key; i++) {
        const double width = figure_key_width(&figure->key[i]);
        if (used > 0 && used + width - LAYOUT_KEY_GAP > room) {
            lines++;
            used = 0;
        }
        used += width;
    }
    return lines;
}

/* What a panel has around its axes. */
typedef struct layout_margins {
    double right, top, bottom;
} layout_margins;

/* In front of the axes of a column. */
static double layout_left(const bnn_figure *figure, size_t column)
{
    double left = 0;
    for (size_t i = column; i < figure->n_panels; i += figure->n_columns) {
        const bnn_axis *y = &figure->panels[i].y;
        for (size_t k = 0; k < y->n_names && !y->bare; k++)
            left = fmax(left, figure_text_width(y->names[k]) + LAYOUT_NAME_GAP);
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
                    fmax(m.right, panel->notes[k].dx + figure_text_width(panel->notes[k].text));
        m.top = fmax(m.top, panel->title != NULL ? FIGURE_LINE + 4 : 6);
        m.bottom = fmax(m.bottom, (panel->x.bare ? 6 : FIGURE_LINE) +
                                      (panel->x.title != NULL ? FIGURE_LINE : 4));
    }
    return m;
}

static size_t layout_rows(const bnn_figure *figure)
{
    return (figure->n_panels + figure->n_columns - 1) / figure->n_columns;
}

figure_layout figure_lay_out(const bnn_figure *figure)
{
    const layout_margins m = layout_margins_of(figure);
    figure_layout layout = {
        .width = figure->width, .left = LAYOUT_EDGE, .heading_top = LAYOUT_EDGE};
    layout.key_top = LAYOUT_EDGE + (figure->heading != NULL ? FIGURE_LINE : 0);
    layout.panels_top = layout.key_top + (double)layout_key_lines(figure) * FIGURE_LINE +
                        (figure->heading != NULL || figure->n_key > 0 ? 4 : 0);
    layout.height = ceil(layout.panels_top + LAYOUT_EDGE / 2 +
                         (double)layout_rows(figure) * (m.top + figure->panel_height + m.bottom));
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
        .top = layout->panels_top + (double)row * (m.top + figure->panel_height + m.bottom) + m.top,
        .width = room / n,
        .height = figure->panel_height,
    };
}

size_t figure_name_columns(const bnn_figure *figure, size_t panel)
{
    const double left = layout_left(figure, panel % figure->n_columns) - LAYOUT_NAME_GAP;
    return (size_t)fmax(floor(left / figure_text_width("x") + 1e-9), 1);
}

double bnn_figure_height(const bnn_figure *figure)
{
    return figure_lay_out(figure).height;
}
