/* mixup.h - train.mixup: a step learns from mixtures of two images each. Private to train/.
 *
 * x = share x_i + (1 - share) x_j, and the targets likewise (Zhang, Cisse, Dauphin & Lopez-Paz 2018,
 * arXiv 1710.09412), where j is the image behind i in the batch, and the first is behind the last: the
 * order of the images is random, so no other partner needs to be drawn. As in the authors' code all of a
 * batch has one share, drawn from Beta(alpha, alpha). That is symmetric, and to mix i and j with 1 - share
 * is to mix j and i with share: so the larger of the two is taken, and an image keeps at least half of
 * itself. */
#ifndef BNN_TRAIN_MIXUP_H
#define BNN_TRAIN_MIXUP_H

#include "train/session.h"

/* The share of a step, in [1/2, 1]: of the seed and the step alone, the same bits on every machine. */
float bnn_mixup_share(const bnn_kernels *kernels, uint64_t seed, uint64_t step, double alpha);

/* Mixes the n images in the network's input for the step that comes, and notes the share in
 * session->mixed. Nothing without the option. */
void bnn_mixup_images(bnn_session *session, uint32_t n);

#endif
