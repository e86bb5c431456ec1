/* topology.h - reads a topology: the input and the list of blocks. See options.h for its form. */
#ifndef BNN_MODEL_TOPOLOGY_H
#define BNN_MODEL_TOPOLOGY_H

#include "model/options.h"

enum { BNN_BLOCKS_MAX = 64 };

/* The key model.topology: the name of NAME.yaml in one of the reader's directories, or the topology
 * itself as a map. Fills topology, input, n_blocks and blocks of bnn_model_options; n_blocks is 0
 * after mistakes. */
extern const bnn_key_type bnn_key_topology;
extern const bnn_section bnn_topology_section;

#endif
