/* ordering_pool_bn_act - linear operation, pool, batch norm, activation: BinaryNet's order. The
 * pool sees the sums of the linear operation, and the norm works on fewer values.
 *
 * The last block is the linear operation alone; with binary weights a norm gives its integer sums
 * a scale that can be learned. */
#include <bnn/plugin.h>

static const char *sequence(const void *params, const bnn_block *block)
{
    (void)params;
    if (block->position == BNN_POSITION_LAST && block->binary_weights)
        return block->pools ? "LPB" : "LB";
    if (block->position == BNN_POSITION_LAST)
        return block->pools ? "LP" : "L";
    return block->pools ? "LPBA" : "LBA";
}

BNN_DEFINE_ORDERING(BNN_HEAD_PLAIN("pool_bn_act", "linear, pool, norm, activation",
                                   "Courbariaux & Hubara 2016, arXiv:1602.02830"),
                    .sequence = sequence)
