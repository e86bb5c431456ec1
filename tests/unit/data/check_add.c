/* check_add.c - folders of IDX files and of pictures become data sets; all of them are drawn here. */
#include "base/file.h"
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/data_fixture.h"

#include "data/add/add.h"

#include <dirent.h>
#include <png.h>
#include <stdio.h>
#include <string.h>

enum { SIDE_H = 3, SIDE_W = 5, PIXELS = SIDE_H * SIDE_W };

static tiny_set tiny;
static char catalogue[PATH_MAX];

static void begin(void)
{
    fixture_begin();
    fixture_make_tiny(&tiny);
    snprintf(catalogue, sizeof catalogue, "%s", fixture_path("catalogue"));
}

static bnn_add_request request_for(const char *folder)
{
    return (bnn_add_request){
        .name = "mine", .folder = fixture_path(folder), .catalogue = catalogue};
}

static void expect_added(const bnn_add_request *request, bnn_add_result *out, bnn_dataset *data)
{
    bnn_error err = {0};
    ck_assert_msg(bnn_data_add(request, out, &err) == BNN_OK, "%s", err.message);
    ck_assert_str_eq(out->entry, fixture_path("catalogue/mine.yaml"));
    ck_assert_msg(fixture_open("mine", NULL, data, &err) == BNN_OK, "%s", err.message);
    ck_assert(data->pinned);
    ck_assert_str_eq(data->source, out->folder);
    ck_assert_uint_eq(data->train.n, out->n_train);
    ck_assert_uint_eq(data->test.n, out->n_test);
    ck_assert_uint_eq(data->n_classes, out->n_classes);
}

/* Nothing is left when it fails. */
static void expect_refused(const bnn_add_request *request, bnn_status status, const char *message)
{
    bnn_error err = {.message = ""};
    bnn_add_result result;
    ck_assert_int_eq(bnn_data_add(request, &result, &err), status);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s\nlacks\n%s", err.message, message);
    DIR *dir = opendir(catalogue);
    for (const struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;)
        ck_assert_msg(e->d_name[0] == '.', "%s was left", e->d_name);
    if (dir != NULL)
        closedir(dir);
}

/* ---- IDX --------------------------------------------------------------------------------- */

static const struct {
    const char *names[TINY_FILES];
    bool packed;
    const char *match, *train_name, *test_name;
    bool copied; /* a name that an entry cannot have */
} namings[] = {
    {{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
      "t10k-labels-idx1-ubyte"},
     false,
     NULL,
     NULL,
     NULL,
     false},
    {{"train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte",
      "t10k-labels.idx1-ubyte"},
     true,
     NULL,
     NULL,
     NULL,
     false},
    {{"emnist-letters-train-images-idx3-ubyte", "emnist-letters-train-labels-idx1-ubyte",
      "emnist-letters-test-images-idx3-ubyte", "emnist-letters-test-labels-idx1-ubyte"},
     true,
     "letters",
     NULL,
     NULL,
     false},
    {{"X_Train.bin", "Y_Train.bin", "X_Test.bin", "Y_Test.bin"}, false, NULL, NULL, NULL, false},
    {{"a1", "a2", "b1", "b2"}, false, NULL, "a", "b", false},
    {{"my train (x)", "my train (y)", "my test (x)", "my test (y)"}, true, NULL, NULL, NULL, true},
};

START_TEST(test_idx_files_of_any_name)
{
    bnn_add_result added;
    bnn_dataset data;
    for (int i = 0; i < TINY_FILES; i++)
        tiny.names[i] = namings[_i].names[i];
    fixture_write_set(&tiny, "d", namings[_i].packed);
    fixture_write("d/README", "no images", 9);
    fixture_write("d/empty", "", 0);
    if (namings[_i].match != NULL)
        fixture_write("d/emnist-digits-train-images-idx3-ubyte", tiny.bytes[0], tiny.n_bytes[0]);
    bnn_add_request request = request_for("d");
    request.match = namings[_i].match;
    request.train_name = namings[_i].train_name;
    request.test_name = namings[_i].test_name;
    expect_added(&request, &added, &data);
    ck_assert(added.written == namings[_i].copied);
    ck_assert_uint_eq(added.first_label, 0);
    ck_assert_mem_eq(data.train.pixels, tiny.bytes[0] + 16, TINY_TRAIN * TINY_H * TINY_W);
    ck_assert_mem_eq(data.train.labels, tiny.bytes[1] + 8, TINY_TRAIN);
    ck_assert_mem_eq(data.test.pixels, tiny.bytes[2] + 16, TINY_TEST * TINY_H * TINY_W);
    bnn_dataset_close(&data);
}
END_TEST

START_TEST(test_idx_files_that_do_not_say_enough)
{
    fixture_write_set(&tiny, "d", false);
    fixture_write("d/other-train-images", tiny.bytes[0], tiny.n_bytes[0]);
    bnn_add_request request = request_for("d");
    expect_refused(&request, BNN_E_USAGE,
                   "several files could be the images for training: other-train-images, "
                   "train-images-idx3-ubyte; --match TEXT takes only those");
    request.match = "nothing";
    expect_refused(&request, BNN_E_USAGE, "no IDX file with \"nothing\" in its name");
    request.match = "idx1";
    expect_refused(&request, BNN_E_USAGE, "no file of images for training among its IDX files");
    request.match = "idx";
    request.test_percent = 10;
    expect_refused(&request, BNN_E_USAGE, "--test is for data without images for testing");
    request.test_percent = 0;
    request.n_channels = 1;
    expect_refused(&request, BNN_E_USAGE, "--channels is for pictures");
    fixture_write("f/floats", "\0\0\x0d\1\0\0\0\1abcd", 12);
    request = request_for("f");
    expect_refused(&request, BNN_E_RESOURCE, "whose elements are no unsigned bytes");
    fixture_write_set(&tiny, "MNIST/raw", true);
    request = request_for("MNIST");
    expect_refused(&request, BNN_E_USAGE,
                   "/MNIST: no images in it, but IDX files in its folder raw; name that one");
    request = request_for("d/other-train-images");
    expect_refused(&request, BNN_E_RESOURCE, ": not a folder");
}
END_TEST

START_TEST(test_idx_files_that_do_not_fit)
{
    fixture_write_set(&tiny, "d", false);
    bnn_add_request request = request_for("d");
    fixture_write("d/t10k-images-idx3-ubyte", tiny.bytes[2], tiny.n_bytes[2] - 1);
    expect_refused(&request, BNN_E_RESOURCE, "t10k-images-idx3-ubyte: truncated");
    fixture_write("d/t10k-images-idx3-ubyte", "\0\0\x08\3\0\0\0\1\0\0\0\1\0\0\0\1x", 17);
    expect_refused(&request, BNN_E_RESOURCE, "10 labels for the 1 images of ");
    fixture_write("d/t10k-labels-idx1-ubyte", "\0\0\x08\1\0\0\0\1", 9);
    expect_refused(&request, BNN_E_RESOURCE, "images of 1x1x1, but those of ");
}
END_TEST

static const struct {
    uint8_t train, test; /* a label of each instead of the last one; 255: as it is */
    uint8_t shift;       /* added to all labels */
    uint32_t wanted, n_classes, first;
    const char *message; /* or NULL */
} labels[] = {
    {255, 255, 0, 0, 3, 0, NULL},
    {255, 255, 1, 0, 3, 1, NULL},
    {255, 255, 1, 3, 3, 1, NULL},
    {255, 255, 1, 4, 4, 0, NULL},
    {255, 255, 1, 9, 9, 0, NULL},
    {255, 255, 0, 2, 0, 0, "label 2, but --classes says 2 classes"},
    {255, 255, 2, 0, 0, 0, "labels run to 4, but no image for training has label 1"},
    {255, 3, 0, 0, 0, 0, "labels run to 3, but no image for training has label 3"},
    {5, 255, 0, 0, 0, 0, "labels run to 5, but no image for training has label 3; if there are"},
    {5, 255, 0, 6, 6, 0, NULL},
};

START_TEST(test_labels_are_judged)
{
    bnn_add_result added;
    bnn_dataset data;
    for (uint32_t i = 0; i < TINY_TRAIN; i++)
        tiny.bytes[1][8 + i] = (uint8_t)(tiny.bytes[1][8 + i] + labels[_i].shift);
    for (uint32_t i = 0; i < TINY_TEST; i++)
        tiny.bytes[3][8 + i] = (uint8_t)(tiny.bytes[3][8 + i] + labels[_i].shift);
    if (labels[_i].train != 255)
        tiny.bytes[1][8 + TINY_TRAIN - 1] = labels[_i].train;
    if (labels[_i].test != 255)
        tiny.bytes[3][8 + TINY_TEST - 1] = labels[_i].test;
    fixture_write_set(&tiny, "d", false);
    bnn_add_request request = request_for("d");
    request.n_classes = labels[_i].wanted;
    if (labels[_i].message != NULL) {
        expect_refused(&request, BNN_E_RESOURCE, labels[_i].message);
        return;
    }
    expect_added(&request, &added, &data);
    ck_assert_uint_eq(added.n_classes, labels[_i].n_classes);
    ck_assert_uint_eq(added.first_label, labels[_i].first);
    ck_assert_uint_eq(data.train.labels[0], labels[_i].shift - labels[_i].first);
    bnn_dataset_close(&data);
}
END_TEST

/* An image of each class for testing, the same ones each time, and the others for training. */
START_TEST(test_a_part_for_testing)
{
    bnn_add_result added, again;
    bnn_dataset data;
    const size_t size = TINY_H * TINY_W;
    uint32_t counts[2][TINY_CLASSES] = {{0}}, at[2] = {0};
    fixture_write("d/x", tiny.bytes[0], tiny.n_bytes[0]);
    fixture_write("d/y", tiny.bytes[1], tiny.n_bytes[1]);
    bnn_add_request request = request_for("d");
    request.test_percent = 20;
    expect_added(&request, &added, &data);
    ck_assert(added.written);
    ck_assert_uint_eq(data.test.n, 6);
    for (uint32_t i = 0; i < TINY_TRAIN; i++) { /* both keep the order of the files */
        const uint8_t *image = tiny.bytes[0] + 16 + i * size;
        const bool test =
            at[1] < data.test.n && memcmp(data.test.pixels + at[1] * size, image, size) == 0;
        const bnn_images *part = test ? &data.test : &data.train;
        ck_assert_mem_eq(part->pixels + at[test] * size, image, size);
        ck_assert_uint_eq(part->labels[at[test]], i % TINY_CLASSES);
        counts[test][i % TINY_CLASSES]++;
        at[test]++;
    }
    for (size_t c = 0; c < TINY_CLASSES; c++)
        ck_assert_uint_eq(counts[1][c], 2);
    bnn_dataset_close(&data);
    request.replace = true;
    expect_added(&request, &again, &data);
    ck_assert_str_eq(again.folder, added.folder); /* which is named after what is in it */
    bnn_dataset_close(&data);
}
END_TEST

/* ---- pictures ---------------------------------------------------------------------------- */

/* A PNG whose first pixel is FIRST in all channels, or in red only; the others count up. */
static void write_png(const char *relative, uint32_t channels, uint8_t first, bool coloured)
{
    uint8_t pixels[3 * PIXELS], file[2000];
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = SIDE_W,
                       .height = SIDE_H,
                       .format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY};
    png_alloc_size_t n = sizeof file;
    for (size_t i = 0; i < PIXELS; i++)
        for (size_t c = 0; c < channels; c++)
            pixels[channels * i + c] = (uint8_t)(coloured && c > 0 && i == 0 ? 0 : first + 10 * i);
    ck_assert(png_image_write_to_memory(&image, file, &n, 0, pixels, 0, NULL));
    fixture_write(relative, file, n);
}

/* Grey pictures of the classes "b10" and "b9", which is the first: numbers count as numbers. */
static void write_pictures(void)
{
    write_png("p/train/b10/1.png", 1, 100, false);
    write_png("p/train/b10/2.png", 3, 101, false);
    write_png("p/train/b9/x.png", 1, 90, false);
    write_png("p/test/b9/10.png", 1, 92, false);
    write_png("p/test/b9/9.png", 1, 91, false);
    write_png("p/test/b10/a.png", 1, 102, false);
    fixture_write("p/train/.hidden", "", 0);
    fixture_write("p/train/b9/Thumbs.db", "?", 1);
}

static void expect_part(const bnn_images *part, const char *classes, const uint8_t *first,
                        uint32_t channels)
{
    ck_assert_uint_eq(part->n, strlen(classes));
    for (uint32_t i = 0; i < part->n; i++) {
        ck_assert_int_eq(part->labels[i], classes[i] - '0');
        for (size_t k = 0; k < channels * PIXELS; k++)
            ck_assert_uint_eq(part->pixels[i * channels * PIXELS + k],
                              (uint8_t)(first[i] + 10 * (k % PIXELS)));
    }
}

START_TEST(test_folders_of_pictures)
{
    bnn_add_result added;
    bnn_dataset data;
    write_pictures();
    bnn_add_request request = request_for("p");
    for (uint32_t channels = 1; channels <= 3; channels += 2) {
        request.n_channels = channels == 3 ? 3 : 0;
        expect_added(&request, &added, &data);
        ck_assert_uint_eq(data.shape.c, channels);
        ck_assert_uint_eq(data.shape.h, SIDE_H);
        ck_assert_uint_eq(data.shape.w, SIDE_W);
        expect_part(&data.train, "011", (const uint8_t[]){90, 100, 101}, channels);
        expect_part(&data.test, "001", (const uint8_t[]){91, 92, 102}, channels);
        bnn_dataset_close(&data);
        request.replace = true;
    }
}
END_TEST

/* The pictures before the first one with a colour are grey ones of three channels then. */
START_TEST(test_one_colour_makes_all_colours)
{
    bnn_add_result added;
    bnn_dataset data;
    write_pictures();
    write_png("p/train/b10/3.png", 3, 103, true);
    bnn_add_request request = request_for("p");
    expect_added(&request, &added, &data);
    ck_assert_uint_eq(data.shape.c, 3);
    const uint8_t *pixels = data.train.pixels + 3 * 3 * PIXELS;
    ck_assert_uint_eq(data.train.n, 4);
    ck_assert_uint_eq(pixels[0], 103);
    ck_assert_uint_eq(pixels[PIXELS], 0);
    ck_assert_uint_eq(pixels[PIXELS + 1], 113);
    data.train.n = 3;
    expect_part(&data.train, "011", (const uint8_t[]){90, 100, 101}, 3);
    expect_part(&data.test, "001", (const uint8_t[]){91, 92, 102}, 3);
    bnn_dataset_close(&data);
}
END_TEST

START_TEST(test_pictures_on_their_side)
{
    bnn_add_result added;
    bnn_dataset data;
    write_pictures();
    bnn_add_request request = request_for("p");
    request.transpose = true;
    expect_added(&request, &added, &data);
    ck_assert_uint_eq(data.shape.h, SIDE_W);
    ck_assert_uint_eq(data.shape.w, SIDE_H);
    ck_assert_uint_eq(data.train.pixels[1], 90 + 10 * SIDE_W);
    ck_assert_uint_eq(data.train.pixels[SIDE_H], 90 + 10);
    bnn_dataset_close(&data);
}
END_TEST

/* What is replaced leaves nothing behind, and what is not there yet hides nothing. */
START_TEST(test_an_entry_is_replaced_when_it_is_asked_for)
{
    bnn_add_result first, second;
    bnn_dataset data;
    bnn_error err;
    write_pictures();
    bnn_add_request request = request_for("p");
    expect_added(&request, &first, &data);
    bnn_dataset_close(&data);
    write_png("p/test/b9/8.png", 1, 70, false);
    ck_assert_int_eq(bnn_data_add(&request, &second, &err), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, "mine.yaml is there already; --force replaces it"));
    request.replace = true;
    expect_added(&request, &second, &data);
    ck_assert_uint_eq(data.test.n, 4);
    bnn_dataset_close(&data);
    ck_assert_str_ne(first.folder, second.folder);
    ck_assert_ptr_null(opendir(first.folder));
}
END_TEST

START_TEST(test_pictures_that_cannot_be_used)
{
    write_pictures();
    bnn_add_request request = request_for("p/train");
    expect_refused(&request, BNN_E_USAGE, "none called train and test; --test PERCENT takes");
    request.test_percent = 90;
    request.n_classes = 3;
    expect_refused(&request, BNN_E_USAGE, "--classes is for labels");
    request = request_for("p");
    request.test_percent = 10;
    expect_refused(&request, BNN_E_USAGE, "--test is for data without images for testing");
    request.test_percent = 0;
    request.test_name = "proof";
    expect_refused(&request, BNN_E_USAGE, "has a folder for training, but none for testing");
    request.test_name = NULL;
    fixture_write("p/test/b11/x.png", "", 0);
    expect_refused(&request, BNN_E_RESOURCE, "/p/test/b11: there is no such folder for training");
    fixture_write("p/train/b11/x.txt", "text", 4);
    expect_refused(&request, BNN_E_RESOURCE, "/p/train/b11/x.txt: not a picture");
    fixture_write("p/train/b11/x.txt", "P2 5 2 9 1 2 3 4 5 6 7 8 9 0", 28);
    expect_refused(&request, BNN_E_RESOURCE, "x.txt: 2 pixels high and 5 wide, but ");
    fixture_write("p/train/b11/sub/x", "", 0);
    expect_refused(&request, BNN_E_RESOURCE, "/p/train/b11/sub: not a file, but what is in the");
    fixture_write("q/nothing/.x", "", 0);
    request = request_for("q");
    request.test_percent = 10;
    expect_refused(&request, BNN_E_RESOURCE, "/q/nothing: no pictures");
    request = request_for("q/nothing");
    expect_refused(&request, BNN_E_RESOURCE, "neither IDX files nor folders with the pictures");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("add");
    TCase *add = tcase_create("add");
    tcase_add_checked_fixture(add, begin, fixture_end);
    tcase_add_loop_test(add, test_idx_files_of_any_name, 0, sizeof namings / sizeof *namings);
    tcase_add_test(add, test_idx_files_that_do_not_say_enough);
    tcase_add_test(add, test_idx_files_that_do_not_fit);
    tcase_add_loop_test(add, test_labels_are_judged, 0, sizeof labels / sizeof *labels);
    tcase_add_test(add, test_a_part_for_testing);
    tcase_add_test(add, test_folders_of_pictures);
    tcase_add_test(add, test_one_colour_makes_all_colours);
    tcase_add_test(add, test_pictures_on_their_side);
    tcase_add_test(add, test_an_entry_is_replaced_when_it_is_asked_for);
    tcase_add_test(add, test_pictures_that_cannot_be_used);
    suite_add_tcase(suite, add);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
