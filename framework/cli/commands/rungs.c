/* rungs.c - successive halving, as `plan` and `run` tell it. */
#include "base/text.h"
#include "cli/commands/looks.h"
#include "cli/progress.h"
#include "runner/estimate.h"

#include <math.h>
#include <stdio.h>

/* Whether rungs differ in their epochs; else in their seeds. */
static bool rungs_are_epochs(const bnn_contest *contest)
{
    return contest->rungs[0].epochs != contest->rungs[contest->n_rungs - 1].epochs;
}

static size_t rungs_amount(const bnn_contest *contest, size_t k)
{
    const bnn_rung *rung = &contest->rungs[k];
    return rungs_are_epochs(contest) ? (size_t)rung->epochs : rung->seeds;
}

void cli_rungs_say(const bnn_plan *plan, size_t before)
{
    const bnn_contest *contest = &plan->experiment->contest;
    for (size_t k = before; k < plan->settled.made; k++) {
        const size_t amount = rungs_amount(contest, k);
        const double cut = bnn_halving_cut(&plan->settled, contest->n, k);
        fprintf(stderr, "bnnrun: rung %zu of %zu, at %zu %s%s: ", k + 1, contest->n_rungs, amount,
                rungs_are_epochs(contest) ? "epoch" : "seed", bnn_plural(amount));
        if (k + 1 == contest->n_rungs)
            fprintf(stderr, "%zu of %zu configs are left\n", contest->rungs[k].n, contest->n);
        else if (isnan(cut))
            fprintf(stderr, "%zu of %zu configs go on\n", contest->rungs[k + 1].n,
                    contest->rungs[k].n);
        else
            fprintf(stderr,
                    "%zu of %zu configs go on, those of at least %.2f %% validation accuracy\n",
                    contest->rungs[k + 1].n, contest->rungs[k].n, 100.0 * cut);
    }
}

void cli_rungs_print(const bnn_plan *plan, uint32_t n_jobs)
{
    const bnn_contest *contest = &plan->experiment->contest;
    char duration[CLI_DURATION_MAX];
    size_t n_more;
    if (contest->n == 0)
        return;
    printf("sweep.halving: ");
    for (size_t k = 0; k < contest->n_rungs; k++)
        printf("%s%zu%s at %zu",
               k == 0                     ? ""
               : k + 1 < contest->n_rungs ? ", "
                                          : " and ",
               contest->rungs[k].n, k == 0 ? " configs" : "", rungs_amount(contest, k));
    printf(" %s", rungs_are_epochs(contest) ? "epochs" : "seeds");
    if (plan->halved.made > 0)
        printf("; %zu of %zu rungs made", plan->halved.made, contest->n_rungs);
    const double seconds = bnn_estimate_most(plan, n_jobs, &n_more);
    if (n_more > 0)
        printf("; of the runs that are later, at most %zu", n_more);
    if (n_more > 0 && !isnan(seconds))
        printf(", in all about %s", cli_duration_text(seconds, duration));
    putchar('\n');
}
