/* plan_rungs.c - successive halving: which runs the rungs ask for, and how the contenders stand. */
#include "runner/plan_internal.h"

#include "base/size.h"
#include "db/store_rungs.h"

static size_t rungs_run(const bnn_plan *plan, const bnn_rung *rung, size_t contender, size_t seed)
{
    return seed * plan->experiment->n_configs + rung->configs[contender];
}

/* The runs of a rung, of all contenders. values: [plan->n]. settled: failed ones that are to be tried again
 * have not ended. */
static int rungs_gather(const bnn_plan *plan, const bnn_rung *rung, const double *values,
                        bool settled, bnn_rung_runs *out, bnn_error *err)
{
    const size_t n = plan->experiment->contest.n, seeds = rung->seeds;
    double *own = bnn_arena_alloc(plan->arena, bnn_size_product(n, seeds), sizeof *own);
    bool *ended = bnn_arena_alloc(plan->arena, bnn_size_product(n, seeds), sizeof *ended);
    if (own == NULL || ended == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < seeds; j++) {
            const size_t run = rungs_run(plan, rung, i, j);
            own[i * seeds + j] = values[run];
            ended[i * seeds + j] = bnn_plan_has_ended(plan, &plan->runs[run]) ||
                                   (!settled && plan->runs[run].state == BNN_RUN_FAILED);
        }
    *out = (bnn_rung_runs){seeds, own, ended};
    return BNN_OK;
}

static void rungs_mark(const bnn_plan *plan, const bnn_rung *rung, const bool *is_in, bool *marks)
{
    for (size_t i = 0; i < plan->experiment->contest.n; i++)
        for (size_t j = 0; is_in[i] && j < rung->seeds; j++)
            marks[rungs_run(plan, rung, i, j)] = true;
}

/* What is no contender is trained whole: marks the configs. */
static int rungs_find_whole(const bnn_plan *plan, bool **out, bnn_error *err)
{
    const bnn_experiment *x = plan->experiment;
    bool *whole = bnn_arena_alloc(plan->arena, x->n_configs, sizeof *whole);
    if (whole == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < x->n_configs; i++)
        whole[i] = x->configs[i].only == NULL;
    for (size_t i = 0; i < x->contest.n; i++)
        whole[x->contest.rungs[x->contest.n_rungs - 1].configs[i]] = false;
    *out = whole;
    return BNN_OK;
}

static int rungs_settle(bnn_plan *plan, bnn_error *err)
{
    const bnn_contest *contest = &plan->experiment->contest;
    bnn_plan_asked asked;
    bool *whole = NULL;
    if (bnn_plan_begin_asking(plan, &asked, err) != BNN_OK ||
        rungs_find_whole(plan, &whole, err) != BNN_OK)
        return err->status;
    for (size_t i = 0; i < plan->n; i++)
        asked.due[i] = whole[plan->runs[i].i_config];
    if (plan->settled.made < contest->n_rungs)
        rungs_mark(plan, &contest->rungs[plan->settled.made], plan->settled.is_in, asked.due);
    for (size_t k = plan->halved.made; k < contest->n_rungs; k++)
        rungs_mark(plan, &contest->rungs[k], plan->halved.is_in, asked.possible);
    bnn_plan_ask(plan, &asked);
    return BNN_OK;
}

static int rungs_rank(const bnn_plan *plan, const double *values, bool settled, bnn_halved *out,
                      bnn_error *err)
{
    const bnn_contest *contest = &plan->experiment->contest;
    bnn_rung_runs runs[BNN_RUNGS_MAX];
    int status = BNN_OK;
    for (size_t k = 0; status == BNN_OK && k < contest->n_rungs; k++)
        status = rungs_gather(plan, &contest->rungs[k], values, settled, &runs[k], err);
    return status != BNN_OK ? status
                            : bnn_halving_make(runs, contest->n_rungs, contest->n, contest->eta,
                                               plan->arena, out, err);
}

int bnn_plan_rank(const bnn_plan_matcher *m, bnn_store *store, bnn_error *err)
{
    bnn_plan *plan = m->plan;
    double *values = NULL;
    if (plan->experiment->contest.n == 0)
        return BNN_OK;
    int status = bnn_plan_read_values(m, store, "validation_accuracy", 1, &values, err);
    if (status == BNN_OK)
        status = rungs_rank(plan, values, false, &plan->halved, err);
    if (status == BNN_OK)
        status = rungs_rank(plan, values, true, &plan->settled, err);
    return status == BNN_OK ? rungs_settle(plan, err) : status;
}

static bnn_store_standing rungs_row(const bnn_plan *plan, size_t k, size_t i,
                                    const int64_t *configs)
{
    const bnn_contest *contest = &plan->experiment->contest;
    const bnn_rung *rung = &contest->rungs[k], *last = &contest->rungs[contest->n_rungs - 1];
    const bnn_standing *s = &plan->halved.standings[k * contest->n + i];
    return (bnn_store_standing){
        .config = configs[last->configs[i]],
        .trained = configs[rung->configs[i]],
        .rung = (uint32_t)k + 1,
        .epochs = (uint32_t)plan->experiment->configs[rung->configs[i]].train.epochs,
        .n = s->n,
        .n_failed = s->n_failed,
        .mean = s->mean,
        .place = s->place,
        .n_in = rung->n,
        .n_kept = rung == last ? rung->n : rung[1].n,
        .cut = bnn_halving_cut(&plan->halved, contest->n, k),
        .kept = s->kept,
    };
}

int bnn_plan_keep_rungs(const bnn_plan *plan, bnn_store *store, int64_t experiment,
                        const int64_t *configs, bnn_error *err)
{
    const size_t n = plan->experiment->contest.n;
    int status = bnn_store_forget_rungs(store, experiment, err);
    for (size_t k = 0; k < plan->halved.made; k++)
        for (size_t i = 0; status == BNN_OK && i < n; i++) {
            const bnn_store_standing row = rungs_row(plan, k, i, configs);
            if (row.place > 0)
                status = bnn_store_keep_standing(store, experiment, &row, err);
        }
    return status;
}
