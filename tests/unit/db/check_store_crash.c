/* check_store_crash.c - several processes on one database, and processes that die. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include "db/store_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { N_RUNS = 40, BATCH = 10 };

/* What a child does with a handle of its own; it must not come back through Check, so its verdict
 * is its exit status. */
typedef bool child_work(bnn_store *store, int write_fd);

/* Starts a child. It reports bytes through *out_fd. */
static pid_t start_child(child_work *work, int *out_fd)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        bnn_store *store = NULL;
        bnn_error err;
        close(ends[0]);
        const bool good = bnn_store_open(store_file(), BNN_STORE_WRITE, &store, &err) == BNN_OK &&
                          work(store, ends[1]);
        bnn_store_close(store);
        _exit(good ? 0 : 1);
    }
    close(ends[1]);
    *out_fd = ends[0];
    return child;
}

/* Waits until the child has reported a byte; false when it ended instead. */
static bool wait_for_byte(int fd)
{
    char byte;
    ssize_t n;
    while ((n = read(fd, &byte, 1)) < 0)
        ck_assert_int_eq(errno, EINTR);
    return n == 1;
}

static void kill_now(pid_t child)
{
    int status;
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
}

static void sleep_ms(long ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static bool take(bnn_store *store, const bnn_run *run, uint32_t *attempt)
{
    const bnn_store_environment environment = {.host = "h", .n_cpu = 1, .version = "0"};
    bnn_store_attempt with = {.dataset = {"d", "s", "x"}};
    bnn_error err;
    return bnn_store_add_environment(store, &environment, &with.environment, &err) == BNN_OK &&
           bnn_store_claim(store, run, &with, attempt, &err) == BNN_OK;
}

static void plan_runs(int n)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const int64_t e = add_experiment(store, "e"), c = add_config(store, e, "clipped", false);
    for (int seed = 1; seed <= n; seed++)
        add_run(store, e, c, seed);
    bnn_store_close(store);
}

/* ---- the dead and the living ---- */

static bool claim_and_hang(bnn_store *store, int fd)
{
    bnn_run run;
    bnn_error err;
    uint32_t attempt = 0;
    if (bnn_store_add_run(store, 1, 1, 1, &run, &err) != BNN_OK || !take(store, &run, &attempt) ||
        attempt == 0 || write(fd, "x", 1) != 1)
        return false;
    for (;;)
        pause();
}

START_TEST(a_run_of_a_dead_process_is_queued_again)
{
    plan_runs(2);
    int fd;
    const pid_t child = start_child(claim_and_hang, &fd);
    ck_assert(wait_for_byte(fd));
    bnn_store *store = store_open(BNN_STORE_WRITE);
    bnn_store_recovered recovered;
    ck_ok(bnn_store_recover(store, false, &recovered, err));
    ck_assert_uint_eq(recovered.n_stale, 0);
    ck_assert_int_eq(add_run(store, 1, 1, 1).state, BNN_RUN_RUNNING);
    const bnn_run mine = add_run(store, 1, 1, 2);
    uint32_t attempt;
    ck_assert(take(store, &mine, &attempt));

    ck_assert_int_eq(kill(child, SIGKILL), 0);
    siginfo_t info; /* until it is dead, and still a zombie */
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    ck_ok(bnn_store_recover(store, false, &recovered, err));
    ck_assert_uint_eq(recovered.n_stale, 1);
    ck_assert_uint_eq(recovered.n_unknown, 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);

    const bnn_run run = add_run(store, 1, 1, 1);
    ck_assert_int_eq(run.state, BNN_RUN_QUEUED);
    ck_assert_uint_eq(run.n_attempts, 1);
    ck_assert_int_eq(add_run(store, 1, 1, 2).state, BNN_RUN_RUNNING);
    char expected[300], host[256];
    ck_assert_int_eq(gethostname(host, sizeof host), 0);
    snprintf(expected, sizeof expected, "stale: process %d on %s ended without a word", (int)child,
             host);
    ck_assert_str_eq(plain_text(store_file(), "SELECT outcome || ': ' || error FROM attempt"
                                              " WHERE run_id = 1"),
                     expected);
    ck_ok(bnn_store_recover(store, false, &recovered, err));
    ck_assert_uint_eq(recovered.n_stale, 0);
    /* what the dead attempt held, nobody may write under its number */
    const bnn_record record = metric_record("train_loss", 1, 1);
    ck_assert_int_eq(bnn_store_add_record(store, run.id, 1, &record, 0, &(bnn_error){0}),
                     BNN_E_FAILED);
    ck_assert(take(store, &run, &attempt));
    ck_assert_uint_eq(attempt, 2);
    bnn_store_close(store);
    close(fd);
}
END_TEST

START_TEST(a_process_is_known_by_more_than_its_number)
{
    bnn_process self, other;
    bnn_process_self(&self);
    ck_assert_int_eq(self.pid, getpid());
    ck_assert_int_gt(self.start, 0);
    ck_assert_int_gt(self.pid_namespace, 0);
    ck_assert_uint_eq(strlen(self.boot_id), 36);
    ck_assert_int_eq(bnn_process_liveness(&self, &self), BNN_PROCESS_ALIVE);
    other = self;
    other.start++; /* the number was given to a new process */
    ck_assert_int_eq(bnn_process_liveness(&other, &self), BNN_PROCESS_DEAD);
    other = self;
    other.boot_id[0] ^= 1;
    ck_assert_int_eq(bnn_process_liveness(&other, &self), BNN_PROCESS_DEAD);
    other.host[0] ^= 1; /* another machine's */
    ck_assert_int_eq(bnn_process_liveness(&other, &self), BNN_PROCESS_UNKNOWN);
    other = self;
    other.pid_namespace++;
    ck_assert_int_eq(bnn_process_liveness(&other, &self), BNN_PROCESS_UNKNOWN);
    other = self;
    other.start = 0; /* made where there was no /proc */
    ck_assert_int_eq(bnn_process_liveness(&other, &self), BNN_PROCESS_ALIVE);
    static const int64_t no_process[] = {0, -1, INT64_MAX, (int64_t)INT32_MAX};
    for (size_t i = 0; i < sizeof no_process / sizeof *no_process; i++) {
        other = self;
        other.pid = no_process[i];
        ck_assert_int_eq(bnn_process_liveness(&other, &self), BNN_PROCESS_DEAD);
    }
}
END_TEST

START_TEST(a_process_that_cannot_be_seen_is_left_alone)
{
    plan_runs(1);
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const bnn_run run = add_run(store, 1, 1, 1);
    uint32_t attempt;
    ck_assert(take(store, &run, &attempt));
    plain_execute(store_file(), "UPDATE attempt SET pid_namespace = 1, life = NULL");
    bnn_store_recovered recovered;
    ck_ok(bnn_store_recover(store, false, &recovered, err));
    ck_assert_uint_eq(recovered.n_stale, 0);
    ck_assert_uint_eq(recovered.n_unknown, 1);
    plain_execute(store_file(), "UPDATE attempt SET boot_id = 'before'");
    ck_ok(bnn_store_recover(store, false, &recovered, err));
    ck_assert_uint_eq(recovered.n_stale, 1);
    bnn_store_close(store);
}
END_TEST

/* What says that a process lives is its lock, whatever its number means here. */
START_TEST(a_process_in_another_container_is_known_by_its_lock)
{
    plan_runs(1);
    int fd;
    const pid_t child = start_child(claim_and_hang, &fd);
    ck_assert(wait_for_byte(fd));
    plain_execute(store_file(), "UPDATE attempt SET pid_namespace = 1, pid = 1, process_start = 1");
    bnn_store *store = store_open(BNN_STORE_WRITE);
    bnn_store_recovered recovered;
    for (int take_over = 0; take_over < 2; take_over++) {
        ck_ok(bnn_store_recover(store, take_over, &recovered, err));
        ck_assert_uint_eq(recovered.n_stale + recovered.n_unknown, 0);
    }
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_ok(bnn_store_recover(store, false, &recovered, err));
    ck_assert_uint_eq(recovered.n_stale, 1);
    bnn_store_close(store);
    close(fd);
}
END_TEST

/* Nor does it live on when it has closed its database, or when the file of the locks is gone. */
START_TEST(a_lock_ends_with_its_store)
{
    for (int i = 0; i < 2; i++) {
        plan_runs(1);
        bnn_store *store = store_open(BNN_STORE_WRITE), *other = store_open(BNN_STORE_WRITE);
        const bnn_run run = add_run(store, 1, 1, 1);
        uint32_t attempt;
        bnn_store_recovered recovered;
        ck_assert(take(store, &run, &attempt));
        ck_ok(bnn_store_recover(other, false, &recovered, err));
        ck_assert_uint_eq(recovered.n_stale, 0);
        bnn_store_close(store);
        if (i == 1) {
            bnn_store_close(other);
            ck_assert_int_eq(unlink(store_path("test.db.lock")), 0);
            other = store_open(BNN_STORE_WRITE);
        }
        ck_ok(bnn_store_recover(other, false, &recovered, err));
        ck_assert_uint_eq(recovered.n_stale, 1);
        bnn_store_close(other);
    }
}
END_TEST

START_TEST(only_a_person_knows_of_another_machine)
{
    plan_runs(1);
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const bnn_run run = add_run(store, 1, 1, 1);
    uint32_t attempt;
    ck_assert(take(store, &run, &attempt));
    bnn_store_close(store);
    plain_execute(store_file(), "UPDATE attempt SET host = 'far', boot_id = 'other', pid = 42");
    store = store_open(BNN_STORE_WRITE);
    bnn_store_recovered recovered;
    ck_ok(bnn_store_recover(store, false, &recovered, err));
    ck_assert_uint_eq(recovered.n_stale, 0);
    ck_assert_uint_eq(recovered.n_unknown, 1);
    ck_ok(bnn_store_recover(store, true, &recovered, err));
    ck_assert_uint_eq(recovered.n_stale, 1);
    ck_assert_uint_eq(recovered.n_unknown, 0);
    ck_assert_str_eq(plain_text(store_file(), "SELECT error FROM attempt"),
                     "process 42 on far was said to be gone");
    bnn_store_close(store);
}
END_TEST

/* ---- at the same time ---- */

static bool claim_all(bnn_store *store, int fd)
{
    for (int seed = 1; seed <= N_RUNS; seed++) {
        bnn_run run;
        bnn_error err;
        uint32_t attempt = 0;
        if (bnn_store_add_run(store, 1, 1, seed, &run, &err) != BNN_OK ||
            !take(store, &run, &attempt))
            return false;
        if (attempt != 0 && write(fd, &(char){(char)seed}, 1) != 1)
            return false;
    }
    return true;
}

START_TEST(two_processes_claim_different_runs)
{
    plan_runs(N_RUNS);
    int fds[2], n_claims[N_RUNS + 1] = {0};
    pid_t children[2];
    for (int i = 0; i < 2; i++)
        children[i] = start_child(claim_all, &fds[i]);
    for (int i = 0; i < 2; i++) {
        char seed;
        while (read(fds[i], &seed, 1) == 1)
            n_claims[(int)seed]++;
        ck_assert(child_succeeded(children[i]));
        close(fds[i]);
    }
    for (int seed = 1; seed <= N_RUNS; seed++)
        ck_assert_msg(n_claims[seed] == 1, "seed %d: %d", seed, n_claims[seed]);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM attempt"), N_RUNS);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM run WHERE n_attempts = 1"),
                     N_RUNS);
}
END_TEST

static bool nothing(bnn_store *store, int fd)
{
    (void)store;
    (void)fd;
    return true;
}

START_TEST(several_processes_create_the_database)
{
    for (int round = 0; round < 5; round++) {
        int fds[4];
        pid_t children[4];
        for (int i = 0; i < 4; i++)
            children[i] = start_child(nothing, &fds[i]);
        for (int i = 0; i < 4; i++) {
            ck_assert(child_succeeded(children[i]));
            close(fds[i]);
        }
        ck_assert_str_eq(plain_text(store_file(), "PRAGMA integrity_check"), "ok");
        ck_assert_int_eq(plain_number(store_file(), "PRAGMA user_version"), 9);
        ck_assert_int_eq(unlink(store_file()), 0);
    }
}
END_TEST

/* Leaving WAL needs the file for itself. It stops first, until the other process is ready. */
static bool stop_then_leave_wal(bnn_store *store, int fd)
{
    (void)fd;
    raise(SIGSTOP);
    sqlite3_busy_timeout(store->db, 0);
    return (sqlite3_exec(store->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) & 0xff) ==
           SQLITE_BUSY;
}

/* POSIX drops a process's locks on a file when any descriptor of it is closed: opening and closing
 * a second handle must not unlock the first one. The child is older than the handles, as SQLite's
 * table of locks is inherited by fork. */
START_TEST(a_second_handle_does_not_unlock_the_first)
{
    plan_runs(1);
    int fd, status;
    const pid_t child = start_child(stop_then_leave_wal, &fd);
    ck_assert_int_eq(waitpid(child, &status, WUNTRACED), child);
    ck_assert(WIFSTOPPED(status));
    bnn_store *store = store_open(BNN_STORE_WRITE);
    bnn_store_close(store_open(BNN_STORE_READ));
    bnn_store_close(store_open(BNN_STORE_WRITE));
    ck_assert_int_eq(kill(child, SIGCONT), 0);
    ck_assert(child_succeeded(child));
    close(fd);
    bnn_store_close(store);
}
END_TEST

/* ---- kill -9 ---- */

static bool write_batch(bnn_store *store, uint32_t attempt, uint32_t first_epoch)
{
    for (uint32_t i = 0; i < BATCH; i++) {
        const bnn_record record = metric_record("train_loss", first_epoch + i, 0.5);
        bnn_error err;
        if (bnn_store_add_record(store, 1, attempt, &record, 0, &err) != BNN_OK)
            return false;
    }
    return true;
}

/* One batch is committed, the next one not yet, when it says so. */
static bool write_and_hang(bnn_store *store, int fd)
{
    bnn_run run;
    bnn_error err;
    uint32_t attempt = 0;
    if (bnn_store_add_run(store, 1, 1, 1, &run, &err) != BNN_OK || !take(store, &run, &attempt) ||
        bnn_store_begin(store, &err) != BNN_OK || !write_batch(store, attempt, 1) ||
        bnn_store_commit(store, &err) != BNN_OK || bnn_store_begin(store, &err) != BNN_OK ||
        !write_batch(store, attempt, 1 + BATCH) || write(fd, "x", 1) != 1)
        return false;
    for (;;)
        pause();
}

START_TEST(a_killed_writer_leaves_what_it_committed)
{
    plan_runs(1);
    int fd;
    const pid_t child = start_child(write_and_hang, &fd);
    ck_assert(wait_for_byte(fd));
    kill_now(child);
    close(fd);
    ck_assert_str_eq(plain_text(store_file(), "PRAGMA integrity_check"), "ok");
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM metric"), BATCH);
    bnn_store *store = store_open(BNN_STORE_WRITE);
    bnn_store_recovered recovered;
    ck_ok(bnn_store_recover(store, false, &recovered, err));
    ck_assert_uint_eq(recovered.n_stale, 1);
    bnn_store_close(store);
}
END_TEST

static bool write_for_ever(bnn_store *store, int fd)
{
    bnn_run run;
    bnn_store_recovered recovered;
    bnn_error err;
    uint32_t attempt = 0;
    if (bnn_store_recover(store, false, &recovered, &err) != BNN_OK ||
        bnn_store_add_run(store, 1, 1, 1, &run, &err) != BNN_OK || !take(store, &run, &attempt) ||
        attempt == 0 || write(fd, "x", 1) != 1)
        return false;
    for (uint32_t epoch = 1;; epoch += BATCH)
        if (bnn_store_begin(store, &err) != BNN_OK || !write_batch(store, attempt, epoch) ||
            bnn_store_commit(store, &err) != BNN_OK)
            return false;
}

START_TEST(whenever_a_writer_is_killed_batches_are_whole)
{
    plan_runs(1);
    for (long delay_ms = 0; delay_ms < 20; delay_ms++) {
        int fd;
        const pid_t child = start_child(write_for_ever, &fd);
        ck_assert(wait_for_byte(fd));
        sleep_ms(delay_ms);
        kill_now(child);
        close(fd);
        ck_assert_str_eq(plain_text(store_file(), "PRAGMA integrity_check"), "ok");
        ck_assert_str_eq(plain_text(store_file(), "PRAGMA foreign_key_check"), "none");
        ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM metric") % BATCH, 0);
    }
    ck_assert_int_gt(plain_number(store_file(), "SELECT count(*) FROM metric"), 0);
    ck_assert_int_eq(plain_number(store_file(), "SELECT n_attempts FROM run"), 20);
    ck_assert_int_eq(
        plain_number(store_file(), "SELECT count(*) FROM attempt WHERE outcome = 'stale'"), 19);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store processes");
    TCase *tests = tcase_create("processes");
    tcase_add_checked_fixture(tests, store_setup, store_teardown);
    tcase_add_test(tests, a_run_of_a_dead_process_is_queued_again);
    tcase_add_test(tests, a_process_is_known_by_more_than_its_number);
    tcase_add_test(tests, a_process_that_cannot_be_seen_is_left_alone);
    tcase_add_test(tests, a_process_in_another_container_is_known_by_its_lock);
    tcase_add_test(tests, a_lock_ends_with_its_store);
    tcase_add_test(tests, only_a_person_knows_of_another_machine);
    tcase_add_test(tests, two_processes_claim_different_runs);
    tcase_add_test(tests, several_processes_create_the_database);
    tcase_add_test(tests, a_second_handle_does_not_unlock_the_first);
    tcase_add_test(tests, a_killed_writer_leaves_what_it_committed);
    tcase_add_test(tests, whenever_a_writer_is_killed_batches_are_whole);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
