#include "comparison/paired.h"

#include "base/statistics.h"

#include <math.h>

static void sample_count(bnn_sample *sample, const double *differences, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double x = differences[i];
        if (isnan(x))
            continue;
        sample->present++;
        if (isinf(x))
            *(x < 0 ? &sample->failed : &sample->baseline_failed) += 1;
        else if (fabs(x) > sample->scale)
            sample->scale = fabs(x);
    }
    sample->pairs = sample->present - sample->failed - sample->baseline_failed;
    if (sample->scale == 0)
        sample->scale = 1;
}

/* Scales to values[n], and marks what is present. */
static void sample_scale(bnn_sample *sample, const double *differences, size_t n, double *values,
                         double *present)
{
    bnn_moments moments = {0};
    for (size_t i = 0; i < n; i++) {
        present[i] = isnan(differences[i]) ? 0 : 1;
        if (isinf(differences[i]))
            values[i] = differences[i] > 0 ? 1 : -1;
        if (!isfinite(differences[i]))
            continue;
        values[i] = differences[i] / sample->scale;
        bnn_moments_add(&moments, values[i]);
    }
    sample->mean = moments.n == 0 ? (double)NAN : moments.mean;
    sample->deviation = moments.n == 0 ? 0 : sqrt(moments.squares / (double)moments.n);
}

static double sum_of_values(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum;
}

/* What remains of constant differences is rounding, and no noise. */
static void sample_centre(const bnn_sample *sample, const double *differences, size_t n,
                          const double *values, double *centred)
{
    for (size_t i = 0; i < n; i++) {
        const double rest = values[i] - sample->mean;
        centred[i] = isfinite(differences[i]) && fabs(rest) > BNN_TIE ? rest : 0;
    }
}

static double inverse_norm(const double *values, size_t n)
{
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += values[i] * values[i];
    return squares > 0 ? 1 / sqrt(squares) : 0;
}

int bnn_sample_prepare(bnn_sample *sample, const bnn_flips *flips, const double *differences,
                       bnn_arena *arena, bnn_error *err)
{
    const size_t n = flips->seeds;
    *sample = (bnn_sample){0};
    double *values = bnn_arena_alloc(arena, n, sizeof *values);
    double *present = bnn_arena_alloc(arena, n, sizeof *present);
    double *centred = bnn_arena_alloc(arena, n, sizeof *centred);
    if (values == NULL || present == NULL || centred == NULL)
        return bnn_no_memory(err);
    sample_count(sample, differences, n);
    sample_scale(sample, differences, n, values, present);
    sample_centre(sample, differences, n, values, centred);
    sample->inverse = inverse_norm(values, n);
    sample->centred_inverse = inverse_norm(centred, n);
    sample->sum = sum_of_values(values, n);
    sample->table = bnn_flips_table(flips, values, arena);
    for (size_t i = 0; i < n; i++)
        if (isinf(differences[i]))
            values[i] *= 4 * (double)n;
    sample->beyond_sum = sum_of_values(values, n);
    sample->beyond_table = bnn_flips_table(flips, values, arena);
    sample->present_table = bnn_flips_table(flips, present, arena);
    sample->centred_table = bnn_flips_table(flips, centred, arena);
    if (sample->table == NULL || sample->beyond_table == NULL || sample->present_table == NULL ||
        sample->centred_table == NULL)
        return bnn_no_memory(err);
    return BNN_OK;
}
