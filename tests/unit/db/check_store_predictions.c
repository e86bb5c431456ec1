/* check_store_predictions.c - what runs take their test images for: kept with the end of a run, read back,
 * asked for in SQL, deleted, and how an older database comes to have room for it. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include "db/store_curate.h"
#include "db/store_internal.h"
#include "db/store_results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES = 600, CLASSES = 256 }; /* more than two parts of a query, and every byte */

static uint8_t is[IMAGES], said[IMAGES], other[IMAGES];

#define ck_rows(sql, expected)                       \
    do {                                             \
        char *rows_ = plain_rows(store_file(), sql); \
        ck_assert_str_eq(rows_, expected);           \
        free(rows_);                                 \
    } while (0)

/* One wrong image in three for the one, in five for the other. */
static void set_up(void)
{
    store_setup();
    for (size_t i = 0; i < IMAGES; i++) {
        is[i] = (uint8_t)(i * 7);
        said[i] = (uint8_t)(i % 3 == 0 ? 255 - i % 11 : is[i]);
        other[i] = (uint8_t)(i % 5 == 0 ? i % 13 : is[i]);
    }
}

static bnn_store_predictions predictions(const uint8_t *classes)
{
    return (bnn_store_predictions){
        .sample = "all", .n = IMAGES, .n_classes = CLASSES, .true_classes = is, .classes = classes};
}

static void end_run(bnn_store *store, bnn_run run, const bnn_store_predictions *p)
{
    const uint32_t attempt = claim(store, run);
    ck_ok(bnn_store_begin(store, err));
    if (p != NULL)
        ck_ok(bnn_store_add_predictions(store, run.id, attempt, p, err));
    ck_ok(bnn_store_finish(store, run.id, attempt, BNN_RUN_DONE, NULL, 0, err));
    ck_ok(bnn_store_commit(store, err));
}

/* Two runs with predictions, and one without. */
static void make_runs(bnn_store *store, bnn_run runs[3])
{
    const int64_t e = add_experiment(store, "e"), c = add_config(store, e, "clipped", false);
    const bnn_store_predictions first = predictions(said), second = predictions(other);
    for (int i = 0; i < 3; i++)
        runs[i] = add_run(store, e, c, i + 1);
    end_run(store, runs[0], &first);
    end_run(store, runs[1], &second);
    end_run(store, runs[2], NULL);
}

static void make_database(void)
{
    bnn_run runs[3];
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store, runs);
    bnn_store_close(store);
}

static const char *counts =
    "SELECT (SELECT count(*) FROM prediction), (SELECT count(*) FROM test_set)";

/* ---- kept -------------------------------------------------------------------------------- */

START_TEST(they_are_kept_and_labels_only_once)
{
    bnn_run runs[3];
    bnn_store *store = store_open(BNN_STORE_WRITE);
    bnn_arena *arena = bnn_arena_create(1 << 20);
    const bnn_store_predicted *rows;
    size_t n;
    make_runs(store, runs);
    ck_ok(bnn_store_list_predictions(store, "e", NULL, arena, &rows, &n, err));
    ck_assert_uint_eq(n, 2);
    for (size_t i = 0; i < 2; i++) {
        const bnn_store_predictions *p = &rows[i].images;
        ck_assert_str_eq(rows[i].uid, runs[i].uid);
        ck_assert_int_eq(rows[i].seed, (int64_t)i + 1);
        ck_assert_str_eq(p->sample, "all");
        ck_assert_uint_eq(p->n, IMAGES);
        ck_assert_uint_eq(p->n_classes, CLASSES);
        ck_assert_mem_eq(p->true_classes, is, IMAGES);
        ck_assert_mem_eq(p->classes, i == 0 ? said : other, IMAGES);
    }
    ck_assert_ptr_eq(rows[0].images.true_classes, rows[1].images.true_classes);
    ck_ok(bnn_store_list_predictions(store, NULL, runs[1].uid, arena, &rows, &n, err));
    ck_assert_uint_eq(n, 1);
    ck_assert_mem_eq(rows[0].images.classes, other, IMAGES);
    ck_ok(bnn_store_list_predictions(store, NULL, runs[2].uid, arena, &rows, &n, err));
    ck_assert_uint_eq(n, 0);
    bnn_arena_destroy(arena);
    bnn_store_close(store);
    ck_rows(counts, "2|1\n");
    ck_rows("SELECT sha256 FROM test_set", "cc\n"); /* of the data set */
    ck_rows("PRAGMA foreign_key_check", "");
}
END_TEST

START_TEST(other_images_are_another_test_set)
{
    bnn_run runs[3];
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store, runs);
    bnn_store_predictions p[] = {predictions(said), predictions(said), predictions(said)};
    p[0].sample = "first";
    p[1].n = IMAGES - 1;
    p[2].true_classes = said;
    for (int i = 0; i < 3; i++)
        end_run(store, add_run(store, 1, 1, 10 + i), &p[i]);
    end_run(store, add_run(store, 1, 1, 20), &p[0]);
    bnn_store_close(store);
    ck_rows(counts, "6|4\n");
}
END_TEST

START_TEST(what_is_damaged_or_late_is_not_kept)
{
    bnn_run runs[3];
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store, runs);
    bnn_store_predictions p[] = {predictions(said), predictions(said), predictions(said)};
    p[0].n = 0;
    p[1].n_classes = 100;
    p[2].n_classes = CLASSES + 1;
    const uint32_t attempt = claim(store, add_run(store, 1, 1, 9));
    for (int i = 0; i < 3; i++) {
        ck_refused(bnn_store_add_predictions(store, 4, attempt, &p[i], err), BNN_E_INTERNAL,
                   "run 4: its predicted classes are damaged");
        ck_refused(bnn_store_fill_predictions(store, 3, &p[i], err), BNN_E_INTERNAL,
                   "run 3: its predicted classes are damaged");
    }
    p[0] = predictions(said);
    ck_refused(bnn_store_add_predictions(store, 4, attempt + 1, &p[0], err), BNN_E_FAILED,
               "run 4: attempt 2 no longer holds it (the newest is attempt 1)");
    const bnn_record piece = {.kind = BNN_RECORD_PREDICTIONS, .predictions.n = 1};
    ck_refused(bnn_store_add_record(store, 4, attempt, &piece, 0, err), BNN_E_INTERNAL,
               "run 4: a record of kind 7 is damaged");
    bnn_store_close(store);
    ck_rows(counts, "2|1\n");
}
END_TEST

START_TEST(only_what_a_done_run_lacks_is_filled_in)
{
    bnn_run runs[3];
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store, runs);
    const bnn_store_predictions p = predictions(other);
    const bnn_run held = add_run(store, 1, 1, 4);
    claim(store, held);
    ck_ok(bnn_store_fill_predictions(store, runs[0].id, &p, err)); /* has some */
    ck_ok(bnn_store_fill_predictions(store, runs[2].id, &p, err));
    ck_ok(bnn_store_fill_predictions(store, held.id, &p, err));
    bnn_store_close(store);
    ck_rows("SELECT run_id, test_set_id, attempt FROM prediction", "1|1|1\n2|1|1\n3|1|1\n");
    ck_rows("SELECT (SELECT classes FROM prediction WHERE run_id = 1)"
            "     = (SELECT classes FROM prediction WHERE run_id = 3)",
            "0\n");
}
END_TEST

/* ---- asked for --------------------------------------------------------------------------- */

/* Rows of whole numbers: the last columns of them. */
typedef struct number_rows {
    size_t n, n_columns;
    int64_t rows[2 * IMAGES][4];
} number_rows;

static int take_numbers(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    number_rows *out = context;
    (void)err;
    ck_assert_uint_lt(out->n, 2 * IMAGES);
    for (size_t i = 0; i < out->n_columns; i++)
        out->rows[out->n][i] = values[n - out->n_columns + i].integer;
    out->n++;
    return BNN_OK;
}

static void ask(bnn_store *store, const char *query, const bnn_store_argument *arguments, size_t n,
                size_t n_columns, number_rows *out)
{
    const bnn_store_reader reader = {.row = take_numbers, .context = out};
    *out = (number_rows){.n_columns = n_columns};
    ck_ok(bnn_store_query(store, bnn_store_find_query(query)->sql, arguments, n, &reader, err));
}

static bnn_store_argument text_argument(const char *name, const char *text)
{
    return (bnn_store_argument){name, {.type = BNN_STORE_VALUE_TEXT, .text = text}};
}

/* true_class, predicted_class, n and share: of a whole number, 0. */
static void check_confusion(const number_rows *rows, bool first, bool second)
{
    static uint32_t n[CLASSES][CLASSES];
    size_t n_pairs = 0;
    memset(n, 0, sizeof n);
    for (size_t i = 0; i < IMAGES; i++) {
        n[is[i]][said[i]] += first;
        n[is[i]][other[i]] += second;
    }
    for (size_t i = 0; i < CLASSES; i++)
        for (size_t k = 0; k < CLASSES; k++)
            if (n[i][k] > 0) {
                const int64_t *row = rows->rows[n_pairs++];
                ck_assert_int_eq(row[0], (int64_t)i);
                ck_assert_int_eq(row[1], (int64_t)k);
                ck_assert_int_eq(row[2], n[i][k]);
            }
    ck_assert_uint_eq(rows->n, n_pairs);
}

START_TEST(confusions_are_counted)
{
    bnn_run runs[3];
    number_rows rows;
    char config[13];
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store, runs);
    snprintf(config, sizeof config, "%s", plain_text(store_file(), "SELECT hash FROM config"));
    const bnn_store_argument run = text_argument(":run", runs[1].uid);
    const bnn_store_argument whole = text_argument(":config", config);
    const bnn_store_argument nobody = text_argument(":experiment", "nobody");
    ask(store, "confusion", &run, 1, 4, &rows);
    check_confusion(&rows, false, true);
    ask(store, "confusion", &whole, 1, 4, &rows);
    check_confusion(&rows, true, true);
    ask(store, "confusion", NULL, 0, 4, &rows);
    check_confusion(&rows, true, true);
    ask(store, "confusion", &nobody, 1, 4, &rows);
    ck_assert_uint_eq(rows.n, 0);
    plain_execute(store_file(), "UPDATE run SET stale = 'dataset mnist' WHERE run_id = 2");
    ask(store, "confusion", NULL, 0, 4, &rows);
    check_confusion(&rows, true, false);
    bnn_store_close(store);
}
END_TEST

START_TEST(shares_are_of_a_class)
{
    make_database();
    bnn_store *store = store_open(BNN_STORE_READ);
    char sql[4000];
    snprintf(sql, sizeof sql, "SELECT count(DISTINCT true_class), round(sum(share), 9) FROM (%.*s)",
             (int)strlen(bnn_store_find_query("confusion")->sql) - 2,
             bnn_store_find_query("confusion")->sql);
    char *rows = store_rows(store, sql, NULL);
    ck_assert_str_eq(rows, "256|256.000000\n");
    free(rows);
    bnn_store_close(store);
}
END_TEST

START_TEST(disagreements_are_listed)
{
    bnn_run runs[3];
    number_rows rows;
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store, runs);
    bnn_store_argument both[] = {text_argument(":run", runs[0].uid),
                                 text_argument(":other", runs[1].uid)};
    size_t n = 0;
    ask(store, "disagreement", both, 2, 4, &rows);
    for (size_t i = 0; i < IMAGES; i++)
        if (said[i] != other[i]) {
            const int64_t *row = rows.rows[n++];
            ck_assert_int_eq(row[0], (int64_t)i);
            ck_assert_int_eq(row[1], is[i]);
            ck_assert_int_eq(row[2], said[i]);
            ck_assert_int_eq(row[3], other[i]);
        }
    ck_assert_uint_gt(n, 100);
    ck_assert_uint_eq(rows.n, n);
    both[1] = text_argument(":other", runs[2].uid);
    ask(store, "disagreement", both, 2, 4, &rows);
    ck_assert_uint_eq(rows.n, 0);
    bnn_store_close(store);
}
END_TEST

/* ---- from anywhere ----------------------------------------------------------------------- */

/* In tables that let everything in. */
static const char *const hostile[] = {
    "UPDATE prediction SET classes = substr(classes, 2) WHERE run_id = 1",
    "UPDATE prediction SET classes = classes || x'00' WHERE run_id = 1",
    "UPDATE prediction SET classes = NULL WHERE run_id = 1",
    "UPDATE prediction SET classes = hex(substr(classes, 1, 300)) WHERE run_id = 1",
    "UPDATE prediction SET classes = 7 WHERE run_id = 1",
    "UPDATE prediction SET classes = x'' WHERE run_id = 1",
    "UPDATE test_set SET classes = NULL",
    "UPDATE test_set SET classes = 'text'",
    "UPDATE test_set SET classes = x''",
    "UPDATE test_set SET n_classes = 0",
    "UPDATE test_set SET n_classes = 9",
    "UPDATE test_set SET n_classes = -1",
    "UPDATE test_set SET n_classes = 1 << 40",
    "UPDATE test_set SET n_classes = 'many'",
};

START_TEST(damaged_ones_are_refused)
{
    bnn_run runs[3];
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store, runs);
    bnn_store_close(store);
    plain_execute(store_file(),
                  "CREATE TABLE kept AS SELECT * FROM prediction;"
                  "CREATE TABLE kept_set AS SELECT * FROM test_set;"
                  "DROP TABLE prediction; DROP TABLE test_set;"
                  "CREATE TABLE prediction(run_id INTEGER, attempt, test_set_id, classes);"
                  "CREATE TABLE test_set(test_set_id, sha256, sample, n_classes, classes);"
                  "INSERT INTO prediction SELECT * FROM kept;"
                  "INSERT INTO test_set SELECT * FROM kept_set");
    plain_execute(store_file(), hostile[_i]);
    store = store_open(BNN_STORE_READ);
    bnn_arena *arena = bnn_arena_create(1 << 20);
    const bnn_store_predicted *rows;
    number_rows numbers;
    char message[500];
    size_t n;
    snprintf(message, sizeof message,
             "%s: somebody has changed it: the predicted classes of run %s are damaged; remove the "
             "run with `bnnrun rm`, and run its spec again",
             store_file(), runs[0].uid);
    ck_refused(bnn_store_list_predictions(store, "e", NULL, arena, &rows, &n, err), BNN_E_RESOURCE,
               message);
    const bnn_store_argument both[] = {text_argument(":run", runs[0].uid),
                                       text_argument(":other", runs[1].uid)};
    ask(store, "disagreement", both, 2, 4, &numbers);
    ask(store, "confusion", both, 1, 4, &numbers);
    bnn_arena_destroy(arena);
    bnn_store_close(store);
}
END_TEST

/* ---- deleted ----------------------------------------------------------------------------- */

static const struct {
    const char *sql, *left; /* of counts */
} deletions[] = {
    {"DELETE FROM run WHERE run_id = 1", "1|1\n"},
    {"DELETE FROM attempt WHERE run_id = 2", "1|1\n"},
    {"DELETE FROM experiment", "0|1\n"},
    {"DROP TRIGGER attempt_deleted_with_predictions; DELETE FROM run WHERE run_id = 1", "1|1\n"},
};

START_TEST(they_go_with_their_run)
{
    make_database();
    plain_execute(store_file(), deletions[_i].sql);
    bnn_store_close(store_open(BNN_STORE_WRITE));
    bnn_store *store = store_open(BNN_STORE_WRITE);
    if (_i == 3) /* nothing else was amiss, so that opening did not look closer */
        ck_ok(bnn_store_clean(store, err));
    bnn_store_close(store);
    ck_rows(counts, deletions[_i].left);
    ck_rows("PRAGMA foreign_key_check", "");
}
END_TEST

START_TEST(images_stay_as_long_as_they_are_needed)
{
    bnn_run runs[3];
    int64_t n;
    const bnn_store_chosen both[] = {{.id = 1, .uid = "a"}, {.id = 2, .uid = "b"}};
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store, runs);
    ck_assert_int_eq(sqlite3_exec(store->db, "DELETE FROM test_set", NULL, NULL, NULL) & 0xff,
                     SQLITE_CONSTRAINT);
    ck_ok(bnn_store_delete_runs(store, both, 1, false, err));
    ck_rows(counts, "1|1\n");
    ck_ok(bnn_store_delete_runs(store, both + 1, 1, false, err));
    ck_rows(counts, "0|0\n");
    end_run(store, add_run(store, 1, 1, 9),
            &(bnn_store_predictions){
                .sample = "first", .n = 1, .n_classes = 10, .true_classes = is, .classes = is});
    plain_execute(store_file(), "DELETE FROM prediction");
    ck_ok(bnn_store_count_unused(store, &n, err));
    ck_assert_int_eq(n, 1);
    ck_ok(bnn_store_clean(store, err));
    bnn_store_close(store);
    ck_rows(counts, "0|0\n");
}
END_TEST

START_TEST(a_new_attempt_drops_them)
{
    make_database();
    plain_execute(store_file(), "UPDATE run SET state = 'queued' WHERE run_id = 1");
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const uint32_t attempt = claim(store, (bnn_run){.id = 1, .n_attempts = 1});
    const bnn_record begin = {.kind = BNN_RECORD_BEGIN};
    ck_ok(bnn_store_add_record(store, 1, attempt, &begin, 0, err));
    bnn_store_close(store);
    ck_rows("SELECT run_id FROM prediction", "2\n");
}
END_TEST

/* ---- an older database ------------------------------------------------------------------- */

static void make_version_6(void)
{
    make_database();
    plain_execute(store_file(), STORE_DROP_VERSION_7 "PRAGMA user_version = 6");
}

START_TEST(an_older_schema_is_read_without_them)
{
    make_version_6();
    bnn_store *store = store_open(BNN_STORE_READ);
    bnn_arena *arena = bnn_arena_create(1 << 20);
    const bnn_store_predicted *rows;
    size_t n;
    ck_ok(bnn_store_list_predictions(store, "e", NULL, arena, &rows, &n, err));
    ck_assert_uint_eq(n, 0);
    bnn_arena_destroy(arena);
    char *text = store_rows(store,
                            "SELECT (SELECT count(*) FROM run_prediction),"
                            " (SELECT count(*) FROM run_summary)",
                            NULL);
    ck_assert_str_eq(text, "0|3\n");
    free(text);
    const bnn_store_named_query *queries = bnn_store_queries(&n);
    for (size_t i = 0; i < n; i++)
        free(store_rows(store, queries[i].sql, NULL));
    int64_t n_unused;
    ck_ok(bnn_store_count_unused(store, &n_unused, err));
    bnn_store_close(store);
    ck_rows("PRAGMA user_version", "6\n");
}
END_TEST

START_TEST(an_older_schema_gets_room_for_them)
{
    make_version_6();
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const bnn_store_predictions p = predictions(said);
    ck_ok(bnn_store_fill_predictions(store, 3, &p, err));
    bnn_store_close(store);
    ck_rows("PRAGMA user_version", "9\n");
    ck_rows("SELECT n_images, n_classes, length(predicted_classes) FROM run_prediction",
            "600|256|600\n");
    ck_rows("PRAGMA integrity_check", "ok\n");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store predictions");
    TCase *tests = tcase_create("predictions");
    tcase_add_checked_fixture(tests, set_up, store_teardown);
    tcase_add_test(tests, they_are_kept_and_labels_only_once);
    tcase_add_test(tests, other_images_are_another_test_set);
    tcase_add_test(tests, what_is_damaged_or_late_is_not_kept);
    tcase_add_test(tests, only_what_a_done_run_lacks_is_filled_in);
    tcase_add_test(tests, confusions_are_counted);
    tcase_add_test(tests, shares_are_of_a_class);
    tcase_add_test(tests, disagreements_are_listed);
    tcase_add_loop_test(tests, damaged_ones_are_refused, 0, sizeof hostile / sizeof *hostile);
    tcase_add_loop_test(tests, they_go_with_their_run, 0, sizeof deletions / sizeof *deletions);
    tcase_add_test(tests, images_stay_as_long_as_they_are_needed);
    tcase_add_test(tests, a_new_attempt_drops_them);
    tcase_add_test(tests, an_older_schema_is_read_without_them);
    tcase_add_test(tests, an_older_schema_gets_room_for_them);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
