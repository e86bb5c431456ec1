/* inference.h - how long the trained network takes for an image, in the float kernels that training
 * uses. */
#ifndef BNN_TRAIN_INFERENCE_H
#define BNN_TRAIN_INFERENCE_H

#include "train/session.h"

/* Sends timing records inference_1 and inference_64 of the session's current weights: some rounds
 * each, nanoseconds per image. Needs an arena for networks of those batch sizes. */
int bnn_inference_measure(bnn_session *session, bnn_arena *arena, bnn_error *err);

#endif
