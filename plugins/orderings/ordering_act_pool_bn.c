/* ordering_act_pool_bn - linear operation, activation, pool, batch norm: the classic block of
 * convolution, activation and pool, with the norm right before the sign of the next block.
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
    return block->pools ? "LAPB" : "LAB";
}

BNN_DEFINE_ORDERING(BNN_HEAD_PLAIN("act_pool_bn", "linear, activation, pool, norm", NULL),
                    .sequence = sequence)
