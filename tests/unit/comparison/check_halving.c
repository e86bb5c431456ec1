/* check_halving.c - which contenders each rung keeps, and that it depends on nothing but the runs that have
 * ended. */
#include "comparison/halving.h"

#include "tests/fixtures/check_main.h"

#include <math.h>
#include <string.h>

enum { N = 7, SEEDS = 2, RUNGS = 3 };
static const double lost = -(double)INFINITY;

/* Rung by rung; contenders that a rung drops are better later, which nobody must ask. */
static double values[RUNGS][N][SEEDS];
static bool ended[RUNGS][N][SEEDS];
static bnn_arena *arena;
static bnn_halved halved;

static void begin(void)
{
    static const double first[N][SEEDS] = {{0.5, 0.5}, {0.7, 0.7}, {0.6, 0.8},  {lost, 0.99},
                                           {0.9, 0.5}, {0.1, 0.2}, {lost, lost}};
    memset(values, 0, sizeof values);
    memset(ended, 0, sizeof ended);
    memcpy(values[0], first, sizeof first);
    arena = bnn_arena_create(1 << 20);
}

static void end(void)
{
    bnn_arena_destroy(arena);
}

static void end_all(size_t rung)
{
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < SEEDS; j++)
            ended[rung][i][j] = true;
}

static void make(size_t eta)
{
    bnn_rung_runs rungs[RUNGS];
    bnn_error err;
    for (size_t k = 0; k < RUNGS; k++)
        rungs[k] = (bnn_rung_runs){SEEDS, &values[k][0][0], &ended[k][0][0]};
    ck_assert_int_eq(bnn_halving_make(rungs, RUNGS, N, eta, arena, &halved, &err), BNN_OK);
}

/* The places at a rung, "-" of those that are not in, "*" of those that are kept. */
static const char *places(size_t rung)
{
    static char text[4 * N];
    char *at = text;
    for (size_t i = 0; i < N; i++) {
        const bnn_standing *s = &halved.standings[rung * N + i];
        if (s->place == 0)
            *at++ = '-';
        else
            *at++ = (char)('0' + s->place);
        if (s->kept)
            *at++ = '*';
    }
    *at = '\0';
    return text;
}

START_TEST(fewest_failures_then_the_mean_then_the_order)
{
    end_all(0);
    make(2);
    ck_assert_uint_eq(halved.made, 1);
    ck_assert_str_eq(places(0), "4*1*2*63*57"); /* three have the mean 0.7; 7 / 2 is 4 */
    ck_assert_double_eq(bnn_halving_cut(&halved, N, 0), 0.5);
    ck_assert_uint_eq(halved.standings[3].n_failed, 1);
    ck_assert_double_eq(halved.standings[3].mean, 0.99);
    ck_assert(isnan(halved.standings[6].mean));
}
END_TEST

START_TEST(a_rung_waits_for_those_that_are_in_alone)
{
    make(3);
    ck_assert_uint_eq(halved.made, 0);
    ck_assert(halved.is_in[6]);
    end_all(0);
    ended[0][5][1] = false;
    make(3);
    ck_assert_uint_eq(halved.made, 0);
    ended[0][5][1] = true;
    for (size_t i = 0; i < N; i++)
        values[1][i][0] = values[1][i][1] = 0.9 - 0.1 * (double)i;
    for (size_t i = 1; i < 5; i++)
        ended[1][i][0] = ended[1][i][1] = i != 3;
    make(3);
    ck_assert_uint_eq(halved.made, 2);
    ck_assert_str_eq(places(0), "41*2*63*57");
    ck_assert_str_eq(places(1), "-1*2-3--");
    ck_assert(!halved.is_in[2] && halved.is_in[1]);
    ended[2][1][0] = ended[2][1][1] = true;
    values[2][1][0] = values[2][1][1] = lost;
    make(3);
    ck_assert_uint_eq(halved.made, 3);
    ck_assert_str_eq(places(2), "-1*-----");
    ck_assert(isnan(bnn_halving_cut(&halved, N, 2)));
}
END_TEST

START_TEST(each_rung_has_1_in_eta_rounded_up)
{
    static const size_t of_27[] = {27, 9, 3, 1, 1}, of_10[] = {10, 4, 2, 1, 1};
    for (size_t k = 0; k < 5; k++) {
        ck_assert_uint_eq(bnn_halving_count(27, 3, k), of_27[k]);
        ck_assert_uint_eq(bnn_halving_count(10, 3, k), of_10[k]);
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("halving");
    TCase *tests = tcase_create("halving");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, fewest_failures_then_the_mean_then_the_order);
    tcase_add_test(tests, a_rung_waits_for_those_that_are_in_alone);
    tcase_add_test(tests, each_rung_has_1_in_eta_rounded_up);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
