/* schedule.h - the learning rate over a run. */
#ifndef BNN_TRAIN_SCHEDULE_H
#define BNN_TRAIN_SCHEDULE_H

#include "train/options.h"

/* The factor on the learning rate at a time in epochs, of n_epochs: grows linearly to 1 over the
 * warm-up; then constant: 1; step: factor^k after k * every epochs; cosine: half a period from 1
 * down to floor (Loshchilov & Hutter 2017) over the rest. Same bits on every machine. */
double bnn_schedule_factor(const bnn_schedule *schedule, double epoch, double n_epochs);

#endif
