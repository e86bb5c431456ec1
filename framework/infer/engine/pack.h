/* pack.h - a model laid out for the fast engines: which loop runs a stage, what places its inputs
 * have, and weights and thresholds in the order in which that loop reads them.
 *
 * All instruction sets share it: they have 16 logical lanes of 32 bits, or 32 of 16 bits. */
#ifndef BNN_INFER_ENGINE_PACK_H
#define BNN_INFER_ENGINE_PACK_H

#include "infer/engine/pack_logic.h"
#include "infer/engine/pack_planes.h"
#include "infer/engine/pack_products.h"
#include "infer/engine/plain.h"

typedef enum bnn_pack_loop {
    /* Integer sums, lanes are output channels. The inputs of a window are words: 32 bits or 4
     * pixels; each is set against 16 channels' words of weights, or of bits by their planes. */
    BNN_PACK_WORDS,
    /* Integer sums of pixels, lanes are output columns. A row of a kernel is one of at most 16
     * patterns of signs (or its negation), so the sums of all patterns are made once for each
     * input row; a channel adds up those of its rows. Followed by a 2x2 pool. */
    BNN_PACK_ROWS,
    BNN_PACK_PRODUCTS, /* whole sums of pixels or codes and weights of 8 bits */
    BNN_PACK_FLOATS,   /* float sums */
    BNN_PACK_PLAIN, /* integer sums of groups; those and gates that would take too much memory otherwise; lines */
    BNN_PACK_LOGIC, /* gates, on rows of bits of the images of a block */
} bnn_pack_loop;

/* A stage of BNN_PACK_WORDS. The value of a word against its weights is the number of different
 * bits, or the sum of pixels times weights, or as pack_planes.h says; the value of a window is the sum over its words. */
typedef struct bnn_pack_words {
    uint32_t n_groups;       /* of 16 output channels */
    uint32_t n_words;        /* of a window */
    uint32_t n_planes;       /* of weights; 0: they are bits */
    size_t group_weights;    /* words from a group's weights to the next one's */
    const uint32_t *weights; /* [n_groups][n_words][16], or of planes */
    const int32_t *offset;   /* [n_words]: bytes from the window's first */
    /* The inputs, once they are as the loop reads them. Steps are those from a window to the next
     * one, in bytes. */
    size_t input_bytes, origin, y_step, x_step;

    /* Decisions on the least value of a pool's windows, or of the only one: the bit is 1 where it
     * is below the limit, else 0; where invert is 1, the other way round. */
    bool decides;
    const int32_t *limit;   /* [n_groups][16] */
    const uint16_t *invert; /* [n_groups] */
    uint32_t pool_stride;
    uint32_t n_tile;     /* windows of a pool, the last repeated up to a multiple of 4; or 0 */
    const int32_t *tile; /* [n_tile]: bytes from the pool's first window */

    /* Otherwise all sums are made: sum = base + factor * value. */
    const int32_t *base; /* [n_groups][16] */
    int32_t factor;
} bnn_pack_words;

enum { BNN_PACK_ROW_BYTES = 64 }; /* of a row of pixels with its padding */

/* A stage of BNN_PACK_ROWS. Decisions as above. */
typedef struct bnn_pack_rows {
    uint32_t height, n_patterns; /* rows with padding; 2^(kernel - 1) */
    /* [op.out.c][in.c * kernel]: the bytes from the sums of the patterns of row 0 to those that a
     * channel adds for output row 0; the first n_plus are added, the others subtracted. */
    const int32_t *offset;
    const uint32_t *n_plus; /* [op.out.c] */
    const int16_t *limit;   /* [op.out.c] */
    const uint32_t *invert; /* [op.out.c], out.w bits */
} bnn_pack_rows;

typedef struct bnn_pack {
    const bnn_stage *stage;
    bnn_pack_loop loop;
    bnn_places in, out; /* of inputs and outputs that are bits */
    bnn_pack_words words;
    bnn_pack_rows rows;
    bnn_pack_products products;
    bnn_pack_logic logic;
    bnn_plain_stage plain; /* BNN_PACK_PLAIN */
} bnn_pack;

/* Lays out all stages, *out[n_stages]: those of products as the model has them, others as `unfolded`, in which lines
 * are chains where they can be (lines.h). Both outlive *out. row_bytes: of a row of bits of images. Fails only for want
 * of memory. */
int bnn_pack_model(const bnn_model *model, const bnn_model *unfolded, bnn_pack_target target,
                   uint32_t row_bytes, bnn_arena *arena, bnn_pack **out, bnn_error *err);

/* How many columns of a stage's inputs, packed as rows, are made into the words of windows; and
 * how many words each has. Only BNN_PACK_WORDS of bits in rows. */
static inline size_t bnn_pack_row_columns(const bnn_stage *s)
{
    return (s->op.in.w + 2 * (size_t)s->op.padding - s->op.kernel + 16) / 16 * 16;
}

static inline size_t bnn_pack_row_channels(const bnn_stage *s)
{
    return 32 / s->op.kernel;
}

static inline size_t bnn_pack_row_words(const bnn_stage *s)
{
    return (s->op.in.c + bnn_pack_row_channels(s) - 1) / bnn_pack_row_channels(s);
}

/* The bytes of a row of a convolution's pixels, with padding. Only BNN_PACK_WORDS of pixels. */
static inline size_t bnn_pack_pixel_row(const bnn_stage *s)
{
    return s->op.in.w + 2 * (size_t)s->op.padding;
}

#endif
