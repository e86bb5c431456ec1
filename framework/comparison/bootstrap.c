#include "comparison/bootstrap.h"

#include "base/arena.h"
#include "base/rng.h"
#include "base/size.h"
#include "base/statistics.h"
#include "comparison/quantile.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    BOOTSTRAP_REPLICATES = 2000,
    BOOTSTRAP_REPLICATES_MAX = 1000000,
    BOOTSTRAP_IMAGES_MAX = 10000000,
    BOOTSTRAP_SEEDS_MAX = 10000,
    BOOTSTRAP_COMPARISONS_MAX = 100000,
    BOOTSTRAP_STREAM_IMAGES = 0,
    BOOTSTRAP_STREAM_SEEDS = 1,
};

/* A comparison: at which images its runs differ, and how. */
typedef struct bootstrap_table {
    size_t pairs, kept;
    uint32_t *image;    /* [kept] */
    int8_t *difference; /* [pairs][kept]: correctness of a minus that of b */
    double total;       /* of all differences */
    double *replicates; /* [replicates]: means, in points */
} bootstrap_table;

/* What a replicate has drawn, and room for it. */
typedef struct bootstrap_draw {
    uint16_t *times; /* [images]: how often each */
    uint8_t *bytes;  /* [4 images] */
    int16_t *sums;   /* [images]: of the drawn seeds, which are fewer than 2^15 */
} bootstrap_draw;

static int bootstrap_check(const bnn_predictions *p, double alpha, size_t replicates,
                           bnn_error *err)
{
    if (!(alpha > 0 && alpha <= 0.5))
        return bnn_fail(err, BNN_E_USAGE, "alpha must be above 0 and at most 0.5, not %g", alpha);
    if (p->images > BOOTSTRAP_IMAGES_MAX || p->seeds > BOOTSTRAP_SEEDS_MAX ||
        p->comparisons > BOOTSTRAP_COMPARISONS_MAX || replicates > BOOTSTRAP_REPLICATES_MAX)
        return bnn_fail(
            err, BNN_E_USAGE,
            "%zu replicates of %zu comparisons with %zu seeds and %zu images are too many",
            replicates, p->comparisons, p->seeds, p->images);
    return BNN_OK;
}

static bool pair_differs(const bnn_predictions *p, const uint8_t *const *a, const uint8_t *const *b,
                         size_t image)
{
    for (size_t s = 0; s < p->seeds; s++)
        if (a[s] != NULL && b[s] != NULL &&
            (a[s][image] == p->labels[image]) != (b[s][image] == p->labels[image]))
            return true;
    return false;
}

static int table_read(bootstrap_table *table, const bnn_predictions *p, size_t comparison,
                      bnn_arena *arena, bnn_error *err)
{
    const uint8_t *const *a = p->a + comparison * p->seeds, *const *b =
                                                                p->b + comparison * p->seeds;
    table->image = bnn_arena_alloc(arena, p->images, sizeof *table->image);
    if (table->image == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < p->images; i++)
        if (pair_differs(p, a, b, i))
            table->image[table->kept++] = (uint32_t)i;
    for (size_t s = 0; s < p->seeds; s++)
        table->pairs += a[s] != NULL && b[s] != NULL;
    table->difference = bnn_arena_alloc(arena, bnn_size_product(table->pairs, table->kept), 1);
    if (table->difference == NULL)
        return bnn_no_memory(err);
    int8_t *difference = table->difference;
    for (size_t s = 0; s < p->seeds; s++) {
        for (size_t k = 0; a[s] != NULL && b[s] != NULL && k < table->kept; k++) {
            const uint32_t i = table->image[k];
            *difference = (int8_t)((a[s][i] == p->labels[i]) - (b[s][i] == p->labels[i]));
            table->total += *difference++;
        }
    }
    return BNN_OK;
}

/* Draws as many images as there are, with replacement. A number of 32 bits times n, over 2^32, is
 * uniform enough: no image is likelier than another by more than n / 2^32. */
static void draw_images(bootstrap_draw *draw, size_t images, size_t replicate, uint64_t seed)
{
    const bnn_rng rng = {seed, BNN_RNG_BOOTSTRAP, BOOTSTRAP_STREAM_IMAGES};
    const uint8_t *byte = draw->bytes;
    bnn_rng_fill_bytes(&rng, (uint64_t)replicate * images, 4 * images, draw->bytes);
    memset(draw->times, 0, images * sizeof *draw->times);
    for (size_t i = 0; i < images; i++, byte += 4) {
        const uint32_t bits = (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 |
                              (uint32_t)byte[3] << 24;
        draw->times[(uint64_t)bits * images >> 32]++;
    }
}

/* The mean of a replicate, in points: seeds are drawn here, images were. */
static double replicate_mean(const bootstrap_table *table, const bootstrap_draw *draw,
                             size_t images, size_t replicate, uint64_t seed)
{
    const bnn_rng rng = {seed, BNN_RNG_BOOTSTRAP, BOOTSTRAP_STREAM_SEEDS};
    int16_t *sums = draw->sums;
    int64_t total = 0;
    memset(sums, 0, table->kept * sizeof *sums);
    for (size_t s = 0; s < table->pairs; s++) {
        const uint64_t bits = bnn_rng_bits(&rng, (uint64_t)replicate * table->pairs + s);
        const int8_t *drawn = table->difference + (bits * table->pairs >> 32) * table->kept;
        for (size_t k = 0; k < table->kept; k++)
            sums[k] = (int16_t)(sums[k] + drawn[k]);
    }
    for (size_t k = 0; k < table->kept; k++)
        total += (int64_t)draw->times[table->image[k]] * sums[k];
    return 100 * (double)total / (double)images / (double)table->pairs;
}

static int compare_replicates(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The value that a share p of n sorted ones are below, between neighbours. */
static double sorted_quantile(const double *sorted, size_t n, double p)
{
    const double at = p * (double)(n - 1);
    const size_t below = (size_t)at, above = below + 1 < n ? below + 1 : below;
    return sorted[below] + (at - (double)below) * (sorted[above] - sorted[below]);
}

static bnn_generalisation table_answer(bootstrap_table *table, size_t images, double alpha,
                                       size_t replicates)
{
    const double n = (double)table->pairs;
    bnn_generalisation out = {
        .pairs = table->pairs,
        .mean = n == 0 || images == 0 ? (double)NAN : 100 * table->total / (double)images / n,
        .se = (double)NAN,
        .low = -INFINITY,
        .high = INFINITY,
    };
    if (table->pairs < 2 || images == 0)
        return out;
    bnn_moments moments = {0};
    for (size_t r = 0; r < replicates; r++)
        bnn_moments_add(&moments, table->replicates[r]);
    out.se = bnn_moments_sd(&moments);
    qsort(table->replicates, replicates, sizeof *table->replicates, compare_replicates);
    const double stretch =
        bnn_student_quantile(alpha / 2, n - 1) / bnn_normal_quantile(alpha / 2) * sqrt(n / (n - 1));
    const double low = sorted_quantile(table->replicates, replicates, alpha / 2);
    const double high = sorted_quantile(table->replicates, replicates, 1 - alpha / 2);
    out.low = out.mean + stretch * (low - out.mean);
    out.high = out.mean + stretch * (high - out.mean);
    return out;
}

static int tables_make(bootstrap_table *tables, bootstrap_draw *draw, const bnn_predictions *p,
                       size_t replicates, bnn_arena *arena, bnn_error *err)
{
    draw->times = bnn_arena_alloc(arena, p->images, sizeof *draw->times);
    draw->bytes = bnn_arena_alloc(arena, p->images, 4);
    draw->sums = bnn_arena_alloc(arena, p->images, sizeof *draw->sums);
    if (draw->times == NULL || draw->bytes == NULL || draw->sums == NULL)
        return bnn_no_memory(err);
    for (size_t c = 0; c < p->comparisons; c++) {
        tables[c].replicates = bnn_arena_alloc(arena, replicates, sizeof *tables[c].replicates);
        if (tables[c].replicates == NULL)
            return bnn_no_memory(err);
        if (table_read(&tables[c], p, c, arena, err) != BNN_OK)
            return err->status;
    }
    return BNN_OK;
}

int bnn_bootstrap(const bnn_predictions *predictions, double alpha, size_t replicates,
                  uint64_t seed, bnn_generalisation *out, bnn_error *err)
{
    const size_t n = predictions->comparisons, images = predictions->images;
    bootstrap_draw draw = {0};
    if (replicates == 0)
        replicates = BOOTSTRAP_REPLICATES;
    if (bootstrap_check(predictions, alpha, replicates, err) != BNN_OK)
        return err->status;
    bnn_arena *arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES);
    bootstrap_table *tables = arena == NULL ? NULL : bnn_arena_alloc(arena, n, sizeof *tables);
    const int status = tables == NULL
                           ? bnn_no_memory(err)
                           : tables_make(tables, &draw, predictions, replicates, arena, err);
    for (size_t r = 0; status == BNN_OK && images > 0 && r < replicates; r++) {
        draw_images(&draw, images, r, seed);
        for (size_t c = 0; c < n; c++)
            if (tables[c].pairs > 1)
                tables[c].replicates[r] = replicate_mean(&tables[c], &draw, images, r, seed);
    }
    for (size_t c = 0; status == BNN_OK && c < n; c++)
        out[c] = table_answer(&tables[c], images, alpha, replicates);
    bnn_arena_destroy(arena);
    return status;
}
