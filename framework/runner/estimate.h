/* estimate.h - how long a plan will take. */
#ifndef BNN_RUNNER_ESTIMATE_H
#define BNN_RUNNER_ESTIMATE_H

#include "runner/plan.h"

/* Fills in plan->seconds where the database knew nothing: measured here on a few steps, for the first
 * seconds of measuring; configs beyond that get the mean of the others. datasets: those of the
 * experiment; ones that are not open (no images) leave their configs unknown. Runs that cannot be
 * measured stay unknown. */
void bnn_estimate_configs(bnn_plan *plan, const bnn_dataset *datasets);

/* The time until the last of n tasks ends when each of n_jobs takes the next one as soon as it is
 * free; busy: when each job becomes free, [n_jobs], changed. */
double bnn_estimate_makespan(const double *seconds, size_t n, double *busy, uint32_t n_jobs);

/* What is left of a plan at its start, with n_jobs; NaN when some config is unknown. */
double bnn_estimate_plan(const bnn_plan *plan, uint32_t n_jobs);

#endif
