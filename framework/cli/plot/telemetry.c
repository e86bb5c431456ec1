/* telemetry.c - what telemetry measured of layers, by epoch: a panel for each layer, a colour for each
 * config. */
#include "cli/plot/epochs.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

enum {
    TELEMETRY_PANEL_WIDTH = 210,
    TELEMETRY_PANEL_HEIGHT = 130,
    TELEMETRY_COLUMNS_MAX = 4,
    TELEMETRY_LINES_MAX =
        600, /* of seeds, in all panels; of more only the means can be told apart */
};

/* What is measured (db/README.md), the most telling first. */
static const struct {
    const char *name, *title;
} telemetry_quantities[] = {
    {"flips", "changes of sign in an epoch, for each weight"},
    {"gradient_cosine", "cosine between the STE's gradient and the true slope"},
    {"never_flipped", "share of weights that never changed their sign"},
    {"masked", "share of gradients that the STE makes zero"},
    {"saturation", "share of inputs of signs beyond \u22121 and 1"},
    {"dead", "share of channels with one sign for all images"},
    {"balance", "share of signs that are +1"},
    {"gradient_norm", "norm of the gradient"},
    {"norm_negative", "share of scales of batch norms below 0"},
    {"norm_zero", "share of scales of batch norms that are 0"},
    {"hardened", "share of gates' bits that are not the sign of what is interpolated"},
    {"soft_accuracy", "accuracy of gates that interpolate"},
};
enum { TELEMETRY_QUANTITIES = sizeof telemetry_quantities / sizeof *telemetry_quantities };

/* The one that is meant, of those that there are. */
static int telemetry_choose(plot_task *task, plot_draft *draft, const char **out_name,
                            const char **out_title, bnn_error *err)
{
    const char *asked = task->wish->metric, *experiment = task->compared->asked.experiment;
    const char *const *names;
    size_t n;
    const int status =
        bnn_store_list_quantities(task->store, experiment, draft->arena, &names, &n, err);
    if (status != BNN_OK)
        return status;
    *out_name = NULL;
    for (size_t i = TELEMETRY_QUANTITIES; i-- > 0;)
        for (size_t k = 0; k < n; k++)
            if (strcmp(telemetry_quantities[i].name, names[k]) == 0 &&
                (asked == NULL || strcmp(asked, names[k]) == 0)) {
                *out_name = names[k];
                *out_title = telemetry_quantities[i].title;
            }
    if (n == 0)
        task->why = plot_text(draft, "%s has no telemetry; a spec with `telemetry: all` records it",
                              experiment);
    else if (*out_name == NULL && asked == NULL)
        task->why =
            plot_text(draft, "%s has telemetry of nothing that this version knows", experiment);
    return n > 0 && *out_name == NULL && asked != NULL
               ? cli_unknown(err, BNN_E_USAGE, "plot: telemetry measured no", asked, names, n)
               : BNN_OK;
}

/* The configs with a colour of their own are the first that have runs; the others are grey. */
static int telemetry_hue(const plot_epochs *epochs, size_t arm)
{
    int hue = 0;
    for (size_t k = 0; k < arm; k++)
        hue += plot_has_runs(epochs, NULL, k);
    return hue < BNN_HUES ? hue : BNN_HUE_GREY;
}

static int telemetry_add_key(plot_draft *draft, const plot_epochs *epochs, const cli_arms *arms,
                             bnn_figure *out, bnn_error *err)
{
    bnn_key_entry *key = bnn_arena_alloc(draft->arena, BNN_HUES + 1, sizeof *key);
    size_t others = 0;
    if (key == NULL)
        return bnn_no_memory(err);
    for (size_t k = 0; k < arms->n; k++) {
        const int hue = plot_has_runs(epochs, NULL, k) ? telemetry_hue(epochs, k) : BNN_HUE_INK;
        others += hue == BNN_HUE_GREY;
        if (hue >= 0)
            key[out->n_key++] = (bnn_key_entry){.name = arms->arms[k].label, .hue = hue};
    }
    if (others > 0)
        key[out->n_key++] =
            (bnn_key_entry){.name = plot_text(draft, "%zu other%s", others, bnn_plural(others)),
                            .hue = BNN_HUE_GREY};
    out->key = key;
    return BNN_OK;
}

static void telemetry_add_panel(plot_draft *draft, const plot_epochs *epochs, size_t i,
                                size_t n_columns, const cli_arms *arms)
{
    const char *layer = epochs->layers[i];
    bnn_panel *panel = plot_add_panel(draft);
    const bool inner = i + n_columns < epochs->n_layers;
    panel->title = layer;
    panel->x = (bnn_axis){.low = epochs->first,
                          .high = epochs->last,
                          .whole = true,
                          .bare = inner,
                          .title = inner ? NULL : "epoch"};
    panel->y = (bnn_axis){.low = epochs->low, .high = epochs->high, .bare = i % n_columns != 0};
    for (int pass = epochs->n_runs > TELEMETRY_LINES_MAX; pass < 2; pass++)
        for (size_t k = arms->n; k-- > 0;) {
            if (!plot_has_runs(epochs, layer, k))
                continue;
            const int hue = telemetry_hue(epochs, k);
            if (pass == 0)
                plot_add_runs(draft, epochs, layer, k, hue, 0.45, 0.6);
            else
                plot_add_mean(draft, epochs, layer, k, hue, 1, 1.8);
        }
}

int plot_make_telemetry(plot_task *task, plot_draft *draft, bnn_figure *out, bnn_error *err)
{
    const cli_question *asked = &task->compared->asked;
    const bnn_store_curve *rows;
    const char *name = NULL, *title = "";
    plot_epochs epochs = {0};
    size_t n;
    int status = telemetry_choose(task, draft, &name, &title, err);
    if (status != BNN_OK || name == NULL)
        return status;
    status = bnn_store_list_layer_curves(task->store, asked->experiment, name, draft->arena, &rows,
                                         &n, err);
    if (status == BNN_OK)
        status = plot_epochs_sort(rows, n, 1, asked->configs, draft->arena, &epochs, err);
    if (status == BNN_OK && epochs.n_runs == 0)
        task->why = plot_text(draft, "no run of %s that counts has telemetry", asked->experiment);
    if (status == BNN_OK && epochs.n_runs > 0)
        status = telemetry_add_key(draft, &epochs, asked->configs, out, err);
    if (status != BNN_OK || epochs.n_runs == 0)
        return status;
    const size_t most =
        (size_t)fmin(fmax(task->width / TELEMETRY_PANEL_WIDTH, 1), TELEMETRY_COLUMNS_MAX);
    out->n_columns = epochs.n_layers < most ? epochs.n_layers : most;
    out->panel_height = TELEMETRY_PANEL_HEIGHT;
    out->heading = title;
    for (size_t i = 0; i < epochs.n_layers && !draft->failed; i++)
        telemetry_add_panel(draft, &epochs, i, out->n_columns, asked->configs);
    out->title = plot_text(draft, "%s: %s, by epoch", asked->experiment, title);
    out->description = plot_text(draft, "A panel for each of %zu layers: %s.", epochs.n_layers,
                                 epochs.n_runs > TELEMETRY_LINES_MAX
                                     ? "a line is the mean of a config over its seeds"
                                     : "each seed is a thin line in the colour of its config, "
                                       "their mean a thick one");
    return BNN_OK;
}
