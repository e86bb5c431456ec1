#include "comparison/interval.h"

#include "comparison/rank.h"

#include <math.h>

/* Under each flip the greatest statistic of all centred samples, whose it is, and the second. */
typedef struct interval_rivals {
    double *first, *second; /* [count] */
    size_t *owner;
} interval_rivals;

static int rivals_find(interval_rivals *rivals, const bnn_flips *flips, const bnn_sample *samples,
                       size_t n, bnn_arena *arena, bnn_error *err)
{
    rivals->first = bnn_arena_alloc(arena, flips->count, sizeof *rivals->first);
    rivals->second = bnn_arena_alloc(arena, flips->count, sizeof *rivals->second);
    rivals->owner = bnn_arena_alloc(arena, flips->count, sizeof *rivals->owner);
    if (rivals->first == NULL || rivals->second == NULL || rivals->owner == NULL)
        return bnn_no_memory(err);
    for (size_t block = 0; block < bnn_flips_blocks(flips); block++) {
        const size_t begin = block * BNN_FLIP_BLOCK;
        double sums[BNN_FLIP_BLOCK];
        double *first = rivals->first + begin, *second = rivals->second + begin;
        for (size_t k = 0; k < n; k++) {
            bnn_flips_sums(flips, samples[k].centred_table, block, sums);
            for (size_t i = 0; i < bnn_flips_in_block(flips, block); i++) {
                const double u = fabs(sums[i]) * samples[k].centred_inverse;
                const bool is_greater = u > first[i];
                const double lesser = is_greater ? first[i] : u;
                second[i] = lesser > second[i] ? lesser : second[i];
                rivals->owner[begin + i] = is_greater ? k : rivals->owner[begin + i];
                first[i] = is_greater ? u : first[i];
            }
        }
    }
    return BNN_OK;
}

/* How far from the mean the statistic of the config is u: u deviation / sqrt(n - u^2). */
static double rival_distance(const bnn_sample *sample, double u)
{
    const double room = (double)sample->pairs - u * u;
    return room <= BNN_TIE ? INFINITY : u * sample->deviation / sqrt(room);
}

/* From where on the flips of a block reach a value: below[n] and above[n] are the means of the
 * turned seeds and of the others, the lesser and the greater. Where either are none the flip
 * reaches all values. A failed run makes a mean that no pairs have, whose values are in [-1, 1]. */
static void subset_points(const bnn_flips *flips, const bnn_sample *sample, size_t block,
                          double *below, double *above)
{
    const double size = (double)sample->present, sum = sample->beyond_sum;
    double sums[BNN_FLIP_BLOCK], kept[BNN_FLIP_BLOCK];
    bnn_flips_sums(flips, sample->beyond_table, block, sums);
    bnn_flips_sums(flips, sample->present_table, block, kept);
    for (size_t i = 0; i < bnn_flips_in_block(flips, block); i++) {
        const bool is_whole = size - fabs(kept[i]) < 0.5;
        const double turned = (sum - sums[i]) / (size - kept[i]);
        const double rest = (sum + sums[i]) / (size + kept[i]);
        const double lesser = turned < rest ? turned : rest;
        const double greater = turned < rest ? rest : turned;
        below[i] = is_whole || lesser < -2 ? -INFINITY : lesser > 2 ? INFINITY : lesser;
        above[i] = is_whole || greater > 2 ? INFINITY : greater < -2 ? -INFINITY : greater;
    }
}

/* below[count] and above[count] of a sample, its rivals' points with them; the latter negated, so
 * that both count from their least. */
static void interval_points(const bnn_flips *flips, const bnn_sample *sample, size_t k,
                            const interval_rivals *rivals, double *below, double *above)
{
    for (size_t block = 0; block < bnn_flips_blocks(flips); block++) {
        const size_t begin = block * BNN_FLIP_BLOCK, n = bnn_flips_in_block(flips, block);
        subset_points(flips, sample, block, below + begin, above + begin);
        for (size_t i = begin; i < begin + n; i++) {
            double far = 0;
            if (rivals != NULL)
                far = rival_distance(sample,
                                     rivals->owner[i] == k ? rivals->second[i] : rivals->first[i]);
            const double low = sample->mean - far, high = sample->mean + far;
            below[i] = low < below[i] ? low : below[i];
            above[i] = -(high > above[i] ? high : above[i]);
        }
    }
}

int bnn_intervals(const bnn_flips *flips, const bnn_sample *samples, size_t n, double alpha,
                  bool is_joint, double *low, double *high, bnn_arena *arena, bnn_error *err)
{
    const int64_t rank = bnn_flips_allowed(flips, alpha);
    interval_rivals rivals, *used = is_joint && n > 1 ? &rivals : NULL;
    double *below = bnn_arena_alloc(arena, flips->count, sizeof *below);
    double *above = bnn_arena_alloc(arena, flips->count, sizeof *above);
    if (below == NULL || above == NULL)
        return bnn_no_memory(err);
    if (used != NULL && rivals_find(used, flips, samples, n, arena, err) != BNN_OK)
        return err->status;
    for (size_t k = 0; k < n; k++) {
        low[k] = -INFINITY;
        high[k] = INFINITY;
        if (rank < 0 || samples[k].pairs == 0)
            continue;
        interval_points(flips, &samples[k], k, used, below, above);
        low[k] = samples[k].scale * bnn_value_of_rank(below, flips->count, (size_t)rank);
        high[k] = -samples[k].scale * bnn_value_of_rank(above, flips->count, (size_t)rank);
    }
    return BNN_OK;
}
