/* engine_plan.h - a model laid out for vector units: what the fast engines share before they differ
 * in instructions.
 *
 * Vectors hold n_lanes int32 each. Bits between stages are a frame: rows of positions, each position
 * its channels side by side, without gaps: a window's row is then one run of bits, and a dense
 * layer's input is the frame as a whole. Weights are permuted to that order. Pixels become a frame of
 * bytes, a plane a channel, with 128, which is zero, around.
 *
 * Integer stages work in one of two ways:
 *
 *   windows   lanes are output channels; a word of the window, 32 bits or 4 pixels, meets the words
 *             of all channels at once. Every shape; good where there are many channels.
 *   planes    lanes are neighbouring output positions of a channel. Pixels into few channels. */
#ifndef BNN_DEPLOY_ENGINE_PLAN_H
#define BNN_DEPLOY_ENGINE_PLAN_H

#include "deploy/engine_float.h"
#include "deploy/model.h"

/* The bits of an image. */
typedef struct bnn_frame {
    uint32_t c, h, w, pad;
    size_t row_bits;       /* (w + 2 pad) c */
    size_t n_words;        /* room to read 64 bits at any bit included */
    const uint64_t *blank; /* [n_words]: padding bits, and zeros */
} bnn_frame;

typedef enum bnn_fast_kind {
    BNN_FAST_FLOATS,  /* float sums: engine_float.h */
    BNN_FAST_WINDOWS, /* integer sums */
    BNN_FAST_PLANES,
} bnn_fast_kind;

typedef struct bnn_fast_stage {
    const bnn_stage *stage;
    bnn_fast_kind kind;
    bool pixels;             /* inputs */
    bnn_frame in, out;       /* where they are bits */
    bnn_float_stage *floats; /* float sums, or the chain behind integer ones; NULL: folded */

    /* Pixels: bytes of a row and of a plane, padding included, and of all with room to read on. */
    size_t row_bytes, plane_bytes, frame_bytes;

    /* windows: a window is n_rows rows of row_words words. weights[n_vectors][n_rows][row_words]
     * [n_lanes]. planes: weights[n_words][n_tiles][BNN_FAST_TILE]: 4 taps each. */
    uint32_t n_rows, row_words;
    uint32_t n_vectors, n_words, n_tiles;
    const uint32_t *weights;

    /* Of each channel, as many as there are lanes for. Bits: at most so many of the window's bits
     * differ from the weights. Pixels: at least so much is their product. */
    const int32_t *limit;
    const int32_t *offset; /* pixels: what the product has too much, 128 times the weights' sum */
    const int32_t *table;  /* the channel's table, or -1; NULL: no channel has one */
    uint32_t channel_words;
    const uint64_t *inverted; /* [channel_words]: channels whose bits pool by AND */

    /* planes: places of 4 taps in a row, in the frame of bytes; and of what is left of the rows,
     * 4 by 4, the last group perhaps of fewer. */
    uint32_t n_quads;
    const uint32_t *quads;
    uint32_t n_singles;
    const uint32_t *singles;
} bnn_fast_stage;

enum { BNN_FAST_WINDOWS_TOGETHER = 4 }; /* windows that meet a vector of weights at a time */
enum { BNN_FAST_TILE = 6 };             /* channels of a tile in planes */

typedef struct bnn_fast_plan {
    const bnn_deploy_model *model;
    const bnn_float_kernels *floats;
    bnn_fast_stage *stages;
    size_t block; /* images that go through a stage together */
    /* Bytes of a workspace's parts, all multiples of 64. */
    size_t between_bytes; /* frames or floats of a block between two stages; there are two */
    size_t values_bytes;  /* float inputs, or sums, of a block */
    size_t signs_bytes;   /* floats of a block whose signs are taken */
    size_t floats_bytes;  /* for engine_float.h */
    size_t windows_bytes; /* words under all windows of an image */
    size_t decided_bytes; /* bits of an image before they are pooled */
    size_t pixels_bytes;  /* an image with its border */
} bnn_fast_plan;

/* Lays the model out for vectors of n_lanes (4, 8, 16). */
int bnn_fast_prepare(const bnn_deploy_model *model, uint32_t n_lanes,
                     const bnn_float_kernels *floats, bnn_arena *arena, bnn_fast_plan **out,
                     bnn_error *err);

size_t bnn_fast_workspace_bytes(const bnn_fast_plan *plan);

#endif
