#include "train/augment.h"

#include "base/rng.h"
#include "base/size.h"
#include "train/cosine.h"

#include <math.h>
#include <string.h>

enum { ONE = 65536 }; /* a pixel, for places */

struct bnn_augmenter {
    const bnn_augment_options *options;
    const bnn_kernels *kernels;
    bnn_shape shape;
    uint64_t seed;
    bool warps;
    uint32_t radius; /* of the Gaussian */
    float *gaussian; /* [radius + 1] */
    float *noise;    /* [h][w] */
    float *bend;     /* [2][h][w] and a vector; NULL without elastic */
    uint8_t *bytes;  /* [2][h][w] */
    uint8_t *image;  /* one, and what warp_pixels may read behind it */
    uint8_t *images; /* [batch] of them */
    float *scratch;
};

/* ---- making one -------------------------------------------------------------------------- */

static void augment_fill_gaussian(bnn_augmenter *a)
{
    const double sigma = a->options->elastic.sigma;
    float sum = 0.0f;
    for (uint32_t k = 0; k <= a->radius; k++)
        a->gaussian[k] = (float)(-0.5 * k * k / (sigma * sigma));
    a->kernels->exp(a->radius + 1, a->gaussian, a->gaussian);
    for (uint32_t k = 0; k <= a->radius; k++)
        sum += (k == 0 ? 1.0f : 2.0f) * a->gaussian[k];
    for (uint32_t k = 0; k <= a->radius; k++)
        a->gaussian[k] /= sum;
}

static int augment_allocate_bend(bnn_augmenter *a, bnn_arena *arena)
{
    const size_t plane = (size_t)a->shape.h * a->shape.w;
    a->gaussian = bnn_arena_alloc(arena, a->radius + 1, sizeof *a->gaussian);
    a->noise = bnn_arena_alloc(arena, plane, sizeof *a->noise);
    a->bend = bnn_arena_alloc(arena, 2 * plane + BNN_LANES, sizeof *a->bend);
    a->bytes = bnn_arena_alloc(arena, 2 * plane, 1);
    if (a->gaussian == NULL || a->noise == NULL || a->bend == NULL || a->bytes == NULL)
        return BNN_E_INTERNAL;
    augment_fill_gaussian(a);
    return BNN_OK;
}

static int augment_allocate(bnn_augmenter *a, uint32_t batch, bnn_arena *arena)
{
    const bnn_shape s = a->shape;
    const bool bends = a->options->elastic.alpha > 0.0;
    const bnn_warp warp = {.c = s.c, .h = s.h, .w = s.w};
    const size_t size = bnn_shape_values(s);
    a->radius = (uint32_t)(3.0 * a->options->elastic.sigma + 0.5);
    const size_t n_scratch =
        bnn_size_larger(a->kernels->warp_scratch(&warp),
                        bends ? a->kernels->smooth_scratch(s.h, s.w, a->radius) : 0);
    a->images = bnn_arena_alloc(arena, batch, size);
    a->image = bnn_arena_alloc(arena, size + s.w + 1, 1);
    a->scratch = bnn_arena_alloc(arena, n_scratch, sizeof *a->scratch);
    if (a->images == NULL || a->image == NULL || a->scratch == NULL)
        return BNN_E_INTERNAL;
    return bends ? augment_allocate_bend(a, arena) : BNN_OK;
}

static int augment_check(const bnn_augment_options *o, bnn_shape s, bnn_error *err)
{
    if (s.h > BNN_AUGMENT_SIDE_MAX || s.w > BNN_AUGMENT_SIDE_MAX)
        return bnn_fail(err, BNN_E_SPEC,
                        "train.augment: images of %ux%u pixels are too large; the limit is %d", s.h,
                        s.w, BNN_AUGMENT_SIDE_MAX);
    if (o->shift > 0 && ((uint32_t)o->shift >= s.h || (uint32_t)o->shift >= s.w))
        return bnn_fail(err, BNN_E_SPEC,
                        "train.augment.shift: %d pixels leave nothing of images of %ux%u", o->shift,
                        s.h, s.w);
    return BNN_OK;
}

int bnn_augmenter_create(const bnn_augment_options *options, bnn_shape shape, uint32_t batch,
                         uint64_t seed, const bnn_kernels *kernels, bnn_arena *arena,
                         bnn_augmenter **out, bnn_error *err)
{
    const bnn_augment_options *o = options;
    const bool warps = o->shift > 0 || o->rotate > 0.0 || o->scale > 0.0 || o->shear > 0.0 ||
                       o->flip != 0 || o->elastic.alpha > 0.0;
    if (!warps && !(o->erase.probability > 0.0)) {
        *out = NULL;
        return BNN_OK;
    }
    const int status = augment_check(options, shape, err);
    if (status != BNN_OK)
        return status;
    bnn_augmenter *a = bnn_arena_alloc(arena, 1, sizeof *a);
    if (a == NULL)
        return bnn_no_memory(err);
    *a = (bnn_augmenter){
        .options = options, .kernels = kernels, .shape = shape, .seed = seed, .warps = warps};
    if (augment_allocate(a, batch, arena) != BNN_OK)
        return bnn_no_memory(err);
    *out = a;
    return BNN_OK;
}

/* ---- what is drawn ----------------------------------------------------------------------- */

/* The random numbers of an image, by their position in its stream. */
enum {
    DRAW_ACROSS,
    DRAW_DOWN,
    DRAW_ROTATE,
    DRAW_SCALE,
    DRAW_SHEAR,
    DRAW_FLIP,
    DRAW_ERASE,
    DRAW_AREA,
    DRAW_ASPECT,
    DRAW_LEFT,
    DRAW_TOP,
    DRAWS,
    DRAW_FIELD = 16,      /* bytes of the field, from here on */
    DRAW_NOISE = 1 << 30, /* and of what is erased */
};

typedef struct augment_draws {
    bnn_rng rng;
    uint64_t first; /* the image's position in the stream */
    float u[DRAWS]; /* uniform in [0, 1) */
} augment_draws;

static augment_draws augment_draw(const bnn_augmenter *a, uint32_t epoch, uint32_t image)
{
    augment_draws d = {.rng = {.seed = a->seed, .role = BNN_RNG_AUGMENT, .index = epoch},
                       .first = (uint64_t)image << 32};
    bnn_rng_fill(&d.rng, d.first, DRAWS, d.u);
    return d;
}

/* Uniform in [-most, most). */
static double augment_between(float u, double most)
{
    return (2.0 * (double)u - 1.0) * most;
}

/* One of -most, 1 - most, ..., most. */
static int32_t augment_whole(float u, int32_t most)
{
    return (int32_t)((double)u * (2.0 * most + 1.0)) - most;
}

/* ---- moving, turning, scaling ------------------------------------------------------------ */

/* cos and sin of an angle in [-180, 180] degrees. */
static void augment_turn(double degrees, double *cosine, double *sine)
{
    const double half_turns = fabs(degrees) / 180.0;
    const double up = bnn_cos_pi(fabs(half_turns - 0.5));
    *cosine = half_turns <= 0.5 ? bnn_cos_pi(half_turns) : -bnn_cos_pi(1.0 - half_turns);
    *sine = degrees < 0.0 ? -up : up;
}

static int32_t augment_place(double pixels)
{
    return (int32_t)floor(pixels * ONE + 0.5);
}

/* The inverse of: shear, turn, scale, all about the middle, then shift. */
static bnn_warp augment_warp(const bnn_augmenter *a, const augment_draws *d)
{
    const bnn_augment_options *o = a->options;
    const int32_t side[2] = {(int32_t)a->shape.w, (int32_t)a->shape.h};
    const int32_t shift[2] = {augment_whole(d->u[DRAW_ACROSS], o->shift),
                              augment_whole(d->u[DRAW_DOWN], o->shift)};
    const double size = 1.0 + augment_between(d->u[DRAW_SCALE], o->scale);
    const double mirror = o->flip != 0 && d->u[DRAW_FLIP] < 0.5f ? -1.0 : 1.0;
    double cosine, sine, lean_cosine, lean_sine;
    augment_turn(augment_between(d->u[DRAW_ROTATE], o->rotate), &cosine, &sine);
    augment_turn(augment_between(d->u[DRAW_SHEAR], o->shear), &lean_cosine, &lean_sine);
    const double lean = lean_sine / lean_cosine;
    bnn_warp warp = {.c = a->shape.c, .h = a->shape.h, .w = a->shape.w};
    warp.right[0] = augment_place(mirror * (cosine + lean * sine) / size);
    warp.right[1] = augment_place(-sine / size);
    warp.down[0] = augment_place(mirror * (sine - lean * cosine) / size);
    warp.down[1] = augment_place(cosine / size);
    for (int axis = 0; axis < 2; axis++) { /* the middle stays where it is, but for the shift */
        const int64_t twice = (int64_t)(side[axis] - 1) * ONE -
                              (int64_t)(side[0] - 1 + 2 * shift[0]) * warp.right[axis] -
                              (int64_t)(side[1] - 1 + 2 * shift[1]) * warp.down[axis];
        warp.start[axis] = (int32_t)(twice / 2);
    }
    return warp;
}

static const float *augment_bend(bnn_augmenter *a, const augment_draws *d)
{
    const size_t plane = (size_t)a->shape.h * a->shape.w;
    const float gain = (float)(a->options->elastic.alpha * ONE / 255.0);
    bnn_rng_fill_bytes(&d->rng, d->first + DRAW_FIELD, 2 * plane, a->bytes);
    for (int axis = 0; axis < 2; axis++) {
        const uint8_t *bytes = a->bytes + (size_t)axis * plane;
        for (size_t i = 0; i < plane; i++)
            a->noise[i] = (float)(2 * bytes[i] - 255) * gain;
        a->kernels->smooth_field(a->shape.h, a->shape.w, a->radius, a->gaussian, a->noise,
                                 a->bend + (size_t)axis * plane, a->scratch);
    }
    return a->bend;
}

/* ---- erasing ----------------------------------------------------------------------------- */

static uint32_t augment_side(double pixels, uint32_t most)
{
    const uint32_t side = (uint32_t)(pixels + 0.5);
    return side < 1 ? 1 : side < most ? side : most;
}

static void augment_erase(const bnn_augmenter *a, const augment_draws *d, uint8_t *image)
{
    static const double least = 0.02, flat = 0.3;
    const bnn_erase *erase = &a->options->erase;
    const bnn_shape s = a->shape;
    const double smallest = fmin(least, erase->size);
    const double share = smallest + (double)d->u[DRAW_AREA] * (erase->size - smallest);
    const double aspect = flat + (double)d->u[DRAW_ASPECT] * (1.0 / flat - flat);
    const double area = share * s.h * s.w;
    const uint32_t h = augment_side(sqrt(area * aspect), s.h);
    const uint32_t w = augment_side(sqrt(area / aspect), s.w);
    const uint32_t top = (uint32_t)((double)d->u[DRAW_TOP] * (s.h - h + 1));
    const uint32_t left = (uint32_t)((double)d->u[DRAW_LEFT] * (s.w - w + 1));
    uint64_t at = d->first + DRAW_NOISE;
    for (uint32_t c = 0; c < s.c; c++)
        for (uint32_t y = top; y < top + h; y++, at += (w + 3) / 4) {
            uint8_t *row = image + ((size_t)c * s.h + y) * s.w + left;
            if (erase->fill == BNN_ERASE_NOISE)
                bnn_rng_fill_bytes(&d->rng, at, w, row);
            else
                memset(row, erase->fill == BNN_ERASE_GREY ? 128 : 0, w);
        }
}

/* ---- a batch ----------------------------------------------------------------------------- */

void bnn_augment_images(bnn_augmenter *augmenter, uint32_t epoch, const uint32_t *index, uint32_t n,
                        const uint8_t **rows)
{
    bnn_augmenter *a = augmenter;
    const size_t size = bnn_shape_values(a->shape);
    for (uint32_t i = 0; i < n; i++) {
        const augment_draws draws = augment_draw(a, epoch, index[i]);
        uint8_t *image = a->images + i * size;
        memcpy(a->warps ? a->image : image, rows[i], size);
        if (a->warps) {
            bnn_warp warp = augment_warp(a, &draws);
            warp.bend = a->options->elastic.alpha > 0.0 ? augment_bend(a, &draws) : NULL;
            a->kernels->warp_pixels(&warp, a->image, image, a->scratch);
        }
        if ((double)draws.u[DRAW_ERASE] < a->options->erase.probability)
            augment_erase(a, &draws, image);
        rows[i] = image;
    }
}
