/* layout.h - blocks + ordering -> the list of operations with their shapes, not yet any memory. */
#ifndef BNN_MODEL_LAYOUT_H
#define BNN_MODEL_LAYOUT_H

#include "model/network.h"

/* Checks the ordering's sequence for each block, puts signs where binary inputs are wanted, and
 * plans every layer for its input shape. Fills type, name, use, letter, block and plan of each op.
 * ops live in the arena. */
int bnn_layout_build(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                     uint32_t lanes, const bnn_kernels *kernels, bnn_arena *arena,
                     bnn_network_op **ops, uint32_t *n_ops, bnn_error *err);

#endif
