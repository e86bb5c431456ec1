#include "data/formats/synthetic.h"

#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

/* Strokes are polylines in a box 100 wide and 140 high, y downwards. */
typedef struct point {
    uint8_t x, y;
} point;

enum { UP = 255, END = 254 }; /* as x: lift the pen; the glyph is complete */
enum { VARIANTS_MAX = 3, POINTS_MAX = 14 };

/* Several ways to write a digit; a missing one is the first. */
/* clang-format off */
static const point glyphs[BNN_SYNTHETIC_CLASSES][VARIANTS_MAX][POINTS_MAX] = {
    {{{50, 0}, {78, 12}, {95, 45}, {95, 95}, {78, 128}, {50, 140}, {22, 128}, {5, 95}, {5, 45},
      {22, 12}, {50, 0}, {END, 0}},
     {{62, 4}, {30, 10}, {8, 50}, {6, 100}, {28, 136}, {60, 134}, {88, 100}, {92, 50}, {74, 12},
      {50, 4}, {END, 0}}},
    {{{50, 0}, {50, 140}, {END, 0}},
     {{26, 32}, {55, 0}, {55, 140}, {END, 0}},
     {{28, 28}, {55, 0}, {55, 140}, {UP, 0}, {25, 140}, {85, 140}, {END, 0}}},
    {{{8, 35}, {20, 10}, {50, 0}, {82, 12}, {90, 40}, {75, 72}, {5, 140}, {95, 140}, {END, 0}},
     {{10, 28}, {45, 0}, {84, 20}, {80, 60}, {34, 118}, {10, 132}, {26, 112}, {60, 134}, {95, 124},
      {END, 0}}},
    {{{8, 18}, {45, 0}, {85, 15}, {85, 45}, {45, 65}, {90, 85}, {92, 118}, {50, 140}, {5, 122},
      {END, 0}},
     {{8, 2}, {90, 2}, {45, 58}, {85, 75}, {92, 110}, {55, 140}, {5, 125}, {END, 0}}},
    {{{20, 0}, {10, 80}, {92, 80}, {UP, 0}, {72, 20}, {68, 140}, {END, 0}},
     {{65, 140}, {65, 0}, {5, 95}, {95, 95}, {END, 0}}},
    {{{88, 2}, {20, 2}, {12, 62}, {50, 52}, {88, 75}, {90, 112}, {55, 140}, {6, 124}, {END, 0}},
     {{24, 4}, {20, 58}, {66, 62}, {88, 96}, {70, 132}, {34, 140}, {8, 122}, {UP, 0}, {24, 4},
      {86, 8}, {END, 0}}},
    {{{75, 2}, {35, 35}, {10, 85}, {15, 125}, {50, 140}, {85, 122}, {88, 90}, {55, 70}, {15, 92},
      {END, 0}},
     {{34, 0}, {16, 60}, {12, 110}, {40, 140}, {76, 128}, {80, 96}, {50, 80}, {18, 104},
      {END, 0}}},
    {{{5, 3}, {92, 3}, {40, 140}, {END, 0}},
     {{5, 28}, {8, 3}, {92, 3}, {55, 70}, {42, 140}, {END, 0}},
     {{5, 3}, {92, 3}, {40, 140}, {UP, 0}, {25, 74}, {88, 68}, {END, 0}}},
    {{{50, 66}, {15, 45}, {18, 12}, {50, 0}, {82, 12}, {85, 45}, {50, 66}, {10, 92}, {14, 128},
      {50, 140}, {86, 128}, {90, 92}, {50, 66}, {END, 0}},
     {{80, 12}, {50, 0}, {20, 15}, {22, 42}, {78, 90}, {85, 122}, {50, 140}, {15, 122}, {22, 90},
      {75, 45}, {80, 12}, {END, 0}}},
    {{{88, 45}, {60, 72}, {20, 60}, {10, 28}, {40, 0}, {80, 8}, {90, 40}, {85, 90}, {70, 140},
      {END, 0}},
     {{85, 40}, {50, 70}, {15, 50}, {15, 20}, {45, 0}, {80, 10}, {88, 40}, {80, 140}, {END, 0}}},
};
/* clang-format on */

enum {
    SIDE = BNN_SYNTHETIC_SIDE,
    ONE = 256, /* a pixel in the units of the pen */
    MIDDLE = SIDE * ONE / 2,
    JITTER = 7, /* of a point, in units of the box */
    SHIFT = 5 * ONE / 2,
    SCALE_LOW = 24, /* 1/256 pixel for a unit of the box: a digit is 13 to 22 pixels high */
    SCALE_HIGH = 41,
    SLANT = 14,
    TURN = 8,
    PEN_LOW = 150, /* half the thickness of a stroke */
    PEN_HIGH = 420,
    INK_LOW = 130,
    INK_HIGH = 255,
    MARKS_MAX = 2,
    MARK_LENGTH = 6 * ONE,
    GAP_SIDE = 4,   /* pixels without ink */
    NOISE_MAX = 56, /* a pixel's noise lies in [-NOISE_MAX, NOISE_MAX] */
};

static const uint64_t seed = UINT64_C(0x626e6e72756e2031); /* "bnnrun 1" */

/* One image's random numbers, in order, four at a time. */
typedef struct dice {
    bnn_rng rng;
    uint64_t counter;
    uint32_t bits[4]; /* those around counter, once it has left a multiple of 4 */
} dice;

/* low..high inclusive; the bias, below 2^-16 for these ranges, is the same everywhere. */
static int32_t roll_dice(dice *d, int32_t low, int32_t high)
{
    const uint64_t range = (uint64_t)(high - low) + 1;
    if (d->counter % 4 == 0)
        bnn_rng_block(&d->rng, d->counter / 4, d->bits);
    return low + (int32_t)((range * d->bits[d->counter++ % 4]) >> 32);
}

typedef struct place {
    int32_t x, y; /* 1/256 pixel */
} place;

/* Squared distance of p from the segment a-b, in (1/256 pixel)^2. Points lie at most MARK_LENGTH
 * outside the image: differences are below 2^14, `cross` is below 2^29, its square fits. */
static int64_t squared_distance(place p, place a, place b)
{
    const int64_t px = p.x - a.x, py = p.y - a.y, dx = b.x - a.x, dy = b.y - a.y;
    const int64_t length2 = dx * dx + dy * dy;
    const int64_t along = px * dx + py * dy;
    if (along <= 0)
        return px * px + py * py;
    if (along >= length2)
        return (px - dx) * (px - dx) + (py - dy) * (py - dy);
    const int64_t cross = px * dy - py * dx;
    return cross * cross / length2;
}

static int32_t smaller_of(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t larger_of(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* The first and last pixel that a stroke from a to b can touch. */
static void pixel_range(int32_t a, int32_t b, int32_t reach, int32_t *first, int32_t *last)
{
    *first = larger_of(0, (smaller_of(a, b) - reach) / ONE - 1);
    *last = smaller_of(SIDE - 1, (larger_of(a, b) + reach) / ONE + 1);
}

/* A stroke of a pen whose radius is at least half a pixel (in 1/256 pixel), with soft edges, one
 * pixel wide; the darker ink wins where strokes cross. */
static void draw_segment(uint8_t *image, place a, place b, int32_t radius, int32_t ink)
{
    const int32_t outer = radius + ONE / 2, inner = radius - ONE / 2;
    const int64_t outer2 = (int64_t)outer * outer, inner2 = (int64_t)inner * inner;
    int32_t x0, x1, y0, y1;
    pixel_range(a.x, b.x, outer, &x0, &x1);
    pixel_range(a.y, b.y, outer, &y0, &y1);
    for (int32_t y = y0; y <= y1; y++) {
        for (int32_t x = x0; x <= x1; x++) {
            const place p = {x * ONE + ONE / 2, y * ONE + ONE / 2};
            const int64_t d2 = squared_distance(p, a, b);
            if (d2 >= outer2)
                continue;
            const int64_t shade = d2 <= inner2 ? ink : ink * (outer2 - d2) / (outer2 - inner2);
            uint8_t *pixel = &image[y * SIDE + x];
            if (shade > *pixel)
                *pixel = (uint8_t)shade;
        }
    }
}

static void draw_digit(dice *d, uint32_t label, uint8_t *image)
{
    const point *glyph = glyphs[label][roll_dice(d, 0, VARIANTS_MAX - 1)];
    if (glyph[0].x == 0) /* no such variant: no glyph starts at the left edge */
        glyph = glyphs[label][0];
    const int32_t xx = roll_dice(d, SCALE_LOW, SCALE_HIGH),
                  yy = roll_dice(d, SCALE_LOW, SCALE_HIGH);
    const int32_t xy = roll_dice(d, -SLANT, SLANT), yx = roll_dice(d, -TURN, TURN);
    const int32_t shift_x = roll_dice(d, -SHIFT, SHIFT), shift_y = roll_dice(d, -SHIFT, SHIFT);
    const int32_t radius = roll_dice(d, PEN_LOW, PEN_HIGH), ink = roll_dice(d, INK_LOW, INK_HIGH);
    place from = {0, 0};
    for (const point *g = glyph; g->x != END; g++) {
        if (g->x == UP)
            continue;
        const int32_t x = g->x - 50 + roll_dice(d, -JITTER, JITTER);
        const int32_t y = g->y - 70 + roll_dice(d, -JITTER, JITTER);
        const place to = {MIDDLE + shift_x + x * xx - y * xy, MIDDLE + shift_y + y * yy + x * yx};
        if (g > glyph && g[-1].x != UP)
            draw_segment(image, from, to, radius, ink);
        from = to;
    }
}

/* Stray marks and a gap: what is on the paper that is not the digit. */
static void draw_marks(dice *d, uint8_t *image)
{
    const int32_t n_marks = roll_dice(d, 0, MARKS_MAX);
    for (int32_t i = 0; i < n_marks; i++) {
        /* One roll a statement: C does not order the values of an initializer list. */
        place a, b;
        a.x = roll_dice(d, 0, SIDE * ONE);
        a.y = roll_dice(d, 0, SIDE * ONE);
        b.x = a.x + roll_dice(d, -MARK_LENGTH, MARK_LENGTH);
        b.y = a.y + roll_dice(d, -MARK_LENGTH, MARK_LENGTH);
        const int32_t ink = roll_dice(d, INK_LOW / 2, INK_HIGH);
        draw_segment(image, a, b, PEN_LOW, ink);
    }
    const int32_t side = roll_dice(d, 0, GAP_SIDE);
    const int32_t left = roll_dice(d, 4, SIDE - 4 - GAP_SIDE),
                  top = roll_dice(d, 4, SIDE - 4 - GAP_SIDE);
    for (int32_t y = top; y < top + side; y++)
        memset(&image[y * SIDE + left], 0, (size_t)side);
}

/* The sum of two uniform values (of one range, so their order does not matter): a triangle, whose
 * width is the image's own. */
static void add_noise(dice *d, uint8_t *image)
{
    const int32_t width = roll_dice(d, 0, NOISE_MAX / 2);
    for (int32_t i = 0; i < BNN_SYNTHETIC_PIXELS; i++) {
        const int32_t noise = roll_dice(d, -width, width) + roll_dice(d, -width, width);
        image[i] = (uint8_t)smaller_of(255, larger_of(0, image[i] + noise));
    }
}

void bnn_synthetic_draw(bnn_synthetic_part part, uint32_t n, uint8_t *pixels, uint8_t *labels)
{
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *image = pixels + (size_t)i * BNN_SYNTHETIC_PIXELS;
        dice d = {.rng = {seed, BNN_RNG_DATA, i << 1 | (uint32_t)part}};
        labels[i] = (uint8_t)(i % BNN_SYNTHETIC_CLASSES);
        memset(image, 0, BNN_SYNTHETIC_PIXELS);
        draw_digit(&d, labels[i], image);
        draw_marks(&d, image);
        add_noise(&d, image);
    }
}

static int synthetic_assemble(const bnn_catalogue_entry *entry, bnn_content *no_files,
                              bnn_images *const parts[2], bnn_error *err)
{
    static const uint32_t n[2] = {BNN_SYNTHETIC_TRAIN, BNN_SYNTHETIC_TEST};
    (void)entry, (void)no_files;
    for (int i = 0; i < 2; i++) {
        uint8_t *pixels = malloc((size_t)n[i] * (BNN_SYNTHETIC_PIXELS + 1));
        if (pixels == NULL)
            return bnn_no_memory(err);
        uint8_t *labels = pixels + (size_t)n[i] * BNN_SYNTHETIC_PIXELS;
        bnn_synthetic_draw((bnn_synthetic_part)i, n[i], pixels, labels);
        *parts[i] = (bnn_images){n[i], pixels, labels, .memory = pixels};
    }
    return BNN_OK;
}

static const bnn_catalogue_entry synthetic_set = {
    .name = "synthetic",
    .summary = "digits drawn by bnnrun itself, for tests and for machines without data",
    .format = &bnn_format_synthetic,
    .n_classes = BNN_SYNTHETIC_CLASSES,
    .shape = {1, BNN_SYNTHETIC_SIDE, BNN_SYNTHETIC_SIDE},
    .sha256 = "b1c81a0815ea7ebdc1157096f4f2421277a5a32319e497d5bce2bbe29626376a",
    .n_train = BNN_SYNTHETIC_TRAIN,
    .n_test = BNN_SYNTHETIC_TEST,
};

const bnn_format bnn_format_synthetic = {
    .name = "synthetic",
    .builtin = &synthetic_set,
    .assemble = synthetic_assemble,
};
