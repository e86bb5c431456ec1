/* graph.h - a trained network as a list of plain operations: what is folded and exported.
 *
 * Dropout is gone, batch norm is a factor and an offset per channel, binarized activations are
 * SIGN operations, weights are as they act. Immutable once made; any number of threads may read. */
#ifndef BNN_EXPORT_GRAPH_H
#define BNN_EXPORT_GRAPH_H

#include "infer/op.h"
#include "infer/view.h"
#include "model/network.h"

typedef struct bnn_graph {
    bnn_shape input;    /* uint8 pixels [c][h][w] */
    bnn_view view;      /* what is made of them first; bytes, which then are (p - 128) / 128 */
    uint32_t n_classes; /* logits: the last operation's output */
    uint32_t n_ops;
    const bnn_op *ops;
    /* Of each of them: which other one's output it sees, -1: what is seen of the image; which one's is added to that,
     * -1: none. What adds is a BNN_LOWER_IDENTITY; another one is
     * the image as numbers, to be added. */
    const int32_t *sees, *adds;
} bnn_graph;

/* Whether others than the next operation, or not only that, see the output of operation i: or it is the last. */
bool bnn_graph_is_held(const bnn_graph *graph, uint32_t i);

/* Describes the network with its present weights (bnn_network_binarize first when the latent ones
 * have changed). The graph and copies of all weights live in the arena; the network may go. Fails
 * with BNN_E_FAILED and the name of the layer that has no lower function, whose lower function
 * says no, or that answers with something that does not fit its shapes; or the STE whose forward
 * pass is not the sign. */
int bnn_graph_create(const bnn_network *network, bnn_arena *arena, bnn_graph **out, bnn_error *err);

#endif
