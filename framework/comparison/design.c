#include "comparison/design.h"

#include "comparison/design_paths.h"
#include "comparison/paired.h"
#include "comparison/quantile.h"
#include "comparison/rank.h"

#include <math.h>
#include <string.h>

int bnn_design_check(const bnn_design *design, bnn_error *err)
{
    if (design->looks == 0 || design->looks > BNN_LOOKS_MAX)
        return bnn_fail(err, BNN_E_USAGE, "there must be 1 to %d looks, not %zu", BNN_LOOKS_MAX,
                        design->looks);
    for (size_t k = 0; k < design->looks; k++)
        if (design->seeds[k] <= (k == 0 ? 0 : design->seeds[k - 1]))
            return bnn_fail(err, BNN_E_USAGE,
                            "look %zu must have more seeds than the one before, "
                            "not %zu",
                            k + 1, design->seeds[k]);
    return BNN_OK;
}

double bnn_design_spent(const bnn_design *design, double alpha, size_t look)
{
    const double share = (double)design->seeds[look] / (double)design->seeds[design->looks - 1];
    if (look + 1 == design->looks)
        return alpha;
    if (design->spending == BNN_SPEND_POCOCK)
        return alpha * log1p((M_E - 1) * share);
    return 2 * bnn_normal_cdf(bnn_normal_quantile(alpha / 2) / sqrt(share));
}

/* Samples of the configs from k on, of the seeds up to that look alone, one a lane of the table. */
static int paths_tabulate(const bnn_paths *paths, const bnn_flips *flips, size_t look, size_t k,
                          bnn_sample samples[BNN_FLIP_LANES], double *table, bnn_arena *arena,
                          bnn_error *err)
{
    const size_t seeds = paths->design->seeds[look], all = paths->design->seeds[paths->look];
    double *differences = bnn_arena_alloc(arena, flips->seeds, sizeof *differences);
    if (differences == NULL)
        return bnn_no_memory(err);
    for (size_t lane = 0; lane < bnn_flips_lanes(paths->configs - k); lane++) {
        for (size_t j = 0; j < flips->seeds; j++)
            differences[j] = j < seeds ? paths->differences[(k + lane) * all + j] : (double)NAN;
        if (bnn_sample_prepare(&samples[lane], differences, flips->seeds, arena, err) != BNN_OK)
            return err->status;
        bnn_flips_tabulate(flips, samples[lane].values, lane, table);
    }
    return BNN_OK;
}

/* greatest[flips->count]: over configs, with the seeds up to that look alone. */
static int paths_greatest(const bnn_paths *paths, const bnn_flips *flips, size_t look,
                          double *greatest, bnn_arena *arena, bnn_error *err)
{
    double *table = bnn_flips_table(flips, arena);
    if (table == NULL)
        return bnn_no_memory(err);
    memset(greatest, 0, flips->count * sizeof *greatest);
    for (size_t k = 0; k < paths->configs; k += BNN_FLIP_LANES) {
        const size_t lanes = bnn_flips_lanes(paths->configs - k);
        bnn_sample samples[BNN_FLIP_LANES] = {0};
        if (paths_tabulate(paths, flips, look, k, samples, table, arena, err) != BNN_OK)
            return err->status;
        for (size_t block = 0; block < bnn_flips_blocks(flips); block++) {
            double sums[BNN_FLIP_LANES][BNN_FLIP_BLOCK], *out = greatest + block * BNN_FLIP_BLOCK;
            bnn_flips_sums(flips, table, lanes, block, sums);
            for (size_t lane = 0; lane < lanes; lane++)
                for (size_t f = 0; f < bnn_flips_in_block(flips, block); f++)
                    out[f] = fmax(out[f], fabs(sums[lane][f]) * samples[lane].inverse);
        }
    }
    return BNN_OK;
}

/* The bound that lets through, of the flips that have not ended, as many as the level has left. */
static double paths_bound(const bnn_flips *flips, double level, const uint8_t *ended,
                          const double *greatest, double *room)
{
    int64_t left = bnn_flips_allowed(flips, level);
    size_t n = 0;
    for (size_t f = 0; f < flips->count; f++) {
        left -= ended[f];
        if (!ended[f])
            room[n++] = greatest[f];
    }
    if (left < 0)
        return INFINITY;
    return (size_t)left < n ? bnn_value_of_rank(room, n, n - 1 - (size_t)left) + BNN_TIE : 0;
}

/* The same from the marks of all flips of the look before: the first seeds of a flip are one of these, or
 * its opposite. */
static void paths_look_up(const bnn_paths *paths, const bnn_flips *flips, size_t look,
                          uint8_t *ended)
{
    const size_t half = (size_t)1 << (paths->design->seeds[look - 1] - 1), mask = 2 * half - 1;
    const uint8_t *before = paths->bounds->ended[look - 1];
    for (size_t f = 0; f < flips->count; f++) {
        const size_t first = f & mask;
        ended[f] = before[(first & half) != 0 ? first ^ mask : first];
    }
}

/* ended[flips->count]: marks the flips that go beyond the bound of a look before this one. */
static int paths_follow(const bnn_paths *paths, const bnn_flips *flips, size_t look, uint8_t *ended,
                        double *greatest, bnn_arena *arena, bnn_error *err)
{
    const bool known = look > 0 && flips->is_exact && paths->bounds->ended[look - 1] != NULL;
    if (known)
        paths_look_up(paths, flips, look, ended);
    for (size_t k = 0; !known && k < look; k++) {
        if (paths_greatest(paths, flips, k, greatest, arena, err) != BNN_OK)
            return err->status;
        for (size_t f = 0; f < flips->count; f++)
            ended[f] |= greatest[f] > paths->bounds->at[k];
    }
    return BNN_OK;
}

/* Adds the bound of the first look that has none, from flips of its own and the bounds before. */
static int paths_look(const bnn_paths *paths, bnn_arena *arena, bnn_error *err)
{
    bnn_bounds *bounds = paths->bounds;
    const size_t look = bounds->n;
    bnn_flips flips;
    if (bnn_flips_plan(&flips, paths->design->seeds[look], paths->configs, paths->draws,
                       paths->seed, arena, err) != BNN_OK)
        return err->status;
    bnn_arena *keep = bounds->arena != NULL ? bounds->arena : arena;
    uint8_t *ended = bnn_arena_alloc(keep, flips.count, 1);
    double *greatest = bnn_arena_alloc(arena, flips.count, sizeof *greatest);
    double *room = bnn_arena_alloc(arena, flips.count, sizeof *room);
    if (ended == NULL || greatest == NULL || room == NULL)
        return bnn_no_memory(err);
    if (paths_follow(paths, &flips, look, ended, greatest, arena, err) != BNN_OK ||
        paths_greatest(paths, &flips, look, greatest, arena, err) != BNN_OK)
        return err->status;
    const double level = bnn_design_spent(paths->design, paths->alpha, look);
    bounds->at[look] = paths_bound(&flips, level, ended, greatest, room);
    for (size_t f = 0; f < flips.count; f++)
        ended[f] |= greatest[f] > bounds->at[look];
    bounds->ended[look] = flips.is_exact ? ended : NULL;
    bounds->n++;
    return BNN_OK;
}

int bnn_paths_ended(const bnn_paths *paths, const bnn_flips *flips, const uint8_t **ended,
                    bnn_arena *arena, bnn_error *err)
{
    while (paths->bounds->n < paths->look)
        if (paths_look(paths, arena, err) != BNN_OK)
            return err->status;
    uint8_t *marks = bnn_arena_alloc(arena, flips->count, 1);
    double *greatest = bnn_arena_alloc(arena, flips->count, sizeof *greatest);
    if (marks == NULL || greatest == NULL)
        return bnn_no_memory(err);
    const int status = paths_follow(paths, flips, paths->look, marks, greatest, arena, err);
    *ended = marks;
    return status;
}
