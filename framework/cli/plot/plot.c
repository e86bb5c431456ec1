#include "cli/plot/plot_internal.h"

#include <string.h>

static const struct {
    const char *name, *summary;
    int (*make)(plot_task *task, plot_draft *draft, bnn_figure *out, bnn_error *err);
} plot_kinds[CLI_PLOT_KINDS] = {
    {"effects", "the intervals of `bnnrun compare`, with the margin and the verdicts",
     plot_make_effects},
    {"seeds", "the result of every run, with lines between the runs of a seed", plot_make_seeds},
    {"curves", "a metric by epoch: each seed, their mean and its 95 % interval", plot_make_curves},
    {"pareto", "accuracy over bytes and over microseconds, and what none beats", plot_make_pareto},
    {"telemetry", "what telemetry measured of each layer, by epoch", plot_make_telemetry},
};

const char *cli_plot_name(size_t kind)
{
    return kind < CLI_PLOT_KINDS ? plot_kinds[kind].name : NULL;
}

const char *cli_plot_summary(cli_plot_kind kind)
{
    return plot_kinds[kind].summary;
}

enum { PLOT_WIDTH = 720, PLOT_WIDTH_MIN = 320 };

/* So many panels are enough for every figure: configs, layers, two of costs. */
static size_t plot_count_panels(const cli_compared *compared)
{
    enum { LAYERS_MAX = 256 };
    return compared->configs.n + LAYERS_MAX;
}

int cli_plot_make(cli_plot_kind kind, bnn_store *store, const cli_compared *compared,
                  const cli_plot_wish *wish, bnn_arena *arena, bnn_figure *out, const char **why,
                  bnn_error *err)
{
    plot_task task = {.store = store,
                      .compared = compared,
                      .wish = wish,
                      .width = wish->width > 0 ? wish->width : PLOT_WIDTH};
    plot_draft draft = {.arena = arena};
    if (task.width < PLOT_WIDTH_MIN)
        task.width = PLOT_WIDTH_MIN;
    *out = (bnn_figure){.title = "", .description = "", .width = task.width, .n_columns = 1};
    draft.panels = bnn_arena_alloc(arena, plot_count_panels(compared), sizeof *draft.panels);
    draft.growth = bnn_arena_alloc(arena, plot_count_panels(compared), sizeof *draft.growth);
    if (draft.panels == NULL || draft.growth == NULL)
        return bnn_no_memory(err);
    const int status = plot_kinds[kind].make(&task, &draft, out, err);
    if (status != BNN_OK)
        return status;
    if (draft.failed)
        return bnn_no_memory(err);
    *why = task.why;
    out->panels = draft.panels;
    out->n_panels = task.why == NULL ? draft.n_panels : 0;
    return BNN_OK;
}
