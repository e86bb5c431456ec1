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

/* (1 + cos(pi x)) / 2 for x in [0, 1]: the square of cos(pi x / 2). */
static double half_cosine(double x)
{
    const double c = cos_pi(0.5 * x);
    return c * c;
}

static double one_cycle(const bnn_schedule *schedule, double done)
{
    const double start = 1.0 / schedule->start_divisor, end = start / schedule->end_divisor;
    if (done < schedule->rise)
        return start + (1.0 - start) * half_cosine(1.0 - done / schedule->rise);
    const double rest = 1.0 - schedule->rise;
    return end + (1.0 - end) * half_cosine(rest > 0.0 ? (done - schedule->rise) / rest : 1.0);
}

double bnn_schedule_factor(const bnn_schedule *schedule, double epoch, double n_epochs)
{
    if (schedule->kind == BNN_SCHEDULE_ONE_CYCLE)
        return one_cycle(schedule, epoch / n_epochs);
    if (epoch < schedule->warmup)
        return epoch / schedule->warmup;
    const double rest = n_epochs - schedule->warmup;
    const double done = rest > 0.0 ? (epoch - schedule->warmup) / rest : 1.0;
    switch (schedule->kind) {
    case BNN_SCHEDULE_STEP:
        return bnn_power(schedule->factor, (uint64_t)(epoch / schedule->every));
    case BNN_SCHEDULE_COSINE:
        return schedule->floor + (1.0 - schedule->floor) * half_cosine(done);
    case BNN_SCHEDULE_LINEAR:
        return schedule->floor + (1.0 - schedule->floor) * (1.0 - done);
    default:
        return 1.0;
    }
}
