/* check_view.c - what a network sees of an image: the middle, and means that are rounded like no other. */
#include "infer/view.h"

#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/hostile_model.h"

#include <stdlib.h>
#include <string.h>

START_TEST(views_fit_or_not)
{
    static const struct {
        bnn_view view;
        bnn_shape image, seen; /* 0: it does not fit */
    } cases[] = {
        {{0, 0}, {1, 28, 27}, {1, 28, 27}},      {{0, 1}, {3, 5, 7}, {3, 5, 7}},
        {{20, 2}, {1, 28, 28}, {1, 10, 10}},     {{20, 0}, {2, 20, 31}, {2, 20, 20}},
        {{0, 4}, {1, 28, 20}, {1, 7, 5}},        {{20, 20}, {1, 28, 28}, {1, 1, 1}},
        {{29, 1}, {1, 28, 40}, {0, 0, 0}},       {{29, 1}, {1, 40, 28}, {0, 0, 0}},
        {{0, 3}, {1, 28, 27}, {0, 0, 0}},        {{0, 3}, {1, 27, 28}, {0, 0, 0}},
        {{20, 3}, {1, 28, 28}, {0, 0, 0}},       {{4097, 1}, {1, 5000, 5000}, {0, 0, 0}},
        {{0, 5000}, {1, 5000, 5000}, {0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bnn_shape want = cases[i].seen;
        ck_assert_msg(bnn_view_fits(cases[i].view, cases[i].image) == (want.c > 0), "%zu", i);
        if (want.c == 0)
            continue;
        const bnn_shape got = bnn_view_shape(cases[i].view, cases[i].image);
        ck_assert_msg(memcmp(&got, &want, sizeof got) == 0, "%zu", i);
    }
    ck_assert(bnn_view_is_all((bnn_view){0, 1}) && bnn_view_is_all((bnn_view){0, 0}));
    ck_assert(!bnn_view_is_all((bnn_view){1, 1}) && !bnn_view_is_all((bnn_view){0, 2}));
}
END_TEST

/* A mean as one would write it down, in floating point: halves up. */
static uint8_t mean_of(const uint8_t *pixels, size_t row, uint32_t side)
{
    double sum = 0;
    for (uint32_t y = 0; y < side; y++)
        for (uint32_t x = 0; x < side; x++)
            sum += pixels[y * row + x];
    return (uint8_t)(sum / side / side + 0.5 + 1e-9);
}

/* Exactly as many bytes as there are, for the sanitizer; images of few values have many halves. */
static void check_view(buffers *b, bnn_view view, bnn_shape image, uint32_t most)
{
    const size_t n = (size_t)image.c * image.h * image.w;
    const uint32_t side = bnn_view_side(view);
    const bnn_shape cut = bnn_view_cut(view, image), out = bnn_view_shape(view, image);
    const size_t n_seen = (size_t)out.c * out.h * out.w;
    const size_t top = (image.h - cut.h) / 2, left = (image.w - cut.w) / 2;
    uint8_t *pixels = malloc(n), *seen = malloc(n_seen);
    ck_assert(pixels != NULL && seen != NULL);
    for (size_t i = 0; i < n; i++)
        pixels[i] = (uint8_t)(255 - random_between(b, 0, most));
    bnn_view_take(view, image, pixels, seen);
    for (size_t i = 0; i < n_seen; i++) {
        const size_t x = i % out.w, y = i / out.w % out.h, c = i / out.w / out.h;
        const uint8_t *square = pixels + (c * image.h + top + y * side) * image.w + left + x * side;
        ck_assert_msg(seen[i] == mean_of(square, image.w, side),
                      "crop %u, shrink %u of %ux%ux%u: pixel %zu", view.crop, view.shrink, image.c,
                      image.h, image.w, i);
    }
    free(pixels);
    free(seen);
}

START_TEST(pixels_are_rounded_means_of_the_middle)
{
    buffers b = {.state = 5};
    for (uint32_t i = 0; i < 600; i++) {
        const uint32_t side = 1 + i % 5;
        const uint32_t h = random_between(&b, 1, 14) * side, w = random_between(&b, 1, 14) * side;
        const bnn_shape image = {random_between(&b, 1, 3), h, w};
        const bnn_shape larger = {image.c, h + random_between(&b, 0, 4),
                                  h + random_between(&b, 0, 4)};
        const uint32_t most = i % 3 == 0 ? 1 : i % 3 == 1 ? 3 : 255;
        check_view(&b, (bnn_view){.shrink = side}, image, most);
        check_view(&b, (bnn_view){.crop = h, .shrink = side}, larger, most);
    }
}
END_TEST

START_TEST(the_largest_sum_has_room)
{
    const bnn_shape image = {1, BNN_VIEW_MAX, BNN_VIEW_MAX};
    const size_t n = (size_t)image.h * image.w;
    uint8_t *pixels = malloc(n), seen = 0;
    ck_assert_ptr_nonnull(pixels);
    memset(pixels, 255, n);
    bnn_view_take((bnn_view){0, BNN_VIEW_MAX}, image, pixels, &seen);
    ck_assert_uint_eq(seen, 255);
    free(pixels);
}
END_TEST

/* ---- in a model file --------------------------------------------------------------------- */

/* clang-format off */
static const uint8_t known_file[] = {
    0x89, 'B', 'N', 'N', 13, 10, 26, 10, /* magic */
    2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  /* 8: version, size, checksum */
    1, 2, 4, 2,                          /* 20: input, classes */
    1, 0, 2,                             /* 24: a view: crop, shrink */
    0, 1,                                /* 27: metadata, stages */
    1, 'd', 2, 0, 2, 1, 4, 2, 6, 0,      /* 29: name, kinds, floats, channels, weights, chain */
};
/* clang-format on */

START_TEST(a_file_has_its_view)
{
    uint8_t bytes[sizeof known_file];
    bnn_arena *arena = bnn_arena_create(HOSTILE_ARENA_BYTES);
    bnn_model *model = NULL;
    bnn_error err = {0};
    memcpy(bytes, known_file, sizeof bytes);
    make_plausible(bytes, sizeof bytes);
    ck_assert_msg(bnn_modelfile_decode(bytes, sizeof bytes, "m", arena, &model, &err) == BNN_OK,
                  "%s", err.message);
    ck_assert(model->input.w == 4 && model->stages[0].op.in.w == 2);
    ck_assert(model->view.crop == 0 && model->view.shrink == 2);
    ck_assert(try_model(bytes, sizeof bytes)); /* and is written so */
    /* Weights -1, 1 and 1, -1 of pixels (p - 128) / 128: means of 130 and 132, a half rounded up. */
    static const uint8_t image[] = {130, 129, 132, 132, 129, 130, 132, 132};
    float *logits = logits_of_image(&bnn_engine_portable, model, arena, image);
    ck_assert(logits[0] == 2.0f / 128 && logits[1] == -2.0f / 128);
    free(logits);
    /* Without one the file is of version 1. */
    bnn_model all = *model;
    all.version = 0;
    ck_assert_uint_eq(bnn_modelfile_version(&all), 2);
    all.view = (bnn_view){0, 1};
    ck_assert_uint_eq(bnn_modelfile_version(&all), 1);
    bnn_arena_destroy(arena);
}
END_TEST

static const struct {
    size_t at;
    uint8_t value;
    const char *message;
} damages[] = {
    {24, 2, "m: byte 25: the model has something of kind 2"},
    {25, 3, "m: byte 27: crop 3 and shrink 2 of images of 2x4"},
    {25, 1, "m: byte 27: crop 1 and shrink 2 of images of 2x4"},
    {26, 0, "m: byte 27: crop 0 and shrink 0 of images of 2x4"},
    {26, 1, "m: byte 27: crop 0 and shrink 1 of images of 2x4"},
    {26, 3, "m: byte 27: crop 0 and shrink 3 of images of 2x4"},
    {22, 5, "m: byte 27: crop 0 and shrink 2 of images of 2x5"},
};
enum { N_DAMAGES = sizeof damages / sizeof *damages };

START_TEST(a_view_that_does_not_fit_is_refused)
{
    uint8_t bytes[sizeof known_file];
    bnn_arena *arena = bnn_arena_create(HOSTILE_ARENA_BYTES);
    bnn_model *model = NULL;
    bnn_error err = {0};
    memcpy(bytes, known_file, sizeof bytes);
    bytes[damages[_i].at] = damages[_i].value;
    make_plausible(bytes, sizeof bytes);
    ck_assert_int_eq(bnn_modelfile_decode(bytes, sizeof bytes, "m", arena, &model, &err),
                     BNN_E_RESOURCE);
    ck_assert_str_eq(err.message, damages[_i].message);
    bnn_arena_destroy(arena);
}
END_TEST

static Suite *view_suite(void)
{
    Suite *suite = suite_create("view");
    TCase *tcase = tcase_create("view");
    tcase_add_test(tcase, views_fit_or_not);
    tcase_add_test(tcase, pixels_are_rounded_means_of_the_middle);
    tcase_add_test(tcase, the_largest_sum_has_room);
    tcase_add_test(tcase, a_file_has_its_view);
    tcase_add_loop_test(tcase, a_view_that_does_not_fit_is_refused, 0, N_DAMAGES);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(view_suite)
