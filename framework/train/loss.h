/* loss.h - what a step minimizes. Private to train/.
 *
 * Hard labels are the kernels' cross_entropy and squared_hinge. Soft targets are shares of the
 * classes, p[classes][lanes], that add up to 1 for each image; the loss against them is the hard
 * loss for each class, weighted by its share: cross entropy becomes -sum p log softmax, the squared
 * hinge the mean over classes of p max(0, 1 - z)^2 + (1 - p) max(0, 1 + z)^2. */
#ifndef BNN_TRAIN_LOSS_H
#define BNN_TRAIN_LOSS_H

#include "train/session.h"

/* Logits and their targets; scratch: 2 * lanes floats. */
typedef struct bnn_soft_loss {
    const bnn_kernels *kernels;
    uint32_t classes, n, lanes;
    const float *z, *p; /* [classes][lanes] */
    float *gz; /* [classes][lanes]: gets the gradient of the mean over n, 0 in the other lanes */
    float *scratch;
} bnn_soft_loss;

/* The softmax of z, into gz; p is not looked at. scratch gets each image's largest logit m, then the
 * logarithm of its sum of exp(z - m). Same bits on every machine, like the next two. */
void bnn_loss_softmax(const bnn_soft_loss *soft);

/* The sum of the images' losses, and their gradient. */
double bnn_loss_soft_cross_entropy(const bnn_soft_loss *soft);
double bnn_loss_soft_squared_hinge(const bnn_soft_loss *soft);

/* Adds the losses of the network's logits for n images, and how many are right, with the labels as
 * they are: for evaluation. */
void bnn_loss_evaluate(bnn_session *session, uint32_t n, double *loss, uint32_t *n_correct);

/* The same for a step, against the targets that the options make of the labels; the gradient goes
 * to net->logits_gradient. */
void bnn_loss_train(bnn_session *session, uint32_t n, double *loss, uint32_t *n_correct);

#endif
