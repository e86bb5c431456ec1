#include "export/line.h"

#include <math.h>

enum { SLOPES = 16 }; /* that are tried with a shift */

/* Code k is asked of a sum from below, in that it is reached there; and from above, in that it is not yet reached in
 * front of it. Where all sums have reached it, or none has, the first or the last sum asks. */
static bool line_asks_reached(const bnn_line_search *s, int32_t k, int32_t *sum)
{
    *sum = s->threshold[k - 1];
    return *sum <= s->last;
}

static bool line_asks_unreached(const bnn_line_search *s, int32_t k, int32_t *sum)
{
    *sum = s->threshold[k - 1] - 1;
    return *sum >= s->first;
}

/* Of a code i that is reached at p, and a code j that is not at q: slope * (q - p) < j - i. */
bool bnn_line_bound(bnn_line_search *s)
{
    bool possible = true;
    s->low = 0.0;
    s->high = (double)INFINITY;
    for (int32_t i = 1; i <= s->n; i++)
        for (int32_t j = 1; j <= s->n; j++) {
            int32_t p, q;
            if (!line_asks_reached(s, i, &p) || !line_asks_unreached(s, j, &q))
                continue;
            const double slope = (double)(j - i) / (double)(q - p);
            if (q > p)
                s->high = fmin(s->high, slope);
            else if (q < p)
                s->low = fmax(s->low, slope);
            else
                possible = possible && i < j;
        }
    return possible && s->low < s->high;
}

/* The offsets with this factor: from *least to *most. */
static void line_offsets(const bnn_line_search *s, uint32_t shift, int64_t factor, int64_t *least,
                         int64_t *most)
{
    *least = INT64_MIN;
    *most = INT64_MAX;
    for (int32_t k = 1; k <= s->n; k++) {
        const int64_t top = (int64_t)k << shift;
        int32_t sum;
        if (line_asks_reached(s, k, &sum) && top - factor * sum > *least)
            *least = top - factor * sum;
        if (line_asks_unreached(s, k, &sum) && top - 1 - factor * sum < *most)
            *most = top - 1 - factor * sum;
    }
}

bool bnn_line_holds(const bnn_line_search *s, uint32_t shift, int64_t factor, int64_t offset)
{
    int64_t least, most;
    line_offsets(s, shift, factor, &least, &most);
    return offset >= least && offset <= most;
}

/* Of those from least to most the one of the smallest magnitude, or the middle where 0 is outside: it leaves most
 * room for floats. */
static int64_t line_choose_offset(int64_t least, int64_t most)
{
    if (least == INT64_MIN)
        return most < 0 ? most : 0;
    if (most == INT64_MAX)
        return least > 0 ? least : 0;
    return least + (most - least) / 2;
}

bool bnn_line_find(const bnn_line_search *s, uint32_t shift, int64_t factor_most, int64_t *factor,
                   int64_t *offset)
{
    const double unit = ldexp(1.0, (int)shift);
    const double first = floor(s->low * unit) + (s->low > 0.0 ? 1.0 : 0.0);
    const double last = fmin(ceil(s->high * unit) - 1.0, (double)factor_most);
    const double n = last - first + 1.0;
    for (int i = 0; i < SLOPES && i < n; i++) {
        /* From the middle of what is possible, on both sides in turn; where the end is open, from its start. */
        const double step = n > SLOPES ? floor(n / SLOPES) : 1.0;
        const int away = i % 2 == 0 ? i / 2 : -(i + 1) / 2;
        const double middle = isfinite(s->high) ? first + floor(n / 2.0) : first;
        const int64_t m = (int64_t)(isfinite(s->high) ? middle + away * step : middle + i);
        int64_t least, most;
        if ((double)m < first || (double)m > last)
            continue;
        line_offsets(s, shift, m, &least, &most);
        if (least <= most) {
            *factor = m;
            *offset = line_choose_offset(least, most);
            return true;
        }
    }
    return false;
}
