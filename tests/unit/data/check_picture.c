/* check_picture.c - PNG, JPEG and PGM: what becomes of each kind of picture, and that no damage does more
 * than give an error. The files are those of the fuzz corpus. */
#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/hostile_picture.h"

#include "base/file.h"

#include <math.h>
#include <stdio.h>

enum { PATH_BYTES = 4096, PIXELS_MAX = 24 };

static const char *corpus(const char *name)
{
    static char path[PATH_BYTES];
    const char *source = getenv("srcdir");
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/picture/%s", source == NULL ? "." : source,
             name);
    return path;
}

/* ---- what becomes of a picture ----------------------------------------------------------- */

static const struct {
    const char *name;
    uint32_t width, height;
    uint8_t pixels[PIXELS_MAX];
    int tolerance;
} good_files[] = {
    {"grey.png",
     5,
     4,
     {0, 30, 60, 90, 120, 60, 90, 120, 150, 180, 120, 150, 180, 210, 240, 180, 210, 240, 14, 44},
     0},
    {"interlaced.png",
     5,
     4,
     {0, 30, 60, 90, 120, 60, 90, 120, 150, 180, 120, 150, 180, 210, 240, 180, 210, 240, 14, 44},
     0},
    {"raw.pgm",
     5,
     4,
     {0, 30, 60, 90, 120, 60, 90, 120, 150, 180, 120, 150, 180, 210, 240, 180, 210, 240, 14, 44},
     0},
    {"one_bit.png",
     9,
     2,
     {255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0},
     0},
    /* 0, half, all of 65535, without a gamma of its own: sRGB like 8 bits. */
    {"grey_16.png", 3, 1, {0, 128, 255}, 0},
    /* Luminance is added up in linear light: red is 0.2126 of it, which sRGB writes as 127. */
    {"rgb.png", 2, 2, {127, 220, 76, 9}, 1},
    /* On white paper, in linear light: half black is 0.498 of white, which sRGB writes as 187. */
    {"grey_alpha.png", 3, 1, {255, 187, 77}, 1},
    {"rgba.png", 2, 1, {255, 128}, 1},
    /* Colours 0, 1, 2, 3, and back; 0 is transparent, 2 half. */
    {"palette_transparent.png", 4, 2, {255, 255, 197, 7, 7, 197, 255, 255}, 1},
    /* Linear light 128 of 255; libpng takes sRGB for a power of 1 / 2.2 here. */
    {"gamma.png", 2, 1, {186, 255}, 1},
    {"text.png", 1, 1, {0x42}, 0},
    {"raw_16.pgm", 2, 1, {128, 255}, 0},
    {"plain.pgm", 3, 2, {0, 17, 34, 221, 238, 255}, 0},
    {"comment.pgm", 2, 1, {1, 2}, 0},
};

START_TEST(pictures_become_grey_bytes)
{
    bnn_picture picture;
    bnn_error err;
    const char *path = corpus(good_files[_i].name);
    ck_assert_msg(bnn_picture_read(path, 1, &picture, &err) == BNN_OK, "%s", err.message);
    ck_assert_uint_eq(picture.width, good_files[_i].width);
    ck_assert_uint_eq(picture.height, good_files[_i].height);
    for (size_t i = 0; i < (size_t)picture.width * picture.height; i++)
        ck_assert_msg(abs(picture.pixels[i] - good_files[_i].pixels[i]) <= good_files[_i].tolerance,
                      "%s: pixel %zu is %u, not %u", path, i, picture.pixels[i],
                      good_files[_i].pixels[i]);
    free(picture.pixels);
}
END_TEST

static const struct {
    const char *name;
    size_t n;
    uint8_t pixels[PIXELS_MAX];
} colour_files[] = {
    {"rgb.png", 12, {255, 0, 0, 9, 0, 255, 0, 9, 0, 0, 255, 9}},
    {"grey_16.png", 9, {0, 128, 255, 0, 128, 255, 0, 128, 255}},
    {"comment.pgm", 6, {1, 2, 1, 2, 1, 2}},
};

START_TEST(pictures_become_three_planes)
{
    bnn_picture picture;
    bnn_error err;
    ck_assert_int_eq(bnn_picture_read(corpus(colour_files[_i].name), 3, &picture, &err), BNN_OK);
    ck_assert_uint_eq(3 * (size_t)picture.width * picture.height, colour_files[_i].n);
    ck_assert_mem_eq(picture.pixels, colour_files[_i].pixels, colour_files[_i].n);
    free(picture.pixels);
}
END_TEST

/* ---- JPEG -------------------------------------------------------------------------------- */

static size_t read_corpus(const char *name, uint8_t **bytes)
{
    bnn_error err;
    size_t n;
    char *text;
    ck_assert_int_eq(bnn_file_read(corpus(name), 1 << 16, &text, &n, &err), BNN_OK);
    *bytes = (uint8_t *)text;
    return n;
}

/* Blocks of 8x8 pixels, row after row, of one value each. */
static void expect_blocks(const bnn_picture *picture, uint32_t plane, uint32_t w, uint32_t h,
                          const uint8_t *blocks)
{
    ck_assert_uint_eq(picture->width, 8 * w);
    ck_assert_uint_eq(picture->height, 8 * h);
    for (uint32_t y = 0; y < 8 * h; y++)
        for (uint32_t x = 0; x < 8 * w; x++) {
            const uint8_t pixel = picture->pixels[((size_t)plane * 8 * h + y) * 8 * w + x];
            ck_assert_msg(abs(pixel - blocks[y / 8 * w + x / 8]) <= 1, "plane %u, x %u, y %u: %u",
                          plane, x, y, pixel);
        }
}

static const uint8_t upright[6] = {0, 50, 100, 150, 200, 250};

START_TEST(jpegs_become_bytes)
{
    static const char *const names[] = {"blocks.jpg", "blocks_progressive.jpg",
                                        "blocks_arithmetic.jpg", "trailing.jpg"};
    static const uint8_t colours[3][2] = {{255, 0}, {0, 0}, {0, 255}};
    bnn_picture picture;
    bnn_error err;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (uint32_t channels = 1; channels <= 3; channels += 2) {
            ck_assert_int_eq(bnn_picture_read(corpus(names[i]), channels, &picture, &err), BNN_OK);
            for (uint32_t c = 0; c < channels; c++)
                expect_blocks(&picture, c, 2, 3, upright);
            free(picture.pixels);
        }
    ck_assert_int_eq(bnn_picture_read(corpus("colour.jpg"), 3, &picture, &err), BNN_OK);
    for (uint32_t c = 0; c < 3; c++)
        expect_blocks(&picture, c, 2, 1, colours[c]);
    free(picture.pixels);
    /* The luminance of red and blue, as in rgb.png. */
    ck_assert_int_eq(bnn_picture_read(corpus("colour.jpg"), 1, &picture, &err), BNN_OK);
    expect_blocks(&picture, 0, 2, 1, (const uint8_t[]){127, 76});
    free(picture.pixels);
}
END_TEST

/* EXIF's orientations, from the corner where row 0 begins; anything else is upright. */
START_TEST(jpegs_are_turned_upright)
{
    static const struct {
        uint32_t w, h;
        uint8_t blocks[6];
    } wanted[] = {
        {2, 3, {0, 50, 100, 150, 200, 250}}, {2, 3, {0, 50, 100, 150, 200, 250}},
        {2, 3, {50, 0, 150, 100, 250, 200}}, {2, 3, {250, 200, 150, 100, 50, 0}},
        {2, 3, {200, 250, 100, 150, 0, 50}}, {3, 2, {0, 100, 200, 50, 150, 250}},
        {3, 2, {200, 100, 0, 250, 150, 50}}, {3, 2, {250, 150, 50, 200, 100, 0}},
        {3, 2, {50, 150, 250, 0, 100, 200}}, {2, 3, {0, 50, 100, 150, 200, 250}},
    };
    static const uint8_t entry[] = {0x12, 1, 3, 0, 1, 0, 0, 0};
    bnn_picture picture;
    bnn_error err;
    uint8_t *bytes;
    const size_t n = read_corpus("turned.jpg", &bytes);
    uint8_t *at = memmem(bytes, n, entry, sizeof entry);
    ck_assert_ptr_nonnull(at);
    at[sizeof entry] = (uint8_t)_i;
    ck_assert_int_eq(bnn_picture_decode(bytes, n, "turned", 1, &picture, &err), BNN_OK);
    expect_blocks(&picture, 0, wanted[_i].w, wanted[_i].h, wanted[_i].blocks);
    free(picture.pixels);
    free(bytes);
}
END_TEST

START_TEST(jpegs_in_colour_are_turned_upright)
{
    bnn_picture picture;
    bnn_error err;
    ck_assert_int_eq(bnn_picture_read(corpus("turned_colour.jpg"), 3, &picture, &err), BNN_OK);
    expect_blocks(&picture, 0, 1, 2, (const uint8_t[]){255, 0});
    expect_blocks(&picture, 2, 1, 2, (const uint8_t[]){0, 255});
    free(picture.pixels);
}
END_TEST

enum { N_JPEG = 4 };
static const char *const jpeg_files[N_JPEG] = {"blocks.jpg", "blocks_progressive.jpg", "turned.jpg",
                                               "turned_colour.jpg"};

/* Cut anywhere, a JPEG is refused: its end is marked. */
START_TEST(truncated_jpegs)
{
    uint8_t *bytes;
    const size_t n = read_corpus(jpeg_files[_i], &bytes);
    ck_assert(try_picture(bytes, n));
    for (size_t length = 0; length + 2 <= n; length++)
        ck_assert_msg(!try_picture(bytes, length), "%s: accepted with %zu of %zu bytes",
                      jpeg_files[_i], length, n);
    free(bytes);
}
END_TEST

/* ---- PGM --------------------------------------------------------------------------------- */

/* Every maximum takes every value to the nearest byte, its own to 255. */
START_TEST(maxima_of_pgm)
{
    for (unsigned maximum = 1; maximum <= 65535; maximum += maximum < 300 ? 1 : 257) {
        char text[64];
        bnn_picture picture;
        bnn_error err;
        const unsigned value = maximum / 3;
        const int n = snprintf(text, sizeof text, "P2 3 1 %u 0 %u %u", maximum, value, maximum);
        ck_assert_int_eq(
            bnn_picture_decode((const uint8_t *)text, (size_t)n, "p", 1, &picture, &err), BNN_OK);
        ck_assert_uint_eq(picture.pixels[0], 0);
        ck_assert_double_le(fabs(picture.pixels[1] - 255.0 * value / maximum), 0.5);
        ck_assert_uint_eq(picture.pixels[2], 255);
        free(picture.pixels);
    }
}
END_TEST

/* ---- damaged, hostile -------------------------------------------------------------------- */

static const struct {
    const char *name, *message;
} bad_files[] = {
    {"bad_crc.png", "damaged PNG: IDAT: CRC error"},
    {"truncated.png", "not a usable PNG: "},
    {"too_few_rows.png", "damaged PNG: "},
    {"long_chunk.png", "not a usable PNG: a chunk ends behind the file"},
    {"magic_only.png", "not a usable PNG: "},
    {"zero_width.png", "not a usable PNG: "},
    {"huge.png", "900000x900000 pixels, more than the limit of 16384 in a row or a column"},
    {"over_maximum.pgm", "damaged PGM: pixel 1 is 255, more than the maximum of 100"},
    {"trailing.pgm", "1 bytes follow the picture"},
    {"too_few.pgm", "damaged PGM: 2 bytes of pixels, not 9"},
    {"plain_cut.pgm", "damaged PGM: pixel 4 of 9 is no number from 0 to 255"},
    {"huge.pgm", "damaged PGM: its width, height and maximum cannot be read"},
    {"large.pgm", "20000x20000 pixels, more than the limit of 16384 in a row or a column"},
    {"zero_maximum.pgm", "damaged PGM: its width, height and maximum cannot be read"},
    {"colour.ppm", "a PNM file of type P6; only grey ones, P2 and P5, are read"},
    {"empty", "not a picture: neither PNG, nor JPEG, nor PGM"},
    {"huge.jpg", "65000x65000 pixels, more than the limit of 16384 in a row or a column"},
    {"truncated.jpg", "not a usable JPEG: Premature end of JPEG file"},
    {"magic_only.jpg", "not a usable JPEG: "},
    {"scans.jpg", "not a usable JPEG: more than 200 scans"},
    {"inks.jpg", "a JPEG of printing inks (CMYK); save it with red, green and blue"},
};

START_TEST(damaged_files_are_refused)
{
    bnn_picture picture = {0};
    bnn_error err;
    char wanted[PATH_BYTES + 200];
    snprintf(wanted, sizeof wanted, "%s: %s", corpus(bad_files[_i].name), bad_files[_i].message);
    ck_assert_int_eq(bnn_picture_read(corpus(bad_files[_i].name), 1, &picture, &err),
                     BNN_E_RESOURCE);
    ck_assert_msg(strncmp(err.message, wanted, strlen(wanted)) == 0, "%s", err.message);
    ck_assert_ptr_null(picture.pixels);
}
END_TEST

START_TEST(files_that_are_none)
{
    bnn_picture picture;
    bnn_error err;
    ck_assert_int_eq(bnn_picture_read(corpus("no_such_file"), 1, &picture, &err), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, "no_such_file: cannot open"));
    ck_assert_int_eq(bnn_picture_read("/", 1, &picture, &err), BNN_E_RESOURCE);
    ck_assert_str_eq(err.message, "/: not a regular file");
}
END_TEST

/* Every beginning of a picture is refused, or is the picture: libpng wants nothing behind the last
 * pixel. A plain PGM may lose digits and white space at its end. */
START_TEST(truncated_pictures)
{
    uint8_t *bytes;
    const size_t n = read_corpus(good_files[_i].name, &bytes);
    size_t n_accepted = 0;
    for (size_t length = 0; length < n; length++) {
        const bool accepted = try_picture(bytes, length);
        ck_assert_msg(!accepted || length + 24 >= n, "%s: accepted with %zu of %zu bytes",
                      good_files[_i].name, length, n);
        n_accepted += accepted;
    }
    ck_assert_uint_lt(n_accepted, 24);
    free(bytes);
}
END_TEST

START_TEST(mutated_pictures)
{
    enum { ROOM = 64 };
    const size_t n_mutations = getenv("BNN_TEST_LONG") != NULL ? 20000 : 1000;
    uint8_t *bytes;
    const size_t n =
        read_corpus(_i < N_JPEG ? jpeg_files[_i] : good_files[_i - N_JPEG].name, &bytes);
    uint8_t *copy = malloc(n + ROOM);
    buffers b = {.state = (uint64_t)_i};
    ck_assert_ptr_nonnull(copy);
    size_t n_accepted = 0;
    for (size_t i = 0; i < n_mutations; i++) {
        size_t size = n;
        memcpy(copy, bytes, n);
        for (uint32_t j = random_between(&b, 1, 4); j > 0; j--)
            copy[random_bits(&b) % size] = (uint8_t)random_bits(&b);
        if (random_bits(&b) % 8 == 0)
            size = random_bits(&b) % n + 1;
        else if (random_bits(&b) % 8 == 0)
            for (size_t extra = random_bits(&b) % ROOM; extra > 0; extra--)
                copy[size++] = (uint8_t)random_bits(&b);
        if (random_bits(&b) % 4 != 0)
            seal_png(copy, size);
        n_accepted += try_picture(copy, size);
    }
    /* Some damage hits nothing but pixels; the test would be blind if all were seen at once. */
    ck_assert_uint_gt(n_accepted, 0);
    ck_assert_uint_lt(n_accepted, n_mutations);
    free(copy);
    free(bytes);
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
    static uint8_t bytes[3 * 5 * 7];
    const char *path = "check_picture_written.png";
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 53 + i * i);
    for (uint32_t channels = 1; channels <= 3; channels += 2) {
        const bnn_picture picture = {.width = 7, .height = 5, .pixels = bytes};
        bnn_picture read;
        bnn_error err = {0};
        ck_assert_msg(bnn_picture_write(path, &picture, channels, &err) == BNN_OK, "%s",
                      err.message);
        ck_assert_msg(bnn_picture_read(path, channels, &read, &err) == BNN_OK, "%s", err.message);
        ck_assert(read.width == 7 && read.height == 5);
        ck_assert_int_eq(memcmp(read.pixels, bytes, (size_t)35 * channels), 0);
        free(read.pixels);
        remove(path);
    }
}
END_TEST

static Suite *make_suite(void)
{
    enum {
        N_GOOD = sizeof good_files / sizeof *good_files,
        N_COLOUR = sizeof colour_files / sizeof *colour_files,
        N_BAD = sizeof bad_files / sizeof *bad_files
    };
    Suite *suite = suite_create("picture");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, pictures_become_grey_bytes, 0, N_GOOD);
    tcase_add_loop_test(all, pictures_become_three_planes, 0, N_COLOUR);
    tcase_add_test(all, jpegs_become_bytes);
    tcase_add_loop_test(all, jpegs_are_turned_upright, 0, 10);
    tcase_add_test(all, jpegs_in_colour_are_turned_upright);
    tcase_add_loop_test(all, truncated_jpegs, 0, N_JPEG);
    tcase_add_test(all, maxima_of_pgm);
    tcase_add_loop_test(all, damaged_files_are_refused, 0, N_BAD);
    tcase_add_test(all, files_that_are_none);
    tcase_add_loop_test(all, truncated_pictures, 0, N_GOOD);
    tcase_add_test(all, what_is_written_is_read_again);
    tcase_add_loop_test(all, mutated_pictures, 0, N_JPEG + N_GOOD);
    suite_add_tcase(suite, all);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
