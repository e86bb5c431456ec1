/* lanes.h - part of a vector in memory, and lanes that change places: even and odd ones, a square of
 * lanes transposed, or summed row by row. Parameter: as in vec.h. */
#ifndef BNN_SIMD_LANES_H
#define BNN_SIMD_LANES_H

#include "simd/vec.h"

/* The first n lanes, n <= VL, zeros behind; nothing else is read. */
INLINE vf load_part_f(const float *p, size_t n)
{
    if (n >= VL)
        return load_f(p);
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
INLINE void store_part_f(float *p, size_t n, vf v)
{
    if (n >= VL) {
        store_f(p, v);
        return;
    }
#if defined(BNN_VEC_AVX512)
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), v);
#else
    for (size_t i = 0; i < n; i++)
        p[i] = v[i];
#endif
}

/* Lane i: 1 where first + i < n, else 0. */
INLINE vf mask_f(size_t first, size_t n)
{
    vf mask;
    for (int i = 0; i < VL; i++)
        mask[i] = first + (size_t)i < n ? 1.0f : 0.0f;
    return mask;
}

/* A vector whose lane l is lane f(l, d) of the 2 * VL lanes of a and b; d is a constant. */
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

#define EVERY_SECOND(l, first) (2 * (l) + (first))
INLINE vf even_lanes_f(vf a, vf b)
{
    return SHUFFLE(a, b, EVERY_SECOND, 0);
}

INLINE vf odd_lanes_f(vf a, vf b)
{
    return SHUFFLE(a, b, EVERY_SECOND, 1);
}

/* Lanes l and l + d of rows a and b change places across the diagonal of their square. */
#define UPPER_ROW(l, d) ((l) & (d) ? VL + (l) - (d) : (l))
#define LOWER_ROW(l, d) ((l) & (d) ? VL + (l) : (l) + (d))
#define EXCHANGE(d)                               \
    INLINE void exchange_##d(vf *a, vf *b)        \
    {                                             \
        const vf upper = *a, lower = *b;          \
        *a = SHUFFLE(upper, lower, UPPER_ROW, d); \
        *b = SHUFFLE(upper, lower, LOWER_ROW, d); \
    }
EXCHANGE(1)
EXCHANGE(2)
#if VL >= 8
EXCHANGE(4)
#endif
#if VL >= 16
EXCHANGE(8)
#endif

INLINE void transpose_step(const int d, void exchange(vf *, vf *), vf rows[VL])
{
    UNROLL
    for (int i = 0; i < VL; i++)
        if ((i & d) == 0)
            exchange(&rows[i], &rows[i + d]);
}

/* rows[i] lane j becomes rows[j] lane i. */
INLINE void transpose_square(vf rows[VL])
{
    transpose_step(1, exchange_1, rows);
    transpose_step(2, exchange_2, rows);
#if VL >= 8
    transpose_step(4, exchange_4, rows);
#endif
#if VL >= 16
    transpose_step(8, exchange_8, rows);
#endif
}

/* Rows i and i + d become one, whose lanes with bit d are those of the second: each pair of lanes d apart is added. */
INLINE void reduce_step(const int d, void exchange(vf *, vf *), vf rows[VL])
{
    UNROLL
    for (int i = 0; i < d; i++) {
        exchange(&rows[i], &rows[i + d]);
        rows[i] += rows[i + d];
    }
}

/* Lane i: the sum of the lanes of rows[i], by the tree of reduce_lanes. */
INLINE vf reduce_square(vf rows[VL])
{
#if VL >= 16
    reduce_step(8, exchange_8, rows);
#endif
#if VL >= 8
    reduce_step(4, exchange_4, rows);
#endif
    reduce_step(2, exchange_2, rows);
    reduce_step(1, exchange_1, rows);
    return rows[0];
}

/* The parts of a logical vector, added by that tree. */
INLINE vf reduce_parts(const float lanes[LANES])
{
    vf sum[PARTS];
    UNROLL
    for (int i = 0; i < PARTS; i++)
        sum[i] = load_f(lanes + i * VL);
    for (int half = PARTS / 2; half > 0; half /= 2) {
        UNROLL
        for (int i = 0; i < half; i++)
            sum[i] += sum[i + half];
    }
    return sum[0];
}

/* out[n]: reduce_lanes of each of sums[n][LANES]. */
INLINE void reduce_rows(size_t n, const float *sums, float *out)
{
    for (size_t first = 0; first < n; first += VL) {
        vf rows[VL];
        UNROLL
        for (size_t i = 0; i < VL; i++)
            rows[i] = reduce_parts(sums + (first + i < n ? first + i : n - 1) * LANES);
        store_part_f(out + first, n - first, reduce_square(rows));
    }
}

#undef SHUFFLE
#undef EVERY_SECOND
#undef UPPER_ROW
#undef LOWER_ROW
#undef EXCHANGE

#endif
