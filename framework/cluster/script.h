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
} bnn_slurm_job;

/* What the jobs are called, by which they are found again in the queue. In the arena, like all below; NULL without
 * memory. */
const char *bnn_slurm_array_name(const char *experiment, bnn_arena *arena);
const char *bnn_slurm_merge_name(const char *experiment, bnn_arena *arena);

/* "1-3,7", with "%4" behind it for a limit. */
const char *bnn_slurm_tasks_text(const bool *due, uint32_t n_tasks, uint32_t limit,
                                 bnn_arena *arena);

/* *out: the whole text of a script. */
int bnn_slurm_array_script(const bnn_slurm_job *job, bnn_arena *arena, const char **out,
                           bnn_error *err);
int bnn_slurm_merge_script(const bnn_slurm_job *job, bnn_arena *arena, const char **out,
                           bnn_error *err);

/* Refuses an array script that is there, and may have been edited, of another command line of `bnnrun run`, another spec
 * or another folder. */
int bnn_slurm_check(const char *text, const bnn_slurm_job *job, bnn_arena *arena, bnn_error *err);

/* *out: such a script, which is checked, with other tasks in it. */
int bnn_slurm_retarget(const char *text, const bnn_slurm_job *job, bnn_arena *arena,
                       const char **out, bnn_error *err);

/* The seconds of a --time ("90", minutes; "1:30:00"; "2-12"); 0: it is none. And the least that leaves time to train,
 * since the warning comes 120 seconds before the end, or up to 60 earlier. */
enum { BNN_SLURM_LEAST_SECONDS = 300 };
uint64_t bnn_slurm_seconds(const char *time);

/* How many tasks a script is for, which may have been edited; 0: it does not say. */
uint32_t bnn_slurm_script_tasks(const char *text);

#endif
