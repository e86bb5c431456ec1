#include "train/options.h"

#include "train/cosine.h"

/* Half a period of a cosine, from 1 at x = 0 down to `end` at x = 1: (1 + cos(pi x)) / 2 is the square
 * of cos(pi x / 2). The order of the products is part of a run's bits. */
static double half_period(double end, double x)
{
    const double c = bnn_cos_pi(0.5 * x);
    return end + (1.0 - end) * c * c;
}

static double one_cycle(const bnn_schedule *schedule, double done)
{
    const double start = 1.0 / schedule->start_divisor, end = start / schedule->end_divisor;
    if (done < schedule->rise)
        return half_period(start, 1.0 - done / schedule->rise);
    const double rest = 1.0 - schedule->rise;
    return half_period(end, rest > 0.0 ? (done - schedule->rise) / rest : 1.0);
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
        return half_period(schedule->floor, done);
    case BNN_SCHEDULE_LINEAR:
        return schedule->floor + (1.0 - schedule->floor) * (1.0 - done);
    default:
        return 1.0;
    }
}
