/* run.c - one run: what it has learned of its training images, and of those that are held out. */
#include "cli/plot/plot_internal.h"
#include "cli/result.h"

#include <math.h>

/* A panel, of the same quantity of both kinds of images. */
static const struct plot_run_panel {
    const char *title, *training, *validation;
    double unit;
} plot_run_panels[] = {
    {"accuracy, %", "train_accuracy", "validation_accuracy", 100},
    {"loss", "train_loss", "validation_loss", 1},
};
enum { RUN_PANELS = sizeof plot_run_panels / sizeof *plot_run_panels, RUN_HEIGHT = 190 };

static void plot_run_line(plot_draft *draft, const json_t *epochs, const char *metric, double unit,
                          int hue)
{
    const plot_points p = plot_add_series(draft, BNN_MARK_LINE, hue, 1, 2, json_array_size(epochs));
    size_t i;
    json_t *epoch;
    if (p.x == NULL)
        return;
    json_array_foreach(epochs, i, epoch)
    {
        const double value = cli_row_number(epoch, metric);
        p.x[i] = cli_row_number(epoch, "epoch");
        p.y[i] = isfinite(value) ? unit * value : NAN;
    }
}

int cli_plot_make_run(const json_t *epochs, double width, bnn_arena *arena, bnn_figure *out,
                      bnn_error *err)
{
    static const bnn_key_entry key[] = {{"training", BNN_MARK_LINE, 0},
                                        {"validation", BNN_MARK_LINE, 1}};
    plot_draft draft = {.arena = arena,
                        .panels = bnn_arena_alloc(arena, RUN_PANELS, sizeof *draft.panels),
                        .growth = bnn_arena_alloc(arena, RUN_PANELS, sizeof *draft.growth)};
    if (draft.panels == NULL || draft.growth == NULL)
        return bnn_no_memory(err);
    *out = (bnn_figure){.title = "accuracy and loss by epoch",
                        .description = "Two panels: accuracy and loss, of the images of training "
                                       "and of those that are held out.",
                        .width = width,
                        .panel_height = RUN_HEIGHT,
                        .n_columns = width < CLI_PLOT_NARROW ? 1 : RUN_PANELS,
                        .n_key = sizeof key / sizeof *key,
                        .key = key,
                        .panels = draft.panels};
    if (json_array_size(epochs) < 2)
        return BNN_OK;
    for (size_t i = 0; i < RUN_PANELS; i++) {
        const struct plot_run_panel *panel = &plot_run_panels[i];
        plot_add_panel(&draft)->title = panel->title;
        draft.panels[i].x = (bnn_axis){.title = "epoch", .whole = true};
        plot_run_line(&draft, epochs, panel->training, panel->unit, 0);
        plot_run_line(&draft, epochs, panel->validation, panel->unit, 1);
    }
    out->n_panels = draft.n_panels;
    return draft.failed ? bnn_no_memory(err) : BNN_OK;
}
