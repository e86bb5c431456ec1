#include "tests/bench/peak.h"

#include "kernels/kernels.h"
#include "tests/bench/samples.h"

#include <math.h>
#include <string.h>

static const peak_loop *find(const char *kernels)
{
    static const struct {
        const char *name;
        const peak_loop *loop;
    } loops[] = {
#if defined(__x86_64__)
        {"avx512", &peak_avx512},
        {"avx2", &peak_avx2},
#elif defined(__aarch64__)
        {"neon", &peak_neon},
#endif
        {"portable", &peak_portable},
    };
    if (bnn_kernels_find(kernels) == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++)
        if (strcmp(loops[i].name, kernels) == 0)
            return loops[i].loop;
    return NULL;
}

double peak_measure(const char *kernels, double seconds)
{
    enum { STEPS = 4096 }; /* between two looks at the clock: some ten microseconds */
    static const float seed = 0.25f;
    volatile float sink;
    const peak_loop *loop = find(kernels);
    if (loop == NULL)
        return (double)NAN;
    double elapsed;
    uint64_t n = 0;
    const double start = samples_clock();
    do {
        sink = loop->run(STEPS, seed);
        n += STEPS;
        elapsed = samples_clock() - start;
    } while (elapsed < seconds);
    (void)sink;
    return (double)n * loop->flops / elapsed * 1e-9;
}
