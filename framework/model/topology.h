/* topology.h - reads a topology: the input and the list of blocks. See options.h for its form. */
#ifndef BNN_MODEL_TOPOLOGY_H
#define BNN_MODEL_TOPOLOGY_H

#include "model/options.h"

enum { BNN_BLOCKS_MAX = 64 };

/* node: the name of NAME.yaml in one of the directories of topology_path (colon-separated), or the
 * topology itself as a map. Fills topology, input, n_blocks and blocks of *out; layer parameters go
 * to settings under "model.blocks.N.". 0, or a negative status after messages in diag. */
int bnn_topology_parse(const bnn_node *node, bnn_registry *registry, const char *topology_path,
                       bnn_arena *arena, bnn_model_options *out, bnn_settings *settings,
                       bnn_diag *diag);

/* Resolves a reference to a layer plugin of one role; `what` names the place in messages. */
int bnn_layer_use(bnn_registry *registry, const bnn_node *node, const char *fallback, bnn_role role,
                  const char *prefix, bnn_arena *arena, bnn_use *out, bnn_settings *settings,
                  bnn_diag *diag, bnn_position_in_file at);

#endif
