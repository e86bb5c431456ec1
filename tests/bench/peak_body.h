/* peak_body.h - how fast fused multiply-adds can be: a loop that touches registers only.
 *
 * Included once by each peak_<name>.c, which defines the instruction set (see
 * framework/simd/vec.h) and PEAK, the name of the loop. */
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
    const vf factor = splat(0.75f), term = splat(seed);
    UNROLL
    for (int i = 0; i < CHAINS; i++)
        sum[i] = splat(seed * (float)(i + 2)); /* different, or they would be one sum */
    for (uint64_t step = 0; step < n_steps; step++) {
        UNROLL
        for (int i = 0; i < CHAINS; i++)
            sum[i] = fma_v(sum[i], factor, term);
    }
    vf all = sum[0];
    for (int i = 1; i < CHAINS; i++)
        all += sum[i];
    return all[0];
}

const peak_loop PEAK = {.flops = 2 * CHAINS * VL, .run = peak_run};
