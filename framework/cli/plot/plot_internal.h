/* plot_internal.h - what the figures share: a panel that grows. */
#ifndef BNN_CLI_PLOT_PLOT_INTERNAL_H
#define BNN_CLI_PLOT_PLOT_INTERNAL_H

#include "cli/plot/plot.h"

/* The rows of a panel, which grow. */
typedef struct plot_growth {
    bnn_series *series;
    bnn_note *notes;
    size_t series_capacity, note_capacity;
} plot_growth;

enum {
    CLI_PLOT_NARROW = 560, /* pixels; narrower figures have their texts above what they are about */
    CLI_PLOT_AROUND = 50   /* around and between two such texts */
};

/* What is made; without memory, failed says so, and nothing more is added. */
typedef struct plot_draft {
    bnn_arena *arena;
    bool failed;
    size_t n_panels,
        current; /* current: the panel that is added to, the last unless somebody says otherwise */
    bnn_panel *panels;
    plot_growth *growth; /* of each */
} plot_draft;

/* The next panel, for which there must be room. */
bnn_panel *plot_add_panel(plot_draft *draft);

/* A series of the current panel with room for n points, which the caller fills in; other: of a band, an
 * arrow. */
typedef struct plot_points {
    double *x, *y, *other;
} plot_points;
plot_points plot_add_series(plot_draft *draft, bnn_mark mark, int hue, double opacity, double size,
                            size_t n);

/* A line between two points. */
void plot_add_line(plot_draft *draft, int hue, double opacity, double size, double x0, double y0,
                   double x1, double y1);

void plot_add_note(plot_draft *draft, const bnn_note *note);

/* A text in the arena; "" without memory. */
const char *plot_text(plot_draft *draft, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The text, or as much of it as fits in so many pixels, with three dots. */
const char *plot_fitted(plot_draft *draft, const char *text, double width);

/* "test accuracy, %", "difference in test accuracy, points". */
const char *plot_metric_title(plot_draft *draft, const bnn_metric *metric);
const char *plot_difference_title(plot_draft *draft, const bnn_metric *metric);

/* ---- the figures ---- */

typedef struct plot_task {
    bnn_store *store;
    const cli_compared *compared;
    const cli_plot_wish *wish;
    double width;
    const char *why; /* there is nothing to show; NULL: there is */
} plot_task;

/* Each adds its panels, and fills in the rest of the figure; BNN_OK also without memory for the draft. */
int plot_make_effects(plot_task *task, plot_draft *draft, bnn_figure *out, bnn_error *err);
int plot_make_seeds(plot_task *task, plot_draft *draft, bnn_figure *out, bnn_error *err);
int plot_make_curves(plot_task *task, plot_draft *draft, bnn_figure *out, bnn_error *err);
int plot_make_pareto(plot_task *task, plot_draft *draft, bnn_figure *out, bnn_error *err);
int plot_make_telemetry(plot_task *task, plot_draft *draft, bnn_figure *out, bnn_error *err);

#endif
