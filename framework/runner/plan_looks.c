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

/* Of a run that has ended for the looks: by itself, or since the command that plans has tried it. */
static bool look_is_ended(const bnn_plan *plan, const bnn_run *run)
{
    return run->state == BNN_RUN_DONE || run->state == BNN_RUN_LOST ||
           (run->state == BNN_RUN_FAILED && plan->experiment->until.goes_on);
}

static int look_begin(plan_look *l, bnn_error *err)
{
    const bnn_experiment *x = l->plan->experiment;
    l->plan->looked = bnn_arena_alloc(l->plan->arena, x->n_configs, sizeof *l->plan->looked);
    l->values = bnn_arena_alloc(l->plan->arena, l->plan->n, sizeof *l->values);
    if (l->plan->looked == NULL || l->values == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < l->plan->n; i++)
        l->values[i] = (double)NAN;
    for (size_t i = 0; i < x->n_configs; i++)
        if (strcmp(x->configs[i].hash, x->compare.reference) == 0)
            l->reference = i;
        else if (x->configs[i].only == NULL)
            l->plan->looked[l->n++] = i;
    return BNN_OK;
}

static int look_read(const bnn_plan_matcher *m, plan_look *l, bnn_store *store, bnn_error *err)
{
    const bnn_experiment *x = l->plan->experiment;
    const bnn_metric *metric = bnn_run_metric(x->compare.metric);
    const double unit = (metric->unit == BNN_UNIT_FRACTION ? 100.0 : 1.0) *
                        (metric->goal == BNN_GOAL_MIN ? -1.0 : 1.0);
    const bnn_store_ended *rows;
    size_t n;
    const int status =
        bnn_store_list_ended(store, x->name, metric->name, l->plan->arena, &rows, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        const bnn_run *run = bnn_plan_find_run(m, rows[i].config_hash, rows[i].seed);
        if (run != NULL && run->state != BNN_RUN_FAILED)
            l->values[run - l->plan->runs] = unit * rows[i].value;
    }
    for (size_t i = 0; i < l->plan->n; i++)
        if (l->plan->runs[i].state == BNN_RUN_FAILED)
            l->values[i] = -INFINITY;
    return status;
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
            ended[i * seeds + j] =
                look_is_ended(plan, &plan->runs[own]) && look_is_ended(plan, &plan->runs[other]);
        }
    const bnn_paired paired = {l->n, seeds, differences};
    const bnn_question question = {.alpha = x->compare.alpha, .margin = x->compare.margin};
    plan->n_looked = l->n;
    return bnn_looks_make(&paired, ended, &question, &x->until.design, plan->arena, &plan->looks,
                          err);
}

/* The runs that are asked for now, with those that they need. */
static void look_mark(const plan_look *l, bool *due)
{
    const bnn_plan *plan = l->plan;
    const size_t n_configs = plan->experiment->n_configs;
    for (size_t j = 0; j < plan->looks.due; j++) {
        due[j * n_configs + l->reference] = true;
        for (size_t i = 0; i < l->n; i++)
            due[j * n_configs + plan->looked[i]] |= !plan->looks.has_left[i];
    }
    for (size_t i = plan->n; i-- > 0;)
        for (int p = 0; due[i] && p < BNN_PURPOSES; p++) {
            const bnn_run *need = bnn_plan_need(plan, &plan->runs[i], (bnn_purpose)p);
            if (need != NULL)
                due[need - plan->runs] = true;
        }
}

/* Whether a run may still be asked for: its config, or one that needs it, is in. */
static void look_mark_possible(const plan_look *l, bool *possible)
{
    bnn_plan later = *l->plan;
    later.looks.due = l->plan->looks.due > 0 ? l->plan->experiment->n_seeds : 0;
    look_mark(&(plan_look){.plan = &later, .reference = l->reference, .n = l->n}, possible);
}

static int look_settle(const plan_look *l, bnn_error *err)
{
    bnn_plan *plan = l->plan;
    bool *due = bnn_arena_alloc(plan->arena, plan->n, sizeof *due);
    bool *possible = bnn_arena_alloc(plan->arena, plan->n, sizeof *possible);
    if (due == NULL || possible == NULL)
        return bnn_no_memory(err);
    look_mark(l, due);
    look_mark_possible(l, possible);
    for (size_t i = 0; i < plan->n; i++) {
        bnn_run *run = &plan->runs[i];
        if (!bnn_run_is_todo(run) || run->state == BNN_RUN_AGAIN)
            continue;
        if (run->state == BNN_RUN_FAILED && plan->experiment->until.goes_on)
            run->state = BNN_RUN_SPARED;
        else if (!due[i])
            run->state = possible[i] ? BNN_RUN_LATER : BNN_RUN_SPARED;
    }
    return BNN_OK;
}

int bnn_plan_look(const bnn_plan_matcher *m, bnn_store *store, bnn_error *err)
{
    plan_look l = {.plan = m->plan};
    if (!m->plan->experiment->until.is_there)
        return BNN_OK;
    int status = look_begin(&l, err);
    if (status == BNN_OK && store != NULL)
        status = look_read(m, &l, store, err);
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
