/* size.h - what a trained network weighs, as float32 and as bits. */
#ifndef BNN_MODEL_SIZE_H
#define BNN_MODEL_SIZE_H

#include "model/network.h"

typedef struct bnn_layer_size {
    const char *layer;      /* "conv2d_1" */
    const char *kind;       /* "conv2d" */
    uint64_t n_parameters;  /* trained values */
    uint64_t bits;          /* of the deployed layer, see below */
    uint64_t float32_bytes; /* 4 bytes for each value that inference needs, states included */
    uint64_t packed_bytes;  /* bits, in whole bytes */
    uint64_t macs;          /* multiply-accumulates per image */
    bool binary_weights, binary_inputs;
} bnn_layer_size;

/* The size of op i. Binary weights count 1 bit. A batch norm between a binary linear operation on
 * binary inputs and the next sign folds into an integer threshold and a direction per channel:
 * 16 + 1 bits; one in front of a sign but behind real sums keeps a float threshold and a
 * direction: 32 + 1; any other keeps scale and shift: 64. Everything else counts 32 bits a value.
 * False for ops without values (signs, pools). */
bool bnn_network_layer_size(const bnn_network *network, uint32_t i, bnn_layer_size *out);

#endif
