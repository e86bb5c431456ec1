/* flips.h - sign flips of n seeds, and sums of a config's values under them. Private to
 * comparison/.
 *
 * A flip is a pattern of n bits, those of the seeds whose sign is turned. All of them are the
 * numbers below 2^n; the last seed keeps its sign, since what is asked is the same for a pattern
 * and its opposite, so there are 2^(n-1). Or `count` patterns are drawn. Sums are looked up by
 * byte: of a block of 256 neighbouring patterns, all but the lowest byte is a constant. That is as
 * fast as following a Gray code, and adds no rounding error from one pattern to the next. A table
 * has several configs side by side, so that one look is a vector with a sum of each; a sum is formed in
 * the same order whatever stands beside it. */
#ifndef BNN_COMPARISON_FLIPS_H
#define BNN_COMPARISON_FLIPS_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BNN_FLIP_BLOCK = 256,
    BNN_FLIP_LANES = 4,        /* configs in a table */
    BNN_FLIP_EXACT_SEEDS = 20, /* more are drawn */
};

typedef struct bnn_flips {
    size_t seeds, bytes; /* bytes: of a pattern */
    size_t count;        /* of patterns */
    bool is_exact;
    const uint8_t *drawn; /* [count][bytes]; NULL when exact */
} bnn_flips;

/* All flips of so many seeds where these, for so many configs, are few enough; else `draws` of
 * them, from the stream of this seed. Memory comes from the arena; BNN_E_INTERNAL without. */
int bnn_flips_plan(bnn_flips *flips, size_t seeds, size_t configs, size_t draws, uint64_t seed,
                   bnn_arena *arena, bnn_error *err);

static inline size_t bnn_flips_blocks(const bnn_flips *flips)
{
    return (flips->count + BNN_FLIP_BLOCK - 1) / BNN_FLIP_BLOCK;
}

/* How many patterns a block has: the last may have fewer. */
static inline size_t bnn_flips_in_block(const bnn_flips *flips, size_t block)
{
    const size_t left = flips->count - block * BNN_FLIP_BLOCK;
    return left < BNN_FLIP_BLOCK ? left : BNN_FLIP_BLOCK;
}

/* How many patterns may be at least as extreme as what was seen where p is to be at most alpha: p
 * is hits / count of all patterns, and (1 + hits) / (1 + count) of drawn ones. -1: not even none. */
int64_t bnn_flips_allowed(const bnn_flips *flips, double alpha);
double bnn_flips_p(const bnn_flips *flips, size_t hits);

/* How many of n configs that are left a table takes. */
static inline size_t bnn_flips_lanes(size_t n)
{
    return n < BNN_FLIP_LANES ? n : BNN_FLIP_LANES;
}

/* An empty table, from the arena; NULL without memory. */
double *bnn_flips_table(const bnn_flips *flips, bnn_arena *arena);

/* Puts values[seeds], where absent ones are 0, into a lane of the table; what was there is gone. */
void bnn_flips_tabulate(const bnn_flips *flips, const double *values, size_t lane, double *table);

/* sums[lane][in block]: of the first lanes of the table, with the signs of each pattern. */
void bnn_flips_sums(const bnn_flips *flips, const double *table, size_t lanes, size_t block,
                    double sums[][BNN_FLIP_BLOCK]);

#endif
