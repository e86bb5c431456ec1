/* peak_loop.c - how fast fused multiply-adds can be: a loop that touches registers only. Compiled once
 * for each instruction set (framework/simd/vec.h). */
#include "tests/bench/peak.h"

#include "simd/vec.h"

/* Independent sums: at least latency times units of any machine (8 on current x86-64, 16 on wide
 * AArch64), and no more than registers: two stay for the operands. */
#if defined(BNN_VEC_AVX512) || defined(BNN_VEC_NEON)
#    define CHAINS 24
#else
#    define CHAINS 12
#endif

static float peak_run(uint64_t n_steps, float seed)
{
    vf sum[CHAINS];
    const vf factor = splat_f(0.75f), term = splat_f(seed);
    UNROLL
    for (int i = 0; i < CHAINS; i++)
        sum[i] = splat_f(seed * (float)(i + 2)); /* different, or they would be one sum */
    for (uint64_t step = 0; step < n_steps; step++) {
        UNROLL
        for (int i = 0; i < CHAINS; i++)
            sum[i] = fma_f(sum[i], factor, term);
    }
    vf all = sum[0];
    for (int i = 1; i < CHAINS; i++)
        all += sum[i];
    return all[0];
}

const peak_loop OF_ISA(peak) = {.flops = 2 * CHAINS * VL, .run = peak_run};
