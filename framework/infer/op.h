/* op.h - the operations that a trained network is made of, and what each of them computes.
 *
 * The set is bnn_lower_op of <bnn/plugin.h>, which defines the arithmetic to the last bit. This is
 * its plain implementation, one image at a time: the executable specification of inference. Fold
 * and engine are tested against it, and it against the trainer's kernels. */
#ifndef BNN_INFER_OP_H
#define BNN_INFER_OP_H

#include <bnn/plugin.h>

#include <stdbool.h>

/* Bounds on shapes, for every user of a network that comes from a file: the values of one image
 * between two operations, and height, width, kernel, stride. */
#define BNN_VALUES_MAX ((size_t)1 << 24)
#define BNN_EXTENT_MAX 65536u

/* Tensors of one image are x[c][h][w]. Dense operations see them flat. */
typedef struct bnn_op {
    uint32_t type;    /* bnn_lower_op */
    const char *name; /* "conv2d_1"; block numbers from 1 */
    bnn_shape in, out;
    uint32_t kernel, stride, padding; /* conv2d; a pool's kernel is its window, its padding 0 */
    float pad_value;                  /* conv2d: what lies beyond the border */
    const float *weight;          /* [out.c][in.c][kernel][kernel]; dense: [out.c][all inputs] */
    const float *bias;            /* [out.c], or NULL */
    const float *factor, *offset; /* affine: [in.c]; slope: factor only */
    float low, high;              /* clamp; high may be infinite */
} bnn_op;

static inline size_t bnn_shape_values(bnn_shape s)
{
    return (size_t)s.c * s.h * s.w;
}

/* Whether the operation multiplies by weights. */
static inline bool bnn_op_is_linear(const bnn_op *op)
{
    return op->type == BNN_LOWER_CONV2D || op->type == BNN_LOWER_DENSE;
}

/* Whether it works on each value by itself: affine, clamp, slope, sign, identity. */
bool bnn_op_is_elementwise(const bnn_op *op);

/* The weights of one output channel of a linear operation; 0 for the others. */
size_t bnn_op_taps(const bnn_op *op);

/* The factors and offsets of an operation. */
static inline uint32_t bnn_op_values(const bnn_op *op)
{
    return (op->factor != NULL ? op->in.c : 0u) + (op->offset != NULL ? op->in.c : 0u);
}

/* The shape behind an operation of this type on `in`. out_channels: of linear ones, others keep
 * theirs. False when the numbers make no sense or break the bounds above. */
bool bnn_op_out_shape(const bnn_op *op, uint32_t out_channels, bnn_shape *out);

/* y[out] = op(x[in]). y may be x for elementwise operations only. */
void bnn_op_apply(const bnn_op *op, const float *x, float *y);

/* An elementwise operation on n values of channel c. y may be x. */
void bnn_op_apply_channel(const bnn_op *op, uint32_t c, size_t n, const float *x, float *y);

/* The pixel values that a network sees: (p - 128) / 128, exact. */
static inline float bnn_pixel_value(uint8_t pixel)
{
    return (float)((int32_t)pixel - 128) * 0x1p-7f;
}

#endif
