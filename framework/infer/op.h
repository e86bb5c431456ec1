/* op.h - the operations that a trained network is made of: one row each says all about a kind.
 *
 * The set is bnn_lower_op of <bnn/plugin.h>, which defines the arithmetic to the last bit. Rows have
 * its plain implementation, one image at a time: the executable specification of inference. Fold
 * and engine are tested against it, and it against the trainer's kernels. Model files, folding and
 * the portable engine follow from the rows; the exporters have tables of their own, by the same
 * numbers (export/onnx/ops.c, export/c/ops.c). */
#ifndef BNN_INFER_OP_H
#define BNN_INFER_OP_H

#include "base/size.h"
#include "infer/codes.h"

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
    const float *weight;          /* [out.c][in.c / groups][kernel][kernel]; dense: [out.c][in] */
    bool binary_weights;          /* every weight is -1 or +1 */
    bnn_codes codes;              /* what every weight is one of, and a file has digits of */
    const float *bias;            /* [out.c], or NULL */
    const float *factor, *offset; /* affine, slopes: [in.c]; slope: factor only */
    float low, high;              /* clamp; high may be infinite */
    const float *thresholds;      /* thermometer: [out] */
    const uint32_t *wires;        /* table: [out][inputs]: places in x */
    const uint64_t *tables;       /* table: [out] */
    uint32_t levels, inputs;      /* thermometer; table */
    uint32_t groups;              /* conv2d: of channels, see bnn_lowering; 0 is 1 */
} bnn_op;

/* What an operation has besides weights; a model file has it in this order. */
enum {
    BNN_OP_FACTOR = 1,   /* f32 [in.c] */
    BNN_OP_OFFSET = 2,   /* f32 [in.c] */
    BNN_OP_RANGE = 4,    /* f32 low, high */
    BNN_OP_WINDOW = 8,   /* u32 kernel, stride */
    BNN_OP_PADDING = 16, /* u32 padding, i8 pad value */
    BNN_OP_GROUPS = 32,  /* u32 groups, from version 3 on */
};

typedef struct bnn_op_kind {
    uint32_t has; /* BNN_OP_... */

    /* The shape behind it, of a valid op->in; out_channels: of linear ones. False when the numbers
     * make no sense. NULL: that of op->in. */
    bool (*shape)(const bnn_op *op, uint32_t out_channels, bnn_shape *out);

    /* One of the two. On n values of channel c, where it works on each value by itself; y may be x.
     * Or on all, y[out] of x[in]. */
    void (*apply_channel)(const bnn_op *op, uint32_t c, size_t n, const float *x, float *y);
    void (*apply)(const bnn_op *op, const float *x, float *y);

    bool
        is_logic; /* bits of real numbers, bits of bits, or counts of them: in a model, parts of a net (logic.h) */

    /* Linear, it multiplies by weights: those of one output channel. Else NULL. */
    size_t (*taps)(const bnn_op *op);
} bnn_op_kind;

static inline uint32_t bnn_op_groups(const bnn_op *op)
{
    return op->groups > 1 ? op->groups : 1;
}

/* The channels of a group. */
static inline uint32_t bnn_op_group_in(const bnn_op *op)
{
    return op->in.c / bnn_op_groups(op);
}

static inline uint32_t bnn_op_group_out(const bnn_op *op)
{
    return op->out.c / bnn_op_groups(op);
}

/* The row of a bnn_lower_op; NULL for any other number. */
const bnn_op_kind *bnn_op_kind_of(uint32_t type);

/* Whether the operation multiplies by weights. */
bool bnn_op_is_linear(uint32_t type);

/* Whether it is one of logic. */
bool bnn_op_is_logic(uint32_t type);

/* Whether an operation of this type can follow a linear one in its chain: not another, not nothing, and
 * not logic. */
bool bnn_op_can_follow(uint32_t type);

/* The weights of one output channel of a linear operation; 0 for the others. */
size_t bnn_op_taps(const bnn_op *op);

/* The factors and offsets of an operation. */
static inline uint32_t bnn_op_values(const bnn_op *op)
{
    return (op->factor != NULL ? op->in.c : 0u) + (op->offset != NULL ? op->in.c : 0u);
}

/* The shape behind an operation of this type on `in`. out_channels: of linear ones, and the gates of a
 * table or the groups of sums; others keep theirs. False when the numbers make no sense or break the bounds above. */
bool bnn_op_out_shape(const bnn_op *op, uint32_t out_channels, bnn_shape *out);

/* y[out] = op(x[in]). y may be x for operations on single values only. */
void bnn_op_apply(const bnn_op *op, const float *x, float *y);

/* The pixel values that a network sees: (p - 128) / 128, exact. */
static inline float bnn_pixel_value(uint8_t pixel)
{
    return (float)((int32_t)pixel - 128) * 0x1p-7f;
}

#endif
