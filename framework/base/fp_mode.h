/* fp_mode.h - how the calling thread computes: rounding, and whether tiny numbers become zero. A
 * plugin that changes it changes the results of all that follows. */
#ifndef BNN_BASE_FP_MODE_H
#define BNN_BASE_FP_MODE_H

#include <stdint.h>

#if defined(__x86_64__)
#    include <xmmintrin.h>
#endif

/* The bits of the control register that change results. A few cycles. */
static inline uint64_t bnn_fp_mode(void)
{
#if defined(__x86_64__)
    return _mm_getcsr() & 0xe040u; /* flush to zero, rounding; denormals are zero */
#elif defined(__aarch64__)
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
#else
#    error "bnnrun runs on x86-64 and AArch64"
#endif
}

#endif
