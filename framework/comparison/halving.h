/* halving.h - successive halving carried out: which contenders each rung keeps.
 *
 * Like looks.h a pure function of the runs that have ended. A rung is ranked when all runs of those that
 * are in have ended. First come those with the fewest failed runs, of these the greatest mean over seeds,
 * of equal ones those that come first. The first 1 in eta, rounded up, go on. */
#ifndef BNN_COMPARISON_HALVING_H
#define BNN_COMPARISON_HALVING_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* The runs of a rung: arrays of [contenders][seeds]. */
typedef struct bnn_rung_runs {
    size_t seeds;
    const double *values; /* more is better; of a failed run no finite number */
    const bool *ended;    /* well or not */
} bnn_rung_runs;

/* Where a contender stands at a rung that it reached. */
typedef struct bnn_standing {
    size_t n, n_failed; /* seeds */
    double mean;        /* of those that have not failed; NaN: all have */
    size_t place;       /* from 1; 0: it was not in any more */
    bool kept;          /* of the last rung: all are */
} bnn_standing;

typedef struct bnn_halved {
    size_t made;             /* rungs that are ranked */
    bool *is_in;             /* [contenders]: none of these has dropped it */
    bnn_standing *standings; /* [made][contenders] */
} bnn_halved;

/* How many contenders reach a rung, from 0. */
size_t bnn_halving_count(size_t contenders, size_t eta, size_t rung);

/* Ranks the rungs that can be. Arrays are from the arena. BNN_OK, or BNN_E_INTERNAL without memory. */
int bnn_halving_make(const bnn_rung_runs *rungs, size_t n_rungs, size_t contenders, size_t eta,
                     bnn_arena *arena, bnn_halved *out, bnn_error *err);

/* The mean of the last that the rung kept, in the order of the places; NaN as there. */
double bnn_halving_cut(const bnn_halved *halved, size_t contenders, size_t rung);

#endif
