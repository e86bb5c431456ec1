/* check_store_attempts.c - who holds a run, and what it may write. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bnn_run one_run(bnn_store *store)
{
    const int64_t e = add_experiment(store, "e"), c = add_config(store, e, "clipped", false);
    return add_run(store, e, c, 1);
}

static bnn_run look(bnn_store *store)
{
    return add_run(store, 1, 1, 1);
}

static void check_rows(const char *sql, const char *expected)
{
    char *rows = plain_rows(store_file(), sql);
    ck_assert_str_eq(rows, expected);
    free(rows);
}

/* ---- claim and finish ---- */

START_TEST(a_run_is_claimed_once_and_ends_once)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    bnn_run run = one_run(store);
    ck_assert_uint_eq(claim(store, run), 1);
    ck_assert_uint_eq(claim(store, run), 0);
    ck_assert_int_eq(look(store).state, BNN_RUN_RUNNING);
    ck_assert_uint_eq(claim(store, look(store)), 0);
    ck_ok(bnn_store_finish(store, run.id, 1, BNN_RUN_INTERRUPTED, NULL, SIGINT, err));
    ck_assert_int_eq(look(store).state, BNN_RUN_INTERRUPTED);
    ck_assert_uint_eq(claim(store, run), 0); /* as it was before the first attempt */
    run.n_attempts = 1;
    ck_assert_uint_eq(claim(store, run), 2);
    ck_ok(bnn_store_finish(store, run.id, 2, BNN_RUN_FAILED, "loss is nan", 0, err));
    ck_assert_uint_eq(claim(store, look(store)), 3);
    ck_ok(bnn_store_finish(store, run.id, 3, BNN_RUN_DONE, NULL, 0, err));
    ck_assert_int_eq(look(store).state, BNN_RUN_DONE);
    ck_assert_uint_eq(claim(store, look(store)), 0);
    ck_refused(bnn_store_finish(store, run.id, 3, BNN_RUN_QUEUED, NULL, 0, err), BNN_E_INTERNAL,
               "an attempt does not end as queued");
    ck_refused(bnn_store_finish(store, run.id, 3, BNN_RUN_TAKEN, NULL, 0, err), BNN_E_INTERNAL,
               "an attempt does not end as no state of the database");
    bnn_store_close(store);
    check_rows("SELECT attempt, outcome, signal, error, ended_us >= started_us FROM attempt",
               "1|interrupted|2|NULL|1\n2|failed|NULL|loss is nan|1\n3|done|NULL|NULL|1\n");
    check_rows("SELECT kind, name, path, abi, count(*) FROM run_plugin JOIN plugin USING"
               " (plugin_id) GROUP BY plugin_id ORDER BY kind",
               "layer|dense|/usr/lib/bnnrun/layer_dense.so|1|3\n"
               "ste|clipped|/usr/lib/bnnrun/ste_clipped.so|1|3\n");
    /* what is equal is kept once, NULLs included */
    check_rows("SELECT (SELECT count(*) FROM environment), (SELECT count(*) FROM dataset)",
               "1|1\n");
}
END_TEST

START_TEST(a_claim_that_fails_leaves_the_run_alone)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const bnn_run run = one_run(store);
    const bnn_store_attempt with = {.environment = 99, .dataset = {"d", "s", "x"}};
    uint32_t attempt = 77;
    bnn_error error;
    ck_assert_int_eq(bnn_store_claim(store, &run, &with, &attempt, &error), BNN_E_INTERNAL);
    ck_assert_uint_eq(attempt, 77);
    ck_assert_int_eq(look(store).state, BNN_RUN_QUEUED);
    ck_assert_uint_eq(look(store).n_attempts, 0);
    bnn_store_close(store);
}
END_TEST

static int resume(bnn_store *store, int64_t run, uint32_t attempt, uint32_t epoch, bnn_error *error)
{
    const bnn_record record = {.kind = BNN_RECORD_BEGIN, .resumed_epoch = epoch};
    return bnn_store_add_record(store, run, attempt, &record, 0, error);
}

START_TEST(only_the_holder_writes)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const bnn_run run = one_run(store);
    const bnn_record record = metric_record("train_loss", 1, 0.5);
    const bnn_record file = file_record("model", "m.bnn", 10, 'd');
    ck_refused(bnn_store_add_record(store, run.id, 1, &record, 0, err), BNN_E_FAILED,
               "run 1: attempt 1 no longer holds it (the newest is attempt 0)");
    ck_assert_uint_eq(claim(store, run), 1);
    add_metric(store, run.id, 1, "train_loss", 1, 2.0);
    ck_ok(bnn_store_finish(store, run.id, 1, BNN_RUN_INTERRUPTED, NULL, 0, err));
    ck_assert_int_eq(bnn_store_add_record(store, run.id, 1, &record, 0, &(bnn_error){0}),
                     BNN_E_FAILED);
    ck_assert_uint_eq(claim(store, look(store)), 2);
    static const char message[] = "run 1: attempt 1 no longer holds it (the newest is attempt 2)";
    ck_refused(bnn_store_add_record(store, run.id, 1, &record, 0, err), BNN_E_FAILED, message);
    ck_refused(bnn_store_add_record(store, run.id, 1, &file, 0, err), BNN_E_FAILED, message);
    ck_refused(resume(store, run.id, 1, 0, err), BNN_E_FAILED, message);
    ck_refused(bnn_store_finish(store, run.id, 1, BNN_RUN_DONE, NULL, 0, err), BNN_E_FAILED,
               message);
    ck_refused(bnn_store_add_record(store, 42, 1, &record, 0, err), BNN_E_FAILED,
               "run 42 is no longer in the database");
    check_rows("SELECT value FROM metric", "2.000000\n");
    check_rows("SELECT count(*) FROM artifact", "0\n");
    ck_assert_int_eq(look(store).state, BNN_RUN_RUNNING);
    /* the refusals undid nothing of a transaction around them */
    ck_ok(bnn_store_begin(store, err));
    add_metric(store, run.id, 2, "train_loss", 2, 3.0);
    ck_assert_int_eq(resume(store, run.id, 1, 0, &(bnn_error){0}), BNN_E_FAILED);
    ck_assert_int_eq(bnn_store_add_record(store, run.id, 1, &record, 0, &(bnn_error){0}),
                     BNN_E_FAILED);
    ck_ok(bnn_store_commit(store, err));
    bnn_store_close(store);
    check_rows("SELECT attempt, epoch, value FROM metric ORDER BY epoch",
               "1|1|2.000000\n2|2|3.000000\n");
}
END_TEST

/* ---- records ---- */

START_TEST(values_that_are_not_finite_survive)
{
    static const double values[] = {NAN, INFINITY, -INFINITY, -0.0, 5e-324, 1.7976931348623157e308};
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const bnn_run run = one_run(store);
    ck_assert_uint_eq(claim(store, run), 1);
    for (uint32_t i = 0; i < sizeof values / sizeof *values; i++)
        add_metric(store, run.id, 1, "train_loss", i + 1, values[i]);
    add_metric(store, run.id, 1, "test_accuracy", 0, NAN);
    bnn_store_close(store);
    check_rows("SELECT epoch, typeof(value), special FROM metric WHERE epoch > 0 ORDER BY epoch",
               "1|null|nan\n2|null|inf\n3|null|-inf\n4|real|NULL\n5|real|NULL\n6|real|NULL\n");
    check_rows("SELECT epoch, value IS NULL, value > 1e308, value < -1e308, special"
               " FROM epoch_metric WHERE epoch < 4 ORDER BY epoch",
               "1|1|NULL|NULL|nan\n2|0|1|0|inf\n3|0|0|1|-inf\n");
    ck_assert(plain_real(store_file(), "SELECT value FROM epoch_metric WHERE epoch = 5") == 5e-324);
    ck_assert(plain_real(store_file(), "SELECT value FROM epoch_metric WHERE epoch = 6") ==
              1.7976931348623157e308);
    check_rows("SELECT name, value, special FROM run_metric", "test_accuracy|NULL|nan\n");
    check_rows("SELECT test_accuracy FROM run_summary", "NULL\n");
}
END_TEST

START_TEST(a_record_replaces_the_one_before)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const bnn_run run = one_run(store);
    ck_assert_uint_eq(claim(store, run), 1);
    bnn_record layer = {.kind = BNN_RECORD_LAYER,
                        .layer = {.index = 2,
                                  .layer = "dense_1",
                                  .kind = "dense",
                                  .n_parameters = 10,
                                  .bits = 12,
                                  .float32_bytes = 40,
                                  .packed_bytes = 2,
                                  .macs = 9,
                                  .binary_weights = 5}};
    for (int i = 0; i < 2; i++) {
        add_metric(store, run.id, 1, "train_loss", 1, i == 0 ? NAN : 0.25);
        add_timing(store, run.id, 1, "evaluate", 1, 100 + (uint64_t)i);
        ck_ok(bnn_store_add_record(store, run.id, 1, &layer, 0, err));
        layer.layer.macs = INT64_MAX;
        const bnn_record file = file_record("model", "m", 7 + (uint64_t)i, 'f');
        ck_ok(bnn_store_add_record(store, run.id, 1, &file, 0, err));
    }
    bnn_store_close(store);
    check_rows("SELECT name, value, special FROM metric", "train_loss|0.250000|NULL\n");
    check_rows("SELECT phase, rep, wall_ns, cpu_ns, co_runners FROM timing",
               "evaluate|1|101|101|1\n");
    check_rows("SELECT ordinal, name, kind, n_parameters, bits, float32_bytes, packed_bytes, macs,"
               " binary_weights, binary_inputs FROM layer",
               "2|dense_1|dense|10|12|40|2|9223372036854775807|1|0\n");
    check_rows("SELECT kind, path = run_uid || '/m', n_bytes, replace(sha256, 'ffffffff', '8')"
               " FROM artifact JOIN run USING (run_id)",
               "model|1|8|88888888\n");
}
END_TEST

START_TEST(a_resumed_attempt_drops_what_it_will_do_again)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const bnn_run run = one_run(store);
    const bnn_record file = file_record("model", "m", 1, 'b');
    ck_assert_uint_eq(claim(store, run), 1);
    for (uint32_t epoch = 0; epoch <= 3; epoch++) {
        add_metric(store, run.id, 1, "train_loss", epoch, epoch);
        add_timing(store, run.id, 1, "train_epoch", epoch, 10);
    }
    add_timing(store, run.id, 1, "inference_1", 1, 10);
    ck_ok(bnn_store_add_record(store, run.id, 1, &file, 0, err));
    ck_ok(bnn_store_finish(store, run.id, 1, BNN_RUN_INTERRUPTED, NULL, 0, err));
    ck_assert_uint_eq(claim(store, look(store)), 2);
    ck_ok(resume(store, run.id, 2, 2, err));
    add_metric(store, run.id, 2, "train_loss", 3, 0.5);
    ck_ok(resume(store, run.id, 2, 2, err)); /* its own records stay */
    check_rows("SELECT epoch, attempt FROM metric ORDER BY epoch", "1|1\n2|1\n3|2\n");
    check_rows("SELECT phase, rep FROM timing ORDER BY rep",
               "train_epoch|0\ntrain_epoch|1\ntrain_epoch|2\n");
    check_rows("SELECT kind FROM artifact", "");
    check_rows("SELECT resumed_from_epoch FROM attempt ORDER BY attempt", "0\n2\n");
    ck_ok(bnn_store_finish(store, run.id, 2, BNN_RUN_FAILED, "x", 0, err));
    ck_assert_uint_eq(claim(store, look(store)), 3);
    ck_ok(resume(store, run.id, 3, 0, err));
    check_rows("SELECT (SELECT count(*) FROM metric), (SELECT count(*) FROM artifact)", "0|0\n");
    bnn_store_close(store);
}
END_TEST

/* As they might come through a pipe from a process that crashed. */
START_TEST(damaged_records_are_refused)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const bnn_run run = one_run(store);
    ck_assert_uint_eq(claim(store, run), 1);
    bnn_record bad[9] = {
        {.kind = BNN_RECORD_METRIC},
        metric_record("", 1, 1),
        {.kind = BNN_RECORD_TIMING, .timing = {.phase = "evaluate", .wall_ns = UINT64_MAX}},
        {.kind = BNN_RECORD_LAYER, .layer = {.layer = "a", .kind = "b", .bits = 1ull << 63}},
        {.kind = BNN_RECORD_LAYER, .layer = {.layer = "a", .kind = ""}},
        {.kind = (bnn_record_kind)7},
        file_record("model", "m", UINT64_MAX, 'a'),
        file_record("model", "", 1, 'a'),
        file_record("model", "m", 1, '\0'),
    };
    memset(bad[0].metric.name, 'x', sizeof bad[0].metric.name);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char message[100];
        snprintf(message, sizeof message, "run 1: a record of kind %d is damaged",
                 (int)bad[i].kind);
        ck_refused(bnn_store_add_record(store, run.id, 1, &bad[i], 0, err), BNN_E_INTERNAL,
                   message);
    }
    bnn_store_close(store);
    check_rows("SELECT (SELECT count(*) FROM metric) + (SELECT count(*) FROM timing)"
               " + (SELECT count(*) FROM layer) + (SELECT count(*) FROM artifact)",
               "0\n");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store attempts");
    TCase *tests = tcase_create("attempts");
    tcase_add_checked_fixture(tests, store_setup, store_teardown);
    tcase_add_test(tests, a_run_is_claimed_once_and_ends_once);
    tcase_add_test(tests, a_claim_that_fails_leaves_the_run_alone);
    tcase_add_test(tests, only_the_holder_writes);
    tcase_add_test(tests, values_that_are_not_finite_survive);
    tcase_add_test(tests, a_record_replaces_the_one_before);
    tcase_add_test(tests, a_resumed_attempt_drops_what_it_will_do_again);
    tcase_add_test(tests, damaged_records_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
