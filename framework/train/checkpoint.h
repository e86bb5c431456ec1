/* checkpoint.h - everything a run needs to go on as if it had not been interrupted.
 *
 * One file, written atomically: a header that names config, seed and sizes, the position, the
 * finished epochs, then all tensors, optimizer slots and the best weights as raw floats, and a
 * SHA-256 over it all. Of the machine's byte order: a checkpoint is a bookmark, not an exchange
 * format. */
#ifndef BNN_TRAIN_CHECKPOINT_H
#define BNN_TRAIN_CHECKPOINT_H

#include "train/session.h"

/* Writes job->checkpoint_path; creates its directory. */
int bnn_checkpoint_save(const bnn_session *session, bnn_error *err);

/* Restores the session when the file is a whole checkpoint of this identity, seed and shape. False
 * (and the session unchanged) when there is none, or it is damaged, or of something else. */
bool bnn_checkpoint_load(bnn_session *session);

#endif
