/* check_pins.c - sets whose entry says less than the hash of each content, or that their files are to be
 * taken otherwise than they are. */
#include "base/file.h"
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/data_fixture.h"

#include "data/content.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const keys[TINY_FILES] = {"train_images", "train_labels", "test_images",
                                             "test_labels"};
static tiny_set tiny;

static void begin(void)
{
    fixture_begin();
    fixture_make_tiny(&tiny);
}

/* catalogue/tiny.yaml; hash: the key of a hash of each file, which lies in a folder, or NULL for none. */
static void write_entry(const char *hash, const char *folder, int h, int w, const char *more)
{
    char text[2000], path[PATH_MAX], sha256[BNN_SHA256_HEX];
    bnn_error err;
    size_t n = (size_t)snprintf(text, sizeof text,
                                "summary: a small set\nclasses: %d\nshape: [1, %d, %d]\n%sfiles:\n",
                                TINY_CLASSES, h, w, more);
    for (int i = 0; i < TINY_FILES; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "  %s: {name: %s", keys[i], tiny.names[i]);
        if (hash != NULL) {
            snprintf(path, sizeof path, "%s/%s%s", folder, tiny.names[i],
                     strcmp(hash, "gz_sha256") == 0 ? ".gz" : "");
            ck_assert_int_eq(bnn_file_sha256(fixture_path(path), sha256, &err), BNN_OK);
            n += (size_t)snprintf(text + n, sizeof text - n, ", %s: \"%s\"", hash, sha256);
        }
        n += (size_t)snprintf(text + n, sizeof text - n, "}\n");
    }
    fixture_write("catalogue/tiny.yaml", text, n);
}

static void open_tiny(bnn_dataset *out)
{
    bnn_error err = {0};
    ck_assert_msg(fixture_open("tiny", NULL, out, &err) == BNN_OK, "%s", err.message);
}

static const char *identify(void)
{
    static char out[BNN_SHA256_HEX];
    const bnn_data_options options = {.name = "tiny"};
    const bnn_data_search search = fixture_search(false, NULL);
    bnn_dataset_identify(&options, &search, out);
    return out;
}

/* The same files have the same identity, whoever says their hashes, and however they are packed. */
START_TEST(test_without_hashes_the_files_count)
{
    bnn_dataset data;
    char pinned[BNN_SHA256_HEX];
    fixture_write_catalogue(&tiny, "tiny", "");
    snprintf(pinned, sizeof pinned, "%s", identify()); /* nothing is here yet */
    ck_assert_uint_eq(strlen(pinned), BNN_SHA256_HEX - 1);
    write_entry(NULL, NULL, TINY_H, TINY_W, "");
    ck_assert_str_eq(identify(), "");
    fixture_write_set(&tiny, "cache/bnnrun/tiny", true);
    ck_assert_str_eq(identify(), pinned);
    open_tiny(&data);
    ck_assert_str_eq(data.sha256, pinned);
    ck_assert(!data.pinned);
    bnn_dataset_close(&data);
    tiny.bytes[0][20] ^= 1;
    fixture_write_set(&tiny, "cache/bnnrun/tiny", true);
    ck_assert_str_ne(identify(), pinned);
    open_tiny(&data);
    ck_assert_str_eq(data.sha256, identify());
    bnn_dataset_close(&data);
}
END_TEST

/* Where only the packed file has a known hash, only that counts; what it holds is the identity. */
START_TEST(test_a_hash_of_the_packed_file)
{
    bnn_dataset data;
    bnn_error err;
    char content[BNN_SHA256_HEX];
    fixture_write_set(&tiny, "cache/bnnrun/tiny", true);
    fixture_write_catalogue(&tiny, "tiny", "");
    snprintf(content, sizeof content, "%s", identify());
    write_entry("gz_sha256", "cache/bnnrun/tiny", TINY_H, TINY_W, "");
    open_tiny(&data);
    ck_assert(data.pinned);
    ck_assert_str_eq(data.sha256, content);
    bnn_dataset_close(&data);
    ck_assert_str_eq(identify(), content);
    tiny.bytes[1][9] ^= 1;
    fixture_write_set(&tiny, "cache/bnnrun/tiny", true);
    ck_assert_int_eq(fixture_open("tiny", NULL, &data, &err), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, "-labels-idx1-ubyte.gz: not the file that "));
    ck_assert_ptr_nonnull(strstr(err.message, ": its packed file has SHA-256 "));
    ck_assert_str_eq(identify(), "");
    fixture_end();
    begin();
    fixture_write_set(&tiny, "cache/bnnrun/tiny", true);
    write_entry("gz_sha256", "cache/bnnrun/tiny", TINY_H, TINY_W, "");
    for (int i = 0; i < TINY_FILES; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "cache/bnnrun/tiny/%s.gz", tiny.names[i]);
        ck_assert_int_eq(unlink(fixture_path(path)), 0);
    }
    fixture_write_set(&tiny, "cache/bnnrun/tiny", false);
    ck_assert_int_eq(fixture_open("tiny", NULL, &data, &err), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, "none of its files NAME.gz, which alone have a"));
}
END_TEST

START_TEST(test_images_that_are_turned_and_labels_from_one)
{
    bnn_dataset plain, turned;
    char sha256[BNN_SHA256_HEX];
    for (uint32_t i = 0; i < TINY_TRAIN; i++)
        tiny.bytes[1][8 + i]++;
    for (uint32_t i = 0; i < TINY_TEST; i++)
        tiny.bytes[3][8 + i]++;
    fixture_write_set(&tiny, "cache/bnnrun/tiny", false);
    write_entry("sha256", "cache/bnnrun/tiny", TINY_H, TINY_W, "first_label: 1\n");
    open_tiny(&plain);
    ck_assert_str_eq(plain.sha256, identify());
    snprintf(sha256, sizeof sha256, "%s", plain.sha256);
    write_entry("sha256", "cache/bnnrun/tiny", TINY_W, TINY_H, "first_label: 1\ntranspose: true\n");
    open_tiny(&turned);
    ck_assert_str_eq(turned.sha256, identify());
    ck_assert_str_ne(turned.sha256, sha256);
    ck_assert_uint_eq(turned.shape.h, TINY_W);
    ck_assert_uint_eq(turned.shape.w, TINY_H);
    for (uint32_t i = 0; i < TINY_TRAIN; i++) {
        ck_assert_uint_eq(plain.train.labels[i], i % TINY_CLASSES);
        ck_assert_uint_eq(turned.train.labels[i], i % TINY_CLASSES);
        for (uint32_t y = 0; y < TINY_H; y++)
            for (uint32_t x = 0; x < TINY_W; x++)
                ck_assert_uint_eq(turned.train.pixels[(i * TINY_W + x) * TINY_H + y],
                                  plain.train.pixels[(i * TINY_H + y) * TINY_W + x]);
    }
    ck_assert_mem_eq(plain.test.pixels, tiny.bytes[2] + 16, TINY_TEST * TINY_H * TINY_W);
    bnn_dataset_close(&plain);
    bnn_dataset_close(&turned);
}
END_TEST

static const struct {
    int first;
    uint8_t label;
    const char *before, *behind; /* the name of the entry, at the end of the message */
} labels[] = {
    {1, 0, ": label 0 at index 4, but ", " has 3 classes, the first with label 1"},
    {1, 4, ": label 4 at index 4, but ", " has 3 classes, the first with label 1"},
    {0, 3, ": label 3 at index 4, but ", " has 3 classes"},
};

START_TEST(test_labels_out_of_range)
{
    bnn_dataset data;
    bnn_error err;
    char more[40], expected[PATH_MAX + 100];
    memset(tiny.bytes[1] + 8, 1, TINY_TRAIN);
    tiny.bytes[1][8 + 4] = labels[_i].label;
    fixture_write_set(&tiny, "cache/bnnrun/tiny", false);
    snprintf(more, sizeof more, "first_label: %d\n", labels[_i].first);
    write_entry(NULL, NULL, TINY_H, TINY_W, more);
    ck_assert_int_eq(fixture_open("tiny", NULL, &data, &err), BNN_E_RESOURCE);
    snprintf(expected, sizeof expected, "%s%s%s", labels[_i].before,
             fixture_path("catalogue/tiny.yaml"), labels[_i].behind);
    const size_t n = strlen(err.message), n_end = strlen(expected);
    ck_assert(n > n_end);
    ck_assert_str_eq(err.message + n - n_end, expected);
}
END_TEST

/* An entry knows where its files are; when they are not pinned, they are there and nowhere else. */
START_TEST(test_the_path_of_an_entry)
{
    bnn_dataset data;
    bnn_error err;
    fixture_write_set(&tiny, "catalogue/mine", false);
    fixture_write_set(&tiny, "cache/bnnrun/tiny", false);
    write_entry(NULL, NULL, TINY_H, TINY_W, "path: mine\n");
    fixture_expect_at(&tiny, "tiny", "catalogue/mine");
    setenv("HOME", fixture_path("catalogue"), 1);
    write_entry(NULL, NULL, TINY_H, TINY_W, "path: ~/mine\n");
    fixture_expect_at(&tiny, "tiny", "catalogue/mine");
    write_entry(NULL, NULL, TINY_H, TINY_W, "path: gone\n");
    ck_assert_int_eq(fixture_open("tiny", NULL, &data, &err), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, "/gone (path of its entry): no such directory"));
    write_entry("sha256", "catalogue/mine", TINY_H, TINY_W, "path: gone\n");
    fixture_expect_at(&tiny, "tiny", "cache/bnnrun/tiny");
    write_entry(NULL, NULL, TINY_H, TINY_W, "path: ''\n");
    ck_assert_int_eq(fixture_open("tiny", NULL, &data, &err), BNN_E_SPEC);
    ck_assert_ptr_nonnull(strstr(err.message, ":4:7: path: must name a directory"));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("pins");
    TCase *pins = tcase_create("pins");
    tcase_add_checked_fixture(pins, begin, fixture_end);
    tcase_add_test(pins, test_without_hashes_the_files_count);
    tcase_add_test(pins, test_a_hash_of_the_packed_file);
    tcase_add_test(pins, test_images_that_are_turned_and_labels_from_one);
    tcase_add_loop_test(pins, test_labels_out_of_range, 0, sizeof labels / sizeof *labels);
    tcase_add_test(pins, test_the_path_of_an_entry);
    suite_add_tcase(suite, pins);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
