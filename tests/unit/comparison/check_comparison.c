/* check_comparison.c - sign-flip tests, simultaneous intervals and verdicts: against R's brute force, and at the
 * edges. The facts and the script that made them are in tests/fixtures/reference. */
#include "comparison/comparison.h"

#include "tests/fixtures/check_main.h"

#include "tests/fixtures/reference/comparison_flips.inc"

#include <math.h>

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

static Suite *make_suite(void)
{
    Suite *suite = suite_create("comparison");
    TCase *tests = tcase_create("comparison");
    tcase_add_test(tests, flips_are_those_of_brute_force);
    tcase_add_test(tests, table_and_verdict_agree);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
