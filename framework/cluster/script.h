/* script.h - the two scripts that Slurm is given for a sweep: the array job (array.sh), whose tasks each do a shard,
 * and the last job (merge.sh), which joins what they have saved. */
#ifndef BNN_CLUSTER_SCRIPT_H
#define BNN_CLUSTER_SCRIPT_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* What they are made of. Texts may have any bytes but control characters, which are refused. */
typedef struct bnn_slurm_job {
    const char *experiment;
    const char *folder, *bnnrun, *spec; /* absolute paths */
    const char *const *arguments;       /* of `bnnrun run`, at least one, closed by NULL */
    const char *const *exports;         /* NAME=VALUE, closed by NULL */
    uint32_t n_tasks;                   /* from 1 on */
    const bool *due;              /* [n_tasks + 1]: the tasks that the array has, at least one */
    uint32_t limit;               /* of tasks at a time; 0: none */
    const char *time, *partition; /* or NULL */
    const char *const *options;   /* others of sbatch, closed by NULL */
    bool notifies;                /* run.notify is run at the end of all */
} bnn_slurm_job;

/* *out: the whole text of a script; in the arena. */
int bnn_slurm_array_script(const bnn_slurm_job *job, bnn_arena *arena, const char **out,
                           bnn_error *err);
int bnn_slurm_merge_script(const bnn_slurm_job *job, bnn_arena *arena, const char **out,
                           bnn_error *err);

#endif
