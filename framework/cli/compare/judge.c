/* judge.c - arms with a result a seed become findings. */
#include "cli/compare/compare.h"

#include <math.h>
#include <stdlib.h>

/* A result with more being better: a failed run is the worst, of one that there is not nothing is known. */
static double judge_value(const cli_question *asked, size_t arm, size_t s)
{
    const cli_arm *of = &asked->arms->arms[arm];
    const double value = of->values[s];
    if (isnan(value))
        return of->failed[s] ? -INFINITY : (double)NAN;
    return asked->metric->goal == BNN_GOAL_MIN ? -value : value;
}

/* The comparisons in the order of the arms, each with its differences. */
static size_t judge_pairs(const cli_question *asked, cli_finding *rows, double *differences)
{
    const size_t n_arms = asked->arms->n, n_seeds = asked->arms->n_seeds;
    size_t n = 0;
    for (size_t a = 0; a < n_arms; a++)
        for (size_t b = 0; b < n_arms; b++) {
            if (asked->all_pairs ? b <= a : b != asked->baseline || a == b)
                continue;
            rows[n] = (cli_finding){.a = a, .b = b};
            for (size_t s = 0; s < n_seeds; s++)
                differences[n * n_seeds + s] = judge_value(asked, a, s) - judge_value(asked, b, s);
            n++;
        }
    return n;
}

/* As measured: of a metric of which less is better with the other sign. */
static void judge_turn(const cli_question *asked, cli_finding *f)
{
    const bool turned = asked->metric->goal == BNN_GOAL_MIN;
    f->difference = turned ? -f->answer.mean : f->answer.mean;
    f->low = turned ? -f->answer.high : f->answer.low;
    f->high = turned ? -f->answer.low : f->answer.high;
}

/* What goes beside the difference. */
static void judge_add_means(const cli_question *asked, cli_finding *f)
{
    const cli_arm *a = &asked->arms->arms[f->a], *b = &asked->arms->arms[f->b];
    double sum_a = 0, sum_b = 0;
    size_t n = 0;
    for (size_t s = 0; s < asked->arms->n_seeds; s++) {
        const bool has_a = !isnan(a->values[s]), has_b = !isnan(b->values[s]);
        if (!cli_finding_has_seed(asked, f, s))
            continue;
        f->both_failed += !has_a && !has_b && a->failed[s] && b->failed[s];
        sum_a += has_a && has_b ? a->values[s] : 0;
        sum_b += has_a && has_b ? b->values[s] : 0;
        n += has_a && has_b;
    }
    f->mean_a = n > 0 ? sum_a / (double)n : a->mean;
    f->mean_b = n > 0 ? sum_b / (double)n : b->mean;
}

/* The best first; a failed run is worse than any result; what has no difference last. */
static int judge_order(const void *left, const void *right)
{
    const cli_finding *f = left, *g = right;
    const double a = f->answer.mean, b = g->answer.mean;
    const bool failed = f->answer.failed > 0;
    if (!isnan(a) && !isnan(b) && failed != (g->answer.failed > 0))
        return failed ? 1 : -1;
    if (isnan(a) || isnan(b))
        return isnan(a) != isnan(b) ? (isnan(a) ? 1 : -1) : f->a < g->a ? -1 : 1;
    return a != b ? (a < b ? 1 : -1) : f->a < g->a ? -1 : 1;
}

static bool judge_is_tested(const cli_finding *f)
{
    return f->looked != NULL || f->answer.pairs + f->answer.failed + f->answer.baseline_failed > 0;
}

size_t cli_findings_tested(const cli_findings *found)
{
    size_t n = 0;
    for (size_t i = 0; i < found->n; i++)
        n += judge_is_tested(&found->rows[i]);
    return n;
}

int cli_judge(const cli_question *asked, const cli_plan *plan, bnn_arena *arena, cli_findings *out,
              bnn_error *err)
{
    const size_t n_arms = asked->arms->n, n_seeds = asked->arms->n_seeds;
    const size_t most = asked->all_pairs ? n_arms * (n_arms - 1) / 2 : n_arms - 1;
    const bnn_question question = {.alpha = asked->alpha, .margin = asked->margin};
    bnn_answer *answers = bnn_arena_alloc(arena, most, sizeof *answers);
    double *differences = bnn_arena_alloc(arena, most * n_seeds, sizeof *differences);
    *out = (cli_findings){.rows = bnn_arena_alloc(arena, most, sizeof *out->rows)};
    if (answers == NULL || differences == NULL || out->rows == NULL)
        return bnn_no_memory(err);
    out->n = judge_pairs(asked, out->rows, differences);
    const bnn_paired paired = {.configs = out->n, .seeds = n_seeds, .differences = differences};
    const bool looks = plan->design.looks > 0 && cli_plan_is_asked(plan, asked, arena);
    const int status = looks ? cli_judge_looks(asked, plan, differences, answers, arena, out, err)
                             : bnn_compare(&paired, &question, answers, &out->comparison, err);
    if (status != BNN_OK)
        return status;
    for (size_t i = 0; i < out->n; i++) {
        out->rows[i].answer = answers[i];
        judge_turn(asked, &out->rows[i]);
        judge_add_means(asked, &out->rows[i]);
    }
    if (!asked->all_pairs)
        qsort(out->rows, out->n, sizeof *out->rows, judge_order);
    out->departures = cli_plan_departures(plan, asked, arena);
    if (out->departures == NULL)
        return bnn_no_memory(err);
    out->by_looks = plan->has_looks;
    out->planned = out->departures[0] == '\0';
    out->registered = plan->is_there ? plan->registered : NULL;
    out->later = plan->is_there ? plan->later : NULL;
    out->other_looks = plan->is_there && plan->other_looks;
    out->n_before = out->planned ? plan->n_before : 0;
    return BNN_OK;
}
