/* ordering_xnor - XNOR-Net's order: norm and activation stand before the linear operation, and so
 * right before its sign; the pool sees the linear operation's sums. The first block has pixels in
 * front of it, which are normalized already, and is an ordinary one.
 *
 * The last block keeps its norm in front also when its weights are binary, since one norm is all a
 * block may have: without it the sign would see sums that are not centred. Its logits are then
 * integers whose scale cannot be learned. XNOR-Net itself has a float last layer. */
#include <bnn/plugin.h>

static const char *sequence(const void *params, const bnn_block *block)
{
    (void)params;
    if (block->position == BNN_POSITION_FIRST)
        return block->pools ? "LBAP" : "LBA";
    return block->pools ? "BALP" : "BAL";
}

BNN_DEFINE_ORDERING(
    BNN_HEAD_PLAIN("xnor", "norm, activation, linear, pool; the first block linear first",
                   "Rastegari et al. 2016 (XNOR-Net), arXiv:1603.05279"),
    .sequence = sequence,
    .formula = "first block: linear, norm, activation, pool\n"
               "others: norm, activation, linear, pool, the sign right before linear")
