/* check_store_delete.c - rows that are deleted, here by plain SQLite with foreign keys off, as in the
 * sqlite3 shell; and done runs that no longer count. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include "db/store_bench.h"
#include "db/store_internal.h"

#include <stdio.h>
#include <stdlib.h>

static void measure(bnn_store *store, bnn_run run, double accuracy)
{
    const uint32_t attempt = claim(store, run);
    const bnn_record layer = {.kind = BNN_RECORD_LAYER,
                              .layer = {0, "dense_1", "dense", 100, 100, 400, 13, 100, 1, 1}};
    const bnn_record file = file_record("model", "model.bnn", 749, 'a');
    add_metric(store, run.id, attempt, "validation_accuracy", 1, accuracy);
    add_metric(store, run.id, attempt, "test_accuracy", 0, accuracy);
    add_timing(store, run.id, attempt, "train_epoch", 1, 1000000000);
    ck_ok(bnn_store_add_record(store, run.id, attempt, &layer, 0, err));
    ck_ok(bnn_store_add_record(store, run.id, attempt, &file, 0, err));
    ck_ok(bnn_store_finish(store, run.id, attempt, BNN_RUN_DONE, NULL, 0, err));
}

static void bench(bnn_store *store, const char *uid, const char *twin)
{
    static const bnn_store_bench_layer layers[] = {{"dense_1", true, 750}};
    static const bnn_store_bench_result result = {"binary", "avx2", 1, 1000, 900,   1200,
                                                  800,      2000,   1, 1,    layers};
    const bnn_store_bench b = {.run_uid = uid,
                               .twin_uid = twin,
                               .environment = 1,
                               .model = "m.bnn",
                               .model_sha256 = "aa",
                               .images = "mnist",
                               .n_images = 10,
                               .n_rounds = 5,
                               .n_results = 1,
                               .results = &result};
    int64_t id;
    ck_ok(bnn_store_add_bench(store, &b, &id, err));
}

/* Two configs with two done runs each: none has 0.9 and 0.92, clipped 0.8 and 0.82. */
static void make_runs(bnn_store *store)
{
    const int64_t e = add_experiment(store, "e");
    const int64_t none = add_config(store, e, "none", true);
    const int64_t clipped = add_config(store, e, "clipped", false);
    for (int64_t seed = 1; seed <= 2; seed++) {
        const bnn_run twin = add_run(store, e, none, seed), own = add_run(store, e, clipped, seed);
        measure(store, twin, 0.88 + 0.02 * (double)seed);
        measure(store, own, 0.78 + 0.02 * (double)seed);
        bench(store, own.uid, twin.uid);
        bench(store, twin.uid, NULL);
    }
}

static void ck_whole(void)
{
    char *violations = plain_rows(store_file(), "PRAGMA foreign_key_check");
    ck_assert_str_eq(violations, "");
    free(violations);
}

/* How many rows there are of what hangs on a run. */
static const char *counts =
    "SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM attempt), (SELECT count(*) FROM metric),"
    " (SELECT count(*) FROM timing), (SELECT count(*) FROM layer), (SELECT count(*) FROM artifact),"
    " (SELECT count(*) FROM run_plugin), (SELECT count(*) FROM benchmark),"
    " (SELECT count(*) FROM benchmark_result), (SELECT count(*) FROM benchmark_layer)";

/* ---- deleted while the triggers watch ---- */

static const struct {
    const char *sql, *left; /* of counts */
} deletions[] = {
    {"DELETE FROM run WHERE run_id = 4", "3|3|6|3|3|3|6|3|3|3\n"},
    {"DELETE FROM run WHERE run_id = 3", "3|3|6|3|3|3|6|3|3|3\n"}, /* a baseline in a benchmark */
    {"DELETE FROM run", "0|0|0|0|0|0|0|0|0|0\n"},
    {"DELETE FROM attempt WHERE run_id = 4", "4|3|6|3|3|3|6|4|4|4\n"},
    {"DELETE FROM experiment_config WHERE config_id = 2", "2|2|4|2|2|2|4|2|2|2\n"},
    {"DELETE FROM config WHERE config_id = 2", "2|2|4|2|2|2|4|2|2|2\n"},
    {"DELETE FROM experiment", "0|0|0|0|0|0|0|0|0|0\n"},
    {"DELETE FROM benchmark", "4|4|8|4|4|4|8|0|0|0\n"},
};

START_TEST(what_is_deleted_takes_along_what_belongs_to_it)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    bnn_store_close(store);
    plain_execute(store_file(), deletions[_i].sql);
    ck_whole();
    ck_rows(counts, deletions[_i].left);
    bnn_store_close(store_open(BNN_STORE_WRITE));
    ck_rows(counts, deletions[_i].left);
}
END_TEST

START_TEST(what_results_were_made_with_stays)
{
    static const char *const tables[] = {"environment", "dataset", "plugin"};
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    bnn_store_close(store);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char sql[100];
        sqlite3 *db;
        ck_assert_int_eq(sqlite3_open(store_file(), &db), SQLITE_OK);
        snprintf(sql, sizeof sql, "DELETE FROM %s", tables[i]);
        ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_CONSTRAINT);
        sqlite3_close(db);
    }
    plain_execute(store_file(), "DELETE FROM experiment; DELETE FROM environment;"
                                "DELETE FROM dataset; DELETE FROM plugin");
}
END_TEST

/* A new run inherits nothing, and a process that still works on the old one does not find it. */
START_TEST(ids_are_never_used_again)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    const int64_t e = add_experiment(store, "e"), c = add_config(store, e, "clipped", false);
    const bnn_run held = add_run(store, e, c, 3);
    ck_assert_uint_eq(claim(store, held), 1);
    plain_execute(store_file(), "DELETE FROM run; DELETE FROM benchmark");
    const bnn_run again = add_run(store, e, c, 3);
    ck_assert_str_eq(again.uid, held.uid);
    ck_assert_int_eq(again.id, held.id + 1);
    ck_assert_uint_eq(claim(store, again), 1);
    const bnn_record late = metric_record("test_accuracy", 0, 0.5);
    bnn_error err;
    ck_assert_int_eq(bnn_store_add_record(store, held.id, 1, &late, 0, &err), BNN_E_FAILED);
    bench(store, again.uid, NULL);
    plain_execute(store_file(), "DELETE FROM experiment; DELETE FROM config");
    const int64_t new_e = add_experiment(store, "e");
    ck_assert_int_eq(new_e, e + 1);
    ck_assert_int_eq(add_config(store, new_e, "clipped", false), c + 1);
    bnn_store_close(store);
    ck_rows("SELECT name, id FROM highest_id ORDER BY name",
            "benchmark|5\nconfig|2\nexperiment|1\nrun|6\n");
}
END_TEST

/* Its own newest attempt was deleted: nothing is left of what it did. */
START_TEST(a_run_without_its_attempt_is_done_again)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    plain_execute(store_file(), "DELETE FROM attempt WHERE run_id = 4");
    bnn_run run = {.id = 4, .n_attempts = 1};
    ck_rows("SELECT state FROM run WHERE run_id = 4", "queued\n");
    ck_assert_uint_eq(claim(store, run), 2);
    bnn_store_close(store);
}
END_TEST

/* ---- deleted when nothing watched ---- */

/* As a program of before left it: deleted in the shell, and one id used again by a new run that can
 * never begin, since its first attempt is there. */
START_TEST(an_old_database_loses_its_orphans)
{
    static const char *const scripts[] = {"schema_1", "schema_2", "schema_3"};
    char marks[200];
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        plain_execute(store_file(), bnn_store_find_script(scripts[i]));
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = 3",
             BNN_STORE_APPLICATION_ID);
    plain_execute(store_file(), marks);
    plain_execute(
        store_file(),
        "INSERT INTO experiment VALUES (1, 'e', NULL, 'test_accuracy', 'max', 1);"
        "INSERT INTO config VALUES (1, 'abc', '{}');"
        "INSERT INTO experiment_config VALUES (1, 1, 'clipped', 0, 0, 1);"
        "INSERT INTO environment(environment_id, host, n_cpu, version) VALUES (1, 'h', 1, '0');"
        "INSERT INTO dataset VALUES (1, 'synthetic', 'cc', 'drawn');"
        "INSERT INTO run VALUES (1, 'aaaaaaaaaa', 1, 1, 1, 'done', 1, 1),"
        " (2, 'bbbbbbbbbb', 1, 1, 2, 'queued', 0, 1), (3, 'cccccccccc', 1, 1, 3, 'running', 1, 1),"
        " (4, 'dddddddddd', 1, 2, 4, 'done', 1, 1);"
        "INSERT INTO attempt(run_id, attempt, environment_id, dataset_id, host, pid, boot_id,"
        " pid_namespace, process_start, started_us, ended_us, outcome)"
        " SELECT value, 1, 1, 1, 'h', 1, 'b', 1, 1, 1, 2, 'done'"
        " FROM json_each('[1, 2, 4, 9]');"
        "INSERT INTO metric SELECT run_id, 'test_accuracy', 0, 1, 0.5, NULL, 1 FROM attempt;"
        "INSERT INTO spec_revision VALUES (7, 'aa', 'x.yaml', '', 1, 1);"
        "INSERT INTO config_param VALUES (7, 'train.epochs', 1)");
    bnn_store *store = store_open(BNN_STORE_WRITE);
    ck_whole();
    ck_rows("SELECT run_uid, state, n_attempts, (SELECT count(*) FROM attempt WHERE"
            " attempt.run_id = run.run_id), (SELECT count(*) FROM metric WHERE"
            " metric.run_id = run.run_id) FROM run",
            "aaaaaaaaaa|done|1|1|1\nbbbbbbbbbb|queued|0|0|0\ncccccccccc|queued|1|0|0\n");
    ck_assert_uint_eq(claim(store, (bnn_run){.id = 2}), 1);
    bnn_store_close(store);
}
END_TEST

START_TEST(opening_for_writing_looks_for_orphans)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    bnn_store_close(store);
    plain_execute(store_file(), "DROP TRIGGER run_deleted; DELETE FROM run WHERE run_id = 4");
    plain_execute(
        store_file(), /* of no config, and of runs of none */
        "INSERT INTO rung SELECT experiment_id, config_id, 1, 77, 1, 1, 0, 0.5, 1, 2, 1, 0.5,"
        " 0 FROM experiment_config LIMIT 1;"
        "INSERT INTO rung SELECT experiment_id, 77, 1, 77, 1, 1, 0, 0.5, 1, 2, 1, 0.5, 0"
        " FROM experiment LIMIT 1");
    bnn_store_close(store_open(BNN_STORE_READ));
    ck_rows(counts, "3|4|8|4|4|4|8|4|4|4\n");
    bnn_store_close(store_open(BNN_STORE_WRITE));
    ck_whole();
    ck_rows(counts, "3|3|6|3|3|3|6|3|3|3\n");
    ck_rows("SELECT count(*), max(trained_id) FROM rung", "1|0\n");
}
END_TEST

/* ---- stale ---- */

START_TEST(what_is_stale_enters_no_mean)
{
    static const char *const named[] = {"accuracy_by_ordering", "accuracy_by_ste",
                                        "epochs_to_98",         "layer_sizes",
                                        "paired_difference",    "size_and_speed"};
    char *without[sizeof named / sizeof *named];
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    plain_execute(store_file(), /* run 4 as if it had never ended */
                  "UPDATE run SET state = 'interrupted' WHERE run_id = 4");
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        without[i] = store_rows(store, bnn_store_find_query(named[i])->sql, NULL);
    plain_execute(store_file(),
                  "UPDATE run SET state = 'done', stale = 'dataset mnist' WHERE run_id = 4");
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        char *with = store_rows(store, bnn_store_find_query(named[i])->sql, NULL);
        ck_assert_str_eq(with, without[i]);
        free(with);
        free(without[i]);
    }
    ck_rows("SELECT state, stale FROM run_summary ORDER BY label, seed",
            "done|NULL\nstale|dataset mnist\ndone|NULL\ndone|NULL\n");
    ck_rows("SELECT label, n, mean_test_accuracy, n_unfinished, n_stale FROM leaderboard"
            " ORDER BY label",
            "clipped|1|0.800000|0|1\nnone|2|0.910000|0|0\n");
    ck_rows("SELECT n, mean FROM spread WHERE quantity = 'difference'", "1|-0.100000\n");
    bnn_store_close(store);
}
END_TEST

START_TEST(a_new_attempt_is_not_stale)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    plain_execute(store_file(),
                  "UPDATE run SET state = 'queued', stale = 'ste x' WHERE run_id = 4");
    ck_assert_uint_eq(claim(store, (bnn_run){.id = 4, .n_attempts = 1}), 2);
    bnn_store_close(store);
    ck_rows("SELECT state, stale FROM run WHERE run_id = 4", "running|NULL\n");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store delete");
    TCase *tests = tcase_create("delete");
    tcase_add_checked_fixture(tests, store_setup, store_teardown);
    tcase_add_loop_test(tests, what_is_deleted_takes_along_what_belongs_to_it, 0,
                        sizeof deletions / sizeof *deletions);
    tcase_add_test(tests, what_results_were_made_with_stays);
    tcase_add_test(tests, ids_are_never_used_again);
    tcase_add_test(tests, a_run_without_its_attempt_is_done_again);
    tcase_add_test(tests, an_old_database_loses_its_orphans);
    tcase_add_test(tests, opening_for_writing_looks_for_orphans);
    tcase_add_test(tests, what_is_stale_enters_no_mean);
    tcase_add_test(tests, a_new_attempt_is_not_stale);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
