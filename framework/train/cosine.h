/* cosine.h - a cosine with the same bits everywhere: libm's may differ in the last one from machine
 * to machine. Private to train/. */
#ifndef BNN_TRAIN_COSINE_H
#define BNN_TRAIN_COSINE_H

/* cos(pi x) for x in [0, 1/2] by the Taylor series of the sine of pi/2 - pi x: error below 1e-15,
 * never outside [0, 1]. */
static inline double bnn_cos_pi(double x)
{
    const double a = 3.14159265358979323846 * (0.5 - x);
    const double square = a * a;
    double term = a, sum = a;
    for (int k = 1; k <= 12; k++) {
        term *= -square / (double)(2 * k * (2 * k + 1));
        sum += term;
    }
    return sum < 1.0 ? sum : 1.0;
}

#endif
