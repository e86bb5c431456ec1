/* samples.h - repeated measurements of one thing, and the clock they are taken with. */
#ifndef BNN_BENCH_SAMPLES_H
#define BNN_BENCH_SAMPLES_H

#include <stddef.h>

enum { SAMPLES_MAX = 1024 };

typedef struct samples {
    size_t n;
    double at[SAMPLES_MAX]; /* in the order in which they were taken */
} samples;

/* Adds one; those beyond SAMPLES_MAX are not kept. */
void samples_add(samples *s, double value);

/* NaN when there are none. The median of an even number is the mean of the two in the middle. */
double samples_median(const samples *s);
double samples_min(const samples *s);
double samples_max(const samples *s);

#endif
