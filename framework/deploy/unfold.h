/* unfold.h - a deployable model back in floats: what the same network takes without bits.
 *
 * It needs no graph and no trainer, so that a model file can be timed against its own float form. */
#ifndef BNN_DEPLOY_UNFOLD_H
#define BNN_DEPLOY_UNFOLD_H

#include "deploy/model.h"

/* Makes the float form in the arena: weights of -1 and +1 as floats, thresholds as an affine
 * operation and a sign, which a pool precedes as it would in training; signs as floats between the
 * stages. Same stages, same logits to the last bit. Stages whose bits come from tables have no such
 * form and stay as they are. Shares names and metadata with the model, which outlives it. Fails
 * only for want of memory. */
int bnn_deploy_unfold(const bnn_deploy_model *model, bnn_arena *arena, bnn_deploy_model **out,
                      bnn_error *err);

#endif
