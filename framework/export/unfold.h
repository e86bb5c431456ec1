/* unfold.h - a folded model as the same network in floats.
 *
 * What a float engine is timed on when there is nothing but a model file: the weights of few
 * levels as floats, the decisions of folded stages as float operations and a sign, as a network has them
 * that nobody folded. */
#ifndef BNN_EXPORT_UNFOLD_H
#define BNN_EXPORT_UNFOLD_H

#include "infer/model.h"

/* Makes a model in the arena whose stages all have float weights, sums and outputs, and whose
 * logits have the bits of the given one's. Shares metadata, float weights and chains with it, so
 * the given one must outlive it.
 *
 * BNN_E_FAILED with the name of the stage where a channel's table changes more than twice (no
 * network of the operations in op.h with one activation does), or a chain has no room for a sign;
 * BNN_E_INTERNAL without memory. */
int bnn_export_unfold(const bnn_model *folded, bnn_arena *arena, bnn_model **out, bnn_error *err);

#endif
