/* saved.h - the database of a shard out of the tar file that its task has saved. */
#ifndef BNN_CLUSTER_SAVED_H
#define BNN_CLUSTER_SAVED_H

#include "base/error.h"

#include <stdbool.h>

/* Puts NAME, and NAME-wal when there is one, into the folder; nothing else of the file, whatever it names, is written.
 * *found: there is such a database in it. */
int bnn_slurm_unpack(const char *tar, const char *name, const char *folder, bool *found,
                     bnn_error *err);

#endif
