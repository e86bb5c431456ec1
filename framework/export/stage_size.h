/* stage_size.h - what the parts of a stage weigh in the model file. */
#ifndef BNN_EXPORT_STAGE_SIZE_H
#define BNN_EXPORT_STAGE_SIZE_H

#include "infer/model.h"

/* All in bytes unless they say bits. Members have one
 * type, so that a table of them can say where they are. */
typedef struct bnn_stage_size {
    uint64_t n_weights, n_biases;
    uint64_t weight_tenths;   /* bits of a weight, in tenths: 10, 320, or those of a digit */
    uint64_t weight_bytes;    /* as they are in the file */
    uint64_t weight_pad_bits; /* unused bits in the last byte of weights */
    uint64_t bias_bytes;
    uint64_t n_thresholds,
        threshold_bits; /* folded: 8, 16 or 32 each; or lines, and bits of one, rounded up */
    uint64_t threshold_bytes;
    uint64_t n_flipped, n_and, n_constant, n_tables; /* folded: channels of each kind */
    uint64_t rule_bytes;                             /* the bitmaps of a stage with either */
    uint64_t rule_pad_bits;
    uint64_t table_bytes; /* of gates, their wires, sources and outputs, too */
    uint64_t table_pad_bits;
    uint64_t chain_bytes;   /* float values of the chain */
    uint64_t header_bytes;  /* name, geometry, counts: the rest */
    uint64_t bytes;         /* of the stage, the sum of all the above */
    uint64_t float32_bytes; /* what the same stage needs in floats: 4 * n_float_values */
    uint64_t macs_binary;   /* bits times bits */
    uint64_t macs_integer;  /* bits times 8-bit pixels */
    uint64_t macs_float;
} bnn_stage_size;
void bnn_modelfile_stage_size(const bnn_model *model, uint32_t i, bnn_stage_size *out);

/* A model in bytes, by three accounts: what others count is mostly the first. */
typedef struct bnn_model_bytes {
    uint64_t weights; /* of all stages */
    uint64_t bare;    /* of the file without its texts */
    uint64_t file;
} bnn_model_bytes;
bnn_model_bytes bnn_modelfile_bytes(const bnn_model *model);

#endif
