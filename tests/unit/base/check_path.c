/* check_path.c - paths taken apart and put together, lists of directories, sizes that do not wrap. */
#include "base/file.h"
#include "base/path.h"
#include "base/size.h"
#include "tests/fixtures/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

START_TEST(takes_paths_apart)
{
    static const struct {
        const char *path, *directory, *name;
    } cases[] = {{"a/b.yaml", "a", "b.yaml"},
                 {"/a/b", "/a", "b"},
                 {"b", ".", "b"},
                 {"/b", "/", "b"},
                 {"a/", "a", ""},
                 {"", ".", ""}};
    char out[PATH_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_str_eq(bnn_path_name(cases[i].path), cases[i].name);
        ck_assert(bnn_path_directory(cases[i].path, out));
        ck_assert_str_eq(out, cases[i].directory);
    }
}
END_TEST

START_TEST(refuses_what_does_not_fit)
{
    char out[PATH_MAX], longest[PATH_MAX + 2];
    memset(longest, 'x', sizeof longest);
    longest[PATH_MAX - 3] = '\0';
    ck_assert(bnn_path_join(longest, "y", out));
    ck_assert_uint_eq(strlen(out), PATH_MAX - 1);
    ck_assert(!bnn_path_join(longest, "yz", out));
    longest[PATH_MAX - 3] = 'x';
    longest[PATH_MAX] = '/';
    longest[PATH_MAX + 1] = '\0';
    ck_assert(!bnn_path_directory(longest, out));
    ck_assert(!bnn_path_beside(longest, "y", out));
}
END_TEST

START_TEST(finds_what_lies_beside)
{
    char out[PATH_MAX];
    ck_assert(bnn_path_beside("specs/a.yaml", "datasets", out));
    ck_assert_str_eq(out, "specs/datasets");
    ck_assert(bnn_path_beside("a.yaml", "datasets", out));
    ck_assert_str_eq(out, "./datasets");
    ck_assert(bnn_path_beside_program("check_path", out));
    ck_assert_int_eq(out[0], '/');
    ck_assert_int_eq(access(out, X_OK), 0);
}
END_TEST

START_TEST(walks_lists_of_directories)
{
    static char list[PATH_MAX + 100];
    char out[PATH_MAX];
    memset(list, 'x', sizeof list - 1);
    memcpy(list, ":a::/b/c:", 9);
    memcpy(list + sizeof list - 4, ":d:", 4);
    const char *rest = list;
    ck_assert(bnn_path_next(&rest, out));
    ck_assert_str_eq(out, "a");
    ck_assert(bnn_path_next(&rest, out));
    ck_assert_str_eq(out, "/b/c");
    ck_assert(bnn_path_next(&rest, out));
    ck_assert_str_eq(out, "d");
    ck_assert(!bnn_path_next(&rest, out));
    rest = NULL;
    ck_assert(!bnn_path_next(&rest, out));
}
END_TEST

START_TEST(finds_the_first)
{
    char out[PATH_MAX];
    ck_assert(bnn_path_find("/nowhere::/proc/self:/proc", "status", out));
    ck_assert_str_eq(out, "/proc/self/status");
    ck_assert(bnn_path_find("/nowhere:/proc", "cpuinfo", out));
    ck_assert_str_eq(out, "/proc/cpuinfo");
    ck_assert(!bnn_path_find("/nowhere:/proc", "no such file", out));
    ck_assert(!bnn_path_find(NULL, "cpuinfo", out));
}
END_TEST

static void touch(const char *directory, const char *name)
{
    char path[PATH_MAX];
    bnn_error err;
    ck_assert(bnn_path_join(directory, name, path));
    ck_assert_msg(bnn_file_write(path, "", 0, &err) == BNN_OK, "%s", err.message);
}

START_TEST(scans_for_an_ending)
{
    char one[] = "/tmp/bnn-XXXXXX", two[] = "/tmp/bnn-XXXXXX", list[64];
    bnn_arena *arena = bnn_arena_create(1 << 20);
    size_t n;
    bnn_error err;
    ck_assert_ptr_nonnull(mkdtemp(one));
    ck_assert_ptr_nonnull(mkdtemp(two));
    touch(one, "b.yaml");
    touch(one, "x.yml");
    touch(two, "b.yaml");
    touch(two, "a.yaml");
    snprintf(list, sizeof list, "%s:/nowhere:%s", one, two);
    const char **names = bnn_path_scan(list, ".yaml", arena, &n, &err);
    ck_assert_ptr_nonnull(names);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(names[0], "a");
    ck_assert_str_eq(names[1], "b");
    ck_assert_ptr_nonnull(bnn_path_scan(NULL, ".yaml", arena, &n, &err));
    ck_assert_uint_eq(n, 0);
    bnn_arena_destroy(arena);
    arena = bnn_arena_create(64);
    ck_assert_ptr_null(bnn_path_scan(list, ".yaml", arena, &n, &err));
    ck_assert_int_eq(err.status, BNN_E_INTERNAL);
    bnn_arena_destroy(arena);
    static const char *const paths[] = {"b.yaml", "x.yml", "a.yaml"};
    for (int i = 0; i < 3; i++) {
        char path[PATH_MAX];
        ck_assert(bnn_path_join(one, paths[i], path));
        unlink(path);
        ck_assert(bnn_path_join(two, paths[i], path));
        unlink(path);
    }
    ck_assert_int_eq(rmdir(one), 0);
    ck_assert_int_eq(rmdir(two), 0);
}
END_TEST

START_TEST(sizes_do_not_wrap)
{
    ck_assert_uint_eq(bnn_size_round_up(64, 64), 64);
    ck_assert_uint_eq(bnn_size_round_up(65, 64), 128);
    ck_assert_uint_eq(bnn_size_product(3, 4), 12);
    ck_assert_uint_eq(bnn_size_product(SIZE_MAX, 0), 0);
    ck_assert_uint_eq(bnn_size_product(SIZE_MAX / 2 + 1, 2), SIZE_MAX);
    ck_assert_uint_eq(bnn_size_product(bnn_size_product(SIZE_MAX, 3), 5), SIZE_MAX);
    ck_assert_uint_eq(bnn_size_sum(3, 4), 7);
    ck_assert_uint_eq(bnn_size_sum(SIZE_MAX, 0), SIZE_MAX);
    ck_assert_uint_eq(bnn_size_sum(SIZE_MAX, 1), SIZE_MAX);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("path");
    TCase *tc = tcase_create("path");
    tcase_add_test(tc, takes_paths_apart);
    tcase_add_test(tc, refuses_what_does_not_fit);
    tcase_add_test(tc, finds_what_lies_beside);
    tcase_add_test(tc, walks_lists_of_directories);
    tcase_add_test(tc, finds_the_first);
    tcase_add_test(tc, scans_for_an_ending);
    tcase_add_test(tc, sizes_do_not_wrap);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
