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
    BOOTSTRAP_WORD = 64, /* images in a word */
    BOOTSTRAP_PLANES = 16,
};

/* Which images are known: those that all runs get right, or all wrong, cancel in each difference. A run is a
 * row of bits, 1 where it is right; what a replicate drew is planes of bits, how often each image as a binary
 * number. So a run's number of right answers is a sum over words, and that of each comparison follows from
 * those of its runs. */
typedef struct bootstrap_runs {
    size_t n;
    const uint8_t **classes; /* [n], by address: each once */
    size_t kept, words;
    uint32_t *image;  /* [kept] */
    uint64_t *right;  /* [n][words] */
    uint64_t *planes; /* [BOOTSTRAP_PLANES][words] */
    size_t n_planes;
    int64_t *sums;   /* [n]: of the replicate */
    uint16_t *times; /* [images]: how often each was drawn */
    uint8_t *bytes;  /* [4 images] */
    size_t n_drawn;  /* pairs of which `drawn` has a replicate's seeds */
    uint32_t *drawn; /* [seeds]: pairs */
} bootstrap_runs;

/* A comparison: its pairs, as numbers of runs. */
typedef struct bootstrap_table {
    size_t pairs;
    uint32_t *a, *b;    /* [pairs] */
    double total;       /* of all differences */
    double *replicates; /* [replicates]: means, in points */
} bootstrap_table;

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

/* ---- what the runs say --------------------------------------------------------------------- */

static int bootstrap_order_runs(const void *left, const void *right)
{
    const uintptr_t a = (uintptr_t) * (const uint8_t *const *)left;
    const uintptr_t b = (uintptr_t) * (const uint8_t *const *)right;
    return (a > b) - (a < b);
}

static uint32_t bootstrap_find_run(const bootstrap_runs *runs, const uint8_t *classes)
{
    const uint8_t **found =
        bsearch(&classes, runs->classes, runs->n, sizeof *runs->classes, bootstrap_order_runs);
    return (uint32_t)(found - runs->classes);
}

static int bootstrap_list_runs(bootstrap_runs *runs, const bnn_predictions *p, bnn_arena *arena,
                               bnn_error *err)
{
    const size_t most = p->comparisons * p->seeds;
    size_t n = 0;
    runs->classes = bnn_arena_alloc(arena, bnn_size_product(most, 2), sizeof *runs->classes);
    if (runs->classes == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < most; i++)
        if (p->a[i] != NULL && p->b[i] != NULL) {
            runs->classes[n++] = p->a[i];
            runs->classes[n++] = p->b[i];
        }
    qsort(runs->classes, n, sizeof *runs->classes, bootstrap_order_runs);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || runs->classes[i] != runs->classes[runs->n - 1])
            runs->classes[runs->n++] = runs->classes[i];
    return BNN_OK;
}

static bool bootstrap_runs_differ(const bootstrap_runs *runs, const bnn_predictions *p,
                                  size_t image)
{
    for (size_t i = 1; i < runs->n; i++)
        if ((runs->classes[i][image] == p->labels[image]) !=
            (runs->classes[0][image] == p->labels[image]))
            return true;
    return false;
}

static int bootstrap_read_runs(bootstrap_runs *runs, const bnn_predictions *p, bnn_arena *arena,
                               bnn_error *err)
{
    runs->image = bnn_arena_alloc(arena, p->images, sizeof *runs->image);
    if (runs->image == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < p->images; i++)
        if (bootstrap_runs_differ(runs, p, i))
            runs->image[runs->kept++] = (uint32_t)i;
    runs->words = runs->kept / BOOTSTRAP_WORD + (runs->kept % BOOTSTRAP_WORD != 0);
    runs->right =
        bnn_arena_alloc(arena, bnn_size_product(runs->n, runs->words), sizeof *runs->right);
    runs->planes = bnn_arena_alloc(arena, BOOTSTRAP_PLANES * runs->words, sizeof *runs->planes);
    runs->sums = bnn_arena_alloc(arena, runs->n, sizeof *runs->sums);
    runs->times = bnn_arena_alloc(arena, p->images, sizeof *runs->times);
    runs->bytes = bnn_arena_alloc(arena, p->images, 4);
    runs->drawn = bnn_arena_alloc(arena, p->seeds, sizeof *runs->drawn);
    if (runs->right == NULL || runs->planes == NULL || runs->sums == NULL || runs->times == NULL ||
        runs->bytes == NULL || runs->drawn == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < runs->n; i++)
        for (size_t k = 0; k < runs->kept; k++) {
            const bool right = runs->classes[i][runs->image[k]] == p->labels[runs->image[k]];
            runs->right[i * runs->words + k / BOOTSTRAP_WORD] |= (uint64_t)right
                                                                 << k % BOOTSTRAP_WORD;
        }
    return BNN_OK;
}

/* How many of the kept images each run gets right, as often as each counts. */
__attribute__((always_inline)) static inline void sum_runs(bootstrap_runs *runs)
{
    for (size_t i = 0; i < runs->n; i++) {
        const uint64_t *right = runs->right + i * runs->words;
        int64_t total = 0;
        for (size_t plane = 0; plane < runs->n_planes; plane++) {
            const uint64_t *drawn = runs->planes + plane * runs->words;
            uint64_t sum = 0;
            for (size_t w = 0; w < runs->words; w++)
                sum += (uint64_t)__builtin_popcountll(right[w] & drawn[w]);
            total += (int64_t)(sum << plane);
        }
        runs->sums[i] = total;
    }
}

#if defined(__x86_64__)
__attribute__((target("popcnt"))) static void sum_runs_popcnt(bootstrap_runs *runs)
{
    sum_runs(runs);
}
#endif

/* Most of the time goes there. The first machines of x86-64 had no instruction that counts bits, so compilers
 * use none without being asked to. */
static void bootstrap_sum_runs(bootstrap_runs *runs)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("popcnt")) {
        sum_runs_popcnt(runs);
        return;
    }
#endif
    sum_runs(runs);
}

/* ---- replicates -------------------------------------------------------------------------- */

/* How often each kept image was drawn becomes planes. */
static void draw_planes(bootstrap_runs *runs)
{
    memset(runs->planes, 0, BOOTSTRAP_PLANES * runs->words * sizeof *runs->planes);
    runs->n_planes = 0;
    for (size_t k = 0; k < runs->kept; k++) {
        unsigned times = runs->times[runs->image[k]];
        for (size_t plane = 0; times > 0; plane++, times >>= 1) {
            runs->planes[plane * runs->words + k / BOOTSTRAP_WORD] |= (uint64_t)(times & 1)
                                                                      << k % BOOTSTRAP_WORD;
            runs->n_planes = bnn_size_larger(runs->n_planes, plane + 1);
        }
    }
}

/* Draws as many images as there are, with replacement. A number of 32 bits times n, over 2^32, is
 * uniform enough: no image is likelier than another by more than n / 2^32. */
static void draw_images(bootstrap_runs *runs, size_t images, size_t replicate, uint64_t seed)
{
    const bnn_rng rng = {seed, BNN_RNG_BOOTSTRAP, BOOTSTRAP_STREAM_IMAGES};
    const uint8_t *byte = runs->bytes;
    bnn_rng_fill_bytes(&rng, (uint64_t)replicate * images, 4 * images, runs->bytes);
    memset(runs->times, 0, images * sizeof *runs->times);
    for (size_t i = 0; i < images; i++, byte += 4) {
        const uint32_t bits = (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 |
                              (uint32_t)byte[3] << 24;
        runs->times[(uint64_t)bits * images >> 32]++;
    }
    draw_planes(runs);
    bootstrap_sum_runs(runs);
    runs->n_drawn = 0;
}

/* Draws as many pairs as there are, the same for all comparisons that have so many. */
static void draw_seeds(bootstrap_runs *runs, size_t pairs, size_t replicate, uint64_t seed)
{
    const bnn_rng rng = {seed, BNN_RNG_BOOTSTRAP, BOOTSTRAP_STREAM_SEEDS};
    for (size_t s = 0; runs->n_drawn != pairs && s < pairs; s++) {
        const uint64_t bits = bnn_rng_bits(&rng, (uint64_t)replicate * pairs + s);
        runs->drawn[s] = (uint32_t)(bits * pairs >> 32);
    }
    runs->n_drawn = pairs;
}

/* The mean of a replicate, in points, of the images that were drawn. */
static double replicate_mean(const bootstrap_table *table, bootstrap_runs *runs, size_t images,
                             size_t replicate, uint64_t seed)
{
    int64_t total = 0;
    draw_seeds(runs, table->pairs, replicate, seed);
    for (size_t s = 0; s < table->pairs; s++)
        total += runs->sums[table->a[runs->drawn[s]]] - runs->sums[table->b[runs->drawn[s]]];
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

/* sums: of the runs, each image once. */
static int table_make(bootstrap_table *table, const bnn_predictions *p, size_t comparison,
                      const bootstrap_runs *runs, size_t replicates, bnn_arena *arena,
                      bnn_error *err)
{
    table->replicates = bnn_arena_alloc(arena, replicates, sizeof *table->replicates);
    table->a = bnn_arena_alloc(arena, p->seeds, sizeof *table->a);
    table->b = bnn_arena_alloc(arena, p->seeds, sizeof *table->b);
    if (table->replicates == NULL || table->a == NULL || table->b == NULL)
        return bnn_no_memory(err);
    for (size_t s = comparison * p->seeds; s < (comparison + 1) * p->seeds; s++) {
        if (p->a[s] == NULL || p->b[s] == NULL)
            continue;
        table->a[table->pairs] = bootstrap_find_run(runs, p->a[s]);
        table->b[table->pairs] = bootstrap_find_run(runs, p->b[s]);
        table->total +=
            (double)(runs->sums[table->a[table->pairs]] - runs->sums[table->b[table->pairs]]);
        table->pairs++;
    }
    return BNN_OK;
}

static int tables_make(bootstrap_table *tables, bootstrap_runs *runs, const bnn_predictions *p,
                       size_t replicates, bnn_arena *arena, bnn_error *err)
{
    int status = bootstrap_list_runs(runs, p, arena, err);
    if (status == BNN_OK)
        status = bootstrap_read_runs(runs, p, arena, err);
    if (status != BNN_OK)
        return status;
    for (size_t i = 0; i < p->images; i++)
        runs->times[i] = 1;
    draw_planes(runs);
    bootstrap_sum_runs(runs);
    for (size_t c = 0; c < p->comparisons; c++)
        if (table_make(&tables[c], p, c, runs, replicates, arena, err) != BNN_OK)
            return err->status;
    return BNN_OK;
}

int bnn_bootstrap(const bnn_predictions *predictions, double alpha, size_t replicates,
                  uint64_t seed, bnn_generalisation *out, bnn_error *err)
{
    const size_t n = predictions->comparisons, images = predictions->images;
    bootstrap_runs runs = {0};
    if (replicates == 0)
        replicates = BOOTSTRAP_REPLICATES;
    if (bootstrap_check(predictions, alpha, replicates, err) != BNN_OK)
        return err->status;
    bnn_arena *arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES);
    bootstrap_table *tables = arena == NULL ? NULL : bnn_arena_alloc(arena, n, sizeof *tables);
    const int status = tables == NULL
                           ? bnn_no_memory(err)
                           : tables_make(tables, &runs, predictions, replicates, arena, err);
    for (size_t r = 0; status == BNN_OK && images > 0 && r < replicates; r++) {
        draw_images(&runs, images, r, seed);
        for (size_t c = 0; c < n; c++)
            if (tables[c].pairs > 1)
                tables[c].replicates[r] = replicate_mean(&tables[c], &runs, images, r, seed);
    }
    for (size_t c = 0; status == BNN_OK && c < n; c++)
        out[c] = table_answer(&tables[c], images, alpha, replicates);
    bnn_arena_destroy(arena);
    return status;
}
