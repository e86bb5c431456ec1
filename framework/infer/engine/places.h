/* places.h - how the bits of one image lie in memory between two stages of a fast engine.
 *
 * Producers write bits the way their lanes fall, and consumers want to read a window with few
 * loads, so the place of a bit is an affine function of (c, y, x). Words are 32 bits, little-endian
 * in memory; a consumer may read whole words, so what belongs to no value has a value, too: 0, or
 * the padding of the next convolution. */
#ifndef BNN_INFER_ENGINE_PLACES_H
#define BNN_INFER_ENGINE_PLACES_H

#include "infer/model.h"

typedef struct bnn_places {
    bnn_shape shape;
    size_t bytes; /* of one image, whole words, a multiple of 64 */
    size_t words; /* that hold values or padding */
    /* Value (c, y, x) is bit origin + c * c_step + y * y_step + x * x_step. */
    size_t origin, c_step, y_step, x_step;
    uint32_t padding; /* positions around the image; only bnn_places_positions */
    bool ones;        /* the padding is +1 */
    bool has_gaps;    /* a producer of positions clears before it writes */
} bnn_places;

/* The channels of a position are neighbours, in units of unit_bits (16 or 32). */
bnn_places bnn_places_positions(bnn_shape shape, uint32_t unit_bits, uint32_t padding, bool ones);

/* The same for who cares only for bits of values and of padding, and reads words from any byte on: 16 bits
 * for each begun 16 channels, or 8 where there are no more. Who writes may write 16 in any case, position by position. */
bnn_places bnn_places_dense_positions(bnn_shape shape, uint32_t padding, bool ones);

/* [h][c] words, a row of at most 32 pixels each; bits beyond the row are 0. */
bnn_places bnn_places_rows(bnn_shape shape);

/* In training's order, without gaps. */
bnn_places bnn_places_flat(bnn_shape shape);

/* Fills an image's memory with 0 and padding. */
void bnn_places_clear(const bnn_places *places, uint8_t *bits);

static inline size_t bnn_places_bit(const bnn_places *f, size_t c, size_t y, size_t x)
{
    return f->origin + c * f->c_step + y * f->y_step + x * f->x_step;
}

/* bytes[c][h][w], 0 or 1, of an image's bits, and the way back, which clears first. */
void bnn_places_to_bytes(const bnn_places *places, const uint8_t *bits, uint8_t *bytes);
void bnn_places_from_bytes(const bnn_places *places, const uint8_t *bytes, uint8_t *bits);

/* values[c][h][w], -1 or +1, of an image's bits; and the bits of values >= 0. */
void bnn_places_to_floats(const bnn_places *places, const uint8_t *bits, float *values);
void bnn_places_from_floats(const bnn_places *places, const float *values, uint8_t *bits);

#endif
