/* ste_flushes - must be refused: it turns denormals off when it is loaded, as the constructor does
 * that compilers link into objects built with -ffast-math. */
#include <bnn/plugin.h>

#if defined(__x86_64__)
#    include <xmmintrin.h>

__attribute__((constructor)) static void turn_denormals_off(void)
{
    _mm_setcsr(_mm_getcsr() | 0x8040); /* flush to zero, denormals are zero */
}
#elif defined(__aarch64__)
__attribute__((constructor)) static void turn_denormals_off(void)
{
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    mode |= (uint64_t)1 << 24; /* flush to zero */
    __asm__ volatile("msr fpcr, %0" : : "r"(mode));
}
#endif

static void grad(const bnn_context *ctx, const void *params, size_t n, const float *x,
                 const float *gy, float *gx)
{
    (void)ctx, (void)params, (void)x;
    for (size_t i = 0; i < n; i++)
        gx[i] = gy[i];
}

BNN_DEFINE_STE(BNN_HEAD_PLAIN("flushes", "an STE that changes the floating-point mode", NULL),
               .grad = grad)
