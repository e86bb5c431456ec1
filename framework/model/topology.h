/* topology.h - reads a topology: the input and the list of blocks. See options.h for its form. */
#ifndef BNN_MODEL_TOPOLOGY_H
#define BNN_MODEL_TOPOLOGY_H

#include "model/options.h"

enum { BNN_BLOCKS_MAX = 64 };

/* node: the name of NAME.yaml in one of the reader's directories, or the topology itself as a map.
 * Fills topology, input, n_blocks and blocks of *out; layer parameters go to settings under
 * "model.blocks.N.". BNN_OK, or a negative status after messages. */
int bnn_topology_parse(const bnn_reader *r, const bnn_node *node, bnn_model_options *out);

/* Resolves a reference to a layer plugin of one role. */
int bnn_layer_use(const bnn_reader *r, const bnn_reference *reference, bnn_role role, bnn_use *out);

#endif
