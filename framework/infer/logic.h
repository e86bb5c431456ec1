/* logic.h - a net of logic gates, as a stage of a model has it: bits or pixels become bits, or counts of them.
 *
 * Nodes are bits. Node 0 is the constant 0, then come the sources, then the gates, run by run: those of a run
 * have equally many inputs and read nodes before the run, so they do not wait for each other. A bit 1 is +1 in
 * training, a 0 is -1. Immutable once made. */
#ifndef BNN_INFER_LOGIC_H
#define BNN_INFER_LOGIC_H

#include "infer/op.h"

#include <stdint.h>

/* Gates that have the same number of inputs, 2 to BNN_GATE_INPUTS_MAX. */
typedef struct bnn_logic_run {
    uint32_t inputs, n;
    /* [n][inputs]: nodes, strictly rising within a gate; never the constant. */
    const uint32_t *wire;
    /* [n]: bit m is the output where input i is bit i of m. Bit 0 is 0; it depends on every input. */
    const uint64_t *table;
} bnn_logic_run;

typedef struct bnn_logic {
    uint32_t n_sources;
    const uint32_t
        *source; /* [n_sources]: places in the inputs; with the levels they rise strictly */
    const uint8_t
        *level; /* [n_sources], of pixels: 1 where the pixel is >= it, 1 to 255; NULL: bits */
    uint32_t n_gates, n_runs;
    const bnn_logic_run *runs;
    uint32_t n_outputs;
    const uint32_t *output; /* [n_outputs]: 2 * node, or 2 * node + 1: its inverse */
    uint32_t group; /* so many outputs are a value: their sum, -1 or +1 each; 0: each is one */
} bnn_logic;

enum { BNN_LOGIC_NODES_MAX = 1 << 23 };

/* Constant, sources and gates. */
static inline uint32_t bnn_logic_nodes(const bnn_logic *logic)
{
    return 1 + logic->n_sources + logic->n_gates;
}

/* The bits that hold 0 to n - 1, at least one. */
static inline uint32_t bnn_logic_width(uint32_t n)
{
    uint32_t width = 1;
    while (width < 32 && n > (uint32_t)1 << width)
        width++;
    return width;
}

/* Whether a table of so many inputs depends on one of them. */
bool bnn_logic_depends(uint64_t table, uint32_t inputs, uint32_t input);

/* The values of an image: bits 0 and 1 or pixels in, floats out: -1 and +1, or sums. nodes: room for all. */
void bnn_logic_evaluate(const bnn_logic *logic, const uint8_t *in, uint8_t *nodes, float *out);

#endif
