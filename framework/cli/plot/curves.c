/* curves.c - a metric over the epochs: a panel for each config, in which each seed is a thin line, and their
 * mean a thick one in a band; the means of the other configs stand behind, in grey. */
#include "cli/plot/epochs.h"

#include <math.h>
#include <string.h>

enum {
    CURVES_PANEL_WIDTH = 210,
    CURVES_PANEL_HEIGHT = 130,
    CURVES_COLUMNS_MAX = 4,
    CURVES_ALL_MEANS_MAX =
        12, /* configs whose means stand behind all others; of more only the baseline's */
};

/* The metric of the epochs that is meant: what was asked for, else the usual. */
static int curves_find_metric(const char *name, const bnn_metric **out, bnn_error *err)
{
    size_t n;
    const bnn_metric *all = bnn_epoch_metrics(&n);
    const char *names[16];
    for (size_t i = 0; i < n; i++) {
        names[i] = all[i].name;
        if (name != NULL && strcmp(all[i].name, name) == 0) {
            *out = &all[i];
            return BNN_OK;
        }
    }
    return cli_unknown(err, BNN_E_USAGE, "plot: there is no metric of epochs", name, names, n);
}

/* Reads the curves of the metric; without one, of validation, or else of training. */
static int curves_read(plot_task *task, plot_draft *draft, const bnn_metric **out_metric,
                       plot_epochs *out, bnn_error *err)
{
    static const char *const usual[] = {"validation_accuracy", "train_accuracy"};
    const char *asked = task->wish->metric;
    for (size_t i = 0; i < (asked != NULL ? 1 : 2); i++) {
        const bnn_store_curve *rows;
        size_t n;
        int status = curves_find_metric(asked != NULL ? asked : usual[i], out_metric, err);
        if (status == BNN_OK)
            status = bnn_store_list_curves(task->store, task->compared->asked.experiment,
                                           (*out_metric)->name, draft->arena, &rows, &n, err);
        if (status == BNN_OK)
            status = plot_epochs_sort(rows, n, (*out_metric)->unit == BNN_UNIT_FRACTION ? 100 : 1,
                                      task->compared->asked.configs, draft->arena, out, err);
        if (status != BNN_OK || out->n_runs > 0)
            return status;
    }
    return BNN_OK;
}

/* The columns that panels have: as many as there is room for, and rows that are about full. */
static size_t curves_columns(double width, size_t n)
{
    size_t most = (size_t)fmax(width / CURVES_PANEL_WIDTH, 1);
    if (most > CURVES_COLUMNS_MAX)
        most = CURVES_COLUMNS_MAX;
    const size_t rows = (n + most - 1) / most;
    return rows == 0 ? 1 : (n + rows - 1) / rows;
}

static void curves_add_panel(plot_draft *draft, const plot_epochs *epochs, size_t arm, size_t i,
                             size_t n_columns, size_t n, const cli_question *asked)
{
    bnn_panel *panel = plot_add_panel(draft);
    const int hue = arm == asked->baseline && asked->by == NULL ? 1 : 0;
    panel->title = asked->configs->arms[arm].label;
    panel->x = (bnn_axis){.low = epochs->first,
                          .high = epochs->last,
                          .whole = true,
                          .bare = i + n_columns < n,
                          .title = i + n_columns < n ? NULL : "epoch"};
    panel->y = (bnn_axis){.low = epochs->low, .high = epochs->high, .bare = i % n_columns != 0};
    for (size_t k = 0; k < asked->configs->n; k++)
        if (k != arm && (n <= CURVES_ALL_MEANS_MAX || k == asked->baseline))
            plot_add_mean(draft, epochs, NULL, k, BNN_HUE_GREY, 0.45, 0.8);
    plot_add_runs(draft, epochs, NULL, arm, hue, 0.35, 0.6);
    plot_add_band(draft, epochs, NULL, arm, hue, 0.2);
    plot_add_mean(draft, epochs, NULL, arm, hue, 1, 2);
}

int plot_make_curves(plot_task *task, plot_draft *draft, bnn_figure *out, bnn_error *err)
{
    const cli_question *asked = &task->compared->asked;
    const bnn_metric *metric = NULL;
    plot_epochs epochs;
    size_t n = 0;
    const int status = curves_read(task, draft, &metric, &epochs, err);
    if (status != BNN_OK)
        return status;
    if (epochs.n_runs == 0) {
        task->why = plot_text(draft, "%s has no %s by epoch", asked->experiment, metric->name);
        return BNN_OK;
    }
    for (size_t k = 0; k < asked->configs->n; k++)
        n += plot_has_runs(&epochs, NULL, k);
    out->n_columns = curves_columns(task->width, n);
    out->panel_height = CURVES_PANEL_HEIGHT;
    out->heading = plot_metric_title(draft, metric);
    for (size_t k = 0, i = 0; k < asked->configs->n && !draft->failed; k++)
        if (plot_has_runs(&epochs, NULL, k))
            curves_add_panel(draft, &epochs, k, i++, out->n_columns, n, asked);
    out->title = plot_text(draft, "%s: %s by epoch", asked->experiment, out->heading);
    out->description = plot_text(
        draft,
        "A panel for each of %zu configs: each seed is a thin line, their mean a thick one "
        "in its 95 %% confidence band; the means of the other configs are grey.",
        n);
    return BNN_OK;
}
