#include "comparison/rank.h"

#include <math.h>
#include <stdint.h>

enum {
    RANK_SAMPLE = 1024,
    RANK_MANY = 8 * RANK_SAMPLE, /* values, before a sample is worth its time */
};

/* Puts what is not above the pivot before what is not below it: Hoare's partition. The pivot is one of the
 * values, and not the last alone. The last place of the former, which is not the last of all. */
static int64_t partition_values(double *values, int64_t first, int64_t last, double pivot)
{
    int64_t i = first - 1, j = last + 1;
    for (;;) {
        do {
            i++;
        } while (values[i] < pivot);
        do {
            j--;
        } while (values[j] > pivot);
        if (i >= j)
            return j;
        const double swap = values[i];
        values[i] = values[j];
        values[j] = swap;
    }
}

/* A value that a sample takes to be a little beyond the one at the rank, seen from the end that is nearer to
 * it: what it parts from the others has the rank, and is small (after Floyd and Rivest 1975). The sample
 * follows no step, as values that belong to the patterns of flips do. */
static double sampled_pivot(const double *values, int64_t first, int64_t last, int64_t rank)
{
    double sample[RANK_SAMPLE];
    const uint64_t n = (uint64_t)(last - first);
    for (uint64_t i = 0; i < RANK_SAMPLE; i++)
        sample[i] = values[first + (int64_t)(i * UINT64_C(0x9e3779b97f4a7c15) % n)];
    const double share = (double)(rank - first) / (double)(last - first);
    const double deviation = sqrt(RANK_SAMPLE * share * (1 - share));
    const double place = RANK_SAMPLE * share + (share < 0.5 ? 3 : -3) * deviation;
    return bnn_value_of_rank(sample, RANK_SAMPLE, (size_t)fmin(fmax(place, 0), RANK_SAMPLE - 1));
}

double bnn_value_of_rank(double *values, size_t n, size_t rank)
{
    int64_t first = 0, last = (int64_t)n - 1;
    while (first < last) {
        const double pivot = last - first < RANK_MANY
                                 ? values[first + (last - first) / 2]
                                 : sampled_pivot(values, first, last, (int64_t)rank);
        const int64_t middle = partition_values(values, first, last, pivot);
        if ((int64_t)rank <= middle)
            last = middle;
        else
            first = middle + 1;
    }
    return values[rank];
}
