#include "tests/nulls/sweeps.h"

#include "base/arena.h"
#include "base/rng.h"
#include "comparison/looks.h"
#include "comparison/quantile.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

/* A number of its own for each run and purpose, in (0, 1). */
static double sweep_uniform(size_t sweep, size_t config, size_t seed, uint32_t purpose)
{
    const bnn_rng rng = {sweep, BNN_RNG_DATA, purpose};
    return ((double)bnn_rng_bits(&rng, config * SWEEP_SEEDS_MAX + seed) + 0.5) / 4294967296.0;
}

static double sweep_noise_of(const sweep_plan *plan, size_t sweep, size_t config, size_t seed)
{
    const double u = sweep_uniform(sweep, config, seed, 0);
    switch (plan->noise) {
    case SWEEP_SKEWED:
        return plan->sd * (log(u) + 1);
    case SWEEP_LOPSIDED:
    case SWEEP_LOPSIDED_CONFIGS:
        return (config == plan->configs) == (plan->noise == SWEEP_LOPSIDED)
                   ? plan->sd * (log(u) + 1)
                   : plan->sd * 0.2 * bnn_normal_quantile(u);
    case SWEEP_UNEQUAL:
        return plan->sd * (double)(config % 4 + 1) * bnn_normal_quantile(u);
    default:
        return plan->sd * bnn_normal_quantile(u);
    }
}

/* Of a config; the baseline is that behind the last. */
static double sweep_effect(const sweep_plan *plan, size_t config)
{
    if (config >= plan->different || config >= plan->configs)
        return 0;
    return config % 2 == 0 ? plan->effect : -plan->effect;
}

/* The true differences of all comparisons, in their order. */
static void sweep_truths(const sweep_plan *plan, double *truths)
{
    double effects[SWEEP_CONFIGS_MAX + 1];
    for (size_t i = 0; i <= plan->configs; i++)
        effects[i] = sweep_effect(plan, i);
    if (plan->all_pairs)
        bnn_pair_differences(plan->configs + 1, 1, effects, truths);
    else
        for (size_t i = 0; i < plan->configs; i++)
            truths[i] = effects[i];
}

static double sweep_accuracy(const sweep_plan *plan, size_t sweep, size_t config, size_t seed)
{
    const double common = 2 * bnn_normal_quantile(sweep_uniform(sweep, 0, seed, 1)) * plan->sd;
    if (sweep_uniform(sweep, config, seed, 2) < plan->missing)
        return (double)NAN;
    if (sweep_uniform(sweep, config, seed, 3) < plan->failing)
        return -(double)INFINITY;
    const double x =
        95 + common + sweep_effect(plan, config) + sweep_noise_of(plan, sweep, config, seed);
    return plan->step * round(x / plan->step);
}

sweep_plan sweep_plan_whole(const sweep_plan *plan)
{
    sweep_plan whole = *plan;
    whole.configs = plan->configs != 0 ? plan->configs : 10;
    whole.seeds = plan->seeds != 0 ? plan->seeds : 10;
    whole.sd = plan->sd != 0 ? plan->sd : 0.1;
    whole.step = plan->step != 0 ? plan->step : 0.01;
    whole.question.alpha = plan->question.alpha != 0 ? plan->question.alpha : 0.05;
    whole.question.margin = plan->question.margin != 0 ? plan->question.margin : 0.1;
    return whole;
}

size_t sweep_plan_comparisons(const sweep_plan *whole)
{
    return whole->all_pairs ? bnn_pairs(whole->configs + 1) : whole->configs;
}

/* What is known of a comparison in the end. */
typedef struct sweep_fate {
    bnn_verdict verdict;
    bool within_margin, missed;
    size_t runs;
} sweep_fate;

/* Takes the answers of a look where there was no verdict. */
static void sweep_take(const sweep_plan *plan, const bnn_answer *answers, size_t seeds,
                       sweep_fate *fates)
{
    double truths[SWEEP_CONFIGS_MAX];
    sweep_truths(plan, truths);
    for (size_t i = 0; i < sweep_plan_comparisons(plan); i++) {
        const double truth = truths[i];
        if (fates[i].verdict != BNN_VERDICT_UNDECIDED)
            continue;
        fates[i].verdict = answers[i].verdict;
        fates[i].within_margin = answers[i].within_margin;
        fates[i].missed |= truth < answers[i].low - 1e-9 || truth > answers[i].high + 1e-9;
        fates[i].runs = seeds;
    }
}

static void sweep_judge(const sweep_plan *plan, const sweep_fate *fates, sweep_rates *rates)
{
    double truths[SWEEP_CONFIGS_MAX];
    bool false_sign = false, false_equal = false, miss = false;
    sweep_truths(plan, truths);
    for (size_t i = 0; i < sweep_plan_comparisons(plan); i++) {
        const double truth = truths[i];
        const bnn_verdict verdict = fates[i].verdict;
        const bool better = verdict == BNN_VERDICT_BETTER, worse = verdict == BNN_VERDICT_WORSE;
        false_sign |= (better && truth <= 0) || (worse && truth >= 0);
        false_equal |= fates[i].within_margin && fabs(truth) >= plan->question.margin;
        miss |= fates[i].missed;
        rates->found += (better && truth > 0) || (worse && truth < 0);
        rates->equal += verdict == BNN_VERDICT_EQUAL && truth == 0;
        rates->runs += fates[i].runs;
    }
    rates->sweeps++;
    rates->false_signs += false_sign;
    rates->false_equals += false_equal;
    rates->misses += miss;
    rates->wrong += false_sign || false_equal || miss;
}

static void sweep_run(const sweep_plan *plan, size_t sweep, double *differences)
{
    double values[(SWEEP_CONFIGS_MAX + 1) * SWEEP_SEEDS_MAX];
    const double *baseline = values + plan->configs * plan->seeds;
    for (size_t i = 0; i <= plan->configs; i++)
        for (size_t j = 0; j < plan->seeds; j++)
            values[i * plan->seeds + j] = sweep_accuracy(plan, sweep, i, j);
    if (plan->all_pairs)
        bnn_pair_differences(plan->configs + 1, plan->seeds, values, differences);
    else
        for (size_t i = 0; i < plan->configs * plan->seeds; i++)
            differences[i] = values[i] - baseline[i % plan->seeds];
}

/* Seeds until it is decided: all runs are there, but only those that a look asks for are looked at. */
static int sweep_look(const sweep_plan *plan, const bnn_paired *paired, sweep_fate *fates)
{
    bool ended[SWEEP_CONFIGS_MAX * SWEEP_SEEDS_MAX];
    bnn_looks looks = {.made = 0};
    bnn_error err;
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    for (size_t i = 0; i < paired->configs * paired->seeds; i++)
        ended[i] = true;
    const int status =
        bnn_looks_make(paired, ended, &plan->question, &plan->design, arena, &looks, &err);
    for (size_t k = 0; status == BNN_OK && k < looks.made; k++)
        sweep_take(plan, looks.answers + k * paired->configs, plan->design.seeds[k], fates);
    bnn_arena_destroy(arena);
    return status;
}

static void sweep_simulate(const sweep_plan *plan, size_t sweep, sweep_rates *rates)
{
    double differences[SWEEP_CONFIGS_MAX * SWEEP_SEEDS_MAX];
    bnn_answer answers[SWEEP_CONFIGS_MAX];
    sweep_fate fates[SWEEP_CONFIGS_MAX] = {0};
    const bnn_paired paired = {sweep_plan_comparisons(plan), plan->seeds, differences};
    bnn_comparison comparison;
    bnn_error err;
    int status;
    sweep_run(plan, sweep, differences);
    if (plan->design.looks > 0)
        status = sweep_look(plan, &paired, fates);
    else {
        status = bnn_compare(&paired, &plan->question, answers, &comparison, &err);
        sweep_take(plan, answers, plan->seeds, fates);
    }
    assert(status == BNN_OK);
    (void)status;
    sweep_judge(plan, fates, rates);
}

void sweeps_simulate(const sweep_plan *plan, size_t first, size_t n, sweep_rates *rates)
{
    sweep_plan whole = sweep_plan_whole(plan);
    assert(sweep_plan_comparisons(&whole) <= SWEEP_CONFIGS_MAX && whole.seeds <= SWEEP_SEEDS_MAX);
    for (size_t sweep = first; sweep < first + n; sweep++) {
        whole.question.seed = sweep;
        sweep_simulate(&whole, sweep, rates);
    }
}
