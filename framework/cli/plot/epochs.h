/* epochs.h - what was measured epoch by epoch, as lines of runs, means and bands. Private to cli/. */
#ifndef BNN_CLI_PLOT_EPOCHS_H
#define BNN_CLI_PLOT_EPOCHS_H

#include "cli/plot/plot_internal.h"
#include "db/store_curves.h"

/* A run, of a layer: consecutive rows. */
typedef struct plot_epochs_run {
    const char *layer; /* "": of the whole network */
    size_t arm;        /* of the configs */
    bool counts;       /* in the mean: it is done */
    const bnn_store_curve *rows;
    size_t n;
} plot_epochs_run;

typedef struct plot_epochs {
    size_t n_runs, n_layers;
    const plot_epochs_run *runs;
    const char *const *layers; /* in the order of the network */
    double unit;               /* that values are multiplied with */
    double first, last;        /* epochs of all */
    double low, high;          /* of values of runs that count (else of all), with some room */
} plot_epochs;

/* Takes rows, as the store lists them, apart. Runs that the arms do not have are left out. */
int plot_epochs_sort(const bnn_store_curve *rows, size_t n, double unit, const cli_arms *arms,
                     bnn_arena *arena, plot_epochs *out, bnn_error *err);

/* Whether an arm has runs, of this layer; layer NULL: of any, here and below. */
bool plot_has_runs(const plot_epochs *epochs, const char *layer, size_t arm);

/* Add to the last panel: a line for each run; the mean of those that count; its 95 % confidence interval. */
void plot_add_runs(plot_draft *draft, const plot_epochs *epochs, const char *layer, size_t arm,
                   int hue, double opacity, double size);
void plot_add_mean(plot_draft *draft, const plot_epochs *epochs, const char *layer, size_t arm,
                   int hue, double opacity, double size);
void plot_add_band(plot_draft *draft, const plot_epochs *epochs, const char *layer, size_t arm,
                   int hue, double opacity);

#endif
