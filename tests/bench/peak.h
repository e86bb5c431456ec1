/* peak.h - the FP32 multiply-add peak of one core, the measure for every kernel. */
#ifndef BNN_BENCH_PEAK_H
#define BNN_BENCH_PEAK_H

#include <stdint.h>

/* The loop of one instruction set. */
typedef struct peak_loop {
    uint32_t flops; /* a step of the loop; a multiply-add counts as two */
    float (*run)(uint64_t n_steps, float seed);
} peak_loop;

extern const peak_loop peak_avx512, peak_avx2, peak_neon, peak_portable;

/* GFLOP/s of the loop for the kernels of this name, over at least so many seconds; NaN when they
 * are not built in or cannot run here. */
double peak_measure(const char *kernels, double seconds);

#endif
