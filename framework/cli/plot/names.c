/* names.c - names of dots: of some places around a dot the first that is free. */
#include "cli/plot/names.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>

enum {
    NAMES_HEIGHT = 13, /* of a text */
    NAMES_AWAY = 9,    /* from the middle of a dot to a name beside it */
    NAMES_ASIDE = 20,  /* to one that is farther away */
    NAMES_STEPS = 16,
    NAMES_COLUMNS = 40, /* of a name that is shown whole */
};

void plot_names_begin(plot_names *names, const bnn_figure *figure, size_t panel)
{
    names->panel = &names->draft->panels[panel];
    names->draft->current = panel;
    names->n = 0;
    bnn_figure_axes(figure, panel, &names->width, &names->height);
}

/* Where a value is on an axis, from 0 to 1; and back. */
static double names_share(const bnn_axis *axis, double x)
{
    return axis->logarithmic ? log(x / axis->low) / log(axis->high / axis->low)
                             : (x - axis->low) / (axis->high - axis->low);
}

static double names_value(const bnn_axis *axis, double share)
{
    return axis->logarithmic ? axis->low * pow(axis->high / axis->low, share)
                             : axis->low + share * (axis->high - axis->low);
}

static void names_take(plot_names *names, const plot_taken *place)
{
    if (names->n < PLOT_NAMES_MAX)
        names->taken[names->n++] = *place;
}

static bool names_is_free(const plot_names *names, const plot_taken *place)
{
    bool is_free = place->left >= 0 && place->right <= names->width && place->bottom >= 0 &&
                   place->top <= names->height;
    for (size_t i = 0; is_free && i < names->n; i++) {
        const plot_taken *other = &names->taken[i];
        is_free = place->right < other->left || place->left > other->right ||
                  place->top < other->bottom || place->bottom > other->top;
    }
    return is_free;
}

void plot_names_avoid(plot_names *names, double x, double y, double radius)
{
    const double px = names->width * names_share(&names->panel->x, x);
    const double py = names->height * names_share(&names->panel->y, y);
    names_take(names, &(plot_taken){px - radius, px + radius, py - radius, py + radius});
}

void plot_names_avoid_line(plot_names *names, double x0, double y0, double x1, double y1)
{
    const double left = names->width * names_share(&names->panel->x, fmin(x0, x1));
    const double right = names->width * names_share(&names->panel->x, fmax(x0, x1));
    const double bottom = names->height * names_share(&names->panel->y, fmin(y0, y1));
    const double top = names->height * names_share(&names->panel->y, fmax(y0, y1));
    names_take(names, &(plot_taken){left, right, bottom, top});
}

/* The place of a text that begins, is centred, or ends (align) at this one. */
static plot_taken names_place(double x, double y, int align, double width)
{
    const double left = align < 0 ? x : align > 0 ? x - width : x - width / 2;
    return (plot_taken){left, left + width, y - NAMES_HEIGHT / 2.0, y + NAMES_HEIGHT / 2.0};
}

/* The place of number k around a dot: beside it, above and below, then on and on up and down. False: there
 * are no more. */
static bool names_candidate(size_t k, double *dx, double *dy, int *align)
{
    static const struct {
        double dx, dy;
        int align;
    } near[] = {
        {NAMES_AWAY, 0, -1}, {-NAMES_AWAY, 0, 1}, {0, NAMES_AWAY + 4, 0}, {0, -NAMES_AWAY - 4, 0}};
    enum { NEAR = sizeof near / sizeof *near };
    if (k < NEAR) {
        *dx = near[k].dx, *dy = near[k].dy, *align = near[k].align;
        return true;
    }
    const size_t step = (k - NEAR) / 4 + 1, way = (k - NEAR) % 4;
    *align = way < 2 ? -1 : 1;
    *dx = -*align * NAMES_ASIDE;
    *dy = (way % 2 == 0 ? -1 : 1) * (double)step * (NAMES_HEIGHT + 2);
    return step <= NAMES_STEPS;
}

static void names_write(plot_names *names, double px, double py, double dx, double dy, int align,
                        double x, double y, const char *text)
{
    plot_draft *draft = names->draft;
    bnn_panel *panel = names->panel;
    if (fabs(dx) >= NAMES_ASIDE)
        plot_add_line(draft, BNN_HUE_GREY, 0.8, 0.7, x, y,
                      names_value(&panel->x, (px + dx - (dx > 0 ? 2 : -2)) / names->width),
                      names_value(&panel->y, (py + dy) / names->height));
    plot_add_note(draft, &(bnn_note){.place = BNN_PLACE_DATA,
                                     .x = x,
                                     .y = y,
                                     .dx = dx,
                                     .dy = dy,
                                     .align = align,
                                     .hue = BNN_HUE_INK,
                                     .text = text});
}

void plot_names_add(plot_names *names, double x, double y, const char *text)
{
    const double px = names->width * names_share(&names->panel->x, x);
    const double py = names->height * names_share(&names->panel->y, y);
    double dx, dy;
    int align;
    if (bnn_text_width(text) > NAMES_COLUMNS)
        text = plot_text(names->draft, "%.*s\u2026", (int)bnn_text_bytes(text, NAMES_COLUMNS - 1),
                         text);
    const double width = bnn_figure_text_width(text);
    for (size_t k = 0; names_candidate(k, &dx, &dy, &align); k++) {
        const plot_taken place = names_place(px + dx, py + dy, align, width);
        if (!names_is_free(names, &place))
            continue;
        names_take(names, &place);
        names_write(names, px, py, dx, dy, align, x, y, text);
        return;
    }
}
