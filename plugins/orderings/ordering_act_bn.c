/* ordering_act_bn - linear operation, activation, batch norm, pool: the sign of the next block sees
 * a normalized value, centred whatever the activation did.
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
    return block->pools ? "LABP" : "LAB";
}

BNN_DEFINE_ORDERING(BNN_HEAD_PLAIN("act_bn", "linear, activation, norm, pool", NULL),
                    .sequence = sequence)
