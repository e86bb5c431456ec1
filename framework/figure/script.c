/* script.c - a figure as commands to gnuplot. */
#include "figure/figure_internal.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

/* Where the commands go, and what they need to know of all. */
typedef struct script_pen {
    const bnn_figure *figure;
    figure_layout layout;
    double font; /* the size of texts, as the terminal counts */
    FILE *out;
} script_pen;

/* The types of points, as gnuplot counts them; svg.c knows them by one less. */
enum { SCRIPT_DISC = 7, SCRIPT_DIAMOND = 12 };

/* Okabe and Ito's colours (2008), without yellow, and black, which is the ink. */
static const char *const script_hues[BNN_HUES] = {"0072b2", "d55e00", "009e73",
                                                  "cc79a7", "e69f00", "56b4e9"};

/* rgb "#AARRGGBB", where AA is how much is seen through. */
static void script_colour(const script_pen *pen, int hue, double opacity)
{
    const double clear = 255 * (1 - fmin(fmax(opacity, 0), 1));
    fprintf(pen->out, "rgb \"#%02x%s\"", (unsigned)lround(clear),
            hue == BNN_HUE_INK ? FIGURE_INK
            : hue < 0          ? FIGURE_GREY
                               : script_hues[hue % BNN_HUES]);
}

/* The bytes of a text as octal numbers, each with three digits, in quotes. is_tick: gnuplot takes a '%' in it for
 * the beginning of a format, as printf does. */
static void script_octal(const script_pen *pen, const char *text, bool is_tick)
{
    char clean[512];
    fputc('"', pen->out);
    for (const char *c = figure_clean_text(text, clean, sizeof clean); *c != '\0'; c++) {
        fprintf(pen->out, "\\%03o", (unsigned char)*c);
        if (is_tick && *c == '%')
            fprintf(pen->out, "\\%03o", '%');
    }
    fputc('"', pen->out);
}

/* The same of as much as fits, and three dots. */
static void script_fitted(const script_pen *pen, const char *text, double width, bool is_tick)
{
    char cut[512];
    const double letter = bnn_figure_text_width("x");
    if (bnn_figure_text_width(text) > width + 1e-9) {
        const size_t n = bnn_text_bytes(text, (size_t)fmax(floor(width / letter) - 1, 1));
        snprintf(cut, sizeof cut, "%.*s\u2026", n < sizeof cut - 4 ? (int)n : 500, text);
        text = cut;
    }
    script_octal(pen, text, is_tick);
}

/* ---- what a panel shows ---------------------------------------------------------------------- */

typedef struct script_panel {
    const bnn_panel *panel;
    figure_box box;
    figure_ticks x, y;
} script_panel;

static void script_widen(double value, double range[2])
{
    if (isfinite(value)) {
        range[0] = fmin(range[0], value);
        range[1] = fmax(range[1], value);
    }
}

/* What the data reach; infinite where there are none. */
static void script_ranges(const bnn_panel *panel, double x[2], double y[2])
{
    x[0] = y[0] = INFINITY;
    x[1] = y[1] = -INFINITY;
    for (size_t i = 0; i < panel->n_series; i++) {
        const bnn_series *series = &panel->series[i];
        for (size_t k = 0; k < series->n; k++) {
            script_widen(series->x[k], x);
            script_widen(series->y[k], y);
            if (series->mark == BNN_MARK_BAND)
                script_widen(series->other[k], y);
            if (series->mark == BNN_MARK_ARROW)
                script_widen(series->other[k], x);
        }
    }
}

static script_panel script_prepare(const script_pen *pen, size_t i)
{
    const bnn_panel *panel = &pen->figure->panels[i];
    script_panel p = {.panel = panel, .box = figure_panel_box(pen->figure, &pen->layout, i)};
    double x[2], y[2];
    script_ranges(panel, x, y);
    figure_choose_ticks(&panel->x, x[0], x[1], p.box.width / (panel->x.whole ? 40 : 70), &p.x);
    figure_choose_ticks(&panel->y, y[0], y[1], fmin(p.box.height / 30, 6), &p.y);
    if (panel->y.n_names > 0) {
        p.y.low = (double)panel->y.n_names - 0.5;
        p.y.high = -0.5;
    }
    return p;
}

/* ---- axes -------------------------------------------------------------------------------------- */

/* Numbers, and fine lines through the panel. Of the tick itself nothing is seen. */
static void script_write_ticks(const script_pen *pen, char axis, const figure_ticks *ticks,
                               const bnn_axis *of)
{
    FILE *out = pen->out;
    fprintf(out, "set %crange [%.17g:%.17g] noextend\n", axis, ticks->low, ticks->high);
    if (of->logarithmic)
        fprintf(out, "set logscale %c\n", axis);
    fprintf(out, "set %ctics scale 0 nomirror norotate noenhanced offset 0,%s font \",%g\" tc ",
            axis, axis == 'x' ? "0.3" : "0", pen->font * (FIGURE_FONT - 1) / FIGURE_FONT);
    script_colour(pen, BNN_HUE_INK, 1);
    fprintf(out, " (");
    for (size_t i = 0; i < ticks->n; i++) {
        fprintf(out, "%s", i == 0 ? "" : ", ");
        script_octal(pen, of->bare ? "" : ticks->text[i], true);
        fprintf(out, " %.17g", ticks->at[i]);
    }
    fprintf(out, ")\nset grid %ctics lt 1 dt solid lw 0.6 lc ", axis);
    script_colour(pen, BNN_HUE_INK, 0.13);
    fprintf(out, "\n");
}

/* Names, the first at the top. */
static void script_write_names(const script_pen *pen, size_t panel)
{
    const bnn_axis *axis = &pen->figure->panels[panel].y;
    const double room = figure_name_room(pen->figure, panel);
    fprintf(
        pen->out,
        "set yrange [%.17g:-0.5] noextend\nset ytics scale 0 nomirror noenhanced font \",%g\" tc ",
        (double)axis->n_names - 0.5, pen->font);
    script_colour(pen, BNN_HUE_INK, 1);
    fprintf(pen->out, " (");
    for (size_t i = 0; i < axis->n_names; i++) {
        fprintf(pen->out, "%s", i == 0 ? "" : ", ");
        script_fitted(pen, axis->bare ? "" : axis->names[i], room, true);
        fprintf(pen->out, " %zu", i);
    }
    fprintf(pen->out, ")\n");
}

/* ---- texts ------------------------------------------------------------------------------------- */

/* A text at a place in pixels from the top left corner, which has this room. */
static void script_write_text(const script_pen *pen, double x, double y, double room,
                              const char *align, bool bold, const char *text)
{
    fprintf(pen->out, "set label ");
    script_fitted(pen, text, room, false);
    fprintf(pen->out, " at screen %.6f, screen %.6f %s noenhanced font \"%s,%g\" front tc ",
            x / pen->layout.width, 1 - y / pen->layout.height, align, bold ? "Arial Bold" : "",
            pen->font);
    script_colour(pen, BNN_HUE_INK, 1);
    fprintf(pen->out, "\n");
}

static void script_write_note(const script_pen *pen, const bnn_note *note)
{
    static const char *const aligned[] = {"left", "center", "right"};
    const bool is_free = note->place == BNN_PLACE_DATA;
    const int align = is_free ? note->align : note->place == BNN_PLACE_RIGHT ? 1 : -1;
    fprintf(pen->out, "set label ");
    script_octal(pen, note->text, false);
    if (is_free)
        fprintf(pen->out, " at first %.17g, first %.17g", note->x, note->y);
    else
        fprintf(pen->out, " at graph %d, first %.17g", note->place != BNN_PLACE_LEFT, note->y);
    fprintf(pen->out, " %s offset screen %.6f, screen %.6f noenhanced font \"%s,%g\" front tc ",
            aligned[(align > 0) - (align < 0) + 1], note->dx / pen->layout.width,
            note->dy / pen->layout.height, note->bold ? "Arial Bold" : "", pen->font);
    script_colour(pen, note->hue, 1);
    fprintf(pen->out, "\n");
}

static void script_write_key_mark(const script_pen *pen, const bnn_key_entry *entry, double x,
                                  double y)
{
    const double left = x / pen->layout.width, height = 1 - y / pen->layout.height;
    const double wide = FIGURE_KEY_MARK - 6;
    if (entry->mark == BNN_MARK_DOTS || entry->mark == BNN_MARK_DIAMONDS)
        fprintf(pen->out, "set label \"\" at screen %.6f, screen %.6f point pt %d ps 0.7 lc ",
                left + wide / 2 / pen->layout.width, height,
                entry->mark == BNN_MARK_DOTS ? SCRIPT_DISC : SCRIPT_DIAMOND);
    else
        fprintf(pen->out,
                "set arrow from screen %.6f, screen %.6f to screen %.6f, screen %.6f nohead lw 2.5 "
                "dt solid lc ",
                left, height, left + wide / pen->layout.width, height);
    script_colour(pen, entry->hue, 1);
    fprintf(pen->out, "\n");
}

static void script_write_heading(const script_pen *pen)
{
    const bnn_figure *figure = pen->figure;
    const figure_layout *layout = &pen->layout;
    const double room = layout->width - 2 * layout->left;
    double x = layout->left, y = layout->key_top + FIGURE_LINE / 2.0;
    if (figure->heading != NULL)
        script_write_text(pen, x, layout->heading_top + FIGURE_LINE / 2.0, room, "left", false,
                          figure->heading);
    for (size_t i = 0; i < figure->n_key; i++) {
        const double width = figure_key_width(&figure->key[i]);
        if (x > layout->left && x - layout->left + width - FIGURE_KEY_GAP > room) {
            x = layout->left;
            y += FIGURE_LINE;
        }
        script_write_key_mark(pen, &figure->key[i], x, y);
        script_write_text(pen, x + FIGURE_KEY_MARK, y, room - FIGURE_KEY_MARK, "left", false,
                          figure->key[i].name);
        x += width;
    }
}

/* ---- data -------------------------------------------------------------------------------------- */

static void script_write_data(const script_pen *pen, const bnn_series *series, size_t k)
{
    FILE *out = pen->out;
    const bool has_other = series->mark == BNN_MARK_BAND || series->mark == BNN_MARK_ARROW;
    fprintf(out, "$d%zu << END\n", k);
    for (size_t i = 0; i < series->n; i++) {
        const bool whole = isfinite(series->x[i]) && isfinite(series->y[i]) &&
                           (!has_other || isfinite(series->other[i]));
        if (whole)
            fprintf(out, "%.12g %.12g %.12g\n", series->x[i], series->y[i],
                    has_other ? series->other[i] : 0);
        else
            fprintf(out, "\n");
    }
    fprintf(out, "END\n");
}

static void script_write_series(const script_pen *pen, const bnn_series *series, size_t k)
{
    FILE *out = pen->out;
    fprintf(out, "$d%zu using ", k);
    switch (series->mark) {
    case BNN_MARK_LINE:
        fprintf(out, "1:2 with lines lw %.3g dt solid lc ", series->size);
        break;
    case BNN_MARK_DOTS:
    case BNN_MARK_DIAMONDS:
        fprintf(out, "1:2 with points pt %d ps %.3g lc ",
                series->mark == BNN_MARK_DOTS ? SCRIPT_DISC : SCRIPT_DIAMOND, 0.1 * series->size);
        break;
    case BNN_MARK_BAND:
        fprintf(out, "1:2:3 with filledcurves fs transparent solid %.3g noborder fc ",
                series->opacity);
        break;
    case BNN_MARK_ARROW:
        fprintf(out, "1:2:($3-$1):(0) with vectors filled head size screen 0.008,25 lw %.3g lc ",
                series->size);
        break;
    }
    script_colour(pen, series->hue, series->mark == BNN_MARK_BAND ? 1 : series->opacity);
    fprintf(out, " notitle");
}

/* The middle of the title of an x axis: that of the axis, unless the title is so long that it has to stand
 * elsewhere to be inside of the figure. */
static double script_middle(const script_pen *pen, const figure_box *box, const char *title)
{
    const double all = pen->layout.width, half = fmin(bnn_figure_text_width(title), all) / 2;
    return fmin(fmax(box->left + box->width / 2, half), all - half);
}

static void script_write_panel(const script_pen *pen, size_t i)
{
    const script_panel p = script_prepare(pen, i);
    const bnn_panel *panel = p.panel;
    const figure_box *box = &p.box;
    const double right = box->left + box->width, bottom = box->top + box->height;
    fprintf(pen->out,
            "set lmargin at screen %.6f\nset rmargin at screen %.6f\n"
            "set tmargin at screen %.6f\nset bmargin at screen %.6f\n",
            box->left / pen->layout.width, right / pen->layout.width,
            1 - box->top / pen->layout.height, 1 - bottom / pen->layout.height);
    script_write_ticks(pen, 'x', &p.x, &panel->x);
    if (panel->y.n_names > 0)
        script_write_names(pen, i);
    else
        script_write_ticks(pen, 'y', &p.y, &panel->y);
    if (panel->title != NULL)
        script_write_text(pen, box->left, box->top - FIGURE_LINE / 2.0 - 2, box->width, "left",
                          true, panel->title);
    if (panel->x.title != NULL)
        script_write_text(pen, script_middle(pen, box, panel->x.title),
                          bottom + FIGURE_LINE * (panel->x.bare ? 0.6 : 1.6), pen->layout.width,
                          "center", false, panel->x.title);
    for (size_t k = 0; k < panel->n_notes; k++)
        script_write_note(pen, &panel->notes[k]);
    for (size_t k = 0; k < panel->n_series; k++)
        script_write_data(pen, &panel->series[k], k);
    size_t n = 0;
    fprintf(pen->out, "plot ");
    for (size_t k = 0; k < panel->n_series; k++)
        if (panel->series[k].n > 0) {
            fprintf(pen->out, "%s", n++ == 0 ? "" : ", ");
            script_write_series(pen, &panel->series[k], k);
        }
    fprintf(pen->out, "%s\n", n == 0 ? "NaN notitle" : "");
}

/* Of PDF and PNG the sizes are in points, of which 72 are an inch; pdfcairo's own are of 96. */
static void script_write_terminal(const script_pen *pen, bnn_figure_format format)
{
    const double w = pen->layout.width, h = pen->layout.height;
    if (format == BNN_FIGURE_PDF)
        fprintf(
            pen->out,
            "if (strstrt(GPVAL_TERMINALS, \"pdfcairo\") > 0) set terminal pdfcairo size "
            "%.4fin,%.4fin noenhanced font \"Arial,%g\" fontscale 0.75 rounded; else set terminal "
            "pdf size %.4fin,%.4fin noenhanced font \"Arial,%g\" rounded\n",
            w / 96, h / 96, pen->font, w / 96, h / 96, pen->font);
    else if (format == BNN_FIGURE_PNG)
        fprintf(pen->out,
                "set terminal pngcairo size %.0f,%.0f noenhanced background \"#ffffff\" font "
                "\"Arial,%g\" fontscale 2 linewidth 2 pointscale 2 rounded\n",
                2 * w, 2 * h, pen->font);
    else
        fprintf(pen->out,
                "set terminal svg size %.0f,%.0f dynamic noenhanced font \"Arial,%g\" rounded\n", w,
                h, pen->font);
}

void figure_write_script(const bnn_figure *figure, bnn_figure_format format, FILE *out)
{
    const bool is_svg = format == BNN_FIGURE_SVG || format == BNN_FIGURE_INLINE;
    const script_pen pen = {figure, figure_lay_out(figure),
                            is_svg ? FIGURE_FONT : FIGURE_FONT * 72 / 96.0, out};
    fprintf(out, "reset session\nset encoding utf8\n");
    script_write_terminal(&pen, format);
    fprintf(out, "set multiplot\n");
    for (size_t i = 0; i < figure->n_panels; i++) {
        fprintf(out, "reset\nset border 0 lc rgb \"#ff000000\"\nunset key\n");
        if (i == 0)
            script_write_heading(&pen);
        script_write_panel(&pen, i);
    }
    fprintf(out, "unset multiplot\n");
}
