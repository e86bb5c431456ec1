#include "comparison/flips.h"

#include "base/rng.h"
#include "base/size.h"

#include <math.h>
#include <string.h>

/* Sums of all patterns and configs beyond which patterns are drawn. */
enum { FLIP_EXACT_SUMS = 1 << 26 };

static int flips_draw(bnn_flips *flips, size_t draws, uint64_t seed, bnn_arena *arena,
                      bnn_error *err)
{
    const bnn_rng rng = {seed, BNN_RNG_FLIPS, 0};
    const size_t n = bnn_size_product(draws, flips->bytes);
    uint8_t *drawn = bnn_arena_alloc(arena, n, 1);
    if (drawn == NULL)
        return bnn_no_memory(err);
    bnn_rng_fill_bytes(&rng, 0, n, drawn);
    flips->count = draws;
    flips->is_exact = false;
    flips->drawn = drawn;
    return BNN_OK;
}

int bnn_flips_plan(bnn_flips *flips, size_t seeds, size_t configs, size_t draws, uint64_t seed,
                   bnn_arena *arena, bnn_error *err)
{
    *flips = (bnn_flips){.seeds = seeds, .bytes = seeds / 8 + (seeds % 8 != 0), .is_exact = true};
    if (seeds > BNN_FLIP_EXACT_SEEDS || configs > (size_t)FLIP_EXACT_SUMS >> seeds)
        return flips_draw(flips, draws, seed, arena, err);
    flips->count = seeds == 0 ? 1 : (size_t)1 << (seeds - 1);
    return BNN_OK;
}

/* With room for rounding: 0.05 of 100,000 are 5,000. */
int64_t bnn_flips_allowed(const bnn_flips *flips, double alpha)
{
    const size_t one = flips->is_exact ? 0 : 1;
    return (int64_t)floor(alpha * (double)(flips->count + one) * (1 + 1e-12)) - (int64_t)one;
}

double bnn_flips_p(const bnn_flips *flips, size_t hits)
{
    const size_t one = flips->is_exact ? 0 : 1;
    return (double)(hits + one) / (double)(flips->count + one);
}

double *bnn_flips_table(const bnn_flips *flips, const double *values, bnn_arena *arena)
{
    double *table = bnn_arena_alloc(arena, bnn_size_product(flips->bytes, 256), sizeof *table);
    for (size_t b = 0; table != NULL && b < flips->bytes; b++) {
        double *sums = table + 256 * b;
        for (size_t i = 8 * b; i < 8 * b + 8 && i < flips->seeds; i++)
            sums[0] += values[i];
        /* A pattern is one with a bit less, and that seed turned. */
        for (size_t i = 0; i < 8; i++) {
            const size_t seed = 8 * b + i, bit = (size_t)1 << i;
            const double turn = seed < flips->seeds ? 2 * values[seed] : 0;
            for (size_t pattern = 0; pattern < bit; pattern++)
                sums[bit + pattern] = sums[pattern] - turn;
        }
    }
    return table;
}

static void flips_sums_exact(const bnn_flips *flips, const double *table, size_t block, size_t n,
                             double *sums)
{
    double base = 0;
    for (size_t b = 1; b < flips->bytes; b++)
        base += table[256 * b + (block >> 8 * (b - 1) & 255)];
    for (size_t i = 0; i < n; i++)
        sums[i] = base + table[i];
}

void bnn_flips_sums(const bnn_flips *flips, const double *table, size_t block, double *sums)
{
    const size_t n = bnn_flips_in_block(flips, block);
    if (flips->bytes == 0) {
        memset(sums, 0, n * sizeof *sums);
        return;
    }
    if (flips->is_exact) {
        flips_sums_exact(flips, table, block, n, sums);
        return;
    }
    const uint8_t *pattern = flips->drawn + block * BNN_FLIP_BLOCK * flips->bytes;
    for (size_t i = 0; i < n; i++, pattern += flips->bytes) {
        double sum = 0;
        for (size_t b = 0; b < flips->bytes; b++)
            sum += table[256 * b + pattern[b]];
        sums[i] = sum;
    }
}
