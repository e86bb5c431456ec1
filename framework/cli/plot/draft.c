/* draft.c - figures that grow. */
#include "cli/plot/plot_internal.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bnn_panel *plot_add_panel(plot_draft *draft)
{
    draft->current = draft->n_panels++;
    return &draft->panels[draft->current];
}

/* Room for n numbers; a place to write to without memory, too: none. */
static double *plot_numbers(plot_draft *draft, size_t n)
{
    double *numbers = bnn_arena_alloc(draft->arena, n + 1, sizeof *numbers);
    draft->failed |= numbers == NULL;
    return numbers;
}

plot_points plot_add_series(plot_draft *draft, bnn_mark mark, int hue, double opacity, double size,
                            size_t n)
{
    bnn_panel *panel = &draft->panels[draft->current];
    plot_growth *growth = &draft->growth[draft->current];
    const bool has_other = mark == BNN_MARK_BAND || mark == BNN_MARK_ARROW;
    bnn_series *rows = bnn_arena_grow(draft->arena, growth->series, panel->n_series,
                                      &growth->series_capacity, sizeof *rows);
    plot_points points = {plot_numbers(draft, n), plot_numbers(draft, n),
                          has_other ? plot_numbers(draft, n) : NULL};
    draft->failed |= rows == NULL;
    if (draft->failed)
        return (plot_points){NULL, NULL, NULL};
    panel->series = growth->series = rows;
    rows[panel->n_series++] = (bnn_series){.mark = mark,
                                           .hue = hue,
                                           .opacity = opacity,
                                           .size = size,
                                           .n = n,
                                           .x = points.x,
                                           .y = points.y,
                                           .other = points.other};
    return points;
}

void plot_add_line(plot_draft *draft, int hue, double opacity, double size, double x0, double y0,
                   double x1, double y1)
{
    const plot_points p = plot_add_series(draft, BNN_MARK_LINE, hue, opacity, size, 2);
    if (p.x == NULL)
        return;
    p.x[0] = x0, p.y[0] = y0;
    p.x[1] = x1, p.y[1] = y1;
}

void plot_add_note(plot_draft *draft, const bnn_note *note)
{
    bnn_panel *panel = &draft->panels[draft->current];
    plot_growth *growth = &draft->growth[draft->current];
    bnn_note *rows = bnn_arena_grow(draft->arena, growth->notes, panel->n_notes,
                                    &growth->note_capacity, sizeof *rows);
    draft->failed |= rows == NULL;
    if (draft->failed)
        return;
    panel->notes = growth->notes = rows;
    rows[panel->n_notes++] = *note;
}

const char *plot_text(plot_draft *draft, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    const int n = vasprintf(&text, format, args);
    va_end(args);
    const char *kept = n < 0 ? NULL : bnn_arena_strdup(draft->arena, text);
    if (n >= 0)
        free(text);
    draft->failed |= kept == NULL;
    return kept == NULL ? "" : kept;
}

/* "test_accuracy" as words. */
static const char *plot_words(plot_draft *draft, const char *name)
{
    char *words = bnn_arena_strdup(draft->arena, name);
    draft->failed |= words == NULL;
    if (words == NULL)
        return "";
    for (char *at = words; (at = strchr(at, '_')) != NULL;)
        *at = ' ';
    return words;
}

static const char *plot_unit(const bnn_metric *metric)
{
    switch (metric->unit) {
    case BNN_UNIT_FRACTION:
        return ", %";
    case BNN_UNIT_SECONDS:
        return ", s";
    case BNN_UNIT_MICROSECONDS:
        return ", \u00b5s for an image";
    default:
        return "";
    }
}

/* The name without its unit: "latency_us" is the latency. */
static const char *plot_metric_words(plot_draft *draft, const bnn_metric *metric)
{
    return strcmp(metric->name, "latency_us") == 0      ? "time"
           : strcmp(metric->name, "train_seconds") == 0 ? "time of training"
           : strcmp(metric->name, "model_bytes") == 0   ? "bytes of the model"
                                                        : plot_words(draft, metric->name);
}

const char *plot_metric_title(plot_draft *draft, const bnn_metric *metric)
{
    return plot_text(draft, "%s%s", plot_metric_words(draft, metric), plot_unit(metric));
}

const char *plot_difference_title(plot_draft *draft, const bnn_metric *metric)
{
    return plot_text(draft, "difference in %s%s", plot_metric_words(draft, metric),
                     metric->unit == BNN_UNIT_FRACTION ? ", points" : plot_unit(metric));
}

const char *plot_fitted(plot_draft *draft, const char *text, double width)
{
    const double letters = width / bnn_figure_text_width("x");
    if (bnn_figure_text_width(text) <= width)
        return text;
    return plot_text(draft, "%.*s\u2026",
                     (int)bnn_text_bytes(text, letters > 2 ? (size_t)letters - 1 : 1), text);
}
