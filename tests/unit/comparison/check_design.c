/* check_design.c - looks at more and more seeds: against R's brute force over all paths, and wrong
 * designs. The error rates over all looks are in check_error_rates.c. */
#include "comparison/looks.h"

#include "tests/fixtures/check_main.h"

#include "tests/fixtures/reference/comparison_looks.inc"

#include <math.h>
#include <string.h>

enum { CONFIGS = 3, SEEDS = 11, LOOKS = 3 };

static const bnn_question ask = {.alpha = 0.05, .margin = 0.1};
static const bnn_design pocock = {LOOKS, {7, 9, 11}, BNN_SPEND_POCOCK};

/* The first seeds of the table. */
static bnn_paired first_seeds(size_t seeds, double *differences)
{
    for (size_t i = 0; i < CONFIGS; i++)
        memcpy(differences + i * seeds, looks_differences[i], seeds * sizeof *differences);
    return (bnn_paired){CONFIGS, seeds, differences};
}

static void check_looks(const bnn_design *design, const double expected[LOOKS][CONFIGS],
                        const double *spent)
{
    double differences[CONFIGS * SEEDS];
    bnn_answer answers[CONFIGS];
    bnn_comparison comparison;
    bnn_error err;
    for (size_t k = 0; k < LOOKS; k++) {
        const bnn_paired paired = first_seeds(design->seeds[k], differences);
        ck_assert_double_eq_tol(bnn_design_spent(design, 0.05, k), spent[k], 1e-12);
        ck_assert_int_eq(bnn_compare_look(&paired, &ask, design, k, answers, &comparison, &err),
                         BNN_OK);
        for (size_t i = 0; i < CONFIGS; i++) {
            const bnn_answer *a = &answers[i];
            ck_assert_double_eq_tol(a->p, expected[k][i], 1e-12);
            ck_assert((a->p <= spent[k]) ==
                      (a->verdict == BNN_VERDICT_BETTER || a->verdict == BNN_VERDICT_WORSE));
            ck_assert(a->p <= spent[k] || (a->low <= 0 && a->high >= 0));
        }
    }
}

START_TEST(paths_are_those_of_brute_force)
{
    const bnn_design obrien_fleming = {LOOKS, {7, 9, 11}, BNN_SPEND_OBRIEN_FLEMING};
    check_looks(&pocock, looks_pocock_p, looks_pocock_spent);
    check_looks(&obrien_fleming, looks_obrien_fleming_p, looks_obrien_fleming_spent);
}
END_TEST

/* One look is no sequence: the answer is that of bnn_compare, to the bit. */
START_TEST(one_look_is_a_comparison)
{
    const bnn_design once = {1, {7}, BNN_SPEND_POCOCK};
    double differences[CONFIGS * SEEDS];
    bnn_answer look[CONFIGS], plain[CONFIGS];
    bnn_comparison comparison;
    bnn_error err;
    const bnn_paired paired = first_seeds(7, differences);
    ck_assert_int_eq(bnn_compare_look(&paired, &ask, &once, 0, look, &comparison, &err), BNN_OK);
    ck_assert_int_eq(bnn_compare(&paired, &ask, plain, &comparison, &err), BNN_OK);
    for (size_t i = 0; i < CONFIGS; i++) {
        ck_assert(look[i].p == plain[i].p && look[i].low == plain[i].low);
        ck_assert(look[i].high == plain[i].high && look[i].verdict == plain[i].verdict);
        ck_assert_uint_eq(look[i].more_seeds, plain[i].more_seeds);
    }
}
END_TEST

/* The first config is better by far, the second is the baseline with noise, the third never decided. */
enum { CARRIED = 3, LAST = 20 };
static const bnn_design carried = {3, {8, 12, LAST}, BNN_SPEND_POCOCK};

START_TEST(wrong_designs_are_refused)
{
    const bnn_design wrong[] = {
        {0, {7}, BNN_SPEND_POCOCK},    {BNN_LOOKS_MAX + 1, {7}, BNN_SPEND_POCOCK},
        {2, {0, 7}, BNN_SPEND_POCOCK}, {2, {7, 7}, BNN_SPEND_POCOCK},
        {2, {8, 7}, BNN_SPEND_POCOCK},
    };
    double differences[CONFIGS * SEEDS];
    bnn_answer answers[CONFIGS];
    bnn_comparison comparison;
    bnn_error err;
    const bnn_paired paired = first_seeds(7, differences);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_int_eq(bnn_design_check(&wrong[i], &err), BNN_E_USAGE);
        ck_assert_int_eq(bnn_compare_look(&paired, &ask, &wrong[i], 0, answers, &comparison, &err),
                         BNN_E_USAGE);
    }
    ck_assert_int_eq(bnn_compare_look(&paired, &ask, &pocock, 1, answers, &comparison, &err),
                     BNN_E_USAGE);
    ck_assert_int_eq(bnn_compare_look(&paired, &ask, &pocock, 3, answers, &comparison, &err),
                     BNN_E_USAGE);
    bnn_looks looks;
    ck_assert_int_eq(bnn_looks_make(&paired, NULL, &ask, &carried, NULL, &looks, &err),
                     BNN_E_USAGE);
    ck_assert_str_eq(err.message, "the design has 20 seeds, not 7");
    const bnn_question holm = {.alpha = 0.05, .adjustment = BNN_ADJUST_HOLM};
    ck_assert_int_eq(bnn_compare_look(&paired, &holm, &pocock, 0, answers, &comparison, &err),
                     BNN_E_USAGE);
}
END_TEST

/* ---- carried out --------------------------------------------------------------------------- */

static void carried_differences(double *differences)
{
    for (size_t j = 0; j < LAST; j++) {
        const double noise = 0.01 * (double)(j * 7 % 11) - 0.05;
        differences[j] = 1 + noise;
        differences[LAST + j] = noise / 2;
        differences[2 * LAST + j] = 5 * noise;
    }
}

static bnn_looks carry_out(const double *differences, const bool *ended, bnn_arena *arena)
{
    const bnn_paired paired = {CARRIED, LAST, differences};
    bnn_looks looks;
    bnn_error err;
    ck_assert_int_eq(bnn_looks_make(&paired, ended, &ask, &carried, arena, &looks, &err), BNN_OK);
    return looks;
}

/* Whatever has ended beyond what a look asks for changes nothing. */
START_TEST(looks_wait_for_their_runs)
{
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    double differences[CARRIED * LAST];
    bool ended[CARRIED * LAST];
    carried_differences(differences);
    for (size_t i = 0; i < CARRIED * LAST; i++)
        ended[i] = i % LAST < 8 || i % LAST == 15;
    ended[7] = false;
    bnn_looks looks = carry_out(differences, ended, arena);
    ck_assert_uint_eq(looks.made, 0);
    ck_assert_uint_eq(looks.due, 8);
    ck_assert_ptr_null(bnn_looks_answer(&looks, CARRIED, 0));
    ended[7] = true;
    looks = carry_out(differences, ended, arena);
    ck_assert_uint_eq(looks.made, 1);
    ck_assert_uint_eq(looks.due, 12);
    ck_assert(looks.has_left[0] && !looks.has_left[2]);
    ck_assert_int_eq(bnn_looks_answer(&looks, CARRIED, 0)->verdict, BNN_VERDICT_BETTER);
    bnn_arena_destroy(arena);
}
END_TEST

/* What has left keeps its answer: neither its later seeds nor their lack are looked at. */
START_TEST(what_left_is_not_asked_again)
{
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    double differences[CARRIED * LAST];
    bool ended[CARRIED * LAST];
    carried_differences(differences);
    for (size_t i = 0; i < CARRIED * LAST; i++)
        ended[i] = i >= LAST || i < 8;
    const bnn_looks looks = carry_out(differences, ended, arena);
    ck_assert_uint_eq(looks.made, 3);
    ck_assert_uint_eq(looks.due, 0);
    ck_assert_uint_eq(looks.asked[0], 1);
    ck_assert_uint_eq(looks.asked[2], 3);
    ck_assert(!looks.has_left[2]);
    ck_assert_int_eq(looks.answers[1].verdict, BNN_VERDICT_EQUAL);
    for (size_t j = 8; j < LAST; j++)
        differences[j] = -100;
    const bnn_looks again = carry_out(differences, ended, arena);
    for (size_t i = 0; i < CARRIED; i++)
        ck_assert_mem_eq(bnn_looks_answer(&looks, CARRIED, i), bnn_looks_answer(&again, CARRIED, i),
                         sizeof(bnn_answer));
    bnn_arena_destroy(arena);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("design");
    TCase *tests = tcase_create("design");
    tcase_add_test(tests, paths_are_those_of_brute_force);
    tcase_add_test(tests, one_look_is_a_comparison);
    tcase_add_test(tests, wrong_designs_are_refused);
    tcase_add_test(tests, looks_wait_for_their_runs);
    tcase_add_test(tests, what_left_is_not_asked_again);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
