/* codes.h - weights that are whole numbers of few levels, and their digits: how a model file has them.
 *
 * Digits follow each other without gaps, the first in the lowest place. As many as fit stand in a byte, in base
 * `levels`, where that takes fewer bits than a stream of bits does, each digit in the fewest: of three levels five,
 * of five or six three. Places that are left over are 0. */
#ifndef BNN_INFER_CODES_H
#define BNN_INFER_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers min, min + step, ... max. Step 0: any numbers. */
typedef struct bnn_codes {
    int32_t min, max, step;
} bnn_codes;

/* Whether there are such codes, and a byte holds each: more than one level, from -128 to 127. Those of -1 and +1 are
 * bits, and none of them. */
bool bnn_codes_are_digits(bnn_codes codes);

/* Whether all of n weights are codes. Zeros are 0, whatever their signs. */
bool bnn_codes_hold(bnn_codes codes, const float *weight, size_t n);

/* The rest is for codes that are digits. */

static inline uint32_t bnn_codes_levels(bnn_codes codes)
{
    return (uint32_t)((codes.max - codes.min) / codes.step) + 1;
}

/* Bytes of n digits, n up to 2^56, and bits, without places that are left over; and the bits of a digit, in tenths:
 * 16 of three levels. */
uint64_t bnn_codes_bytes(bnn_codes codes, uint64_t n);
uint64_t bnn_codes_bits(bnn_codes codes, uint64_t n);
uint32_t bnn_codes_tenths(bnn_codes codes);

/* Bytes that are all 0 become the digits of n weights, which are codes. */
void bnn_codes_pack(bnn_codes codes, size_t n, const float *weight, uint8_t *bytes);

/* The weights of digits. False when one is none, or what is left over is not 0. */
bool bnn_codes_unpack(bnn_codes codes, size_t n, const uint8_t *bytes, float *weight);

#endif
