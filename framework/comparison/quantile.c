#include "comparison/quantile.h"

#include <math.h>
#include <stdbool.h>

double bnn_normal_cdf(double x)
{
    return erfc(-x / M_SQRT2) / 2;
}

/* Newton's method on log P from the left tail, where log P is concave: from any point left of the
 * root each step stays left of it, so it cannot run away. */
static double normal_lower_tail(double p)
{
    double x = -sqrt(-2 * log(p)); /* P(Z <= x) < p there */
    for (int i = 0; i < 100; i++) {
        const double at = bnn_normal_cdf(x);
        const double density = exp(-x * x / 2) / sqrt(2 * M_PI);
        const double step = (log(p) - log(at)) * at / density;
        x += step;
        if (fabs(step) <= 1e-15 * fabs(x))
            break;
    }
    return x;
}

double bnn_normal_quantile(double p)
{
    if (!(p >= 0 && p <= 1))
        return (double)NAN;
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    if (p == 0.5)
        return 0;
    return p < 0.5 ? normal_lower_tail(p) : -normal_lower_tail(1 - p);
}

/* The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), from its
 * end: it converges in about sqrt(a + b) terms for x below (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    double value = 0;
    for (double m = floor(30 + 4 * sqrt(a + b)); m >= 1; m--) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        value = even / (1 + odd / (1 + value));
    }
    return 1 / (1 - (a + b) * x / (a + 1) / (1 + value));
}

/* log(Gamma(a + 1/2) / Gamma(a)): of large a by its series, since differences of large logarithms
 * lose digits. */
static double log_gamma_step(double a)
{
    if (a < 100) {
        int sign;
        return lgamma_r(a + 0.5, &sign) - lgamma_r(a, &sign);
    }
    const double r = 1 / a;
    return log(a) / 2 +
           log1p(r * (-1.0 / 8 + r * (1.0 / 128 + r * (5.0 / 1024 - r * 21.0 / 32768))));
}

/* P(T > t) for t >= 0: half the incomplete beta function at n / (n + t^2), of n / 2 and 1 / 2. */
static double student_tail(double t, double n)
{
    if (n > 1e6) /* A&S 26.7.8, whose error is of order 1 / n^2 */
        return bnn_normal_cdf(-t * (1 - 1 / (4 * n)) / sqrt(1 + t / n * t / 2));
    const double ratio = t / n * t;
    const double x = 1 / (1 + ratio), y = ratio / (1 + ratio);
    const double front = exp(log_gamma_step(n / 2) - n / 2 * log1p(ratio)) * sqrt(y / M_PI);
    if (!isfinite(ratio))
        return 0;
    if (x < (n / 2 + 1) / (n / 2 + 2.5))
        return front * beta_fraction(x, n / 2, 0.5) / n;
    return 0.5 - front * beta_fraction(y, 0.5, n / 2);
}

double bnn_student_cdf(double t, double degrees)
{
    if (isnan(t) || !(degrees > 0))
        return (double)NAN;
    if (isinf(degrees))
        return bnn_normal_cdf(t);
    const double tail = student_tail(fabs(t), degrees);
    return t < 0 ? tail : 1 - tail;
}

/* The density of T at t. */
static double student_density(double t, double n)
{
    return exp(log_gamma_step(n / 2) - (n + 1) / 2 * log1p(t / n * t)) / sqrt(n * M_PI);
}

/* The t with P(T > t) = p < 1/2: Newton's method on log P inside a bracket, which is halved where
 * a step would leave it. */
static double student_upper_quantile(double p, double n)
{
    double low = 0, high = 1;
    while (isfinite(high) && student_tail(high, n) > p) {
        low = high;
        high *= 2;
    }
    double t = low + (high - low) / 2;
    for (int i = 0; i < 200; i++) {
        const double tail = student_tail(t, n);
        *(tail > p ? &low : &high) = t;
        double next = t + log(tail / p) * tail / student_density(t, n);
        if (!(next > low && next < high))
            next = low + (high - low) / 2;
        const bool is_settled = fabs(next - t) <= 1e-15 * t;
        t = next;
        if (is_settled)
            break;
    }
    return t;
}

double bnn_student_quantile(double p, double degrees)
{
    if (!(p >= 0 && p <= 1) || !(degrees > 0))
        return (double)NAN;
    if (isinf(degrees))
        return bnn_normal_quantile(p);
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    if (p == 0.5)
        return 0;
    return p < 0.5 ? -student_upper_quantile(p, degrees) : student_upper_quantile(1 - p, degrees);
}
