/* bootstrap.h - would it hold for other images, too? A bootstrap crossed over seeds and images.
 *
 * comparison.h is about seeds at one test set. Here both are samples: each replicate draws seeds
 * and, apart from them, images, with replacement, and takes the mean difference of correctness
 * over the drawn rows and columns (Owen 2007, "The pigeonhole bootstrap", whose variance is a
 * little too large rather than too small). It is paired: a drawn seed or image counts for both
 * configs at once, so what they have in common cancels. Time goes into the runs, not into their
 * pairs: two or three seconds for 400 runs, 10,000 images and all 780 comparisons of 40 configs. */
#ifndef BNN_COMPARISON_BOOTSTRAP_H
#define BNN_COMPARISON_BOOTSTRAP_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Predicted classes: a[comparison * seeds + seed] and b[...] are those of the two runs with one
 * seed, a byte an image; labels[images] are the true ones. NULL where a run has none (it failed,
 * or is not there): such a pair is left out. */
typedef struct bnn_predictions {
    size_t comparisons, seeds, images;
    const uint8_t *labels;
    const uint8_t *const *a;
    const uint8_t *const *b;
} bnn_predictions;

typedef struct bnn_generalisation {
    size_t pairs; /* seeds with both */
    double mean;  /* accuracy of a minus that of b, in points; NaN without pairs or images */
    double se;    /* standard deviation of the replicates; NaN of fewer than two pairs */
    /* The 1 - alpha interval of this comparison alone: the percentiles of the replicates,
     * stretched from the mean by t / z sqrt(n / (n - 1)) for n pairs, since few seeds drawn from
     * few seeds vary too little (after Hesterberg 2015, "What teachers should know about the
     * bootstrap"). Infinite of fewer than two pairs. */
    double low, high;
} bnn_generalisation;

/* out[comparisons]. replicates: 0 for 2,000. seed: of the draws, which depend on it, the number of
 * images and that of pairs alone, so all comparisons of a table see the same images. BNN_E_USAGE
 * for an alpha that is not in (0, 1/2], or sizes beyond reason; BNN_E_INTERNAL without memory.
 * Thread-safe. */
int bnn_bootstrap(const bnn_predictions *predictions, double alpha, size_t replicates,
                  uint64_t seed, bnn_generalisation *out, bnn_error *err);

#endif
