#include "comparison/comparison.h"

#include "base/size.h"
#include "comparison/design_paths.h"
#include "comparison/interval.h"
#include "comparison/max_t.h"
#include "comparison/power.h"
#include "comparison/wins.h"

#include <math.h>

enum {
    COMPARE_DRAWS = 99999,
    COMPARE_DRAWS_MAX = 10000000,
    COMPARE_CONFIGS_MAX = 100000,
    COMPARE_SEEDS_MAX = 10000,
};
#define COMPARE_POWER 0.8

/* What is computed of all configs at once; test_alpha is what is spent by the end of a look. */
typedef struct compare_work {
    double test_alpha, interval_alpha;
    const uint8_t *ended; /* flips, at earlier looks; NULL without */
    bnn_flips flips;
    bnn_sample *samples;            /* [configs] */
    double *alone, *p, *low, *high; /* [configs] */
    double *effects; /* [seeds + 1]: what so many pairs detect, in sds; 0: not known yet */
} compare_work;

static int compare_check(const bnn_paired *paired, const bnn_question *question, bnn_error *err)
{
    if (!(question->alpha > 0 && question->alpha <= 0.5))
        return bnn_fail(err, BNN_E_USAGE, "alpha must be above 0 and at most 0.5, not %g",
                        question->alpha);
    if (paired->configs > COMPARE_CONFIGS_MAX || paired->seeds > COMPARE_SEEDS_MAX)
        return bnn_fail(err, BNN_E_USAGE, "%zu configs with %zu seeds are too many to compare",
                        paired->configs, paired->seeds);
    if (question->draws > COMPARE_DRAWS_MAX)
        return bnn_fail(err, BNN_E_USAGE, "%zu draws of sign flips are too many", question->draws);
    return BNN_OK;
}

static bool seed_is_present(const bnn_paired *paired, size_t seed)
{
    for (size_t i = 0; i < paired->configs; i++)
        if (!isnan(paired->differences[i * paired->seeds + seed]))
            return true;
    return false;
}

/* The differences without seeds that no config has, which would only double the flips. */
static int compare_gather(bnn_paired *gathered, const bnn_paired *paired, bnn_arena *arena,
                          bnn_error *err)
{
    size_t *seeds = bnn_arena_alloc(arena, paired->seeds, sizeof *seeds), n = 0;
    if (seeds == NULL)
        return bnn_no_memory(err);
    for (size_t j = 0; j < paired->seeds; j++)
        if (seed_is_present(paired, j))
            seeds[n++] = j;
    double *differences =
        bnn_arena_alloc(arena, bnn_size_product(paired->configs, n), sizeof *differences);
    if (differences == NULL)
        return bnn_no_memory(err);
    *gathered = (bnn_paired){paired->configs, n, differences};
    for (size_t i = 0; i < paired->configs; i++)
        for (size_t j = 0; j < n; j++)
            *differences++ = paired->differences[i * paired->seeds + seeds[j]];
    return BNN_OK;
}

static size_t compare_draws(const bnn_question *question)
{
    return question->draws != 0 ? question->draws : COMPARE_DRAWS;
}

static int compare_plan(compare_work *work, const bnn_paired *paired, const bnn_question *question,
                        bnn_arena *arena, bnn_error *err)
{
    const size_t n = paired->configs;
    work->samples = bnn_arena_alloc(arena, n, sizeof *work->samples);
    work->alone = bnn_arena_alloc(arena, n, sizeof *work->alone);
    work->p = bnn_arena_alloc(arena, n, sizeof *work->p);
    work->low = bnn_arena_alloc(arena, n, sizeof *work->low);
    work->high = bnn_arena_alloc(arena, n, sizeof *work->high);
    work->effects = bnn_arena_alloc(arena, paired->seeds + 1, sizeof *work->effects);
    if (work->samples == NULL || work->alone == NULL || work->p == NULL || work->low == NULL ||
        work->high == NULL || work->effects == NULL)
        return bnn_no_memory(err);
    if (bnn_flips_plan(&work->flips, paired->seeds, n, compare_draws(question), question->seed,
                       arena, err) != BNN_OK)
        return err->status;
    for (size_t i = 0; i < n; i++)
        if (bnn_sample_prepare(&work->samples[i], paired->differences + i * paired->seeds,
                               paired->seeds, arena, err) != BNN_OK)
            return err->status;
    return BNN_OK;
}

/* A config that ever failed is not better, nor worse than a baseline that did. */
static bool failures_object(const bnn_sample *sample)
{
    return (sample->sum > 0 && sample->failed > 0) ||
           (sample->sum < 0 && sample->baseline_failed > 0);
}

static int compare_test(compare_work *work, size_t n, const bnn_question *question,
                        bnn_arena *arena, bnn_error *err)
{
    const bool is_joint = question->adjustment == BNN_ADJUST_MAX_T;
    const double alpha =
        is_joint || n == 0 ? work->interval_alpha : work->interval_alpha / (double)n;
    if (bnn_max_t(&work->flips, work->samples, n, work->ended, work->alone, work->p, arena, err) !=
        BNN_OK)
        return err->status;
    if (!is_joint && bnn_holm(work->alone, n, work->p, arena, err) != BNN_OK)
        return err->status;
    for (size_t i = 0; i < n; i++)
        if (failures_object(&work->samples[i]))
            work->alone[i] = work->p[i] = 1;
    return bnn_intervals(&work->flips, work->samples, n, alpha, is_joint, work->low, work->high,
                         arena, err);
}

/* What the test says about 0 holds for the interval, too. */
static void answer_decide(bnn_answer *answer, double sum, double alpha, double margin)
{
    const bool rejected = answer->p <= alpha * (1 + 1e-12), above = sum > 0;
    if (!rejected || above)
        answer->low = rejected ? fmax(answer->low, 0) : fmin(answer->low, 0);
    if (!rejected || !above)
        answer->high = rejected ? fmin(answer->high, 0) : fmax(answer->high, 0);
    answer->within_margin = bnn_within_margin(answer->low, answer->high, margin);
    answer->verdict = bnn_verdict_of(rejected, above, answer->within_margin);
}

/* Bonferroni's level stands for that of the joint test, which is a little less strict. */
static size_t answer_more_seeds(const bnn_answer *answer, const bnn_question *question, size_t n)
{
    if (answer->verdict != BNN_VERDICT_UNDECIDED)
        return 0;
    if (answer->failed > 0 || answer->baseline_failed > 0)
        return SIZE_MAX;
    const bool is_joint = question->adjustment == BNN_ADJUST_MAX_T;
    const size_t least = bnn_least_seeds(question->alpha, n, is_joint);
    const size_t needed =
        bnn_seeds_to_decide(bnn_size_larger(answer->pairs + 1, least), answer->mean, answer->sd,
                            question->margin, question->alpha / (double)n, COMPARE_POWER);
    return needed == SIZE_MAX ? SIZE_MAX : needed - answer->pairs;
}

/* Many configs have as many pairs, and power takes long to integrate. */
static double answer_detectable(const compare_work *work, const bnn_answer *answer,
                                const bnn_question *question, size_t n)
{
    const bool is_joint = question->adjustment == BNN_ADJUST_MAX_T;
    double *effect = &work->effects[answer->pairs];
    if (answer->failed > 0 || answer->baseline_failed > 0 || isnan(answer->sd))
        return (double)NAN;
    if (answer->pairs < bnn_least_seeds(work->test_alpha, n, is_joint))
        return INFINITY;
    if (*effect == 0)
        *effect = bnn_detectable(answer->pairs, work->test_alpha / (double)n, COMPARE_POWER);
    return *effect * answer->sd;
}

static bnn_answer compare_answer(const compare_work *work, size_t i, const bnn_paired *paired,
                                 const bnn_question *question)
{
    const bnn_sample *sample = &work->samples[i];
    const double pairs = (double)sample->pairs;
    const bnn_wins wins =
        bnn_wins_of(paired->differences + i * paired->seeds, paired->seeds, question->alpha);
    bnn_answer answer = {
        .pairs = sample->pairs,
        .failed = sample->failed,
        .baseline_failed = sample->baseline_failed,
        .mean = sample->scale * sample->mean,
        .sd = sample->pairs < 2 ? (double)NAN
                                : sample->scale * sample->deviation * sqrt(pairs / (pairs - 1)),
        .p_alone = work->alone[i],
        .p = work->p[i],
        .low = work->low[i],
        .high = work->high[i],
        .wins = wins.share,
        .wins_low = wins.low,
        .wins_high = wins.high,
    };
    answer_decide(&answer, sample->sum, work->test_alpha, question->margin);
    answer.more_seeds = answer_more_seeds(&answer, question, paired->configs);
    answer.detectable = answer_detectable(work, &answer, question, paired->configs);
    return answer;
}

static void compare_report(const compare_work *work, const bnn_paired *paired,
                           const bnn_question *question, bnn_answer *answers,
                           bnn_comparison *comparison)
{
    for (size_t i = 0; i < paired->configs; i++)
        answers[i] = compare_answer(work, i, paired, question);
    comparison->exact = work->flips.is_exact;
    comparison->seeds = paired->seeds;
    comparison->least_seeds = bnn_least_seeds(work->test_alpha, paired->configs,
                                              question->adjustment == BNN_ADJUST_MAX_T);
}

int bnn_compare(const bnn_paired *paired, const bnn_question *question, bnn_answer *answers,
                bnn_comparison *comparison, bnn_error *err)
{
    compare_work work = {.test_alpha = question->alpha, .interval_alpha = question->alpha};
    bnn_paired gathered = {0};
    if (compare_check(paired, question, err) != BNN_OK)
        return err->status;
    bnn_arena *arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    int status = compare_gather(&gathered, paired, arena, err);
    if (status == BNN_OK)
        status = compare_plan(&work, &gathered, question, arena, err);
    if (status == BNN_OK)
        status = compare_test(&work, paired->configs, question, arena, err);
    if (status == BNN_OK)
        compare_report(&work, &gathered, question, answers, comparison);
    bnn_arena_destroy(arena);
    return status;
}

static int look_check(const bnn_paired *paired, const bnn_question *question,
                      const bnn_design *design, size_t look, bnn_error *err)
{
    if (compare_check(paired, question, err) != BNN_OK || bnn_design_check(design, err) != BNN_OK)
        return err->status;
    if (question->adjustment != BNN_ADJUST_MAX_T)
        return bnn_fail(err, BNN_E_USAGE, "looks are at joint sign flips, not at Holm's p-values");
    if (look >= design->looks || paired->seeds != design->seeds[look])
        return bnn_fail(err, BNN_E_USAGE, "the design has no look %zu at %zu seeds", look + 1,
                        paired->seeds);
    return BNN_OK;
}

int bnn_compare_look_on(const bnn_paired *paired, const bnn_question *question,
                        const bnn_design *design, size_t look, bnn_bounds *bounds,
                        bnn_answer *answers, bnn_comparison *comparison, bnn_error *err)
{
    if (look_check(paired, question, design, look, err) != BNN_OK)
        return err->status;
    const double before = look == 0 ? 0 : bnn_design_spent(design, question->alpha, look - 1);
    const double spent = bnn_design_spent(design, question->alpha, look);
    compare_work work = {.test_alpha = spent, .interval_alpha = spent - before};
    const bnn_paths paths = {design,
                             look,
                             paired->configs,
                             compare_draws(question),
                             question->seed,
                             question->alpha,
                             paired->differences,
                             bounds};
    bnn_arena *arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    int status = compare_plan(&work, paired, question, arena, err);
    if (status == BNN_OK)
        status = bnn_paths_ended(&paths, &work.flips, &work.ended, arena, err);
    if (status == BNN_OK)
        status = compare_test(&work, paired->configs, question, arena, err);
    if (status == BNN_OK)
        compare_report(&work, paired, question, answers, comparison);
    bnn_arena_destroy(arena);
    return status;
}

int bnn_compare_look(const bnn_paired *paired, const bnn_question *question,
                     const bnn_design *design, size_t look, bnn_answer *answers,
                     bnn_comparison *comparison, bnn_error *err)
{
    bnn_bounds bounds = {.n = 0};
    return bnn_compare_look_on(paired, question, design, look, &bounds, answers, comparison, err);
}

size_t bnn_pairs(size_t configs)
{
    return configs < 2 ? 0 : configs * (configs - 1) / 2;
}

void bnn_pair_differences(size_t configs, size_t seeds, const double *values, double *differences)
{
    for (size_t a = 0; a < configs; a++)
        for (size_t b = a + 1; b < configs; b++)
            for (size_t j = 0; j < seeds; j++)
                *differences++ = values[a * seeds + j] - values[b * seeds + j];
}
