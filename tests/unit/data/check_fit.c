/* check_fit.c - pictures become images as MNIST has them. */
#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"

#include "data/fit.h"

#include <math.h>
#include <string.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE };
static const bnn_shape mnist = {1, SIDE, SIDE};

/* Strokes like a 7: a bar on top, and one that falls to the left; at (x, y), `size` pixels high. */
static bnn_picture draw(uint32_t width, uint32_t height, uint32_t x, uint32_t y, uint32_t size,
                        uint8_t paper, uint8_t ink)
{
    bnn_picture p = {width, height, malloc((size_t)width * height)};
    ck_assert_ptr_nonnull(p.pixels);
    memset(p.pixels, paper, (size_t)width * height);
    for (uint32_t v = 0; v < size; v++)
        for (uint32_t u = 0; u < size / 2; u++)
            if (v < size / 8 || fabs(u - (size / 2.5) * (1 - (double)v / size)) < size / 16.0)
                p.pixels[(size_t)(y + v) * width + x + u] = ink;
    return p;
}

static bnn_fit fit(const bnn_picture *p, bool dark, uint8_t pixels[PIXELS])
{
    bnn_fit found;
    bnn_error err;
    ck_assert_int_eq(bnn_fit_strokes(p, dark, mnist, pixels, &found, &err), BNN_OK);
    return found;
}

/* Its box is 20 pixels high or wide, and its centre of mass in the centre. */
static void expect_mnist(const uint8_t pixels[PIXELS])
{
    double mass = 0, x = 0, y = 0;
    int x0 = SIDE, x1 = -1, y0 = SIDE, y1 = -1;
    for (int i = 0; i < PIXELS; i++)
        if (pixels[i] > 0) {
            mass += pixels[i];
            x += pixels[i] * (double)(i % SIDE);
            y += pixels[i] * (double)(i / SIDE);
            x0 = i % SIDE < x0 ? i % SIDE : x0;
            x1 = i % SIDE > x1 ? i % SIDE : x1;
            y0 = i / SIDE < y0 ? i / SIDE : y0;
            y1 = i / SIDE;
        }
    ck_assert_int_eq(y1 - y0 > x1 - x0 ? y1 - y0 + 1 : x1 - x0 + 1, 20);
    ck_assert_double_le(fabs(x / mass - SIDE / 2.0), 0.5);
    ck_assert_double_le(fabs(y / mass - SIDE / 2.0), 0.5);
}

START_TEST(strokes_are_scaled_and_centred)
{
    static const uint32_t sizes[] = {10, 20, 33, 100, 700};
    const uint32_t size = sizes[_i];
    uint8_t pixels[PIXELS];
    bnn_picture p = draw(3 * size, 2 * size, 2 * size, size / 2, size, 255, 0);
    const bnn_fit found = fit(&p, false, pixels);
    ck_assert(found.is_dark && !found.is_cut);
    ck_assert_uint_eq(found.x, 2 * size);
    ck_assert_uint_eq(found.y, size / 2);
    ck_assert_uint_eq(found.height, size);
    ck_assert_uint_le(found.width, size / 2);
    expect_mnist(pixels);
    free(p.pixels);
}
END_TEST

/* Neither where the strokes are, nor which are the colours, nor the paper's size changes anything. */
START_TEST(only_the_strokes_count)
{
    static const struct {
        uint32_t width, height, x, y;
        uint8_t paper, ink;
        bool is_dark;
    } cases[] = {{200, 150, 90, 40, 255, 0, true},    {200, 150, 1, 1, 255, 0, true},
                 {300, 700, 100, 500, 0, 255, false}, {200, 150, 60, 10, 200, 30, true},
                 {200, 150, 60, 10, 90, 60, true},    {200, 150, 60, 10, 30, 31, false}};
    uint8_t first[PIXELS], pixels[PIXELS];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bnn_picture p = draw(cases[i].width, cases[i].height, cases[i].x, cases[i].y, 100,
                             cases[i].paper, cases[i].ink);
        ck_assert_int_eq(fit(&p, false, pixels).is_dark, cases[i].is_dark);
        if (i == 0)
            memcpy(first, pixels, sizeof first);
        ck_assert_mem_eq(pixels, first, sizeof first);
        fit(&p, true, pixels); /* the strokes are dark: then bright ones are none */
        if (cases[i].is_dark)
            ck_assert_mem_eq(pixels, first, sizeof first);
        else
            ck_assert_mem_ne(pixels, first, sizeof first);
        free(p.pixels);
    }
}
END_TEST

/* An image that MNIST could have stays nearly what it is. */
START_TEST(what_fits_stays)
{
    uint8_t pixels[PIXELS];
    bnn_picture p = draw(SIDE, SIDE, 9, 4, 20, 0, 255);
    fit(&p, false, pixels);
    bnn_picture again = {SIDE, SIDE, pixels};
    uint8_t twice[PIXELS];
    fit(&again, false, twice);
    ck_assert_mem_eq(twice, pixels, PIXELS);
    free(p.pixels);
}
END_TEST

/* Noise of the paper, and its grey, are no strokes. */
START_TEST(noise_is_paper)
{
    uint8_t clean[PIXELS], pixels[PIXELS];
    buffers b = {.state = 7};
    bnn_picture p = draw(400, 300, 210, 80, 160, 220, 40);
    const bnn_fit wanted = fit(&p, false, clean);
    for (size_t i = 0; i < (size_t)p.width * p.height; i++)
        p.pixels[i] = (uint8_t)(p.pixels[i] + random_between(&b, 0, 20) - 10);
    const bnn_fit found = fit(&p, false, pixels);
    ck_assert_uint_eq(found.x, wanted.x);
    ck_assert_uint_eq(found.y, wanted.y);
    ck_assert_uint_eq(found.width, wanted.width);
    ck_assert_uint_eq(found.height, wanted.height);
    for (int i = 0; i < PIXELS; i++)
        ck_assert_int_le(abs(pixels[i] - clean[i]), 16);
    free(p.pixels);
}
END_TEST

START_TEST(pictures_without_strokes)
{
    uint8_t pixels[PIXELS];
    for (uint32_t side = 1; side < 50; side += 16) {
        bnn_picture p = draw(side, side, 0, 0, 0, 140, 0);
        ck_assert_uint_eq(fit(&p, false, pixels).width, 0);
        for (int i = 0; i < PIXELS; i++)
            ck_assert_uint_eq(pixels[i], 0);
        free(p.pixels);
    }
}
END_TEST

START_TEST(strokes_at_the_border)
{
    uint8_t pixels[PIXELS];
    bnn_picture p = draw(200, 150, 90, 0, 100, 255, 0);
    ck_assert(fit(&p, false, pixels).is_cut);
    free(p.pixels);
}
END_TEST

/* Of colours the middle, scaled: a picture of three stripes, of which the middle one is square. */
START_TEST(the_middle_of_colours)
{
    enum { W = 90, H = 30 };
    static const bnn_shape shape = {3, 8, 8};
    uint8_t from[3 * W * H], pixels[3 * 8 * 8];
    bnn_picture p = {W, H, from};
    bnn_error err;
    bnn_fit found;
    for (int i = 0; i < 3 * W * H; i++)
        from[i] = (uint8_t)(i % W / 30 == 1 ? 50 * (i / (W * H)) + 20 : 255);
    for (int turned = 0; turned < 2; turned++) {
        ck_assert_int_eq(bnn_fit_middle(&p, shape, pixels, &found, &err), BNN_OK);
        ck_assert_uint_eq(found.width, 30);
        ck_assert_uint_eq(found.height, 30);
        ck_assert_uint_eq(turned ? found.y : found.x, 30);
        for (int i = 0; i < 3 * 64; i++)
            ck_assert_int_eq(pixels[i], 50 * (i / 64) + 20);
        p = (bnn_picture){H, W, from};
        for (int i = 0; i < 3 * W * H; i++)
            from[i] = (uint8_t)(i / H % W / 30 == 1 ? 50 * (i / (W * H)) + 20 : 255);
    }
}
END_TEST

/* Whatever the sizes, everything lies within its memory. */
START_TEST(any_size)
{
    buffers b = {.state = 3};
    for (int i = 0; i < 300; i++) {
        const bnn_shape shape = {i % 2 == 0 ? 1 : 3, random_between(&b, 1, 40),
                                 random_between(&b, 1, 40)};
        bnn_picture p = {random_between(&b, 1, 60), random_between(&b, 1, 60), NULL};
        const size_t n = (size_t)shape.c * p.width * p.height;
        uint8_t *pixels = malloc((size_t)shape.c * shape.h * shape.w);
        bnn_fit found;
        bnn_error err;
        p.pixels = malloc(n);
        ck_assert(pixels != NULL && p.pixels != NULL);
        for (size_t k = 0; k < n; k++)
            p.pixels[k] = (uint8_t)(random_bits(&b) % 8 == 0 ? random_bits(&b) : 200);
        const int status = shape.c == 1 ? bnn_fit_strokes(&p, false, shape, pixels, &found, &err)
                                        : bnn_fit_middle(&p, shape, pixels, &found, &err);
        ck_assert_int_eq(status, BNN_OK);
        ck_assert_uint_le(found.x + found.width, p.width);
        ck_assert_uint_le(found.y + found.height, p.height);
        free(pixels);
        free(p.pixels);
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("fit");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, strokes_are_scaled_and_centred, 0, 5);
    tcase_add_test(all, only_the_strokes_count);
    tcase_add_test(all, what_fits_stays);
    tcase_add_test(all, noise_is_paper);
    tcase_add_test(all, pictures_without_strokes);
    tcase_add_test(all, strokes_at_the_border);
    tcase_add_test(all, the_middle_of_colours);
    tcase_add_test(all, any_size);
    suite_add_tcase(suite, all);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
