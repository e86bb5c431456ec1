/* vec.h - vectors of one instruction set: their width, and what can be done with them.
 *
 * Parameter: BNN_VEC_AVX512, BNN_VEC_AVX2 or BNN_VEC_NEON; none of them means portable C. The
 * makefile defines it where it builds a file for an instruction set.
 *
 * An operation ends in the letter of its lanes: f floats, i and u integers of 32 bits with and
 * without sign, q words of 64 bits, h integers of 16 bits. Arithmetic is the compiler's vector
 * extension, except where all machines must agree on the last bit and the compiler would be free to
 * choose: fma is always fused, max and min have one meaning for NaN and signed zeros (that of
 * x86). What a comparison gives is a mask: all ones or all zeros in each lane. */
#ifndef BNN_SIMD_VEC_H
#define BNN_SIMD_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline, unused))
#define KERNEL static __attribute__((noinline))

/* Full unrolling keeps small arrays of vectors in registers. Each compiler has its own pragma and
 * ignores the other's. */
#define PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#    define UNROLL PRAGMA(clang loop unroll(full))
#else
#    define UNROLL PRAGMA(GCC unroll 32)
#endif

/* VL: 32-bit lanes of a vector. OF_ISA(name), ISA_NAME: what belongs to this instruction set. */
#if defined(BNN_VEC_AVX512)
#    include <immintrin.h>
#    define VL           16
#    define ISA_NAME     "avx512"
#    define OF_ISA(name) name##_avx512
#elif defined(BNN_VEC_AVX2)
#    include <immintrin.h>
#    define VL           8
#    define ISA_NAME     "avx2"
#    define OF_ISA(name) name##_avx2
#elif defined(BNN_VEC_NEON)
#    include <arm_neon.h>
#    define VL           4
#    define ISA_NAME     "neon"
#    define OF_ISA(name) name##_neon
#else
#    define VL           4
#    define ISA_NAME     "portable"
#    define OF_ISA(name) name##_portable
#endif

/* A logical vector of LANES lanes is PARTS native ones. */
#define LANES 16
#define PARTS (LANES / VL)
#define VQ    (VL / 2) /* 64-bit lanes */

typedef float vf __attribute__((vector_size(4 * VL)));
typedef int32_t vi __attribute__((vector_size(4 * VL)));
typedef uint32_t vu __attribute__((vector_size(4 * VL)));
typedef uint64_t vq __attribute__((vector_size(4 * VL)));
typedef int16_t vh __attribute__((vector_size(4 * VL)));

/* ---- memory; only vectors of 16-bit lanes are aligned ------------------------------------ */

typedef vf vf_unaligned __attribute__((aligned(4), may_alias));
typedef vi vi_unaligned __attribute__((aligned(4), may_alias));
typedef vu vu_unaligned __attribute__((aligned(4), may_alias));
typedef vq vq_unaligned __attribute__((aligned(8), may_alias));
typedef vh vh_aligned __attribute__((aligned(4 * VL), may_alias));

INLINE vf load_f(const float *p)
{
    return *(const vf_unaligned *)p;
}

INLINE void store_f(float *p, vf v)
{
    *(vf_unaligned *)p = v;
}

/* Asks for the memory at p, which is about to be written: a store that misses a cache waits for it. */
INLINE void fetch_to_write(float *p)
{
    __builtin_prefetch(p, 1);
}

/* Keeps v in a register: gcc would rather load it anew for each use, and loads are what a loop of
 * multiply-adds is short of. */
INLINE vf hold_f(vf v)
{
#if defined(__x86_64__)
    __asm__("" : "+x"(v));
#elif defined(__aarch64__)
    __asm__("" : "+w"(v));
#endif
    return v;
}

INLINE vi load_i(const int32_t *p)
{
    return *(const vi_unaligned *)p;
}

INLINE void store_i(int32_t *p, vi v)
{
    *(vi_unaligned *)p = v;
}

INLINE vu load_u(const uint32_t *p)
{
    return *(const vu_unaligned *)p;
}

INLINE void store_u(uint32_t *p, vu v)
{
    *(vu_unaligned *)p = v;
}

INLINE vq load_q(const uint64_t *p)
{
    return *(const vq_unaligned *)p;
}

INLINE vh load_h(const void *p)
{
    return *(const vh_aligned *)p;
}

INLINE void store_h(void *p, vh v)
{
    *(vh_aligned *)p = v;
}

/* ---- the same value in all lanes --------------------------------------------------------- */

/* x - 0 is x, for a negative zero, too; 0 + x is not. */
INLINE vf splat_f(float x)
{
    return x - (vf){0};
}

INLINE vi splat_i(int32_t x)
{
    return (vi){0} + x;
}

INLINE vu splat_u(uint32_t x)
{
    return (vu){0} + x;
}

INLINE vq splat_q(uint64_t x)
{
    return (vq){0} + x;
}

/* ---- floats ------------------------------------------------------------------------------ */

/* a * b + c with one rounding. */
INLINE vf fma_f(vf a, vf b, vf c)
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

/* mask ? a : b. */
INLINE vf select_f(vi mask, vf a, vf b)
{
    return (vf)(((vi)a & mask) | ((vi)b & ~mask));
}

/* a > b ? a : b, so b when either is NaN. */
INLINE vf max_f(vf a, vf b)
{
#if defined(BNN_VEC_AVX512)
    return _mm512_max_ps(a, b);
#elif defined(BNN_VEC_AVX2)
    return _mm256_max_ps(a, b);
#else
    return select_f(a > b, a, b);
#endif
}

/* a < b ? a : b, so b when either is NaN. */
INLINE vf min_f(vf a, vf b)
{
#if defined(BNN_VEC_AVX512)
    return _mm512_min_ps(a, b);
#elif defined(BNN_VEC_AVX2)
    return _mm256_min_ps(a, b);
#else
    return select_f(a < b, a, b);
#endif
}

/* Bit i: the sign bit of lane i. */
INLINE uint32_t sign_bits_f(vf v)
{
#if defined(BNN_VEC_AVX512)
    return _mm512_movepi32_mask((__m512i)v);
#elif defined(BNN_VEC_AVX2)
    return (uint32_t)_mm256_movemask_ps(v);
#elif defined(BNN_VEC_NEON)
    const uint32x4_t bit = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32((uint32x4_t)((vi)v < 0), bit));
#else
    uint32_t mask = 0;
    for (int i = 0; i < VL; i++)
        mask |= (((vi)v)[i] < 0 ? 1u : 0u) << i;
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

/* ---- integers and bits ------------------------------------------------------------------- */

INLINE vu min_u(vu a, vu b)
{
    const vu less = (vu)(a < b);
    return (a & less) | (b & ~less);
}

/* Sum bit and carry bit of three bits. */
INLINE vq xor3_q(vq a, vq b, vq c)
{
#if defined(BNN_VEC_AVX512)
    return (vq)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0x96);
#else
    return a ^ b ^ c;
#endif
}

INLINE vq majority_q(vq a, vq b, vq c)
{
#if defined(BNN_VEC_AVX512)
    return (vq)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0xe8);
#else
    return (a & b) | (c & (a ^ b));
#endif
}

/* mask ? a : b, bit by bit. */
INLINE vq select_q(vq mask, vq a, vq b)
{
#if defined(BNN_VEC_AVX512)
    return (vq)_mm512_ternarylogic_epi64((__m512i)mask, (__m512i)a, (__m512i)b, 0xca);
#else
    return b ^ (mask & (a ^ b));
#endif
}

/* Of a table of three bits, a constant: bit m, where bit 0 of m is that of a, bit 1 that of b, bit 2 that of c. A macro,
 * since there is an instruction with the table in it. */
#if defined(BNN_VEC_AVX512)
#    define TABLE_OF_3_Q(table, a, b, c) \
        (vq) _mm512_ternarylogic_epi64((__m512i)(c), (__m512i)(b), (__m512i)(a), table)
#else
INLINE vq table_of_1_q(const int table, vq a)
{
    return table == 0 ? splat_q(0) : table == 1 ? ~a : table == 2 ? a : ~splat_q(0);
}

INLINE vq table_of_2_q(const int table, vq a, vq b)
{
    return table == 6 ? a ^ b
                      : select_q(b, table_of_1_q(table >> 2, a), table_of_1_q(table & 3, a));
}
#    define TABLE_OF_3_Q(table, a, b, c) \
        select_q(c, table_of_2_q((table) >> 4, a, b), table_of_2_q((table)&15, a, b))
#endif

INLINE size_t round_up(size_t n, size_t multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

#endif
