#include "tests/bench/samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void samples_add(samples *s, double value)
{
    if (s->n < SAMPLES_MAX)
        s->at[s->n++] = value;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double samples_median(const samples *s)
{
    double sorted[SAMPLES_MAX];
    if (s->n == 0)
        return NAN;
    memcpy(sorted, s->at, s->n * sizeof *sorted);
    qsort(sorted, s->n, sizeof *sorted, compare);
    return (sorted[(s->n - 1) / 2] + sorted[s->n / 2]) / 2.0;
}

double samples_min(const samples *s)
{
    double least = s->n > 0 ? s->at[0] : NAN;
    for (size_t i = 1; i < s->n; i++)
        least = fmin(least, s->at[i]);
    return least;
}

double samples_max(const samples *s)
{
    double most = s->n > 0 ? s->at[0] : NAN;
    for (size_t i = 1; i < s->n; i++)
        most = fmax(most, s->at[i]);
    return most;
}
