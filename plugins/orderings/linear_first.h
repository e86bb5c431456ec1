/* linear_first.h - the orderings that begin with the linear operation: each is one row of data, the
 * blocks that it makes.
 *
 * The last block is the linear operation alone, since a norm would only rescale its logits. With
 * binary weights it keeps the norm: sums of +-1 have a scale of about the square root of their
 * length, at which the softmax saturates, and no weight could learn a smaller one. */
#ifndef BNN_PLUGINS_LINEAR_FIRST_H
#define BNN_PLUGINS_LINEAR_FIRST_H

#include <bnn/plugin.h>

struct linear_first {
    const char *pools; /* a block with a pool */
    const char *plain; /* without one */
    const char *last;  /* the last block, with a pool and binary weights */
};

static inline const char *linear_first_sequence(const struct linear_first *of,
                                                const bnn_block *block)
{
    const int last = block->position == BNN_POSITION_LAST;
    if (last && block->binary_weights)
        return block->pools ? of->last : "LB";
    if (last)
        return block->pools ? "LP" : "L";
    return block->pools ? of->pools : of->plain;
}

/* The whole of such an ordering: its head, and the row. */
#define DEFINE_LINEAR_FIRST(name, summary, reference, ...)                              \
    static const char *sequence(const void *params, const bnn_block *block)             \
    {                                                                                   \
        static const struct linear_first blocks = {__VA_ARGS__};                        \
        (void)params;                                                                   \
        return linear_first_sequence(&blocks, block);                                   \
    }                                                                                   \
    BNN_DEFINE_ORDERING(BNN_HEAD_PLAIN(name, summary, reference), .sequence = sequence, \
                        .formula = "first and hidden blocks: " summary "\n"             \
                                   "last block: linear, pool; with binary weights also norm")

#endif
