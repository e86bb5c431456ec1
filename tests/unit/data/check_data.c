/* check_data.c - IDX files, the dataset section, finding and opening, the synthetic digits. */
#include "base/file.h"
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/data_fixture.h"

#include "data/content.h"
#include "data/formats/idx.h"
#include "data/formats/synthetic.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- IDX ---- */

static const struct {
    const char *bytes;
    size_t n;
    const char *message;
} bad_files[] = {
#define BAD(bytes, message)              \
    {                                    \
        bytes, sizeof bytes - 1, message \
    }
    BAD("", "only 0 bytes, too short for an IDX file"),
    BAD("\0\0\x08", "only 3 bytes, too short for an IDX file"),
    BAD("PK\x03\x04....", "not an IDX file: it starts with 50 4b instead of 00 00"),
    BAD("\0\0\x0d\x01\0\0\0\x01xxxx",
        "elements of IDX type 0x0d; only unsigned bytes (0x08) are read"),
    BAD("\0\0\x08\0", "0 dimensions, not 1 to 4"),
    BAD("\0\0\x08\x05\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1x", "5 dimensions, not 1 to 4"),
    BAD("\0\0\x08\xff", "255 dimensions, not 1 to 4"),
    BAD("\0\0\x08\x03\0\0\0\1\0\0\0\1\0\0", "only 14 bytes of a 16-byte IDX header"),
    BAD("\0\0\x08\x02\0\0\0\1\0\0\0\0", "dimension 2 is 0"),
    BAD("\0\0\x08\x01\x40\0\0\1", "its dimensions make more than the limit of 1073741824 bytes"),
    BAD("\0\0\x08\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        "its dimensions make more than the limit of 1073741824 bytes"),
    /* 2^16 * 2^16 * 2^16 * 2^16 = 0 in 64 bits */
    BAD("\0\0\x08\x04\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0",
        "its dimensions make more than the limit of 1073741824 bytes"),
    BAD("\0\0\x08\x01\x40\0\0\0xxxx", "truncated: 4 data bytes, but the header counts 1073741824"),
    BAD("\0\0\x08\x01\0\0\0\x05xxxx", "truncated: 4 data bytes, but the header counts 5"),
    BAD("\0\0\x08\x01\0\0\0\x03xxxx", "bytes follow the 3 data bytes that the header counts"),
#undef BAD
};

static void expect_idx_error(const char *relative, const char *message)
{
    char expected[PATH_MAX + 200];
    const char *path = fixture_path(relative);
    bnn_array idx = {.n_bytes = 77};
    bnn_error err;
    snprintf(expected, sizeof expected, "%s: %s", path, message);
    ck_assert_int_eq(bnn_idx_read(path, &idx, &err), BNN_E_RESOURCE);
    ck_assert_str_eq(err.message, expected);
    ck_assert_uint_eq(idx.n_bytes, 77); /* outputs are untouched */
}

START_TEST(test_idx_refuses)
{
    const size_t i = (size_t)_i;
    fixture_write("bad", bad_files[i].bytes, bad_files[i].n);
    expect_idx_error("bad", bad_files[i].message);
    fixture_write_gz("bad.gz", bad_files[i].bytes, bad_files[i].n);
    expect_idx_error("bad.gz", bad_files[i].message);
}
END_TEST

START_TEST(test_idx_raw_and_gzip_read_the_same)
{
    tiny_set set;
    bnn_content raw, gz;
    bnn_array idx;
    bnn_error err;
    char sha256[BNN_SHA256_HEX];
    fixture_make_tiny(&set);
    fixture_write("f", set.bytes[0], set.n_bytes[0]);
    fixture_write_gz("f.gz", set.bytes[0], set.n_bytes[0]);
    ck_assert_int_eq(bnn_content_read(fixture_path("f"), set.n_bytes[0], &raw, &err), BNN_OK);
    ck_assert_int_eq(bnn_content_read(fixture_path("f.gz"), set.n_bytes[0], &gz, &err), BNN_OK);
    bnn_sha256(set.bytes[0], set.n_bytes[0], sha256);
    ck_assert_str_eq(raw.sha256, sha256);
    ck_assert_str_eq(gz.sha256, sha256);
    ck_assert_uint_eq(raw.n_bytes, set.n_bytes[0]);
    ck_assert_uint_eq(gz.n_bytes, set.n_bytes[0]);
    ck_assert_mem_eq(raw.bytes, set.bytes[0], raw.n_bytes);
    ck_assert_mem_eq(gz.bytes, set.bytes[0], gz.n_bytes);
    free(raw.bytes);
    free(gz.bytes);
    for (int packed = 0; packed < 2; packed++) {
        const char *path = fixture_path(packed ? "f.gz" : "f");
        ck_assert_int_eq(bnn_idx_read(path, &idx, &err), BNN_OK);
        ck_assert_uint_eq(idx.n_dims, 3);
        ck_assert_uint_eq(idx.dims[0], TINY_TRAIN);
        ck_assert_uint_eq(idx.dims[1], TINY_H);
        ck_assert_uint_eq(idx.dims[2], TINY_W);
        ck_assert_uint_eq(idx.dims[3], 1);
        ck_assert_uint_eq(idx.n_bytes, TINY_TRAIN * TINY_H * TINY_W);
        ck_assert_mem_eq(idx.data, set.bytes[0] + 16, idx.n_bytes);
        free(idx.data);
    }
}
END_TEST

START_TEST(test_idx_damaged_gzip)
{
    tiny_set set;
    char *bytes;
    size_t n;
    bnn_error err;
    fixture_make_tiny(&set);
    fixture_write_gz("f.gz", set.bytes[0], set.n_bytes[0]);
    ck_assert_int_eq(bnn_file_read(fixture_path("f.gz"), 1 << 20, &bytes, &n, &err), BNN_OK);
    bytes[n - 5] ^= 1; /* the CRC */
    fixture_write("f.gz", bytes, n);
    expect_idx_error("f.gz", "damaged gzip data: incorrect data check");
    bytes[n - 5] ^= 1;
    fixture_write("f.gz", bytes, n - 9);
    expect_idx_error("f.gz", "truncated: the compressed data end too early");
    for (size_t cut = 2; cut < n; cut++) { /* wherever it ends, it is an error */
        bnn_array idx;
        fixture_write("f.gz", bytes, cut);
        ck_assert_int_eq(bnn_idx_read(fixture_path("f.gz"), &idx, &err), BNN_E_RESOURCE);
    }
    free(bytes);
}
END_TEST

START_TEST(test_gzip_bomb_is_bounded)
{
    enum { BOMB = 40 << 20 };
    bnn_content content = {.path = "untouched"};
    char expected[PATH_MAX + 100];
    bnn_error err;
    unsigned char *zeros = calloc(1, BOMB);
    ck_assert_ptr_nonnull(zeros);
    memcpy(zeros, "\0\0\x08\x01\0\0\0\x04", 8);
    fixture_write_gz("bomb.gz", zeros, BOMB);
    free(zeros);
    expect_idx_error("bomb.gz", "bytes follow the 4 data bytes that the header counts");
    ck_assert_int_eq(bnn_content_read(fixture_path("bomb.gz"), 1 << 20, &content, &err),
                     BNN_E_RESOURCE);
    snprintf(expected, sizeof expected, "%s: holds more than the limit of 1048576 bytes",
             fixture_path("bomb.gz"));
    ck_assert_str_eq(err.message, expected);
    ck_assert_str_eq(content.path, "untouched");
}
END_TEST

/* What lies behind the data that the header counts is not inflated: it could be damaged. */
START_TEST(test_idx_is_inflated_as_far_as_its_header_says)
{
    enum { BOMB = 4 << 20 };
    char *bytes;
    size_t n;
    bnn_error err;
    bnn_array idx;
    unsigned char *zeros = calloc(1, BOMB);
    ck_assert_ptr_nonnull(zeros);
    memcpy(zeros, "\0\0\x08\x01\0\0\0\x04", 8);
    fixture_write_gz("bomb.gz", zeros, BOMB);
    free(zeros);
    ck_assert_int_eq(bnn_file_read(fixture_path("bomb.gz"), 1 << 20, &bytes, &n, &err), BNN_OK);
    bytes[n - 5] ^= 1; /* the CRC */
    fixture_write("bomb.gz", bytes, n);
    free(bytes);
    expect_idx_error("bomb.gz", "bytes follow the 4 data bytes that the header counts");
    ck_assert_int_eq(bnn_idx_read_header(fixture_path("bomb.gz"), &idx, &err), BNN_OK);
    ck_assert_uint_eq(idx.n_dims, 1);
    ck_assert_uint_eq(idx.dims[0], 4);
    ck_assert_ptr_null(idx.data);
}
END_TEST

START_TEST(test_idx_needs_a_regular_file)
{
    ck_assert_int_eq(mkfifo(fixture_path("fifo"), 0600), 0);
    expect_idx_error("fifo", "not a regular file"); /* and does not hang */
    ck_assert_int_eq(mkdir(fixture_path("dir"), 0700), 0);
    expect_idx_error("dir", "not a regular file");
    expect_idx_error("missing", "cannot open: No such file or directory");
}
END_TEST

/* ---- the dataset section ---- */

static const struct {
    const char *yaml;
    const char *message; /* NULL: fine */
    int validation, train_limit, test_limit;
    const char *name;
} sections[] = {
    {"mnist", NULL, 5000, 0, 0, "mnist"},
    {"tiny", NULL, 3, 0, 0, "tiny"}, /* its files say 30 images */
    {"{}", NULL, 5000, 0, 0, "mnist"},
    {"synthetic", NULL, 600, 0, 0, "synthetic"},
    {"{name: synthetic, train_limit: 500}", NULL, 50, 500, 0, "synthetic"},
    {"{train_limit: 19999}", NULL, 1999, 19999, 0, "mnist"},
    {"{train_limit: 20000}", NULL, 5000, 20000, 0, "mnist"},
    {"{train_limit: 2}", NULL, 1, 2, 0, "mnist"},
    {"{name: my-set, validation: 7, test_limit: 9, path: /data}", NULL, 7, 0, 9, "my-set"},
    {"{validation: 0}", NULL, 0, 0, 0, "mnist"},
    {"{train_limit: 1}", NULL, 0, 1, 0, "mnist"},
    {"{validation: 9, train_limit: 9}",
     "d.yaml:1:14: dataset.validation: 9 of dataset.train_limit 9 leaves no image to train on", 0,
     0, 0, NULL},
    {"../mnist",
     "d.yaml:1:1: dataset.name: \"../mnist\" is no name of a data set: letters, digits, _ and -, at "
     "most 63; a folder is a dataset.path",
     0, 0, 0, NULL},
    {"{name: -x}",
     "d.yaml:1:8: dataset.name: \"-x\" is no name of a data set: letters, digits, _ and -, at most "
     "63",
     0, 0, 0, NULL},
    {"{path: ''}", "d.yaml:1:8: dataset.path: must name a directory", 0, 0, 0, NULL},
};

static int read_data(const bnn_reader *r, const bnn_node *node, bnn_data_options *out)
{
    bnn_reader at = *r;
    at.path = "dataset";
    return bnn_section_read(&at, &bnn_data_section, node, out);
}

/* Lets the catalogue, or the files in the cache, tell the default of validation. */
static int settle(bnn_data_options *options, bnn_error *err)
{
    const char *srcdir = getenv("srcdir");
    char catalogue[2 * PATH_MAX];
    bnn_catalogue_entry entry;
    bnn_arena *arena = bnn_arena_create(1 << 20);
    snprintf(catalogue, sizeof catalogue, "%s:%s/configs/datasets", fixture_path("catalogue"),
             srcdir != NULL ? srcdir : ".");
    int status = bnn_catalogue_load(catalogue, options->name, arena, &entry, err);
    if (status == BNN_OK)
        status = bnn_data_settle(options, &entry, catalogue, err);
    bnn_arena_destroy(arena);
    return status;
}

static void have_tiny(const char *more, bool files)
{
    tiny_set tiny;
    fixture_make_tiny(&tiny);
    fixture_write_catalogue(&tiny, "tiny", more);
    if (files)
        fixture_write_set(&tiny, "cache/bnnrun/tiny", true);
}

START_TEST(test_options)
{
    const size_t i = (size_t)_i;
    bnn_arena *arena = bnn_arena_create(1 << 20);
    bnn_diag *diag = bnn_diag_create();
    bnn_settings settings;
    bnn_data_options options;
    bnn_error err;
    const bnn_reader reader = {.arena = arena, .diag = diag};
    have_tiny("", true);
    settings = (bnn_settings){.arena = arena};
    const bnn_node *node =
        bnn_tree_parse("d.yaml", sections[i].yaml, strlen(sections[i].yaml), arena, diag);
    ck_assert_ptr_nonnull(node);
    const int status = read_data(&reader, node, &options);
    if (status == BNN_OK && options.validation < 0)
        ck_assert_int_eq(settle(&options, &err), BNN_OK);
    if (sections[i].message != NULL) {
        ck_assert_int_eq(status, BNN_E_SPEC);
        ck_assert_uint_eq(bnn_diag_count(diag), 1);
        ck_assert_str_eq(bnn_diag_message(diag, 0), sections[i].message);
    } else {
        bnn_reader recording = reader;
        recording.settings = &settings;
        recording.path = "dataset";
        bnn_section_record(&recording, &bnn_data_section, &options);
        ck_assert_int_eq(status, BNN_OK);
        ck_assert_str_eq(options.name, sections[i].name);
        ck_assert_int_eq(options.validation, sections[i].validation);
        ck_assert_int_eq(options.train_limit, sections[i].train_limit);
        ck_assert_int_eq(options.test_limit, sections[i].test_limit);
        const bool limited = options.train_limit + options.test_limit > 0;
        const bool sampled = limited && strcmp(options.name, "synthetic") != 0;
        ck_assert_uint_eq(settings.n, sampled ? 5 : 4);
        ck_assert(sampled == (bnn_settings_find(&settings, "dataset.sample") != NULL));
        ck_assert_str_eq(bnn_settings_find(&settings, "dataset.name")->text, sections[i].name);
        ck_assert_double_eq(bnn_settings_find(&settings, "dataset.validation")->number,
                            sections[i].validation);
        ck_assert_double_eq(bnn_settings_find(&settings, "dataset.train_limit")->number,
                            sections[i].train_limit);
        ck_assert_double_eq(bnn_settings_find(&settings, "dataset.test_limit")->number,
                            sections[i].test_limit);
        ck_assert_ptr_null(bnn_settings_find(&settings, "dataset.path"));
    }
    bnn_diag_destroy(diag);
    bnn_arena_destroy(arena);
}
END_TEST

START_TEST(test_options_report_everything_at_once)
{
    static const char yaml[] = "{nmae: mnist, validation: many, train_limit: -1, test_limit: 1.5}";
    bnn_arena *arena = bnn_arena_create(1 << 20);
    bnn_diag *diag = bnn_diag_create();
    bnn_data_options options;
    const bnn_reader reader = {.arena = arena, .diag = diag};
    const bnn_node *node = bnn_tree_parse("d.yaml", yaml, sizeof yaml - 1, arena, diag);
    ck_assert_int_eq(read_data(&reader, node, &options), BNN_E_SPEC);
    ck_assert_uint_eq(bnn_diag_n_errors(diag), 4);
    ck_assert_ptr_nonnull(strstr(bnn_diag_message(diag, 0), "d.yaml:1:2: "));
    ck_assert_ptr_nonnull(strstr(bnn_diag_message(diag, 0), "nmae"));
    ck_assert_ptr_nonnull(strstr(bnn_diag_message(diag, 1), "dataset.validation"));
    ck_assert_ptr_nonnull(strstr(bnn_diag_message(diag, 2), "dataset.train_limit"));
    ck_assert_ptr_nonnull(strstr(bnn_diag_message(diag, 3), "dataset.test_limit"));
    bnn_diag_destroy(diag);
    bnn_arena_destroy(arena);
}
END_TEST

START_TEST(test_options_default)
{
    bnn_arena *arena = bnn_arena_create(1 << 20);
    bnn_diag *diag = bnn_diag_create();
    bnn_data_options options;
    const bnn_reader reader = {.arena = arena, .diag = diag};
    bnn_error err;
    ck_assert_int_eq(read_data(&reader, NULL, &options), BNN_OK);
    ck_assert_str_eq(options.name, "mnist");
    ck_assert_int_eq(settle(&options, &err), BNN_OK);
    ck_assert_int_eq(options.validation, 5000);
    ck_assert_int_eq(options.default_of, 60000);
    ck_assert_ptr_null(options.path);
    bnn_diag_destroy(diag);
    bnn_arena_destroy(arena);
}
END_TEST

/* Before there are files, only the entry tells. n: what validation is a part of. */
static const struct {
    const char *more; /* in the entry */
    bool files;
    int validation, n;
    const char *message; /* how it begins, or NULL */
} defaults[] = {
    {"", true, 3, 30, NULL},
    {"n_train: 30\n", true, 3, 30, NULL},
    {"n_train: 30\n", false, 3, 30, NULL},
    {"n_train: 19999\n", false, 1999, 19999, NULL},
    {"n_train: 20000\n", false, 5000, 20000, NULL},
    {"", false, 0, 0,
     "dataset.validation: without a value it depends on the number of training images, which is "
     "not known: data set tiny not found; set BNN_DATA_PATH to "},
};

START_TEST(test_the_default_of_validation)
{
    bnn_data_options options = {.name = "tiny", .validation = -1};
    bnn_error err = {.message = ""};
    have_tiny(defaults[_i].more, defaults[_i].files);
    const int status = settle(&options, &err);
    if (defaults[_i].message == NULL) {
        ck_assert_msg(status == BNN_OK, "%s", err.message);
        ck_assert_int_eq(options.validation, defaults[_i].validation);
        ck_assert_int_eq(options.default_of, defaults[_i].n);
    } else {
        ck_assert_int_eq(status, BNN_E_RESOURCE);
        ck_assert_ptr_eq(strstr(err.message, defaults[_i].message), err.message);
        ck_assert_ptr_null(strchr(err.message, '\n'));
    }
}
END_TEST

START_TEST(test_an_entry_that_counts_otherwise)
{
    bnn_dataset data;
    bnn_error err;
    char expected[PATH_MAX + 100];
    have_tiny("n_train: 31\n", true);
    ck_assert_int_eq(fixture_open("tiny", NULL, &data, &err), BNN_E_SPEC);
    snprintf(expected, sizeof expected,
             "%s: n_train is 31, but its files have 30 images for training",
             fixture_path("catalogue/tiny.yaml"));
    ck_assert_str_eq(err.message, expected);
}
END_TEST

static const struct {
    const char *file, *written, *path;
} paths[] = {
    {"a/b/s.yaml", "d", "a/b/d"},
    {"a/s.yaml", "../d/e", "a/../d/e"},
    {"s.yaml", "d", "d"},
    {"/a/s.yaml", "d", "/a/d"},
    {"/s.yaml", "d", "//d"},
    {"a/s.yaml", "/d", "/d"},
    {"a/s.yaml", "~/d", "/home/d"},
    {"a/s.yaml", "~d", "a/~d"},
    {"-s 1", "d", "d"},
    {"-s 1", "~/d", "/home/d"},
};

START_TEST(test_a_path_begins_at_the_spec)
{
    bnn_arena *arena = bnn_arena_create(1 << 20);
    bnn_diag *diag = bnn_diag_create();
    const bnn_reader reader = {.arena = arena, .diag = diag};
    bnn_data_options options;
    setenv("HOME", "/home", 1);
    char yaml[100];
    snprintf(yaml, sizeof yaml, "{path: '%s'}", paths[_i].written);
    const bnn_node *node = bnn_tree_parse(paths[_i].file, yaml, strlen(yaml), arena, diag);
    ck_assert_int_eq(read_data(&reader, node, &options), BNN_OK);
    ck_assert_str_eq(options.path, paths[_i].path);
    bnn_diag_destroy(diag);
    bnn_arena_destroy(arena);
}
END_TEST

/* ---- synthetic ---- */

/* Golden: gcc and clang, x86-64 and AArch64, any optimization. It changes only together with the
 * data, and results on the old data are then other results. */
static const char synthetic_sha256[] =
    "b1c81a0815ea7ebdc1157096f4f2421277a5a32319e497d5bce2bbe29626376a";

START_TEST(test_synthetic_is_the_same_everywhere)
{
    const bnn_data_options options = {.name = "synthetic", .validation = 600};
    const bnn_data_search search = fixture_search(false, NULL);
    bnn_dataset a, b;
    bnn_error err;
    ck_assert_int_eq(bnn_dataset_open(&options, &search, &a, &err), BNN_OK);
    ck_assert_str_eq(a.sha256, synthetic_sha256);
    ck_assert_str_eq(a.name, "synthetic");
    ck_assert_str_eq(a.source, "drawn by bnnrun");
    ck_assert_uint_eq(a.train.n, 6000);
    ck_assert_uint_eq(a.test.n, 1000);
    ck_assert_uint_eq(a.n_classes, 10);
    ck_assert_uint_eq(a.shape.c * a.shape.h * a.shape.w, 784);
    uint32_t counts[10] = {0};
    for (uint32_t i = 0; i < a.test.n; i++)
        counts[a.test.labels[i]]++;
    for (int i = 0; i < 10; i++)
        ck_assert_uint_eq(counts[i], 100);
    ck_assert_int_ne(memcmp(a.train.pixels, a.test.pixels, 784), 0);
    const bnn_data_options part = {
        .name = "synthetic", .validation = 1, .train_limit = 50, .test_limit = 20};
    ck_assert_int_eq(bnn_dataset_open(&part, &search, &b, &err), BNN_OK);
    ck_assert_uint_eq(b.train.n, 50);
    ck_assert_uint_eq(b.test.n, 20);
    ck_assert_str_eq(b.sha256, a.sha256);
    ck_assert_mem_eq(b.train.pixels, a.train.pixels, 50 * 784);
    bnn_dataset_close(&a);
    bnn_dataset_close(&b);
    ck_assert_ptr_null(a.train.pixels);
}
END_TEST

/* The nearest mean image of a class is a poor classifier: it must do better than chance, because
 * these are digits, and fail on a good part, because they are not trivial. */
START_TEST(test_synthetic_is_neither_noise_nor_trivial)
{
    enum { N = 2000, M = 500, P = BNN_SYNTHETIC_PIXELS };
    static uint8_t train[N * P], train_labels[N], test[M * P], test_labels[M];
    static long means[10][P];
    int n_right = 0;
    bnn_synthetic_draw(BNN_SYNTHETIC_TRAIN_PART, N, train, train_labels);
    bnn_synthetic_draw(BNN_SYNTHETIC_TEST_PART, M, test, test_labels);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < P; k++)
            means[train_labels[i]][k] += train[i * P + k];
    for (int i = 0; i < M; i++) {
        long best = -1;
        int best_class = 0;
        for (int c = 0; c < 10; c++) {
            long distance = 0;
            for (int k = 0; k < P; k++) {
                const long d = test[i * P + k] - means[c][k] / (N / 10);
                distance += d * d;
            }
            if (best < 0 || distance < best) {
                best = distance;
                best_class = c;
            }
        }
        n_right += best_class == test_labels[i];
    }
    ck_assert_int_gt(n_right, M * 40 / 100);
    ck_assert_int_lt(n_right, M * 90 / 100);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("data");
    TCase *idx = tcase_create("idx");
    tcase_add_checked_fixture(idx, fixture_begin, fixture_end);
    tcase_add_loop_test(idx, test_idx_refuses, 0, sizeof bad_files / sizeof bad_files[0]);
    tcase_add_test(idx, test_idx_raw_and_gzip_read_the_same);
    tcase_add_test(idx, test_idx_damaged_gzip);
    tcase_add_test(idx, test_gzip_bomb_is_bounded);
    tcase_add_test(idx, test_idx_is_inflated_as_far_as_its_header_says);
    tcase_add_test(idx, test_idx_needs_a_regular_file);
    suite_add_tcase(suite, idx);
    TCase *options = tcase_create("options");
    tcase_add_checked_fixture(options, fixture_begin, fixture_end);
    tcase_add_loop_test(options, test_the_default_of_validation, 0,
                        sizeof defaults / sizeof defaults[0]);
    tcase_add_test(options, test_an_entry_that_counts_otherwise);
    tcase_add_loop_test(options, test_a_path_begins_at_the_spec, 0, sizeof paths / sizeof paths[0]);
    tcase_add_loop_test(options, test_options, 0, sizeof sections / sizeof sections[0]);
    tcase_add_test(options, test_options_report_everything_at_once);
    tcase_add_test(options, test_options_default);
    suite_add_tcase(suite, options);
    TCase *synthetic = tcase_create("synthetic");
    tcase_add_test(synthetic, test_synthetic_is_the_same_everywhere);
    tcase_add_test(synthetic, test_synthetic_is_neither_noise_nor_trivial);
    suite_add_tcase(suite, synthetic);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
