/* pareto.c - accuracy over what a model costs: bytes, and microseconds for an image. What nothing beats in
 * accuracy and a cost is joined as the front of a panel; what nothing beats in all three at once is coloured, and
 * named; the others are grey. What others have published stands beside, and neither beats nor is beaten. */
#include "cli/plot/others.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARETO_HEIGHT = 300, PARETO_COLUMN = 300 /* pixels that a panel needs at least */ };
enum { PARETO_COSTS = PLOT_COSTS, PARETO_NAMED = 12 /* in the words of the figure */ };

static const char *const pareto_metrics[PARETO_COSTS] = {"model_bytes", "latency_us"};

/* A config; NaN is what is not known. */
typedef struct pareto_config {
    const char *label;
    double y;     /* as it is shown */
    double worth; /* more is better */
    double costs[PARETO_COSTS];
    bool best; /* all is known, and none is as good in all of it, and better in one */
} pareto_config;

typedef struct pareto_configs {
    size_t n, n_known, n_best; /* n_known: of which all is known */
    pareto_config *rows;
} pareto_configs;

typedef struct pareto_point {
    const pareto_config *config;
    double cost;
    bool front; /* none is cheaper and as good, or as cheap and better */
} pareto_point;

/* What a panel shows. */
typedef struct pareto_points {
    size_t cost; /* of pareto_metrics */
    size_t n;
    pareto_point *rows; /* by cost */
} pareto_points;

static bool pareto_is_known(const pareto_config *c)
{
    bool known = isfinite(c->worth);
    for (size_t k = 0; k < PARETO_COSTS; k++)
        known = known && isfinite(c->costs[k]);
    return known;
}

static bool pareto_beats(const pareto_config *a, const pareto_config *b)
{
    bool as_good = a->worth >= b->worth, better = a->worth > b->worth;
    for (size_t k = 0; k < PARETO_COSTS; k++) {
        as_good = as_good && a->costs[k] <= b->costs[k];
        better = better || a->costs[k] < b->costs[k];
    }
    return as_good && better;
}

static void pareto_find_best(pareto_configs *configs)
{
    for (size_t i = 0; i < configs->n; i++) {
        pareto_config *own = &configs->rows[i];
        own->best = pareto_is_known(own);
        configs->n_known += own->best;
        for (size_t k = 0; k < configs->n && own->best; k++)
            own->best = !pareto_beats(&configs->rows[k], own);
        configs->n_best += own->best;
    }
}

static int pareto_read(const plot_task *task, bnn_arena *arena, pareto_configs *out, bnn_error *err)
{
    const cli_question *asked = &task->compared->asked;
    const cli_arms *arms = asked->configs;
    *out =
        (pareto_configs){.n = arms->n, .rows = bnn_arena_alloc(arena, arms->n, sizeof *out->rows)};
    if (out->rows == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < arms->n; i++) {
        /* Means of the same sum may differ in their last bits. */
        const double y = round(1e9 * arms->arms[i].mean) / 1e9;
        out->rows[i].label = arms->arms[i].label;
        out->rows[i].y = y;
        out->rows[i].worth = asked->metric->goal == BNN_GOAL_MIN ? -y : y;
    }
    for (size_t k = 0; k < PARETO_COSTS; k++) {
        cli_arms costs;
        if (cli_arms_read(task->store, asked->experiment, bnn_run_metric(pareto_metrics[k]), arena,
                          &costs, err) != BNN_OK)
            return err->status;
        for (size_t i = 0; i < arms->n; i++)
            out->rows[i].costs[k] = costs.arms[i].mean > 0 ? costs.arms[i].mean : (double)NAN;
    }
    pareto_find_best(out);
    return BNN_OK;
}

/* The cheapest first; of the same cost the best. */
static int pareto_order(const void *left, const void *right)
{
    const pareto_point *a = left, *b = right;
    if (a->cost != b->cost)
        return a->cost < b->cost ? -1 : 1;
    if (a->config->worth != b->config->worth)
        return a->config->worth > b->config->worth ? -1 : 1;
    if (a->config->best != b->config->best)
        return a->config->best ? -1 : 1;
    return a->config < b->config ? -1 : 1;
}

/* The configs that have an accuracy and this cost, sorted, with the front marked. */
static bool pareto_sort(plot_draft *draft, const pareto_configs *configs, size_t cost,
                        pareto_points *out)
{
    *out = (pareto_points){.cost = cost,
                           .rows = bnn_arena_alloc(draft->arena, configs->n, sizeof *out->rows)};
    draft->failed |= out->rows == NULL;
    for (size_t i = 0; out->rows != NULL && i < configs->n; i++) {
        const pareto_config *own = &configs->rows[i];
        if (isfinite(own->worth) && isfinite(own->costs[cost]))
            out->rows[out->n++] = (pareto_point){own, own->costs[cost], false};
    }
    if (out->n == 0)
        return false;
    qsort(out->rows, out->n, sizeof *out->rows, pareto_order);
    double best = -INFINITY;
    for (size_t i = 0; i < out->n; i++) {
        out->rows[i].front = out->rows[i].config->worth > best;
        best = fmax(best, out->rows[i].config->worth);
    }
    return true;
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
            p.y[k++] = points->rows[i].config->y;
        }
}

static bool pareto_is_named(const pareto_point *point)
{
    return point->front || point->config->best;
}

static void pareto_draw_dots(plot_draft *draft, const pareto_points *points, bool named)
{
    size_t n_dots = 0, k = 0;
    for (size_t i = 0; i < points->n; i++)
        n_dots += pareto_is_named(&points->rows[i]) == named;
    const plot_points p = plot_add_series(draft, BNN_MARK_DOTS, named ? 0 : BNN_HUE_GREY,
                                          named ? 1 : 0.6, named ? 8 : 6, n_dots);
    for (size_t i = 0; p.x != NULL && i < points->n; i++)
        if (pareto_is_named(&points->rows[i]) == named) {
            p.x[k] = points->rows[i].cost;
            p.y[k++] = points->rows[i].config->y;
        }
}

/* Both panels have the same range upwards. */
static void pareto_find_range(const pareto_points *panels, size_t n, plot_draft *draft,
                              const cli_published *published, plot_others *others, bnn_axis *y)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < panels[k].n; i++) {
            low = fmin(low, panels[k].rows[i].config->y);
            high = fmax(high, panels[k].rows[i].config->y);
        }
    plot_others_choose(draft, published, &low, &high, others);
    const double room = high > low ? 0.08 * (high - low) : fmax(0.05 * fabs(high), 0.1);
    y->low = low - room;
    y->high = high + room;
}

static void pareto_add_panel(plot_draft *draft, const pareto_points *points,
                             const plot_others *others, const bnn_axis *y)
{
    double least = points->rows[0].cost, most = points->rows[points->n - 1].cost;
    plot_others_widen(others, points->cost, &least, &most);
    const double room = most > least ? pow(most / least, 0.08) : 1.5;
    bnn_panel *panel = plot_add_panel(draft);
    panel->y = *y;
    panel->x =
        (bnn_axis){.title = plot_metric_title(draft, bnn_run_metric(pareto_metrics[points->cost])),
                   .low = least / room,
                   .high = most * room,
                   .logarithmic = true};
    plot_others_draw(draft, others, points->cost);
    pareto_draw_front(draft, points);
    pareto_draw_dots(draft, points, false);
    pareto_draw_dots(draft, points, true);
}

/* Names what is coloured, that on the line first, once it is known how large the panels are. */
static void pareto_name(plot_draft *draft, const bnn_figure *figure, size_t i,
                        const pareto_points *points, const plot_others *others)
{
    plot_names names = {.draft = draft};
    plot_names_begin(&names, figure, i);
    for (size_t k = 0; k < points->n; k++)
        plot_names_avoid(&names, points->rows[k].cost, points->rows[k].config->y, 5);
    plot_others_avoid(&names, others, points->cost);
    const pareto_point *before = NULL;
    for (size_t k = 0; k < points->n; k++) {
        const pareto_point *own = &points->rows[k];
        if (own->front && before != NULL) {
            const double y = before->config->y;
            plot_names_avoid_line(&names, before->cost, y, own->cost, y);
            plot_names_avoid_line(&names, own->cost, y, own->cost, own->config->y);
        }
        before = own->front ? own : before;
    }
    for (int front = 1; front >= 0; front--)
        for (size_t k = 0; k < points->n; k++) {
            const pareto_point *own = &points->rows[k];
            if (pareto_is_named(own) && own->front == (front == 1))
                plot_names_add(&names, own->cost, own->config->y, own->config->label);
        }
    plot_others_name(&names, others, points->cost);
}

/* "2 of 3: a; b" */
static const char *pareto_list(plot_draft *draft, const pareto_configs *configs)
{
    const char *list = plot_text(draft, "%zu of %zu", configs->n_best, configs->n_known);
    size_t n = 0;
    for (size_t i = 0; i < configs->n; i++)
        if (configs->rows[i].best && n++ < PARETO_NAMED)
            list = plot_text(draft, "%s%s %s", list, n == 1 ? ":" : ";", configs->rows[i].label);
    return n <= PARETO_NAMED ? list : plot_text(draft, "%s; and %zu more", list, n - PARETO_NAMED);
}

/* What colours and lines mean, in the figure and for who cannot see it. */
static void pareto_explain(plot_draft *draft, const cli_question *asked,
                           const pareto_configs *configs, const plot_others *others,
                           bnn_figure *out)
{
    static const bnn_key_entry own[] = {
        {"no other beats it in all three at once", BNN_MARK_DOTS, 0},
        {"nor in these two", BNN_MARK_LINE, 0},
        {"beaten", BNN_MARK_DOTS, BNN_HUE_GREY}};
    const size_t n_own = configs->n_known > 0 ? sizeof own / sizeof *own : 0;
    out->key = plot_others_key(draft, others, own, n_own, &out->n_key);
    out->title = plot_text(draft, "%s: %s, and what it costs", asked->experiment, out->heading);
    out->description =
        plot_text(draft, "%s%s",
                  "Each dot is the mean of a config over its seeds. "
                  "Those that no other beats in both are joined by steps, and named.",
                  plot_others_words(draft, others));
    if (configs->n_known > 0)
        out->description =
            plot_text(draft,
                      "Each dot is the mean of a config over its seeds. Those that no other "
                      "beats in the two of a panel are joined by steps; those that no other "
                      "beats in all three at once are coloured, and named, %s.%s",
                      pareto_list(draft, configs), plot_others_words(draft, others));
}

int plot_make_pareto(plot_task *task, plot_draft *draft, bnn_figure *out, bnn_error *err)
{
    const cli_question *asked = &task->compared->asked;
    pareto_configs configs;
    pareto_points panels[PARETO_COSTS];
    size_t n = 0;
    plot_others others;
    bnn_axis y = {.title = NULL};
    if (pareto_read(task, draft->arena, &configs, err) != BNN_OK)
        return err->status;
    for (size_t i = 0; i < PARETO_COSTS; i++)
        n += pareto_sort(draft, &configs, i, &panels[n]);
    if (n == 0) {
        task->why = plot_text(draft, "%s has no config with an accuracy, and bytes or a time",
                              asked->experiment);
        return BNN_OK;
    }
    pareto_find_range(panels, n, draft, task->wish->published, &others, &y);
    out->n_columns =
        n == PARETO_COSTS && task->width >= PARETO_COSTS * PARETO_COLUMN ? PARETO_COSTS : 1;
    out->panel_height = PARETO_HEIGHT;
    out->heading = plot_metric_title(draft, asked->metric);
    pareto_explain(draft, asked, &configs, &others, out);
    for (size_t i = 0; i < n; i++) {
        y.bare = i % out->n_columns != 0;
        pareto_add_panel(draft, &panels[i], &others, &y);
    }
    out->panels = draft->panels;
    out->n_panels = n;
    for (size_t i = 0; i < n && !draft->failed; i++)
        pareto_name(draft, out, i, &panels[i], &others);
    return BNN_OK;
}
