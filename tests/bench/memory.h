/* memory.h - the memory that a training needs besides its images. */
#ifndef BNN_BENCH_MEMORY_H
#define BNN_BENCH_MEMORY_H

#include "tests/bench/setup.h"

/* The peak of resident memory during a training minus what is resident before it, images and
 * plugins included, in megabytes (10^6 bytes). Measured in a process of its own, since the peak of
 * a process never goes down. No other thread may be around. */
int memory_of_training(const setup *s, const training *t, double *out_megabytes, bnn_error *err);

#endif
