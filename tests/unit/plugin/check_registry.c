/* check_registry.c - finding, loading and refusing plugins.
 *
 * Good plugins come from BNNRUN_PLUGIN_PATH, deliberately broken ones from BNN_TEST_PLUGINS. */
#include "base/file.h"
#include "tests/fixtures/check_main.h"
#include "plugin/use.h"

#include <fenv.h>
#include <float.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a folder of its own for every test -------------------------------------------------- */

static char folder[32];
static bnn_registry *registry;
static bnn_error err;

static void setup(void)
{
    snprintf(folder, sizeof folder, "registry-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    registry = bnn_registry_create(NULL);
    ck_assert_ptr_nonnull(registry);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info, (void)type, (void)place;
    return remove(path);
}

static void teardown(void)
{
    bnn_registry_destroy(registry);
    ck_assert_int_eq(nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* FOLDER/name; the answer is good until the next call but three. */
static const char *in_folder(const char *name)
{
    static char paths[4][256];
    static int turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static const char *broken(const char *name)
{
    static char path[4096];
    const char *directory = getenv("BNN_TEST_PLUGINS");
    snprintf(path, sizeof path, "%s/%s.so",
             directory == NULL ? "tests/fixtures/plugins/.libs" : directory, name);
    return path;
}

static void write_file(const char *path, const void *bytes, size_t n)
{
    ck_assert_int_eq(bnn_file_write(path, bytes, n, &err), 0);
}

/* A good plugin's file: first n bytes of it (0: all), written to FOLDER/name. */
static const char *copy_plugin(const char *name, size_t n)
{
    const bnn_plugin *good = bnn_registry_load(registry, BNN_KIND_STE, "identity", &err);
    ck_assert_msg(good != NULL, "%s", err.message);
    char *bytes;
    size_t size;
    ck_assert_int_eq(bnn_file_read(good->path, 1 << 24, &bytes, &size, &err), 0);
    const char *path = in_folder(name);
    write_file(path, bytes, n == 0 ? size : n);
    free(bytes);
    return path;
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static void refused(const char *path, const char *expected)
{
    ck_assert_msg(bnn_registry_load_file(registry, path, &err) == NULL, "%s was accepted", path);
    ck_assert_int_eq(err.status, BNN_E_RESOURCE);
    ck_assert_msg(starts_with(err.message, path), "%s", err.message);
    ck_assert_msg(strstr(err.message, expected) != NULL, "\"%s\" lacks \"%s\"", err.message,
                  expected);
}

/* ---- refusals ---------------------------------------------------------------------------- */

static const struct {
    const char *name, *expected;
} broken_plugins[] = {
    {"ste_bad_abi", ": built for plugin ABI 2, this bnnrun has 1; rebuild it"},
    {"ste_too_small", ": its descriptor has 48 bytes, one of kind ste has 80 at least; rebuild it"},
    {"ste_wrong_kind", ": the file name says ste, the descriptor says ordering; name the file"},
    {"ste_wrong_name",
     ": the file name says \"wrong_name\", the descriptor says \"another_name\"; they must agree"},
    {"ste_no_symbol", ": has no symbol bnn_plugin_entry; end the source with BNN_DEFINE_STE"},
    {"ste_no_descriptor", ": its bnn_plugin_entry gives no descriptor"},
    {"ste_bad_default", ": the default 2 of parameter \"clip\" is outside its range [0, 1]"},
    {"ste_no_grad", ": it has no function grad, which every ste must have; give .grad"},
    {"ste_undefined", "undefined symbol: bnn_no_such_function; `ldd -r` on the file shows"},
    {"ste_flushes", ": changes the floating-point mode when it is loaded"},
};

START_TEST(test_broken)
{
    refused(broken(broken_plugins[_i].name), broken_plugins[_i].expected);
    /* A second attempt is no better: what was refused is not kept. */
    refused(broken(broken_plugins[_i].name), broken_plugins[_i].expected);
}
END_TEST

START_TEST(test_mode_restored)
{
    volatile float denormal = FLT_TRUE_MIN;
    refused(broken("ste_flushes"), "without -ffast-math");
    ck_assert(denormal * 0.5f == 0.0f && denormal * 2.0f > 0.0f);
    volatile float smallest_normal = FLT_MIN;
    ck_assert(smallest_normal * 0.5f > 0.0f);
    ck_assert_int_eq(fegetround(), FE_TONEAREST);
}
END_TEST

START_TEST(test_not_elf)
{
    static const char text[] = "#!/bin/sh\nexit 0\n";
    write_file(in_folder("ste_script.so"), text, strlen(text));
    refused(in_folder("ste_script.so"), ": not an ELF file; a plugin is a shared object");
    write_file(in_folder("ste_empty.so"), "", 0);
    refused(in_folder("ste_empty.so"), ": not an ELF file");
    write_file(in_folder("ste_magic.so"), "\177ELF", 4);
    refused(in_folder("ste_magic.so"), ": the file is cut off at 4 bytes");
}
END_TEST

/* A plugin of an older header, with a descriptor that has fewer fields, works. */
START_TEST(test_former)
{
    const bnn_plugin *plugin = bnn_registry_load_file(registry, broken("ste_former"), &err);
    ck_assert_msg(plugin != NULL, "%s", err.message);
    ck_assert_ptr_null(plugin->formula);
    const bnn_use use = {.plugin = plugin};
    const float x[] = {0, 1}, gy[] = {2, 3};
    float gx[2];
    bnn_use_ste(&use)->grad(NULL, NULL, 2, x, gy, gx);
    ck_assert(gx[0] == 2 && gx[1] == 3 && bnn_use_ste(&use)->forward == NULL);
}
END_TEST

/* Mapping a file that ends early is a SIGBUS waiting to happen. */
START_TEST(test_truncated)
{
    static const size_t sizes[] = {4, 63, 64, 120, 600, 1000, 4096, 8000, 12000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        refused(copy_plugin("ste_identity.so", sizes[i]), ": the file is cut off at ");
}
END_TEST

/* Bytes of the ELF header and of the first program header set to nonsense, one at a time. */
static const struct {
    size_t at;
    const char *expected;
} damages[] = {
    {0, ": not an ELF file"},
    {3, ": not an ELF file"},
    {4, ": built for another machine (ELF class 255, "},
    {18, ": built for another machine (ELF class 2, "},
    {19, ": built for another machine (ELF class 2, "},
    {16, ", not a shared object; build it with cc -shared"},
    {39, ": the file is cut off at "}, /* offset of the program headers */
    {47, ": the file is cut off at "}, /* offset of the section headers */
    {54, ": a damaged ELF file (bad program headers)"},
    {57, ": a damaged ELF file (bad program headers)"},
    {79, ": the file is cut off at "},  /* offset of a segment */
    {103, ": the file is cut off at "}, /* its size in the file */
};

START_TEST(test_damaged_header)
{
    char *bytes;
    size_t n;
    const char *path = copy_plugin("ste_identity.so", 0);
    ck_assert_int_eq(bnn_file_read(path, 1 << 24, &bytes, &n, &err), 0);
    bytes[damages[_i].at] = (char)0xff;
    write_file(path, bytes, n);
    free(bytes);
    refused(path, damages[_i].expected);
}
END_TEST

START_TEST(test_not_a_file)
{
    ck_assert_int_eq(mkdir(in_folder("ste_directory.so"), 0700), 0);
    refused(in_folder("ste_directory.so"), ": a directory, not a plugin");
    ck_assert_int_eq(mkfifo(in_folder("ste_pipe.so"), 0600), 0);
    refused(in_folder("ste_pipe.so"), ": not a regular file");
    ck_assert_int_eq(symlink("nowhere", in_folder("ste_dangling.so")), 0);
    refused(in_folder("ste_dangling.so"), ": cannot be opened: No such file or directory");
    ck_assert_int_eq(symlink("ste_loop.so", in_folder("ste_loop.so")), 0);
    refused(in_folder("ste_loop.so"), ": cannot be opened: Too many levels of symbolic links");
}
END_TEST

START_TEST(test_unreadable)
{
    const char *path = copy_plugin("ste_identity.so", 0);
    const bool privileged = geteuid() == 0;
    ck_assert_int_eq(chmod(folder, 0711), 0);
    ck_assert_int_eq(chmod(path, 0), 0);
    if (privileged)
        ck_assert_int_eq(seteuid(65534), 0); /* root reads everything */
    const bnn_plugin *plugin = bnn_registry_load_file(registry, path, &err);
    if (privileged)
        ck_assert_int_eq(seteuid(0), 0);
    ck_assert_ptr_null(plugin);
    ck_assert_msg(strstr(err.message, ": cannot be opened: Permission denied") != NULL, "%s",
                  err.message);
}
END_TEST

START_TEST(test_file_names)
{
    static const char *const bad[] = {"identity.so",       "ste_identity", "ste_identity.la",
                                      "ste_.so",           "ste_Big.so",   "ste_1.so",
                                      "gradient_x.so",     "_x.so",        ".so",
                                      "ste_identity.so.1", "ste_a-b.so",   "",
                                      "layers_conv2d.so",  "ste_identity/"};
    bnn_kind kind;
    char name[BNN_PLUGIN_NAME], path[200];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(!bnn_plugin_file_name(bad[i], &kind, name), "%s", bad[i]);
        refused(bad[i], ": a plugin's file is named KIND_NAME.so");
    }
    ck_assert(bnn_plugin_file_name("a_b/optimizer_sgd_2.so", &kind, name));
    ck_assert_int_eq(kind, BNN_KIND_OPTIMIZER);
    ck_assert_str_eq(name, "sgd_2");
    for (int n = 62; n <= 64; n++) {
        snprintf(path, sizeof path, "ste_%0*d.so", n, 0);
        path[4] = 'x';
        ck_assert_int_eq(bnn_plugin_file_name(path, &kind, name), n < BNN_PLUGIN_NAME);
    }
}
END_TEST

/* ---- search ------------------------------------------------------------------------------ */

START_TEST(test_first_wins)
{
    const bnn_plugin *installed = bnn_registry_load(registry, BNN_KIND_STE, "identity", &err);
    ck_assert_ptr_nonnull(installed);
    const char *copy = copy_plugin("ste_identity.so", 0);
    char path[600];
    snprintf(path, sizeof path, ":%s/nowhere::%s:%s/.:", folder, folder, folder);
    bnn_registry *extended = bnn_registry_create(path);

    const bnn_plugin *plugin = bnn_registry_load(extended, BNN_KIND_STE, "identity", &err);
    ck_assert_msg(plugin != NULL, "%s", err.message);
    ck_assert_str_eq(plugin->path, copy);
    ck_assert_ptr_eq(plugin, bnn_registry_load(extended, BNN_KIND_STE, "identity", &err));
    ck_assert_ptr_eq(plugin, bnn_registry_load_file(extended, copy, &err));
    ck_assert_str_eq(plugin->sha256, installed->sha256);
    ck_assert_uint_eq(strlen(plugin->sha256), 64);

    const bnn_plugin_file *files;
    size_t n, n_found = 0;
    ck_assert_int_eq(bnn_registry_scan(extended, &files, &n, &err), BNN_OK);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            ck_assert(files[i - 1].kind < files[i].kind ||
                      (files[i - 1].kind == files[i].kind &&
                       strcmp(files[i - 1].name, files[i].name) <= 0));
        if (files[i].kind != BNN_KIND_STE || strcmp(files[i].name, "identity") != 0)
            continue;
        if (n_found++ == 0)
            ck_assert(files[i].shadowed_by == NULL && strcmp(files[i].path, copy) == 0);
        else
            ck_assert_str_eq(files[i].shadowed_by, copy);
    }
    ck_assert_uint_ge(n_found, 2);
    bnn_registry_destroy(extended);
}
END_TEST

START_TEST(test_not_found)
{
    ck_assert_ptr_null(bnn_registry_load(registry, BNN_KIND_STE, "cliped", &err));
    ck_assert_int_eq(err.status, BNN_E_RESOURCE);
    ck_assert_str_eq(err.message, "there is no ste \"cliped\"; did you mean \"clipped\"?");
    ck_assert_ptr_null(bnn_registry_load(registry, BNN_KIND_ORDERING, "qqqqqqqq", &err));
    ck_assert_msg(strstr(err.message, "; there is act_bn, act_pool_bn, bn_act, ") != NULL, "%s",
                  err.message);
    ck_assert_msg(strstr(err.message, "BNNRUN_PLUGIN_PATH add directories)") != NULL, "%s",
                  err.message);
}
END_TEST

START_TEST(test_hostile_names)
{
    char path[300], name[300];
    copy_plugin("ste_identity.so", 0);
    snprintf(path, sizeof path, "%s", folder);
    bnn_registry *local = bnn_registry_create(path);
    snprintf(name, sizeof name, "x/../../%s/ste_identity", folder);
    ck_assert_ptr_null(bnn_registry_load(local, BNN_KIND_STE, name, &err));
    ck_assert_ptr_null(bnn_registry_load(local, BNN_KIND_STE, "", &err));
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert_ptr_null(bnn_registry_load(local, BNN_KIND_STE, name, &err));
    ck_assert_msg(starts_with(err.message, "there is no ste \"aaaaaaaa"), "%s", err.message);
    bnn_registry_destroy(local);
}
END_TEST

/* ---- files from elsewhere, which are tried in a child first ------------------------------ */

static void distrust(void)
{
    unsetenv("BNNRUN_TRUST_PLUGINS");
    bnn_registry_destroy(registry);
    registry = bnn_registry_create(NULL);
}

static const struct {
    const char *deed, *expected;
} stillborn[] = {
    {"traps", ": a constructor of it crashes: Aborted (signal 6)"},
    {"exits", ": a constructor of it ends the process, with status 0"},
    {"entry traps", ": its bnn_plugin_entry crashes: Aborted (signal 6)"},
    {"loops", ": a constructor of it does not come back within 10 s"}, /* ten seconds: when asked */
};

START_TEST(test_stillborn)
{
    distrust();
    ck_assert_int_eq(setenv("BNN_TEST_STILLBORN", stillborn[_i].deed, 1), 0);
    refused(broken("ste_stillborn"), stillborn[_i].expected);
    unsetenv("BNN_TEST_STILLBORN");
    const bnn_plugin *plugin = bnn_registry_load_file(registry, broken("ste_stillborn"), &err);
    ck_assert_msg(plugin != NULL && !plugin->bundled, "%s", err.message);
}
END_TEST

START_TEST(test_writable)
{
    const char *path = copy_plugin("ste_identity.so", 0);
    distrust();
    ck_assert_int_eq(chmod(path, 0646), 0);
    refused(path, ": everybody may write to it, and a plugin runs with your rights; take that");
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_int_eq(chmod(folder, 0777), 0);
    refused(path, ": everybody may write to its folder, ");
    ck_assert_int_eq(chmod(folder, 01777), 0);
    ck_assert_ptr_nonnull(bnn_registry_load_file(registry, path, &err));
    path = copy_plugin("ste_identity.so", 0);
    ck_assert_int_eq(chmod(folder, 0777), 0);
    bnn_registry_destroy(registry);
    registry = bnn_registry_create(NULL);
    bnn_registry_trust(registry);
    ck_assert_ptr_nonnull(bnn_registry_load_file(registry, path, &err));
}
END_TEST

START_TEST(test_kinds)
{
    for (int i = 1; i <= 5; i++)
        ck_assert_int_eq(bnn_kind_parse(bnn_kind_name((bnn_kind)i)), i);
    ck_assert_int_eq(bnn_kind_parse("stes"), 0);
    ck_assert_int_eq(bnn_kind_parse(""), 0);
    ck_assert_ptr_null(bnn_kind_name((bnn_kind)0));
    ck_assert_ptr_null(bnn_kind_name((bnn_kind)6));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("registry");
    TCase *tc = tcase_create("refuse");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_broken, 0, sizeof broken_plugins / sizeof *broken_plugins);
    tcase_add_test(tc, test_mode_restored);
    tcase_add_test(tc, test_former);
    tcase_add_test(tc, test_not_elf);
    tcase_add_test(tc, test_truncated);
    tcase_add_loop_test(tc, test_damaged_header, 0, sizeof damages / sizeof *damages);
    tcase_add_test(tc, test_not_a_file);
    tcase_add_test(tc, test_unreadable);
    tcase_add_test(tc, test_file_names);
    suite_add_tcase(s, tc);
    tc = tcase_create("search");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_first_wins);
    tcase_add_test(tc, test_not_found);
    tcase_add_test(tc, test_hostile_names);
    tcase_add_test(tc, test_kinds);
    suite_add_tcase(s, tc);
    const bool is_long = getenv("BNN_TEST_LONG") != NULL;
    tc = tcase_create("try");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_stillborn, 0, is_long ? 4 : 3);
    tcase_add_test(tc, test_writable);
    suite_add_tcase(s, tc);
    return s;
}

BNN_CHECK_MAIN(suite)
