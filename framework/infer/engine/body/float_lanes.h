/* float_lanes.h - what the float stages need of vectors beyond simd/vec.h: part of a vector
 * in memory, even and odd lanes, a square of lanes transposed. */
#ifndef BNN_INFER_ENGINE_BODY_FLOAT_LANES_H
#define BNN_INFER_ENGINE_BODY_FLOAT_LANES_H

#include "simd/vec.h"

#include <string.h>

/* The first n lanes, n <= VL, zeros behind; nothing else is read. */
INLINE vf load_part(const float *p, size_t n)
{
    if (n >= VL)
        return load(p);
#if defined(BNN_VEC_AVX512)
    return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
#else
    vf v = {0};
    for (size_t i = 0; i < n; i++)
        v[i] = p[i];
    return v;
#endif
}

/* Nothing but the first n lanes, n <= VL, is written. */
INLINE void store_part(float *p, size_t n, vf v)
{
    if (n >= VL) {
        store(p, v);
        return;
    }
#if defined(BNN_VEC_AVX512)
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), v);
#else
    for (size_t i = 0; i < n; i++)
        p[i] = v[i];
#endif
}

/* A vector whose lane l is lane f(l, d) of the 2 * VL lanes of a and b. */
#if VL == 16
#    define SHUFFLE(a, b, f, d)                                                                   \
        __builtin_shufflevector(a, b, f(0, d), f(1, d), f(2, d), f(3, d), f(4, d), f(5, d),       \
                                f(6, d), f(7, d), f(8, d), f(9, d), f(10, d), f(11, d), f(12, d), \
                                f(13, d), f(14, d), f(15, d))
#elif VL == 8
#    define SHUFFLE(a, b, f, d)                                                             \
        __builtin_shufflevector(a, b, f(0, d), f(1, d), f(2, d), f(3, d), f(4, d), f(5, d), \
                                f(6, d), f(7, d))
#else
#    define SHUFFLE(a, b, f, d) __builtin_shufflevector(a, b, f(0, d), f(1, d), f(2, d), f(3, d))
#endif

/* All lanes x. Unlike splat() it keeps a negative zero, as op.h does. */
#define FIRST_LANE(l, d) 0
INLINE vf broadcast(float x)
{
    const vf v = {x};
    return SHUFFLE(v, v, FIRST_LANE, 0);
}

#define EVERY_SECOND(l, first) (2 * (l) + (first))
#define EVEN_LANES(a, b)       SHUFFLE(a, b, EVERY_SECOND, 0)
#define ODD_LANES(a, b)        SHUFFLE(a, b, EVERY_SECOND, 1)

/* Lanes l and l + d of rows i and i + d change places across the diagonal of their square. */
#define UPPER_ROW(l, d) ((l) & (d) ? VL + (l) - (d) : (l))
#define LOWER_ROW(l, d) ((l) & (d) ? VL + (l) : (l) + (d))
#define TRANSPOSE_STEP(rows, d)                                       \
    do {                                                              \
        UNROLL                                                        \
        for (int i_ = 0; i_ < VL; i_++) {                             \
            if (i_ & (d))                                             \
                continue;                                             \
            const vf upper_ = (rows)[i_], lower_ = (rows)[i_ + (d)];  \
            (rows)[i_] = SHUFFLE(upper_, lower_, UPPER_ROW, d);       \
            (rows)[i_ + (d)] = SHUFFLE(upper_, lower_, LOWER_ROW, d); \
        }                                                             \
    } while (0)

/* rows[i] lane j becomes rows[j] lane i. */
INLINE void transpose_square(vf rows[VL])
{
    TRANSPOSE_STEP(rows, 1);
    TRANSPOSE_STEP(rows, 2);
#if VL >= 8
    TRANSPOSE_STEP(rows, 4);
#endif
#if VL >= 16
    TRANSPOSE_STEP(rows, 8);
#endif
}

#endif
