/* plan_shard.c - a plan that does its share of the runs: those of one shard of n, by their identities. */
#include "runner/plan_internal.h"

#include <stdlib.h>
#include <string.h>

uint32_t bnn_shard_of(const char *hash, uint32_t n)
{
    char digits[16] = "";
    memcpy(digits, hash, 15);
    return (uint32_t)(strtoull(digits, NULL, 16) % n) + 1;
}

/* The first run, in the plan, of those that need one another. */
static size_t shard_first(size_t *before, size_t i)
{
    while (before[i] != i)
        i = before[i] = before[before[i]];
    return i;
}

static void shard_join(const bnn_plan *plan, size_t *before)
{
    for (size_t i = 0; i < plan->n; i++)
        before[i] = i;
    for (size_t i = 0; i < plan->n; i++)
        for (int p = 0; p < BNN_PURPOSES; p++) {
            const bnn_run *need = bnn_plan_need(plan, &plan->runs[i], (bnn_purpose)p);
            if (need == NULL)
                continue;
            const size_t a = shard_first(before, i);
            const size_t b = shard_first(before, (size_t)(need - plan->runs));
            before[a > b ? a : b] = a > b ? b : a;
        }
}

int bnn_plan_shards(const bnn_plan *plan, uint32_t n, uint32_t *out, bnn_error *err)
{
    char(*least)[BNN_SHA256_HEX], own[BNN_SHA256_HEX];
    size_t *before = bnn_arena_alloc(plan->arena, plan->n, sizeof *before);
    least = bnn_arena_alloc(plan->arena, plan->n, sizeof *least);
    if (before == NULL || least == NULL)
        return bnn_no_memory(err);
    shard_join(plan, before);
    for (size_t i = 0; i < plan->n; i++) {
        char *of = least[shard_first(before, i)];
        const bnn_run *run = &plan->runs[i];
        const bnn_experiment *e = plan->experiment;
        if (!bnn_run_hash(e->name, e->configs[run->i_config].hash, run->seed, own))
            return bnn_no_memory(err);
        if (of[0] == '\0' || strcmp(own, of) < 0)
            memcpy(of, own, sizeof own);
    }
    for (size_t i = 0; i < plan->n; i++)
        out[i] = bnn_shard_of(least[shard_first(before, i)], n);
    return BNN_OK;
}

int bnn_plan_share(bnn_plan *plan, bnn_error *err)
{
    const bnn_shard *shard = &plan->experiment->shard;
    if (shard->n == 0)
        return BNN_OK;
    uint32_t *shards = bnn_arena_alloc(plan->arena, plan->n, sizeof *shards);
    if (shards == NULL)
        return bnn_no_memory(err);
    if (bnn_plan_shards(plan, shard->n, shards, err) != BNN_OK)
        return err->status;
    for (size_t i = 0; i < plan->n; i++)
        if (bnn_run_trains(&plan->runs[i]) && shards[i] != shard->i)
            plan->runs[i].state = BNN_RUN_APART;
    return BNN_OK;
}
