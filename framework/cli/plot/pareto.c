/* pareto.c - accuracy over what a model costs: bytes, and microseconds for an image. What nothing beats in
 * both is joined as the front, and named; the others are grey. */
#include "cli/plot/names.h"

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

/* What a panel shows. */
typedef struct pareto_points {
    const char *metric; /* of the costs */
    size_t n;
    pareto_point *rows; /* by cost */
} pareto_points;

/* The cheapest first; of the same cost the best. */
static int pareto_order(const void *left, const void *right)
{
    const pareto_point *a = left, *b = right;
    if (a->cost != b->cost)
        return a->cost < b->cost ? -1 : 1;
    return a->worth != b->worth ? (a->worth > b->worth ? -1 : 1) : a->arm < b->arm ? -1 : 1;
}

/* The configs that have both, sorted, with the front marked. */
static void pareto_sort(const cli_question *asked, const cli_arms *costs, pareto_points *out)
{
    const cli_arms *arms = asked->configs;
    for (size_t i = 0; i < arms->n; i++) {
        const double y = arms->arms[i].mean, cost = costs->arms[i].mean;
        if (isfinite(y) && isfinite(cost) && cost > 0)
            out->rows[out->n++] = (pareto_point){arms->arms[i].label,
                                                 cost,
                                                 asked->metric->goal == BNN_GOAL_MIN ? -y : y,
                                                 y,
                                                 i,
                                                 false};
    }
    qsort(out->rows, out->n, sizeof *out->rows, pareto_order);
    double best = -INFINITY;
    for (size_t i = 0; i < out->n; i++) {
        out->rows[i].front = out->rows[i].worth > best;
        best = fmax(best, out->rows[i].worth);
    }
}

static int pareto_read(plot_task *task, plot_draft *draft, const char *metric, pareto_points *out,
                       bnn_error *err)
{
    const cli_question *asked = &task->compared->asked;
    cli_arms costs;
    *out = (pareto_points){.metric = metric,
                           .rows =
                               bnn_arena_alloc(draft->arena, asked->configs->n, sizeof *out->rows)};
    if (out->rows == NULL)
        return bnn_no_memory(err);
    const int status = cli_arms_read(task->store, asked->experiment, bnn_run_metric(metric),
                                     draft->arena, &costs, err);
    if (status == BNN_OK)
        pareto_sort(asked, &costs, out);
    return status;
}

/* Steps from point to point of the front: what can be had for this cost. */
static void pareto_draw_front(plot_draft *draft, const pareto_points *points)
{
    size_t n_front = 0, k = 0;
    for (size_t i = 0; i < points->n; i++)
        n_front += points->rows[i].front;
    const plot_points p = plot_add_series(draft, BNN_MARK_LINE, 0, 0.55, 1.5, 2 * n_front - 1);
    for (size_t i = 0; p.x != NULL && i < points->n; i++)
        if (points->rows[i].front) {
            if (k > 0) {
                p.x[k] = points->rows[i].cost;
                p.y[k] = p.y[k - 1];
                k++;
            }
            p.x[k] = points->rows[i].cost;
            p.y[k++] = points->rows[i].y;
        }
}

static void pareto_draw_dots(plot_draft *draft, const pareto_points *points, bool front)
{
    size_t n_dots = 0, k = 0;
    for (size_t i = 0; i < points->n; i++)
        n_dots += points->rows[i].front == front;
    const plot_points p = plot_add_series(draft, BNN_MARK_DOTS, front ? 0 : BNN_HUE_GREY,
                                          front ? 1 : 0.6, front ? 8 : 6, n_dots);
    for (size_t i = 0; p.x != NULL && i < points->n; i++)
        if (points->rows[i].front == front) {
            p.x[k] = points->rows[i].cost;
            p.y[k++] = points->rows[i].y;
        }
}

/* Both panels have the same range upwards. */
static void pareto_find_range(const pareto_points *panels, size_t n, bnn_axis *y)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < panels[k].n; i++) {
            low = fmin(low, panels[k].rows[i].y);
            high = fmax(high, panels[k].rows[i].y);
        }
    const double room = high > low ? 0.08 * (high - low) : fmax(0.05 * fabs(high), 0.1);
    y->low = low - room;
    y->high = high + room;
}

static void pareto_add_panel(plot_draft *draft, const pareto_points *points, const bnn_axis *y)
{
    const double least = points->rows[0].cost, most = points->rows[points->n - 1].cost;
    const double room = most > least ? pow(most / least, 0.08) : 1.5;
    bnn_panel *panel = plot_add_panel(draft);
    panel->y = *y;
    panel->x = (bnn_axis){.title = plot_metric_title(draft, bnn_run_metric(points->metric)),
                          .low = least / room,
                          .high = most * room,
                          .logarithmic = true};
    pareto_draw_front(draft, points);
    pareto_draw_dots(draft, points, false);
    pareto_draw_dots(draft, points, true);
}

/* Names the front, once it is known how large the panels are. */
static void pareto_name(plot_draft *draft, const bnn_figure *figure, size_t i,
                        const pareto_points *points)
{
    plot_names names = {.draft = draft};
    plot_names_begin(&names, figure, i);
    for (size_t k = 0; k < points->n; k++)
        plot_names_avoid(&names, points->rows[k].cost, points->rows[k].y, 5);
    const pareto_point *before = NULL;
    for (size_t k = 0; k < points->n; k++) {
        const pareto_point *own = &points->rows[k];
        if (own->front && before != NULL) {
            plot_names_avoid_line(&names, before->cost, before->y, own->cost, before->y);
            plot_names_avoid_line(&names, own->cost, before->y, own->cost, own->y);
        }
        before = own->front ? own : before;
    }
    for (size_t k = 0; k < points->n; k++)
        if (points->rows[k].front)
            plot_names_add(&names, points->rows[k].cost, points->rows[k].y, points->rows[k].label);
}

int plot_make_pareto(plot_task *task, plot_draft *draft, bnn_figure *out, bnn_error *err)
{
    static const char *const metrics[] = {"model_bytes", "latency_us"};
    const cli_question *asked = &task->compared->asked;
    pareto_points panels[2];
    size_t n = 0;
    bnn_axis y = {.title = NULL};
    for (size_t i = 0; i < 2; i++) {
        if (pareto_read(task, draft, metrics[i], &panels[n], err) != BNN_OK)
            return err->status;
        n += panels[n].n > 0;
    }
    if (n == 0) {
        task->why = plot_text(draft, "%s has no config with an accuracy, and bytes or a time",
                              asked->experiment);
        return BNN_OK;
    }
    pareto_find_range(panels, n, &y);
    out->n_columns = n == 2 && task->width >= 2 * PARETO_COLUMN ? 2 : 1;
    out->panel_height = PARETO_HEIGHT;
    out->heading = plot_metric_title(draft, asked->metric);
    for (size_t i = 0; i < n; i++) {
        y.bare = i % out->n_columns != 0;
        pareto_add_panel(draft, &panels[i], &y);
    }
    out->panels = draft->panels;
    out->n_panels = n;
    for (size_t i = 0; i < n && !draft->failed; i++)
        pareto_name(draft, out, i, &panels[i]);
    out->title = plot_text(draft, "%s: %s, and what it costs", asked->experiment, out->heading);
    out->description = "Each dot is the mean of a config over its seeds. Those that no other beats "
                       "in both are joined by steps, and named.";
    return BNN_OK;
}
