/* edited.h - an array script that is there, and may have been edited by its user. */
#ifndef BNN_CLUSTER_EDITED_H
#define BNN_CLUSTER_EDITED_H

#include "cluster/script.h"

/* Refuses one of another command line of `bnnrun run`, another spec or another folder. */
int bnn_slurm_check(const char *text, const bnn_slurm_job *job, bnn_arena *arena, bnn_error *err);

/* *out: such a script, which is checked, with other tasks in it; in the arena. */
int bnn_slurm_retarget(const char *text, const bnn_slurm_job *job, bnn_arena *arena,
                       const char **out, bnn_error *err);

/* *out: a merge script that is there, and now has run.notify run; the same text when it did; NULL: it has no line of
 * that. In the arena. */
int bnn_slurm_notifying(const char *text, bnn_arena *arena, const char **out, bnn_error *err);

/* How many tasks a script, of either kind, is for; 0: it does not say. */
uint32_t bnn_slurm_script_tasks(const char *text);

#endif
