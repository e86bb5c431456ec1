#include "train/options.h"

/* cos(pi x) for x in [0, 1/2] by the Taylor series of the sine of pi/2 - pi x: error below 1e-15,
 * never outside [0, 1]. libm's cos may differ in the last bit from machine to machine. */
static double cos_pi(double x)
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

double bnn_schedule_factor(const bnn_schedule *schedule, double epoch, double n_epochs)
{
    if (epoch < schedule->warmup)
        return epoch / schedule->warmup;
    const double rest = n_epochs - schedule->warmup;
    const double done = epoch - schedule->warmup;
    double half;
    switch (schedule->kind) {
    case BNN_SCHEDULE_STEP:
        return bnn_power(schedule->factor, (uint64_t)(epoch / schedule->every));
    case BNN_SCHEDULE_COSINE:
        /* (1 + cos(pi x)) / 2 is the square of cos(pi x / 2). */
        half = cos_pi(rest > 0.0 ? 0.5 * done / rest : 0.5);
        return schedule->floor + (1.0 - schedule->floor) * half * half;
    default:
        return 1.0;
    }
}
