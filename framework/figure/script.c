/* script.c - a figure as commands to gnuplot. */
#include "figure/figure_internal.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

/* Okabe and Ito's colours (2008), without yellow and the darker of two near ones. */
static const char *const script_hues[BNN_HUES] = {"0072b2", "d55e00", "009e73",
                                                  "cc79a7", "e69f00", "56b4e9"};

static const char *script_hue(int hue)
{
    return hue == BNN_HUE_INK ? FIGURE_INK : hue < 0 ? FIGURE_GREY : script_hues[hue % BNN_HUES];
}

/* rgb "#AARRGGBB", where AA is how much is seen through. */
static void script_colour(int hue, double opacity, FILE *out)
{
    const double clear = 255 * (1 - fmin(fmax(opacity, 0), 1));
    fprintf(out, "rgb \"#%02x%s\"", (unsigned)lround(clear), script_hue(hue));
}

/* The bytes of a text as octal numbers, each with three digits, in quotes. */
static void script_text(const char *text, FILE *out)
{
    char clean[512];
    fputc('"', out);
    for (const char *c = figure_clean_text(text, clean, sizeof clean); *c != '\0'; c++)
        fprintf(out, "\\%03o", (unsigned char)*c);
    fputc('"', out);
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

static script_panel script_prepare(const bnn_figure *figure, const figure_layout *layout, size_t i)
{
    const bnn_panel *panel = &figure->panels[i];
    script_panel p = {.panel = panel, .box = figure_panel_box(figure, layout, i)};
    double x[2], y[2];
    script_ranges(panel, x, y);
    figure_choose_ticks(&panel->x, x[0], x[1], p.box.width / 70, &p.x);
    figure_choose_ticks(&panel->y, y[0], y[1], p.box.height / 45, &p.y);
    if (panel->y.n_names > 0) {
        p.y.low = (double)panel->y.n_names - 0.5;
        p.y.high = -0.5;
    }
    return p;
}

/* ---- axes -------------------------------------------------------------------------------------- */

static void script_write_ticks(char axis, const figure_ticks *ticks, const bnn_axis *of, FILE *out)
{
    fprintf(out, "set %crange [%.12g:%.12g] noextend\n", axis, ticks->low, ticks->high);
    if (of->logarithmic)
        fprintf(out, "set logscale %c\n", axis);
    fprintf(out, "set %ctics scale 0 nomirror norotate noenhanced offset 0,%s font \",%d\" tc ",
            axis, axis == 'x' ? "0.3" : "0", FIGURE_FONT - 1);
    script_colour(BNN_HUE_INK, 1, out);
    fprintf(out, " (");
    for (size_t i = 0; i < ticks->n; i++) {
        fprintf(out, "%s", i == 0 ? "" : ", ");
        script_text(of->bare ? "" : ticks->text[i], out);
        fprintf(out, " %.12g", ticks->at[i]);
    }
    fprintf(out, ")\nset grid %ctics lt 1 dt solid lw 0.6 lc ", axis);
    script_colour(BNN_HUE_INK, 0.13, out);
    fprintf(out, "\n");
}

/* Names, the first at the top; what does not fit ends in three dots. */
static void script_write_names(const bnn_figure *figure, size_t panel, FILE *out)
{
    const bnn_axis *axis = &figure->panels[panel].y;
    const size_t n_columns = figure_name_columns(figure, panel);
    char text[512];
    fprintf(out, "set yrange [%.12g:-0.5] noextend\nset ytics scale 0 nomirror noenhanced tc ",
            (double)axis->n_names - 0.5);
    script_colour(BNN_HUE_INK, 1, out);
    fprintf(out, " (");
    for (size_t i = 0; i < axis->n_names; i++) {
        const char *name = axis->names[i];
        if (bnn_text_width(name) > n_columns) {
            const size_t n = bnn_text_bytes(name, n_columns - 1);
            snprintf(text, sizeof text, "%.*s\u2026", (int)n, name);
            name = text;
        }
        fprintf(out, "%s", i == 0 ? "" : ", ");
        script_text(axis->bare ? "" : name, out);
        fprintf(out, " %zu", i);
    }
    fprintf(out, ")\n");
}

/* ---- texts ------------------------------------------------------------------------------------- */

/* A text at a place in pixels from the top left corner. */
static void script_write_text(const figure_layout *layout, double x, double y, const char *align,
                              bool bold, const char *text, FILE *out)
{
    fprintf(out, "set label ");
    script_text(text, out);
    fprintf(out, " at screen %.6f, screen %.6f %s noenhanced font \"%s,%d\" front tc ",
            x / layout->width, 1 - y / layout->height, align, bold ? "Arial:Bold" : "",
            FIGURE_FONT);
    script_colour(BNN_HUE_INK, 1, out);
    fprintf(out, "\n");
}

static void script_write_note(const figure_layout *layout, const bnn_note *note, FILE *out)
{
    static const char *const aligned[] = {"left", "center", "right"};
    int align = note->align;
    fprintf(out, "set label ");
    script_text(note->text, out);
    if (note->place == BNN_PLACE_DATA)
        fprintf(out, " at first %.12g, first %.12g", note->x, note->y);
    else
        fprintf(out, " at graph %d, first %.12g", note->place != BNN_PLACE_LEFT, note->y);
    if (note->place != BNN_PLACE_DATA)
        align = note->place == BNN_PLACE_RIGHT ? 1 : -1;
    fprintf(out, " %s offset screen %.6f, screen %.6f noenhanced font \"%s,%d\" front tc ",
            aligned[(align > 0) - (align < 0) + 1], note->dx / layout->width,
            note->dy / layout->height, note->bold ? "Arial:Bold" : "", FIGURE_FONT);
    script_colour(note->hue, 1, out);
    fprintf(out, "\n");
}

static void script_write_key_mark(const figure_layout *layout, const bnn_key_entry *entry, double x,
                                  double y, FILE *out)
{
    const double left = x / layout->width, height = 1 - y / layout->height;
    if (entry->mark == BNN_MARK_DOTS) {
        fprintf(out, "set label \"\" at screen %.6f, screen %.6f point pt 7 ps 0.7 lc ",
                left + 9 / layout->width, height);
        script_colour(entry->hue, 1, out);
    } else {
        fprintf(
            out,
            "set arrow from screen %.6f, screen %.6f to screen %.6f, screen %.6f nohead dt %s lw 2 lc ",
            left, height, left + 18 / layout->width, height, entry->dashed ? "(6,3)" : "solid");
        script_colour(entry->hue, 1, out);
    }
    fprintf(out, "\n");
}

static void script_write_heading(const bnn_figure *figure, const figure_layout *layout, FILE *out)
{
    double x = layout->left, y = layout->key_top + FIGURE_LINE / 2.0;
    if (figure->heading != NULL)
        script_write_text(layout, x, layout->heading_top + FIGURE_LINE / 2.0, "left", false,
                          figure->heading, out);
    for (size_t i = 0; i < figure->n_key; i++) {
        const double width = figure_key_width(&figure->key[i]);
        if (x > layout->left && x + width > layout->width) {
            x = layout->left;
            y += FIGURE_LINE;
        }
        script_write_key_mark(layout, &figure->key[i], x, y, out);
        script_write_text(layout, x + FIGURE_KEY_MARK, y, "left", false, figure->key[i].name, out);
        x += width;
    }
}

/* ---- data -------------------------------------------------------------------------------------- */

static void script_write_data(const bnn_series *series, size_t k, FILE *out)
{
    const bool has_other = series->mark == BNN_MARK_BAND || series->mark == BNN_MARK_ARROW;
    fprintf(out, "$d%zu << END\n", k);
    for (size_t i = 0; i < series->n; i++) {
        const bool whole = isfinite(series->x[i]) && isfinite(series->y[i]) &&
                           (!has_other || isfinite(series->other[i]));
        if (whole)
            fprintf(out, "%.9g %.9g %.9g\n", series->x[i], series->y[i],
                    has_other ? series->other[i] : 0);
        else
            fprintf(out, "\n");
    }
    fprintf(out, "END\n");
}

static void script_write_series(const bnn_series *series, size_t k, FILE *out)
{
    fprintf(out, "$d%zu using ", k);
    switch (series->mark) {
    case BNN_MARK_LINE:
        fprintf(out, "1:2 with lines lw %.3g dt %s lc ", series->size,
                series->dashed ? "(6,3)" : "solid");
        break;
    case BNN_MARK_DOTS:
        fprintf(out, "1:2 with points pt 7 ps %.3g lc ", 0.1 * series->size);
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
    script_colour(series->hue, series->mark == BNN_MARK_BAND ? 1 : series->opacity, out);
    fprintf(out, " notitle");
}

static void script_write_panel(const bnn_figure *figure, const figure_layout *layout, size_t i,
                               FILE *out)
{
    const script_panel p = script_prepare(figure, layout, i);
    const bnn_panel *panel = p.panel;
    const figure_box *box = &p.box;
    fprintf(out,
            "set lmargin at screen %.6f\nset rmargin at screen %.6f\n"
            "set tmargin at screen %.6f\nset bmargin at screen %.6f\n",
            box->left / layout->width, (box->left + box->width) / layout->width,
            1 - box->top / layout->height, 1 - (box->top + box->height) / layout->height);
    script_write_ticks('x', &p.x, &panel->x, out);
    if (panel->y.n_names > 0)
        script_write_names(figure, i, out);
    else
        script_write_ticks('y', &p.y, &panel->y, out);
    if (panel->title != NULL)
        script_write_text(layout, box->left, box->top - FIGURE_LINE / 2.0 - 2, "left", true,
                          panel->title, out);
    if (panel->x.title != NULL)
        script_write_text(layout, box->left + box->width / 2,
                          box->top + box->height + FIGURE_LINE * (panel->x.bare ? 0.6 : 1.6),
                          "center", false, panel->x.title, out);
    for (size_t k = 0; k < panel->n_notes; k++)
        script_write_note(layout, &panel->notes[k], out);
    size_t n = 0;
    for (size_t k = 0; k < panel->n_series; k++)
        script_write_data(&panel->series[k], k, out);
    fprintf(out, "plot ");
    for (size_t k = 0; k < panel->n_series; k++) {
        if (panel->series[k].n == 0)
            continue;
        fprintf(out, "%s", n++ == 0 ? "" : ", ");
        script_write_series(&panel->series[k], k, out);
    }
    fprintf(out, "%s\n", n == 0 ? "NaN notitle" : "");
}

static void script_write_terminal(const figure_layout *layout, bnn_figure_format format, FILE *out)
{
    const double w = layout->width, h = layout->height;
    if (format == BNN_FIGURE_PDF)
        fprintf(out,
                "if (strstrt(GPVAL_TERMINALS, \" pdfcairo \") > 0) set terminal pdfcairo size "
                "%.4fin,%.4fin noenhanced font \"Arial,%g\" fontscale 1 linewidth 1 butt; else set "
                "terminal pdf size %.4fin,%.4fin noenhanced font \"Arial,%g\" linewidth 1 butt\n",
                w / 96, h / 96, 0.75 * FIGURE_FONT, w / 96, h / 96, 0.75 * FIGURE_FONT);
    else if (format == BNN_FIGURE_PNG)
        fprintf(out,
                "set terminal pngcairo size %.0f,%.0f noenhanced background \"#ffffff\" font "
                "\"Arial,%g\" fontscale 2 linewidth 2 pointscale 2 butt\n",
                2 * w, 2 * h, 0.75 * FIGURE_FONT);
    else
        fprintf(out, "set terminal svg size %.0f,%.0f dynamic noenhanced font \"Arial,%d\" butt\n",
                w, h, FIGURE_FONT);
}

void figure_write_script(const bnn_figure *figure, bnn_figure_format format, FILE *out)
{
    const figure_layout layout = figure_lay_out(figure);
    fprintf(out, "reset session\nset encoding utf8\n");
    script_write_terminal(&layout, format, out);
    fprintf(out, "set multiplot\n");
    for (size_t i = 0; i < figure->n_panels; i++) {
        fprintf(out,
                "reset\nset encoding utf8\nset border 0\nunset key\nset datafile missing NaN\n");
        if (i == 0)
            script_write_heading(figure, &layout, out);
        script_write_panel(figure, &layout, i, out);
    }
    fprintf(out, "unset multiplot\n");
}
