#include "comparison/interval.h"

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

/* Where the statistic of the config is u: |mean - t| = u deviation / sqrt(n - u^2). */
static double rival_point(const bnn_sample *sample, double mean, double u)
{
    const double room = (double)sample->pairs - u * u;
    if (room <= BNN_TIE)
        return -INFINITY;
    return mean - u * sample->deviation / sqrt(room);
}

/* The lesser mean of the turned values and of the others. Where either are none the flip reaches all
 * values. A failed run among them makes a mean that no pairs have, whose values are in [-1, 1]. */
static double subset_point(double size, double sum, double kept, double flipped_sum)
{
    const double turned = (size - kept) / 2, rest = (size + kept) / 2;
    if (turned < 0.5 || rest < 0.5)
        return -INFINITY;
    const double a = (sum - flipped_sum) / 2 / turned, b = (sum + flipped_sum) / 2 / rest;
    const double lesser = a < b ? a : b;
    return lesser < -2 ? -INFINITY : lesser > 2 ? INFINITY : lesser;
}

/* points[count]: the lower side of a sample (side 1), or of its negative (side -1). */
static void interval_points(const bnn_flips *flips, const bnn_sample *sample, size_t k, double side,
                            const interval_rivals *rivals, double *points)
{
    const double mean = side * sample->mean, sum = side * sample->beyond_sum;
    for (size_t block = 0; block < bnn_flips_blocks(flips); block++) {
        const size_t begin = block * BNN_FLIP_BLOCK;
        double sums[BNN_FLIP_BLOCK], kept[BNN_FLIP_BLOCK];
        bnn_flips_sums(flips, sample->beyond_table, block, sums);
        bnn_flips_sums(flips, sample->present_table, block, kept);
        for (size_t i = 0; i < bnn_flips_in_block(flips, block); i++) {
            double point = subset_point((double)sample->present, sum, kept[i], side * sums[i]);
            if (rivals != NULL) {
                const size_t at = begin + i;
                const double u = rivals->owner[at] == k ? rivals->second[at] : rivals->first[at];
                point = fmin(point, rival_point(sample, mean, u));
            }
            points[begin + i] = point;
        }
    }
}

/* Puts what is not above the value in the middle before what is not below it: Hoare's partition. The last
 * place of the former, which is not the last of all. */
static int64_t partition_values(double *values, int64_t first, int64_t last)
{
    const double pivot = values[first + (last - first) / 2];
    int64_t i = first - 1, j = last + 1;
    for (;;) {
        do {
            i++;
        } while (values[i] < pivot);
        do {
            j--;
        } while (values[j] > pivot);
        if (i >= j)
            return j;
        const double swap = values[i];
        values[i] = values[j];
        values[j] = swap;
    }
}

/* The value that would stand at `rank`, from 0, if values[n] were sorted. */
static double value_of_rank(double *values, size_t n, int64_t rank)
{
    int64_t first = 0, last = (int64_t)n - 1;
    while (first < last) {
        const int64_t middle = partition_values(values, first, last);
        if (rank <= middle)
            last = middle;
        else
            first = middle + 1;
    }
    return values[rank];
}

int bnn_intervals(const bnn_flips *flips, const bnn_sample *samples, size_t n, double alpha,
                  bool is_joint, double *low, double *high, bnn_arena *arena, bnn_error *err)
{
    const int64_t rank = bnn_flips_allowed(flips, alpha);
    interval_rivals rivals, *used = is_joint && n > 1 ? &rivals : NULL;
    double *points = bnn_arena_alloc(arena, flips->count, sizeof *points);
    if (points == NULL)
        return bnn_no_memory(err);
    if (used != NULL && rivals_find(used, flips, samples, n, arena, err) != BNN_OK)
        return err->status;
    for (size_t k = 0; k < n; k++) {
        low[k] = -INFINITY;
        high[k] = INFINITY;
        if (rank < 0 || samples[k].pairs == 0)
            continue;
        interval_points(flips, &samples[k], k, 1, used, points);
        low[k] = samples[k].scale * value_of_rank(points, flips->count, rank);
        interval_points(flips, &samples[k], k, -1, used, points);
        high[k] = -samples[k].scale * value_of_rank(points, flips->count, rank);
    }
    return BNN_OK;
}
