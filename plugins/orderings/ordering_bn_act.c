/* ordering_bn_act - linear operation, batch norm, activation, pool: the usual order of today.
 *
 * The last block is the linear operation alone, since a norm would only rescale its logits. With
 * binary weights it keeps the norm: sums of +-1 have a scale of about the square root of their
 * length, at which the softmax saturates, and no weight could learn a smaller one. */
#include <bnn/plugin.h>

static const char *sequence(const void *params, const bnn_block *block)
{
    (void)params;
    if (block->position == BNN_POSITION_LAST && block->binary_weights)
        return block->pools ? "LBP" : "LB";
    if (block->position == BNN_POSITION_LAST)
        return block->pools ? "LP" : "L";
    return block->pools ? "LBAP" : "LBA";
}

BNN_DEFINE_ORDERING(BNN_HEAD_PLAIN("bn_act", "linear, norm, activation, pool",
                                   "Ioffe & Szegedy 2015, arXiv:1502.03167"),
                    .sequence = sequence)
