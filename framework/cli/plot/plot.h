/* plot.h - the figures of an experiment, for `bnnrun plot` and for reports. Private to cli/. */
#ifndef BNN_CLI_PLOT_PLOT_H
#define BNN_CLI_PLOT_PLOT_H

#include "cli/compare/ask.h"
#include "cli/plot/published.h"
#include "figure/figure.h"

typedef enum cli_plot_kind {
    CLI_PLOT_EFFECTS = 0, /* the intervals of a comparison, with its margin and verdicts */
    CLI_PLOT_SEEDS,       /* the result of every run, with lines between those of one seed */
    CLI_PLOT_CURVES,      /* a metric of epochs: each seed, their mean and spread */
    CLI_PLOT_PARETO,      /* accuracy over bytes and over microseconds */
    CLI_PLOT_TELEMETRY,   /* what telemetry measured of layers, by epoch */
    CLI_PLOT_KINDS,
} cli_plot_kind;

/* "effects"; NULL behind the last. And what the figure is, for its help. */
const char *cli_plot_name(size_t kind);
const char *cli_plot_summary(cli_plot_kind kind);

typedef struct cli_plot_wish {
    const char *metric;             /* of curves and telemetry: which; NULL: the usual */
    double width;                   /* pixels; 0: 720. From 320; narrow ones have another layout */
    const cli_published *published; /* beside pareto, chosen for what is compared; NULL: nothing */
} cli_plot_wish;

/* Makes a figure of what was asked (CLI_PLOT_EFFECTS: and judged), as plain data in the arena, which
 * bnn_figures_draw draws. Where there is nothing to show, it has no panels, and *why says so: "p1 has no
 * telemetry", a static text or one in the arena. */
int cli_plot_make(cli_plot_kind kind, bnn_store *store, const cli_compared *compared,
                  const cli_plot_wish *wish, bnn_arena *arena, bnn_figure *out, const char **why,
                  bnn_error *err);

/* The accuracies and losses of one run over its epochs, rows of cli_epochs_pivot, of which the names are borrowed.
 * Without two epochs it has no panels. */
int cli_plot_make_run(const json_t *epochs, double width, bnn_arena *arena, bnn_figure *out,
                      bnn_error *err);

#endif
