/* sweep_section.h - the sweep and baseline sections of a spec, read and checked. */
#ifndef BNN_SPEC_SWEEP_SECTION_H
#define BNN_SPEC_SWEEP_SECTION_H

#include "spec/key.h"

enum { BNN_SWEEP_RUNS_MAX = 1000000 };

typedef struct bnn_sweep_section {
    const bnn_node *grid, *zip;     /* NULL, or a map of dotted keys to lists with values */
    const bnn_node *list, *exclude; /* NULL, or a list of maps of dotted keys */
    const bnn_node *baseline;       /* NULL, or a map of dotted keys */
    int32_t max_runs;
    bnn_position_in_file at; /* of max_runs, or what comes nearest to it */
} bnn_sweep_section;

/* Finds every mistake of the two sections, short of the values that the keys take. BNN_OK, or
 * BNN_E_SPEC after messages. */
int bnn_sweep_section_read(const bnn_reader *r, const bnn_node *spec, bnn_sweep_section *out);

/* The keys of `sweep`. */
extern const bnn_section bnn_sweep_keys;

#endif
