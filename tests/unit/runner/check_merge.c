/* check_merge.c - another database is taken as it is at one moment, not when somebody writes to it while it is copied,
 * though its size and its time do not tell; and its files for no more than they are. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/sample_database.h"
#include "tests/fixtures/store_fixture.h"

#include "base/file.h"
#include "runner/merge_internal.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The file that is written to once it has been copied; NULL: none. */
static const char *meddled;

static int set_times(int fd, const struct timespec times[2])
{
    return (int)syscall(SYS_utimensat, fd, NULL, times, 0);
}

/* Another last byte, within one tick of the clock. */
static void meddle(const char *path)
{
    struct stat st;
    char byte;
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_int_eq(pread(fd, &byte, 1, st.st_size - 1), 1);
    byte ^= 1;
    ck_assert_int_eq(pwrite(fd, &byte, 1, st.st_size - 1), 1);
    ck_assert_int_eq(set_times(fd, (const struct timespec[]){st.st_atim, st.st_mtim}), 0);
    close(fd);
}

/* In the place of the C library's: with this the copying of a file ends, to "source.db-wal.123.tmp". */
int futimens(int fd, const struct timespec times[2])
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    const bool is_log = strstr(path, "-wal.") != NULL;
    if (meddled != NULL && is_log == (strstr(meddled, "-wal") != NULL)) {
        meddle(meddled);
        meddled = NULL;
    }
    return set_times(fd, times);
}

/* Merges from.db. */
static int merge_sample(const char *what_is_meddled, bnn_error *error)
{
    static const char empty_log[64];
    const char *from = store_path("from.db"), *log = store_path("from.db-wal");
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    bnn_merge *merge;
    bnn_merged merged;
    ck_ok(bnn_file_write(log, empty_log, sizeof empty_log, err));
    ck_ok(bnn_merge_open(store_file(), &merge, err));
    meddled = what_is_meddled == NULL ? NULL : store_path(what_is_meddled);
    const int status = bnn_merge_from_as(merge, from, "from.db", false, arena, &merged, error);
    ck_assert_ptr_null(meddled);
    bnn_merge_close(merge);
    bnn_arena_destroy(arena);
    return status;
}

START_TEST(what_nobody_writes_to_is_merged)
{
    sample_database_make(store_path("from.db"));
    ck_ok(merge_sample(NULL, err));
    ck_rows("SELECT count(*) FROM run", "8\n");
}
END_TEST

START_TEST(what_somebody_writes_to_is_not)
{
    static const char *const files[] = {"from.db", "from.db-wal"};
    sample_database_make(store_path("from.db"));
    ck_refused(merge_sample(files[_i], err), BNN_E_RESOURCE,
               "from.db: somebody has written to it meanwhile; merge when that has ended");
    ck_rows("SELECT count(*) FROM run", "0\n");
}
END_TEST

static off_t make_sparse(const char *path, off_t size)
{
    struct stat st;
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, size), 0);
    ck_assert_int_eq(pwrite(fd, "x", 1, size / 2), 1);
    ck_assert_int_eq(fstat(fd, &st), 0);
    close(fd);
    return st.st_blocks;
}

/* Nothing says how large a log may be: one with holes would fill the disk, or take days to be read. */
START_TEST(a_file_of_a_stranger_takes_no_more_room_than_there)
{
    const off_t few = (1 << 26) / 512 / 8;
    struct stat st;
    sample_database_make(store_path("from.db"));
    const off_t n_blocks = make_sparse(store_path("from.db.artifacts/" SAMPLE_RUN "/log"), 1 << 26);
    make_sparse(store_path("from.db.artifacts/" SAMPLE_RUN "/checkpoint"), (off_t)1 << 33);
    ck_ok(merge_sample(NULL, err));
    ck_assert_int_eq(stat(store_path("test.db.artifacts/" SAMPLE_RUN "/log"), &st), 0);
    ck_assert_int_eq(st.st_size, 1 << 26);
    ck_assert(st.st_blocks < few || n_blocks >= few); /* where there are holes at all */
    ck_assert_int_ne(stat(store_path("test.db.artifacts/" SAMPLE_RUN "/checkpoint"), &st), 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("merge");
    TCase *tests = tcase_create("copy");
    tcase_add_checked_fixture(tests, store_setup, store_teardown);
    tcase_add_test(tests, what_nobody_writes_to_is_merged);
    tcase_add_loop_test(tests, what_somebody_writes_to_is_not, 0, 2);
    tcase_add_test(tests, a_file_of_a_stranger_takes_no_more_room_than_there);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
