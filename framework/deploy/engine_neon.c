/* engine_neon.c - the fast engine for AArch64: every processor of it has these instructions. */
#include <arm_neon.h>
#include <stdbool.h>

/* Counts are kept in bytes: 8 at most for a word. */
enum { LANES = 4, BITSUM_WORDS = 255 / 8 };

typedef int32x4_t ivec;
typedef uint8x16_t bitsum;

static inline ivec iv_zero(void)
{
    return vdupq_n_s32(0);
}

static inline ivec iv_add(ivec a, ivec b)
{
    return vaddq_s32(a, b);
}

static inline ivec iv_word(uint32_t x)
{
    return vreinterpretq_s32_u32(vdupq_n_u32(x));
}

static inline ivec iv_load(const uint32_t *p)
{
    return vreinterpretq_s32_u32(vld1q_u32(p));
}

static inline void iv_store(int32_t *p, ivec v)
{
    vst1q_s32(p, v);
}

static inline bitsum bs_zero(void)
{
    return vdupq_n_u8(0);
}

static inline bitsum bs_add(bitsum b, uint32_t x, const uint32_t *w)
{
    const uint32x4_t bits = veorq_u32(vdupq_n_u32(x), vld1q_u32(w));
    return vaddq_u8(b, vcntq_u8(vreinterpretq_u8_u32(bits)));
}

static inline ivec bs_sum(bitsum b)
{
    return vreinterpretq_s32_u32(vpaddlq_u16(vpaddlq_u8(b)));
}

static inline ivec iv_dot(ivec sum, ivec x, ivec w)
{
    const uint8x16_t pixels = vreinterpretq_u8_s32(x);
    const int8x16_t signs = vreinterpretq_s8_s32(w);
    const int16x8_t low = vmulq_s16(vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(pixels))),
                                    vmovl_s8(vget_low_s8(signs)));
    const int16x8_t high =
        vmulq_s16(vreinterpretq_s16_u16(vmovl_high_u8(pixels)), vmovl_high_s8(signs));
    return vaddq_s32(sum, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
}

static inline uint64_t lanes_of(uint32x4_t mask)
{
    static const uint32_t places[4] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(mask, vld1q_u32(places)));
}

static inline uint64_t iv_at_most(ivec v, const int32_t *p)
{
    return lanes_of(vcleq_s32(v, vld1q_s32(p)));
}

static inline uint64_t iv_at_least(ivec v, const int32_t *p)
{
    return lanes_of(vcgeq_s32(v, vld1q_s32(p)));
}

static inline ivec iv_quads(const uint8_t *p)
{
    static const uint8_t places[16] = {0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6};
    return vreinterpretq_s32_u8(vqtbl1q_u8(vld1q_u8(p), vld1q_u8(places)));
}

static inline ivec iv_bytes(const uint8_t *p)
{
    static const uint8_t places[16] = {0, 255, 255, 255, 1, 255, 255, 255,
                                       2, 255, 255, 255, 3, 255, 255, 255};
    return vreinterpretq_s32_u8(vqtbl1q_u8(vld1q_u8(p), vld1q_u8(places)));
}

static inline ivec iv_shift_or(ivec v, ivec x, uint32_t n)
{
    return vorrq_s32(v, vshlq_s32(x, vdupq_n_s32((int32_t)(8 * n))));
}

static inline uint64_t fv_not_negative(const float *p, uint32_t n)
{
    uint64_t bits = 0;
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4)
        bits |= lanes_of(vcgezq_f32(vld1q_f32(p + i))) << i;
    for (; i < n; i++)
        bits |= (uint64_t)(p[i] >= 0.0f) << i;
    return bits;
}

/* Bit by bit: AArch64 has an instruction for it only with SVE2. */
static inline uint64_t compress(uint64_t x, uint64_t mask)
{
    uint64_t out = 0;
    for (uint32_t i = 0; mask != 0; i++, mask &= mask - 1)
        out |= (x >> __builtin_ctzll(mask) & 1) << i;
    return out;
}

static inline uint64_t spread(uint64_t x, uint64_t mask)
{
    uint64_t out = 0;
    for (; x != 0; x >>= 1, mask &= mask - 1)
        out |= (x & 1) << __builtin_ctzll(mask);
    return out;
}

#define FLOATS      bnn_float_portable
#define ENGINE      bnn_engine_neon
#define ENGINE_NAME "neon"

#include "deploy/engine_body.h"
