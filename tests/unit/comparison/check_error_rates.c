/* check_error_rates.c - a short form of `make nulls`: wrong answers are as rare as they are
 * said to be. */
#include "tests/nulls/sweeps.h"

#include "tests/fixtures/check_main.h"

enum { SWEEPS = 100 };

/* 5 % of 100 sweeps are more than 11 once in 200 times; with these numbers, always or never. */
enum { ERRORS_MAX = 11 };

START_TEST(without_differences)
{
    sweep_rates rates = {0};
    sweeps_simulate(&(sweep_plan){0}, 0, SWEEPS, &rates);
    ck_assert_uint_eq(rates.sweeps, SWEEPS);
    ck_assert_uint_le(rates.false_signs, ERRORS_MAX);
    ck_assert_uint_le(rates.misses, ERRORS_MAX);
    ck_assert_uint_gt(rates.misses, 0);
}
END_TEST

/* Large differences beside none: neither do they hide a false sign, nor do intervals become too
 * short. */
START_TEST(beside_large_differences)
{
    sweep_rates rates = {0};
    sweeps_simulate(&(sweep_plan){.different = 9, .effect = 5, .seeds = 8}, 0, SWEEPS, &rates);
    ck_assert_uint_le(rates.false_signs, ERRORS_MAX);
    ck_assert_uint_le(rates.misses, ERRORS_MAX);
    ck_assert_uint_eq(rates.found, 9 * SWEEPS);
}
END_TEST

START_TEST(at_the_margin)
{
    sweep_rates rates = {0};
    const sweep_plan plan = {.different = 5, .effect = 0.1, .sd = 0.03};
    sweeps_simulate(&plan, 0, SWEEPS, &rates);
    ck_assert_uint_le(rates.false_equals, ERRORS_MAX);
    ck_assert_uint_le(rates.false_signs, ERRORS_MAX);
    ck_assert_uint_ge(rates.found + rates.equal, 9 * SWEEPS);
}
END_TEST

/* Looking three times is no more often wrong than once. */
START_TEST(over_all_looks)
{
    sweep_rates rates = {0};
    const sweep_plan plan = {.seeds = 10, .sd = 0.05, .design = {3, {6, 8, 10}, BNN_SPEND_POCOCK}};
    sweeps_simulate(&plan, 0, SWEEPS, &rates);
    ck_assert_uint_le(rates.false_signs, ERRORS_MAX);
    ck_assert_uint_le(rates.misses, ERRORS_MAX);
    ck_assert_uint_gt(rates.equal, 0);
    ck_assert_uint_lt(rates.runs, 10 * 10 * SWEEPS);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("error rates");
    TCase *tests = tcase_create("error rates");
    tcase_add_test(tests, without_differences);
    tcase_add_test(tests, beside_large_differences);
    tcase_add_test(tests, at_the_margin);
    tcase_add_test(tests, over_all_looks);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
