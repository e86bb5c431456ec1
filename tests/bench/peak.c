#include "tests/bench/peak.h"

#include "base/clock.h"
#include "simd/cpu.h"
#include "tests/bench/samples.h"

#include <math.h>

static const peak_loop *const peak_loops[BNN_CPU_SETS] = BNN_CPU_TABLE(peak);

double peak_measure(const char *kernels, double seconds)
{
    enum { STEPS = 4096 }; /* between two looks at the clock: some ten microseconds */
    static const float seed = 0.25f;
    volatile float sink;
    const size_t set = bnn_cpu_find(kernels, BNN_CPU_VECTORS);
    if (set == BNN_CPU_SETS)
        return (double)NAN;
    const peak_loop *loop = peak_loops[set];
    double elapsed;
    uint64_t n = 0;
    const double start = bnn_clock_seconds(CLOCK_MONOTONIC);
    do {
        sink = loop->run(STEPS, seed);
        n += STEPS;
        elapsed = bnn_clock_seconds(CLOCK_MONOTONIC) - start;
    } while (elapsed < seconds);
    (void)sink;
    return (double)n * loop->flops / elapsed * 1e-9;
}
