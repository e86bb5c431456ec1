/* planes.h - bits of many images: counts of them as bit planes, and squares of bits turned over.
 *
 * A vector of words has a bit for each of 64 * VQ images. Plane p of a counter holds bit p of each image's count;
 * eight vectors at a time go through carry-save adders (Harley & Seal; see Warren, "Hacker's Delight", 2nd ed. 2012,
 * section 5-1, and Mula, Kurz & Lemire 2018).
 *
 * Parameter: as in vec.h. */
#ifndef BNN_SIMD_PLANES_H
#define BNN_SIMD_PLANES_H

#include "simd/vec.h"

enum { PLANES_MOST = 16 };

/* ---- counting ---------------------------------------------------------------------------- */

typedef struct bit_counter {
    vq plane[PLANES_MOST];
} bit_counter;

/* Adds two words to *sum; returns the carry. */
INLINE vq bits_add(vq *sum, vq a, vq b)
{
    const vq carry = majority_q(*sum, a, b);
    *sum = xor3_q(*sum, a, b);
    return carry;
}

/* Adds a word of weight 2^first to a counter. */
INLINE void bits_ripple(bit_counter *c, int first, int planes, vq carry)
{
    UNROLL
    for (int p = first; p < planes; p++) {
        const vq next = c->plane[p] & carry;
        c->plane[p] ^= carry;
        carry = next;
    }
}

/* Word t of those to be counted. */
typedef vq bits_word(const void *words, size_t t);

/* Counts `taps` words into c, eight at a time. */
INLINE void bits_count(bit_counter *c, const int planes, size_t taps, bits_word word,
                       const void *words)
{
    vq ones = splat_q(0), twos = splat_q(0), fours = splat_q(0);
    for (int p = 0; p < planes; p++)
        c->plane[p] = splat_q(0);
    size_t t = 0;
    for (; t + 8 <= taps; t += 8) {
        vq a = bits_add(&ones, word(words, t), word(words, t + 1));
        vq b = bits_add(&ones, word(words, t + 2), word(words, t + 3));
        const vq four = bits_add(&twos, a, b);
        a = bits_add(&ones, word(words, t + 4), word(words, t + 5));
        b = bits_add(&ones, word(words, t + 6), word(words, t + 7));
        const vq eight = bits_add(&fours, four, bits_add(&twos, a, b));
        bits_ripple(c, 3, planes, eight);
    }
    c->plane[0] = ones;
    c->plane[1] = twos;
    c->plane[2] = fours;
    for (; t < taps; t++)
        bits_ripple(c, 0, planes, word(words, t));
}

/* ---- squares ----------------------------------------------------------------------------- */

/* 64 rows of 64 bits, as many side by side as a vector has words. */
typedef union bit_square {
    vq row[64];
    uint64_t word[64][VQ];
} bit_square;

/* Of rows k and k + n of each eight: bits `by` apart change places. */
INLINE void bits_exchange(vq row[8], const int n, const int by, uint64_t low)
{
    const vq mask = splat_q(low);
    UNROLL
    for (int i = 0; i < 4; i++) {
        const int k = i / n * 2 * n + i % n;
        const vq moved = (row[k] >> by ^ row[k + n]) & mask;
        row[k] ^= moved << by;
        row[k + n] ^= moved;
    }
}

/* row[j] bit i and row[i] bit j change places (Warren, section 7-3), in two passes, since eight rows are what registers
 * hold. */
INLINE void bits_turn(bit_square *s)
{
    vq row[8];
    for (int i = 0; i < 8; i++) {
        UNROLL
        for (int k = 0; k < 8; k++)
            row[k] = s->row[i + 8 * k];
        bits_exchange(row, 4, 32, 0x00000000ffffffff);
        bits_exchange(row, 2, 16, 0x0000ffff0000ffff);
        bits_exchange(row, 1, 8, 0x00ff00ff00ff00ff);
        UNROLL
        for (int k = 0; k < 8; k++)
            s->row[i + 8 * k] = row[k];
    }
    for (int i = 0; i < 64; i += 8) {
        UNROLL
        for (int k = 0; k < 8; k++)
            row[k] = s->row[i + k];
        bits_exchange(row, 4, 4, 0x0f0f0f0f0f0f0f0f);
        bits_exchange(row, 2, 2, 0x3333333333333333);
        bits_exchange(row, 1, 1, 0x5555555555555555);
        UNROLL
        for (int k = 0; k < 8; k++)
            s->row[i + k] = row[k];
    }
}

#endif
