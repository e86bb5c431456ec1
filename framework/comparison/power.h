/* power.h - how many seeds a question takes. */
#ifndef BNN_COMPARISON_POWER_H
#define BNN_COMPARISON_POWER_H

#include <stdbool.h>
#include <stddef.h>

/* Fewer seeds than this cannot decide anything, however large the difference: n seeds have 2^n
 * sign flips, so the least two-sided p is 2 / 2^n. Joint flips (max-T) keep that for any number of
 * comparisons; Holm's method needs it to be alpha / comparisons. 6 for joint flips at 0.05. 0
 * comparisons count as one. SIZE_MAX for an alpha that is not in (0, 1]. */
size_t bnn_least_seeds(double alpha, size_t comparisons, bool is_joint);

/* The chance that the two-sided paired t-test at level alpha (of one comparison: alpha / m is
 * Bonferroni's for m) finds a true difference, given in standard deviations of the paired
 * difference; the sign-flip test is as good or nearly so. NaN for fewer than two seeds or
 * nonsense. */
double bnn_test_power(size_t seeds, double effect, double alpha);

/* The difference, in standard deviations, that is found with this power (in (alpha, 1)): what a
 * study could have seen. NaN likewise. */
double bnn_detectable(size_t seeds, double alpha, double power);

/* The least number of seeds with that power; SIZE_MAX when it takes more than a million, or for
 * nonsense. */
size_t bnn_seeds_for(double effect, double alpha, double power);

/* The least number of seeds, from `from`, at which a verdict is reached with this power if the
 * paired differences have this mean and sd: better or worse, or equal within the margin (NaN: not
 * asked for). alpha is that of one comparison. SIZE_MAX likewise. */
size_t bnn_seeds_to_decide(size_t from, double mean, double sd, double margin, double alpha,
                           double power);

#endif
