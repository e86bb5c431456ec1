/* quantile.h - the normal distribution and Student's t: probabilities and quantiles.
 *
 * Our own, since no well-kept library under a licence like MIT has them: GSL and R's are GPL. To a
 * relative 1e-10 at least, also in the tails; tested against R. Thread-safe. */
#ifndef BNN_COMPARISON_QUANTILE_H
#define BNN_COMPARISON_QUANTILE_H

/* P(Z <= x) of the standard normal distribution; NaN for NaN. */
double bnn_normal_cdf(double x);

/* The x with P(Z <= x) = p: -INFINITY at 0, INFINITY at 1, NaN outside [0, 1]. */
double bnn_normal_quantile(double p);

/* P(T <= t) of Student's t with so many degrees of freedom, any number above 0 (INFINITY: normal);
 * NaN for other degrees and for NaN. */
double bnn_student_cdf(double t, double degrees);

/* The t with P(T <= t) = p, with the same conventions. */
double bnn_student_quantile(double p, double degrees);

#endif
