/* check_statistics.c - means, spreads, medians, intervals. */
#include "base/statistics.h"

#include "tests/fixtures/check_main.h"

#include <math.h>
#include <stdio.h>

START_TEST(moments_keep_small_spreads)
{
    static const double values[] = {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16};
    bnn_moments m = {0};
    ck_assert(isnan(bnn_moments_sd(&m)));
    bnn_moments_add(&m, values[0]);
    ck_assert(isnan(bnn_moments_sd(&m)) && isnan(bnn_moments_ci95(&m)));
    for (int i = 1; i < 4; i++)
        bnn_moments_add(&m, values[i]);
    ck_assert_double_eq(m.mean, 1e9 + 10);
    ck_assert_double_eq_tol(bnn_moments_sd(&m), sqrt(30), 1e-9);
    ck_assert_double_eq_tol(bnn_moments_ci95(&m), 3.182446305284 * sqrt(30) / 2, 1e-8);
}
END_TEST

START_TEST(the_median_is_in_the_middle)
{
    double odd[] = {3, -1, 2}, even[] = {1.5e308, 1e308}, ends[] = {INFINITY, 1, INFINITY};
    ck_assert_double_eq(bnn_median(odd, 3), 2);
    ck_assert_double_eq(odd[0], -1);
    ck_assert_double_eq(bnn_median(even, 2), 1.25e308);
    ck_assert(isinf(bnn_median(ends, 3)));
    ck_assert(isnan(bnn_median(odd, 0)));
}
END_TEST

/* A mean of fractions in percent, and the mean of percentages: two decimals of the same number. */
START_TEST(means_are_shown_alike)
{
    char one[32], two[32];
    const double a = 0.7, b = 0.7033;
    const double fractions = 100 * ((a + b) / 2), percents = (100 * a + 100 * b) / 2;
    snprintf(one, sizeof one, "%.2f", fractions);
    snprintf(two, sizeof two, "%.2f", percents);
    ck_assert_str_ne(one, two);
    snprintf(one, sizeof one, "%.2f", bnn_mean_shown(fractions));
    snprintf(two, sizeof two, "%.2f", bnn_mean_shown(percents));
    ck_assert_str_eq(one, two);
    ck_assert(isnan(bnn_mean_shown((double)NAN)) && isinf(bnn_mean_shown(-INFINITY)));
    ck_assert_double_eq(bnn_mean_shown(249085.0), 249085.0);
}
END_TEST

/* Against a numerical integration of the density (40-point Gauss-Legendre, 64 intervals). */
START_TEST(student_quantiles_are_right)
{
    static const struct {
        int64_t degrees;
        double t;
    } table[] = {
        {1, 12.706204736175},     {2, 4.302652729749},   {3, 3.182446305284},
        {4, 2.776445105198},      {5, 2.570581835636},   {10, 2.228138851986},
        {30, 2.042272456301},     {100, 1.983971518524}, {199, 1.971956544252},
        {200, 1.971896223634},    {201, 1.971836506780}, {1000, 1.962339080826},
        {100000, 1.959987707702},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        ck_assert_double_eq_tol(bnn_student_t95(table[i].degrees), table[i].t, 1e-9);
    for (int64_t n = 1; n < 1000; n++)
        ck_assert_double_gt(bnn_student_t95(n), bnn_student_t95(n + 1));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("statistics");
    TCase *tests = tcase_create("statistics");
    tcase_add_test(tests, moments_keep_small_spreads);
    tcase_add_test(tests, the_median_is_in_the_middle);
    tcase_add_test(tests, means_are_shown_alike);
    tcase_add_test(tests, student_quantiles_are_right);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
