/* clip.h - train.clip_gradient: gradients no longer than that. Private to train/. */
#ifndef BNN_TRAIN_CLIP_H
#define BNN_TRAIN_CLIP_H

#include "train/session.h"

/* The sum of n squares, in double precision: those of large floats overflow in single. */
double bnn_clip_squares(size_t n, const float *x);

/* The Euclidean norm of all gradients together, those of latent weights behind their STE. */
double bnn_clip_norm(const bnn_session *session);

/* Multiplies all gradients with clip_gradient / norm when the norm is more than clip_gradient (Pascanu
 * et al. 2013, arXiv 1211.5063). One that is not finite is left alone: such a run has diverged, and
 * must be seen to. Nothing without the option. */
void bnn_clip_gradients(bnn_session *session);

#endif
