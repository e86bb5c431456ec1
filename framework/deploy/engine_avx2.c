/* engine_avx2.c - the fast engine for AVX2 with BMI2 (Haswell, Zen). */
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

/* Counts are kept in bytes: 8 at most for a word. */
enum { LANES = 8, BITSUM_WORDS = 255 / 8 };

typedef __m256i ivec;
typedef __m256i bitsum;

static inline ivec iv_zero(void)
{
    return _mm256_setzero_si256();
}

static inline ivec iv_add(ivec a, ivec b)
{
    return _mm256_add_epi32(a, b);
}

static inline ivec iv_word(uint32_t x)
{
    return _mm256_set1_epi32((int32_t)x);
}

static inline ivec iv_load(const uint32_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static inline void iv_store(int32_t *p, ivec v)
{
    _mm256_storeu_si256((__m256i *)(void *)p, v);
}

static inline bitsum bs_zero(void)
{
    return _mm256_setzero_si256();
}

/* Ones of each half byte from a table: Muła, Kurz, Lemire 2018, "Faster population counts using AVX2
 * instructions". */
static inline bitsum bs_add(bitsum b, uint32_t x, const uint32_t *w)
{
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
                                           2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i low = _mm256_set1_epi8(0x0f);
    const __m256i bits = _mm256_xor_si256(iv_word(x), iv_load(w));
    const __m256i first = _mm256_shuffle_epi8(table, _mm256_and_si256(bits, low));
    const __m256i second =
        _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bits, 4), low));
    return _mm256_add_epi8(b, _mm256_add_epi8(first, second));
}

static inline ivec bs_sum(bitsum b)
{
    const __m256i pairs = _mm256_maddubs_epi16(b, _mm256_set1_epi8(1));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

/* Two products of a byte and -1 or +1 fit 16 bits. */
static inline ivec iv_dot(ivec sum, ivec x, ivec w)
{
    const __m256i pairs = _mm256_maddubs_epi16(x, w);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

static inline uint64_t lanes_of(__m256i mask)
{
    return (uint64_t)(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(mask));
}

static inline uint64_t iv_at_most(ivec v, const int32_t *p)
{
    const __m256i limit = _mm256_loadu_si256((const __m256i *)(const void *)p);
    return lanes_of(_mm256_cmpgt_epi32(v, limit)) ^ 0xff;
}

static inline uint64_t iv_at_least(ivec v, const int32_t *p)
{
    const __m256i limit = _mm256_loadu_si256((const __m256i *)(const void *)p);
    return lanes_of(_mm256_cmpgt_epi32(limit, v)) ^ 0xff;
}

static inline ivec iv_quads(const uint8_t *p)
{
    const __m256i places = _mm256_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6,
                                            7, 5, 6, 7, 8, 6, 7, 8, 9, 7, 8, 9, 10);
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), places);
}

static inline ivec iv_bytes(const uint8_t *p)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
}

static inline ivec iv_shift_or(ivec v, ivec x, uint32_t n)
{
    return _mm256_or_si256(v, _mm256_sll_epi32(x, _mm_cvtsi32_si128((int)(8 * n))));
}

static inline uint64_t fv_not_negative(const float *p, uint32_t n)
{
    uint64_t bits = 0;
    uint32_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const __m256 is = _mm256_cmp_ps(_mm256_loadu_ps(p + i), _mm256_setzero_ps(), _CMP_GE_OQ);
        bits |= (uint64_t)(uint32_t)_mm256_movemask_ps(is) << i;
    }
    for (; i < n; i++)
        bits |= (uint64_t)(p[i] >= 0.0f) << i;
    return bits;
}

static inline uint64_t compress(uint64_t x, uint64_t mask)
{
    return _pext_u64(x, mask);
}

static inline uint64_t spread(uint64_t x, uint64_t mask)
{
    return _pdep_u64(x, mask);
}

#define FLOATS      bnn_float_portable
#define ENGINE      bnn_engine_avx2
#define ENGINE_NAME "avx2"

#include "deploy/engine_body.h"
