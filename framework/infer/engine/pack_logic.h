/* pack_logic.h - a net of gates as a fast engine runs it: each node is a row, of a bit for each image of a block.
 *
 * A row is told by the bytes in front of it. Row 0 is the constant 0, then come the sources, then the gates. Gates of one
 * operation lie side by side, so that none asks what it is. A gate that only outputs read, inverted, is stored so. */
#ifndef BNN_INFER_ENGINE_PACK_LOGIC_H
#define BNN_INFER_ENGINE_PACK_LOGIC_H

#include "infer/engine/places.h"

/* 64 neighbouring inputs: pixels, which an image has, unless it has fewer than 64 at all, against a level each; or bits
 * of a word. */
typedef struct bnn_logic_block {
    size_t first; /* byte of an image */
    uint8_t level[64];
    uint32_t row[64]; /* of the source that this is; 0: none */
} bnn_logic_block;

typedef enum bnn_logic_op {
    BNN_LOGIC_AND,
    BNN_LOGIC_AND_NOT, /* the first and not the second */
    BNN_LOGIC_OR,
    BNN_LOGIC_XOR,
    BNN_LOGIC_TRIPLE, /* one table of three inputs, the least of those that differ in their order */
    BNN_LOGIC_TABLE,  /* tables of their own */
    BNN_LOGIC_COPY,   /* of one input */
} bnn_logic_op;

typedef struct bnn_logic_part {
    bnn_logic_op op;
    bool inverted; /* what the operation gives; tables are so themselves */
    uint32_t inputs, n;
    const uint32_t *wire;  /* [n][inputs]: rows */
    const uint64_t *table; /* [n] */
} bnn_logic_part;

typedef struct bnn_pack_logic {
    uint32_t n_rows, n_blocks, n_parts;
    uint32_t n_first; /* rows in front of the gates */
    /* Of pixels: from an image to the next. A model that sees a middle reads it out of the whole. */
    size_t image_bytes;
    const bnn_logic_block *blocks;
    const bnn_logic_part *parts;
    /* Values that are counts of more than one: [n_values][group] rows, and what the sum of a value is multiplied with. */
    uint32_t n_values, group;
    const uint32_t *counted;
    const float *factor;
    /* Otherwise they are bits: [n_words][64] rows, in the order of values; or, where bits are all that the stage gives,
     * that of their places. */
    uint32_t n_words;
    const uint32_t *word;
    bool to_bits;
    bool has_chain; /* the chain is still to be run */
} bnn_pack_logic;

/* A table of three inputs when the first two (0), or the last two (1), change places. */
static inline uint32_t bnn_logic_exchanged(uint32_t table, uint32_t first)
{
    return first == 0 ? (table & 0x99) | (table & 0x22) << 1 | (table & 0x44) >> 1
                      : (table & 0xc3) | (table & 0x0c) << 2 | (table & 0x30) >> 2;
}

/* Whether no order of three inputs gives a lesser table. */
static inline bool bnn_logic_is_least(uint32_t table)
{
    const uint32_t b = bnn_logic_exchanged(table, 0), c = bnn_logic_exchanged(b, 1),
                   d = bnn_logic_exchanged(c, 0), e = bnn_logic_exchanged(d, 1),
                   f = bnn_logic_exchanged(e, 0);
    return table <= b && table <= c && table <= d && table <= e && table <= f;
}

/* Whether this is for a net: not for one of very many nodes, or groups. */
bool bnn_pack_logic_fits(const bnn_logic *logic);

/* Whether the net in front of a model reads whole images, of which the model sees the middle, and no later stage
 * looks at the image: else it reads what the model sees. */
bool bnn_pack_logic_crops(const bnn_model *model);

/* in, out: the places of bits on both sides of the stage. Fails only for want of memory. */
int bnn_pack_logic_stage(const bnn_model *model, const bnn_stage *stage, const bnn_places *in,
                         const bnn_places *out, uint32_t row_bytes, bnn_arena *arena,
                         bnn_pack_logic *logic, bnn_error *err);

#endif
