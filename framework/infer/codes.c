#include "infer/codes.h"

/* How digits stand in bytes: `digits` of them in each, in base `levels`; or 0, and each has `bits`. */
typedef struct places {
    uint32_t levels, bits, digits;
} places;

static places codes_places(bnn_codes codes)
{
    places p = {.levels = bnn_codes_levels(codes), .bits = 1};
    uint32_t digits = 1;
    while (1u << p.bits < p.levels)
        p.bits++;
    for (uint32_t power = p.levels; power * p.levels <= 256; power *= p.levels)
        digits++;
    if (digits * p.bits > 8)
        p.digits = digits;
    return p;
}

bool bnn_codes_are_digits(bnn_codes codes)
{
    const bool bits = codes.min == -1 && codes.max == 1 && codes.step == 2;
    return codes.step > 0 && codes.min >= INT8_MIN && codes.max <= INT8_MAX &&
           codes.min < codes.max && (codes.max - codes.min) % codes.step == 0 && !bits;
}

bool bnn_codes_hold(bnn_codes codes, const float *weight, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!(weight[i] >= (float)codes.min && weight[i] <= (float)codes.max))
            return false;
        const int32_t code = (int32_t)weight[i];
        if ((float)code != weight[i] || (code - codes.min) % codes.step != 0)
            return false;
    }
    return true;
}

uint64_t bnn_codes_bytes(bnn_codes codes, uint64_t n)
{
    const places p = codes_places(codes);
    return p.digits > 0 ? (n + p.digits - 1) / p.digits : (n * p.bits + 7) / 8;
}

uint64_t bnn_codes_bits(bnn_codes codes, uint64_t n)
{
    const places p = codes_places(codes);
    return p.digits > 0 ? (8 * n + p.digits - 1) / p.digits : n * p.bits;
}

uint32_t bnn_codes_tenths(bnn_codes codes)
{
    const places p = codes_places(codes);
    return p.digits > 0 ? (80 + p.digits / 2) / p.digits : 10 * p.bits;
}

/* Digit i of a stream of bits may lie in two bytes. */
static uint32_t codes_bits_at(const uint8_t *bytes, size_t i, uint32_t bits)
{
    const size_t at = i * bits, end = (at + bits + 7) / 8;
    uint32_t both = bytes[at / 8];
    if (end - at / 8 > 1)
        both |= (uint32_t)bytes[at / 8 + 1] << 8;
    return both >> at % 8 & ((1u << bits) - 1);
}

void bnn_codes_pack(bnn_codes codes, size_t n, const float *weight, uint8_t *bytes)
{
    const places p = codes_places(codes);
    for (size_t i = 0; i < n; i++) {
        const uint32_t digit = (uint32_t)(((int32_t)weight[i] - codes.min) / codes.step);
        if (p.digits > 0) {
            uint32_t place = 1;
            for (size_t k = i % p.digits; k > 0; k--)
                place *= p.levels;
            bytes[i / p.digits] = (uint8_t)(bytes[i / p.digits] + digit * place);
            continue;
        }
        const size_t at = i * p.bits;
        const uint32_t shifted = digit << at % 8;
        bytes[at / 8] = (uint8_t)(bytes[at / 8] | shifted);
        if (shifted > UINT8_MAX)
            bytes[at / 8 + 1] = (uint8_t)(shifted >> 8);
    }
}

/* What is left of the last byte behind n digits. */
static bool codes_end_is_clean(places p, size_t n, const uint8_t *bytes)
{
    const size_t used = n * p.bits;
    return p.digits > 0 || used % 8 == 0 || bytes[used / 8] >> used % 8 == 0;
}

bool bnn_codes_unpack(bnn_codes codes, size_t n, const uint8_t *bytes, float *weight)
{
    const places p = codes_places(codes);
    uint32_t left = 0; /* of the byte at hand */
    for (size_t i = 0; i < n; i++) {
        uint32_t digit;
        if (p.digits > 0) {
            if (i % p.digits == 0 && left != 0)
                return false;
            if (i % p.digits == 0)
                left = bytes[i / p.digits];
            digit = left % p.levels;
            left /= p.levels;
        } else {
            digit = codes_bits_at(bytes, i, p.bits);
        }
        if (digit >= p.levels)
            return false;
        weight[i] = (float)(codes.min + (int32_t)digit * codes.step);
    }
    return left == 0 && codes_end_is_clean(p, n, bytes);
}
