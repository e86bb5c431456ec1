#include "comparison/rank.h"

#include <stdint.h>

/* Puts what is not above the value in the middle before what is not below it: Hoare's partition.
 * The last place of the former, which is not the last of all. */
static int64_t partition_values(double *values, int64_t first, int64_t last)
{
    const double pivot = values[first + (last - first) / 2];
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

double bnn_value_of_rank(double *values, size_t n, size_t rank)
{
    int64_t first = 0, last = (int64_t)n - 1;
    while (first < last) {
        const int64_t middle = partition_values(values, first, last);
        if ((int64_t)rank <= middle)
            last = middle;
        else
            first = middle + 1;
    }
    return values[rank];
}
