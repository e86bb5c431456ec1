/* seeds.c - the result of every run: a row for each config, a dot for each seed, and lines that join the
 * dots of a seed from row to row, so that what moves together is seen. */
#include "cli/plot/plot_internal.h"

#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DOTS_ROW = 34,
    DOTS_TALL_ROW = 56, /* with the texts above the dots */
    DOTS_RAISED = 20,   /* by so much */
};

#define DOTS_TICK 0.22 /* half the height of a mean, of a row */

/* An arm, to be sorted. */
typedef struct dots_row {
    const cli_arm *arm;
    double worth; /* its mean, more is better */
    size_t i;
} dots_row;

/* The best first; those with failed runs behind the others, as in `compare`; those without results last. */
static int dots_order(const void *left, const void *right)
{
    const dots_row *a = left, *b = right;
    if (isnan(a->worth) != isnan(b->worth))
        return isnan(a->worth) ? 1 : -1;
    if ((a->arm->n_failed > 0) != (b->arm->n_failed > 0))
        return a->arm->n_failed > 0 ? 1 : -1;
    if (a->worth != b->worth && !isnan(a->worth))
        return a->worth < b->worth ? 1 : -1;
    return a->i < b->i ? -1 : 1;
}

static dots_row *dots_sort(const cli_question *asked, bnn_arena *arena)
{
    const cli_arms *arms = asked->arms;
    dots_row *rows = bnn_arena_alloc(arena, arms->n, sizeof *rows);
    for (size_t i = 0; rows != NULL && i < arms->n; i++) {
        const double mean = arms->arms[i].mean;
        rows[i] = (dots_row){&arms->arms[i], asked->metric->goal == BNN_GOAL_MIN ? -mean : mean, i};
    }
    if (rows != NULL)
        qsort(rows, arms->n, sizeof *rows, dots_order);
    return rows;
}

/* A line for each seed; it is parted where there is no result. */
static void dots_join(plot_draft *draft, const dots_row *rows, const cli_arms *arms)
{
    for (size_t s = 0; s < arms->n_seeds; s++) {
        const plot_points p =
            plot_add_series(draft, BNN_MARK_LINE, BNN_HUE_INK, 0.28, 0.7, arms->n);
        for (size_t i = 0; p.x != NULL && i < arms->n; i++) {
            p.x[i] = rows[i].arm->values[s];
            p.y[i] = (double)i;
        }
    }
}

static void dots_draw(plot_draft *draft, const dots_row *row, size_t i, size_t n_seeds,
                      bool is_baseline)
{
    const int hue = is_baseline ? 1 : 0;
    const plot_points p = plot_add_series(draft, BNN_MARK_DOTS, hue, 0.75, 6, n_seeds);
    for (size_t s = 0; p.x != NULL && s < n_seeds; s++) {
        p.x[s] = row->arm->values[s];
        p.y[s] = (double)i;
    }
    if (isfinite(row->arm->mean))
        plot_add_line(draft, hue, 1, 2.5, row->arm->mean, (double)i - DOTS_TICK, row->arm->mean,
                      (double)i + DOTS_TICK);
}

/* "97.56 \u00b1 0.16", and how many failed. */
static const char *dots_tell(plot_draft *draft, const cli_question *asked, const cli_arm *arm)
{
    const int n_decimals = asked->metric->unit == BNN_UNIT_BYTES ? 0 : 2;
    bnn_moments moments = {0};
    for (size_t s = 0; s < asked->arms->n_seeds; s++)
        if (!isnan(arm->values[s]))
            bnn_moments_add(&moments, arm->values[s]);
    const char *mean = moments.n == 0  ? "no result"
                       : moments.n < 2 ? plot_text(draft, "%.*f", n_decimals, arm->mean)
                                       : plot_text(draft, "%.*f \u00b1 %.*f", n_decimals, arm->mean,
                                                   n_decimals, bnn_moments_sd(&moments));
    return arm->n_failed == 0 ? mean : plot_text(draft, "%s, %zu failed", mean, arm->n_failed);
}

/* In a narrow figure, name and mean stand above the dots; in a wide one the mean at their right. */
static void dots_name(plot_draft *draft, const char *name, const char *mean, size_t row,
                      double width)
{
    const bool narrow = width < CLI_PLOT_NARROW;
    bnn_note note = {.place = narrow ? BNN_PLACE_RIGHT : BNN_PLACE_BESIDE,
                     .y = (double)row,
                     .dx = narrow ? 0 : 10,
                     .dy = narrow ? DOTS_RAISED : 0,
                     .hue = BNN_HUE_INK,
                     .text = mean};
    plot_add_note(draft, &note);
    note.place = BNN_PLACE_LEFT;
    note.text = plot_fitted(draft, name, width - CLI_PLOT_AROUND - bnn_figure_text_width(mean));
    if (narrow)
        plot_add_note(draft, &note);
}

int plot_make_seeds(plot_task *task, plot_draft *draft, bnn_figure *out, bnn_error *err)
{
    const cli_question *asked = &task->compared->asked;
    const cli_arms *arms = asked->arms;
    const char **names = bnn_arena_alloc(draft->arena, arms->n, sizeof *names);
    const dots_row *rows = dots_sort(asked, draft->arena);
    bnn_panel *panel = plot_add_panel(draft);
    const bool narrow = task->width < CLI_PLOT_NARROW;
    (void)err;
    draft->failed |= names == NULL || rows == NULL;
    if (draft->failed)
        return BNN_OK;
    dots_join(draft, rows, arms);
    for (size_t i = 0; i < arms->n; i++) {
        names[i] = narrow ? "" : rows[i].arm->label;
        dots_draw(draft, &rows[i], i, arms->n_seeds, rows[i].i == asked->baseline);
        dots_name(draft, rows[i].arm->label, dots_tell(draft, asked, rows[i].arm), i, task->width);
    }
    panel->x = (bnn_axis){.title = plot_metric_title(draft, asked->metric)};
    panel->y = (bnn_axis){.n_names = arms->n, .names = names};
    out->panel_height = (narrow ? DOTS_TALL_ROW : DOTS_ROW) * (double)arms->n;
    out->title = plot_text(draft, "%s: %s of every run", asked->experiment, panel->x.title);
    out->description = plot_text(
        draft,
        "A row for each of %zu configs, the best first, with a dot for each of %zu seeds, "
        "its mean as an upright line, and thin lines between the runs of a seed.",
        arms->n, arms->n_seeds);
    return BNN_OK;
}
