/* grid.h - whether sums are the same in whatever order a runtime forms them. Private to export/onnx/.
 *
 * Values that are all multiples of one step, and not too large, have sums that are, too; and a sum of
 * them is exact in float32 while it is below 2^24 steps. Signs are so, pixels, codes, weights of a few
 * levels, and what pools and clamps leave of them. */
#ifndef BNN_EXPORT_ONNX_GRID_H
#define BNN_EXPORT_ONNX_GRID_H

#include "infer/model.h"

/* Where the values between two operations lie: multiples of 2^exponent in [-most, most]. */
typedef struct bnn_onnx_grid {
    bool known; /* else they are any numbers */
    int exponent;
    double most;
} bnn_onnx_grid;

/* Of the values that a stage takes, when those of the stage before it lie there. */
bnn_onnx_grid bnn_onnx_grid_in(const bnn_stage *stage, bnn_onnx_grid before);

/* Of the sums of a stage's linear operation; of the inputs, where it has none. exact: whether each
 * channel's sums are the same in any order; it has a grid of its own, so this can be where theirs is
 * not known. */
bnn_onnx_grid bnn_onnx_grid_sums(const bnn_stage *stage, bnn_onnx_grid in, bool *exact);

/* Of the sums of two values. */
bnn_onnx_grid bnn_onnx_grid_added(bnn_onnx_grid a, bnn_onnx_grid b);

/* Of what a stage gives, behind its chain: whole numbers where that ends in codes. */
bnn_onnx_grid bnn_onnx_grid_behind(const bnn_stage *stage, bnn_onnx_grid sums);

#endif
