/* sweep_internal.h - a sweep while it is read: sweep_section.c and sweep_halving.c read it, sweep_random.c
 * draws, sweep.c makes the points. Private to spec/. */
#ifndef BNN_SPEC_SWEEP_INTERNAL_H
#define BNN_SPEC_SWEEP_INTERNAL_H

#include "spec/sweep.h"

enum {
    BNN_SWEEP_RUNS_MAX = 1000000,
    /* Points before exclude; max_runs, lower as a rule, bounds what is left. Within max_runs,
     * comparing each point with each is fast enough. */
    BNN_SWEEP_POINTS_MAX = 10000,
};

/* What stands at `sweep` and `baseline`, without what is wrong. */
typedef struct bnn_sweep_parts {
    const bnn_node *grid, *zip;     /* NULL, or a map of dotted keys to lists with values */
    const bnn_node *drawn;          /* likewise, of sweep.random: lists of n values */
    const bnn_node *list, *exclude; /* NULL, or a list of maps of dotted keys */
    const bnn_node *baseline;       /* NULL, or a map of dotted keys */
    int32_t max_runs;
    bnn_halving halving;
    bnn_position_in_file at; /* of max_runs, or what comes nearest to it */
} bnn_sweep_parts;

int bnn_sweep_read(const bnn_reader *r, const bnn_node *spec, bnn_sweep_parts *out);

/* ---- sweep_random.c ---- */

/* The key `random`: a map of n, and of dotted keys to what they are drawn from, becomes a map of these keys
 * to lists of n values. Value i of a key depends on nothing but the text of the key, i, and what it is
 * drawn from. Filled in: the bnn_node * at the offset of the key's param; NULL after a mistake. */
extern const bnn_key_type bnn_sweep_random_type;

/* ---- sweep_halving.c ---- */

/* The key `halving`: a bnn_halving. */
extern const bnn_section bnn_sweep_halving_section;

#endif
