/* estimate.h - how long a plan will take. */
#ifndef BNN_RUNNER_ESTIMATE_H
#define BNN_RUNNER_ESTIMATE_H

#include "runner/plan.h"

/* Fills in plan->seconds where the database knew nothing: measured here on a few steps, for the first
 * seconds of measuring; configs beyond that get the mean of the others. datasets: those of the
 * experiment; ones that are not open (no images) leave their configs unknown. Runs that cannot be
 * measured stay unknown. What a run takes besides training is measured, too, where the database, whose
 * path is db, does not know it: how long the folder beside it needs to keep what is written. */
void bnn_estimate_configs(bnn_plan *plan, const bnn_dataset *datasets, const char *db);

/* What is left of a run that came from `begun` to `done`, parts of it from 0 to 1, in so many seconds;
 * whole: what all of it is thought to take. A run that has done a good part of its own work tells best
 * how long the rest takes. */
double bnn_estimate_rest(double begun, double done, double seconds, double whole);

/* A run as part of what is left. */
#define BNN_ESTIMATE_NOTHING SIZE_MAX
typedef struct bnn_estimate_task {
    double seconds;
    double end; /* less than 0: it has not begun; of one that runs, when it will end */
    size_t needs[BNN_PURPOSES]; /* the tasks that have to end before it begins, or _NOTHING */
} bnn_estimate_task;

/* That of a run, as one that has ended: its needs are those of the same plan, all runs being tasks. */
bnn_estimate_task bnn_estimate_task_of(const bnn_plan *plan, const bnn_run *run);

/* The time until the last of n tasks ends when each of n_jobs takes the next one that can begin as soon as
 * it is free; busy: when each job becomes free, [n_jobs]. Both are changed. */
double bnn_estimate_makespan(bnn_estimate_task *tasks, size_t n, double *busy, uint32_t n_jobs);

/* What is left of a plan at its start, with n_jobs; NaN when some config is unknown. */
double bnn_estimate_plan(const bnn_plan *plan, uint32_t n_jobs);

/* The same if all runs have to be done that a look may ask for (seeds.until), or if of the contenders always
 * those go on that take the longest (sweep.halving). *n_more: such runs, beside those to do now. */
double bnn_estimate_most(const bnn_plan *plan, uint32_t n_jobs, size_t *n_more);

/* Whether it is a limit: runs may end before their last epoch. */
bool bnn_estimate_is_limit(const bnn_plan *plan);

/* When something will end, as it is told to people: a guess that changes all the time becomes one that
 * moves slowly. Zeros to begin with. */
typedef struct bnn_estimate_end {
    bool known;
    double end, told; /* the clock's time of the end, and of the last guess */
} bnn_estimate_end;

/* now: of a clock that does not go back; seconds: the guess of what is left, NaN when there is none,
 * which changes nothing. Returns what to tell: NaN before the first guess. */
double bnn_estimate_smooth(bnn_estimate_end *end, double now, double seconds);

#endif
