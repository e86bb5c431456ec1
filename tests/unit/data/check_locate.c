/* check_locate.c - the catalogue, where data are looked for, and sets that are not what they should
 * be. */
#include "base/file.h"
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/data_fixture.h"

#include "data/recorded.h"
#include "data/sources/directory.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *data_path; /* BNN_DATA_PATH as the program was started */
static tiny_set tiny;

static void begin(void)
{
    fixture_begin();
    fixture_make_tiny(&tiny);
    fixture_write_catalogue(&tiny, "tiny", "");
}

/* ---- the catalogue ---- */

static const struct {
    const char *from, *to; /* replaced in a good entry */
    const char *message;   /* after the path and a colon */
} bad_entries[] = {
    {"summary: a", "sumary: a", "1:1: "},
    {"classes: 3", "classes: 300", "2:10: classes"},
    {"shape: [1, 4, 5]", "shape: [4, 5]",
     "3:8: shape: must be a list of channels, height and width"},
    {"shape: [1, 4, 5]", "shape: [1, 4, 99999]", "3:15: shape"},
    {"name: train-images-idx3-ubyte", "name: ../x",
     "5:24: files.train_images.name: \"../x\" must be made of letters, digits and ._-, and start with a "
     "letter or digit"},
    {"name: train-images-idx3-ubyte", "name: a/b",
     "5:24: files.train_images.name: \"a/b\" must be"},
    {"name: train-images-idx3-ubyte", "name: /etc/passwd", "5:24: files.train_images.name: "},
    {"name: train-images-idx3-ubyte", "name: ''", "5:24: files.train_images.name: "},
    {"sha256: \"", "sha256: \"0",
     "5:57: files.train_images.sha256: a SHA-256 has 64 lower-case hexadecimal digits"},
    {"  test_labels", "  last_labels",
     "5:3: files: the key \"test_labels\" is missing (and 1 more)"},
    {"#more", "mirrors: [http://example.org/]",
     "9:11: mirrors: \"http://example.org/\" must start with https:// (or file:///), without "
     "spaces"},
    {"#more", "mirrors: ['https://example.org/a b']", "9:11: mirrors: "},
    {"#more", "mirrors: [file://host/x]", "9:11: mirrors: "},
    {"#more", "mirrors: https://example.org/",
     "9:10: mirrors: must be a list of at most 8 addresses"},
    {"#more", "npm: {package: --help, version: 1.0.0, directory: data}",
     "9:16: npm.package: \"--help\" must be made of"},
    {"#more", "npm: {package: a, version: 1.0.0, directory: ../..}", "9:46: npm.directory: "},
    {"#more", "npm: {package: a, version: 1.0.0}", "9:6: npm: the key \"directory\" is missing"},
    {"#more", "debian: a;b", "9:9: debian: \"a;b\" must be made of"},
    {"#more", "n_train: 0", "9:10: n_train: 0 is out of range; it must be from 1 to 2147483647"},
};

START_TEST(test_catalogue_refuses)
{
    const size_t i = (size_t)_i;
    char *text, changed[8192], expected[PATH_MAX + 200];
    size_t n;
    bnn_error err;
    bnn_catalogue_entry entry;
    const char *path = fixture_path("catalogue/tiny.yaml");
    fixture_write_catalogue(&tiny, "tiny", "#more\n");
    ck_assert_int_eq(bnn_file_read(path, 4096, &text, &n, &err), BNN_OK);
    char *at = strstr(text, bad_entries[i].from);
    ck_assert_ptr_nonnull(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, bad_entries[i].to,
             at + strlen(bad_entries[i].from));
    free(text);
    fixture_write("catalogue/tiny.yaml", changed, strlen(changed));
    bnn_arena *arena = bnn_arena_create(1 << 20);
    ck_assert_int_eq(bnn_catalogue_load(fixture_path("catalogue"), "tiny", arena, &entry, &err),
                     BNN_E_SPEC);
    const size_t length =
        (size_t)snprintf(expected, sizeof expected, "%s:%s", fixture_path("catalogue/tiny.yaml"),
                         bad_entries[i].message);
    ck_assert_msg(strncmp(err.message, expected, length) == 0, "%s\nis not\n%s", err.message,
                  expected);
    bnn_arena_destroy(arena);
}
END_TEST

START_TEST(test_catalogue_names)
{
    static const char *const bad[] = {"",   ".",   "..",  "a/b", "-a",
                                      "_a", "a.b", "a b", "a\n", "\xc3\xa4"};
    char longest[BNN_DATA_NAME_MAX + 2] = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!bnn_catalogue_is_name(bad[i]), "%s", bad[i]);
    ck_assert(bnn_catalogue_is_name("fashion_mnist"));
    ck_assert(bnn_catalogue_is_name("2nd-set"));
    memset(longest, 'a', BNN_DATA_NAME_MAX);
    ck_assert(bnn_catalogue_is_name(longest));
    longest[BNN_DATA_NAME_MAX] = 'a';
    ck_assert(!bnn_catalogue_is_name(longest));
}
END_TEST

START_TEST(test_unknown_set_lists_the_known)
{
    bnn_dataset data;
    bnn_error err;
    char expected[PATH_MAX + 200];
    fixture_write_catalogue(&tiny, "other", "");
    ck_assert_int_eq(fixture_open("tinny", NULL, &data, &err), BNN_E_SPEC);
    ck_assert_str_eq(err.message, "unknown data set \"tinny\"; did you mean \"tiny\"?");
    ck_assert_int_eq(fixture_open("mine", NULL, &data, &err), BNN_E_SPEC);
    snprintf(expected, sizeof expected,
             "unknown data set \"mine\"; known: other, synthetic, tiny; no mine.yaml in %s",
             fixture_path("catalogue"));
    ck_assert_str_eq(err.message, expected);
}
END_TEST

START_TEST(test_first_catalogue_directory_wins)
{
    char directories[2 * PATH_MAX];
    bnn_catalogue_entry entry;
    bnn_error err;
    bnn_arena *arena = bnn_arena_create(1 << 20);
    fixture_write("mine/tiny.yaml", "summary: mine\n", 14);
    snprintf(directories, sizeof directories, "::%s:%s:%s", fixture_path("nowhere"),
             fixture_path("catalogue"), fixture_path("mine"));
    ck_assert_int_eq(bnn_catalogue_load(directories, "tiny", arena, &entry, &err), BNN_OK);
    ck_assert_str_eq(entry.summary, "a small set");
    ck_assert_uint_eq(entry.n_classes, TINY_CLASSES);
    ck_assert_ptr_null(entry.npm.package);
    bnn_arena_destroy(arena);
}
END_TEST

/* ---- where data are looked for ---- */

START_TEST(test_search_order)
{
    bnn_dataset data;
    bnn_error err;
    fixture_write_set(&tiny, "cache/bnnrun/tiny", true);
    fixture_expect_at(&tiny, "tiny", "cache/bnnrun/tiny");
    fixture_write_set(&tiny, "flat", false);
    setenv("BNN_DATA_PATH", fixture_path("flat"), 1);
    fixture_expect_at(&tiny, "tiny", "flat");
    fixture_write_set(&tiny, "flat/tiny", true); /* DIR/NAME is more specific than DIR */
    fixture_expect_at(&tiny, "tiny", "flat/tiny");
    char list[3 * PATH_MAX];
    fixture_write_set(&tiny, "early/tiny", false);
    snprintf(list, sizeof list, "%s::%s:%s", fixture_path("nowhere"), fixture_path("early"),
             fixture_path("flat"));
    setenv("BNN_DATA_PATH", list, 1);
    fixture_expect_at(&tiny, "tiny", "early/tiny");
    fixture_write_set(&tiny, "given", false);
    ck_assert_int_eq(fixture_open("tiny", fixture_path("given"), &data, &err), BNN_OK);
    ck_assert_str_eq(data.source, fixture_path("given"));
    bnn_dataset_close(&data);
}
END_TEST

/* A path that is set is the only place, even where the data lie elsewhere and could be fetched. */
START_TEST(test_a_path_is_the_only_place)
{
    bool is_missing = false;
    bnn_dataset data;
    bnn_error err;
    char expected[2000], here[PATH_MAX];
    fixture_write_set(&tiny, "sets/tiny", true);
    setenv("BNN_DATA_PATH", fixture_path("sets"), 1);
    bnn_data_options options = {
        .name = "tiny", .path = "given", .path_at = {"s.yaml", 3, 7}, .validation = 1};
    fixture_notes notes = {.n_downloads = 0};
    bnn_data_search search = fixture_search(true, &notes);
    search.is_missing = &is_missing;
    fixture_write("given/t10k-labels-idx1-ubyte", tiny.bytes[3], tiny.n_bytes[3]);
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    ck_assert_int_eq(chdir(fixture_root), 0);
    ck_assert_int_eq(bnn_dataset_open(&options, &search, &data, &err), BNN_E_RESOURCE);
    snprintf(expected, sizeof expected,
             "s.yaml:3:7: dataset.path: given does not have the files of tiny "
             "(train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, "
             "t10k-labels-idx1-ubyte), in it or in a folder tiny, perhaps with .gz; correct it, or "
             "leave it out to use what `bnnrun data` finds; tried:\n"
             "  given/tiny (as given): no such directory\n"
             "  given (as given): 1 of 4 files, no train-images-idx3-ubyte");
    ck_assert_str_eq(err.message, expected);
    ck_assert(!is_missing && notes.n_downloads == 0);
    options.path_may_fail = true; /* a run of old, whose data have moved */
    ck_assert_int_eq(bnn_dataset_open(&options, &search, &data, &err), BNN_OK);
    ck_assert_int_eq(chdir(here), 0);
    ck_assert_str_eq(data.source, fixture_path("sets/tiny"));
    bnn_dataset_close(&data);
}
END_TEST

/* What a run was trained on is not elsewhere because it cannot be opened, nor is it downloaded. */
START_TEST(test_recorded_data_without_descriptors)
{
    bnn_dataset data;
    bnn_error err;
    fixture_notes notes = {.n_downloads = 0};
    const bnn_data_options options = {.name = "tiny", .validation = 1};
    const bnn_data_search search = fixture_search(true, &notes);
    fixture_write_set(&tiny, "cache/bnnrun/tiny", false);
    ck_assert_int_eq(bnn_dataset_open(&options, &search, &data, &err), BNN_OK);
    const bnn_recorded_data recorded = {.options = &options,
                                        .sha256 = data.sha256,
                                        .shape = data.shape,
                                        .n_classes = data.n_classes};
    bnn_dataset again;
    struct rlimit limit, none;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    const int status = bnn_dataset_reopen(&recorded, &search, &again, &err);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_eq(status, BNN_E_RESOURCE);
    ck_assert_msg(strstr(err.message, "Too many open files") != NULL, "%s", err.message);
    ck_assert_int_eq(notes.n_downloads, 0);
    ck_assert_int_eq(bnn_dataset_reopen(&recorded, &search, &again, &err), BNN_OK);
    ck_assert_str_eq(again.sha256, data.sha256);
    bnn_dataset_close(&again);
    bnn_dataset_close(&data);
}
END_TEST

/* Files that are there and wrong are no data that are still to come. */
START_TEST(test_missing_and_wrong_are_two_things)
{
    bool is_missing = false;
    bnn_dataset data;
    bnn_error err;
    const bnn_data_options options = {.name = "tiny", .validation = 1};
    bnn_data_search search = fixture_search(false, NULL);
    search.is_missing = &is_missing;
    ck_assert_int_eq(bnn_dataset_open(&options, &search, &data, &err), BNN_E_RESOURCE);
    ck_assert(is_missing);
    is_missing = false;
    tiny.bytes[0][20]++;
    fixture_write_set(&tiny, "cache/bnnrun/tiny", false);
    ck_assert_int_eq(bnn_dataset_open(&options, &search, &data, &err), BNN_E_RESOURCE);
    ck_assert(!is_missing);
}
END_TEST

/* As Fashion-MNIST has the file names of MNIST. */
START_TEST(test_files_of_another_set_are_passed_over)
{
    bnn_dataset data;
    bnn_error err;
    fixture_notes notes;
    char list[3 * PATH_MAX], expected[2 * PATH_MAX];
    bnn_data_search search = fixture_search(false, &notes);
    const bnn_data_options options = {.name = "tiny", .validation = 1};
    fixture_write_set(&tiny, "right", true);
    tiny.bytes[2][20]++;
    fixture_write_set(&tiny, "other", false);
    fixture_write_gz("torn/train-images-idx3-ubyte", tiny.bytes[0], tiny.n_bytes[0]);
    for (int i = 1; i < TINY_FILES; i++)
        fixture_write_gz(i == 1   ? "torn/train-labels-idx1-ubyte"
                         : i == 2 ? "torn/t10k-images-idx3-ubyte"
                                  : "torn/t10k-labels-idx1-ubyte",
                         "\x1f\x8b", 2);
    snprintf(list, sizeof list, "%s:%s:%s", fixture_path("other"), fixture_path("torn"),
             fixture_path("right"));
    setenv("BNN_DATA_PATH", list, 1);
    ck_assert_int_eq(bnn_dataset_open(&options, &search, &data, &err), BNN_OK);
    ck_assert_str_eq(data.source, fixture_path("right"));
    bnn_dataset_close(&data);
    snprintf(expected, sizeof expected,
             "tiny: passed over %s (BNN_DATA_PATH): its t10k-images-idx3-ubyte is another "
             "file\n"
             "tiny: passed over %s (BNN_DATA_PATH): its train-labels-idx1-ubyte is another "
             "file\n",
             fixture_path("other"), fixture_path("torn"));
    ck_assert_str_eq(notes.text, expected);
}
END_TEST

START_TEST(test_spellings)
{
    static const char *const names[] = {"train-images.idx3-ubyte", "train-labels.idx1-ubyte.gz",
                                        "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte.gz"};
    bnn_dataset data;
    bnn_error err;
    char relative[100];
    fixture_write_catalogue(&tiny, "my_set", "");
    for (int i = 0; i < TINY_FILES; i++) {
        snprintf(relative, sizeof relative, "sets/my-set/%s", names[i]); /* as Debian names it */
        (i % 2 == 1 ? fixture_write_gz : fixture_write)(relative, tiny.bytes[i], tiny.n_bytes[i]);
    }
    setenv("BNN_DATA_PATH", fixture_path("sets"), 1);
    ck_assert_int_eq(fixture_open("my_set", NULL, &data, &err), BNN_OK);
    ck_assert_str_eq(data.source, fixture_path("sets/my-set"));
    bnn_dataset_close(&data);
}
END_TEST

START_TEST(test_home_cache)
{
    fixture_write_set(&tiny, "home/.cache/bnnrun/tiny", false);
    setenv("XDG_CACHE_HOME", "relative/is/ignored", 1);
    setenv("HOME", fixture_path("home"), 1);
    fixture_expect_at(&tiny, "tiny", "home/.cache/bnnrun/tiny");
}
END_TEST

START_TEST(test_not_found_lists_what_was_tried)
{
    bnn_dataset data;
    bnn_error err;
    char expected[2000], here[PATH_MAX];
    fixture_write("half/t10k-labels-idx1-ubyte", tiny.bytes[3], tiny.n_bytes[3]);
    setenv("BNN_DATA_PATH", "half", 1);
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    ck_assert_int_eq(chdir(fixture_root), 0);
    setenv("XDG_CACHE_HOME", "/nowhere", 1);
    fixture_write_catalogue(&tiny, "tiny",
                            "debian: dataset-tiny\nmirrors: [https://example.org/]\n");
    ck_assert_int_eq(fixture_open("tiny", NULL, &data, &err), BNN_E_RESOURCE);
    ck_assert_int_eq(chdir(here), 0);
    snprintf(expected, sizeof expected,
             "data set tiny not found; run `bnnrun data fetch tiny`, install the Debian package "
             "dataset-tiny, set BNN_DATA_PATH to the directory that has its files, or use drawn "
             "digits: -s dataset.name=synthetic; tried:\n"
             "  half/tiny (BNN_DATA_PATH): no such directory\n"
             "  half (BNN_DATA_PATH): 1 of 4 files, no train-images-idx3-ubyte\n"
             "  /nowhere/bnnrun/tiny (cache): no such directory\n"
             "  /usr/share/datasets/tiny (Debian's data sets): no such directory");
    ck_assert_str_eq(err.message, expected);
}
END_TEST

/* Nobody is sent where the files are not. */
START_TEST(test_a_set_that_cannot_be_fetched)
{
    bnn_dataset data;
    bnn_error err;
    ck_assert_int_eq(fixture_open("tiny", NULL, &data, &err), BNN_E_RESOURCE);
    ck_assert_ptr_eq(strstr(err.message, "data set tiny not found; set BNN_DATA_PATH to "),
                     err.message);
}
END_TEST

START_TEST(test_long_trail_says_that_it_is_cut)
{
    bnn_dataset data;
    bnn_error err;
    static const char directory[] = "/nowhere/at/all:";
    char list[40 * (sizeof directory - 1) + 1];
    for (size_t i = 0; i < 40; i++)
        memcpy(list + i * (sizeof directory - 1), directory, sizeof directory);
    fixture_write_catalogue(&tiny, "tiny", "mirrors: [https://example.org/]\n");
    setenv("BNN_DATA_PATH", list, 1);
    ck_assert_int_eq(fixture_open("tiny", NULL, &data, &err), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, "bnnrun data fetch tiny"));
    const char *end = strstr(err.message, "\n  and ");
    ck_assert_ptr_nonnull(end);
    ck_assert_str_eq(strchr(end + 7, ' '), " more");
}
END_TEST

/* ---- contents that are not what they should be ---- */

START_TEST(test_hash_mismatch_names_both)
{
    bnn_dataset data = {.n_classes = 5};
    bnn_error err;
    char expected[3 * PATH_MAX], is[BNN_SHA256_HEX], should[BNN_SHA256_HEX];
    bnn_sha256(tiny.bytes[2], tiny.n_bytes[2], should);
    tiny.bytes[2][100] ^= 1;
    bnn_sha256(tiny.bytes[2], tiny.n_bytes[2], is);
    fixture_write_set(&tiny, "d/tiny", false);
    setenv("BNN_DATA_PATH", fixture_path("d"), 1);
    ck_assert_int_eq(fixture_open("tiny", NULL, &data, &err), BNN_E_RESOURCE);
    snprintf(expected, sizeof expected,
             "%s: not the file that %s means: its content has SHA-256 %s instead of %s; remove it, "
             "or do not search its directory",
             fixture_path("d/tiny/t10k-images-idx3-ubyte"), fixture_path("catalogue/tiny.yaml"), is,
             should);
    ck_assert_str_eq(err.message, expected);
    ck_assert_uint_eq(data.n_classes, 5);
}
END_TEST

/* The catalogue agrees with the files, but they do not make a data set. The message is
 * FILE: BEFORE OTHER AFTER. */
static void expect_bad_set(const char *file, const char *before, const char *other,
                           const char *after)
{
    bnn_dataset data;
    bnn_error err;
    char expected[3 * PATH_MAX], relative[100];
    fixture_write_catalogue(&tiny, "tiny", "");
    fixture_write_set(&tiny, "d/tiny", false);
    setenv("BNN_DATA_PATH", fixture_path("d"), 1);
    ck_assert_int_eq(fixture_open("tiny", NULL, &data, &err), BNN_E_RESOURCE);
    snprintf(relative, sizeof relative, "d/tiny/%s", file);
    snprintf(expected, sizeof expected, "%s: %s%s%s", fixture_path(relative), before,
             other[0] != '\0' ? fixture_path(other) : "", after);
    ck_assert_str_eq(err.message, expected);
}

START_TEST(test_sets_that_do_not_fit)
{
    static const char entry[] = "catalogue/tiny.yaml";
    tiny.bytes[3][8 + 5] = TINY_CLASSES;
    expect_bad_set("t10k-labels-idx1-ubyte", "label 3 at index 5, but ", entry, " has 3 classes");
    fixture_make_tiny(&tiny);
    tiny.bytes[3][7] = TINY_TEST - 1;
    tiny.n_bytes[3]--;
    expect_bad_set("t10k-labels-idx1-ubyte", "9 labels for the 10 images of ",
                   "d/tiny/t10k-images-idx3-ubyte", "");
    fixture_make_tiny(&tiny);
    tiny.bytes[0][11] = TINY_W, tiny.bytes[0][15] = TINY_H; /* turned */
    expect_bad_set("train-images-idx3-ubyte", "images of 1x5x4, but ", entry, " says 1x4x5");
    fixture_make_tiny(&tiny);
    memcpy(tiny.bytes[0], tiny.bytes[1], tiny.n_bytes[0] = tiny.n_bytes[1]);
    expect_bad_set("train-images-idx3-ubyte", "1 dimensions, but images have 3", "", "");
    fixture_make_tiny(&tiny);
    memcpy(tiny.bytes[1], tiny.bytes[0], tiny.n_bytes[1] = tiny.n_bytes[0]);
    expect_bad_set("train-labels-idx1-ubyte", "3 dimensions, but labels have 1", "", "");
}
END_TEST

static const struct {
    bnn_data_options options;
    const char *message; /* NULL: fine */
} limits[] = {
    {{.name = "tiny", .validation = 29}, NULL},
    {{.name = "tiny", .validation = 1, .train_limit = 30, .test_limit = 10}, NULL},
    {{.name = "tiny", .validation = 30},
     "dataset.validation: 30 of the 30 training images of tiny leaves none to train on"},
    {{.name = "tiny", .validation = 5000, .at = {"s.yaml", 2, 10}},
     "s.yaml:2:10: dataset.validation: 5000 of the 30 training images of tiny leaves none to train "
     "on"},
    {{.name = "tiny", .validation = 5, .train_limit = 31},
     "dataset.train_limit: 31 is more than the 30 images of tiny"},
    {{.name = "tiny", .validation = 5, .test_limit = 11},
     "dataset.test_limit: 11 is more than the 10 images of tiny"},
    {{.name = "synthetic", .validation = 6000},
     "dataset.validation: 6000 of the 6000 training images of synthetic leaves none to train on"},
};

START_TEST(test_limits)
{
    const bnn_data_search search = fixture_search(false, NULL);
    const bnn_data_options *options = &limits[_i].options;
    bnn_dataset data;
    bnn_error err;
    fixture_write_set(&tiny, "cache/bnnrun/tiny", true);
    const int status = bnn_dataset_open(options, &search, &data, &err);
    if (limits[_i].message == NULL) {
        ck_assert_int_eq(status, BNN_OK);
        ck_assert_uint_eq(data.train.n, TINY_TRAIN);
        bnn_dataset_close(&data);
    } else {
        ck_assert_int_eq(status, BNN_E_SPEC);
        ck_assert_str_eq(err.message, limits[_i].message);
    }
}
END_TEST

/* Which image of the file stands at a place, whole and with its label. */
static uint32_t index_of_image(const bnn_images *part, uint32_t i, int file)
{
    enum { SIZE = TINY_H * TINY_W };
    const uint8_t *pixels = part->pixels + i * SIZE, *of_file = tiny.bytes[file] + 16;
    const uint32_t n = (uint32_t)(tiny.n_bytes[file] - 16) / SIZE;
    uint32_t k = 0;
    while (k < n && memcmp(of_file + k * SIZE, pixels, SIZE) != 0)
        k++;
    ck_assert_uint_lt(k, n);
    ck_assert_uint_eq(part->labels[i], tiny.bytes[file + 1][8 + k]);
    return k;
}

/* n images of the limited set, none twice; whether they are the head of the file. */
static bool draw(const bnn_data_options *options, uint32_t n, uint32_t drawn[TINY_TRAIN])
{
    const bnn_data_search search = fixture_search(false, NULL);
    bool head = true, seen[TINY_TRAIN] = {false};
    bnn_dataset data;
    bnn_error err;
    ck_assert_int_eq(bnn_dataset_open(options, &search, &data, &err), BNN_OK);
    const bool test = options->test_limit > 0;
    const bnn_images *part = test ? &data.test : &data.train;
    ck_assert_uint_eq(part->n, n);
    for (uint32_t i = 0; i < n; i++) {
        drawn[i] = index_of_image(part, i, test ? 2 : 0);
        head = head && drawn[i] == i;
        ck_assert(!seen[drawn[i]]);
        seen[drawn[i]] = true;
    }
    bnn_dataset_close(&data);
    return head;
}

/* A sorted file has all images of a class together: its head is no sample. */
START_TEST(test_a_limit_takes_a_sample)
{
    bnn_data_options options = {.name = "tiny", .validation = 1, .train_limit = 12};
    uint32_t a[TINY_TRAIN], b[TINY_TRAIN];
    for (uint32_t i = 0; i < TINY_TRAIN; i++)
        tiny.bytes[1][8 + i] = (unsigned char)(i / 10); /* sorted */
    fixture_write_catalogue(&tiny, "tiny", "");
    fixture_write_set(&tiny, "cache/bnnrun/tiny", true);
    ck_assert(!draw(&options, 12, a));
    bool class_seen[TINY_CLASSES] = {false};
    for (int i = 0; i < 12; i++)
        class_seen[a[i] / 10] = true;
    ck_assert(class_seen[0] && class_seen[1] && class_seen[2]);
    options.validation = 5; /* another config */
    draw(&options, 12, b);
    ck_assert_mem_eq(a, b, 12 * sizeof *a);
    options.train_limit = 20; /* a larger sample begins with it */
    draw(&options, 20, b);
    ck_assert_mem_eq(a, b, 12 * sizeof *a);
    options.sample = BNN_SAMPLE_FIRST;
    ck_assert(draw(&options, 20, b));
    options = (bnn_data_options){.name = "tiny", .validation = 1, .test_limit = 9};
    ck_assert(!draw(&options, 9, a));
}
END_TEST

/* ---- bnnrun data ---- */

static const struct {
    const char *name;
    const char *message; /* the entry is wrong; or NULL */
    const char *found;   /* below ROOT; NULL: nowhere, or no files */
    const char *trail;   /* or NULL */
    size_t n_files;
} listed[] = {
    {"absent", NULL, NULL, "/d (BNN_DATA_PATH): none of its files", TINY_FILES},
    {"broken", "broken.yaml:1:1: the data set: the key \"summary\" is missing", NULL, NULL, 0},
    {"synthetic", NULL, NULL, NULL, 0},
    {"tiny", NULL, "d/tiny", NULL, TINY_FILES},
};

START_TEST(test_list)
{
    enum { N = sizeof listed / sizeof *listed };
    const char *const *names;
    size_t n;
    bnn_error err;
    bnn_arena *arena = bnn_arena_create(8 << 20);
    const char *catalogue = fixture_path("catalogue");
    fixture_write_catalogue(&tiny, "absent", "");
    fixture_write("catalogue/broken.yaml", "classes: 1\n", 11);
    fixture_write_set(&tiny, "d/tiny", true);
    setenv("BNN_DATA_PATH", fixture_path("d"), 1);
    ck_assert_int_eq(bnn_catalogue_list(catalogue, arena, &names, &n, &err), BNN_OK);
    ck_assert_uint_eq(n, N);
    for (size_t i = 0; i < N; i++) {
        bnn_catalogue_entry entry;
        bnn_trail trail = {0};
        char directory[PATH_MAX];
        ck_assert_str_eq(names[i], listed[i].name);
        const int status = bnn_catalogue_load(catalogue, names[i], arena, &entry, &err);
        ck_assert_int_eq(status, listed[i].message == NULL ? BNN_OK : BNN_E_SPEC);
        if (listed[i].message != NULL) {
            ck_assert_ptr_nonnull(strstr(err.message, listed[i].message));
            continue;
        }
        ck_assert_str_eq(entry.name, names[i]);
        ck_assert_uint_eq(entry.n_files, listed[i].n_files);
        if (entry.n_files == 0) /* known without a file */
            continue;
        ck_assert_uint_eq(entry.shape.w, TINY_W);
        ck_assert_uint_eq(entry.n_classes, TINY_CLASSES);
        ck_assert(bnn_directory_find(&entry, directory, &trail) == (listed[i].found != NULL));
        if (listed[i].found != NULL)
            ck_assert_str_eq(directory, fixture_path(listed[i].found));
        else
            ck_assert_ptr_nonnull(strstr(trail.text, listed[i].trail));
    }
    bnn_arena_destroy(arena);
}
END_TEST

/* Each file is hashed; the one that is wrong is named. */
START_TEST(test_every_file_is_verified)
{
    bnn_dataset data;
    bnn_error err;
    char relative[100];
    setenv("BNN_DATA_PATH", fixture_path("d"), 1);
    for (int i = 0; i < TINY_FILES; i++) {
        fixture_write_set(&tiny, "d/tiny", true);
        snprintf(relative, sizeof relative, "d/tiny/%s.gz", tiny.names[i]);
        fixture_write_gz(relative, tiny.bytes[3 - i], tiny.n_bytes[3 - i]);
        ck_assert_int_eq(fixture_open("tiny", NULL, &data, &err), BNN_E_RESOURCE);
        ck_assert_ptr_eq(strstr(err.message, fixture_path(relative)), err.message);
        ck_assert_ptr_nonnull(strstr(err.message, "has SHA-256"));
    }
}
END_TEST

/* ---- the real data ---- */

START_TEST(test_real_mnist)
{
    const bnn_data_options options = {.name = "mnist", .validation = 5000};
    const char *srcdir = getenv("srcdir");
    char catalogue[PATH_MAX];
    bnn_dataset data;
    bnn_error err = {0};
    if (data_path == NULL) {
        fprintf(stderr, "check_locate: real MNIST not tested: BNN_DATA_PATH is not set\n");
        return;
    }
    setenv("BNN_DATA_PATH", data_path, 1);
    snprintf(catalogue, sizeof catalogue, "%s/configs/datasets", srcdir != NULL ? srcdir : ".");
    const bnn_data_search search = {.catalogue = catalogue};
    ck_assert_msg(bnn_dataset_open(&options, &search, &data, &err) == BNN_OK, "%s", err.message);
    ck_assert_uint_eq(data.train.n, 60000);
    ck_assert_uint_eq(data.test.n, 10000);
    ck_assert_uint_eq(data.n_classes, 10);
    ck_assert_uint_eq(data.shape.h, 28);
    /* The first digits, as the paper's figure and every tutorial show them. */
    const uint8_t first[] = {5, 0, 4, 1, 9, 2, 1, 3, 1, 4}, first_test[] = {7, 2, 1, 0, 4};
    ck_assert_mem_eq(data.train.labels, first, sizeof first);
    ck_assert_mem_eq(data.test.labels, first_test, sizeof first_test);
    bnn_dataset_close(&data);
}
END_TEST

static Suite *make_suite(void)
{
    const char *path = getenv("BNN_DATA_PATH");
    data_path = path != NULL ? strdup(path) : NULL; /* the fixtures change the environment */
    Suite *suite = suite_create("locate");
    TCase *find = tcase_create("find");
    tcase_add_checked_fixture(find, begin, fixture_end);
    tcase_add_loop_test(find, test_catalogue_refuses, 0,
                        sizeof bad_entries / sizeof bad_entries[0]);
    tcase_add_test(find, test_catalogue_names);
    tcase_add_test(find, test_unknown_set_lists_the_known);
    tcase_add_test(find, test_first_catalogue_directory_wins);
    tcase_add_test(find, test_search_order);
    tcase_add_test(find, test_a_path_is_the_only_place);
    tcase_add_test(find, test_recorded_data_without_descriptors);
    tcase_add_test(find, test_missing_and_wrong_are_two_things);
    tcase_add_test(find, test_files_of_another_set_are_passed_over);
    tcase_add_test(find, test_spellings);
    tcase_add_test(find, test_home_cache);
    tcase_add_test(find, test_not_found_lists_what_was_tried);
    tcase_add_test(find, test_a_set_that_cannot_be_fetched);
    tcase_add_test(find, test_long_trail_says_that_it_is_cut);
    tcase_add_test(find, test_hash_mismatch_names_both);
    tcase_add_test(find, test_sets_that_do_not_fit);
    tcase_add_loop_test(find, test_limits, 0, sizeof limits / sizeof limits[0]);
    tcase_add_test(find, test_a_limit_takes_a_sample);
    tcase_add_test(find, test_list);
    tcase_add_test(find, test_every_file_is_verified);
    tcase_add_test(find, test_real_mnist);
    suite_add_tcase(suite, find);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
