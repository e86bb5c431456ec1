/* interval.h - simultaneous intervals by inversion of the joint sign-flip test. Private to
 * comparison/.
 *
 * A value t is in the interval of a config unless, with t taken off its differences and all other
 * configs centred at their means, the share of flips whose greatest statistic reaches the config's
 * is at most alpha. Each flip reaches it for all t beyond a point of its own: the mean of the
 * turned seeds, or of the others (Hartigan 1969, "Using subsample values as typical values"), or,
 * where another config is greater, the point at which this one's statistic is that. So the end of
 * the interval is one of these points, found by their order: without search, and of the same width
 * whatever the true differences are. */
#ifndef BNN_COMPARISON_INTERVAL_H
#define BNN_COMPARISON_INTERVAL_H

#include "comparison/paired.h"

/* low[n], high[n], in the unit of the differences; infinite where no value can be left out.
 * is_joint: the other configs take part, and 1 - alpha is the level of all together; else of each
 * alone. BNN_E_INTERNAL without memory. */
int bnn_intervals(const bnn_flips *flips, const bnn_sample *samples, size_t n, double alpha,
                  bool is_joint, double *low, double *high, bnn_arena *arena, bnn_error *err);

#endif
