/* engine_avx512.c - the fast engine for AVX-512 with VPOPCNTDQ, VNNI and VBMI (Ice Lake, Zen 4). */
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

enum { LANES = 16, BITSUM_WORDS = 0 };

typedef __m512i ivec;
typedef __m512i bitsum;

static inline ivec iv_zero(void)
{
    return _mm512_setzero_si512();
}

static inline ivec iv_add(ivec a, ivec b)
{
    return _mm512_add_epi32(a, b);
}

static inline ivec iv_word(uint32_t x)
{
    return _mm512_set1_epi32((int32_t)x);
}

static inline ivec iv_load(const uint32_t *p)
{
    return _mm512_loadu_si512(p);
}

static inline void iv_store(int32_t *p, ivec v)
{
    _mm512_storeu_si512(p, v);
}

static inline bitsum bs_zero(void)
{
    return _mm512_setzero_si512();
}

static inline bitsum bs_add(bitsum b, uint32_t x, const uint32_t *w)
{
    return _mm512_add_epi32(b, _mm512_popcnt_epi32(_mm512_xor_si512(iv_word(x), iv_load(w))));
}

static inline ivec bs_sum(bitsum b)
{
    return b;
}

static inline ivec iv_dot(ivec sum, ivec x, ivec w)
{
    return _mm512_dpbusd_epi32(sum, x, w);
}

static inline uint64_t iv_at_most(ivec v, const int32_t *p)
{
    return _mm512_cmple_epi32_mask(v, _mm512_loadu_si512(p));
}

static inline uint64_t iv_at_least(ivec v, const int32_t *p)
{
    return _mm512_cmpge_epi32_mask(v, _mm512_loadu_si512(p));
}

static inline ivec iv_quads(const uint8_t *p)
{
    const __m512i places =
        _mm512_set_epi32(0x1211100f, 0x11100f0e, 0x100f0e0d, 0x0f0e0d0c, 0x0e0d0c0b, 0x0d0c0b0a,
                         0x0c0b0a09, 0x0b0a0908, 0x0a090807, 0x09080706, 0x08070605, 0x07060504,
                         0x06050403, 0x05040302, 0x04030201, 0x03020100);
    const __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)p);
    return _mm512_permutexvar_epi8(places, _mm512_castsi256_si512(bytes));
}

static inline ivec iv_bytes(const uint8_t *p)
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
}

static inline ivec iv_shift_or(ivec v, ivec x, uint32_t n)
{
    return _mm512_or_si512(v, _mm512_sll_epi32(x, _mm_cvtsi32_si128((int)(8 * n))));
}

static inline uint64_t fv_not_negative(const float *p, uint32_t n)
{
    uint64_t bits = 0;
    for (uint32_t i = 0; i < n; i += 16) {
        const __mmask16 there = n - i < 16 ? (__mmask16)((1u << (n - i)) - 1) : (__mmask16)0xffff;
        const __m512 x = _mm512_maskz_loadu_ps(there, p + i);
        bits |= (uint64_t)_mm512_mask_cmp_ps_mask(there, x, _mm512_setzero_ps(), _CMP_GE_OQ) << i;
    }
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
#define ENGINE      bnn_engine_avx512
#define ENGINE_NAME "avx512"

#include "deploy/engine_body.h"
