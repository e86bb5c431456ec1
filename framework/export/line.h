/* line.h - a multiplication and a shift for thresholds.
 *
 * Codes that rise with whole sums have thresholds: sums from which on they are at least 1, 2, ... n. A line
 * (factor * sum + offset) >> shift, held between 0 and n, has the same ones for the sums that can occur, if there is
 * one: a few bytes say what n thresholds say. */
#ifndef BNN_EXPORT_LINE_H
#define BNN_EXPORT_LINE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct bnn_line_search {
    const int32_t *threshold; /* [n]: threshold[k] of code k + 1; not falling */
    int32_t n;
    int32_t first, last; /* sums that can occur; thresholds lie in first..last + 1 */
    double low, high;    /* the slope lies between: set by bnn_line_bound() */
} bnn_line_search;

/* Finds the slopes that a line can have. False when there is none. */
bool bnn_line_bound(bnn_line_search *search);

/* Whether all sums have their codes. */
bool bnn_line_holds(const bnn_line_search *search, uint32_t shift, int64_t factor, int64_t offset);

/* A line with this shift, of a factor of at most factor_most. False when none was found. */
bool bnn_line_find(const bnn_line_search *search, uint32_t shift, int64_t factor_most,
                   int64_t *factor, int64_t *offset);

#endif
