/* queue.h - what Slurm knows of the jobs of a sweep, from what squeue and sacct print. Their lines may have
 * anything; what is not as asked for is passed over. */
#ifndef BNN_CLUSTER_QUEUE_H
#define BNN_CLUSTER_QUEUE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The options that the two are asked with, beside the names of jobs, and closed by NULL. */
extern const char *const bnn_squeue_options[];
extern const char *const bnn_sacct_options[];

enum { BNN_SLURM_STATE = 24, BNN_SLURM_NOTE = 64 };

/* The newest job of a task, or the newest merge. */
typedef struct bnn_slurm_task {
    uint64_t job; /* number of the array, or of the job; 0: Slurm knows of none */
    char state
        [BNN_SLURM_STATE]; /* "RUNNING", "NODE_FAIL"; "?": sacct takes it for under way, squeue has it not */
    char note[BNN_SLURM_NOTE]; /* the node, or why it waits; "" */
    bool active;               /* waits, runs, or is about to run again */
} bnn_slurm_task;

/* Whose jobs are looked for: those of these names that were submitted for the folder. */
typedef struct bnn_slurm_sweep {
    const char *array_name, *merge_name, *folder;
    uint32_t n_tasks;
    bnn_slurm_task *tasks; /* [n_tasks + 1], by their numbers; 0 is the merge */
} bnn_slurm_sweep;

/* Takes in what was printed. A job with a higher number counts, of one number what was read last: sacct before
 * squeue. */
void bnn_slurm_read_sacct(bnn_slurm_sweep *sweep, const char *text);
void bnn_slurm_read_squeue(bnn_slurm_sweep *sweep, const char *text);

/* Whether a job waits until somebody lets it go on: it has failed to start, or was held by its user or the site. */
bool bnn_slurm_is_held(const bnn_slurm_task *task);

/* Numbers of jobs that are active, each once, in the arena; *out_n of them. NULL without memory. */
const uint64_t *bnn_slurm_active(const bnn_slurm_sweep *sweep, bnn_arena *arena, size_t *out_n);

/* The number that sbatch --parsable prints, "123" or "123;cluster"; 0: it is none. */
uint64_t bnn_slurm_submitted(const char *text);

/* What MaxArraySize is, of `scontrol show config`; 0: it does not say. */
uint32_t bnn_slurm_max_array(const char *text);

#endif
