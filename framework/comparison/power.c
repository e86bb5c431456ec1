#include "comparison/power.h"

#include "comparison/quantile.h"

#include <math.h>
#include <stdint.h>

enum { POWER_SEEDS_MAX = 1000000, POWER_PANELS = 400, DETECTABLE_STEPS = 60 };

size_t bnn_least_seeds(double alpha, size_t comparisons, bool is_joint)
{
    if (!(alpha > 0 && alpha <= 1))
        return SIZE_MAX;
    const double level = is_joint || comparisons == 0 ? alpha : alpha / (double)comparisons;
    size_t seeds = 1;
    for (double p = 1; p > level; p /= 2)
        seeds++;
    return seeds;
}

/* The density of y = log s, where s is the root of chi-square over its degrees, is
 * exp(this + degrees (y - s^2 / 2)). */
static double log_chi_scale(double degrees)
{
    int sign;
    return M_LN2 + degrees / 2 * log(degrees / 2) - lgamma_r(degrees / 2, &sign);
}

/* The normal difference over a spread s that is chance, too: integrated over log s, in which all
 * is smooth even for few degrees and small alpha, by Simpson's rule. */
double bnn_test_power(size_t seeds, double effect, double alpha)
{
    if (seeds < 2 || !isfinite(effect) || !(alpha > 0 && alpha < 1))
        return (double)NAN;
    const double degrees = (double)seeds - 1, shift = fabs(effect) * sqrt((double)seeds);
    const double t = bnn_student_quantile(1 - alpha / 2, degrees);
    const double width = 10 / sqrt(2 * degrees), from = -width - 25 / degrees;
    const double panel = (log1p(width) - from) / POWER_PANELS, scale = log_chi_scale(degrees);
    double sum = 0;
    for (int i = 0; i <= POWER_PANELS; i++) {
        const double y = from + i * panel, s = exp(y);
        const double found = bnn_normal_cdf(shift - t * s) + bnn_normal_cdf(-shift - t * s);
        const double weight = i == 0 || i == POWER_PANELS ? 1 : i % 2 == 1 ? 4 : 2;
        sum += weight * found * exp(scale + degrees * (y - s * s / 2));
    }
    return fmin(sum * panel / 3, 1);
}

double bnn_detectable(size_t seeds, double alpha, double power)
{
    if (seeds < 2 || !(alpha > 0 && alpha < power && power < 1))
        return (double)NAN;
    double low = 0, high = 1, below = alpha - power, above;
    while ((above = bnn_test_power(seeds, high, alpha) - power) < 0) {
        low = high;
        below = above;
        high *= 2;
    }
    int side = 0; /* of the last step: an end that stays twice counts half (Illinois) */
    for (int i = 0; i < DETECTABLE_STEPS && high - low > 1e-9 * high; i++) {
        const double middle = high - above * (high - low) / (above - below);
        const double beyond = bnn_test_power(seeds, middle, alpha) - power;
        if (beyond < 0) {
            low = middle;
            below = beyond;
            above = side < 0 ? above / 2 : above;
            side = -1;
        } else {
            high = middle;
            above = beyond;
            below = side > 0 ? below / 2 : below;
            side = 1;
        }
    }
    return high;
}

/* The chance that mean +- t sd / sqrt(n) lies within the margin; the sd is taken as it is. */
static double equal_power(double n, double t, double mean, double sd, double margin)
{
    const double se = sd / sqrt(n);
    const double room = margin - t * se;
    if (!(room > 0))
        return 0;
    return bnn_normal_cdf((room - mean) / se) - bnn_normal_cdf((-room - mean) / se);
}

/* What a number of seeds is to decide. */
typedef struct power_aim {
    double mean, sd, margin, alpha, power;
} power_aim;

/* is_rough: with a spread that is known, near enough to search with. */
static bool aim_is_reached(const power_aim *aim, size_t seeds, bool is_rough)
{
    const double n = (double)seeds, effect = fabs(aim->mean) / aim->sd;
    const double t = bnn_student_quantile(1 - aim->alpha / 2, n - 1);
    if (equal_power(n, t, aim->mean, aim->sd, aim->margin) >= aim->power)
        return true;
    if (is_rough)
        return bnn_normal_cdf(effect * sqrt(n) - t) >= aim->power;
    return bnn_test_power(seeds, effect, aim->alpha) >= aim->power;
}

/* The least number from `from` that is enough by the rough power; SIZE_MAX beyond a million. */
static size_t rough_seeds(const power_aim *aim, size_t from)
{
    size_t high = from, low = from - 1;
    while (!aim_is_reached(aim, high, true)) {
        if (high > POWER_SEEDS_MAX)
            return SIZE_MAX;
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        *(aim_is_reached(aim, middle, true) ? &high : &low) = middle;
    }
    return high;
}

size_t bnn_seeds_to_decide(size_t from, double mean, double sd, double margin, double alpha,
                           double power)
{
    const power_aim aim = {mean, sd, margin, alpha, power};
    if (!isfinite(mean) || !(sd >= 0 && isfinite(sd)) || !(alpha > 0 && alpha < 1) ||
        !(power > 0 && power < 1) || from > POWER_SEEDS_MAX)
        return SIZE_MAX;
    if (from < 2)
        from = 2;
    if (sd <= 1e-12 * fabs(mean))
        return mean != 0 || margin >= 0 ? from : SIZE_MAX;
    size_t seeds = rough_seeds(&aim, from);
    if (seeds == SIZE_MAX)
        return SIZE_MAX;
    while (!aim_is_reached(&aim, seeds, false))
        seeds++;
    while (seeds > from && aim_is_reached(&aim, seeds - 1, false))
        seeds--;
    return seeds;
}

size_t bnn_seeds_for(double effect, double alpha, double power)
{
    if (!isfinite(effect) || effect == 0)
        return SIZE_MAX;
    return bnn_seeds_to_decide(2, effect, 1, (double)NAN, alpha, power);
}
