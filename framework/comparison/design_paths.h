/* design_paths.h - which flips would have ended at an earlier look. Private to comparison/. */
#ifndef BNN_COMPARISON_DESIGN_PATHS_H
#define BNN_COMPARISON_DESIGN_PATHS_H

#include "comparison/design.h"
#include "comparison/flips.h"

/* The question at a look; draws and seed are those of drawn flips. */
typedef struct bnn_paths {
    const bnn_design *design;
    size_t look, configs, draws;
    uint64_t seed;
    double alpha;
    const double *differences; /* [configs][seeds of the look] */
} bnn_paths;

/* *ended[flips->count]: 1 for each flip of the look's seeds that an earlier look would have ended;
 * from the arena. BNN_E_INTERNAL without memory. */
int bnn_paths_ended(const bnn_paths *paths, const bnn_flips *flips, const uint8_t **ended,
                    bnn_arena *arena, bnn_error *err);

#endif
