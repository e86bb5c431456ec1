/* count.h - integer sums for the engines: bits against bits, pixels against signs, and decisions.
 *
 * Parameter: as in vec.h, and AVX-512 is with VPOPCNTDQ and VNNI (BNN_CPU_COUNTS of cpu.h). There
 * is no portable one. */
#ifndef BNN_SIMD_COUNT_H
#define BNN_SIMD_COUNT_H

#include "simd/vec.h"

#include <string.h>

/* ---- sums of words: 32 bits, or four pixels ---------------------------------------------- */

/* How many words may be counted into one sum before it is widened. */
#if defined(BNN_VEC_AVX512)
#    define COUNT_MOST SIZE_MAX
#else
#    define COUNT_MOST ((size_t)31) /* 8 bits each, in a byte */
#endif

/* sum + the bits of x; for some in bytes, until it is widened. */
INLINE vi count_bits(vi sum, vu x)
{
#if defined(BNN_VEC_AVX512)
    return sum + (vi)_mm512_popcnt_epi32((__m512i)x);
#elif defined(BNN_VEC_AVX2)
    /* Four bits at a time through a table (Mula, Kurz, Lemire 2018, "Faster population counts using
     * AVX2 instructions"). */
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
                                           2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i low = _mm256_set1_epi8(15);
    const __m256i few = _mm256_shuffle_epi8(table, _mm256_and_si256((__m256i)x, low));
    const __m256i more =
        _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16((__m256i)x, 4), low));
    return (vi)_mm256_add_epi8((__m256i)sum, _mm256_add_epi8(few, more));
#else
    return (vi)vaddq_u8((uint8x16_t)sum, vcntq_u8((uint8x16_t)x));
#endif
}

/* The same of those in which a and b differ; and of those that are in a mask, too. */
INLINE vi count_different(vi sum, vu a, vu b)
{
    return count_bits(sum, a ^ b);
}

INLINE vi count_different_in(vi sum, vu a, vu b, vu mask)
{
    return count_bits(sum, (a ^ b) & mask);
}

/* The sums of at most COUNT_MOST words. */
INLINE vi widen_counts(vi sum)
{
#if defined(BNN_VEC_AVX512)
    return sum;
#elif defined(BNN_VEC_AVX2)
    const __m256i pairs = _mm256_maddubs_epi16((__m256i)sum, _mm256_set1_epi8(1));
    return (vi)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#else
    return (vi)vpaddlq_u16(vpaddlq_u8((uint8x16_t)sum));
#endif
}

/* What a word of count_different_in costs, in multiply-adds of floats. */
#if defined(BNN_VEC_AVX512)
#    define PLANE_COST 3
#elif defined(BNN_VEC_AVX2)
#    define PLANE_COST 9
#else
#    define PLANE_COST 4
#endif

/* The byte whose product with a weight is 0, and what two products may add up to. */
#if defined(BNN_VEC_NEON)
#    define BYTE_ZERO 128
#else
#    define BYTE_ZERO 0
#endif
#if defined(BNN_VEC_AVX2)
#    define PAIR_MOST INT16_MAX
#else
#    define PAIR_MOST INT32_MAX
#endif

/* sum + the products of four bytes without sign, counted from BYTE_ZERO, and four weights from -127 to +127. */
INLINE vi add_products(vi sum, vu pixels, vu weights)
{
#if defined(BNN_VEC_AVX512)
    return (vi)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)pixels, (__m512i)weights);
#elif defined(BNN_VEC_AVX2)
    const __m256i pairs = _mm256_maddubs_epi16((__m256i)pixels, (__m256i)weights);
    return sum + (vi)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#else
    const int8x16_t p = vreinterpretq_s8_u8(veorq_u8((uint8x16_t)pixels, vdupq_n_u8(128)));
    const int8x16_t w = (int8x16_t)weights;
    const int16x8_t low = vmull_s8(vget_low_s8(p), vget_low_s8(w));
    const int16x8_t high = vmull_high_s8(p, w);
    return (vi)vpadalq_s16((int32x4_t)sum, vpaddq_s16(low, high));
#endif
}

/* The same in sums that are widened later, for some with 16 bits: each of the two pairs of a lane's products adds to a
 * half of it. Elsewhere there is nothing to gain. */
#if defined(BNN_VEC_AVX2)
#    define PAIRS_ARE_SHORT true
typedef vh v_pairs;
#else
#    define PAIRS_ARE_SHORT false
typedef vi v_pairs;
#endif

INLINE v_pairs add_pairs(v_pairs sum, vu pixels, vu weights)
{
#if defined(BNN_VEC_AVX2)
    return sum + (vh)_mm256_maddubs_epi16((__m256i)pixels, (__m256i)weights);
#else
    return add_products(sum, pixels, weights);
#endif
}

INLINE vi widen_pairs(v_pairs sum)
{
#if defined(BNN_VEC_AVX2)
    return (vi)_mm256_madd_epi16((__m256i)sum, _mm256_set1_epi16(1));
#else
    return sum;
#endif
}

/* Byte i of all lanes: byte places[i] of eight. */
INLINE void spread_bytes(const uint8_t *eight, const uint8_t *places, vu out[PARTS])
{
    uint64_t all;
    memcpy(&all, eight, sizeof all);
#if defined(BNN_VEC_AVX512)
    out[0] = (vu)_mm512_shuffle_epi8(_mm512_set1_epi64((long long)all),
                                     _mm512_loadu_si512((const void *)places));
#elif defined(BNN_VEC_AVX2)
    for (int part = 0; part < PARTS; part++)
        out[part] = (vu)_mm256_shuffle_epi8(
            _mm256_set1_epi64x((long long)all),
            _mm256_loadu_si256((const __m256i *)(const void *)(places + part * 4 * VL)));
#else
    const uint8x16_t x = vreinterpretq_u8_u64(vdupq_n_u64(all));
    for (int part = 0; part < PARTS; part++)
        out[part] = (vu)vqtbl1q_u8(x, vld1q_u8(places + part * 4 * VL));
#endif
}

/* Lane i of 16, each from 0 to 255, as byte i. */
INLINE void store_bytes(uint8_t *out, const vi v[PARTS])
{
#if defined(BNN_VEC_AVX512)
    _mm_storeu_si128((__m128i *)(void *)out, _mm512_cvtepi32_epi8((__m512i)v[0]));
#elif defined(BNN_VEC_AVX2)
    /* Packing goes by halves of 128 bits. */
    const __m256i words = _mm256_packs_epi32((__m256i)v[0], (__m256i)v[1]);
    const __m256i bytes = _mm256_packus_epi16(words, words);
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 0, 4, 1, 5);
    _mm_storeu_si128((__m128i *)(void *)out,
                     _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(bytes, order)));
#else
    const uint16x8_t low = vcombine_u16(vmovn_u32((uint32x4_t)v[0]), vmovn_u32((uint32x4_t)v[1]));
    const uint16x8_t high = vcombine_u16(vmovn_u32((uint32x4_t)v[2]), vmovn_u32((uint32x4_t)v[3]));
    vst1q_u8(out, vcombine_u8(vmovn_u16(low), vmovn_u16(high)));
#endif
}

INLINE vi min_i(vi a, vi b)
{
#if defined(BNN_VEC_AVX512)
    return (vi)_mm512_min_epi32((__m512i)a, (__m512i)b);
#elif defined(BNN_VEC_AVX2)
    return (vi)_mm256_min_epi32((__m256i)a, (__m256i)b);
#else
    return (vi)vminq_s32((int32x4_t)a, (int32x4_t)b);
#endif
}

/* Bit i: lane i of a is below that of b. */
INLINE uint32_t below_bits_i(vi a, vi b)
{
#if defined(BNN_VEC_AVX512)
    return _mm512_cmplt_epi32_mask((__m512i)a, (__m512i)b);
#else
    return sign_bits_f((vf)(a < b));
#endif
}

/* Lane i: x rotated left by places[i]; only the bits of mask are kept, and added to those of v. */
INLINE vu insert_rotated_u(vu v, uint32_t x, vu places, uint32_t mask)
{
#if defined(BNN_VEC_AVX512)
    const __m512i turned = _mm512_rolv_epi32(_mm512_set1_epi32((int)x), (__m512i)places);
    return (vu)_mm512_ternarylogic_epi32((__m512i)v, turned, _mm512_set1_epi32((int)mask), 0xf8);
#else
    const vu left = places & 31, right = -places & 31;
    return v | (((x << left) | (x >> right)) & mask);
#endif
}

/* ---- signs of floats --------------------------------------------------------------------- */

/* Bit i of n <= 16: x[i] >= 0. */
INLINE uint32_t load_signs(const float *x, size_t n)
{
#if defined(BNN_VEC_AVX512)
    const __mmask16 there = (__mmask16)(n < LANES ? (1u << n) - 1 : 0xffff);
    return _mm512_mask_cmp_ps_mask(there, _mm512_maskz_loadu_ps(there, x), _mm512_setzero_ps(),
                                   _CMP_GE_OQ);
#else
    uint32_t bits = 0;
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        bits |= sign_bits_f((vf)(load_f(x + i) >= 0.0f)) << i;
    for (; i < n; i++)
        bits |= (uint32_t)(x[i] >= 0.0f) << i;
    return bits;
#endif
}

/* x[i], n <= 16 of them: +1 where bit i is 1, else -1. */
INLINE void store_signs(float *x, uint32_t bits, size_t n)
{
#if defined(BNN_VEC_AVX512)
    const __mmask16 there = (__mmask16)(n < LANES ? (1u << n) - 1 : 0xffff);
    _mm512_mask_storeu_ps(
        x, there,
        _mm512_mask_blend_ps((__mmask16)bits, _mm512_set1_ps(-1.0f), _mm512_set1_ps(1.0f)));
#else
    for (size_t i = 0; i < n; i++)
        x[i] = bits >> i & 1 ? 1.0f : -1.0f;
#endif
}

/* ---- rows of pixels, as 32 lanes of 16 bits ---------------------------------------------- */

typedef struct halves {
    vh part[PARTS];
} halves;

/* Writes a row of n pixels at `at` of 64, and 128 around them. */
INLINE void pad_row(uint8_t *row, const uint8_t *pixels, size_t at, size_t n)
{
#if defined(BNN_VEC_AVX512)
    const __mmask64 mask = (~(uint64_t)0 >> (64 - n)) << at;
    const __m512i v =
        _mm512_mask_loadu_epi8(_mm512_set1_epi8((char)128), mask, (const void *)(pixels - at));
    _mm512_store_si512((void *)row, v);
#else
    memset(row, 128, 64);
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        memcpy(row + at + i, pixels + i, 16);
    if (i < n && n >= 16)
        memcpy(row + at + n - 16, pixels + n - 16, 16);
    else
        for (; i < n; i++)
            row[at + i] = pixels[i];
#endif
}

/* Lane i: pixels[2 * i]; lane 16 + i: pixels[2 * i + 1]. Reads 32. */
INLINE halves load_even_odd(const uint8_t *pixels)
{
    halves out;
#if defined(BNN_VEC_AVX512)
    const __m512i both =
        _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)(const void *)pixels));
    const __m512i places = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi16(8), 1);
    out.part[0] = (vh)_mm512_and_si512(_mm512_srlv_epi16(both, places), _mm512_set1_epi16(255));
#else
    typedef uint16_t pairs_of_pixels __attribute__((vector_size(4 * VL)));
    for (int i = 0; i < PARTS / 2; i++) {
        pairs_of_pixels pairs;
        memcpy(&pairs, pixels + i * 4 * VL, sizeof pairs);
        out.part[i] = (vh)(pairs & 255);
        out.part[PARTS / 2 + i] = (vh)(pairs >> 8);
    }
#endif
    return out;
}

INLINE vh min_h(vh a, vh b)
{
#if defined(BNN_VEC_AVX512)
    return (vh)_mm512_min_epi16((__m512i)a, (__m512i)b);
#elif defined(BNN_VEC_AVX2)
    return (vh)_mm256_min_epi16((__m256i)a, (__m256i)b);
#else
    return (vh)vminq_s16((int16x8_t)a, (int16x8_t)b);
#endif
}

/* Bit i of 16: the lesser of lanes i and 16 + i is below the limit. */
INLINE uint32_t below_bits_pairs(halves v, int16_t limit)
{
#if defined(BNN_VEC_AVX512)
    const __m256i low = _mm512_castsi512_si256((__m512i)v.part[0]);
    const __m256i high = _mm512_extracti64x4_epi64((__m512i)v.part[0], 1);
    return _mm256_cmplt_epi16_mask(_mm256_min_epi16(low, high), _mm256_set1_epi16(limit));
#elif defined(BNN_VEC_AVX2)
    const __m256i v16 = (__m256i)min_h(v.part[0], v.part[1]);
    const __m256i below = _mm256_cmpgt_epi16(_mm256_set1_epi16(limit), v16);
    const uint32_t mask =
        (uint32_t)_mm256_movemask_epi8(_mm256_packs_epi16(below, _mm256_setzero_si256()));
    return (mask & 0xff) | (mask >> 8 & 0xff00);
#else
    const uint16x8_t bit = {1, 2, 4, 8, 16, 32, 64, 128};
    const int16x8_t top = vdupq_n_s16(limit);
    const uint16x8_t low = vcltq_s16((int16x8_t)min_h(v.part[0], v.part[2]), top);
    const uint16x8_t high = vcltq_s16((int16x8_t)min_h(v.part[1], v.part[3]), top);
    return vaddvq_u16(vandq_u16(low, bit)) | (uint32_t)vaddvq_u16(vandq_u16(high, bit)) << 8;
#endif
}

#endif
