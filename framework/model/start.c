/* start.c - what layers start from beyond fills and uniform numbers. */
#include "model/network.h"

#include "plugin/guard.h"

/* Whose numbers they are. */
typedef struct start_source {
    const bnn_network *network;
    const bnn_network_op *op;
} start_source;

/* Streams are those of the tensors of a layer, in a role of their own. */
static void start_bits(const bnn_start *start, uint32_t stream, uint64_t first, size_t n,
                       uint32_t *out)
{
    const start_source *source = start->host;
    const bnn_network_op *op = source->op;
    const bnn_rng rng = {.seed = source->network->seed,
                         .role = BNN_RNG_START,
                         .index = op->block << 16 | (uint32_t)op->letter << 8 | (stream & 255)};
    uint32_t block[4];
    for (size_t i = 0; i < n; i++, first++) {
        if (i == 0 || first % 4 == 0)
            bnn_rng_block(&rng, first / 4, block);
        out[i] = block[first % 4];
    }
}

static int start_layer(const bnn_network *network, const bnn_network_op *op, bnn_error *err)
{
    const bnn_layer *layer = bnn_use_layer(&op->use);
    const start_source source = {network, op};
    const bnn_start start = {.bits = start_bits, .host = &source};
    bnn_guard guard;
    if (layer->start == NULL)
        return BNN_OK;
    const int status = bnn_guard_enter(&guard, &op->use, BNN_CALL_START, err);
    if (status != BNN_OK)
        return status;
    bnn_call_enter(network->note, &op->use, BNN_CALL_START);
    layer->start(op->use.params, &op->io, &start);
    bnn_call_leave(network->note);
    return bnn_guard_leave(&guard, err);
}

int bnn_network_start(const bnn_network *network, bnn_error *err)
{
    for (uint32_t i = 0; i < network->n_ops; i++) {
        const bnn_network_op *op = &network->ops[i];
        if (op->letter != BNN_NETWORK_SIGN && start_layer(network, op, err) != BNN_OK)
            return bnn_error_prefix(err, "%s: ", op->name);
    }
    return BNN_OK;
}
