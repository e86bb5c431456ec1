/* ordering_skeleton - what an ordering is made of: what stands in a block, and in which order.
 *
 * This one has the activation right behind the linear operation, and a norm only where the sums of
 * binary weights need a scale. */
#include <bnn/plugin.h>

/* Required: L (the linear operation) once, P when the block pools and not otherwise, B (batch norm)
 * and A (activation) at most once; no A behind the L of the last block, which gives the logits. The
 * host puts the sign of a binary layer right before its L, and checks the answer. An answer is a
 * constant string, and the same for the same block. */
static const char *sequence(const void *params, const bnn_block *block)
{
    (void)params; /* an ordering may have some: see ste_skeleton.c */
    if (block->position == BNN_POSITION_LAST)
        return block->pools ? "LP" : "L";
    if (block->binary_weights)
        return block->pools ? "LBAP" : "LBA";
    return block->pools ? "LAP" : "LA";
}

/* Name, summary, paper with its year (or NULL). */
BNN_DEFINE_ORDERING(BNN_HEAD_PLAIN("skeleton", "linear, activation, pool; a norm for binary sums",
                                   NULL),
                    .sequence = sequence,
                    .formula = "linear, activation, pool; a norm behind binary weights")
