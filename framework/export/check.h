/* check.h - what a plan can say about a model before anything is trained. */
#ifndef BNN_EXPORT_CHECK_H
#define BNN_EXPORT_CHECK_H

#include "model/options.h"

/* What keeps a model, once trained, from being deployed, and what stays in floats: warnings in
 * diag, at the position of the model section. Uses the initial weights, so no training is needed.
 * 0, also with warnings; negative when the network cannot be made at all. */
int bnn_export_check(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                     bnn_diag *diag);

#endif
