/* check_store_layers.c - what telemetry measured of layers, and runs that need others: kept, resumed,
 * deleted, and how an older database comes to have room for them. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include "db/store_curate.h"
#include "db/store_internal.h"
#include "db/store_results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bnn_record layer_metric(const char *layer, uint32_t ordinal, const char *name, double bin,
                               uint32_t epoch, double value)
{
    bnn_record record = {
        .kind = BNN_RECORD_LAYER_METRIC,
        .layer_metric = {.ordinal = ordinal, .epoch = epoch, .bin = bin, .value = value}};
    snprintf(record.layer_metric.layer, BNN_NAME_MAX, "%s", layer);
    snprintf(record.layer_metric.name, BNN_NAME_MAX, "%s", name);
    return record;
}

static void add_binned(bnn_store *store, int64_t run, uint32_t attempt, const char *name,
                       double bin, uint32_t epoch, double value)
{
    const bnn_record record = layer_metric("dense_2", 4, name, bin, epoch, value);
    ck_ok(bnn_store_add_record(store, run, attempt, &record, 0, err));
}

/* Two runs, each with flips of two epochs and a histogram of two bins after the second. */
static void make_runs(bnn_store *store)
{
    const int64_t e = add_experiment(store, "e"), c = add_config(store, e, "clipped", false);
    for (int64_t seed = 1; seed <= 2; seed++) {
        const bnn_run run = add_run(store, e, c, seed);
        const uint32_t attempt = claim(store, run);
        add_binned(store, run.id, attempt, "flips", (double)NAN, 1, 0.5 / (double)seed);
        add_binned(store, run.id, attempt, "flips", (double)NAN, 2, 0.25 / (double)seed);
        add_binned(store, run.id, attempt, "histogram", -0.5, 2, 0.75);
        add_binned(store, run.id, attempt, "histogram", 0, 2, 0.25);
    }
    plain_execute(
        store_file(),
        "INSERT INTO run_need VALUES (2, 'teacher', 1, 'a', 'x'), (2, 'start', 1, 'a', 'x')");
}

static const char *of_first =
    "SELECT epoch, layer, name, value, bin, ordinal FROM layer_metric"
    " JOIN run USING (run_uid) WHERE run_id = 1 ORDER BY name, epoch, bin";

START_TEST(values_of_layers_are_kept)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    add_binned(store, 1, 1, "flips", (double)NAN, 2, 0.125); /* again: it replaces */
    bnn_store_close(store);
    ck_rows(of_first, "1|dense_2|flips|0.500000|NULL|4\n2|dense_2|flips|0.125000|NULL|4\n"
                      "2|dense_2|histogram|0.750000|-0.500000|4\n"
                      "2|dense_2|histogram|0.250000|0.000000|4\n");
    ck_rows("SELECT (SELECT count(*) FROM layer_value), (SELECT count(*) FROM quantity),"
            " (SELECT count(*) FROM measured_layer)",
            "8|3|1\n");
    ck_rows("PRAGMA foreign_key_check", "");
}
END_TEST

/* A hundred thousand runs fit a disk: texts are not repeated. */
START_TEST(a_value_takes_few_bytes)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    const int64_t before = plain_number(store_file(), "PRAGMA page_count");
    ck_ok(bnn_store_begin(store, err));
    for (uint32_t epoch = 1; epoch <= 500; epoch++)
        for (int bin = 0; bin < 19; bin++)
            add_binned(store, 2, 1, "histogram", bin, epoch, 1.0 / (bin + 3));
    ck_ok(bnn_store_commit(store, err));
    bnn_store_close(store);
    const int64_t pages = plain_number(store_file(), "PRAGMA page_count") - before;
    ck_assert_int_lt(pages * plain_number(store_file(), "PRAGMA page_size"), 500 * 19 * 27);
}
END_TEST

START_TEST(a_damaged_value_is_refused)
{
    static const char *message = "run 1: a record of kind 6 is damaged";
    const double nan_value = (double)NAN;
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    bnn_record damaged[] = {
        layer_metric("dense_2", 4, "flips", nan_value, 1, nan_value),
        layer_metric("dense_2", 4, "flips", nan_value, 1, (double)INFINITY),
        layer_metric("dense_2", 4, "flips", nan_value, 0, 1),
        layer_metric("", 4, "flips", nan_value, 1, 1),
        layer_metric("dense_2", 4, "flips", nan_value, 1, 1),
        layer_metric("dense_2", 4, "flips", (double)INFINITY, 1, 1),
    };
    memset(damaged[4].layer_metric.name, 'x', BNN_NAME_MAX);
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        ck_refused(bnn_store_add_record(store, 1, 1, &damaged[i], 0, err), BNN_E_INTERNAL, message);
    const bnn_record late = layer_metric("dense_2", 4, "flips", nan_value, 3, 1);
    ck_refused(bnn_store_add_record(store, 1, 2, &late, 0, err), BNN_E_FAILED,
               "run 1: attempt 2 no longer holds it (the newest is attempt 1)");
    bnn_store_close(store);
    ck_rows("SELECT count(*) FROM layer_value", "8\n");
}
END_TEST

START_TEST(an_attempt_that_goes_on_drops_what_it_does_again)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    ck_ok(bnn_store_finish(store, 1, 1, BNN_RUN_INTERRUPTED, NULL, 2, err));
    const uint32_t attempt = claim(store, (bnn_run){.id = 1, .n_attempts = 1});
    const bnn_record begin = {.kind = BNN_RECORD_BEGIN, .resumed_epoch = 1};
    ck_ok(bnn_store_add_record(store, 1, attempt, &begin, 0, err));
    bnn_store_close(store);
    ck_rows(of_first, "1|dense_2|flips|0.500000|NULL|4\n");
    ck_rows("SELECT count(*) FROM layer_value WHERE run_id = 2", "4\n");
}
END_TEST

/* ---- deleted ---- */

static const struct {
    const char *sql, *left; /* values and needs, and those whose other run is there */
} deletions[] = {
    {"DELETE FROM run WHERE run_id = 1", "4|2|0\n"}, /* which the other needs */
    {"DELETE FROM run WHERE run_id = 2", "4|0|0\n"},
    {"DELETE FROM attempt WHERE run_id = 1", "4|2|2\n"},
    {"DELETE FROM experiment", "0|0|0\n"},
    {"DROP TRIGGER run_deleted; DROP TRIGGER run_deleted_with_needs;"
     " DELETE FROM run WHERE run_id = 1",
     "4|2|0\n"},
};

static const char *left =
    "SELECT (SELECT count(*) FROM layer_value), (SELECT count(*) FROM run_need),"
    " (SELECT count(need_run_id) FROM run_need)";

START_TEST(they_go_with_their_run)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    bnn_store_close(store);
    plain_execute(store_file(), deletions[_i].sql);
    bnn_store_close(store_open(BNN_STORE_WRITE));
    ck_rows(left, deletions[_i].left);
    ck_rows("PRAGMA foreign_key_check", "");
}
END_TEST

START_TEST(what_values_are_of_stays_with_them)
{
    static const char *const tables[] = {"quantity", "measured_layer"};
    char sql[100];
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        snprintf(sql, sizeof sql, "DELETE FROM %s", tables[i]);
        ck_assert_int_eq(sqlite3_exec(store->db, sql, NULL, NULL, NULL) & 0xff, SQLITE_CONSTRAINT);
    }
    ck_ok(bnn_store_clean(store, err));
    bnn_store_close(store);
    ck_rows(left, "8|2|2\n");
    plain_execute(store_file(),
                  "DELETE FROM run; DELETE FROM quantity; DELETE FROM measured_layer");
}
END_TEST

/* ---- an older database ---- */

static void make_version_5(void)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    bnn_store_close(store);
    plain_execute(
        store_file(),
        "PRAGMA writable_schema = 1;"
        "DELETE FROM sqlite_schema WHERE type = 'view';"
        "PRAGMA writable_schema = RESET; " STORE_DROP_VERSION_7
        "DROP TRIGGER attempt_deleted_with_layers;"
        "DROP TRIGGER run_deleted_with_needs; DROP TABLE run_need; DROP TABLE layer_value;"
        "DROP TABLE quantity; DROP TABLE measured_layer;"
        "ALTER TABLE experiment_config DROP COLUMN need;"
        "ALTER TABLE attempt DROP COLUMN telemetry; PRAGMA user_version = 5");
}

START_TEST(an_older_schema_is_read_without_them)
{
    make_version_5();
    bnn_store *store = store_open(BNN_STORE_READ);
    char *rows = store_rows(store,
                            "SELECT (SELECT count(*) FROM layer_metric),"
                            " (SELECT count(*) FROM run_need), (SELECT count(*) FROM run_summary)",
                            NULL);
    ck_assert_str_eq(rows, "0|0|2\n");
    free(rows);
    ask_all_queries(store);
    bnn_store_close(store);
    ck_rows("PRAGMA user_version", "5\n");
}
END_TEST

START_TEST(an_older_schema_gets_room_for_them)
{
    make_version_5();
    bnn_store *store = store_open(BNN_STORE_WRITE);
    add_binned(store, 1, 1, "flips", (double)NAN, 1, 0.5);
    bnn_store_close(store);
    ck_rows("PRAGMA user_version", "9\n");
    ck_rows(of_first, "1|dense_2|flips|0.500000|NULL|4\n");
    ck_rows("PRAGMA integrity_check", "ok\n");
}
END_TEST

/* ---- what was asked for ---- */

static void check_telemetry(int64_t first, int64_t second)
{
    bnn_store *store = store_open(BNN_STORE_READ);
    bnn_arena *arena = bnn_arena_create(1 << 20);
    const bnn_store_run *runs;
    size_t n;
    ck_ok(bnn_store_list_runs(store, "e", arena, &runs, &n, err));
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(runs[0].telemetry, runs[0].id == 1 ? first : second);
    ck_assert_int_eq(runs[1].telemetry, runs[1].id == 1 ? first : second);
    bnn_arena_destroy(arena);
    bnn_store_close(store);
}

/* It is known of a run of which nothing was measured, as one in full precision, too. */
START_TEST(what_an_attempt_was_asked_to_measure_is_known)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    bnn_store_close(store);
    check_telemetry(0, 0);
    plain_execute(store_file(), "UPDATE attempt SET telemetry = 5 WHERE run_id = 1");
    check_telemetry(5, 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store layers");
    TCase *tests = tcase_create("layers");
    tcase_add_checked_fixture(tests, store_setup, store_teardown);
    tcase_add_test(tests, values_of_layers_are_kept);
    tcase_add_test(tests, a_value_takes_few_bytes);
    tcase_add_test(tests, a_damaged_value_is_refused);
    tcase_add_test(tests, an_attempt_that_goes_on_drops_what_it_does_again);
    tcase_add_loop_test(tests, they_go_with_their_run, 0, sizeof deletions / sizeof *deletions);
    tcase_add_test(tests, what_values_are_of_stays_with_them);
    tcase_add_test(tests, an_older_schema_is_read_without_them);
    tcase_add_test(tests, an_older_schema_gets_room_for_them);
    tcase_add_test(tests, what_an_attempt_was_asked_to_measure_is_known);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
