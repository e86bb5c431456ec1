/* operands.h - LeNet-5's layers with all the arrays that their kernels read and write. */
#ifndef BNN_BENCH_OPERANDS_H
#define BNN_BENCH_OPERANDS_H

#include "base/arena.h"
#include "base/error.h"

#include <bnn/plugin.h>

/* One layer at one batch size. Arrays that its kind does not use are NULL. */
typedef struct operands {
    const char *name;
    bnn_shape in, out;
    uint32_t n, lanes; /* images; lanes */
    bnn_conv conv;
    bnn_pool pool;
    bnn_batchnorm norm;
    double flop;   /* of one pass; a multiply-add counts as two */
    float *x, *gx; /* [in][lanes] */
    float *y, *gy; /* [out][lanes] */
    float *w, *gw; /* weights; for a norm: scale */
    float *bias, *gbias;
    float *x_signs, *w_signs;           /* -1 and +1 */
    float *mean, *inverse, *running[2]; /* of a norm */
    float *scratch;
    const uint8_t **rows; /* [n] images of in */
    int32_t *labels;      /* [lanes] */
} operands;

enum operand_set {
    OPERANDS_PIXELS,
    OPERANDS_CONV1,
    OPERANDS_POOL1,
    OPERANDS_NORM1,
    OPERANDS_CONV2,
    OPERANDS_POOL2,
    OPERANDS_NORM2,
    OPERANDS_FC1,
    OPERANDS_NORM3,
    OPERANDS_FC2,
    OPERANDS_FC3,
    N_OPERANDS,
};

/* All layers for n images, the values random, in the arena. */
int operands_create(uint32_t n, const bnn_kernels *kernels, bnn_arena *arena,
                    operands out[N_OPERANDS], bnn_error *err);

#endif
