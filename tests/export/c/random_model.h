/* random_model.h - deployable models that no training gives at once: every kind of stage and rule,
 * with shapes and thresholds at their limits. */
#ifndef BNN_TESTS_EXPORT_C_RANDOM_MODEL_H
#define BNN_TESTS_EXPORT_C_RANDOM_MODEL_H

#include "infer/model.h"

#include "tests/fixtures/buffers.h"

/* What the folded stages of models have; numbers of channels or stages. */
typedef struct rule_counts {
    uint32_t all, any; /* of a pool's window, windows of more than one value */
    uint32_t tables, all_tables, constant;
    uint32_t wide_kernels;  /* kernels of a word and more, over bits */
    uint32_t padded_ones;   /* padding +1 */
    uint32_t left_borders;  /* pools that leave a border out */
    uint32_t pixel_strides; /* convolutions of pixels of several channels, with a stride */
    uint32_t bit_strides;
} rule_counts;

/* A model of 1 to 3 folded stages and a stage of integer sums, in the arena; adds to counts. */
const bnn_model *random_model(buffers *b, bnn_arena *arena, rule_counts *counts);

#endif
