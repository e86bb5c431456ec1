/* check_store_bench.c - benchmarks in the database, and how an old database comes to have them. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include "db/store_bench.h"
#include "db/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- an old database ---- */

/* A database of version 1 or 2, as a program of that time left it: tables, a view, a run. */
static void make_old(int version)
{
    char marks[128];
    plain_execute(store_file(), bnn_store_find_script("schema_1"));
    if (version == 2)
        plain_execute(store_file(), bnn_store_find_script("schema_2"));
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             BNN_STORE_APPLICATION_ID, version);
    plain_execute(store_file(), marks);
    plain_execute(store_file(),
                  "INSERT INTO experiment VALUES (7, 'old', NULL, 'test_accuracy', 'max', 1);"
                  "INSERT INTO config VALUES (8, 'abc', '{}');"
                  "INSERT INTO experiment_config VALUES (7, 8, 'clipped', 0, 0, 1);"
                  "INSERT INTO run VALUES (9, '0123456789', 7, 8, 3, 'done', 0, 1);"
                  "CREATE VIEW run_summary AS SELECT 'of old' AS run_uid");
}

static const char *objects =
    "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
    " AND (name LIKE 'bench%' OR name = 'run_summary') ORDER BY name)";

START_TEST(an_old_database_is_brought_up_to_date)
{
    make_old(1);
    bnn_store *store = NULL;
    char message[1000];
    snprintf(message, sizeof message,
             "%s: made by an older bnnrun (schema 1, this one reads 2); run an experiment on it to "
             "bring it up to date",
             store_file());
    ck_refused(bnn_store_open(store_file(), BNN_STORE_READ, &store, err), BNN_E_RESOURCE, message);
    ck_assert_str_eq(plain_text(store_file(), objects), "run_summary");
    bnn_store_close(store_open(BNN_STORE_WRITE));
    ck_assert_int_eq(plain_number(store_file(), "PRAGMA user_version"), 9);
    ck_assert_str_eq(plain_text(store_file(), "PRAGMA integrity_check"), "ok");
    ck_assert_str_eq(plain_text(store_file(), "PRAGMA foreign_key_check"), "none");
    ck_assert_str_eq(plain_text(store_file(), objects),
                     "benchmark,benchmark_layer,benchmark_result,benchmark_stage,"
                     "benchmark_summary,run_summary");
    ck_assert_str_eq(plain_text(store_file(), "SELECT run_uid FROM run_summary"), "0123456789");
    store = store_open(BNN_STORE_READ);
    bnn_store_close(store);
}
END_TEST

/* Its tables have it all, its views lack columns: those of the connection hide them. */
START_TEST(an_old_database_is_read_with_new_views)
{
    make_old(2);
    bnn_store *store = store_open(BNN_STORE_READ);
    char *rows = store_rows(store, "SELECT run_uid, label, config, differs FROM run_summary", NULL);
    ck_assert_str_eq(rows, "0123456789|clipped|abc|NULL\n");
    free(rows);
    ask_all_queries(store);
    bnn_store_close(store);
    ck_assert_str_eq(plain_text(store_file(), "SELECT run_uid FROM run_summary"), "of old");
    ck_assert_int_eq(plain_number(store_file(), "PRAGMA user_version"), 2);
    bnn_store_close(store_open(BNN_STORE_WRITE));
    ck_assert_str_eq(plain_text(store_file(), "SELECT config FROM run_summary"), "abc");
    ck_assert_int_eq(plain_number(store_file(), "PRAGMA user_version"), 9);
}
END_TEST

/* The tables of a new database and of one that grew up are the same. */
START_TEST(old_and_new_databases_end_up_equal)
{
    static const char *schema =
        "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY type, name)";
    make_old(1);
    bnn_store_close(store_open(BNN_STORE_WRITE));
    char *grown = plain_rows(store_file(), schema);
    const char *fresh = store_path("fresh.db");
    bnn_store *store = NULL;
    ck_ok(bnn_store_open(fresh, BNN_STORE_WRITE, &store, err));
    bnn_store_close(store);
    char *new = plain_rows(fresh, schema);
    ck_assert_str_eq(grown, new);
    free(grown);
    free(new);
}
END_TEST

/* ---- benchmarks ---- */

static const bnn_store_bench_layer layers[] = {{"conv2d_1", true, 750}, {"dense_1", false, 250}};
static const bnn_store_bench_result results[] = {
    {"binary", "avx512", 1, 1000, 900, 1200, 800, 2000, 0.99, 2, layers},
    {"binary", "portable", 1, 2000, 1900, 2200, 1800, 3000, 0.99, 0, NULL},
    {"binary", "avx512", 64, 500, 500, 500, 500, 500, 1, 0, NULL},
    {"float", "avx512", 1, 8000, 8000, 8000, 8000, 8000, 1, 2, layers},
    {"onnxruntime", "onnxruntime 1.30.0", 1, 30000, 29000, 31000, 28000, 40000, 0.9, 0, NULL},
    {"onnxruntime_twin", "onnxruntime 1.30.0", 64, 15000, 1, 1, 1, 1, 1, 0, NULL},
};

static int64_t add_some_environment(bnn_store *store)
{
    const bnn_store_environment environment = {.host = "h", .n_cpu = 1, .version = "0"};
    int64_t id = 0;
    ck_ok(bnn_store_add_environment(store, &environment, &id, err));
    return id;
}

static bnn_store_bench some_bench(bnn_store *store)
{
    return (bnn_store_bench){.environment = add_some_environment(store),
                             .model = "runs/m.bnn",
                             .model_sha256 = "ab",
                             .images = "mnist",
                             .n_images = 1000,
                             .n_rounds = 31,
                             .started_us = 1700000000000000,
                             .seconds = 4.5,
                             .cpu = 1,
                             .idle = 0.75,
                             .load_average = 0.5,
                             .co_runners = 2,
                             .n_results = sizeof results / sizeof *results,
                             .results = results};
}

static void check_rows(const char *sql, const char *expected)
{
    char *rows = plain_rows(store_file(), sql);
    ck_assert_str_eq(rows, expected);
    free(rows);
}

START_TEST(a_benchmark_is_kept_whole)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const int64_t e = add_experiment(store, "e");
    const bnn_run run = add_run(store, e, add_config(store, e, "clipped", false), 7);
    const bnn_run twin = add_run(store, e, add_config(store, e, "none", true), 7);
    bnn_store_bench bench = some_bench(store);
    bench.run_uid = run.uid;
    bench.twin_uid = twin.uid;
    int64_t id = 0;
    ck_ok(bnn_store_add_bench(store, &bench, &id, err));
    ck_assert_int_gt(id, 0);
    check_rows("SELECT experiment, label, seed, contender, engine, batch, us, low_us, high_us,"
               " images_per_second, times_float, times_onnxruntime, times_onnxruntime_twin, rounds,"
               " co_runners, newest FROM benchmark_summary ORDER BY batch, us",
               "e|clipped|7|binary|avx512|1|1.000000|0.900000|1.200000|1000000.000000|8.000000|"
               "30.000000|NULL|31|2|1\n"
               "e|clipped|7|binary|portable|1|2.000000|1.900000|2.200000|500000.000000|NULL|"
               "15.000000|NULL|31|2|1\n"
               "e|clipped|7|float|avx512|1|8.000000|8.000000|8.000000|125000.000000|1.000000|"
               "3.750000|NULL|31|2|1\n"
               "e|clipped|7|onnxruntime|onnxruntime 1.30.0|1|30.000000|29.000000|31.000000|"
               "33333.333333|NULL|1.000000|NULL|31|2|1\n"
               "e|clipped|7|binary|avx512|64|0.500000|0.500000|0.500000|2000000.000000|NULL|NULL|"
               "30.000000|31|2|1\n"
               "e|clipped|7|onnxruntime_twin|onnxruntime 1.30.0|64|15.000000|0.001000|0.001000|"
               "66666.666667|NULL|NULL|1.000000|31|2|1\n");
    check_rows("SELECT contender, batch, ordinal, layer, integer_sums, us, share"
               " FROM benchmark_stage ORDER BY contender, ordinal",
               "binary|1|0|conv2d_1|1|0.750000|0.750000\nbinary|1|1|dense_1|0|0.250000|0.250000\n"
               "float|1|0|conv2d_1|1|0.750000|0.750000\nfloat|1|1|dense_1|0|0.250000|0.250000\n");
    check_rows("SELECT twin.run_uid = (SELECT run_uid FROM run_summary WHERE label = 'none'),"
               " started_us, seconds, cpu, idle, load_average, model FROM benchmark"
               " JOIN run AS twin ON twin.run_id = twin_run_id",
               "1|1700000000000000|4.500000|1|0.750000|0.500000|runs/m.bnn\n");
    bnn_store_close(store);
    plain_execute(store_file(), "PRAGMA foreign_keys = ON; DELETE FROM experiment");
    check_rows("SELECT (SELECT count(*) FROM benchmark), (SELECT count(*) FROM benchmark_result),"
               " (SELECT count(*) FROM benchmark_layer)",
               "0|0|0\n");
}
END_TEST

START_TEST(what_is_not_known_is_null)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    bnn_store_bench bench = some_bench(store);
    bench.cpu = -1;
    bench.idle = bench.load_average = -1;
    bench.co_runners = -1;
    int64_t id[3] = {0};
    ck_ok(bnn_store_add_bench(store, &bench, &id[0], err));
    ck_ok(bnn_store_add_bench(store, &bench, &id[1], err));
    bench.model_sha256 = "cd";
    ck_ok(bnn_store_add_bench(store, &bench, &id[2], err));
    check_rows("SELECT run_id, twin_run_id, cpu, idle, load_average, co_runners FROM benchmark"
               " WHERE benchmark_id = 1",
               "NULL|NULL|NULL|NULL|NULL|NULL\n");
    check_rows("SELECT benchmark_id, newest, run_uid FROM benchmark_summary"
               " WHERE contender = 'float' ORDER BY benchmark_id",
               "1|0|NULL\n2|1|NULL\n3|1|NULL\n");
    bnn_store_close(store);
}
END_TEST

START_TEST(a_benchmark_that_cannot_be_kept_leaves_nothing)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    bnn_store_bench bench = some_bench(store);
    int64_t id = -7;
    char message[1000];
    snprintf(message, sizeof message, "%s: there is no run \"feed\" to keep a benchmark of",
             store_file());
    bench.run_uid = "feed";
    ck_refused(bnn_store_add_bench(store, &bench, &id, err), BNN_E_USAGE, message);
    bench.run_uid = NULL;
    bnn_error failure;
    /* the same contender twice; a time that is none; an environment that is not there */
    const bnn_store_bench_result twice[] = {results[0], results[3], results[0]};
    bench.results = twice;
    bench.n_results = 3;
    ck_assert_int_lt(bnn_store_add_bench(store, &bench, &id, &failure), 0);
    const bnn_store_bench_result zero[] = {results[0], {.contender = "float", .engine = "x"}};
    bench.results = zero;
    bench.n_results = 2;
    ck_assert_int_lt(bnn_store_add_bench(store, &bench, &id, &failure), 0);
    bench.n_results = 1;
    bench.environment = 99;
    ck_assert_int_lt(bnn_store_add_bench(store, &bench, &id, &failure), 0);
    ck_assert_int_eq(id, -7);
    check_rows("SELECT (SELECT count(*) FROM benchmark), (SELECT count(*) FROM benchmark_result),"
               " (SELECT count(*) FROM benchmark_layer)",
               "0|0|0\n");
    bench.environment = 1;
    ck_ok(bnn_store_add_bench(store, &bench, &id, err)); /* the store is as good as ever */
    bnn_store_close(store);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store bench");
    TCase *tests = tcase_create("migration and benchmarks");
    tcase_add_checked_fixture(tests, store_setup, store_teardown);
    tcase_add_test(tests, an_old_database_is_brought_up_to_date);
    tcase_add_test(tests, an_old_database_is_read_with_new_views);
    tcase_add_test(tests, old_and_new_databases_end_up_equal);
    tcase_add_test(tests, a_benchmark_is_kept_whole);
    tcase_add_test(tests, what_is_not_known_is_null);
    tcase_add_test(tests, a_benchmark_that_cannot_be_kept_leaves_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
