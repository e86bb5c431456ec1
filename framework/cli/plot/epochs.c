/* epochs.c - rows of epochs as lines, means and bands. */
#include "cli/plot/epochs.h"

#include "base/statistics.h"

#include <math.h>
#include <string.h>

/* So many rows from the first on are of one run. */
static size_t epochs_run_rows(const bnn_store_curve *rows, size_t n)
{
    size_t i = 1;
    while (i < n && rows[i].epoch > rows[i - 1].epoch && rows[i].seed == rows[0].seed &&
           strcmp(rows[i].config, rows[0].config) == 0 && strcmp(rows[i].layer, rows[0].layer) == 0)
        i++;
    return i;
}

static void epochs_widen(plot_epochs *epochs, const plot_epochs_run *run)
{
    for (size_t i = 0; i < run->n; i++) {
        const double value = epochs->unit * run->rows[i].value;
        epochs->first = fmin(epochs->first, (double)run->rows[i].epoch);
        epochs->last = fmax(epochs->last, (double)run->rows[i].epoch);
        if (isfinite(value)) {
            epochs->low = fmin(epochs->low, value);
            epochs->high = fmax(epochs->high, value);
        }
    }
}

/* What the axes have to show: of runs that count, if there are any. */
static void epochs_find_range(plot_epochs *epochs)
{
    bool any = false;
    for (size_t i = 0; i < epochs->n_runs; i++)
        any |= epochs->runs[i].counts;
    epochs->first = epochs->low = INFINITY;
    epochs->last = epochs->high = -INFINITY;
    for (size_t i = 0; i < epochs->n_runs; i++)
        if (epochs->runs[i].counts || !any)
            epochs_widen(epochs, &epochs->runs[i]);
    const double span = epochs->high - epochs->low;
    const double room = span > 0 ? 0.05 * span : fmax(0.05 * fabs(epochs->high), 1e-3);
    epochs->low -= room;
    epochs->high += room;
    if (epochs->first == epochs->last) {
        epochs->first -= 1;
        epochs->last += 1;
    }
}

int plot_epochs_sort(const bnn_store_curve *rows, size_t n, double unit, const cli_arms *arms,
                     bnn_arena *arena, plot_epochs *out, bnn_error *err)
{
    plot_epochs_run *runs = bnn_arena_alloc(arena, n, sizeof *runs);
    const char **layers = bnn_arena_alloc(arena, n, sizeof *layers);
    *out = (plot_epochs){.unit = unit};
    if (runs == NULL || layers == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n;) {
        const size_t n_rows = epochs_run_rows(&rows[i], n - i),
                     arm = cli_arms_find(arms, rows[i].config, rows[i].seed);
        if (arm < arms->n) {
            runs[out->n_runs++] = (plot_epochs_run){.layer = rows[i].layer,
                                                    .arm = arm,
                                                    .counts = strcmp(rows[i].state, "done") == 0,
                                                    .rows = &rows[i],
                                                    .n = n_rows};
            if (out->n_layers == 0 || strcmp(layers[out->n_layers - 1], rows[i].layer) != 0)
                layers[out->n_layers++] = rows[i].layer;
        }
        i += n_rows;
    }
    out->runs = runs;
    out->layers = layers;
    if (out->n_runs > 0)
        epochs_find_range(out);
    return BNN_OK;
}

static bool epochs_match(const plot_epochs_run *run, const char *layer, size_t arm)
{
    return run->arm == arm && (layer == NULL || strcmp(layer, run->layer) == 0);
}

bool plot_has_runs(const plot_epochs *epochs, const char *layer, size_t arm)
{
    bool has = false;
    for (size_t i = 0; i < epochs->n_runs; i++)
        has |= epochs_match(&epochs->runs[i], layer, arm);
    return has;
}

void plot_add_runs(plot_draft *draft, const plot_epochs *epochs, const char *layer, size_t arm,
                   int hue, double opacity, double size)
{
    for (size_t i = 0; i < epochs->n_runs; i++) {
        const plot_epochs_run *run = &epochs->runs[i];
        if (!epochs_match(run, layer, arm))
            continue;
        const plot_points p = plot_add_series(draft, BNN_MARK_LINE, hue, opacity, size, run->n);
        for (size_t k = 0; p.x != NULL && k < run->n; k++) {
            p.x[k] = (double)run->rows[k].epoch;
            p.y[k] = epochs->unit * run->rows[k].value;
        }
    }
}

/* The values of the runs that count, epoch by epoch: moments[n], from epoch `first` on; NULL without memory. */
static bnn_moments *epochs_moments(plot_draft *draft, const plot_epochs *epochs, const char *layer,
                                   size_t arm, size_t *n)
{
    *n = (size_t)(epochs->last - epochs->first) + 1;
    bnn_moments *moments = bnn_arena_alloc(draft->arena, *n, sizeof *moments);
    draft->failed |= moments == NULL;
    for (size_t i = 0; moments != NULL && i < epochs->n_runs; i++) {
        const plot_epochs_run *run = &epochs->runs[i];
        for (size_t k = 0; k < run->n && run->counts && epochs_match(run, layer, arm); k++)
            if (isfinite(run->rows[k].value))
                bnn_moments_add(&moments[(size_t)((double)run->rows[k].epoch - epochs->first)],
                                epochs->unit * run->rows[k].value);
    }
    return moments;
}

void plot_add_mean(plot_draft *draft, const plot_epochs *epochs, const char *layer, size_t arm,
                   int hue, double opacity, double size)
{
    size_t n;
    const bnn_moments *moments = epochs_moments(draft, epochs, layer, arm, &n);
    const plot_points p = plot_add_series(draft, BNN_MARK_LINE, hue, opacity, size, n);
    for (size_t i = 0; p.x != NULL && i < n; i++) {
        p.x[i] = epochs->first + (double)i;
        p.y[i] = moments[i].n > 0 ? moments[i].mean : (double)NAN;
    }
}

void plot_add_band(plot_draft *draft, const plot_epochs *epochs, const char *layer, size_t arm,
                   int hue, double opacity)
{
    size_t n;
    const bnn_moments *moments = epochs_moments(draft, epochs, layer, arm, &n);
    const plot_points p = plot_add_series(draft, BNN_MARK_BAND, hue, opacity, 1, n);
    for (size_t i = 0; p.x != NULL && i < n; i++) {
        const double half = moments[i].n > 1 ? bnn_moments_ci95(&moments[i]) : 0;
        p.x[i] = epochs->first + (double)i;
        p.y[i] = moments[i].n > 0 ? moments[i].mean - half : (double)NAN;
        p.other[i] = moments[i].n > 0 ? moments[i].mean + half : (double)NAN;
    }
}
