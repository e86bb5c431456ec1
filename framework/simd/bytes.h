/* bytes.h - squares of bytes turned over, for the engines: sixteen rows of sixteen, as many side by side as a vector
 * has.
 *
 * Parameter: as in vec.h. There is no portable one. */
#ifndef BNN_SIMD_BYTES_H
#define BNN_SIMD_BYTES_H

#include "simd/vec.h"

enum { BYTES_SQUARE = 16, BYTES_SIDE_BY_SIDE = 4 * VL / BYTES_SQUARE };

typedef uint8_t vb __attribute__((vector_size(4 * VL)));

/* `bits` with `bit` in the bytes of x that are at least those of `least`, where it was not. */
INLINE vb bits_where_reached(vb bits, vb x, vb least, uint8_t bit)
{
#if defined(BNN_VEC_AVX512)
    return (vb)_mm512_mask_add_epi8((__m512i)bits,
                                    _mm512_cmpge_epu8_mask((__m512i)x, (__m512i)least),
                                    (__m512i)bits, _mm512_set1_epi8((char)bit));
#else
    return bits | ((vb)(x >= least) & bit);
#endif
}

/* The bytes of a and b in turns: those of the first half of each square, or of the second. */
INLINE vb zip_low(vb a, vb b)
{
#if defined(BNN_VEC_AVX512)
    return (vb)_mm512_unpacklo_epi8((__m512i)a, (__m512i)b);
#elif defined(BNN_VEC_AVX2)
    return (vb)_mm256_unpacklo_epi8((__m256i)a, (__m256i)b);
#else
    return (vb)vzip1q_u8((uint8x16_t)a, (uint8x16_t)b);
#endif
}

INLINE vb zip_high(vb a, vb b)
{
#if defined(BNN_VEC_AVX512)
    return (vb)_mm512_unpackhi_epi8((__m512i)a, (__m512i)b);
#elif defined(BNN_VEC_AVX2)
    return (vb)_mm256_unpackhi_epi8((__m256i)a, (__m256i)b);
#else
    return (vb)vzip2q_u8((uint8x16_t)a, (uint8x16_t)b);
#endif
}

/* One of four steps: the number of a byte's row, then its place, are a number of eight bits, which is turned left by
 * one. */
INLINE void bytes_step(const vb in[BYTES_SQUARE], vb out[BYTES_SQUARE])
{
    UNROLL
    for (int i = 0; i < BYTES_SQUARE / 2; i++) {
        out[2 * i] = zip_low(in[i], in[i + BYTES_SQUARE / 2]);
        out[2 * i + 1] = zip_high(in[i], in[i + BYTES_SQUARE / 2]);
    }
}

/* row[j] byte i and row[i] byte j of each square change places. */
INLINE void bytes_turn(vb row[BYTES_SQUARE])
{
    vb work[BYTES_SQUARE];
    bytes_step(row, work);
    bytes_step(work, row);
    bytes_step(row, work);
    bytes_step(work, row);
}

#endif
