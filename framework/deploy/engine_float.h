/* engine_float.h - stages with float sums, and the chains behind any stage: the float part of every
 * engine, and all of it for a network in full precision.
 *
 * The bits are those of op.h: a sum is a chain of fused multiply-adds in the order of the weights,
 * so lanes are positions, channels or images, and never parts of a sum. */
#ifndef BNN_DEPLOY_ENGINE_FLOAT_H
#define BNN_DEPLOY_ENGINE_FLOAT_H

#include "deploy/model.h"

typedef struct bnn_float_stage bnn_float_stage;

enum { BNN_FLOAT_BLOCK = 64 }; /* the most images of a call */

/* One implementation for each instruction set. */
typedef struct bnn_float_kernels {
    /* Makes the form of a stage in the arena; the stage outlives it. Fails only for want of
     * memory. */
    int (*prepare)(const bnn_stage *stage, bnn_arena *arena, bnn_float_stage **out, bnn_error *err);

    /* What a call with n_max images needs; 64-byte aligned, not cleared. */
    size_t (*workspace_bytes)(const bnn_float_stage *stage, size_t n_max);

    /* y[n][out] of x[n][in]: the linear operation and the whole chain. The sign of bits is the
     * caller's. */
    void (*run)(const bnn_float_stage *stage, size_t n, const float *x, float *y, void *workspace);

    /* y[n][out] of sums[n][sums]: the chain only. sums may be changed. */
    void (*chain)(const bnn_float_stage *stage, size_t n, float *sums, float *y, void *workspace);
} bnn_float_kernels;

extern const bnn_float_kernels bnn_float_portable;

#endif
