/* check_store_looks.c - what the store keeps of looks, and the done runs that they are made of; and of rungs. */
#include "db/store_looks.h"
#include "db/store_rungs.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const bnn_store_look first = {.look = 1,
                                     .seeds = 4,
                                     .n = 3,
                                     .n_failed = 1,
                                     .difference = 0.5,
                                     .low = -INFINITY,
                                     .high = 0.75,
                                     .p = 1,
                                     .level = 0.02,
                                     .verdict = "undecided"};

static const char of_looks[] = "SELECT label, look, seeds, n, n_failed, difference, low, high, p,"
                               " level, verdict FROM comparison_look ORDER BY label, look";

/* The first look, and a second one with these. */
static void keep_looks(bnn_store *store, int64_t config, size_t n, double p, const char *verdict)
{
    bnn_store_look looks[] = {first, first};
    looks[1].look = 2;
    looks[1].p = p;
    looks[1].difference = (double)NAN;
    looks[1].verdict = verdict;
    ck_ok(bnn_store_keep_looks(store, 1, config, n, looks, err));
}

static bnn_store *make_looks(void)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const int64_t e = add_experiment(store, "e");
    for (size_t i = 0; i < 2; i++) {
        const int64_t config = add_config(store, e, i == 0 ? "a" : "b", false);
        bnn_run run = add_run(store, e, config, 7);
        const uint32_t attempt = claim(store, run);
        if (i == 0) {
            add_metric(store, run.id, attempt, "test_accuracy", 0, 0.9);
            ck_ok(bnn_store_finish(store, run.id, attempt, BNN_RUN_DONE, NULL, 0, err));
        }
        keep_looks(store, config, 2 - i, 0.01, "better");
    }
    return store;
}

START_TEST(looks_are_kept_as_they_are)
{
    bnn_store *store = make_looks();
    const char *const one = "1|4|3|1|0.500000|-inf|0.750000|1.000000|0.020000|undecided\n";
    char expected[400];
    snprintf(expected, sizeof expected,
             "a|%sa|2|4|3|1|NULL|-inf|0.750000|0.010000|0.020000|better\nb|%s", one, one);
    ck_rows(of_looks, expected);
    plain_execute(store_file(), "UPDATE look SET looked_us = 1000000");
    keep_looks(store, 1, 2, 0.02, "better");
    ck_rows("SELECT label, look, looked_utc > '2000' FROM comparison_look ORDER BY 1, 2",
            "a|1|0\na|2|1\nb|1|0\n");
    keep_looks(store, 1, 1, 0, "");
    snprintf(expected, sizeof expected, "a|%sb|%s", one, one);
    ck_rows(of_looks, expected);
    bnn_store_close(store);
}
END_TEST

START_TEST(looks_go_with_their_configs)
{
    bnn_store *store = make_looks();
    ck_ok(bnn_store_forget_looks(store, 1, false, err));
    ck_rows("SELECT count(*) FROM look", "3\n");
    plain_execute(store_file(), "UPDATE experiment_config SET in_spec = 0 WHERE label = 'b'");
    ck_ok(bnn_store_forget_looks(store, 1, false, err));
    ck_rows("SELECT count(*) FROM look", "2\n");
    plain_execute(store_file(), "DELETE FROM config WHERE config_id = 1");
    ck_rows("SELECT count(*) FROM look", "0\n");
    keep_looks(store, 2, 2, 1, "equal");
    ck_ok(bnn_store_forget_looks(store, 1, true, err));
    ck_rows("SELECT count(*) FROM look", "0\n");
    bnn_store_close(store);
}
END_TEST

START_TEST(looks_are_made_of_done_runs)
{
    bnn_arena *arena = bnn_arena_create(1 << 20);
    bnn_store *store = make_looks();
    const bnn_store_ended *rows;
    size_t n;
    ck_ok(bnn_store_list_ended(store, "e", "test_accuracy", arena, &rows, &n, err));
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(rows[0].seed, 7);
    ck_assert_double_eq(rows[0].value, 0.9);
    ck_assert_str_eq(rows[0].config_hash,
                     plain_text(store_file(), "SELECT hash FROM config WHERE config_id = 1"));
    ck_ok(bnn_store_list_ended(store, "e", "latency_us", arena, &rows, &n, err));
    ck_assert_uint_eq(n, 1);
    ck_assert(isnan(rows[0].value));
    bnn_store_close(store);
    bnn_arena_destroy(arena);
}
END_TEST

START_TEST(an_older_schema_is_read_without_looks_and_gets_room_for_them)
{
    bnn_store_close(make_looks());
    plain_execute(store_file(), STORE_DROP_VERSION_8 "PRAGMA user_version = 7");
    bnn_store *store = store_open(BNN_STORE_READ);
    char *rows = store_rows(store,
                            "SELECT (SELECT count(*) FROM comparison_look), label, is_drawn"
                            " FROM config_summary ORDER BY label",
                            NULL);
    ck_assert_str_eq(rows, "0|a|0\n0|b|0\n");
    free(rows);
    ask_all_queries(store);
    bnn_store_close(store);
    store = store_open(BNN_STORE_WRITE);
    keep_looks(store, 1, 1, 0, "");
    bnn_store_close(store);
    ck_rows("SELECT label FROM comparison_look", "a\n");
    ck_rows("PRAGMA user_version", "9\n");
    ck_rows("PRAGMA integrity_check", "ok\n");
}
END_TEST

/* Config 2 stands before config 1, which is dropped. */
static void keep_rung(bnn_store *store)
{
    bnn_store_standing row = {.rung = 1,
                              .epochs = 5,
                              .n = 2,
                              .n_failed = 2,
                              .mean = (double)NAN,
                              .place = 2,
                              .n_in = 2,
                              .n_kept = 1,
                              .cut = 0.75,
                              .config = 1,
                              .trained = 2};
    ck_ok(bnn_store_forget_rungs(store, 1, err));
    ck_ok(bnn_store_keep_standing(store, 1, &row, err));
    row.config = 2;
    row.n_failed = 0;
    row.mean = 0.75;
    row.place = 1;
    row.kept = true;
    ck_ok(bnn_store_keep_standing(store, 1, &row, err));
}

START_TEST(rungs_are_kept_and_go_with_their_configs)
{
    bnn_store *store = make_looks();
    keep_rung(store);
    keep_rung(store);
    ck_rows(
        "SELECT label, rung, epochs, n, n_failed, validation_accuracy, place, n_in, n_kept, cut,"
        " kept, run_config = (SELECT config FROM config_summary WHERE label = 'b')"
        " FROM halving_rung ORDER BY label",
        "a|1|5|2|2|NULL|2|2|1|0.750000|0|1\nb|1|5|2|0|0.750000|1|2|1|0.750000|1|1\n");
    ck_rows("SELECT label, dropped_at FROM config_summary ORDER BY label", "a|1\nb|NULL\n");
    plain_execute(store_file(), "DELETE FROM config WHERE config_id = 1");
    ck_rows("SELECT count(*) FROM rung", "1\n");
    ck_ok(bnn_store_forget_rungs(store, 1, err));
    ck_rows("SELECT count(*) FROM rung", "0\n");
    bnn_store_close(store);
}
END_TEST

START_TEST(an_older_schema_is_read_without_rungs_and_gets_room_for_them)
{
    bnn_store_close(make_looks());
    plain_execute(store_file(), STORE_DROP_VERSION_9 "PRAGMA user_version = 8");
    bnn_store *store = store_open(BNN_STORE_READ);
    char *rows = store_rows(store, "SELECT count(*), max(dropped_at) FROM config_summary", NULL);
    ck_assert_str_eq(rows, "2|NULL\n");
    free(rows);
    ask_all_queries(store);
    bnn_store_close(store);
    store = store_open(BNN_STORE_WRITE);
    keep_rung(store);
    bnn_store_close(store);
    ck_rows("SELECT count(*) FROM halving_rung", "2\n");
    ck_rows("PRAGMA user_version", "9\n");
    ck_rows("PRAGMA integrity_check", "ok\n");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("looks");
    TCase *tests = tcase_create("looks");
    tcase_add_checked_fixture(tests, store_setup, store_teardown);
    tcase_add_test(tests, looks_are_kept_as_they_are);
    tcase_add_test(tests, looks_go_with_their_configs);
    tcase_add_test(tests, looks_are_made_of_done_runs);
    tcase_add_test(tests, an_older_schema_is_read_without_looks_and_gets_room_for_them);
    tcase_add_test(tests, rungs_are_kept_and_go_with_their_configs);
    tcase_add_test(tests, an_older_schema_is_read_without_rungs_and_gets_room_for_them);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
