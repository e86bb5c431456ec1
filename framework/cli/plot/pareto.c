/* pareto.c - accuracy over what a model costs: bytes, and microseconds for an image. What nothing beats in
 * both is joined as the front, and named; the others are grey. */
#include "cli/plot/plot_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARETO_HEIGHT = 300, PARETO_COLUMN = 300 /* pixels that a panel needs at least */ };

typedef struct pareto_point {
    const char *label;
    double cost, worth; /* worth: more is better */
    double y;           /* as it is shown */
    size_t arm;
    bool front; /* none is cheaper and as good, or as cheap and better */
} pareto_point;

/* The cheapest first; of the same cost the best. */
static int pareto_order(const void *left, const void *right)
{
    const pareto_point *a = left, *b = right;
    if (a->cost != b->cost)
        return a->cost < b->cost ? -1 : 1;
    return a->worth != b->worth ? (a->worth > b->worth ? -1 : 1) : a->arm < b->arm ? -1 : 1;
}

/* The configs that have both, sorted, with the front marked; how many. */
static size_t pareto_points(const cli_question *asked, const cli_arms *costs, pareto_point *out)
{
    const cli_arms *arms = asked->configs;
    size_t n = 0;
    for (size_t i = 0; i < arms->n; i++) {
        const double y = arms->arms[i].mean, cost = costs->arms[i].mean;
        if (isfinite(y) && isfinite(cost) && cost > 0)
            out[n++] = (pareto_point){arms->arms[i].label,
                                      cost,
                                      asked->metric->goal == BNN_GOAL_MIN ? -y : y,
                                      y,
                                      i,
                                      false};
    }
    qsort(out, n, sizeof *out, pareto_order);
    double best = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        out[i].front = out[i].worth > best;
        best = fmax(best, out[i].worth);
    }
    return n;
}

/* Steps from point to point of the front: what can be had for this cost. */
static void pareto_draw_front(plot_draft *draft, const pareto_point *points, size_t n)
{
    size_t n_front = 0, k = 0;
    for (size_t i = 0; i < n; i++)
        n_front += points[i].front;
    const plot_points p =
        plot_add_series(draft, BNN_MARK_LINE, 0, 0.6, 1.2, n_front == 0 ? 0 : 2 * n_front - 1);
    for (size_t i = 0; p.x != NULL && i < n; i++)
        if (points[i].front) {
            if (k > 0) {
                p.x[k] = points[i].cost;
                p.y[k] = p.y[k - 1];
                k++;
            }
            p.x[k] = points[i].cost;
            p.y[k++] = points[i].y;
        }
}

static void pareto_draw_dots(plot_draft *draft, const pareto_point *points, size_t n, bool front)
{
    size_t n_dots = 0, k = 0;
    for (size_t i = 0; i < n; i++)
        n_dots += points[i].front == front;
    const plot_points p = plot_add_series(draft, BNN_MARK_DOTS, front ? 0 : BNN_HUE_GREY,
                                          front ? 1 : 0.6, front ? 8 : 6, n_dots);
    for (size_t i = 0; p.x != NULL && i < n; i++)
        if (points[i].front == front) {
            p.x[k] = points[i].cost;
            p.y[k++] = points[i].y;
        }
}

static void pareto_name(plot_draft *draft, const pareto_point *points, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (points[i].front)
            plot_add_note(draft, &(bnn_note){.place = BNN_PLACE_DATA,
                                             .x = points[i].cost,
                                             .y = points[i].y,
                                             .dx = -8,
                                             .dy = 9,
                                             .align = 1,
                                             .hue = BNN_HUE_INK,
                                             .text = points[i].label});
}

/* Adds a panel, if the cost is known of anything. */
static int pareto_add_panel(plot_task *task, plot_draft *draft, const char *metric, bnn_error *err)
{
    const cli_question *asked = &task->compared->asked;
    cli_arms costs;
    pareto_point *points = bnn_arena_alloc(draft->arena, asked->configs->n, sizeof *points);
    if (points == NULL)
        return bnn_no_memory(err);
    const int status = cli_arms_read(task->store, asked->experiment, bnn_run_metric(metric),
                                     draft->arena, &costs, err);
    if (status != BNN_OK)
        return status;
    const size_t n = pareto_points(asked, &costs, points);
    if (n == 0)
        return BNN_OK;
    bnn_panel *panel = plot_add_panel(draft);
    panel->x =
        (bnn_axis){.title = plot_metric_title(draft, bnn_run_metric(metric)), .logarithmic = true};
    pareto_draw_front(draft, points, n);
    pareto_draw_dots(draft, points, n, false);
    pareto_draw_dots(draft, points, n, true);
    pareto_name(draft, points, n);
    return BNN_OK;
}

int plot_make_pareto(plot_task *task, plot_draft *draft, bnn_figure *out, bnn_error *err)
{
    const cli_question *asked = &task->compared->asked;
    int status = pareto_add_panel(task, draft, "model_bytes", err);
    if (status == BNN_OK)
        status = pareto_add_panel(task, draft, "latency_us", err);
    if (status != BNN_OK)
        return status;
    if (draft->n_panels == 0)
        task->why = plot_text(draft, "%s has no config with an accuracy, and bytes or a time",
                              asked->experiment);
    out->n_columns = draft->n_panels == 2 && task->width >= 2 * PARETO_COLUMN ? 2 : 1;
    out->panel_height = PARETO_HEIGHT;
    out->heading = plot_metric_title(draft, asked->metric);
    out->title = plot_text(draft, "%s: %s, and what it costs", asked->experiment, out->heading);
    out->description =
        "Each dot is the mean of a config over its seeds; those that no other beats in "
        "both are joined by steps, and named.";
    return BNN_OK;
}
