/* saved.h - the tar files that tasks have saved: the database of a shard out of one, and whether it is merged. */
#ifndef BNN_CLUSTER_SAVED_H
#define BNN_CLUSTER_SAVED_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* Puts NAME, and NAME-wal when there is one, into the folder; nothing else of the file, whatever it names, is written.
 * *found: there is such a database in it. */
int bnn_slurm_unpack(const char *tar, const char *name, const char *folder, bool *found,
                     bnn_error *err);

/* Whether the list that merge.sh makes (merged/shards.txt) has the file of a task as it is now. */
bool bnn_slurm_is_merged(const char *list, const char *name, const struct stat *now);

/* The number of tasks that a name ("3of16.tar") tells; 0: it is none of ours. */
uint32_t bnn_slurm_saved_tasks(const char *name);

#endif
