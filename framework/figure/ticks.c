/* ticks.c - the range of an axis and its round numbers. */
#include "figure/figure_internal.h"

#include "base/text.h"

#include <math.h>

/* The smallest of 1, 2, 5 times a power of ten that is not below x. */
static double ticks_round_step(double x)
{
    const double power = pow(10, floor(log10(x)));
    const double digit = x / power;
    return power * (digit <= 1 + 1e-9 ? 1 : digit <= 2 + 1e-9 ? 2 : digit <= 5 + 1e-9 ? 5 : 10);
}

/* "12,000", "0.05", "2e-05". */
static void ticks_text(double x, double step, char out[24])
{
    char count[BNN_SHORT_TEXT];
    const int decimals = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
    const double size = fabs(x);
    if (size < step / 2)
        snprintf(out, 24, "0");
    else if (decimals > 5 || size >= 1e12)
        snprintf(out, 24, "%.3g", x);
    else if (decimals == 0)
        snprintf(out, 24, "%s%s", x < 0 ? "-" : "", bnn_count_text((uint64_t)llround(size), count));
    else
        snprintf(out, 24, "%.*f", decimals, x);
}

static void ticks_add(double x, double step, figure_ticks *out)
{
    if (out->n == FIGURE_TICKS_MAX)
        return;
    out->at[out->n] = x;
    ticks_text(x, step, out->text[out->n++]);
}

static void ticks_linear(double about, bool whole, figure_ticks *out)
{
    double step = ticks_round_step((out->high - out->low) / fmax(about, 1));
    if (whole)
        step = fmax(step, 1);
    const double span = out->high - out->low;
    for (double k = ceil(out->low / step - 1e-6 * span / step); k * step <= out->high + 1e-6 * span;
         k++)
        ticks_add(k * step, step, out);
}

/* 1, 2, 5 times powers of ten, or these alone. */
static void ticks_logarithmic(double about, figure_ticks *out)
{
    static const double digits[] = {1, 2, 5};
    const double decades = log10(out->high / out->low);
    const size_t stride = decades * 3 <= about ? 1 : 3;
    if (decades * 3 < 2) {
        ticks_linear(about, false, out);
        return;
    }
    for (double power = floor(log10(out->low)); power <= log10(out->high); power++)
        for (size_t i = 0; i < 3; i += stride) {
            const double x = digits[i] * pow(10, power);
            if (x >= out->low * (1 - 1e-9) && x <= out->high * (1 + 1e-9))
                ticks_add(x, x >= 1 ? 1 : pow(10, power), out);
        }
}

void figure_choose_ticks(const bnn_axis *axis, double data_low, double data_high, double about,
                         figure_ticks *out)
{
    const bool given = isfinite(axis->low) && isfinite(axis->high) && axis->low < axis->high;
    double low = given ? axis->low : data_low, high = given ? axis->high : data_high;
    *out = (figure_ticks){.n = 0};
    if (!(isfinite(low) && isfinite(high)) || (axis->logarithmic && low <= 0))
        low = axis->logarithmic ? 1 : 0, high = axis->logarithmic ? 10 : 1;
    if (!given && axis->logarithmic) {
        const double room = high > low ? pow(high / low, 0.06) : 1.5;
        low /= room, high *= room;
    } else if (!given) {
        const double room = high > low       ? 0.04 * (high - low)
                            : fabs(high) > 0 ? 0.1 * fabs(high)
                                             : 1;
        low -= room, high += room;
    }
    out->low = low;
    out->high = high;
    if (axis->logarithmic)
        ticks_logarithmic(about, out);
    else
        ticks_linear(about, axis->whole, out);
}
