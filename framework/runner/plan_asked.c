/* plan_asked.c - plans that ask for more runs as others end: what has ended, and what that makes of the rest.
 * For plan_looks.c and plan_rungs.c. */
#include "runner/plan_internal.h"

#include "db/store_looks.h"

#include <math.h>

bool bnn_plan_has_ended(const bnn_plan *plan, const bnn_run *run)
{
    return run->state == BNN_RUN_DONE || run->state == BNN_RUN_LOST ||
           (run->state == BNN_RUN_FAILED && plan->experiment->goes_on);
}

bool bnn_plan_goes_on(const bnn_plan *plan)
{
    return plan->looks.due > 0 || plan->settled.made < plan->experiment->contest.n_rungs;
}

int bnn_plan_read_values(const bnn_plan_matcher *m, bnn_store *store, const char *metric,
                         double unit, double **out, bnn_error *err)
{
    const bnn_plan *plan = m->plan;
    double *values = bnn_arena_alloc(plan->arena, plan->n, sizeof *values);
    const bnn_store_ended *rows;
    size_t n = 0;
    if (values == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < plan->n; i++)
        values[i] = plan->runs[i].state == BNN_RUN_FAILED ? -(double)INFINITY : (double)NAN;
    *out = values;
    if (store == NULL)
        return BNN_OK;
    const int status =
        bnn_store_list_ended(store, plan->experiment->name, metric, plan->arena, &rows, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        const bnn_run *run = bnn_plan_find_run(m, rows[i].config_hash, rows[i].seed);
        if (run != NULL && run->state != BNN_RUN_FAILED)
            values[run - plan->runs] = unit * rows[i].value;
    }
    return status;
}

int bnn_plan_begin_asking(const bnn_plan *plan, bnn_plan_asked *out, bnn_error *err)
{
    *out =
        (bnn_plan_asked){.due = bnn_arena_alloc(plan->arena, plan->n, sizeof *out->due),
                         .possible = bnn_arena_alloc(plan->arena, plan->n, sizeof *out->possible)};
    return out->due == NULL || out->possible == NULL ? bnn_no_memory(err) : BNN_OK;
}

void bnn_plan_mark_needs(const bnn_plan *plan, bool *marks)
{
    for (size_t i = plan->n; i-- > 0;)
        for (int p = 0; marks[i] && p < BNN_PURPOSES; p++) {
            const bnn_run *need = bnn_plan_need(plan, &plan->runs[i], (bnn_purpose)p);
            if (need != NULL)
                marks[need - plan->runs] = true;
        }
}

void bnn_plan_ask(bnn_plan *plan, const bnn_plan_asked *asked)
{
    bnn_plan_mark_needs(plan, asked->due);
    bnn_plan_mark_needs(plan, asked->possible);
    for (size_t i = 0; i < plan->n; i++) {
        bnn_run *run = &plan->runs[i];
        if (!bnn_run_is_todo(run) || run->state == BNN_RUN_AGAIN)
            continue;
        if (run->state == BNN_RUN_FAILED && plan->experiment->goes_on)
            run->state = BNN_RUN_SPARED;
        else if (!asked->due[i])
            run->state = asked->possible[i] ? BNN_RUN_LATER : BNN_RUN_SPARED;
    }
}
