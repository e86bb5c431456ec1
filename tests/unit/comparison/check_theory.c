/* check_theory.c - the normal distribution and Student's t, power and seeds, against R. The facts
 * and the script that made them are in tests/fixtures/reference. */
#include "comparison/power.h"
#include "comparison/quantile.h"
#include "comparison/wins.h"

#include "tests/fixtures/check_main.h"

#include "tests/fixtures/reference/comparison_theory.inc"

#include <math.h>
#include <stdint.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static void near(double value, double expected, double relative)
{
    ck_assert_double_le(fabs(value - expected), relative * fabs(expected) + 1e-300);
}

START_TEST(normal_is_that_of_r)
{
    for (size_t i = 0; i < LENGTH(normal_quantiles); i++)
        near(bnn_normal_quantile(normal_quantiles[i][0]), normal_quantiles[i][1], 1e-13);
    for (size_t i = 0; i < LENGTH(normal_probabilities); i++)
        near(bnn_normal_cdf(normal_probabilities[i][0]), normal_probabilities[i][1], 1e-12);
}
END_TEST

START_TEST(student_is_that_of_r)
{
    for (size_t i = 0; i < LENGTH(student_quantiles); i++) {
        const double *row = student_quantiles[i];
        near(bnn_student_quantile(row[0], row[1]), row[2], 1e-11);
    }
    for (size_t i = 0; i < LENGTH(student_probabilities); i++) {
        const double *row = student_probabilities[i];
        near(bnn_student_cdf(row[0], row[1]), row[2], 1e-11);
    }
}
END_TEST

START_TEST(ends_and_nonsense_are_defined)
{
    ck_assert(bnn_normal_quantile(0) == -INFINITY && bnn_normal_quantile(1) == INFINITY);
    ck_assert(isnan(bnn_normal_quantile(-0.1)) && isnan(bnn_normal_quantile(1.1)));
    ck_assert(isnan(bnn_normal_quantile((double)NAN)) && isnan(bnn_normal_cdf((double)NAN)));
    ck_assert(bnn_normal_cdf(-INFINITY) == 0 && bnn_normal_cdf(INFINITY) == 1);
    ck_assert(bnn_student_quantile(0, 3) == -INFINITY && bnn_student_quantile(1, 3) == INFINITY);
    ck_assert(isnan(bnn_student_quantile(0.5, 0)) && isnan(bnn_student_quantile(0.5, (double)NAN)));
    ck_assert(bnn_student_cdf(-INFINITY, 3) == 0 && bnn_student_cdf(INFINITY, 3) == 1);
    ck_assert(bnn_student_cdf(1e200, 3) == 1 && isnan(bnn_student_cdf(0, -1)));
    near(bnn_student_cdf(1.5, INFINITY), bnn_normal_cdf(1.5), 1e-15);
    near(bnn_student_cdf(-1.5, 2e6), bnn_student_cdf(-1.5, 1e6), 1e-5);
    near(bnn_student_quantile(0.025, INFINITY), bnn_normal_quantile(0.025), 1e-15);
}
END_TEST

START_TEST(power_is_that_of_r)
{
    for (size_t i = 0; i < LENGTH(powers); i++) {
        const double *row = powers[i];
        ck_assert_double_eq_tol(bnn_test_power((size_t)row[0], row[1], row[2]), row[3], 1e-7);
        ck_assert_double_eq_tol(bnn_test_power((size_t)row[0], -row[1], row[2]), row[3], 1e-7);
    }
    for (size_t i = 0; i < LENGTH(detectable); i++) {
        const double *row = detectable[i];
        near(bnn_detectable((size_t)row[0], row[1], 0.8), row[2], 1e-6);
        const size_t seeds = bnn_seeds_for(row[2] + 1e-6, row[1], 0.8);
        ck_assert_uint_eq(seeds, (size_t)row[0]);
    }
    ck_assert(isnan(bnn_test_power(1, 1, 0.05)) && isnan(bnn_test_power(10, (double)NAN, 0.05)));
    ck_assert(isnan(bnn_detectable(10, 0.05, 1)) && isnan(bnn_detectable(1, 0.05, 0.8)));
    ck_assert_uint_eq(bnn_seeds_for(0, 0.05, 0.8), SIZE_MAX);
    ck_assert_uint_eq(bnn_seeds_for(1e-9, 0.05, 0.8), SIZE_MAX);
    ck_assert_uint_eq(bnn_seeds_for((double)NAN, 0.05, 0.8), SIZE_MAX);
}
END_TEST

/* Two-sided p is at least 2 / 2^n: the table that is in every text on Wilcoxon's test and Holm's. */
START_TEST(few_seeds_cannot_decide)
{
    static const size_t comparisons[] = {0, 1, 3, 10, 26, 45, 100, 435};
    static const size_t seeds[] = {6, 6, 7, 9, 11, 11, 12, 15};
    for (size_t i = 0; i < LENGTH(seeds); i++) {
        ck_assert_uint_eq(bnn_least_seeds(0.05, comparisons[i], false), seeds[i]);
        ck_assert_uint_eq(bnn_least_seeds(0.05, comparisons[i], true), 6);
    }
    ck_assert_uint_eq(bnn_least_seeds(0.0625, 1, true), 5);
    ck_assert_uint_eq(bnn_least_seeds(1, 1, true), 1);
    ck_assert_uint_eq(bnn_least_seeds(0, 1, true), SIZE_MAX);
    ck_assert_uint_eq(bnn_least_seeds((double)NAN, 1, true), SIZE_MAX);
}
END_TEST

START_TEST(seeds_until_a_verdict)
{
    /* Far from 0 and from the margin, it is the seeds that the test takes. */
    ck_assert_uint_eq(bnn_seeds_to_decide(2, 1, 1, (double)NAN, 0.05, 0.8),
                      bnn_seeds_for(1, 0.05, 0.8));
    ck_assert_uint_eq(bnn_seeds_to_decide(30, 1, 1, (double)NAN, 0.05, 0.8), 30);
    /* No difference: at n seeds the margin 0.1 is 0.1 sqrt(n) / sd standard errors, and both sides
     * count: P(|Z| <= 0.1 sqrt(n) / sd - t) is 0.8 there. */
    const size_t n = bnn_seeds_to_decide(2, 0, 0.12, 0.1, 0.05, 0.8);
    const double room = 0.1 * sqrt((double)n) / 0.12 - bnn_student_quantile(0.975, (double)n - 1);
    const double less =
        0.1 * sqrt((double)n - 1) / 0.12 - bnn_student_quantile(0.975, (double)n - 2);
    ck_assert_double_ge(room, bnn_normal_quantile(0.9));
    ck_assert_double_lt(less, bnn_normal_quantile(0.9));
    /* Without a margin, no difference is found by no number of seeds. */
    ck_assert_uint_eq(bnn_seeds_to_decide(2, 0, 0.12, (double)NAN, 0.05, 0.8), SIZE_MAX);
    ck_assert_uint_eq(bnn_seeds_to_decide(6, 0.2, 0, (double)NAN, 0.05, 0.8), 6);
    ck_assert_uint_eq(bnn_seeds_to_decide(6, 0, 0, 0.1, 0.05, 0.8), 6);
    ck_assert_uint_eq(bnn_seeds_to_decide(6, 1, (double)NAN, 0.1, 0.05, 0.8), SIZE_MAX);
}
END_TEST

START_TEST(wins_have_the_interval_of_wilson)
{
    for (size_t i = 0; i < LENGTH(wilson); i++) {
        double differences[21] = {0};
        const size_t n = (size_t)wilson[i][1];
        for (size_t j = 0; j < n; j++)
            differences[j] = (double)j + 1 <= wilson[i][0] ? 0.01 : -INFINITY;
        if (wilson[i][0] != floor(wilson[i][0]))
            differences[n - 1] = 0;
        differences[n] = (double)NAN;
        const bnn_wins wins = bnn_wins_of(differences, n + 1, 0.05);
        ck_assert_double_eq_tol(wins.share, wilson[i][0] / wilson[i][1], 1e-15);
        ck_assert_double_eq_tol(wins.low, wilson[i][2], 1e-12);
        ck_assert_double_eq_tol(wins.high, wilson[i][3], 1e-12);
    }
    const bnn_wins none = bnn_wins_of(NULL, 0, 0.05);
    ck_assert(isnan(none.share) && none.low == 0 && none.high == 1);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("theory");
    TCase *tests = tcase_create("theory");
    tcase_add_test(tests, normal_is_that_of_r);
    tcase_add_test(tests, student_is_that_of_r);
    tcase_add_test(tests, ends_and_nonsense_are_defined);
    tcase_add_test(tests, power_is_that_of_r);
    tcase_add_test(tests, few_seeds_cannot_decide);
    tcase_add_test(tests, seeds_until_a_verdict);
    tcase_add_test(tests, wins_have_the_interval_of_wilson);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
