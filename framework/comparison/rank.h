/* rank.h - order statistics without sorting. Private to comparison/. */
#ifndef BNN_COMPARISON_RANK_H
#define BNN_COMPARISON_RANK_H

#include <stddef.h>

/* The value that would stand at `rank`, from 0 and below n, if values[n] were sorted; none is NaN.
 * It moves them about. About three looks at each of few, little more than one at each of
 * many. */
double bnn_value_of_rank(double *values, size_t n, size_t rank);

#endif
