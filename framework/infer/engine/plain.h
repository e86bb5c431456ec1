/* plain.h - the stages of a model computed plainly: one image, one value at a time, any machine.
 *
 * This is the specification of every engine: what it computes in floats, it computes with the
 * functions of op.h, which define the results; sums of bits are popcounts. The portable engine is
 * made of it; the fast ones call it for what is rare. A bit between stages is a byte 0 or 1. */
#ifndef BNN_INFER_ENGINE_PLAIN_H
#define BNN_INFER_ENGINE_PLAIN_H

#include "infer/model.h"

typedef struct bnn_plain_stage {
    const bnn_stage *stage;
    bnn_op linear;      /* float sums: the operation with weights as floats */
    size_t most_values; /* of an image, at any point of the stage */
} bnn_plain_stage;

/* The stage outlives *out, and so does the arena. Fails only for want of memory. */
int bnn_plain_prepare(const bnn_stage *stage, bnn_arena *arena, bnn_plain_stage *out,
                      bnn_error *err);

/* What bnn_plain_run needs beside input and output; 64-byte aligned, not cleared. */
size_t bnn_plain_workspace_bytes(const bnn_plain_stage *plain);

/* The whole stage: x[in] and out[out] are bytes (pixels, bits) or floats, as the stage says. */
void bnn_plain_run(const bnn_plain_stage *plain, const void *x, void *out, void *workspace);

/* What follows the values of a stage of gates: the chain, and the sign of its end where bits go out. */
void bnn_plain_follow(const bnn_plain_stage *plain, const float *values, void *out,
                      void *workspace);

/* What follows the sums of a folded stage: bytes out[out] of sums[sums]. bits: room for
 * sums.h * sums.w bytes. */
void bnn_plain_fold(const bnn_stage *stage, const int32_t *sums, uint8_t *bits, uint8_t *out);

#endif
