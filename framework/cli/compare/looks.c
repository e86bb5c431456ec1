/* looks.c - what the looks of seeds.until say: as the runner made them, from the same runs. */
#include "cli/compare/compare.h"

#include <math.h>

/* The place of a seed among those of the arms, or their number. */
static size_t looks_find_seed(const cli_arms *arms, int64_t seed)
{
    size_t s = 0;
    while (s < arms->n_seeds && arms->seeds[s] != seed)
        s++;
    return s;
}

static bool looks_has_ended(const cli_arm *arm, size_t s)
{
    return !isnan(arm->values[s]) || arm->failed[s];
}

/* Before the first look nothing is known. */
static bnn_answer looks_no_answer(void)
{
    const double none = (double)NAN;
    return (bnn_answer){.mean = none,
                        .sd = none,
                        .p_alone = 1,
                        .p = 1,
                        .low = -INFINITY,
                        .high = INFINITY,
                        .wins = none,
                        .wins_low = none,
                        .wins_high = none,
                        .verdict = BNN_VERDICT_UNDECIDED,
                        .detectable = none};
}

int cli_judge_looks(const cli_question *asked, const cli_plan *plan, const double *differences,
                    bnn_answer *answers, bnn_arena *arena, cli_findings *out, bnn_error *err)
{
    const cli_arms *arms = asked->arms;
    const bnn_question question = {.alpha = plan->alpha, .margin = plan->margin};
    const size_t n_seeds = plan->n_seeds;
    double *planned = bnn_arena_alloc(arena, out->n * n_seeds, sizeof *planned);
    bool *ended = bnn_arena_alloc(arena, out->n * n_seeds, sizeof *ended);
    if (planned == NULL || ended == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < out->n; i++)
        for (size_t j = 0; j < n_seeds; j++) {
            const size_t s = looks_find_seed(arms, plan->seeds[j]), at = i * n_seeds + j;
            const bool there = s < arms->n_seeds;
            planned[at] = there ? differences[i * arms->n_seeds + s] : (double)NAN;
            ended[at] = there && looks_has_ended(&arms->arms[out->rows[i].a], s) &&
                        looks_has_ended(&arms->arms[out->rows[i].b], s);
        }
    const bnn_paired paired = {out->n, n_seeds, planned};
    const int status =
        bnn_looks_make(&paired, ended, &question, &plan->design, arena, &out->looks, err);
    if (status != BNN_OK)
        return status;
    out->design = &plan->design;
    if (out->looks.made > 0)
        out->comparison = out->looks.comparisons[out->looks.made - 1];
    for (size_t i = 0; i < out->n; i++) {
        const bnn_answer *last = bnn_looks_answer(&out->looks, out->n, i);
        answers[i] = last != NULL ? *last : looks_no_answer();
        out->rows[i].looked = plan->seeds;
        out->rows[i].n_looked = last != NULL ? plan->design.seeds[out->looks.asked[i] - 1] : 0;
    }
    return BNN_OK;
}

bool cli_finding_has_seed(const cli_question *asked, const cli_finding *f, size_t s)
{
    size_t i = 0;
    while (i < f->n_looked && f->looked[i] != asked->arms->seeds[s])
        i++;
    return f->looked == NULL || i < f->n_looked;
}
