/* watch.h - what the validation images decide while a run goes on. Private to train/.
 *
 * All of it follows from the epochs that are done, which a checkpoint holds: there is no other state.
 * Without validation images nothing is decided. */
#ifndef BNN_TRAIN_WATCH_H
#define BNN_TRAIN_WATCH_H

#include "train/session.h"

/* Schedule plateau: what the learning rate of the current epoch is multiplied with. A step for each
 * `patience` epochs in a row without a better one, counted anew after it. 1 for other schedules. */
double bnn_watch_plateau(const bnn_session *session);

/* Whether train.patience epochs in a row had no better validation accuracy than one before. */
bool bnn_watch_gives_up(const bnn_session *session);

#endif
