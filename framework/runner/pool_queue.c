/* pool_queue.c - which run is next, when runs need others, and what is said of it. */
#include "runner/pool_internal.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

/* Between two claims of a run that needs others: what the database knows of these may be other than what
 * the plan does. */
static const double ask_seconds = 1.0;

static bool queue_is_held(const pool *p, const bnn_run *run)
{
    for (uint32_t i = 0; i < p->n_jobs; i++)
        if (p->jobs[i].step != POOL_IDLE && p->jobs[i].run == run)
            return true;
    return false;
}

static bool queue_is_ready(pool *p, const bnn_run *run, double now)
{
    bool needs = false;
    for (int k = 0; k < BNN_PURPOSES; k++) {
        const bnn_run *need = bnn_plan_need(p->plan, run, (bnn_purpose)k);
        if (need == NULL)
            continue;
        if (need->state == BNN_RUN_QUEUED || queue_is_held(p, need))
            return false;
        needs = true;
    }
    double *asked = &p->asked[run - p->plan->runs];
    if (needs && now < *asked + ask_seconds)
        return false;
    *asked = now;
    return true;
}

/* Whether a run that is executed alone is under way; *busy: any. */
static bool queue_is_closed(const pool *p, bool *busy)
{
    bool closed = false;
    *busy = false;
    for (uint32_t i = 0; i < p->n_jobs; i++)
        if (p->jobs[i].step != POOL_IDLE) {
            closed = closed || p->alone[p->jobs[i].run - p->plan->runs];
            *busy = true;
        }
    return closed;
}

bnn_run *bnn_pool_next_run(pool *p)
{
    bool busy;
    if (queue_is_closed(p, &busy))
        return NULL;
    const double now = bnn_clock_seconds(CLOCK_MONOTONIC);
    while (p->next < p->plan->n && p->plan->runs[p->next].state != BNN_RUN_QUEUED)
        p->next++;
    for (size_t i = p->next; i < p->plan->n; i++) {
        bnn_run *run = &p->plan->runs[i];
        if (run->state == BNN_RUN_QUEUED && !(busy && p->alone[i]) && !queue_is_held(p, run) &&
            queue_is_ready(p, run, now))
            return run;
    }
    return NULL;
}

bool bnn_pool_queue_again(pool_job *j)
{
    pool *p = j->pool;
    bool *alone = &p->alone[j->run - p->plan->runs];
    if (p->stopping || *alone)
        return false;
    *alone = true;
    p->next = 0;
    bnn_pool_set_state(p, j->run, BNN_RUN_QUEUED);
    j->step = POOL_IDLE;
    return true;
}

void bnn_pool_describe_attempt(pool_job *j, const bnn_dataset *data)
{
    const pool *p = j->pool;
    const bnn_plugin_set *set = &p->base.experiment->configs[j->run->i_config].plugins;
    for (size_t i = 0; i < set->n; i++)
        j->plugins[i] =
            (bnn_store_plugin){.kind = bnn_kind_name((bnn_kind)set->list[i]->head->kind),
                               .name = set->list[i]->head->name,
                               .path = set->list[i]->path,
                               .sha256 = set->list[i]->sha256,
                               .abi = set->list[i]->head->abi_version};
    j->with = (bnn_store_attempt){
        .environment = p->environment,
        .dataset = {.name = data->name, .sha256 = data->sha256, .source = data->source},
        .n_plugins = set->n,
        .plugins = j->plugins,
        .needs = j->needs,
        .telemetry = p->base.experiment->telemetry,
    };
    for (int k = 0; k < BNN_PURPOSES; k++) {
        const bnn_run *need = bnn_plan_need(p->plan, j->run, (bnn_purpose)k);
        if (need != NULL)
            j->needs[j->with.n_needs++] =
                (bnn_store_need){.purpose = (bnn_purpose)k, .run = need->id, .uid = need->uid};
    }
}

bool bnn_pool_waits_for_others(const pool_job *j)
{
    for (size_t i = 0; i < j->with.n_needs; i++)
        if (j->needs[i].state == BNN_RUN_QUEUED || j->needs[i].state == BNN_RUN_RUNNING ||
            j->needs[i].state == BNN_RUN_INTERRUPTED)
            return true;
    return false;
}

bool bnn_pool_has_needs(pool_job *j)
{
    bool all = true;
    for (size_t i = 0; i < j->with.n_needs; i++) {
        const bnn_store_need *need = &j->needs[i];
        bnn_run_need *given = &j->run->needs[need->purpose];
        snprintf(given->uid, sizeof given->uid, "%s", need->uid);
        memcpy(given->sha256, need->sha256, sizeof given->sha256);
        if (need->state == BNN_RUN_DONE || !all)
            continue;
        all = false;
        j->outcome = (bnn_outcome){.status = BNN_E_FAILED};
        snprintf(j->outcome.message, sizeof j->outcome.message, "its %s, run %s, %s%s",
                 bnn_purpose_name(need->purpose), need->uid,
                 need->state == BNN_RUN_FAILED  ? "failed: "
                 : need->state == BNN_RUN_STALE ? "is stale"
                                                : "has kept no weights",
                 need->state == BNN_RUN_FAILED ? need->error : "");
    }
    return all;
}

bool bnn_pool_calls_again(pool *p)
{
    const bool again = !p->last_call;
    bool waits = false;
    p->last_call = true;
    for (size_t i = p->next; !p->stopping && i < p->plan->n; i++) {
        bnn_run *run = &p->plan->runs[i];
        if (run->state != BNN_RUN_QUEUED)
            continue;
        waits = true;
        p->asked[i] = 0.0;
        if (again)
            continue;
        bnn_pool_set_state(p, run, BNN_RUN_TAKEN);
        p->options->observer->finished(p->options->observer->context, bnn_pool_look(p), run);
    }
    return waits && again;
}
