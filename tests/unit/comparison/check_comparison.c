/* check_comparison.c - sign-flip tests, simultaneous intervals and verdicts: against R's brute
 * force, and at the edges. The facts and the script that made them are in
 * tests/fixtures/reference. */
#include "comparison/comparison.h"

#include "base/rng.h"
#include "comparison/rank.h"

#include "tests/fixtures/check_main.h"

#include "tests/fixtures/reference/comparison_flips.inc"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIGS_MAX = 12 };

static const bnn_question ask = {.alpha = 0.05, .margin = 0.1};

static bnn_comparison compare(const double *differences, size_t configs, size_t seeds,
                              const bnn_question *question, bnn_answer *answers)
{
    bnn_comparison comparison;
    bnn_error err;
    const bnn_paired paired = {configs, seeds, differences};
    ck_assert_int_eq(bnn_compare(&paired, question, answers, &comparison, &err), BNN_OK);
    return comparison;
}

/* What the exact test says about 0 is what the interval does. */
static void check_interval(const bnn_answer *answer, const double *expected, double p)
{
    double low = expected[0], high = expected[1];
    if (p > 0.05) {
        low = fmin(low, 0);
        high = fmax(high, 0);
    } else if (answer->mean > 0) {
        low = fmax(low, 0);
    } else {
        high = fmin(high, 0);
    }
    if (isinf(low))
        ck_assert(answer->low == low);
    else
        ck_assert_double_eq_tol(answer->low, low, 1e-6);
    if (isinf(high))
        ck_assert(answer->high == high);
    else
        ck_assert_double_eq_tol(answer->high, high, 1e-6);
}

/* A case of the reference: all configs together, with intervals where it has them, and each alone. */
static void check_case(size_t configs, size_t seeds, const double *differences, const double *alone,
                       const double *adjusted, const double *intervals,
                       const double *alone_intervals)
{
    bnn_answer answers[CONFIGS_MAX], one;
    ck_assert(compare(differences, configs, seeds, &ask, answers).exact);
    for (size_t i = 0; i < configs; i++) {
        ck_assert_double_eq_tol(answers[i].p_alone, alone[i], 1e-12);
        ck_assert_double_eq_tol(answers[i].p, adjusted[i], 1e-12);
        if (intervals != NULL)
            check_interval(&answers[i], intervals + 2 * i, adjusted[i]);
        compare(differences + i * seeds, 1, seeds, &ask, &one);
        ck_assert_double_eq_tol(one.p, alone[i], 1e-12);
        check_interval(&one, alone_intervals + 2 * i, alone[i]);
    }
}

#define CHECK_CASE(name, intervals)                                                           \
    check_case(sizeof name##_differences / sizeof *name##_differences,                        \
               sizeof *name##_differences / sizeof **name##_differences, *name##_differences, \
               name##_alone, name##_adjusted, intervals, *name##_alone_intervals)

START_TEST(flips_are_those_of_brute_force)
{
    CHECK_CASE(sweep, *sweep_intervals);
    CHECK_CASE(coarse, *coarse_intervals);
    CHECK_CASE(holes, *holes_intervals);
    CHECK_CASE(failed, NULL);
}
END_TEST

/* A p of at most alpha, an interval without 0 and a verdict are one. */
static void check_agreement(const bnn_answer *a, const bnn_question *question)
{
    const bool rejected = a->p <= question->alpha;
    ck_assert_double_ge(a->p, a->p_alone);
    ck_assert(a->low <= a->high);
    ck_assert(rejected == (a->verdict == BNN_VERDICT_BETTER || a->verdict == BNN_VERDICT_WORSE));
    ck_assert(a->verdict != BNN_VERDICT_BETTER || a->low >= 0);
    ck_assert(a->verdict != BNN_VERDICT_WORSE || a->high <= 0);
    ck_assert(rejected || (a->low <= 0 && a->high >= 0));
    ck_assert(a->verdict != BNN_VERDICT_EQUAL || a->within_margin);
    ck_assert(!a->within_margin || a->verdict != BNN_VERDICT_UNDECIDED);
    ck_assert((a->more_seeds == 0) == (a->verdict != BNN_VERDICT_UNDECIDED));
}

START_TEST(table_and_verdict_agree)
{
    bnn_answer answers[CONFIGS_MAX];
    bnn_question question = ask;
    for (int holm = 0; holm < 2; holm++) {
        question.adjustment = holm ? BNN_ADJUST_HOLM : BNN_ADJUST_MAX_T;
        for (double alpha = 0.01; alpha < 0.5; alpha += 0.03) {
            question.alpha = alpha;
            compare(*sweep_differences, 5, 10, &question, answers);
            for (int i = 0; i < 5; i++)
                check_agreement(&answers[i], &question);
            compare(*failed_differences, 4, 8, &question, answers);
            for (int i = 0; i < 4; i++)
                check_agreement(&answers[i], &question);
        }
    }
}
END_TEST

/* What could have been found: of as many pairs with as much spread, at the level of one of five. */
START_TEST(detectable_is_that_of_r)
{
    static const double with_failed[2][8] = {{0.1, 0.2, 0.1, 0.3, 0.2, 0.1, 0.2, -INFINITY},
                                             {0.1, 0.2, 0.1, NAN, 0.2, 0.1, NAN, NAN}};
    bnn_answer answers[CONFIGS_MAX];
    compare(*sweep_differences, 5, 10, &ask, answers);
    for (int i = 0; i < 5; i++)
        ck_assert_double_eq_tol(answers[i].detectable, sweep_detectable[i], 1e-6);
    compare(*with_failed, 2, 8, &ask, answers);
    ck_assert(isnan(answers[0].detectable)); /* nothing that fails is better, whatever its mean */
    ck_assert(isinf(answers[1].detectable)); /* five pairs */
}
END_TEST

START_TEST(few_and_equal_values_are_defined)
{
    static const double zeros[8] = {0}, same[8] = {0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05};
    bnn_answer a;
    /* Nothing at all, one pair, two. */
    ck_assert_uint_eq(compare(NULL, 0, 0, &ask, &a).seeds, 0);
    ck_assert_uint_eq(compare(zeros, 0, 8, &ask, &a).seeds, 0);
    compare(same, 1, 0, &ask, &a);
    ck_assert(a.pairs == 0 && isnan(a.mean) && isnan(a.sd) && isnan(a.wins) && a.p == 1);
    ck_assert(a.low == -INFINITY && a.high == INFINITY && a.more_seeds == SIZE_MAX);
    compare(same, 1, 1, &ask, &a);
    ck_assert(a.pairs == 1 && a.mean == 0.05 && isnan(a.sd) && a.p == 1 && a.high == INFINITY);
    ck_assert(a.verdict == BNN_VERDICT_UNDECIDED && a.more_seeds == SIZE_MAX);
    ck_assert_uint_eq(compare(same, 1, 2, &ask, &a).least_seeds, 6);
    ck_assert(a.p == 0.5 && a.sd == 0 && a.low == -INFINITY && a.more_seeds == 4);
    /* Identical results are equal, even without a margin, as soon as the seeds suffice; a constant
     * difference is one. */
    compare(zeros, 1, 5, &ask, &a);
    ck_assert(a.p == 1 && a.verdict == BNN_VERDICT_UNDECIDED && a.more_seeds == 1);
    compare(zeros, 1, 8, &(bnn_question){.alpha = 0.05}, &a);
    ck_assert(a.p == 1 && a.low == 0 && a.high == 0 && a.verdict == BNN_VERDICT_EQUAL);
    compare(zeros, 1, 8, &(bnn_question){.alpha = 0.05, .margin = (double)NAN}, &a);
    ck_assert(a.verdict == BNN_VERDICT_UNDECIDED && a.wins == 0.5);
    compare(same, 1, 8, &ask, &a);
    ck_assert(a.p == 0.0078125 && a.verdict == BNN_VERDICT_BETTER && a.within_margin);
    ck_assert_double_eq_tol(a.low, 0.05, 1e-12);
    ck_assert_double_eq_tol(a.high, 0.05, 1e-12);
}
END_TEST

START_TEST(hostile_values_are_defined)
{
    const double worst[] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY};
    const double huge[] = {1e308, -1e308, 1.7e308, 1e308, 1e308, 1e308, 1e-320};
    const double tiny[] = {1e-320, 2e-320, 3e-320, 1e-320, 4e-320, 2e-320, 1e-320};
    bnn_answer a;
    bnn_comparison comparison;
    bnn_error err;
    compare(worst, 1, 6, &ask, &a);
    ck_assert(a.failed == 6 && a.pairs == 0 && isnan(a.mean) && a.verdict == BNN_VERDICT_WORSE);
    ck_assert(a.low == -INFINITY && a.high == 0 && a.wins == 0);
    compare(huge, 1, 7, &ask, &a);
    ck_assert(a.mean > 1e307 && isfinite(a.mean) && a.p > 0.05 && a.low <= 0 && a.high >= 0);
    compare(tiny, 1, 7, &ask, &a);
    ck_assert(a.p == 0.015625 && a.verdict == BNN_VERDICT_BETTER && a.within_margin);
    const double alphas[] = {0, -1, 0.51, (double)NAN, INFINITY};
    for (size_t i = 0; i < sizeof alphas / sizeof *alphas; i++)
        ck_assert_int_eq(bnn_compare(&(bnn_paired){1, 7, tiny}, &(bnn_question){.alpha = alphas[i]},
                                     &a, &comparison, &err),
                         BNN_E_USAGE);
    const bnn_paired beyond[] = {{SIZE_MAX, 7, tiny}, {1, SIZE_MAX, tiny}};
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(bnn_compare(&beyond[i], &ask, &a, &comparison, &err), BNN_E_USAGE);
    bnn_question many = ask;
    many.draws = SIZE_MAX;
    ck_assert_int_eq(bnn_compare(&(bnn_paired){1, 7, tiny}, &many, &a, &comparison, &err),
                     BNN_E_USAGE);
}
END_TEST

/* A failed run is never lost: it bars what it speaks against, and joins in what it speaks for. */
START_TEST(failed_runs_count)
{
    double better[] = {0.4, 0.5, 0.45, 0.41, 0.38, 0.52, 0.47, 0.44};
    bnn_answer a;
    compare(better, 1, 8, &ask, &a);
    ck_assert(a.verdict == BNN_VERDICT_BETTER);
    better[3] = -INFINITY;
    compare(better, 1, 8, &ask, &a);
    ck_assert(a.verdict == BNN_VERDICT_UNDECIDED && a.failed == 1 && a.pairs == 7 && a.p == 1);
    ck_assert(a.low == -INFINITY && isfinite(a.high) && a.mean > 0.4 && a.wins == 0.875);
    ck_assert_uint_eq(a.more_seeds, SIZE_MAX);
    better[3] = INFINITY;
    compare(better, 1, 8, &ask, &a);
    ck_assert(a.verdict == BNN_VERDICT_BETTER && a.baseline_failed == 1 && a.wins == 1);
    ck_assert(a.high == INFINITY && a.low > 0.3 && !a.within_margin);
    better[3] = (double)NAN;
    compare(better, 1, 8, &ask, &a);
    ck_assert(a.verdict == BNN_VERDICT_BETTER && a.pairs == 7 && isfinite(a.high));
}
END_TEST

/* Seeds that nobody has run change nothing, nor the order of configs or seeds, nor the unit or the
 * sign. */
START_TEST(answers_do_not_depend_on_the_layout)
{
    double moved[5 * 33];
    bnn_answer answers[5], again[5];
    compare(*sweep_differences, 5, 10, &ask, answers);
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 33; j++)
            moved[(4 - i) * 33 + (32 - j)] =
                j % 3 == 1 && j < 30 ? -100 * sweep_differences[i][j / 3] : (double)NAN;
    const bnn_question hundredths = {.alpha = 0.05, .margin = 10};
    const bnn_comparison comparison = compare(moved, 5, 33, &hundredths, again);
    ck_assert(comparison.exact && comparison.seeds == 10);
    for (size_t i = 0; i < 5; i++) {
        const bnn_answer *a = &answers[i], *b = &again[4 - i];
        ck_assert(a->p == b->p && a->p_alone == b->p_alone && a->pairs == b->pairs);
        ck_assert_double_eq_tol(-100 * a->mean, b->mean, 1e-10);
        ck_assert_double_eq_tol(-100 * a->low, b->high, 1e-10);
        ck_assert_double_eq_tol(-100 * a->high, b->low, 1e-10);
        ck_assert((a->verdict == BNN_VERDICT_BETTER) == (b->verdict == BNN_VERDICT_WORSE));
        ck_assert(a->within_margin == b->within_margin);
    }
}
END_TEST

/* More seeds than can be enumerated: near the exact answer, the same for the same seed, and never
 * 0. */
START_TEST(drawn_flips_are_near_the_exact_ones)
{
    double long_differences[2 * 24];
    bnn_answer answers[2], again[2];
    for (size_t j = 0; j < 24; j++) {
        long_differences[j] = 0.01 * (double)((j * 7 + 3) % 24) - 0.06;
        long_differences[24 + j] = 1 + 0.01 * (double)(j % 5);
    }
    const bnn_comparison comparison = compare(long_differences, 2, 24, &ask, answers);
    ck_assert(!comparison.exact && comparison.seeds == 24);
    compare(long_differences, 2, 24, &ask, again);
    ck_assert(answers[0].p == again[0].p && answers[0].low == again[0].low);
    ck_assert_double_eq_tol(answers[1].p, 1e-5, 1e-12);
    /* All 2^24 flips, in R, give this p. */
    ck_assert_double_eq_tol(answers[0].p_alone, many_alone, 3 * sqrt(many_alone / 1e5));
    const bnn_question few = {.alpha = 0.05, .draws = 19};
    compare(long_differences, 2, 24, &few, again);
    ck_assert_double_eq_tol(again[1].p, 0.05, 1e-12);
    ck_assert(again[1].verdict == BNN_VERDICT_BETTER);
}
END_TEST

START_TEST(all_pairs_are_compared)
{
    const double values[3][4] = {
        {98, 99, -INFINITY, (double)NAN}, {97, 97.5, 96, 95}, {1, 2, -INFINITY, 4}};
    double differences[3][4];
    ck_assert_uint_eq(bnn_pairs(0), 0);
    ck_assert_uint_eq(bnn_pairs(1), 0);
    ck_assert_uint_eq(bnn_pairs(3), 3);
    ck_assert_uint_eq(bnn_pairs(30), 435);
    bnn_pair_differences(3, 4, *values, *differences);
    ck_assert(differences[0][0] == 1 && differences[0][1] == 1.5 && differences[1][0] == 97);
    ck_assert(differences[0][2] == -INFINITY && isnan(differences[0][3]));
    ck_assert(isnan(differences[1][2]) && differences[2][2] == INFINITY && differences[2][3] == 91);
}
END_TEST

START_TEST(holm_takes_the_p_of_each_test)
{
    bnn_answer joint[5], holm[5];
    bnn_question question = ask;
    compare(*sweep_differences, 5, 10, &question, joint);
    question.adjustment = BNN_ADJUST_HOLM;
    ck_assert_uint_eq(compare(*sweep_differences, 5, 10, &question, holm).least_seeds, 8);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_double_eq_tol(holm[i].p, sweep_holm[i], 1e-12);
        ck_assert(holm[i].p_alone == joint[i].p_alone);
    }
}
END_TEST

/* Sums of several configs are formed at once: to the last bit what they are one by one, with flips that
 * are enumerated and drawn, and for any number of configs. */
static void check_beside_others(size_t configs, size_t seeds)
{
    const bnn_rng rng = {1, BNN_RNG_FLIPS, 1};
    double differences[CONFIGS_MAX * 24];
    bnn_answer answers[CONFIGS_MAX], one;
    for (size_t i = 0; i < configs * seeds; i++)
        differences[i] = (double)bnn_rng_bits(&rng, i) / 1e10 - 0.1;
    differences[1] = -INFINITY;
    const bnn_question together = {.alpha = 0.05, .adjustment = BNN_ADJUST_HOLM, .draws = 2999};
    const bnn_question alone = {.alpha = 0.05 / (double)configs, .draws = 2999};
    compare(differences, configs, seeds, &together, answers);
    for (size_t i = 0; i < configs; i++) {
        compare(differences + i * seeds, 1, seeds, &alone, &one);
        ck_assert(answers[i].p_alone == one.p_alone && answers[i].mean == one.mean);
        /* 0 is where a test cuts the interval, and the level of that depends on the others. */
        ck_assert(answers[i].low == one.low || answers[i].low == 0 || one.low == 0);
        ck_assert(answers[i].high == one.high || answers[i].high == 0 || one.high == 0);
    }
}

START_TEST(others_beside_it_change_no_bit)
{
    for (size_t configs = 1; configs <= CONFIGS_MAX; configs++) {
        check_beside_others(configs, 10);
        check_beside_others(configs, 24);
    }
}
END_TEST

static int order_values(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Few values and many, some of them equal, some without end; in any order and in order. */
START_TEST(ranks_are_those_of_sorted_values)
{
    static const size_t counts[] = {1, 2, 10, 8192, 8193, 60000};
    static double values[60000], sorted[60000];
    const bnn_rng rng = {1, BNN_RNG_FLIPS, 2};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        const size_t n = counts[k], ranks[] = {0, n / 20, n / 2, n - 1 - n / 20, n - 1};
        for (size_t i = 0; i < n; i++) {
            const uint32_t bits = bnn_rng_bits(&rng, i);
            values[i] = bits % 7 == 0    ? -INFINITY
                        : bits % 11 == 0 ? INFINITY
                                         : (double)(bits % 5000);
        }
        memcpy(sorted, values, n * sizeof *values);
        qsort(sorted, n, sizeof *sorted, order_values);
        for (size_t r = 0; r < sizeof ranks / sizeof *ranks; r++)
            ck_assert(bnn_value_of_rank(values, n, ranks[r]) == sorted[ranks[r]]);
        memcpy(values, sorted, n * sizeof *values);
        ck_assert(bnn_value_of_rank(values, n, n / 3) == sorted[n / 3]);
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("comparison");
    TCase *tests = tcase_create("comparison");
    tcase_add_test(tests, flips_are_those_of_brute_force);
    tcase_add_test(tests, table_and_verdict_agree);
    tcase_add_test(tests, detectable_is_that_of_r);
    tcase_add_test(tests, few_and_equal_values_are_defined);
    tcase_add_test(tests, hostile_values_are_defined);
    tcase_add_test(tests, failed_runs_count);
    tcase_add_test(tests, answers_do_not_depend_on_the_layout);
    tcase_add_test(tests, drawn_flips_are_near_the_exact_ones);
    tcase_add_test(tests, all_pairs_are_compared);
    tcase_add_test(tests, holm_takes_the_p_of_each_test);
    tcase_add_test(tests, others_beside_it_change_no_bit);
    tcase_add_test(tests, ranks_are_those_of_sorted_values);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
