/* fit.h - layers that see pixels are set for the images that a run trains on. Private to train/. */
#ifndef BNN_TRAIN_FIT_H
#define BNN_TRAIN_FIT_H

#include "train/session.h"

/* For a new run whose network has its first tensors and whose images are split. */
int bnn_fit_layers(bnn_session *session, bnn_error *err);

#endif
