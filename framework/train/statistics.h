/* statistics.h - train.renew_statistics: running statistics of the very weights that are evaluated. Private
 * to train/.
 *
 * Running statistics are those of weights that have changed meanwhile, on augmented images; where the
 * average of the weights is evaluated, they are those of other weights, and signs make that a
 * difference. So they are made anew ("precise" batch normalization: Wu & Johnson 2021, arXiv 2105.07576):
 * that many batches of this epoch, not augmented, pass forward as in training, and the statistics are the
 * mean of theirs. Training goes on as if it had not been. */
#ifndef BNN_TRAIN_STATISTICS_H
#define BNN_TRAIN_STATISTICS_H

#include "train/session.h"

/* Makes the states of the network anew, for its present weights. Nothing without the option. */
void bnn_statistics_renew(bnn_session *session);

#endif
