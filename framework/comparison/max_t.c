#include "comparison/max_t.h"

#include <math.h>
#include <stdlib.h>

/* A config in the order of what was seen, the strongest first. */
typedef struct max_t_rank {
    double key;   /* sorted by it, the least first */
    size_t index; /* of the sample; ties keep their order */
    double seen;  /* its statistic, less what makes a tie */
    size_t hits;  /* flips under which the greatest of this rank and the weaker ones is as strong */
    size_t own_hits; /* ... under which its own is */
} max_t_rank;

static int compare_ranks(const void *a, const void *b)
{
    const max_t_rank *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Adds the flips of a block for one rank: greatest[n] is that of the weaker ranks before, and of
 * this one, too, behind. */
static void max_t_count(max_t_rank *rank, double inverse, size_t n, const double *sums,
                        double *greatest)
{
    size_t hits = 0, own_hits = 0;
    for (size_t i = 0; i < n; i++) {
        const double u = fabs(sums[i]) * inverse;
        greatest[i] = u > greatest[i] ? u : greatest[i];
        own_hits += u >= rank->seen;
        hits += greatest[i] >= rank->seen;
    }
    rank->hits += hits;
    rank->own_hits += own_hits;
}

/* Adds all flips for ranks[n], at most BNN_FLIP_LANES, the last of which is the weakest. */
static void max_t_add(max_t_rank *ranks, size_t n, const bnn_flips *flips,
                      const bnn_sample *samples, double *table, double *greatest)
{
    for (size_t j = 0; j < n; j++)
        bnn_flips_tabulate(flips, samples[ranks[j].index].values, j, table);
    for (size_t block = 0; block < bnn_flips_blocks(flips); block++) {
        double sums[BNN_FLIP_LANES][BNN_FLIP_BLOCK];
        bnn_flips_sums(flips, table, n, block, sums);
        for (size_t j = n; j-- > 0;)
            max_t_count(&ranks[j], samples[ranks[j].index].inverse,
                        bnn_flips_in_block(flips, block), sums[j],
                        greatest + block * BNN_FLIP_BLOCK);
    }
}

int bnn_max_t(const bnn_flips *flips, const bnn_sample *samples, size_t n, const uint8_t *ended,
              double *alone, double *adjusted, bnn_arena *arena, bnn_error *err)
{
    max_t_rank *ranks = bnn_arena_alloc(arena, n, sizeof *ranks);
    double *greatest = bnn_arena_alloc(arena, flips->count, sizeof *greatest);
    double *table = bnn_flips_table(flips, arena);
    if (ranks == NULL || greatest == NULL || table == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n; i++) {
        const double seen = fabs(samples[i].sum) * samples[i].inverse;
        ranks[i] = (max_t_rank){.key = -seen, .index = i, .seen = seen - BNN_TIE};
    }
    qsort(ranks, n, sizeof *ranks, compare_ranks);
    for (size_t i = 0; ended != NULL && i < flips->count; i++)
        greatest[i] = ended[i] ? INFINITY : 0;
    for (size_t left = n; left > 0;) {
        const size_t lanes = bnn_flips_lanes(left);
        left -= lanes;
        max_t_add(ranks + left, lanes, flips, samples, table, greatest);
    }
    double least = 0; /* what stronger configs have */
    for (size_t k = 0; k < n; k++) {
        least = fmax(least, bnn_flips_p(flips, ranks[k].hits));
        adjusted[ranks[k].index] = least;
        alone[ranks[k].index] = bnn_flips_p(flips, ranks[k].own_hits);
    }
    return BNN_OK;
}

int bnn_holm(const double *alone, size_t n, double *adjusted, bnn_arena *arena, bnn_error *err)
{
    max_t_rank *ranks = bnn_arena_alloc(arena, n, sizeof *ranks);
    if (ranks == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n; i++)
        ranks[i] = (max_t_rank){.key = alone[i], .index = i};
    qsort(ranks, n, sizeof *ranks, compare_ranks);
    double least = 0;
    for (size_t k = 0; k < n; k++) {
        least = fmin(fmax(least, (double)(n - k) * ranks[k].key), 1);
        adjusted[ranks[k].index] = least;
    }
    return BNN_OK;
}
