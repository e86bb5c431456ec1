/* plan_needs.c - what the state of a run means for those that need it. */
#include "runner/plan_internal.h"

#include "db/store_results.h"

#include <string.h>

bnn_run *bnn_plan_need(const bnn_plan *plan, const bnn_run *run, bnn_purpose purpose)
{
    const bnn_need *need = &plan->experiment->configs[run->i_config].needs[purpose];
    return need->hash == NULL
               ? NULL
               : &plan->runs[(size_t)(run - plan->runs) - run->i_config + need->i_config];
}

bool bnn_plan_needs_lost(const bnn_plan *plan)
{
    for (const bnn_run *run = plan->runs; run < plan->runs + plan->n; run++)
        for (int p = 0; bnn_run_is_todo(run) && p < BNN_PURPOSES; p++) {
            const bnn_run *need = bnn_plan_need(plan, run, (bnn_purpose)p);
            if (need != NULL && need->state == BNN_RUN_LOST)
                return true;
        }
    return false;
}

static bool needs_is_done(const bnn_run *run)
{
    return run->state == BNN_RUN_DONE || run->state == BNN_RUN_LOST;
}

/* The needed run has other weights now than those that were used. */
static int needs_compare(const bnn_plan_matcher *m, const bnn_store_link *link, bnn_error *err)
{
    bnn_run *run = bnn_plan_find_run(m, link->config_hash, link->seed);
    if (run == NULL || !needs_is_done(run) || link->now_sha256[0] == '\0' ||
        strcmp(link->sha256, link->now_sha256) == 0)
        return BNN_OK;
    const char *name = bnn_arena_printf(m->plan->arena, "%s (trained again)", link->need_uid);
    if (name == NULL)
        return bnn_no_memory(err);
    run->state = BNN_RUN_STALE;
    return bnn_plan_add_change(m->plan, run, link->purpose_name, name, err);
}

/* Those that come before in the plan are settled. */
static int needs_settle(bnn_plan *plan, bnn_run *run, bnn_purpose purpose, bnn_error *err)
{
    bnn_run *need = bnn_plan_need(plan, run, purpose);
    if (need == NULL)
        return BNN_OK;
    if (need->state == BNN_RUN_DONE && !need->has_weights) {
        need->state = BNN_RUN_LOST;
        need->lost = BNN_RUN_WEIGHTS " was not kept";
    }
    if (need->state != BNN_RUN_STALE || !needs_is_done(run))
        return BNN_OK;
    const char *name = bnn_arena_printf(plan->arena, "%s (%s)", need->uid, need->changed);
    if (name == NULL)
        return bnn_no_memory(err);
    run->state = BNN_RUN_STALE;
    return bnn_plan_add_change(plan, run, bnn_purpose_name(purpose), name, err);
}

int bnn_plan_match_needs(const bnn_plan_matcher *m, bnn_store *store, bnn_error *err)
{
    const bnn_store_link *links;
    bnn_plan *plan = m->plan;
    size_t n;
    int status =
        bnn_store_list_links(store, plan->experiment->name, NULL, plan->arena, &links, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        status = needs_compare(m, &links[i], err);
    for (bnn_run *run = plan->runs; status == BNN_OK && run < plan->runs + plan->n; run++)
        for (int p = 0; status == BNN_OK && p < BNN_PURPOSES; p++)
            status = needs_settle(plan, run, (bnn_purpose)p, err);
    return status;
}

int bnn_plan_block(bnn_plan *plan, bnn_error *err)
{
    for (bnn_run *run = plan->runs; run < plan->runs + plan->n; run++)
        for (int p = 0; bnn_run_is_todo(run) && p < BNN_PURPOSES; p++) {
            const bnn_run *need = bnn_plan_need(plan, run, (bnn_purpose)p);
            if (need == NULL || (need->state != BNN_RUN_STALE && need->state != BNN_RUN_BLOCKED))
                continue;
            run->blocked = bnn_arena_printf(plan->arena, "its %s, run %s, is %s",
                                            bnn_purpose_name((bnn_purpose)p), need->uid,
                                            need->state == BNN_RUN_STALE ? "stale" : "blocked");
            if (run->blocked == NULL)
                return bnn_no_memory(err);
            run->state = BNN_RUN_BLOCKED;
        }
    return BNN_OK;
}
