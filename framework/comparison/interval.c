#include "comparison/interval.h"

#include "comparison/rank.h"

#include <math.h>

/* Under each flip the greatest statistic of all centred samples, whose it is (a number of the same width,
 * for vectors), and the second. */
typedef struct interval_rivals {
    double *first, *owner, *second; /* [count] */
} interval_rivals;

/* Adds a block of flips of config k, under which its sums are these. */
static void rivals_add(const interval_rivals *rivals, double k, double inverse, size_t begin,
                       size_t n, const double *sums)
{
    double *first = rivals->first + begin, *owner = rivals->owner + begin;
    double *second = rivals->second + begin;
    for (size_t i = 0; i < n; i++) {
        const double u = fabs(sums[i]) * inverse, was = first[i], of = owner[i], least = second[i];
        const double lesser = u > was ? was : u;
        second[i] = lesser > least ? lesser : least;
        owner[i] = u > was ? k : of;
        first[i] = u > was ? u : was;
    }
}

static int rivals_find(interval_rivals *rivals, const bnn_flips *flips, const bnn_sample *samples,
                       size_t n, bnn_arena *arena, bnn_error *err)
{
    double *table = bnn_flips_table(flips, arena);
    rivals->first = bnn_arena_alloc(arena, flips->count, sizeof *rivals->first);
    rivals->owner = bnn_arena_alloc(arena, flips->count, sizeof *rivals->owner);
    rivals->second = bnn_arena_alloc(arena, flips->count, sizeof *rivals->second);
    if (table == NULL || rivals->first == NULL || rivals->owner == NULL || rivals->second == NULL)
        return bnn_no_memory(err);
    for (size_t k = 0; k < n; k += BNN_FLIP_LANES) {
        const size_t lanes = bnn_flips_lanes(n - k);
        for (size_t j = 0; j < lanes; j++)
            bnn_flips_tabulate(flips, samples[k + j].centred, j, table);
        for (size_t block = 0; block < bnn_flips_blocks(flips); block++) {
            double sums[BNN_FLIP_LANES][BNN_FLIP_BLOCK];
            bnn_flips_sums(flips, table, lanes, block, sums);
            for (size_t j = 0; j < lanes; j++)
                rivals_add(rivals, (double)(k + j), samples[k + j].centred_inverse,
                           block * BNN_FLIP_BLOCK, bnn_flips_in_block(flips, block), sums[j]);
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

/* From where on n flips reach a value, whose sums of the values, and of 1 for each seed that is present,
 * these are: below[n] and above[n] are the means of the turned seeds and of the others, the lesser and
 * the greater. Where either are none the flip reaches all values. A failed run makes a mean that no pairs
 * have, whose values are in [-1, 1]. */
static void subset_points(const bnn_sample *sample, size_t n, const double *sums,
                          const double *kept, double *below, double *above)
{
    const double size = (double)sample->present, sum = sample->beyond_sum;
    for (size_t i = 0; i < n; i++) {
        const bool is_whole = size - fabs(kept[i]) < 0.5;
        const double turned = (sum - sums[i]) / (size - kept[i]);
        const double rest = (sum + sums[i]) / (size + kept[i]);
        const double lesser = turned < rest ? turned : rest;
        const double greater = turned < rest ? rest : turned;
        below[i] = is_whole || lesser < -2 ? -INFINITY : lesser > 2 ? INFINITY : lesser;
        above[i] = is_whole || greater > 2 ? INFINITY : greater < -2 ? -INFINITY : greater;
    }
}

/* Where a rival of config k is greater before the flip reaches the value, that point takes its place. */
static void rivals_bound(const interval_rivals *rivals, const bnn_sample *sample, double k,
                         size_t begin, size_t n, double *below, double *above)
{
    const double *first = rivals->first + begin, *owner = rivals->owner + begin;
    const double *second = rivals->second + begin;
    for (size_t i = 0; i < n; i++) {
        const double a = first[i], b = second[i];
        const double far = rival_distance(sample, owner[i] == k ? b : a);
        const double low = sample->mean - far, high = sample->mean + far;
        below[i] = low < below[i] ? low : below[i];
        above[i] = high > above[i] ? high : above[i];
    }
}

/* No flip reaches a value short of the mean; and both ends count from their least. */
static void mean_bound(double mean, size_t n, double *below, double *above)
{
    for (size_t i = 0; i < n; i++) {
        below[i] = mean < below[i] ? mean : below[i];
        above[i] = -(mean > above[i] ? mean : above[i]);
    }
}

typedef struct interval_work {
    const bnn_flips *flips;
    const bnn_sample *samples;
    const interval_rivals *rivals; /* NULL: they take no part */
    double *beyond, *presence;     /* tables */
    double *below[BNN_FLIP_LANES]; /* [count] */
    double *above[BNN_FLIP_LANES];
} interval_work;

static int interval_begin(interval_work *w, size_t lanes, bnn_arena *arena, bnn_error *err)
{
    w->beyond = bnn_flips_table(w->flips, arena);
    w->presence = bnn_flips_table(w->flips, arena);
    bool whole = w->beyond != NULL && w->presence != NULL;
    for (size_t j = 0; j < lanes; j++) {
        w->below[j] = bnn_arena_alloc(arena, w->flips->count, sizeof(double));
        w->above[j] = bnn_arena_alloc(arena, w->flips->count, sizeof(double));
        whole = whole && w->below[j] != NULL && w->above[j] != NULL;
    }
    return whole ? BNN_OK : bnn_no_memory(err);
}

/* The points of the samples from k on, one a lane. */
static void interval_points(const interval_work *w, size_t k, size_t lanes)
{
    double sums[BNN_FLIP_LANES][BNN_FLIP_BLOCK], kept[BNN_FLIP_LANES][BNN_FLIP_BLOCK];
    for (size_t j = 0; j < lanes; j++) {
        bnn_flips_tabulate(w->flips, w->samples[k + j].beyond, j, w->beyond);
        bnn_flips_tabulate(w->flips, w->samples[k + j].presence, j, w->presence);
    }
    for (size_t block = 0; block < bnn_flips_blocks(w->flips); block++) {
        const size_t begin = block * BNN_FLIP_BLOCK, n = bnn_flips_in_block(w->flips, block);
        bnn_flips_sums(w->flips, w->beyond, lanes, block, sums);
        bnn_flips_sums(w->flips, w->presence, lanes, block, kept);
        for (size_t j = 0; j < lanes; j++) {
            const bnn_sample *sample = &w->samples[k + j];
            double *below = w->below[j] + begin, *above = w->above[j] + begin;
            subset_points(sample, n, sums[j], kept[j], below, above);
            if (w->rivals != NULL)
                rivals_bound(w->rivals, sample, (double)(k + j), begin, n, below, above);
            mean_bound(sample->mean, n, below, above);
        }
    }
}

static int interval_ends(interval_work *w, size_t n, size_t rank, double *low, double *high,
                         bnn_arena *arena, bnn_error *err)
{
    const size_t count = w->flips->count;
    if (interval_begin(w, bnn_flips_lanes(n), arena, err) != BNN_OK)
        return err->status;
    for (size_t k = 0; k < n; k += BNN_FLIP_LANES) {
        const size_t lanes = bnn_flips_lanes(n - k);
        interval_points(w, k, lanes);
        for (size_t j = 0; j < lanes; j++) {
            const bnn_sample *sample = &w->samples[k + j];
            if (sample->pairs == 0)
                continue;
            low[k + j] = sample->scale * bnn_value_of_rank(w->below[j], count, rank);
            high[k + j] = -sample->scale * bnn_value_of_rank(w->above[j], count, rank);
        }
    }
    return BNN_OK;
}

int bnn_intervals(const bnn_flips *flips, const bnn_sample *samples, size_t n, double alpha,
                  bool is_joint, double *low, double *high, bnn_arena *arena, bnn_error *err)
{
    const int64_t rank = bnn_flips_allowed(flips, alpha);
    interval_rivals rivals;
    interval_work work = {.flips = flips, .samples = samples};
    for (size_t k = 0; k < n; k++) {
        low[k] = -INFINITY;
        high[k] = INFINITY;
    }
    if (rank < 0)
        return BNN_OK;
    if (is_joint && n > 1) {
        if (rivals_find(&rivals, flips, samples, n, arena, err) != BNN_OK)
            return err->status;
        work.rivals = &rivals;
    }
    return interval_ends(&work, n, (size_t)rank, low, high, arena, err);
}
