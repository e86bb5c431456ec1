/* comparison.h - what paired runs say about configs: the whole answer in one call.
 *
 * The estimand is the mean, over seeds, of the difference between a config and its baseline at the
 * same seed, in the unit of what is given (points of test accuracy, say; the test set is fixed:
 * bootstrap.h is about other images). Greater is better; for a loss the caller turns the sign.
 *
 * The test. If config and baseline are the same but for noise, then the difference at a seed is as
 * likely positive as negative. So all 2^n ways of flipping the signs of the differences are
 * equally likely, and p is the share of those whose mean is at least as far from 0 as the one that
 * was seen: a test without tables, exact for ties, zeros and any n. All of them are enumerated to
 * n = 20 (and while n and the number of configs make less than 2^26 sums); beyond, flips are drawn
 * and p = (1 + hits) / (1 + draws), which keeps its level, too. The statistic is u = |sum| /
 * sqrt(sum of squares): flips leave the denominator as it is, u has the order of |t|, and constant
 * differences, whose t would be infinite, are as good as any.
 *
 * Many configs: the signs of a seed are flipped for all configs at once, which keeps how they go
 * together (they share a baseline), and the greatest u is compared with the greatest u under the
 * flips: Westfall and Young's step-down max-T. The chance of any wrong "better" or "worse" among
 * all configs is at most alpha, whatever the number of truly different configs; and the least p
 * that n seeds can reach is 2 / 2^n for any number of configs, where Holm's would be that times
 * their number. It needs that the vectors of a seed's differences, of those configs that do not
 * differ from the baseline, are as likely as their negatives. A missing pair takes no part; the
 * others of its seed flip on. Holm's method, which knows nothing of how configs go together, is
 * there for who wants no more than each test alone: its p and its intervals (each at alpha /
 * configs) are wider.
 *
 * The intervals invert the same test: [low, high] are the values that would not be rejected as the
 * true difference, with all other configs at their own means. For one config that is exact: the
 * ends are means of subsets of the differences (Hartigan 1969). For many the intervals hold
 * together with about 1 - alpha, which simulation shows; the flips that decide about 0 are no use
 * there, since under them large differences all swing together. So the bounds of the intervals are
 * others than those of the test, which steps down besides, and at 0 the two may differ. There the
 * test is exact, and has the last word: where it rejects 0 the interval ends there (excluding it),
 * where it does not the interval reaches it. By that cut, a p of at most alpha, an interval without
 * 0, and the verdict better or worse are one and the same.
 *
 * Verdicts (verdict.h): better, worse, equal within the margin, undecided. All signs that are
 * claimed hold together with 1 - alpha, and so do all intervals before 0 cuts them; both at once,
 * and so the intervals as they are given, with at least 1 - 2 alpha.
 *
 * Failed runs count. Where a config's run failed, its difference is -INFINITY, worse than any
 * number, and where the baseline's failed, INFINITY. In the test such a pair is as far from 0 as
 * the farthest of the config's others, and what a failed run speaks against is never claimed: p is
 * 1 for a config that is greater by its other pairs, but failed. Its interval takes it for what it
 * is: the lower end is -INFINITY as soon as one run of the config failed, so nothing that ever
 * fails is called better or equal; it is called worse if its other differences say so. The mean is
 * that of the pairs that have one, so show the number of failed runs beside it. What was not run
 * has no pair: NaN. */
#ifndef BNN_COMPARISON_COMPARISON_H
#define BNN_COMPARISON_COMPARISON_H

#include "base/error.h"
#include "comparison/design.h"
#include "comparison/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* differences[configs][seeds]: config minus baseline. With values -INFINITY for a failed run and
 * NaN for one that there is not, x - baseline is right in all cases: both failed is NaN, nothing
 * to compare. */
typedef struct bnn_paired {
    size_t configs, seeds;
    const double *differences;
} bnn_paired;

typedef enum bnn_adjustment {
    BNN_ADJUST_MAX_T = 0,
    BNN_ADJUST_HOLM,
} bnn_adjustment;

/* What is asked. All zero but alpha is sound. */
typedef struct bnn_question {
    double alpha;  /* in (0, 1/2], such as 0.05 */
    double margin; /* what is as good as equal; 0: only identical results, NaN or less: nothing */
    bnn_adjustment adjustment;
    size_t draws;  /* of flips, where not all are enumerated; 0: 99,999 */
    uint64_t seed; /* of these draws: the same seed, the same answer */
} bnn_question;

typedef struct bnn_answer {
    size_t pairs;           /* seeds with both results */
    size_t failed;          /* seeds where only the config's run failed */
    size_t baseline_failed; /* ... only the baseline's */
    double mean, sd;        /* of the pairs' differences; NaN of none, and sd of fewer than two */
    double p_alone;         /* two-sided, as if there were no other config */
    double p;               /* ... adjusted for all of them */
    double low, high;       /* simultaneous interval; infinite where n is too small */
    double wins;            /* P(A > B): share of seeds at which the config is better, ties half */
    double wins_low, wins_high; /* its interval (wins.h), alone */
    bnn_verdict verdict;
    bool within_margin; /* low and high are: true for equal, and may be for better and worse */
    /* How many more seeds decide it with a power of 0.8, if mean and sd are as seen; 0 when
     * decided, SIZE_MAX when no number does, or when they are not known (power.h). */
    size_t more_seeds;
    /* The difference that so many pairs with this sd find with a power of 0.8, in the unit of what is
     * given, at the level of one of all configs (Bonferroni's, which is near that of the joint test); of
     * a look at all that is spent by then, so that over looks the power is a little less. INFINITY
     * where no difference can be found, NaN where sd is not known or a run failed. It is not half the
     * interval: a difference of that is found about half of the time. */
    double detectable;
} bnn_answer;

typedef struct bnn_comparison {
    bool exact;         /* all flips were enumerated, not drawn */
    size_t seeds;       /* with at least one difference, failed runs included */
    size_t least_seeds; /* fewer cannot decide anything at this alpha (power.h) */
} bnn_comparison;

/* Answers for each config: answers[configs]. BNN_E_USAGE for an alpha that is none, or sizes
 * beyond reason; BNN_E_INTERNAL without memory. No configs or no seeds is no error. Milliseconds
 * for 30 configs and 10 seeds. Thread-safe; the same input gives the same answer. */
int bnn_compare(const bnn_paired *paired, const bnn_question *question, bnn_answer *answers,
                bnn_comparison *comparison, bnn_error *err);

/* The same at look `look`, from 0, of a design: the seeds are those of the look, in the order in
 * which they were run, NaN where a config had left before. p, intervals and verdicts are those of
 * the look (design.h); the verdict of a config is the first that it gets at any look, and one that
 * has left is not to be asked again. Max-T alone; BNN_E_USAGE also for Holm, for a wrong design
 * and another number of seeds than its own. */
int bnn_compare_look(const bnn_paired *paired, const bnn_question *question,
                     const bnn_design *design, size_t look, bnn_answer *answers,
                     bnn_comparison *comparison, bnn_error *err);

/* How many pairs of configs there are, and their differences, values[configs][seeds] to
 * differences[pairs][seeds]: the pair (a, b), a < b, is a minus b, in the order (0, 1), (0, 2), ...
 * The answer of bnn_compare on them is that for all pairs. */
size_t bnn_pairs(size_t configs);
void bnn_pair_differences(size_t configs, size_t seeds, const double *values, double *differences);

#endif
