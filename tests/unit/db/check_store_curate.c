/* check_store_curate.c - runs that are chosen, marked, renamed and removed. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include "db/store_curate.h"
#include "db/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bnn_arena *arena;

static void curate_setup(void)
{
    store_setup();
    arena = bnn_arena_create(1 << 20);
    ck_assert_ptr_nonnull(arena);
}

static void curate_teardown(void)
{
    bnn_arena_destroy(arena);
    store_teardown();
}

/* Experiments e and f, each with the configs "none" and "ste=clipped" and two seeds; the runs of
 * clipped in e are done. */
static void make_runs(bnn_store *store)
{
    static const char *const names[] = {"e", "f"};
    for (size_t i = 0; i < 2; i++) {
        const int64_t e = add_experiment(store, names[i]);
        for (int64_t k = 0; k < 2; k++) {
            const int64_t c = add_config(store, e, k == 0 ? "none" : "ste=clipped", k == 0);
            for (int64_t seed = 1; seed <= 2; seed++) {
                const bnn_run run = add_run(store, e, c, seed);
                if (i > 0 || k == 0)
                    continue;
                const uint32_t attempt = claim(store, run);
                add_metric(store, run.id, attempt, "test_accuracy", 0, 1.0 / (double)seed);
                ck_ok(bnn_store_finish(store, run.id, attempt, BNN_RUN_DONE, NULL, 0, err));
            }
        }
    }
}

/* "e none 1 queued, ..." */
static const char *chosen(bnn_store *store, const bnn_store_filter *filter)
{
    const bnn_store_chosen *runs;
    size_t n;
    char *text = bnn_arena_strdup(arena, "");
    ck_ok(bnn_store_choose(store, filter, arena, &runs, &n, err));
    for (size_t i = 0; i < n; i++)
        text = bnn_arena_printf(arena, "%s%s%s %s %lld %s", text, i > 0 ? ", " : "",
                                runs[i].experiment, runs[i].label, (long long)runs[i].seed,
                                runs[i].state);
    return text;
}

/* ---- to choose ---- */

START_TEST(runs_are_chosen_by_all_that_is_asked)
{
    static const char *const done[] = {"done", "failed"};
    static const bnn_store_setting clipped = {"ste", "clipped"}, none = {"ste", "identity"},
                                   seeds[] = {{"seed", "2"}, {"ste", "clipped"}};
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    bnn_store_filter filter = {.experiment = "e"};
    ck_assert_str_eq(chosen(store, &filter), "e none 1 queued, e none 2 queued, "
                                             "e ste=clipped 1 done, e ste=clipped 2 done");
    filter = (bnn_store_filter){.states = {2, done}, .sort = "test_accuracy"};
    ck_assert_str_eq(chosen(store, &filter), "e ste=clipped 2 done, e ste=clipped 1 done");
    filter = (bnn_store_filter){.n_settings = 1,
                                .settings = &clipped,
                                .sort = "test_accuracy",
                                .descending = true,
                                .limit = 3};
    ck_assert_str_eq(chosen(store, &filter),
                     "e ste=clipped 1 done, e ste=clipped 2 done, f ste=clipped 1 queued");
    filter = (bnn_store_filter){.n_settings = 2, .settings = seeds, .experiment = "f"};
    ck_assert_str_eq(chosen(store, &filter), "f ste=clipped 2 queued");
    filter = (bnn_store_filter){.n_settings = 1, .settings = &none};
    ck_assert_str_eq(chosen(store, &filter), "");
    filter = (bnn_store_filter){.since = "2999-01-01 00:00:00"};
    ck_assert_str_eq(chosen(store, &filter), "");
    filter = (bnn_store_filter){.in_spec = -1};
    ck_assert_str_eq(chosen(store, &filter), "");
    bnn_store_close(store);
}
END_TEST

/* ---- to mark ---- */

START_TEST(notes_and_tags_stay_with_their_run)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    char *uids = store_rows(store, "SELECT run_uid FROM run ORDER BY run_id LIMIT 1", NULL);
    uids[strcspn(uids, "\n")] = '\0';
    ck_ok(bnn_store_set_note(store, uids, "the run of figure 2", err));
    ck_ok(bnn_store_set_tag(store, uids, "good", true, err));
    ck_ok(bnn_store_set_tag(store, uids, "good", true, err));
    ck_ok(bnn_store_set_tag(store, uids, "figure2", true, err));
    ck_assert_str_eq(plain_text(store_file(), "SELECT note || '|' || tags FROM run_summary"),
                     "the run of figure 2|figure2 good");
    ck_ok(bnn_store_set_tag(store, uids, "good", false, err));
    ck_ok(bnn_store_set_note(store, uids, NULL, err));
    ck_assert_str_eq(plain_text(store_file(), "SELECT note IS NULL AND tags = 'figure2'"
                                              " FROM run_summary"),
                     "1");
    bnn_error err;
    ck_assert_int_eq(bnn_store_set_tag(store, "none", "x", true, &err), BNN_E_RESOURCE);
    plain_execute(store_file(), "DELETE FROM run WHERE run_id = 1");
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM run_tag"), 0);
    bnn_store_close(store);
    free(uids);
}
END_TEST

/* ---- to rename ---- */

START_TEST(an_experiment_is_renamed_with_its_runs)
{
    static const char *const runs = "SELECT group_concat(run_uid || state) FROM (SELECT run_uid,"
                                    " state FROM run_summary WHERE experiment IN ('e', 'g')"
                                    " ORDER BY run_uid)";
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    char *before = bnn_arena_strdup(arena, plain_text(store_file(), runs));
    ck_refused(bnn_store_rename_experiment(store, "e", "f", false, err), BNN_E_RESOURCE,
               "there is an experiment f already; choose another name");
    ck_refused(bnn_store_rename_experiment(store, "x", "y", false, err), BNN_E_RESOURCE,
               "there is no experiment x any more");
    add_experiment(store, "g"); /* without runs: gives way */
    ck_ok(bnn_store_rename_experiment(store, "e", "g", false, err));
    ck_assert_str_eq(plain_text(store_file(), runs), before);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM experiment"), 2);
    bnn_store_close(store);
}
END_TEST

/* A database of version 4 has neither: it is read as if nothing had been said, and stays so. */
START_TEST(an_older_schema_is_read_without_them)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    make_runs(store);
    bnn_store_close(store);
    plain_execute(store_file(),
                  "PRAGMA writable_schema = 1;"
                  "DELETE FROM sqlite_schema WHERE type = 'view';"
                  "PRAGMA writable_schema = RESET; " STORE_DROP_VERSION_7 "DROP TABLE run_tag;"
                  "DROP TRIGGER run_deleted_with_tags;"
                  "DROP TRIGGER attempt_deleted_with_layers;"
                  "DROP TRIGGER run_deleted_with_needs;"
                  "DROP TABLE layer_value; DROP TABLE run_need;"
                  "DROP TABLE quantity; DROP TABLE measured_layer;"
                  "ALTER TABLE experiment_config DROP COLUMN need;"
                  "ALTER TABLE attempt DROP COLUMN telemetry;"
                  "ALTER TABLE run DROP COLUMN note; PRAGMA user_version = 4");
    store = store_open(BNN_STORE_READ);
    char *rows = store_rows(store, "SELECT DISTINCT note, tags, stale FROM run_summary", NULL);
    ck_assert_str_eq(rows, "NULL|NULL|NULL\n");
    free(rows);
    bnn_store_close(store);
    ck_assert_int_eq(plain_number(store_file(), "PRAGMA user_version"), 4);
    bnn_store_close(store_open(BNN_STORE_WRITE));
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM run_summary"), 8);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store curate");
    TCase *tests = tcase_create("curate");
    tcase_add_checked_fixture(tests, curate_setup, curate_teardown);
    tcase_add_test(tests, runs_are_chosen_by_all_that_is_asked);
    tcase_add_test(tests, notes_and_tags_stay_with_their_run);
    tcase_add_test(tests, an_experiment_is_renamed_with_its_runs);
    tcase_add_test(tests, an_older_schema_is_read_without_them);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
