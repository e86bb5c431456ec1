/* plan_looks.c - seeds until it is decided: which runs the looks ask for, and what they said. */
#include "runner/plan_internal.h"

#include "base/size.h"
#include "db/store_looks.h"

#include <math.h>
#include <string.h>

/* What the looks of a plan are made from. */
typedef struct plan_look {
    bnn_plan *plan;
    size_t reference; /* the config that the others are compared with */
    size_t n;         /* the others: plan->looked[n] */
    double *values;   /* [plan->n] of the runs, more being better; NaN: none */
} plan_look;

static int look_begin(plan_look *l, bnn_error *err)
{
    const bnn_experiment *x = l->plan->experiment;
    l->plan->looked = bnn_arena_alloc(l->plan->arena, x->n_configs, sizeof *l->plan->looked);
    if (l->plan->looked == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < x->n_configs; i++)
        if (strcmp(x->configs[i].hash, x->compare.reference) == 0)
            l->reference = i;
        else if (x->configs[i].only == NULL)
            l->plan->looked[l->n++] = i;
    return BNN_OK;
}

static int look_make(plan_look *l, bnn_error *err)
{
    bnn_plan *plan = l->plan;
    const bnn_experiment *x = plan->experiment;
    const size_t seeds = x->n_seeds, all = bnn_size_product(l->n, seeds);
    double *differences = bnn_arena_alloc(plan->arena, all, sizeof *differences);
    bool *ended = bnn_arena_alloc(plan->arena, all, sizeof *ended);
    if (differences == NULL || ended == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < l->n; i++)
        for (size_t j = 0; j < seeds; j++) {
            const size_t own = j * x->n_configs + plan->looked[i];
            const size_t other = j * x->n_configs + l->reference;
            differences[i * seeds + j] = l->values[own] - l->values[other];
            ended[i * seeds + j] = bnn_plan_has_ended(plan, &plan->runs[own]) &&
                                   bnn_plan_has_ended(plan, &plan->runs[other]);
        }
    const bnn_paired paired = {l->n, seeds, differences};
    const bnn_question question = {.alpha = x->compare.alpha, .margin = x->compare.margin};
    plan->n_looked = l->n;
    return bnn_looks_make(&paired, ended, &question, &x->until.design, plan->arena, &plan->looks,
                          err);
}

/* Marks the runs up to so many seeds that are asked for. */
static void look_mark(const plan_look *l, size_t seeds, bool *marks)
{
    const bnn_plan *plan = l->plan;
    const size_t n_configs = plan->experiment->n_configs;
    for (size_t j = 0; j < seeds; j++) {
        marks[j * n_configs + l->reference] = true;
        for (size_t i = 0; i < l->n; i++)
            marks[j * n_configs + plan->looked[i]] |= !plan->looks.has_left[i];
    }
}

static int look_settle(const plan_look *l, bnn_error *err)
{
    bnn_plan *plan = l->plan;
    const size_t due = plan->looks.due;
    bnn_plan_asked asked;
    if (bnn_plan_begin_asking(plan, &asked, err) != BNN_OK)
        return err->status;
    look_mark(l, due, asked.due);
    look_mark(l, due > 0 ? plan->experiment->n_seeds : 0, asked.possible);
    bnn_plan_ask(plan, &asked);
    return BNN_OK;
}

int bnn_plan_look(const bnn_plan_matcher *m, bnn_store *store, bnn_error *err)
{
    plan_look l = {.plan = m->plan};
    if (!m->plan->experiment->until.is_there)
        return BNN_OK;
    const bnn_metric *metric = bnn_run_metric(m->plan->experiment->compare.metric);
    const double unit = (metric->unit == BNN_UNIT_FRACTION ? 100.0 : 1.0) *
                        (metric->goal == BNN_GOAL_MIN ? -1.0 : 1.0);
    int status = look_begin(&l, err);
    if (status == BNN_OK)
        status = bnn_plan_read_values(m, store, metric->name, unit, &l.values, err);
    if (status == BNN_OK)
        status = look_make(&l, err);
    return status == BNN_OK ? look_settle(&l, err) : status;
}

/* ---- kept -------------------------------------------------------------------------------- */

/* As measured: accuracies as fractions, of a metric of which less is better with the other sign. */
static bnn_store_look look_row(const bnn_experiment *x, size_t look, const bnn_answer *a)
{
    const bnn_metric *metric = bnn_run_metric(x->compare.metric);
    const double unit = metric->unit == BNN_UNIT_FRACTION ? 100.0 : 1.0;
    const bool turned = metric->goal == BNN_GOAL_MIN;
    return (bnn_store_look){
        .look = (uint32_t)look + 1,
        .seeds = x->until.design.seeds[look],
        .n = a->pairs,
        .n_failed = a->failed,
        .difference = (turned ? -a->mean : a->mean) / unit,
        .low = (turned ? -a->high : a->low) / unit,
        .high = (turned ? -a->low : a->high) / unit,
        .p = a->p,
        .level = bnn_design_spent(&x->until.design, x->compare.alpha, look),
        .verdict = bnn_verdict_name(a->verdict),
    };
}

int bnn_plan_keep_looks(const bnn_plan *plan, bnn_store *store, int64_t experiment,
                        const int64_t *configs, bnn_error *err)
{
    const bnn_experiment *x = plan->experiment;
    bnn_store_look rows[BNN_LOOKS_MAX];
    int status = bnn_store_forget_looks(store, experiment, !x->until.is_there, err);
    for (size_t i = 0; status == BNN_OK && x->until.is_there && i < plan->n_looked; i++) {
        for (size_t k = 0; k < plan->looks.asked[i]; k++)
            rows[k] = look_row(x, k, &plan->looks.answers[k * plan->n_looked + i]);
        status = bnn_store_keep_looks(store, experiment, configs[plan->looked[i]],
                                      plan->looks.asked[i], rows, err);
    }
    return status;
}
