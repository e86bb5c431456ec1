/* check_cifar.c - data sets in CIFAR's binary format, of small files made here. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/data_fixture.h"

#include "data/formats/format.h"

#include <stdio.h>
#include <string.h>

enum {
    SIDE = 32,
    PIXELS = 3 * SIDE * SIDE,
    RECORD = 1 + PIXELS,
    FILES = 3, /* two for training, one for testing */
    RECORDS_MAX = 4,
};

typedef struct cifar_file {
    const char *name;
    size_t n;       /* records */
    size_t n_bytes; /* as written: a test may cut them */
    uint8_t bytes[RECORDS_MAX * RECORD];
} cifar_file;

static cifar_file files[FILES];

/* The pixel of a plane, row and column of record r: another one for each plane and row. */
static uint8_t pixel(size_t file, size_t r, size_t plane, size_t y, size_t x)
{
    return (uint8_t)(file * 101 + r * 31 + plane * 64 + y * 5 + x);
}

static void make_file(size_t file, const char *name, size_t n)
{
    cifar_file *f = &files[file];
    *f = (cifar_file){.name = name, .n = n, .n_bytes = n * RECORD};
    uint8_t *to = f->bytes;
    for (size_t r = 0; r < n; r++) {
        *to++ = (uint8_t)((file + r) % 10);
        for (size_t plane = 0; plane < 3; plane++)
            for (size_t y = 0; y < SIDE; y++)
                for (size_t x = 0; x < SIDE; x++)
                    *to++ = pixel(file, r, plane, y, x);
    }
}

/* The entry's `files` as text, with the hashes of the files as they are now. */
static const char *text_of_files(void)
{
    static char text[1000];
    char sha[FILES][BNN_SHA256_HEX];
    for (size_t i = 0; i < FILES; i++)
        bnn_sha256(files[i].bytes, files[i].n_bytes, sha[i]);
    snprintf(text, sizeof text,
             "  train:\n    - {name: %s, sha256: \"%s\"}\n    - {name: %s, sha256: \"%s\"}\n"
             "  test: {name: %s, sha256: \"%s\"}\n",
             files[0].name, sha[0], files[1].name, sha[1], files[2].name, sha[2]);
    return text;
}

static void write_entry(const char *format, const char *text)
{
    char entry[1200];
    const int n = snprintf(entry, sizeof entry,
                           "summary: small pictures\nclasses: 10\nshape: [3, 32, 32]\n"
                           "format: %s\nfiles:\n%s",
                           format, text);
    fixture_write("catalogue/colours.yaml", entry, (size_t)n);
}

/* The second file compressed, as any may be. */
static void write_set(void)
{
    for (size_t i = 0; i < FILES; i++) {
        char relative[100];
        snprintf(relative, sizeof relative, "d/%s%s", files[i].name, i == 1 ? ".gz" : "");
        (i == 1 ? fixture_write_gz : fixture_write)(relative, files[i].bytes, files[i].n_bytes);
    }
    write_entry("cifar", text_of_files());
    setenv("BNN_DATA_PATH", fixture_path("d"), 1);
}

static void begin(void)
{
    fixture_begin();
    make_file(0, "data_batch_1.bin", 4);
    make_file(1, "data_batch_2.bin", 3);
    make_file(2, "test_batch.bin", 2);
}

static void expect_images(const bnn_images *images, size_t first_file, size_t n_files)
{
    size_t at = 0;
    for (size_t file = first_file; file < first_file + n_files; file++)
        for (size_t r = 0; r < files[file].n; r++, at++) {
            ck_assert_uint_eq(images->labels[at], (file + r) % 10);
            for (size_t plane = 0; plane < 3; plane++) /* red, green, blue, row by row */
                for (size_t y = 0; y < SIDE; y++)
                    for (size_t x = 0; x < SIDE; x++)
                        ck_assert_uint_eq(
                            images->pixels[at * PIXELS + (plane * SIDE + y) * SIDE + x],
                            pixel(file, r, plane, y, x));
        }
    ck_assert_uint_eq(images->n, at);
}

START_TEST(test_batches_follow_each_other)
{
    bnn_dataset data;
    bnn_error err = {0};
    char hashes[FILES * (BNN_SHA256_HEX - 1) + 1], expected[BNN_SHA256_HEX];
    write_set();
    ck_assert_msg(fixture_open("colours", NULL, &data, &err) == BNN_OK, "%s", err.message);
    ck_assert_uint_eq(data.shape.c, 3);
    ck_assert_uint_eq(data.shape.h, SIDE);
    ck_assert_uint_eq(data.shape.w, SIDE);
    ck_assert_uint_eq(data.n_classes, 10);
    ck_assert_str_eq(data.source, fixture_path("d"));
    expect_images(&data.train, 0, 2);
    expect_images(&data.test, 2, 1);
    for (size_t i = 0; i < FILES; i++)
        bnn_sha256(files[i].bytes, files[i].n_bytes, hashes + i * (BNN_SHA256_HEX - 1));
    bnn_sha256(hashes, strlen(hashes), expected);
    ck_assert_str_eq(data.sha256, expected);
    bnn_dataset_close(&data);
}
END_TEST

/* The catalogue agrees with the files, but they do not make a data set. */
static void expect_bad_set(size_t file, const char *message)
{
    bnn_dataset data;
    bnn_error err;
    char expected[3 * PATH_MAX], relative[100];
    write_set();
    ck_assert_int_eq(fixture_open("colours", NULL, &data, &err), BNN_E_RESOURCE);
    snprintf(relative, sizeof relative, "d/%s%s", files[file].name, file == 1 ? ".gz" : "");
    snprintf(expected, sizeof expected, "%s: %s", fixture_path(relative), message);
    ck_assert_msg(strncmp(err.message, expected, strlen(expected)) == 0, "%s\nis not\n%s",
                  err.message, expected);
}

START_TEST(test_files_that_do_not_fit)
{
    files[1].n_bytes -= 1;
    expect_bad_set(1, "9218 bytes are no whole number of records of 3073: a label and an image of "
                      "3x32x32, as ");
    files[1].n_bytes = RECORD - 1; /* less than one */
    expect_bad_set(1, "3072 bytes are no whole number of records");
    files[1].n_bytes = 0;
    expect_bad_set(1, "empty");
    files[1].n_bytes = files[1].n * RECORD;
    files[2].bytes[RECORD] = 10;
    expect_bad_set(2, "label 10 at index 1, but ");
    files[2].bytes[RECORD] = 255;
    expect_bad_set(2, "label 255 at index 1, but ");
}
END_TEST

/* What is more than the limit is refused, however small it is packed, and before it is in memory. */
START_TEST(test_a_file_is_bounded)
{
    bnn_error err;
    bnn_content content = {.n_bytes = 77};
    enum { LIMIT = 3 << 20 };
    uint8_t *zeros = calloc(1, LIMIT + 1);
    ck_assert_ptr_nonnull(zeros);
    for (size_t over = 0; over < 2; over++) {
        fixture_write_gz("f.gz", zeros, LIMIT + over);
        const int status = bnn_content_read(fixture_path("f.gz"), LIMIT, &content, &err);
        ck_assert_int_eq(status, over == 0 ? BNN_OK : BNN_E_RESOURCE);
        ck_assert_uint_eq(content.n_bytes, LIMIT);
        if (over > 0)
            ck_assert_ptr_nonnull(
                strstr(err.message, "holds more than the limit of 3145728 bytes"));
    }
    free(content.bytes);
    free(zeros);
}
END_TEST

/* ---- catalogue entries ---- */

static const char sha[] =
    "sha256: \"0000000000000000000000000000000000000000000000000000000000000000\"";

static const struct {
    const char *format, *files; /* %s in files: a SHA-256 */
    const char *message;        /* NULL: fine; in full, or the end is left out */
} entries[] = {
    {"cifar", "  train: {name: a, %s}\n  test: {name: b, %s}\n", NULL},
    {"cifar", "  train: [{name: a, %s}]\n  test: [{name: b, %s}]\n", NULL},
    {"cifar", "  train: {name: a, %s}\n", "6:3: files: the key \"test\" is missing"},
    {"cifar", "  train: []\n  test: {name: b, %s}\n", "6:10: files.train: an empty list"},
    {"cifar", "  train: a\n  test: {name: b, %s}\n", "6:10: files.train"},
    {"cifar", "  train: [{name: a, %s}, a]\n  test: {name: b, %s}\n",
     "6:98: files.train: expected a map"},
    {"cifar", "  train: [{name: ../a, %s}]\n  test: {name: b, %s}\n",
     "6:18: files.train.name: \"../a\" must be made of"},
    {"cifar", "  train_images: {name: a, %s}\n  test: {name: b, %s}\n", "6:3: "},
    {"idx", "  train: {name: a, %s}\n", "6:3: "},
    {"idx",
     "  train_images: [{name: a, %s}]\n  train_labels: {name: b, %s}\n"
     "  test_images: {name: c, %s}\n  test_labels: {name: d, %s}\n",
     "6:17: files.train_images: expected a map"},
    {"cifra", "  train: {name: a, %s}\n  test: {name: b, %s}\n",
     "4:9: format: unknown format \"cifra\"; did you mean \"cifar\"?"},
    {"synthetic", "  train: {name: a, %s}\n",
     "4:9: format: unknown format \"synthetic\"; known: idx, cifar"},
};

START_TEST(test_entries)
{
    char text[1000], expected[PATH_MAX + 200];
    bnn_catalogue_entry entry;
    bnn_error err;
    bnn_arena *arena = bnn_arena_create(1 << 20);
    size_t n = 0;
    for (const char *c = entries[_i].files; *c != '\0'; c++) {
        const bool is_hash = strncmp(c, "%s", 2) == 0;
        n +=
            (size_t)snprintf(text + n, sizeof text - n, is_hash ? "%s" : "%.1s", is_hash ? sha : c);
        c += is_hash;
    }
    write_entry(entries[_i].format, text);
    const int status =
        bnn_catalogue_load(fixture_path("catalogue"), "colours", arena, &entry, &err);
    if (entries[_i].message == NULL) {
        ck_assert_msg(status == BNN_OK, "%s", err.message);
        ck_assert_str_eq(entry.format->name, "cifar");
        ck_assert_uint_eq(entry.n_files, 2);
        ck_assert_str_eq(entry.files[1].name, "b");
        ck_assert_uint_eq(entry.files[1].role, 1);
    } else {
        ck_assert_int_eq(status, BNN_E_SPEC);
        n = (size_t)snprintf(expected, sizeof expected, "%s:%s",
                             fixture_path("catalogue/colours.yaml"), entries[_i].message);
        ck_assert_msg(strncmp(err.message, expected, n) == 0, "%s\nis not\n%s", err.message,
                      expected);
    }
    bnn_arena_destroy(arena);
}
END_TEST

START_TEST(test_too_many_files)
{
    char text[4096] = "  train:\n";
    size_t n = strlen(text);
    bnn_catalogue_entry entry;
    bnn_error err;
    bnn_arena *arena = bnn_arena_create(1 << 20);
    for (int i = 0; i < BNN_DATA_FILES_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "    - {name: f%d, %s}\n", i, sha);
    snprintf(text + n, sizeof text - n, "  test: {name: b, %s}\n", sha);
    char yaml[4600];
    snprintf(yaml, sizeof yaml,
             "summary: many\nclasses: 10\nshape: [3, 32, 32]\nformat: cifar\nfiles:\n%s", text);
    fixture_write("catalogue/many.yaml", yaml, strlen(yaml));
    ck_assert_int_eq(bnn_catalogue_load(fixture_path("catalogue"), "many", arena, &entry, &err),
                     BNN_E_SPEC);
    ck_assert_ptr_nonnull(strstr(err.message, ": files: more than 16"));
    bnn_arena_destroy(arena);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("cifar");
    TCase *cifar = tcase_create("cifar");
    tcase_add_checked_fixture(cifar, begin, fixture_end);
    tcase_add_test(cifar, test_batches_follow_each_other);
    tcase_add_test(cifar, test_files_that_do_not_fit);
    tcase_add_test(cifar, test_a_file_is_bounded);
    tcase_add_loop_test(cifar, test_entries, 0, sizeof entries / sizeof *entries);
    tcase_add_test(cifar, test_too_many_files);
    suite_add_tcase(suite, cifar);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
