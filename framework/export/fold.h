/* fold.h - everything between integer sums and the next sign, as one decision per channel.
 *
 * Nothing is derived: for each channel, every sum that can occur goes through the float operations
 * themselves, and the bits that come out are the decision. Where they rise with the sum, a
 * threshold says the same; where they fall, so it does for negated weights; where they do neither,
 * a table does. A maximum pool in between becomes OR of bits where what stands behind it rises
 * with its argument, AND where it falls. */
#ifndef BNN_EXPORT_FOLD_H
#define BNN_EXPORT_FOLD_H

#include "infer/model.h"

/* Folds ops[0..n), which stand between the linear operation of `stage` (integer sums, bits packed)
 * and a sign, into stage->fold; sets folded and out. Negates rows of `bits`, the stage's own
 * weights, for channels that fall. BNN_E_FAILED with the name of the operation and the reason when
 * it does not fold (an average pool, two pools, an operation behind the pool that neither rises
 * nor falls); then stage and bits are as before. */
int bnn_fold_stage(bnn_stage *stage, uint64_t *bits, const bnn_op *ops, uint32_t n,
                   bnn_arena *arena, bnn_error *err);

/* Whether n operations are elementwise but for one maximum pool; *pool: which one is it, n without one. BNN_E_FAILED
 * with the name of what stands in the way of the end, "sign" or "quantizer". */
int bnn_fold_find_pool(const bnn_op *ops, uint32_t n, const char *end, uint32_t *pool,
                       bnn_error *err);

/* The least and the largest sum of a channel with these weights (stage->bits, a row): a sum of n
 * bits lies in [-n, n]; a pixel adds -128 to 127 where the weight is +1, -127 to 128 where it is
 * -1. */
void bnn_fold_reachable(const bnn_stage *stage, const uint64_t *row, int32_t *first, int32_t *last);

#endif
