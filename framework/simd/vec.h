/* vec.h - the vocabulary of the kernels: a vector of VL floats and what can be done with it.
 *
 * One of BNN_VEC_AVX512, BNN_VEC_AVX2, BNN_VEC_NEON is defined by the file that is compiled; none
 * means portable C. Arithmetic is GCC's vector extension, except where all machines must agree on
 * the last bit and the compiler would be free to choose: fma is always fused, max and min have one
 * meaning for NaN and signed zeros (that of x86). */
#ifndef BNN_SIMD_VEC_H
#define BNN_SIMD_VEC_H

#include "simd/compiler.h"

#include <bnn/plugin.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(BNN_VEC_AVX512)
#    include <immintrin.h>
#    define VL 16
#elif defined(BNN_VEC_AVX2)
#    include <immintrin.h>
#    define VL 8
#elif defined(BNN_VEC_NEON)
#    include <arm_neon.h>
#    define VL 4
#else
#    define VL 4
#endif

/* A logical vector of LANES floats is PARTS native ones. */
#define LANES 16
#define PARTS (LANES / VL)

typedef float vf __attribute__((vector_size(4 * VL)));
typedef int32_t vi __attribute__((vector_size(4 * VL)));
typedef uint32_t vu __attribute__((vector_size(4 * VL)));
typedef float vf_unaligned __attribute__((vector_size(4 * VL), aligned(4), may_alias));

INLINE vf load(const float *p)
{
    return *(const vf_unaligned *)p;
}

INLINE void store(float *p, vf v)
{
    *(vf_unaligned *)p = v;
}

INLINE vf splat(float x)
{
    return (vf){0} + x;
}

INLINE vi splat_int(int32_t x)
{
    return (vi){0} + x;
}

/* a * b + c with one rounding. */
INLINE vf fma_v(vf a, vf b, vf c)
{
#if defined(BNN_VEC_AVX512)
    return _mm512_fmadd_ps(a, b, c);
#elif defined(BNN_VEC_AVX2)
    return _mm256_fmadd_ps(a, b, c);
#elif defined(BNN_VEC_NEON)
    return vfmaq_f32(c, a, b);
#else
    vf y;
    for (int i = 0; i < VL; i++)
        y[i] = __builtin_fmaf(a[i], b[i], c[i]);
    return y;
#endif
}

INLINE vi bits_of(vf v)
{
    return (vi)v;
}

/* mask ? a : b; a mask is what a comparison gives: all ones or all zeros in each lane. */
INLINE vf select_v(vi mask, vf a, vf b)
{
    return (vf)((bits_of(a) & mask) | (bits_of(b) & ~mask));
}

/* a > b ? a : b, so b when either is NaN. */
INLINE vf max_v(vf a, vf b)
{
#if defined(BNN_VEC_AVX512)
    return _mm512_max_ps(a, b);
#elif defined(BNN_VEC_AVX2)
    return _mm256_max_ps(a, b);
#else
    return select_v(a > b, a, b);
#endif
}

/* a < b ? a : b, so b when either is NaN. */
INLINE vf min_v(vf a, vf b)
{
#if defined(BNN_VEC_AVX512)
    return _mm512_min_ps(a, b);
#elif defined(BNN_VEC_AVX2)
    return _mm256_min_ps(a, b);
#else
    return select_v(a < b, a, b);
#endif
}

/* Vectors of 64-bit words, for bits: one bit an image. */
#define VQ (VL / 2)
typedef uint64_t vq __attribute__((vector_size(4 * VL)));
typedef uint64_t vq_unaligned __attribute__((vector_size(4 * VL), aligned(8), may_alias));

INLINE vq load_words(const uint64_t *p)
{
    return *(const vq_unaligned *)p;
}

INLINE vq splat_word(uint64_t x)
{
    return (vq){0} + x;
}

/* Sum bit and carry bit of three bits. */
INLINE vq xor3(vq a, vq b, vq c)
{
#if defined(BNN_VEC_AVX512)
    return (vq)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0x96);
#else
    return a ^ b ^ c;
#endif
}

INLINE vq majority(vq a, vq b, vq c)
{
#if defined(BNN_VEC_AVX512)
    return (vq)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0xe8);
#else
    return (a & b) | (c & (a ^ b));
#endif
}

/* Bit i: the sign bit of lane i. */
INLINE uint32_t sign_bits(vf v)
{
#if defined(BNN_VEC_AVX512)
    return _mm512_movepi32_mask((__m512i)v);
#elif defined(BNN_VEC_AVX2)
    return (uint32_t)_mm256_movemask_ps(v);
#else
    uint32_t mask = 0;
    for (int i = 0; i < VL; i++)
        mask |= (bits_of(v)[i] < 0 ? 1u : 0u) << i;
    return mask;
#endif
}

/* The sum of LANES partial sums, always by the same tree. */
INLINE float reduce_lanes(const float lanes[LANES])
{
    float t[LANES];
    for (int i = 0; i < LANES; i++)
        t[i] = lanes[i];
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            t[i] += t[i + half];
    return t[0];
}

INLINE size_t round_up(size_t n, size_t multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

#endif
