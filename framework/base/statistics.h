/* statistics.h - what a few measurements say: mean, spread, and how sure their mean is.
 *
 * Of too few values there is no answer, which is NaN. Thread-safe. */
#ifndef BNN_BASE_STATISTICS_H
#define BNN_BASE_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/* Values seen so far; all zero before the first. */
typedef struct bnn_moments {
    int64_t n;
    double mean;
    double squares; /* of the deviations from the mean */
} bnn_moments;

void bnn_moments_add(bnn_moments *moments, double x);

/* The sample standard deviation, and half the width of the 95 % confidence interval of the mean
 * (Student's t): of two values or more. */
double bnn_moments_sd(const bnn_moments *moments);
double bnn_moments_ci95(const bnn_moments *moments);

/* A mean to be shown with a few decimals: sums of the same values in another order, or of fractions in percent,
 * differ in their last bits, and where these end in a 5 they would be rounded apart. */
double bnn_mean_shown(double mean);

/* The median of n values, which it sorts; of one value or more. */
double bnn_median(double *values, size_t n);

/* The t with P(|T| <= t) = 0.95 for Student's distribution with so many degrees of freedom (from
 * 1), to 1e-9. */
double bnn_student_t95(int64_t degrees);

#endif
