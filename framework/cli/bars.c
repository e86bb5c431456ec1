#include "cli/bars.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

void cli_bars_reach(cli_bars *bars, double x)
{
    if (isfinite(x)) {
        bars->low = fmin(bars->low, x);
        bars->high = fmax(bars->high, x);
    }
}

void cli_bars_fit(cli_bars *bars, size_t columns)
{
    const bool can = columns >= CLI_BARS_LEAST && bars->high > bars->low;
    bars->n = !can ? 0 : columns < CLI_BARS_MOST ? columns : CLI_BARS_MOST;
}

const char *cli_bars_head(const cli_bars *bars, char out[CLI_BARS_BYTES])
{
    const int n_decimals = bars->high - bars->low < 10;
    snprintf(out, CLI_BARS_BYTES, "%+.*f %+.*f", n_decimals, bars->low, n_decimals, bars->high);
    return out;
}

static size_t bars_place(const cli_bars *bars, double x)
{
    const double place = (x - bars->low) / (bars->high - bars->low) * (double)bars->n;
    return !(place > 0) ? 0 : place < (double)bars->n ? (size_t)place : bars->n - 1;
}

/* Blanks do not end a line. */
#define BARS_BLANK "\u00a0"

static const char *bars_glyph(bool mean, bool inside, bool zero)
{
    if (mean)
        return "\u25cf";
    if (inside)
        return zero ? "\u253c" : "\u2500";
    return zero ? "\u2502" : BARS_BLANK;
}

const char *cli_bars_draw(const cli_bars *bars, double low, double mean, double high,
                          char out[CLI_BARS_BYTES])
{
    const size_t zero = bars_place(bars, 0), middle = bars_place(bars, mean);
    const size_t first = bars_place(bars, low), last = bars_place(bars, high);
    const bool known = !isnan(mean);
    const bool bounded = known && (isfinite(low) || isfinite(high));
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < bars->n; i++)
        used += (size_t)snprintf(
            out + used, CLI_BARS_BYTES - used, "%s",
            bars_glyph(known && i == middle, bounded && i >= first && i <= last, i == zero));
    return out;
}
