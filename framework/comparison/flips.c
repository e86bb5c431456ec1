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

enum { FLIP_BYTE = BNN_FLIP_LANES << 8 }; /* of a table: the sums of each byte */

double *bnn_flips_table(const bnn_flips *flips, bnn_arena *arena)
{
    return bnn_arena_alloc(arena, bnn_size_product(flips->bytes, FLIP_BYTE), sizeof(double));
}

void bnn_flips_tabulate(const bnn_flips *flips, const double *values, size_t lane, double *table)
{
    for (size_t b = 0; b < flips->bytes; b++) {
        double *sums = table + FLIP_BYTE * b + lane;
        sums[0] = 0;
        for (size_t i = 8 * b; i < 8 * b + 8 && i < flips->seeds; i++)
            sums[0] += values[i];
        /* A pattern is one with a bit less, and that seed turned. */
        for (size_t i = 0; i < 8; i++) {
            const size_t seed = 8 * b + i, bit = (size_t)1 << i;
            const double turn = seed < flips->seeds ? 2 * values[seed] : 0;
            for (size_t pattern = 0; pattern < bit; pattern++)
                sums[BNN_FLIP_LANES * (bit + pattern)] = sums[BNN_FLIP_LANES * pattern] - turn;
        }
    }
}

static void flips_sums_exact(const bnn_flips *flips, const double *table, size_t lane, size_t block,
                             double *sums)
{
    const size_t n = bnn_flips_in_block(flips, block);
    double base = 0;
    for (size_t b = 1; b < flips->bytes; b++)
        base += table[FLIP_BYTE * b + BNN_FLIP_LANES * (block >> 8 * (b - 1) & 255) + lane];
    for (size_t i = 0; i < n; i++)
        sums[i] = base + table[BNN_FLIP_LANES * i + lane];
}

/* What all machines have as a register. */
typedef double flips_pair __attribute__((vector_size(2 * sizeof(double)), may_alias));

static void flips_sums_drawn(const bnn_flips *flips, const double *table, size_t block,
                             double sums[][BNN_FLIP_BLOCK])
{
    const size_t n = bnn_flips_in_block(flips, block), bytes = flips->bytes;
    const uint8_t *pattern = flips->drawn + block * BNN_FLIP_BLOCK * bytes;
    for (size_t i = 0; i < n; i++, pattern += bytes) {
        flips_pair a = {0}, b = {0};
        for (size_t byte = 0; byte < bytes; byte++) {
            const double *row = table + FLIP_BYTE * byte + BNN_FLIP_LANES * (size_t)pattern[byte];
            a += *(const flips_pair *)row;
            b += *(const flips_pair *)(row + 2);
        }
        sums[0][i] = a[0];
        sums[1][i] = a[1];
        sums[2][i] = b[0];
        sums[3][i] = b[1];
    }
}

void bnn_flips_sums(const bnn_flips *flips, const double *table, size_t lanes, size_t block,
                    double sums[][BNN_FLIP_BLOCK])
{
    if (flips->bytes == 0)
        memset(sums, 0, lanes * sizeof *sums);
    else if (!flips->is_exact)
        flips_sums_drawn(flips, table, block, sums);
    else
        for (size_t lane = 0; lane < lanes; lane++)
            flips_sums_exact(flips, table, lane, block, sums[lane]);
}
