/* design_paths.h - which flips would have ended at an earlier look. Private to comparison/. */
#ifndef BNN_COMPARISON_DESIGN_PATHS_H
#define BNN_COMPARISON_DESIGN_PATHS_H

#include "comparison/comparison.h"
#include "comparison/design.h"
#include "comparison/flips.h"

/* The bounds of the first n looks, which the differences up to them decide alone: those of a look that was made
 * stay what they were. */
typedef struct bnn_bounds {
    bnn_arena *arena; /* that keeps what is below; NULL: nothing is kept beyond a call */
    size_t n;
    double at[BNN_LOOKS_MAX];
    const uint8_t
        *ended[BNN_LOOKS_MAX]; /* of all flips of the look's seeds: 1 where it or a look before
                                            it goes beyond its bound; NULL: they are drawn */
} bnn_bounds;

/* The question at a look; draws and seed are those of drawn flips. */
typedef struct bnn_paths {
    const bnn_design *design;
    size_t look, configs, draws;
    uint64_t seed;
    double alpha;
    const double *differences; /* [configs][seeds of the look] */
    bnn_bounds *bounds;        /* those that are known; others are added */
} bnn_paths;

/* *ended[flips->count]: 1 for each flip of the look's seeds that an earlier look would have ended;
 * from the arena. BNN_E_INTERNAL without memory. */
int bnn_paths_ended(const bnn_paths *paths, const bnn_flips *flips, const uint8_t **ended,
                    bnn_arena *arena, bnn_error *err);

/* bnn_compare_look, with the bounds that the looks before it have left. */
int bnn_compare_look_on(const bnn_paired *paired, const bnn_question *question,
                        const bnn_design *design, size_t look, bnn_bounds *bounds,
                        bnn_answer *answers, bnn_comparison *comparison, bnn_error *err);

#endif
