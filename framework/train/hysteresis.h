/* hysteresis.h - train.hysteresis: a latent weight does not change its sign back at once. Private to train/.
 *
 * Near its optimum a binary weight often wants to be between its two values: its latent weight steps
 * over zero and back, at any learning rate, since steps and distances shrink together (Nagel et al. 2022,
 * arXiv 2203.11086). So one that has crossed zero is moved on by `hysteresis`. To cross back takes it
 * hysteresis / lr steps of Adam, which as the rate falls become too many: the signs settle, as if
 * annealed. It is a quantizer with two thresholds (Lee et al. 2022, ICLR, "hysteresis quantization"), seen
 * from the middle between them: it needs no state, and sign(latent) stays what acts. */
#ifndef BNN_TRAIN_HYSTERESIS_H
#define BNN_TRAIN_HYSTERESIS_H

#include "train/session.h"

/* Whether the optimizer moves latent weights of this form (NULL: there are none), whose signs act and have a
 * hysteresis. */
bool bnn_hysteresis_acts(const bnn_train_options *train, const bnn_use *form);

/* After a step: moves each of n latent weights whose sign is not that of `before` on by `by`. */
void bnn_hysteresis_move(float by, size_t n, const float *before, float *latent);

#endif
