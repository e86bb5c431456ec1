/* pack_products.h - a stage whose sums are of bytes times weights of 8 bits: pixels, or codes between two stages.
 *
 * Lanes are output channels. The inputs of a window are words of four bytes: neighbours in a row of pixels, or the
 * codes of four channels at a place. */
#ifndef BNN_INFER_ENGINE_PACK_PRODUCTS_H
#define BNN_INFER_ENGINE_PACK_PRODUCTS_H

#include "infer/engine/places.h"

/* What loops differ in by instruction set. */
typedef struct bnn_pack_target {
    /* The byte whose product with a weight is 0: 0 where bytes are multiplied without sign, 128 where with one. */
    int32_t byte_zero;
    int32_t pair_most; /* that two products may add up to */
    uint32_t
        plane_cost; /* of a word of a plane of weights, in float multiply-adds: pack_planes.h */
} bnn_pack_target;

/* The codes of an image, as bytes counted from the least; the channels of a place are neighbours, in fours. */
typedef struct bnn_codes_places {
    size_t bytes; /* of one image, with room for a store of 16 behind it; 0: none */
    size_t origin, y_step, x_step; /* code (c, y, x) is byte origin + y * y_step + x * x_step + c */
    bool has_padding;              /* a producer fills an image before it writes, with ... */
    uint8_t outside;
} bnn_codes_places;

enum { BNN_PRODUCTS_AT_A_TIME = 8 }; /* places, at most */

typedef struct bnn_pack_products {
    bnn_codes_places in, out; /* of codes */
    bool takes_floats;        /* codes that the stage before gives as floats */
    bool gives_floats; /* the same for the stage behind: `out` is where codes lie until then */

    uint32_t n_groups, n_words; /* of 16 output channels; of a window */
    uint32_t words_most; /* in a row whose pairs of products 16 bits hold the sum of; may be 0 */
    /* Windows of pixels whose channels, 4 or 8, share the lanes of a group, one window's behind the other's; else 1.
     * Byte i of all lanes is then byte spread[i] from the first window on. */
    uint32_t n_side;
    uint8_t spread[64];
    const uint32_t *weights; /* [n_groups][n_words][16] */
    const int32_t *word;     /* [n_words]: bytes from the window's first */
    size_t y_step, x_step;   /* from a window to the next, in bytes */
    /* Of a convolution: the first window of each output place, and the place, in bytes or, of sums, in floats; at the
     * end the last one some times more. */
    uint32_t n_places;
    const int32_t *from, *to; /* [n_places + BNN_PRODUCTS_AT_A_TIME] */
    size_t pixel_bytes;       /* of pixels with their padding; 0: they are codes */

    /* value = base + the sum of products: the sum of a window, or, where decides, what falls with the code that it
     * gives. The least of a pool's windows counts, and its code is fma(value, factor, offset), held in the range and
     * rounded. */
    bool decides;
    const int32_t *base;          /* [n_groups][16] */
    const float *factor, *offset; /* [n_groups][16] */
    /* Where bits are decided, instead: the bit is 1 where the value is below the limit, else 0; where invert is 1, the
     * other way round. */
    const int32_t *limit;   /* [n_groups][16], or NULL */
    const uint16_t *invert; /* [n_groups] */
    uint32_t n_tile;        /* windows of a pool; 0: each is by itself */
    /* [n_tile, up to a multiple of 4, the last repeated]: bytes from the first */
    const int32_t *tile;
    /* A store of 16 channels may write beyond the last one, since what is there is written later. */
    bool spills;
} bnn_pack_products;

/* Whether a stage can be run so. */
bool bnn_pack_products_fit(const bnn_stage *stage);

/* Where the codes lie that a stage takes; and those of a shape, without padding. */
bnn_codes_places bnn_pack_codes_into(const bnn_stage *stage);
bnn_codes_places bnn_pack_codes_of(bnn_shape shape);

/* Lays a stage out of which `in`, `out` and who gives floats are known; bits: where those lie that it decides. Fails
 * only for want of memory. */
int bnn_pack_products_stage(const bnn_stage *stage, const bnn_places *bits, bnn_pack_target target,
                            bnn_arena *arena, bnn_pack_products *products, bnn_error *err);

#endif
