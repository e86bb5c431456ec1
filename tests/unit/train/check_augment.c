/* Augmentation: what an independent script makes of an image, images that nothing happens to,
 * streams that belong to (seed, epoch, image) alone, and runs that use them. */
#include "kernels/kernels.h"
#include "simd/cpu.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/train_fixture.h"

#include "tests/fixtures/reference/augmented.inc"

enum { C = 2, H = 9, W = 12, SIZE = C * H * W };

static const bnn_shape shape = {C, H, W};

/* The image of make_augmented.py. */
static void fill_original(uint8_t image[SIZE])
{
    for (int c = 0; c < C; c++)
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                image[(c * H + y) * W + x] =
                    (uint8_t)(2 * (x - 5) * (x - 5) + (y - 4) * (y - 4) + x * y + 20 * c + 15);
}

static bnn_augmenter *augmenter_of(const char *map, bnn_shape of, const bnn_kernels *kernels)
{
    const char *spec = bnn_arena_printf(arena, "train: {augment: %s}\n", map);
    bnn_augmenter *a = NULL;
    bnn_error err = {0};
    const int status = bnn_augmenter_create(&parsed_train(spec, true)->augment, of, 8,
                                            0x0123456789abcdef, kernels, arena, &a, &err);
    ck_assert_msg(status == BNN_OK, "%s", err.message);
    return a;
}

static const bnn_kernels *best_kernels(void)
{
    bnn_error err;
    const bnn_kernels *kernels = bnn_kernels_choose(&err);
    ck_assert_ptr_nonnull(kernels);
    return kernels;
}

static const uint8_t *augmented(bnn_augmenter *a, uint32_t epoch, uint32_t image,
                                const uint8_t *pixels)
{
    const uint8_t *row = pixels;
    bnn_augment_images(a, epoch, &image, 1, &row);
    return row;
}

/* ---- values ------------------------------------------------------------------------------ */

typedef struct augment_case {
    const char *map;
    const uint8_t *facts;
    size_t n;              /* images */
    uint32_t places[4][2]; /* epoch, image */
    int tolerance;         /* of a byte: the script's weights are no whole 1/256 */
} augment_case;

static const augment_case cases[] = {
    {"{rotate: 30}", augmented_rotate, 2, {{0, 3}, {2, 4}}, 1},
    {"{rotate: 180}", augmented_half_turns, 4, {{0, 0}, {1, 1}, {2, 2}, {3, 3}}, 1},
    {"{scale: 0.4}", augmented_scale, 2, {{0, 3}, {1, 70000}}, 1},
    {"{shear: 35}", augmented_shear, 2, {{1, 0}, {5, 1}}, 1},
    {"{shift: 2, rotate: 15, scale: 0.2, shear: 10, flip: true}",
     augmented_together,
     3,
     {{0, 0}, {0, 1}, {3, 59999}},
     1},
    {"{elastic: {alpha: 8, sigma: 2}}", augmented_elastic, 2, {{0, 5}, {9, 6}}, 1},
    {"{rotate: 20, elastic: {alpha: 40, sigma: 5}}", augmented_wide_elastic, 1, {{0, 5}}, 1},
    {"{erase: {probability: 1, size: 0.4, fill: grey}}",
     augmented_erase,
     4,
     {{0, 0}, {0, 1}, {1, 1}, {1, 2}},
     0},
    {"{shift: 1, erase: {probability: 0.6, size: 0.9, fill: noise}}",
     augmented_noise,
     4,
     {{0, 0}, {0, 1}, {0, 2}, {0, 3}},
     0},
};

START_TEST(images_are_those_of_the_script)
{
    uint8_t original[SIZE];
    fill_original(original);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const augment_case *c = &cases[i];
        bnn_augmenter *a = augmenter_of(c->map, shape, best_kernels());
        for (size_t j = 0; j < c->n; j++) {
            const uint8_t *got = augmented(a, c->places[j][0], c->places[j][1], original);
            for (size_t p = 0; p < SIZE; p++)
                ck_assert_msg(abs(got[p] - c->facts[j * SIZE + p]) <= c->tolerance,
                              "%s, image %zu, value %zu: %d, the script has %d", c->map, j, p,
                              got[p], c->facts[j * SIZE + p]);
        }
    }
}
END_TEST

/* Odd sizes, rows longer than a vector and than a band, any number of planes. */
START_TEST(every_instruction_set_gives_the_same_bytes)
{
    static const bnn_shape shapes[] = {{1, 28, 28}, {3, 32, 32},  {1, 1, 1},    {2, 1, 17},
                                       {3, 37, 5},  {1, 3, 1500}, {1, 40, 1024}};
    static const char map[] = "{rotate: 180, scale: 0.5, shear: 45, flip: true, elastic: "
                              "{alpha: 60, sigma: 3.3}, erase: {probability: 0.5, fill: noise}}";
    const bnn_kernels *portable = bnn_kernels_find("portable");
    size_t n;
    const char *const *names = bnn_cpu_names(&n);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        buffers b = {.state = 5 + i};
        const size_t size = volume(shapes[i]);
        uint8_t *pixels = buffer_bytes(&b, size);
        for (size_t p = 0; p < size; p++)
            pixels[p] = (uint8_t)random_bits(&b);
        bnn_augmenter *plain = augmenter_of(map, shapes[i], portable);
        for (size_t set = 0; set + 1 < n; set++) {
            const bnn_kernels *kernels = bnn_kernels_find(names[set]);
            bnn_augmenter *a = kernels != NULL ? augmenter_of(map, shapes[i], kernels) : NULL;
            for (uint32_t image = 0; a != NULL && image < 4; image++)
                ck_assert_msg(memcmp(augmented(a, 1, image, pixels),
                                     augmented(plain, 1, image, pixels), size) == 0,
                              "%s, shape %zu, image %u", names[set], i, image);
        }
        buffers_free(&b);
    }
}
END_TEST

/* ---- what stays as it is ----------------------------------------------------------------- */

START_TEST(nothing_set_is_no_augmenter)
{
    static const char *const maps[] = {"none", "{}", "{rotate: 0, flip: false}",
                                       "{elastic: {}, erase: {probability: 0}}"};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        ck_assert_ptr_null(augmenter_of(maps[i], shape, best_kernels()));
        for (size_t j = 0; j < settings.n; j++)
            ck_assert_msg(strstr(settings.rows[j].key, "augment") == NULL, "%s", maps[i]);
    }
    augmenter_of("{shift: 1, erase: {probability: 0.5}}", shape, best_kernels());
    ck_assert_ptr_null(bnn_settings_find(&settings, "train.augment.rotate"));
    ck_assert_double_eq(bnn_settings_find(&settings, "train.augment.shift")->number, 1.0);
    ck_assert_double_eq(bnn_settings_find(&settings, "train.augment.erase.size")->number, 0.33);
    ck_assert_ptr_null(bnn_settings_find(&settings, "train.augment.elastic.sigma"));
}
END_TEST

/* The pixel of a plane that a place beyond the border stands for. */
static uint8_t nearest(const uint8_t *plane, int x, int y)
{
    x = x < 0 ? 0 : x < W ? x : W - 1;
    y = y < 0 ? 0 : y < H ? y : H - 1;
    return plane[y * W + x];
}

/* Whether an image is the original, moved by (dx, dy) and perhaps mirrored. */
static bool is_moved(const uint8_t *image, const uint8_t *original, int dx, int dy, bool mirrored)
{
    for (int c = 0; c < C; c++)
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                const int from = mirrored ? W - 1 - (x - dx) : x - dx;
                if (image[(c * H + y) * W + x] != nearest(original + c * H * W, from, y - dy))
                    return false;
            }
    return true;
}

/* All of them occur, no others, and pixels keep their values: most of them the very image. */
START_TEST(shifts_are_whole_pixels_and_mirrors_are_mirrors)
{
    enum { N = 600 };
    uint8_t original[SIZE];
    bnn_augmenter *a = augmenter_of("{shift: 1, flip: true}", shape, best_kernels());
    int seen[3][3][2] = {0}, n = 0;
    for (int i = 0; i < SIZE; i++)
        original[i] = (uint8_t)(i * 167 + i * i);
    for (uint32_t image = 0; image < N; image++) {
        const uint8_t *got = augmented(a, 3, image, original);
        for (int way = 0; way < 18; way++)
            if (is_moved(got, original, way % 3 - 1, way / 3 % 3 - 1, way >= 9)) {
                seen[way % 3][way / 3 % 3][way / 9]++;
                n++;
            }
    }
    ck_assert_int_eq(n, N);
    for (int way = 0; way < 18; way++) /* 33 expected, standard deviation below 6 */
        ck_assert_int_ge(seen[way % 3][way / 3 % 3][way / 9], 10);
}
END_TEST

/* ---- streams ----------------------------------------------------------------------------- */

#define ALL                                                                        \
    "shift: 2, rotate: 20, scale: 0.1, shear: 5, flip: true, elastic: {alpha: 9, " \
    "sigma: 2}"

START_TEST(an_image_does_not_depend_on_its_batch)
{
    uint8_t original[SIZE], alone[8][SIZE];
    const uint8_t *rows[8];
    uint32_t index[8];
    bnn_augmenter *a =
        augmenter_of("{" ALL ", erase: {probability: 0.5, fill: noise}}", shape, best_kernels());
    fill_original(original);
    for (uint32_t i = 0; i < 8; i++) {
        index[i] = 7 * i;
        memcpy(alone[i], augmented(a, 2, index[i], original), SIZE);
        ck_assert_int_ne(memcmp(alone[i], augmented(a, 3, index[i], original), SIZE), 0);
        ck_assert(i == 0 || memcmp(alone[i], alone[i - 1], SIZE) != 0);
        rows[i] = original;
    }
    bnn_augment_images(a, 2, index, 8, rows);
    for (uint32_t i = 0; i < 8; i++)
        ck_assert_int_eq(memcmp(rows[i], alone[i], SIZE), 0);
}
END_TEST

/* Where nothing is erased, an image is what it would be without erasing. */
START_TEST(each_kind_of_change_has_draws_of_its_own)
{
    uint8_t original[SIZE];
    bnn_augmenter *plain = augmenter_of("{" ALL "}", shape, best_kernels());
    bnn_augmenter *both = augmenter_of(
        "{" ALL ", erase: {probability: 0.5, size: 0.2, fill: noise}}", shape, best_kernels());
    unsigned n_same = 0, n_rectangles = 0;
    fill_original(original);
    for (uint32_t image = 0; image < 64; image++) {
        const uint8_t *p = augmented(plain, 0, image, original);
        const uint8_t *q = augmented(both, 0, image, original);
        unsigned n_pixels = 0;
        for (int i = 0; i < SIZE; i++)
            n_pixels += p[i] != q[i];
        n_same += n_pixels == 0;
        n_rectangles += n_pixels > 0 && n_pixels < SIZE / 2;
    }
    ck_assert_uint_eq(n_same + n_rectangles, 64);
    ck_assert(n_same >= 16 && n_same <= 48);
}
END_TEST

/* ---- runs -------------------------------------------------------------------------------- */

#define NET "model:\n" SMALL_TOPOLOGY "  binarize: none\n"

/* A change that leaves nothing of an image, in training only. */
START_TEST(evaluation_sees_images_as_they_are)
{
    report r;
    const bnn_train_job job =
        job_of(NET "train: {augment: {erase: {probability: 1, size: 1}}}\n", 1, &r);
    const bnn_train_job plain = job_of(NET, 1, &r);
    bnn_session *s = session_of(&job), *t = session_of(&plain);
    const size_t n = volume(s->net->input) * s->net->lanes;
    bnn_session_load(s, &data.train, s->train, 64);
    bnn_session_load(t, &data.train, t->train, 64);
    ck_assert_int_eq(memcmp(s->net->x, t->net->x, n * sizeof(float)), 0);
    bnn_session_load_batch(t, t->train, 64);
    ck_assert_int_eq(memcmp(s->net->x, t->net->x, n * sizeof(float)), 0);
    bnn_session_load_batch(s, s->train, 64);
    ck_assert_int_ne(memcmp(s->net->x, t->net->x, n * sizeof(float)), 0);
    ck_assert_int_eq(memcmp(s->labels, t->labels, s->net->lanes * sizeof *s->labels), 0);
}
END_TEST

START_TEST(configs_of_a_seed_see_the_same_images)
{
    report r;
    const char *augment = "train: {augment: {rotate: 20, shift: 3}}\n";
    const bnn_train_job a = job_of(bnn_arena_printf(arena, NET "%s", augment), 4, &r);
    const bnn_train_job b =
        job_of(bnn_arena_printf(arena, "model:\n" SMALL_TOPOLOGY "  ste: ede\n%s", augment), 4, &r);
    const bnn_train_job c = job_of(bnn_arena_printf(arena, NET "%s", augment), 5, &r);
    bnn_session *sessions[] = {session_of(&a), session_of(&b), session_of(&c)};
    const size_t n = volume(sessions[0]->net->input) * sessions[0]->net->lanes * sizeof(float);
    for (int i = 0; i < 3; i++)
        bnn_session_load_batch(sessions[i], (const uint32_t[]){5, 6, 7}, 3);
    ck_assert_int_eq(memcmp(sessions[0]->net->x, sessions[1]->net->x, n), 0);
    ck_assert_int_ne(memcmp(sessions[0]->net->x, sessions[2]->net->x, n), 0);
}
END_TEST

START_TEST(images_must_suit)
{
    report r;
    bnn_error err;
    const bnn_train_job job = job_of(NET "train: {augment: {shift: 28}}\n", 1, &r);
    ck_assert_int_eq(run_job(&job, &err), BNN_E_SPEC);
    ck_assert_str_eq(err.message,
                     "train.augment.shift: 28 pixels leave nothing of images of 28x28");
    bnn_augmenter *a;
    ck_assert_int_eq(
        bnn_augmenter_create(&parsed_train("train: {augment: {shift: 1}}", true)->augment,
                             (bnn_shape){1, 4097, 1}, 1, 1, best_kernels(), arena, &a, &err),
        BNN_E_SPEC);
    ck_assert_str_eq(err.message,
                     "train.augment: images of 4097x1 pixels are too large; the limit is 4096");
}
END_TEST

static Suite *augment_suite(void)
{
    Suite *suite = suite_create("augment");
    TCase *tc = tcase_create("images");
    tcase_add_checked_fixture(tc, train_set_up, train_tear_down);
    tcase_add_test(tc, images_are_those_of_the_script);
    tcase_add_test(tc, every_instruction_set_gives_the_same_bytes);
    tcase_add_test(tc, nothing_set_is_no_augmenter);
    tcase_add_test(tc, shifts_are_whole_pixels_and_mirrors_are_mirrors);
    tcase_add_test(tc, an_image_does_not_depend_on_its_batch);
    tcase_add_test(tc, each_kind_of_change_has_draws_of_its_own);
    tcase_add_test(tc, evaluation_sees_images_as_they_are);
    tcase_add_test(tc, configs_of_a_seed_see_the_same_images);
    tcase_add_test(tc, images_must_suit);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(augment_suite)
