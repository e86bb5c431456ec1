/* slurm.h - what `bnnrun slurm` knows of a sweep on a cluster. Private to cli/commands/. */
#ifndef BNN_CLI_COMMANDS_SLURM_H
#define BNN_CLI_COMMANDS_SLURM_H

#include "cli/load.h"
#include "cluster/queue.h"
#include "runner/plan.h"

enum { SLURM_TASKS_MAX = 10000 }; /* as --shard has it */

typedef struct slurm_request {
    cli_request common;
    uint32_t n_tasks, limit; /* 0: not said */
    const char *time, *partition, *folder;
    bool submits, asks;        /* --submit, --status */
    const char *const *others; /* options of sbatch, closed by NULL */
} slurm_request;

/* What a task has saved. */
typedef struct slurm_shard {
    size_t n, n_done, n_stale, n_failed; /* its runs */
    bool is_saved, is_merged; /* of the sum: something is saved; all that is, is merged */
} slurm_shard;

typedef struct slurm_sweep {
    const slurm_request *request;
    bnn_arena *arena;
    bnn_plan plan;
    const char *folder; /* absolute, without links */
    uint32_t n_tasks;
    uint32_t n_before;       /* tasks that it had; 0: it was not written yet */
    slurm_shard *shards;     /* [n_tasks + 1]; 0 is their sum */
    bnn_slurm_sweep queue;   /* no jobs when Slurm does not answer */
    const char *unanswered;  /* why squeue does not answer; NULL: it does */
    const char *unaccounted; /* likewise sacct */
    bool *due;      /* [n_tasks + 1]: has something left, and no job; 0: a merge is missing */
    uint32_t n_due; /* tasks */
} slurm_sweep;

/* Finds out what the folder's shards and Slurm say. Of a sweep that was never written: all is due. */
int slurm_look(slurm_sweep *sweep, bnn_error *err);

/* Whether tasks wait or run; and whether something that was saved is not merged. */
bool slurm_is_active(const slurm_sweep *sweep);
bool slurm_is_unmerged(const slurm_sweep *sweep);

/* Where a file of the sweep lies. */
int slurm_join(const slurm_sweep *sweep, const char *name, char out[PATH_MAX], bnn_error *err);

/* Writes the scripts for the tasks that are due. What is there, and may have been edited, only gets these, and the
 * line of --notify, unless the command line says something of how tasks are to run. */
int slurm_write(const slurm_sweep *sweep, bnn_error *err);

/* Refuses an array script that was written for another command line, spec or folder. */
int slurm_check_script(const slurm_sweep *sweep, bnn_error *err);

/* How many tasks the sweep has had, by the array script, the other one, or what was saved. Refused: what was saved by
 * tasks of another number. */
int slurm_read_tasks(slurm_sweep *sweep, bnn_error *err);

/* Prints where each task stands, and what submitting again would do. */
int slurm_print_status(const slurm_sweep *sweep, bnn_error *err);

/* Has run.notify told how the sweep has ended, if it is to be run: status, and the message of a failure in err, of
 * looking at it. */
void slurm_notify(const slurm_sweep *sweep, int status, const bnn_error *err);

/* Runs a command of Slurm; a failure says what it said. *out: what it printed. */
int slurm_ask(const char *const *argv, bnn_arena *arena, const char **out, bnn_error *err);

#endif
