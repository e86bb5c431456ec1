/* nulls.c - whether the error rates and the power of comparisons are what they are said to be:
 * many simulated sweeps whose truth is known. Built and run by `make nulls`;
 * NULLS_FLAGS="SWEEPS" for another number than 1,000. A rate may be above its level by three
 * standard errors of the simulation; else the exit status is 1. */
#include "tests/nulls/sweeps.h"

#include "comparison/power.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define ALPHA  0.05
#define MARGIN 0.1

typedef struct scenario {
    const char *name;
    sweep_plan plan;
} scenario;

/* Nothing, or not all, is to be found: here errors count. */
static const scenario errors[] = {
    {"no difference", {0}},
    {"no difference, coarse accuracies", {.step = 0.1}},
    {"no difference, skewed noise", {.noise = SWEEP_SKEWED}},
    {"no difference, unequal spreads", {.noise = SWEEP_UNEQUAL}},
    {"no difference, 6 seeds", {.seeds = 6}},
    {"no difference, 16 seeds", {.seeds = 16}},
    {"no difference, 30 seeds, 999 draws", {.seeds = 30, .question.draws = 999}},
    {"no difference, 30 configs", {.configs = 30}},
    {"no difference, 15 % of runs missing", {.missing = 0.15}},
    {"no difference, 10 % of runs fail", {.failing = 0.1}},
    {"no difference, all pairs of six", {.configs = 5, .all_pairs = true}},
    {"no difference, Holm", {.question.adjustment = BNN_ADJUST_HOLM}},
    {"one of ten is 5 points off", {.different = 1, .effect = 5}},
    {"five of ten are 5 points off", {.different = 5, .effect = 5}},
    {"nine of ten are 5 points off", {.different = 9, .effect = 5}},
    {"all are 5 points off, skewed noise", {.different = 10, .effect = 5, .noise = SWEEP_SKEWED}},
    {"five are 5 points off, 10 % fail", {.different = 5, .effect = 5, .failing = 0.1}},
    {"three of six are 5 off, all pairs",
     {.configs = 5, .all_pairs = true, .different = 3, .effect = 5}},
    {"all are the margin off, small noise", {.different = 10, .effect = MARGIN, .sd = 0.03}},
    {"half are the margin off, small noise", {.different = 5, .effect = MARGIN, .sd = 0.03}},
};

/* Where nothing differs a difference is not as likely as its negative, which the test takes for granted: about
 * twice the level, as `bnnrun help compare` says; and more where many configs are so, each by itself, which is
 * only shown. */
static const scenario lopsided[] = {
    {"one comparison", {.noise = SWEEP_LOPSIDED, .configs = 1}},
    {"ten, by their baseline", {.noise = SWEEP_LOPSIDED}},
    {"ten, by their baseline, 20 seeds",
     {.noise = SWEEP_LOPSIDED, .seeds = 20, .question.draws = 999}},
    {"ten, each by itself (no limit)", {.noise = SWEEP_LOPSIDED_CONFIGS}},
};

/* Looks at more and more seeds; configs leave when they are decided. */
#define LOOKS(...) .design = {.looks = 3, .seeds = {__VA_ARGS__}}
static const scenario looks[] = {
    {"no difference, looks at 8, 12, 16", {.seeds = 16, LOOKS(8, 12, 16)}},
    {"no difference, looks at 10, 20, 40", {.seeds = 40, LOOKS(10, 20, 40), .question.draws = 999}},
    {"... of little noise: most are equal", {.seeds = 16, LOOKS(8, 12, 16), .sd = 0.05}},
    {"... 15 % of runs missing", {.seeds = 16, LOOKS(8, 12, 16), .missing = 0.15}},
    {"... 10 % of runs fail", {.seeds = 16, LOOKS(8, 12, 16), .failing = 0.1}},
    {"five are 5 points off", {.seeds = 16, LOOKS(8, 12, 16), .different = 5, .effect = 5}},
    {"five are 0.2 off", {.seeds = 16, LOOKS(8, 12, 16), .different = 5, .effect = 0.2}},
    {"half are the margin off, small noise",
     {.seeds = 16, LOOKS(8, 12, 16), .different = 5, .effect = MARGIN, .sd = 0.04}},
    {"... O'Brien and Fleming",
     {.seeds = 16,
      .design = {3, {8, 12, 16}, BNN_SPEND_OBRIEN_FLEMING},
      .different = 5,
      .effect = MARGIN,
      .sd = 0.04}},
};

/* An effect, in sd of the differences (of which sd is 0.1 root 2), is to be found. */
#define EFFECT(x) ((x)*0.1 * M_SQRT2)
static const scenario finds[] = {
    {"1 comparison, 10 seeds, 1 sd", {.configs = 1, .different = 1, .effect = EFFECT(1)}},
    {"1 comparison, 16 seeds, 0.75 sd",
     {.configs = 1, .seeds = 16, .different = 1, .effect = EFFECT(0.75)}},
    {"10 comparisons, 10 seeds, 1.5 sd", {.different = 1, .effect = EFFECT(1.5)}},
    {"10 comparisons, 10 seeds, all 1.5 sd", {.different = 10, .effect = EFFECT(1.5)}},
    {"30 comparisons, 16 seeds, 1.1 sd",
     {.configs = 30, .seeds = 16, .different = 1, .effect = EFFECT(1.1)}},
};

/* In percent, with a mark where it is beyond the level by more than chance. */
static bool print_rate(size_t events, size_t n, double level)
{
    const double rate = (double)events / (double)n;
    const bool is_high = rate > level + 3 * sqrt(level * (1 - level) / (double)n);
    printf(" %6.1f%s", 100 * rate, is_high ? "!" : " ");
    return !is_high;
}

static bool nulls_errors(const scenario *s, size_t sweeps, double alpha)
{
    sweep_rates rates = {0};
    const sweep_plan plan = sweep_plan_whole(&s->plan);
    const size_t comparisons = sweep_plan_comparisons(&plan);
    sweeps_simulate(&s->plan, 0, sweeps, &rates);
    printf("%-38s", s->name);
    bool good = print_rate(rates.false_signs, sweeps, alpha);
    good &= print_rate(rates.false_equals, sweeps, alpha);
    good &= print_rate(rates.misses, sweeps, alpha);
    good &= print_rate(rates.wrong, sweeps, 2 * alpha);
    printf(" %6.1f\n", (double)rates.runs / (double)(sweeps * comparisons));
    return good;
}

/* The t-test's power: alone, which many comparisons cannot reach, and at Bonferroni's level, which
 * they should reach; 4 points for what a test of signs may lose. */
static bool nulls_find(const scenario *s, size_t sweeps)
{
    sweep_rates rates = {0};
    sweeps_simulate(&s->plan, 0, sweeps, &rates);
    const sweep_plan plan = sweep_plan_whole(&s->plan);
    const double effect = plan.effect / (plan.sd * M_SQRT2);
    const double most = bnn_test_power(plan.seeds, effect, ALPHA);
    const double least = bnn_test_power(plan.seeds, effect, ALPHA / (double)plan.configs);
    const double found = (double)rates.found / (double)(sweeps * plan.different);
    const double error = 3 * sqrt(found * (1 - found) / (double)sweeps);
    const bool good = found >= least - 0.04 - error && found <= most + error;
    printf("%-38s %6.1f%s  (theory: %.1f to %.1f)\n", s->name, 100 * found, good ? " " : "!",
           100 * least, 100 * most);
    return good;
}

int main(int argc, char **argv)
{
    const unsigned long sweeps = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    bool good = sweeps > 0;
    if (!good) {
        fprintf(stderr, "nulls: how many sweeps?\n");
        return EXIT_FAILURE;
    }
    printf(
        "%lu sweeps each of 10 configs against a baseline, 10 seeds; at least one in a sweep, %%:\n"
        "%-38s %7s %7s %7s %7s\n",
        sweeps, "", "sign", "equal", "missed", "any");
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        good &= nulls_errors(&errors[i], sweeps, ALPHA);
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
        good &= nulls_errors(&looks[i], sweeps, ALPHA);
    printf(
        "\nno difference, but skewed ones, which the test takes to be symmetric; up to twice the level:\n");
    for (size_t i = 0; i < sizeof lopsided / sizeof *lopsided; i++)
        good &= nulls_errors(&lopsided[i], sweeps,
                             lopsided[i].plan.noise == SWEEP_LOPSIDED ? 2 * ALPHA : 0.5);
    printf("\ndifferences found, %%:\n");
    for (size_t i = 0; i < sizeof finds / sizeof *finds; i++)
        good &= nulls_find(&finds[i], sweeps);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
