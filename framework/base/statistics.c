#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Welford's running mean and sum of squared deviations (Technometrics 4, 1962): accuracies that
 * differ in their fifth digit keep their spread, which sums of squares lose. */
void bnn_moments_add(bnn_moments *moments, double x)
{
    moments->n++;
    const double before = x - moments->mean;
    moments->mean += before / (double)moments->n;
    moments->squares += before * (x - moments->mean);
}

double bnn_moments_sd(const bnn_moments *moments)
{
    return moments->n < 2 ? (double)NAN : sqrt(moments->squares / (double)(moments->n - 1));
}

double bnn_moments_ci95(const bnn_moments *moments)
{
    if (moments->n < 2)
        return (double)NAN;
    return bnn_student_t95(moments->n - 1) * bnn_moments_sd(moments) / sqrt((double)moments->n);
}

double bnn_mean_shown(double mean)
{
    const double rounded = round(mean * 1e9) / 1e9;
    return fabs(mean) < 1e6 ? rounded : mean;
}

static int compare_doubles(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

double bnn_median(double *values, size_t n)
{
    if (n == 0)
        return (double)NAN;
    qsort(values, n, sizeof *values, compare_doubles);
    const double low = values[(n - 1) / 2], high = values[n / 2];
    return low == high ? low : low / 2 + high / 2;
}

/* P(|T| <= sqrt(n) tan(angle)) for n degrees of freedom: the finite sums of Abramowitz and Stegun,
 * 26.7.3 and 26.7.4. */
static double student_inside(int64_t n, double angle)
{
    const double c = cos(angle), s = sin(angle);
    double term = n % 2 == 1 ? c : 1, sum = 0;
    for (int64_t i = n % 2 == 1 ? 3 : 2; i <= n; i += 2) {
        sum += term;
        term *= c * c * (double)(i - 1) / (double)i;
    }
    return n % 2 == 1 ? (angle + s * sum) / M_PI_2 : s * sum;
}

/* SQLite has no quantiles, and a statistics library is a large dependency for a single number. */
double bnn_student_t95(int64_t degrees)
{
    if (degrees > 200) { /* Cornish-Fisher, A&S 26.7.5, around the normal quantile */
        const double x = 1.959963984540054, n = (double)degrees;
        const double x2 = x * x;
        const double g1 = x * (x2 + 1) / 4;
        const double g2 = x * ((5 * x2 + 16) * x2 + 3) / 96;
        const double g3 = x * (((3 * x2 + 19) * x2 + 17) * x2 - 15) / 384;
        return x + (g1 + (g2 + g3 / n) / n) / n;
    }
    double low = 0, high = M_PI_2;
    for (int i = 0; i < 60; i++) {
        const double middle = low + (high - low) / 2;
        if (student_inside(degrees, middle) < 0.95)
            low = middle;
        else
            high = middle;
    }
    return sqrt((double)degrees) * tan(low);
}
