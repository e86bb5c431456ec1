/* engine_float.h - the float stages of an engine: one source, one table for each instruction set.
 *
 * What it computes has the bits of bnn_op_apply (op.h), which defines the results: a sum is one
 * chain of fused multiply-adds in the order of its weights, so the lanes of a vector are output
 * positions, output channels or images, never parts of a sum.
 *
 * A prepared stage is immutable and may be run by any number of threads, each with a workspace of
 * its own. Nothing is allocated in a run. Inputs and outputs of one image are [c][h][w], images
 * stand one behind the other without gaps; they need no alignment, and nothing beyond them is read
 * or written. They must not overlap each other or the workspace. */
#ifndef BNN_INFER_ENGINE_ENGINE_FLOAT_H
#define BNN_INFER_ENGINE_ENGINE_FLOAT_H

#include "infer/model.h"

/* The images of one call. */
enum { BNN_FLOAT_IMAGES_MAX = 64 };

/* What an engine makes of one stage: weights laid out for its loops. */
typedef struct bnn_float_stage bnn_float_stage;

typedef struct bnn_float_engine {
    const char *name; /* "avx2", "avx512", "neon": the words of BNN_CPU */

    /* Prepares a stage that is not folded, in the arena; the stage (weights, chain) outlives it.
     * of_sums: it begins with the sums, or the values of gates. Fails only for want of memory. */
    int (*prepare)(const bnn_stage *stage, bool of_sums, bnn_arena *arena, bnn_float_stage **out,
                   bnn_error *err);

    /* What a call of run with up to n images needs: 64-byte aligned, not cleared. */
    size_t (*workspace_bytes)(const bnn_float_stage *stage, size_t n);

    /* The linear operation and all of the chain: y[n][out] of x[n][in], 1 <= n <=
     * BNN_FLOAT_IMAGES_MAX. Bits and pixels come as the floats that they stand for. Of sums,
     * x[n][sums], the chain is all. Where the stage gives bits, y is what their sign is taken of. */
    void (*run)(const bnn_float_stage *stage, size_t n, const float *x, float *y, void *workspace);
} bnn_float_engine;

/* Those that are built in: avx2 and avx512 on x86-64, neon on AArch64. The machine runs them where
 * it runs the engine of that name (bnn_engine_find). */
extern const bnn_float_engine bnn_float_avx2, bnn_float_avx512, bnn_float_neon;

#endif
