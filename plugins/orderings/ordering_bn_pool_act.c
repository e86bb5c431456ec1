/* ordering_bn_pool_act - linear operation, batch norm, pool, activation. A maximum of normalized
 * values, then one sign, is the sign of each and then a maximum of bits: where the activation is
 * increasing the pool of a binary net can run on bits.
 *
 * The last block is the linear operation alone; with binary weights a norm gives its integer sums
 * a scale that can be learned. */
#include <bnn/plugin.h>

static const char *sequence(const void *params, const bnn_block *block)
{
    (void)params;
    if (block->position == BNN_POSITION_LAST && block->binary_weights)
        return block->pools ? "LBP" : "LB";
    if (block->position == BNN_POSITION_LAST)
        return block->pools ? "LP" : "L";
    return block->pools ? "LBPA" : "LBA";
}

BNN_DEFINE_ORDERING(BNN_HEAD_PLAIN("bn_pool_act", "linear, norm, pool, activation", NULL),
                    .sequence = sequence)
