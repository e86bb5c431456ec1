/* check_store_moved.c - the file of an open database is not where it was: what is saved, and what stays. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include "base/file.h"
#include "db/store_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void put_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void expect_text(const char *path, const char *text)
{
    bnn_error error;
    char *bytes;
    size_t n;
    ck_assert_int_eq(bnn_file_read(path, 1 << 20, &bytes, &n, &error), BNN_OK);
    ck_assert_str_eq(bytes, text);
    free(bytes);
}

/* That was written to, and has a log. */
static bnn_store *open_written(void)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    bnn_error error;
    add_experiment(store, "e");
    ck_assert_int_eq(bnn_store_begin(store, &error), BNN_OK);
    ck_assert_int_eq(bnn_store_commit(store, &error), BNN_OK);
    return store;
}

START_TEST(two_that_save_do_not_touch_each_other)
{
    bnn_store *first = open_written(), *second = open_written();
    bnn_error told, error;
    ck_assert_int_eq(unlink(store_file()), 0);
    ck_assert_int_eq(bnn_store_begin(first, &error), BNN_E_RESOURCE);
    ck_assert_int_eq(error.reason, ESTALE);
    ck_ok(bnn_store_rescue(first, &told, err));
    ck_assert_msg(strstr(told.message, "test.db.saved: `mv -n ") != NULL &&
                      strstr(told.message, "another sweep") == NULL,
                  "%s", told.message);
    ck_ok(bnn_store_rescue(second, &told, err));
    ck_assert_msg(strstr(told.message, "test.db.saved2: `mv -n ") != NULL &&
                      strstr(told.message, "test.db.saved is of an earlier or another sweep") !=
                          NULL,
                  "%s", told.message);
    bnn_store_close(first);
    bnn_store_close(second);
    for (int i = 0; i < 2; i++)
        ck_assert_str_eq(plain_text(store_path(i == 0 ? "test.db.saved" : "test.db.saved2"),
                                    "SELECT name FROM experiment"),
                         "e");
}
END_TEST

/* Half a file is not left for a whole one. */
START_TEST(what_cannot_be_saved_is_told)
{
    bnn_error told, error;
    const struct rlimit little = {20000, RLIM_INFINITY};
    bnn_store *store = open_written();
    ck_assert_int_eq(unlink(store_file()), 0);
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
    ck_assert_int_eq(bnn_store_rescue(store, &told, &error), BNN_E_RESOURCE);
    ck_assert_msg(strstr(error.message, "was deleted or moved away") != NULL &&
                      strstr(error.message, "what it recorded last could not be saved: ") != NULL,
                  "%s", error.message);
    ck_assert_int_ne(access(store_path("test.db.saved"), F_OK), 0);
    bnn_store_close(store);
}
END_TEST

/* Whatever the umask is now, what was saved is no more open than the database. */
START_TEST(what_is_saved_is_for_whom_the_database_was)
{
    static const mode_t modes[] = {0600, 0664};
    struct stat st;
    bnn_error told;
    const mode_t before = umask(_i == 0 ? 022 : 077);
    bnn_store_close(open_written());
    ck_assert_int_eq(chmod(store_file(), modes[_i]), 0);
    bnn_store *store;
    ck_ok(bnn_store_open(store_file(), BNN_STORE_WRITE, &store, err));
    ck_assert_int_eq(unlink(store_file()), 0);
    ck_ok(bnn_store_rescue(store, &told, err));
    bnn_store_close(store);
    umask(before);
    ck_assert_int_eq(stat(store_path("test.db.saved"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, modes[_i]);
}
END_TEST

/* A database, and what lies beside it while it is used, is for those whom the umask allows. */
START_TEST(a_new_database_obeys_the_umask)
{
    static const char *const files[] = {"test.db", "test.db-wal", "test.db-shm", "test.db.lock"};
    static const mode_t masks[] = {077, 002, 027};
    struct stat st;
    const mode_t before = umask(masks[_i]);
    bnn_store *store = open_written();
    umask(before);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ck_assert_int_eq(stat(store_path(files[i]), &st), 0);
        ck_assert_msg((st.st_mode & 07777) == (0666 & ~masks[_i]), "%s: %o", files[i], st.st_mode);
    }
    bnn_store_close(store);
}
END_TEST

/* Also one that a link which leads nowhere yet is to make. */
START_TEST(a_new_database_behind_a_link_obeys_the_umask)
{
    struct stat st;
    ck_assert_int_eq(symlink("later.db", store_file()), 0);
    const mode_t before = umask(002);
    bnn_store_close(open_written());
    umask(before);
    ck_assert_int_eq(lstat(store_path("later.db"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0664);
}
END_TEST

/* Whoever may write to the folder may plant one. */
START_TEST(a_link_beside_a_database_is_named_and_not_followed)
{
    static const char *const names[] = {"test.db-wal", "test.db-shm", "test.db-journal",
                                        "test.db.lock"};
    char expected[128];
    bnn_store *store;
    bnn_error error;
    bnn_store_close(open_written());
    unlink(store_path("test.db.lock"));
    put_text(store_path("victim"), "mine");
    ck_assert_int_eq(symlink("victim", store_path(names[_i])), 0);
    ck_assert_int_eq(bnn_store_open(store_file(), BNN_STORE_WRITE, &store, &error), BNN_E_RESOURCE);
    snprintf(expected, sizeof expected, "%s: is a symbolic link, which is not followed; delete it",
             names[_i]);
    ck_assert_msg(strstr(error.message, expected) != NULL, "%s", error.message);
    expect_text(store_path("victim"), "mine");
}
END_TEST

/* Neither are files that were there, nor is what could not be made called a lack of memory. */
START_TEST(what_is_there_is_never_saved_to)
{
    bnn_store *store = open_written();
    bnn_error told, error;
    char name[32];
    for (int i = 1; i <= 100; i++) {
        snprintf(name, sizeof name, "test.db.saved%.0d", i == 1 ? 0 : i);
        if (i == 2) /* leads nowhere */
            ck_assert_int_eq(symlink("nowhere", store_path(name)), 0);
        else
            put_text(store_path(name), i == 1 ? "mine" : "");
    }
    ck_assert_int_eq(unlink(store_file()), 0);
    ck_assert_int_eq(bnn_store_rescue(store, &told, &error), BNN_E_RESOURCE);
    ck_assert_msg(strstr(error.message, "test.db.saved100 are taken") != NULL, "%s", error.message);
    ck_assert_int_eq(unlink(store_path("test.db.saved100")), 0);
    ck_ok(bnn_store_rescue(store, &told, err));
    ck_assert_msg(strstr(told.message, "test.db.saved100: `mv -n ") != NULL, "%s", told.message);
    bnn_store_close(store);
    expect_text(store_path("test.db.saved"), "mine");
    expect_text(store_path("test.db.saved3"), "");
    ck_assert_int_ne(access(store_path("nowhere"), F_OK), 0);
}
END_TEST

/* That a folder cannot be looked into says nothing of the files in it. */
START_TEST(what_cannot_be_seen_has_not_moved)
{
    char file[600], away[600];
    bnn_store *store;
    bnn_error told, error;
    snprintf(file, sizeof file, "%s/test.db", store_path("folder"));
    snprintf(away, sizeof away, "%s/test.db-wal", store_path("away"));
    ck_assert_int_eq(mkdir(store_path("folder"), 0755), 0);
    ck_ok(bnn_store_open(file, BNN_STORE_WRITE, &store, err));
    add_experiment(store, "e");
    ck_assert_int_eq(rename(store_path("folder"), store_path("away")), 0);
    ck_assert_int_eq(symlink("folder", store_path("folder")), 0);
    ck_assert_int_eq(bnn_store_begin(store, &error), BNN_E_RESOURCE);
    ck_assert_int_eq(error.reason, ELOOP);
    ck_assert_int_eq(bnn_store_rescue(store, &told, &error), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(error.message, strerror(ELOOP)));
    ck_assert_int_eq(access(away, F_OK), 0);
    ck_assert_int_eq(unlink(store_path("folder")), 0);
    ck_assert_int_eq(rename(store_path("away"), store_path("folder")), 0);
    ck_ok(bnn_store_begin(store, err));
    ck_ok(bnn_store_commit(store, err));
    bnn_store_close(store);
}
END_TEST

/* A link to the database leads elsewhere: the database is still where its log is. */
START_TEST(the_log_of_a_file_that_is_there_stays)
{
    bnn_store *store;
    bnn_error told;
    bnn_store_close(open_written());
    const char *link = store_path("link.db");
    ck_assert_int_eq(symlink("test.db", link), 0);
    ck_ok(bnn_store_open(link, BNN_STORE_WRITE, &store, err));
    add_experiment(store, "later");
    ck_ok(bnn_store_begin(store, err));
    ck_ok(bnn_store_commit(store, err));
    ck_assert_int_eq(unlink(link), 0);
    ck_ok(bnn_store_rescue(store, &told, err));
    bnn_store_close(store);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM experiment"), 2);
    ck_assert_int_eq(plain_number(store_path("link.db.saved"), "SELECT count(*) FROM experiment"),
                     2);
}
END_TEST

/* Inodes of two devices are not compared: overlays show the same file on another one. */
START_TEST(another_inode_counts_on_the_same_device)
{
    bnn_store *store = open_written(), *other = NULL;
    const int64_t config = add_config(store, 1, "clipped", false);
    ck_assert_uint_eq(claim(store, add_run(store, 1, config, 1)), 1);
    struct stat st;
    ck_assert_int_eq(stat(store_file(), &st), 0);
    for (int i = 0; i < 4; i++) {
        bnn_error error;
        const uintmax_t inode = st.st_ino + (i != 3), device = st.st_dev + (i == 1);
        FILE *lock = fopen(store_path("test.db.lock"), "w"); /* the same file: its locks stay */
        ck_assert_ptr_nonnull(lock);
        fprintf(lock, "%ju", inode);
        if (i != 2) /* as old versions wrote it */
            fprintf(lock, " %ju", device);
        ck_assert_int_eq(fclose(lock), 0);
        const int status = bnn_store_open(store_file(), BNN_STORE_WRITE, &other, &error);
        ck_assert_int_eq(status, i == 0 || i == 2 ? BNN_E_RESOURCE : BNN_OK);
        if (status == BNN_OK)
            bnn_store_close(other);
    }
    bnn_store_close(store);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store moved");
    TCase *tests = tcase_create("moved");
    tcase_add_checked_fixture(tests, store_setup, store_teardown);
    tcase_add_test(tests, two_that_save_do_not_touch_each_other);
    tcase_add_test(tests, what_cannot_be_saved_is_told);
    tcase_add_loop_test(tests, what_is_saved_is_for_whom_the_database_was, 0, 2);
    tcase_add_loop_test(tests, a_new_database_obeys_the_umask, 0, 3);
    tcase_add_test(tests, a_new_database_behind_a_link_obeys_the_umask);
    tcase_add_loop_test(tests, a_link_beside_a_database_is_named_and_not_followed, 0, 4);
    tcase_add_test(tests, what_is_there_is_never_saved_to);
    tcase_add_test(tests, what_cannot_be_seen_has_not_moved);
    tcase_add_test(tests, the_log_of_a_file_that_is_there_stays);
    tcase_add_test(tests, another_inode_counts_on_the_same_device);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
