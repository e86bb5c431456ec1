/* verdict.h - one of four answers, from an interval: never "not significant". */
#ifndef BNN_COMPARISON_VERDICT_H
#define BNN_COMPARISON_VERDICT_H

#include <stdbool.h>

typedef enum bnn_verdict {
    BNN_VERDICT_UNDECIDED = 0, /* more seeds are needed */
    BNN_VERDICT_BETTER,        /* the interval is above 0 */
    BNN_VERDICT_WORSE,         /* ... below 0 */
    BNN_VERDICT_EQUAL,         /* it has 0, and lies inside the margin on both sides */
} bnn_verdict;

/* "better", "worse", "equal", "undecided". */
const char *bnn_verdict_name(bnn_verdict verdict);

/* Whether [low, high] lies in [-margin, margin], ends included, up to rounding; false for a margin
 * that is NaN or negative. */
bool bnn_within_margin(double low, double high, double margin);

/* rejected: the test rejects 0, and so does the interval; above: on which side. */
bnn_verdict bnn_verdict_of(bool rejected, bool above, bool within_margin);

#endif
