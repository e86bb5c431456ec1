/* average.h - train.average: the moving average of weights and running statistics. Private to train/.
 *
 * After each step a += (1 - d) (v - a) for every value v of every tensor, latent weights and states
 * too, with d = min(train.average, (1 + t) / (10 + t)) after t steps, so that the first steps are soon
 * forgotten; the first a is the first v (Polyak & Juditsky 1992; the beginning as in TensorFlow's
 * ExponentialMovingAverage). What is evaluated, chosen, kept and deployed is the average, binarized
 * where weights are; training goes on with the weights themselves. */
#ifndef BNN_TRAIN_AVERAGE_H
#define BNN_TRAIN_AVERAGE_H

#include "train/session.h"

/* Plans session->averages; NULL without the option. BNN_OK or BNN_E_INTERNAL without memory. */
int bnn_average_plan(bnn_session *session);

/* After a step, when all tensors have their new values. */
void bnn_average_update(bnn_session *session);

/* Exchanges the values of the network with their averages, and signs them; again, and all is as it was.
 * Nothing without the option. */
void bnn_average_swap(bnn_session *session);

#endif
