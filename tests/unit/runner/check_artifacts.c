/* check_artifacts.c - the files of runs, removed with them; a database from anywhere names the runs. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include "base/file.h"
#include "db/store_results.h"
#include "runner/artifacts.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bnn_arena *arena;

static void artifacts_setup(void)
{
    store_setup();
    arena = bnn_arena_create(1 << 20);
    ck_assert_ptr_nonnull(arena);
}

static void artifacts_teardown(void)
{
    bnn_arena_destroy(arena);
    store_teardown();
}

/* Writes FOLDER/model.bnn, five bytes, in the directory of the test; its path. */
static const char *make_file(const char *folder)
{
    ck_ok(bnn_file_make_directory(store_path(folder), err));
    const char *path = bnn_arena_printf(arena, "%s/model.bnn", store_path(folder));
    ck_ok(bnn_file_write(path, "12345", 5, err));
    return path;
}

static bnn_store *make_store(bnn_run *run)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const int64_t e = add_experiment(store, "e");
    *run = add_run(store, e, add_config(store, e, "clipped", false), 1);
    return store;
}

static const bnn_store_chosen *choose_all(bnn_store *store, size_t *n)
{
    const bnn_store_filter all = {.limit = 0};
    const bnn_store_chosen *runs;
    ck_ok(bnn_store_choose(store, &all, arena, &runs, n, err));
    return runs;
}

START_TEST(files_go_with_their_run_unless_it_has_begun_again)
{
    bnn_run run;
    size_t n;
    bnn_store *store = make_store(&run);
    const char *folder = bnn_arena_printf(arena, "test.db.artifacts/%s", run.uid);
    const char *file = make_file(folder);
    const bnn_store_chosen *runs = choose_all(store, &n);
    ck_assert_int_eq(bnn_artifacts_bytes(store_file(), run.uid), 5);
    ck_assert_uint_eq(claim(store, run), 1);
    bnn_error refusal;
    ck_assert_int_eq(bnn_store_delete_runs(store, runs, n, true, &refusal), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(refusal.message, "is working on it"));
    ck_ok(bnn_artifacts_remove(store, store_file(), runs, n, err));
    ck_assert_int_eq(access(file, F_OK), 0);
    ck_ok(bnn_store_finish(store, run.id, 1, BNN_RUN_FAILED, "no", 0, err));
    ck_ok(bnn_store_delete_runs(store, runs, n, false, err));
    ck_ok(bnn_artifacts_remove(store, store_file(), runs, n, err));
    ck_assert_int_ne(access(store_path(folder), F_OK), 0);
    ck_assert_int_eq(plain_number(store_file(), "SELECT (SELECT count(*) FROM experiment) +"
                                                " (SELECT count(*) FROM config) +"
                                                " (SELECT count(*) FROM dataset)"),
                     0);
    bnn_store_close(store);
}
END_TEST

/* Uids that lead elsewhere, and a link to elsewhere. */
START_TEST(nothing_outside_is_touched)
{
    static const char *const uids[] = {"../outside", "..", ".", "", "0123456789"};
    bnn_run run;
    const char *outside = make_file("outside"), *checkpoint;
    checkpoint = bnn_arena_strdup(arena, store_path("outside/checkpoint"));
    ck_ok(bnn_file_write(checkpoint, "1", 1, err));
    const char *mine = make_file("test.db.artifacts/mine");
    bnn_store *store = make_store(&run);
    ck_assert_int_eq(symlink(store_path("outside"), store_path("test.db.artifacts/0123456789")), 0);
    for (size_t i = 0; i < sizeof uids / sizeof *uids; i++) {
        const bnn_store_chosen chosen = {.id = 7, .uid = uids[i], .state = "done"};
        ck_assert_int_eq(bnn_artifacts_bytes(store_file(), uids[i]), 0);
        ck_ok(bnn_artifacts_remove(store, store_file(), &chosen, 1, err));
        bnn_run planned = {.state = BNN_RUN_DONE};
        snprintf(planned.uid, sizeof planned.uid, "%s", uids[i]);
        bnn_artifacts_clean(store_file(), &planned, 1);
    }
    const bnn_leftover *leftovers;
    size_t n;
    ck_ok(bnn_artifacts_find_leftovers(store, store_file(), arena, &leftovers, &n, err));
    ck_assert_uint_eq(n, 0);
    ck_assert_int_eq(access(outside, F_OK), 0);
    ck_assert_int_eq(access(checkpoint, F_OK), 0);
    ck_assert_int_eq(access(mine, F_OK), 0);
    const bnn_store_run *runs;
    ck_ok(bnn_store_list_runs(store, "e", arena, &runs, &n, err));
    plain_execute(store_file(), "UPDATE run SET run_uid = '../outside'");
    bnn_error refusal;
    ck_assert_int_eq(bnn_store_list_runs(store, "e", arena, &runs, &n, &refusal), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(refusal.message, "cannot be the name of a run"));
    bnn_store_close(store);
}
END_TEST

/* Somebody has put something beside the model; and a folder that is another database's. */
START_TEST(what_is_somebody_elses_stays)
{
    bnn_run run;
    size_t n;
    bnn_store *store = make_store(&run);
    const char *folder = bnn_arena_printf(arena, "test.db.artifacts/%s", run.uid);
    const char *file = make_file(folder);
    const char *own = bnn_arena_printf(arena, "%s/own.onnx", store_path(folder));
    const bnn_store_chosen *runs = choose_all(store, &n);
    ck_ok(bnn_file_write(own, "own", 3, err));
    ck_assert_int_eq(bnn_artifacts_bytes(store_file(), run.uid), 5);
    ck_ok(bnn_store_delete_runs(store, runs, n, false, err));
    ck_assert_int_eq(rename(store_path("test.db.artifacts"), store_path("b.db.artifacts")), 0);
    ck_assert_int_eq(symlink("b.db.artifacts", store_path("test.db.artifacts")), 0);
    ck_ok(bnn_file_write(store_path("b.db"), "", 0, err));
    ck_ok(bnn_artifacts_remove(store, store_file(), runs, n, err));
    ck_assert_int_eq(access(file, F_OK), 0);
    ck_assert_int_eq(unlink(store_path("b.db")), 0);
    ck_ok(bnn_artifacts_remove(store, store_file(), runs, n, err));
    ck_assert_int_ne(access(file, F_OK), 0);
    ck_assert_int_eq(access(own, F_OK), 0);
    bnn_store_close(store);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("artifacts");
    TCase *tests = tcase_create("artifacts");
    tcase_add_checked_fixture(tests, artifacts_setup, artifacts_teardown);
    tcase_add_test(tests, files_go_with_their_run_unless_it_has_begun_again);
    tcase_add_test(tests, nothing_outside_is_touched);
    tcase_add_test(tests, what_is_somebody_elses_stays);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
