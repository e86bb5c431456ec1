/* check_faults.c - the ground moves under a sweep: its database is deleted, replaced, or held by another
 * program; a disk is full. Nothing of it is a failure of the runs, and nothing that ended is lost. */
#include "base/path.h"
#include "runner/writer.h"

#include "tests/fixtures/pool_fixture.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Two runs that take hardly any time. */
#define BRIEF                                                              \
    "name: brief\n" TINY_DATA TINY_MODEL "train: {epochs: 2, batch: 64}\n" \
    "seeds: {count: 1}\n"                                                  \
    "sweep: {grid: {model.ste: [identity, clipped]}}\n"                    \
    "run: {isolation: thread, measure: false}\n"

/* ---- faults of the disk ------------------------------------------------------------------ */

static int fault; /* an errno: why files cannot be synced; or 0 */
static const char *
    where; /* those whose names have this in them, and what looks whether it is so, which has none */

/* In place of the C library's, also in the processes of runs. */
int fsync(int fd)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    if (fault == 0 || (strstr(path, where) == NULL && strstr(path, " (deleted)") == NULL))
        return (int)syscall(SYS_fsync, fd);
    errno = fault;
    return -1;
}

static int64_t count_runs(const char *state)
{
    return plain_number(
        store_file(),
        bnn_arena_printf(arena, "SELECT count(*) FROM run WHERE state = '%s'", state));
}

/* What the plan has left is done. */
static void expect_to_go_on(void)
{
    ck_ok(execute(2, err));
    ck_assert_int_eq(count_runs("done"), (int64_t)plan.n);
}

/* And all has the bits of a sweep that was not disturbed. */
static void expect_equal_bits(void)
{
    char *after = all_results();
    forget_database();
    make_plan();
    ck_ok(execute(2, err));
    char *undisturbed = all_results();
    ck_assert_str_eq(after, undisturbed);
    free(after);
    free(undisturbed);
}

START_TEST(a_fault_of_the_machine_is_no_failure_of_a_run)
{
    static const struct {
        int fault;
        const char *where, *said;
        int32_t isolation;
    } cases[] = {
        {ENOSPC, "/checkpoint.", "No space left on device; make room", BNN_ISOLATION_THREAD},
        {EDQUOT, "/model.bnn.", "Disk quota exceeded; the quota", BNN_ISOLATION_PROCESS},
        {EIO, "/checkpoint.", "the disk fails", BNN_ISOLATION_PROCESS},
    };
    bnn_error error;
    load_well(BRIEF);
    experiment.run.isolation = cases[_i].isolation;
    make_plan();
    fault = cases[_i].fault;
    where = cases[_i].where;
    ck_assert_int_eq(execute(2, &error), BNN_E_RESOURCE);
    ck_assert_msg(strstr(error.message, cases[_i].said) != NULL &&
                      strstr(error.message, "then the same command goes on") != NULL &&
                      strstr(error.message, ".artifacts/") != NULL,
                  "%s", error.message);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_FAILED] + summary.n_of[BNN_RUN_DONE], 0);
    ck_assert_int_eq(count_runs("failed") + count_runs("running") + count_runs("done"), 0);
    ck_assert_int_ge(count_runs("interrupted"), 1);
    fault = 0;
    make_plan();
    expect_to_go_on();
    if (_i == 0)
        expect_equal_bits();
}
END_TEST

static void expect_no_sync(int64_t n_bytes)
{
    bnn_store *store;
    bnn_error error = {.message = ""};
    struct stat st;
    fault = EIO;
    ck_assert_int_eq(bnn_store_open(store_file(), BNN_STORE_WRITE, &store, &error), BNN_E_RESOURCE);
    ck_assert_msg(strstr(error.message, "its folder cannot be synced") != NULL, "%s",
                  error.message);
    ck_assert_int_eq(stat(store_file(), &st), 0);
    ck_assert(n_bytes < 0 ? st.st_size > 0 : st.st_size == n_bytes);
    fault = 0;
    ck_ok(bnn_store_open(store_file(), BNN_STORE_WRITE, &store, err));
    bnn_store_close(store);
}

/* SQLite would go on, and a power loss could damage what it writes then: nothing is. */
START_TEST(a_folder_that_cannot_be_synced_shuts_its_database)
{
    char folder[PATH_MAX];
    ck_assert(bnn_path_directory(store_file(), folder));
    where = folder;
    expect_no_sync(0);  /* a new one has no half of a page */
    expect_no_sync(-1); /* nor has one that is there */
}
END_TEST

/* ---- the file ---------------------------------------------------------------------------- */

static struct {
    bool deletes;
    char *bytes; /* of another file, that is put in place of the database */
    size_t n;
} change;

/* Until the sweep has noticed, its log lies beside what is there now, and would damage it. */
static void expect_shut(void)
{
    bnn_store *store;
    bnn_error error = {.message = ""};
    ck_assert_int_eq(bnn_store_open(store_file(), BNN_STORE_WRITE, &store, &error), BNN_E_RESOURCE);
    ck_assert_msg(strstr(error.message, "is still writing to here") != NULL, "%s", error.message);
}

/* When the first run has ended. */
static void change_database(void *context, const bnn_pool_view *view, const bnn_run *run)
{
    finished(context, view, run);
    if (seen.n_finished != 1)
        return;
    if (change.deletes) {
        ck_assert_int_eq(unlink(store_file()), 0);
        expect_shut();
        return;
    }
    char *copy = bnn_arena_strdup(arena, store_path("copy.db"));
    ck_ok(bnn_file_write(copy, change.bytes, change.n, err));
    ck_assert_int_eq(rename(copy, store_file()), 0);
    expect_shut();
}

/* The file that is there now is as it was put there, and has no log that is not its own. */
static void expect_untouched(void)
{
    char *bytes;
    size_t n;
    ck_assert_int_ne(access(store_path("test.db-wal"), F_OK), 0);
    if (change.deletes) {
        ck_assert_int_ne(access(store_file(), F_OK), 0);
        return;
    }
    ck_ok(bnn_file_read(store_file(), 1 << 24, &bytes, &n, err));
    ck_assert(n == change.n && memcmp(bytes, change.bytes, n) == 0);
    free(bytes);
}

START_TEST(a_database_that_is_replaced_costs_nothing)
{
    bnn_error error;
    load_well(BRIEF);
    make_plan();
    change.deletes = _i == 0;
    ck_ok(bnn_file_read(store_file(), 1 << 24, &change.bytes, &change.n, err));
    seen.observer.finished = change_database;
    ck_assert_int_eq(execute(1, &error), BNN_E_RESOURCE);
    seen.observer.finished = finished;
    ck_assert_msg(strstr(error.message, store_file()) != NULL &&
                      strstr(error.message, _i == 0 ? "was deleted" : "was replaced") != NULL &&
                      strstr(error.message, "test.db.saved: `mv ") != NULL,
                  "%s", error.message);
    expect_untouched();
    free(change.bytes);
    ck_assert_int_eq(rename(store_path("test.db.saved"), store_file()), 0);
    ck_assert_str_eq(plain_text(store_file(), "PRAGMA integrity_check"), "ok");
    ck_assert_uint_ge(summary.n_of[BNN_RUN_DONE], 1);
    ck_assert_int_eq(count_runs("done"), (int64_t)summary.n_of[BNN_RUN_DONE]);
    ck_assert_int_eq(count_runs("running") + count_runs("failed"), 0);
    make_plan();
    expect_to_go_on();
    if (_i == 0)
        expect_equal_bits();
}
END_TEST

/* Also when nothing more could be written before that. */
START_TEST(what_was_recorded_before_an_error_is_saved)
{
    bnn_writer *writer;
    bnn_writer_request request;
    bnn_error error;
    const bnn_store_attempt with = {.environment = 1, .dataset = {"d", "s", "x"}};
    load_well(BRIEF);
    make_plan();
    plain_execute(store_file(), "CREATE TRIGGER refuses BEFORE UPDATE OF state ON run "
                                "BEGIN SELECT RAISE(ABORT, 'refused'); END");
    bnn_store *store = store_open(BNN_STORE_WRITE);
    ck_ok(bnn_writer_open(store, 1, NULL, &writer, err));
    bnn_writer_claim(writer, &plan.runs[0], &with, &request);
    while (!bnn_writer_answered(writer, &request))
        usleep(1000);
    ck_assert_int_ne(request.status, BNN_OK);
    ck_assert_int_eq(unlink(store_file()), 0);
    ck_assert_int_ne(bnn_writer_close(writer, &error), BNN_OK);
    bnn_store_close(store);
    ck_assert_msg(strstr(error.message, "refused") != NULL &&
                      strstr(error.message, "all that was recorded is in") != NULL,
                  "%s", error.message);
    ck_assert_str_eq(plain_text(store_path("test.db.saved"), "SELECT name FROM experiment"),
                     "brief");
}
END_TEST

/* ---- the lock ---------------------------------------------------------------------------- */

static struct {
    pid_t pid;
    int ask, answer; /* pipes to it, and from it */
    bool lets_go;
    char who[BNN_STORE_WRITER_MAX]; /* that was said to be waited for */
} other;

static void say(int fd)
{
    ck_assert_int_eq(write(fd, "x", 1), 1);
}

static bool hear(int fd)
{
    char x;
    return read(fd, &x, 1) == 1;
}

/* Another program: takes the lock when it is asked to, and lets go when it is asked again. */
static void start_other(void)
{
    int ask[2], answer[2];
    ck_assert_int_eq(pipe(ask) | pipe(answer), 0);
    other.pid = fork();
    if (other.pid == 0) {
        sqlite3 *db;
        close(ask[1]);
        if (!hear(ask[0]) || sqlite3_open(store_file(), &db) != SQLITE_OK ||
            sqlite3_busy_timeout(db, 10000) != SQLITE_OK ||
            sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
            _exit(1);
        if (write(answer[1], "x", 1) == 1)
            hear(ask[0]);
        _exit(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ? 0 : 1);
    }
    close(ask[0]);
    close(answer[1]);
    other.ask = ask[1];
    other.answer = answer[0];
}

static void let_other_lock(void *context, const bnn_pool_view *view, const bnn_run *run)
{
    finished(context, view, run);
    if (seen.n_finished != 1)
        return;
    say(other.ask);
    ck_assert(hear(other.answer));
}

static void hear_of_other(void *context, const bnn_pool_view *view, const char *who)
{
    waiting(context, view, who);
    snprintf(other.who, sizeof other.who, "%s", who);
    if (other.lets_go)
        say(other.ask);
}

/* As it can be seen; its name is that of this program, or of one that executes it, as valgrind. */
static const char *name_of_other(void)
{
    char name[32] = "";
    FILE *comm = fopen("/proc/self/comm", "r");
    const bool known = comm != NULL && fscanf(comm, "%31[^\n]", name) == 1;
    if (comm != NULL)
        fclose(comm);
    if (!known || access("/proc/locks", R_OK) != 0)
        return "another program";
    return bnn_arena_printf(arena, "process %ld (%s)", (long)other.pid, name);
}

/* The sweep waits for the lock; when it is not to be had for long, the sweep ends, and no run is held. */
START_TEST(another_program_that_has_the_lock_is_waited_for)
{
    static const bnn_writer_patience patient = {5, 20, 60000, 60000}, hasty = {5, 20, 60, 60};
    bnn_error error;
    bnn_store_recovered recovered;
    load_well(BRIEF);
    make_plan();
    other.lets_go = _i == 0;
    patience = other.lets_go ? &patient : &hasty;
    start_other();
    seen.observer.finished = let_other_lock;
    seen.observer.waiting = hear_of_other;
    ck_assert_int_eq(execute(1, &error), other.lets_go ? BNN_OK : BNN_E_RESOURCE);
    seen.observer.finished = finished;
    if (!other.lets_go)
        say(other.ask);
    ck_assert(child_succeeded(other.pid));
    const char *who = name_of_other();
    ck_assert_str_eq(other.who, who);
    ck_assert_uint_eq(seen.n_waiting, 1);
    ck_assert_msg(other.lets_go || strstr(error.message, who) != NULL, "%s", error.message);
    ck_assert_int_eq(count_runs("done"), (int64_t)summary.n_of[BNN_RUN_DONE]);
    ck_ok(bnn_plan_record(&experiment, store_file(), NULL, false, arena, &plan, &recovered, err));
    ck_assert_int_eq(count_runs("running"), 0);
    if (!other.lets_go)
        expect_to_go_on();
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("faults");
    TCase *tests = tcase_create("faults");
    tcase_add_checked_fixture(tests, watch_set_up, runner_tear_down);
    tcase_add_loop_test(tests, a_fault_of_the_machine_is_no_failure_of_a_run, 0, 3);
    tcase_add_test(tests, a_folder_that_cannot_be_synced_shuts_its_database);
    tcase_add_loop_test(tests, a_database_that_is_replaced_costs_nothing, 0, 2);
    tcase_add_test(tests, what_was_recorded_before_an_error_is_saved);
    tcase_add_loop_test(tests, another_program_that_has_the_lock_is_waited_for, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
