#include "train/options.h"

#include "train/cosine.h"

/* (1 + cos(pi x)) / 2 for x in [0, 1]: the square of cos(pi x / 2). */
static double half_cosine(double x)
{
    const double c = bnn_cos_pi(0.5 * x);
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
