/* check_store_readonly.c - databases that this user may not write: another user's, or on a read-only
 * mount. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include "base/file.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder and the file may be read by all, and be written by nobody. Root may do all: it becomes
 * another user until be_oneself. */
static void be_another(void)
{
    ck_assert_int_eq(chmod(store_path(""), 0555), 0);
    ck_assert(access(store_file(), F_OK) != 0 || chmod(store_file(), 0444) == 0);
    if (geteuid() == 0)
        ck_assert_int_eq(seteuid(65534), 0);
}

static void be_oneself(void)
{
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(chmod(store_path(""), 0755), 0);
}

/* Not every user has a name: containers run as any number. */
static const char *owner_name(const char *path)
{
    static char number[32];
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    const struct passwd *user = getpwuid(st.st_uid);
    snprintf(number, sizeof number, "user %lu", (unsigned long)st.st_uid);
    return user != NULL ? user->pw_name : number;
}

START_TEST(what_cannot_be_written_can_be_read)
{
    bnn_store *store = store_open(BNN_STORE_WRITE), *other = NULL;
    const int64_t e = add_experiment(store, "e");
    add_run(store, e, add_config(store, e, "clipped", false), 1);
    bnn_store_close(store);
    be_another();
    store = store_open(BNN_STORE_READ);
    char *rows = store_rows(store, "SELECT experiment, label, seed FROM run_summary", NULL);
    ck_assert_str_eq(rows, "e|clipped|1\n");
    free(rows);
    bnn_store_close(store);
    const char *new = store_path("new.db");
    char message[600];
    snprintf(message, sizeof message, "%s: cannot be written: Permission denied (it belongs to %s)",
             store_file(), owner_name(store_file()));
    ck_refused(bnn_store_open(store_file(), BNN_STORE_WRITE, &other, err), BNN_E_RESOURCE, message);
    snprintf(message, sizeof message,
             "%s: cannot be created: Permission denied (its folder belongs to %s)", new,
             owner_name(store_path("")));
    ck_refused(bnn_store_open(new, BNN_STORE_WRITE, &other, err), BNN_E_RESOURCE, message);
    be_oneself();
    ck_assert_int_ne(access(store_path("test.db-shm"), F_OK), 0);
}
END_TEST

/* All may write to the folder and the file. Root becomes another user. */
static void be_guest(void)
{
    ck_assert_int_eq(chmod(store_path(""), 0777), 0);
    ck_assert_int_eq(chmod(store_file(), 0666), 0);
    if (geteuid() == 0)
        ck_assert_int_eq(seteuid(65534), 0);
}

/* Else the files beside the database would be this user's, and shut its owner out. */
START_TEST(who_has_read_leaves_nothing)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    bnn_error err;
    add_experiment(store, "e");
    bnn_store_close(store);
    be_guest();
    store = store_open(BNN_STORE_READ);
    char *rows = store_rows(store, "SELECT name FROM experiment", NULL);
    ck_assert_str_eq(rows, "e\n");
    free(rows);
    ck_assert_int_eq(bnn_store_begin(store, &err), BNN_E_RESOURCE);
    bnn_store_close(store);
    be_oneself();
    ck_assert_int_ne(access(store_path("test.db-wal"), F_OK), 0);
    ck_assert_int_ne(access(store_path("test.db-shm"), F_OK), 0);
}
END_TEST

START_TEST(what_another_user_has_left_is_named)
{
    static const struct {
        const char *ending, *then;
    } left[] = {{"-wal", "whose next `bnnrun run` removes it"},
                {"-shm", "whose next `bnnrun run` removes it"},
                {".lock", "and may be deleted while nobody uses the database"}};
    bnn_store *store = store_open(BNN_STORE_WRITE);
    add_experiment(store, "e");
    bnn_store_close(store);
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        char path[600], message[900];
        snprintf(path, sizeof path, "%s%s", store_file(), left[i].ending);
        ck_ok(bnn_file_write(path, "", 0, err));
        ck_assert_int_eq(chmod(path, 0444), 0);
        snprintf(message, sizeof message,
                 "%s: cannot be written: Permission denied (it belongs to %s, %s)", path,
                 owner_name(path), left[i].then);
        be_guest();
        ck_refused(bnn_store_open(store_file(), BNN_STORE_WRITE, &store, err), BNN_E_RESOURCE,
                   message);
        be_oneself();
        ck_assert_int_eq(unlink(path), 0);
    }
}
END_TEST

/* FILE and the ending. */
static void copy_file(const char *from, const char *ending, const char *to)
{
    char path[600], *bytes;
    size_t n;
    snprintf(path, sizeof path, "%s%s", from, ending);
    ck_ok(bnn_file_read(path, 1 << 20, &bytes, &n, err));
    snprintf(path, sizeof path, "%s%s", to, ending);
    ck_ok(bnn_file_write(path, bytes, n, err));
    free(bytes);
}

/* What its owner is writing is seen, too; and where it cannot be, nothing old is shown instead. */
START_TEST(a_reader_of_another_user_sees_what_is_being_written)
{
    bnn_store *writer = store_open(BNN_STORE_WRITE), *store = NULL;
    bnn_error err;
    add_experiment(writer, "e");
    add_config(writer, 1, "clipped", false);
    be_another();
    store = store_open(BNN_STORE_READ);
    add_run(writer, 1, 1, 1);
    char *rows = store_rows(store, "SELECT count(*) FROM run_summary", NULL);
    ck_assert_str_eq(rows, "1\n");
    free(rows);
    bnn_store_close(store);
    be_oneself();
    const char *copy = store_path("copy.db");
    copy_file(store_file(), "", copy);
    copy_file(store_file(), "-wal", copy);
    be_another();
    const int status = bnn_store_open(copy, BNN_STORE_READ, &store, &err);
    be_oneself();
    ck_assert_int_eq(status, BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, "copy.db-wal, cannot be read by you"));
    bnn_store_close(writer);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store readonly");
    TCase *tests = tcase_create("readonly");
    tcase_add_checked_fixture(tests, store_setup, store_teardown);
    tcase_add_test(tests, what_cannot_be_written_can_be_read);
    tcase_add_test(tests, who_has_read_leaves_nothing);
    tcase_add_test(tests, what_another_user_has_left_is_named);
    tcase_add_test(tests, a_reader_of_another_user_sees_what_is_being_written);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
