/* paired.h - the differences of a config made ready for flips, and what is compared under them.
 * Private to comparison/.
 *
 * Values are divided by the greatest of them, so nothing overflows; what is not there is 0, and
 * takes no part in any sum. */
#ifndef BNN_COMPARISON_PAIRED_H
#define BNN_COMPARISON_PAIRED_H

#include "comparison/flips.h"

/* Statistics nearer than this are ties: flips that differ by rounding alone. They are below 1
 * times the root of the number of seeds, and differ by far more where they differ. */
#define BNN_TIE 1e-9

typedef struct bnn_sample {
    size_t present;                        /* seeds with a difference, the failed ones included */
    size_t pairs, failed, baseline_failed; /* ... each kind of them */
    double scale;                          /* what values were divided by */
    double mean, deviation; /* of the pairs, scaled; root of the mean square around it */
    double *values;         /* [seeds], scaled; of failed runs: 1 or -1 */
    double *beyond;         /* ... of these: more than all others can make up for */
    double *presence;       /* 1 for each seed that is present */
    double *centred;        /* pairs' values minus their mean */
    double inverse;         /* 1 / root of the sum of squares; 0 when all are 0 */
    double centred_inverse; /* ... of what is centred */
    double sum, beyond_sum; /* of the values, no sign turned */
} bnn_sample;

/* Reads differences[n]; what is made of them is in the arena. BNN_E_INTERNAL without memory. */
int bnn_sample_prepare(bnn_sample *sample, const double *differences, size_t n, bnn_arena *arena,
                       bnn_error *err);

#endif
