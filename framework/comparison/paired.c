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

/* Scales the values, and marks what is present. */
static void sample_scale(bnn_sample *sample, const double *differences, size_t n)
{
    bnn_moments moments = {0};
    double *values = sample->values;
    for (size_t i = 0; i < n; i++) {
        sample->presence[i] = isnan(differences[i]) ? 0 : 1;
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
static void sample_centre(bnn_sample *sample, const double *differences, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double rest = sample->values[i] - sample->mean;
        sample->centred[i] = isfinite(differences[i]) && fabs(rest) > BNN_TIE ? rest : 0;
    }
}

static double inverse_norm(const double *values, size_t n)
{
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += values[i] * values[i];
    return squares > 0 ? 1 / sqrt(squares) : 0;
}

int bnn_sample_prepare(bnn_sample *sample, const double *differences, size_t n, bnn_arena *arena,
                       bnn_error *err)
{
    *sample = (bnn_sample){.values = bnn_arena_alloc(arena, n, sizeof(double)),
                           .beyond = bnn_arena_alloc(arena, n, sizeof(double)),
                           .presence = bnn_arena_alloc(arena, n, sizeof(double)),
                           .centred = bnn_arena_alloc(arena, n, sizeof(double))};
    if (sample->values == NULL || sample->beyond == NULL || sample->presence == NULL ||
        sample->centred == NULL)
        return bnn_no_memory(err);
    sample_count(sample, differences, n);
    sample_scale(sample, differences, n);
    sample_centre(sample, differences, n);
    for (size_t i = 0; i < n; i++)
        sample->beyond[i] = sample->values[i] * (isinf(differences[i]) ? 4 * (double)n : 1);
    sample->inverse = inverse_norm(sample->values, n);
    sample->centred_inverse = inverse_norm(sample->centred, n);
    sample->sum = sum_of_values(sample->values, n);
    sample->beyond_sum = sum_of_values(sample->beyond, n);
    return BNN_OK;
}
