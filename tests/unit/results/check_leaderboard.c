/* check_leaderboard.c - the table of metrics, and the leaderboard by each of them. */
#include "results/metrics.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_MAX = 4, COLUMNS_MAX = 24 };

/* What db/sql/standings.sql says. */
typedef struct leaderboard {
    size_t n, n_columns;
    char columns[COLUMNS_MAX][32];
    char labels[ROWS_MAX][16];
    double values[ROWS_MAX][COLUMNS_MAX]; /* NaN: NULL, or a text */
} leaderboard;

static int take_columns(void *context, size_t n, const char *const *names, bnn_error *err)
{
    leaderboard *board = context;
    (void)err;
    ck_assert_uint_le(n, COLUMNS_MAX);
    board->n_columns = n;
    for (size_t i = 0; i < n; i++)
        snprintf(board->columns[i], sizeof board->columns[i], "%s", names[i]);
    return BNN_OK;
}

static int take_row(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    leaderboard *board = context;
    (void)err;
    ck_assert_uint_lt(board->n, ROWS_MAX);
    snprintf(board->labels[board->n], sizeof board->labels[board->n], "%s", values[0].text);
    for (size_t i = 0; i < n; i++) {
        const bool is_number =
            values[i].type == BNN_STORE_VALUE_INTEGER || values[i].type == BNN_STORE_VALUE_REAL;
        board->values[board->n][i] = is_number ? values[i].real : (double)NAN;
    }
    board->n++;
    return BNN_OK;
}

static leaderboard read_leaderboard(bnn_store *store, const char *experiment, const char *metric,
                                    bnn_goal goal)
{
    leaderboard board = {.n = 0};
    const bnn_store_reader reader = {take_columns, take_row, &board};
    const bnn_store_argument arguments[] = {
        {.value = {BNN_STORE_VALUE_TEXT, .text = experiment}},
        {.value = {BNN_STORE_VALUE_TEXT, .text = metric}},
        {.value = {BNN_STORE_VALUE_INTEGER, .integer = goal == BNN_GOAL_MIN ? 1 : -1}}};
    ck_ok(bnn_store_query(store, bnn_store_sql("standings"), arguments, 3, &reader, err));
    return board;
}

static double number(const leaderboard *board, size_t row, const char *column)
{
    for (size_t i = 0; i < board->n_columns; i++)
        if (strcmp(board->columns[i], column) == 0)
            return board->values[row][i];
    ck_abort_msg("no column %s", column);
}

/* A finished run, whose metrics all grow with what it is given. */
static void add_result(bnn_store *store, int64_t experiment, int64_t config, int64_t seed,
                       double accuracy)
{
    const bnn_run run = add_run(store, experiment, config, seed);
    const bnn_record layer = {
        .kind = BNN_RECORD_LAYER,
        .layer = {0, "dense_1", "dense", 10, 320, 4000, (uint64_t)(1000 * accuracy), 10, 0, 0}};
    ck_assert_uint_eq(claim(store, run), 1);
    add_metric(store, run.id, 1, "test_accuracy", 0, accuracy);
    add_metric(store, run.id, 1, "last_test_accuracy", 0, accuracy - 0.25);
    add_metric(store, run.id, 1, "validation_accuracy", 0, accuracy - 0.125);
    add_timing(store, run.id, 1, "train_epoch", 1, (uint64_t)(1e9 * accuracy));
    add_timing(store, run.id, 1, "inference_1", 1, (uint64_t)(1e6 * accuracy));
    ck_ok(bnn_store_add_record(store, run.id, 1, &layer, 0, err));
    ck_ok(bnn_store_finish(store, run.id, 1, BNN_RUN_DONE, NULL, 0, err));
}

static bnn_store *make_sweep(void)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    ck_ok(bnn_store_begin(store, err));
    const int64_t e = add_experiment(store, "demo");
    const int64_t none = add_config(store, e, "none", true);
    const int64_t clipped = add_config(store, e, "clipped", false);
    add_result(store, e, none, 1, 0.75);
    add_result(store, e, none, 2, 0.5);
    add_result(store, e, clipped, 1, 0.5);
    add_result(store, e, clipped, 2, 0.375);
    add_run(store, e, clipped, 3);
    ck_ok(bnn_store_commit(store, err));
    return store;
}

START_TEST(every_metric_of_a_run_sorts_the_leaderboard)
{
    bnn_store *store = make_sweep();
    size_t n;
    const bnn_metric *metrics = bnn_run_metrics(&n);
    for (size_t i = 0; i < 2 * n; i++) {
        const bnn_metric *m = &metrics[i / 2];
        const bnn_goal goal = i % 2 == 0 ? BNN_GOAL_MAX : BNN_GOAL_MIN;
        const leaderboard board = read_leaderboard(store, "demo", m->name, goal);
        ck_assert_uint_eq(board.n, 2);
        ck_assert_str_eq(board.labels[0], goal == BNN_GOAL_MAX ? "none" : "clipped");
        ck_assert_double_gt(
            fabs(number(&board, 0, "mean_metric") - number(&board, 1, "mean_metric")), 0.1);
    }
    bnn_store_close(store);
}
END_TEST

START_TEST(a_row_says_what_a_config_came_to)
{
    bnn_store *store = make_sweep();
    enum { NONE, CLIPPED };
    const leaderboard b = read_leaderboard(store, "demo", "last_test_accuracy", BNN_GOAL_MAX);
    ck_assert(number(&b, NONE, "is_baseline") == 1 && number(&b, CLIPPED, "is_baseline") == 0);
    ck_assert(isnan(number(&b, NONE, "n_paired")));
    ck_assert(isnan(number(&b, NONE, "mean_difference")));
    ck_assert_double_eq(number(&b, CLIPPED, "n"), 2);
    ck_assert_double_eq(number(&b, CLIPPED, "n_unfinished"), 1);
    ck_assert_double_eq(number(&b, CLIPPED, "mean_metric"), 0.1875);
    ck_assert_double_eq(number(&b, CLIPPED, "mean_test_accuracy"), 0.4375);
    ck_assert_double_eq(number(&b, CLIPPED, "n_paired"), 2);
    ck_assert_double_eq(number(&b, CLIPPED, "mean_difference"), -0.1875);
    ck_assert_double_eq_tol(number(&b, CLIPPED, "sd_difference"), sqrt(0.0078125), 1e-15);
    ck_assert_double_eq(number(&b, CLIPPED, "float32_bytes"), 4000);
    bnn_store_close(store);
}
END_TEST

START_TEST(an_unknown_experiment_has_no_rows)
{
    bnn_store *store = make_sweep();
    ck_assert_uint_eq(read_leaderboard(store, "none", "latency_us", BNN_GOAL_MIN).n, 0);
    bnn_store_close(store);
}
END_TEST

START_TEST(the_names_of_metrics_are_choices)
{
    char names[200] = "";
    size_t n;
    const bnn_metric *metrics = bnn_run_metrics(&n);
    for (size_t i = 0, used = 0; i < n; i++) {
        ck_assert_ptr_eq(bnn_run_metric(metrics[i].name), &metrics[i]);
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i == 0 ? "" : "|",
                                 metrics[i].name);
    }
    ck_assert_str_eq(BNN_RUN_METRIC_NAMES, names);
    ck_assert_ptr_null(bnn_run_metric("beauty"));
}
END_TEST

START_TEST(values_are_written_as_their_unit_says)
{
    static const struct {
        bnn_unit unit;
        double value;
        const char *text;
    } table[] = {
        {BNN_UNIT_FRACTION, 0.9876, "98.76 %"},   {BNN_UNIT_LOSS, 2.30259, "2.3026"},
        {BNN_UNIT_RATE, 0.000123456, "0.000123"}, {BNN_UNIT_SECONDS, 12.345, "12.35"},
        {BNN_UNIT_BYTES, 12859, "12,859"},        {BNN_UNIT_MICROSECONDS, 0.98765, "0.988"},
        {BNN_UNIT_MICROSECONDS, 4.5678, "4.57"},  {BNN_UNIT_MICROSECONDS, 12.34, "12.3"},
        {BNN_UNIT_MICROSECONDS, 123.4, "123"},    {BNN_UNIT_LOSS, NAN, "nan"},
        {BNN_UNIT_LOSS, -INFINITY, "-inf"},       {BNN_UNIT_BYTES, INFINITY, "inf"},
    };
    char text[BNN_SHORT_TEXT];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        ck_assert_str_eq(
            bnn_metric_text(&(bnn_metric){.unit = table[i].unit}, table[i].value, text),
            table[i].text);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("leaderboard");
    TCase *board = tcase_create("leaderboard");
    tcase_add_checked_fixture(board, store_setup, store_teardown);
    tcase_add_test(board, every_metric_of_a_run_sorts_the_leaderboard);
    tcase_add_test(board, a_row_says_what_a_config_came_to);
    tcase_add_test(board, an_unknown_experiment_has_no_rows);
    suite_add_tcase(suite, board);
    TCase *metrics = tcase_create("metrics");
    tcase_add_test(metrics, the_names_of_metrics_are_choices);
    tcase_add_test(metrics, values_are_written_as_their_unit_says);
    suite_add_tcase(suite, metrics);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
