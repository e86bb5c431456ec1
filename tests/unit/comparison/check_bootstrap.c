/* check_bootstrap.c - the bootstrap crossed over seeds and images: against its exact variance,
 * which R has computed from the moments of the draws, and at the edges. */
#include "comparison/bootstrap.h"
#include "comparison/quantile.h"

#include "tests/fixtures/check_main.h"

#include "tests/fixtures/reference/comparison_crossed.inc"

#include <math.h>
#include <string.h>

enum { SEEDS = 6, IMAGES = 40 };

/* Predictions of two runs a seed whose correctness differs as the table says; label 3. */
typedef struct predicted {
    uint8_t a[SEEDS][IMAGES], b[SEEDS][IMAGES], labels[IMAGES];
    const uint8_t *rows_a[2 * SEEDS], *rows_b[2 * SEEDS];
} predicted;

static bnn_predictions predict_crossed(predicted *p)
{
    memset(p->labels, 3, sizeof p->labels);
    for (size_t s = 0; s < SEEDS; s++) {
        for (size_t i = 0; i < IMAGES; i++) {
            p->a[s][i] = crossed[s][i] >= 0 ? 3 : 7;
            p->b[s][i] = crossed[s][i] <= 0 ? p->a[s][i] : 9;
            if (crossed[s][i] < 0)
                p->b[s][i] = 3;
        }
        p->rows_a[s] = p->a[s];
        p->rows_b[s] = p->b[s];
    }
    return (bnn_predictions){1, SEEDS, IMAGES, p->labels, p->rows_a, p->rows_b};
}

START_TEST(the_spread_is_that_of_all_draws)
{
    predicted p;
    bnn_generalisation out, again;
    bnn_error err;
    const bnn_predictions predictions = predict_crossed(&p);
    ck_assert_int_eq(bnn_bootstrap(&predictions, 0.05, 20000, 5, &out, &err), BNN_OK);
    ck_assert_uint_eq(out.pairs, SEEDS);
    ck_assert_double_eq_tol(out.mean, crossed_mean, 1e-10);
    ck_assert_double_eq_tol(out.se, crossed_se, 0.02 * crossed_se);
    /* Near normal, so the percentiles are where z has them, stretched for six seeds. */
    const double half = -bnn_student_quantile(0.025, SEEDS - 1) * sqrt(6.0 / 5) * crossed_se;
    ck_assert_double_eq_tol(out.mean - out.low, half, 0.06 * half);
    ck_assert_double_eq_tol(out.high - out.mean, half, 0.06 * half);
    ck_assert_int_eq(bnn_bootstrap(&predictions, 0.05, 20000, 5, &again, &err), BNN_OK);
    ck_assert(memcmp(&out, &again, sizeof out) == 0);
    ck_assert_int_eq(bnn_bootstrap(&predictions, 0.05, 20000, 6, &again, &err), BNN_OK);
    ck_assert(out.se != again.se);
}
END_TEST

/* What both runs of a pair have in common cancels: an accuracy that swings from seed to seed and
 * image to image, and a difference that is always at one image of two. */
START_TEST(pairs_are_drawn_together)
{
    predicted p;
    bnn_generalisation out;
    bnn_error err;
    const bnn_predictions predictions = predict_crossed(&p);
    memcpy(p.b, p.a, sizeof p.a);
    ck_assert_int_eq(bnn_bootstrap(&predictions, 0.05, 200, 1, &out, &err), BNN_OK);
    ck_assert(out.mean == 0 && out.se == 0 && out.low == 0 && out.high == 0);
    for (size_t s = 0; s < SEEDS; s++)
        for (size_t i = 0; i < IMAGES; i++)
            p.b[s][i] = p.a[s][i] == 3 ? 2 : 3;
    for (size_t s = 0; s < SEEDS; s++)
        memset(p.a[s], s % 2 ? 3 : 0, IMAGES);
    memset(p.b, 0, sizeof p.b);
    for (size_t s = 1; s < SEEDS; s += 2)
        memset(p.b[s], 3, IMAGES / 2);
    ck_assert_int_eq(bnn_bootstrap(&predictions, 0.05, 200, 1, &out, &err), BNN_OK);
    ck_assert_double_eq_tol(out.mean, 25, 1e-12);
    ck_assert(out.se > 0);
}
END_TEST

START_TEST(edges_of_a_bootstrap)
{
    predicted p;
    bnn_generalisation out[2];
    bnn_error err;
    bnn_predictions predictions = predict_crossed(&p);
    /* A second comparison with the same runs has the same answer, though one pair of the first is
     * gone. */
    predictions.comparisons = 2;
    memcpy(p.rows_a + SEEDS, p.rows_a, SEEDS * sizeof *p.rows_a);
    memcpy(p.rows_b + SEEDS, p.rows_b, SEEDS * sizeof *p.rows_b);
    p.rows_a[2] = NULL;
    p.rows_b[SEEDS + 2] = NULL;
    ck_assert_int_eq(bnn_bootstrap(&predictions, 0.05, 0, 1, out, &err), BNN_OK);
    ck_assert(out[0].pairs == SEEDS - 1 && memcmp(&out[0], &out[1], sizeof *out) == 0);
    /* One pair says nothing about seeds; none, or no images, nothing at all. */
    memset(p.rows_a + 1, 0, (SEEDS - 1) * sizeof *p.rows_a);
    predictions.comparisons = 1;
    ck_assert_int_eq(bnn_bootstrap(&predictions, 0.05, 0, 1, out, &err), BNN_OK);
    ck_assert(out->pairs == 1 && isfinite(out->mean) && isnan(out->se) && out->low == -INFINITY);
    p.rows_a[0] = NULL;
    ck_assert_int_eq(bnn_bootstrap(&predictions, 0.05, 0, 1, out, &err), BNN_OK);
    ck_assert(out->pairs == 0 && isnan(out->mean) && out->high == INFINITY);
    p.rows_a[0] = p.a[0];
    p.rows_a[1] = p.a[1];
    predictions.images = 0;
    ck_assert_int_eq(bnn_bootstrap(&predictions, 0.05, 0, 1, out, &err), BNN_OK);
    ck_assert(out->pairs == 2 && isnan(out->mean) && out->low == -INFINITY);
    predictions.comparisons = 0;
    ck_assert_int_eq(bnn_bootstrap(&predictions, 0.05, 0, 1, out, &err), BNN_OK);
    ck_assert_int_eq(bnn_bootstrap(&predictions, (double)NAN, 0, 1, out, &err), BNN_E_USAGE);
    predictions.images = SIZE_MAX;
    ck_assert_int_eq(bnn_bootstrap(&predictions, 0.05, 0, 1, out, &err), BNN_E_USAGE);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("bootstrap");
    TCase *tests = tcase_create("bootstrap");
    tcase_add_test(tests, the_spread_is_that_of_all_draws);
    tcase_add_test(tests, pairs_are_drawn_together);
    tcase_add_test(tests, edges_of_a_bootstrap);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
