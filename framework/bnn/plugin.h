/* <bnn/plugin.h> - the plugin interface of bnnrun, and its manual.
 *
 * A plugin is a shared object for one of five kinds: a LAYER, an STE (what replaces the zero
 * derivative of sign in the backward pass), an ORDERING (where batch norm, pool and activation
 * sit in a block), an OPTIMIZER or a FORM (what binarized weights are, as a whole tensor: codes
 * and a scale). It exports one symbol, which BNN_DEFINE_<KIND> makes. A whole STE:
 *
 *     #include <bnn/plugin.h>
 *     #include <math.h>
 *
 *     struct window { double clip; };
 *
 *     static const bnn_param params[] = {
 *         BNN_NUMBER(struct window, clip, 1.0, 1e-3, 100.0, "half-width of the window"),
 *         BNN_PARAMS_END,
 *     };
 *
 *     static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x,
 *                      const float *gy, float *gx)
 *     {
 *         const float clip = (float)((const struct window *)p)->clip;
 *         (void)ctx;
 *         BNN_INDEPENDENT
 *         for (size_t i = 0; i < n; i++) {
 *             const float g = gy[i];
 *             gx[i] = fabsf(x[i]) <= clip ? g : 0.0f;
 *         }
 *     }
 *
 *     BNN_DEFINE_STE(BNN_HEAD("window", "pass inside a window, nothing outside",
 *                             "Courbariaux & Hubara 2016", struct window, params),
 *                    .grad = grad)
 *
 * Build it, put it on the path, use it:
 *
 *     cc -shared -fPIC -O3 $(pkg-config --cflags bnn) ste_window.c -o ste_window.so
 *     bnnrun plugins test ste_window.so
 *     BNNRUN_PLUGIN_PATH=. bnnrun plugins ste window
 *     BNNRUN_PLUGIN_PATH=. bnnrun quick -s model.ste=window
 *
 * An author outside of bnnrun's tree needs an installed bnnrun, pkg-config and a compiler of C11.
 * With a checkout, -I framework -ffp-contract=off does what `pkg-config --cflags bnn` does, and
 * plugins/skeleton has an annotated source of each kind. C++ will do, too: C++20, or C++11 with the
 * designated initializers of GCC and clang, which there keep the order of the struct.
 *
 * Rules for every kind
 * - The file is <kind>_<name>.so. The name in the head must agree.
 * - The host parses, defaults, range-checks and records parameters; a plugin has no parsing code.
 *   It reads its own struct through the `params` pointer: constant, shared by all threads.
 * - Memory is the host's: a plugin never allocates and keeps no mutable static. One loaded file
 *   serves every job of a sweep at once.
 * - Only plan() may fail, and says why through plan->fail. Hot functions are pure functions over
 *   the memory they are given.
 * - Same input, same bits, on every machine: call the kernels of the context for exp, log and
 *   tanh, not libm; sqrtf, fabsf, division and comparison are exact and fine. Never use
 *   -ffast-math; `pkg-config --cflags bnn` turns floating-point contraction off.
 *
 * Tensors are feature-major, batch-minor: x[c][h][w][lanes]. A feature's values for all images of
 * a batch are neighbours, padded to `lanes`, a multiple of BNN_LANES. Lanes >= n (n: images in
 * this batch) hold finite values that mean nothing; in every gradient that a layer writes they are
 * zero. Pointers are 64-byte aligned. Sizes in the interface count floats unless they say bytes.
 *
 * Growth: structs grow at their end only; abi_version changes when anything else does. So a plugin
 * that was built against an older header of this version still loads: the host reads fields that
 * its descriptor does not have as zero (NULL, no flag), and gives it structs whose first fields are
 * those that it knows. Fields of a descriptor that the header below has and yours does not set are
 * zero, too: each says what that means.
 *
 * At the end of every kind's descriptor stands `formula`: what the plugin computes, in a few lines
 * of plain text, for `bnnrun plugins KIND NAME`. */
#ifndef BNN_PLUGIN_H
#define BNN_PLUGIN_H

#if defined(__cplusplus) && __cplusplus < 201103L
#    error "<bnn/plugin.h> needs C11, or C++11 and later: compile with -std=c++11"
#endif

#include <stddef.h>
#include <stdint.h>

#define BNN_ABI_VERSION 1u

/* The number of logical lanes. A sum over images runs in this many partial sums, whatever the width
 * of the machine's registers, so results do not depend on it. */
#define BNN_LANES 16u

typedef enum bnn_kind {
    BNN_KIND_LAYER = 1,
    BNN_KIND_STE = 2,
    BNN_KIND_ORDERING = 3,
    BNN_KIND_OPTIMIZER = 4,
    BNN_KIND_FORM = 5,
} bnn_kind;

typedef struct bnn_param bnn_param;     /* a parameter, below */
typedef struct bnn_kernels bnn_kernels; /* the host's numeric loops, last */

/* ------------------------------------------------------------------------------------------
 * The head that all kinds share, and the one exported symbol, which gives it.
 * ------------------------------------------------------------------------------------------ */

typedef struct bnn_head {
    uint32_t abi_version;    /* BNN_ABI_VERSION of the header it was built with */
    uint32_t struct_size;    /* of the kind's descriptor, filled in by BNN_DEFINE_<KIND> */
    uint32_t kind;           /* bnn_kind, likewise */
    uint32_t params_size;    /* of the parameter struct, in bytes; 0 without parameters */
    const char *name;        /* lower case letters, digits, underscore */
    const char *summary;     /* one line, lower case */
    const char *reference;   /* paper or origin, with year; NULL when there is none */
    const bnn_param *params; /* NULL without parameters */
} bnn_head;

/* The author's part of the head, the first argument of BNN_DEFINE_<KIND>: name, summary, reference,
 * and for BNN_HEAD the parameter struct and its table. It stands for the last members of bnn_head. */
#define BNN_HEAD_PLAIN(name_text, summary_text, reference_text) \
    0, (name_text), (summary_text), (reference_text), NULL
#define BNN_HEAD(name_text, summary_text, reference_text, T, param_table) \
    sizeof(T), (name_text), (summary_text), (reference_text), (param_table)

/* The end of a plugin's source: BNN_DEFINE_STE(BNN_HEAD(...), .grad = grad) and its like. */
#define BNN_DEFINE_STE(...)       BNN_DEFINE(bnn_ste, BNN_KIND_STE, __VA_ARGS__)
#define BNN_DEFINE_ORDERING(...)  BNN_DEFINE(bnn_ordering, BNN_KIND_ORDERING, __VA_ARGS__)
#define BNN_DEFINE_OPTIMIZER(...) BNN_DEFINE(bnn_optimizer, BNN_KIND_OPTIMIZER, __VA_ARGS__)
#define BNN_DEFINE_LAYER(...)     BNN_DEFINE(bnn_layer, BNN_KIND_LAYER, __VA_ARGS__)
#define BNN_DEFINE_FORM(...)      BNN_DEFINE(bnn_form, BNN_KIND_FORM, __VA_ARGS__)

#define BNN_DEFINE(T, kind_value, size, name, summary, reference, params, ...)                  \
    BNN_EXPORT const bnn_head *bnn_plugin_entry(void)                                           \
    {                                                                                           \
        static const T plugin = {.head = {BNN_ABI_VERSION, sizeof(T), (kind_value), size, name, \
                                          summary, reference, params},                          \
                                 __VA_ARGS__};                                                  \
        return &plugin.head;                                                                    \
    }

#if defined(__GNUC__)
#    define BNN_EXPORT __attribute__((visibility("default")))
#else
#    define BNN_EXPORT
#endif

#define BNN_ENTRY_NAME "bnn_plugin_entry"

#if defined(__cplusplus)
extern "C" {
#endif

/* Returns the descriptor: a constant of one of the five kinds, headed by bnn_head. */
BNN_EXPORT const bnn_head *bnn_plugin_entry(void);

#if defined(__cplusplus)
}
#endif

/* ------------------------------------------------------------------------------------------
 * Parameters: one row each, in a table closed by BNN_PARAMS_END.
 * ------------------------------------------------------------------------------------------ */

typedef enum bnn_type {
    BNN_TYPE_END = 0,
    BNN_TYPE_NUMBER = 1,  /* double */
    BNN_TYPE_INTEGER = 2, /* int32_t */
    BNN_TYPE_SWITCH = 3,  /* int32_t, 0 or 1; true or false in YAML */
    BNN_TYPE_CHOICE = 4,  /* int32_t, index into `choices` */
    /* In addition, of a parameter that came after the plugin had been used: configs have it only off its
     * default, which is what the plugin did before, so that they stay the configs that they were. */
    BNN_TYPE_LATER = 0x100,
} bnn_type;

struct bnn_param {
    const char *name; /* the YAML key: the field's name */
    uint32_t type;    /* bnn_type, BNN_TYPE_LATER may be in it */
    uint32_t offset;  /* of the field in the plugin's struct, in bytes */
    double fallback;  /* the default (for a choice: its index) */
    double minimum;   /* inclusive bounds of a number or an integer */
    double maximum;
    const char *choices; /* "first|second|third", for a choice only */
    const char *help;    /* one line, lower case, with the unit */
};

/* A row for a field of struct T; the parameter has the field's name. */
#define BNN_NUMBER(T, field, value, low, high, text) \
    BNN_PARAM(#field, BNN_TYPE_NUMBER, BNN_OFFSET(T, field, double), value, low, high, NULL, text)
#define BNN_INTEGER(T, field, value, low, high, text) \
    BNN_PARAM(#field, BNN_TYPE_INTEGER, BNN_OFFSET(T, field, int32_t), value, low, high, NULL, text)
#define BNN_SWITCH(T, field, value, text) \
    BNN_PARAM(#field, BNN_TYPE_SWITCH, BNN_OFFSET(T, field, int32_t), value, 0, 1, NULL, text)
#define BNN_CHOICE(T, field, value, alternatives, text)                                          \
    BNN_PARAM(#field, BNN_TYPE_CHOICE, BNN_OFFSET(T, field, int32_t), value, 0, 0, alternatives, \
              text)
#define BNN_NUMBER_LATER(T, field, value, low, high, text)                  \
    BNN_PARAM(#field, (uint32_t)BNN_TYPE_NUMBER | (uint32_t)BNN_TYPE_LATER, \
              BNN_OFFSET(T, field, double), value, low, high, NULL, text)
#define BNN_INTEGER_LATER(T, field, value, low, high, text)                  \
    BNN_PARAM(#field, (uint32_t)BNN_TYPE_INTEGER | (uint32_t)BNN_TYPE_LATER, \
              BNN_OFFSET(T, field, int32_t), value, low, high, NULL, text)
#define BNN_SWITCH_LATER(T, field, value, text)                             \
    BNN_PARAM(#field, (uint32_t)BNN_TYPE_SWITCH | (uint32_t)BNN_TYPE_LATER, \
              BNN_OFFSET(T, field, int32_t), value, 0, 1, NULL, text)
#define BNN_CHOICE_LATER(T, field, value, alternatives, text)               \
    BNN_PARAM(#field, (uint32_t)BNN_TYPE_CHOICE | (uint32_t)BNN_TYPE_LATER, \
              BNN_OFFSET(T, field, int32_t), value, 0, 0, alternatives, text)
#define BNN_PARAMS_END BNN_PARAM(NULL, BNN_TYPE_END, 0, 0, 0, 0, NULL, NULL)

/* What these are made of: a row, and the offset of a field, checked to be of the type that the host
 * will write. */
#define BNN_PARAM(key, row_type, at, value, low, high, alternatives, text)      \
    {                                                                           \
        (key), (row_type), (at), (value), (low), (high), (alternatives), (text) \
    }
#if defined(__cplusplus)
extern "C++" {
template <typename Declared, typename Wanted> struct bnn_field_type;
template <typename Wanted> struct bnn_field_type<Wanted, Wanted> {
    enum { is_right = 1 };
};
}
#    define BNN_OFFSET(T, field, field_type)                               \
        (bnn_field_type<decltype(((T *)0)->field), field_type>::is_right * \
         (uint32_t)offsetof(T, field))
#else
#    define BNN_OFFSET(T, field, field_type) \
        _Generic(((T *)0)->field, field_type : (uint32_t)offsetof(T, field))
#endif

/* ------------------------------------------------------------------------------------------
 * What every hot function is given.
 * ------------------------------------------------------------------------------------------ */

typedef struct bnn_context {
    const bnn_kernels *kernels;
    float state[4];  /* what schedule() made of the progress; zero without one */
    double progress; /* 0 in the first epoch, 1 in the last */
    /* Of an STE that draws, in training: uniform [0,1), one number for each of the n elements of the
     * call; else NULL. */
    const float *noise;
} bnn_context;

/* ------------------------------------------------------------------------------------------
 * STE: binarizes weights or activations. Any thread, on its own memory.
 * ------------------------------------------------------------------------------------------ */

enum {
    /* Draws what it gives: forward and grad read ctx->noise, the same numbers for the same elements
     * of a step. Each step has numbers of its own; evaluation and the trained network use sign
     * instead. Needs forward. */
    BNN_STE_DRAWS = 1,
    BNN_STE_ACTIVATIONS = 2, /* for activations only */
};

/* What forward gives. Other numbers than signs are for activations only; the layer behind them
 * multiplies floats and pads with 0. */
typedef enum bnn_levels {
    BNN_LEVELS_SIGNS = 0, /* -1 and +1 */
    BNN_LEVELS_UNIT = 1,  /* numbers from 0 to 1 */
} bnn_levels;

typedef struct bnn_lowering bnn_lowering; /* below, with layers */

typedef struct bnn_ste {
    bnn_head head;

    /* gx[i] = gy[i] * d/dx at x[i], for n elements. Required. Linear in gy; finite for finite
     * input; gx may be gy. */
    void (*grad)(const bnn_context *ctx, const void *params, size_t n, const float *x,
                 const float *gy, float *gx);

    /* y = binarized x. NULL: sign, with sign(0) = +1. */
    void (*forward)(const bnn_context *ctx, const void *params, size_t n, const float *x, float *y);

    /* y = the function whose derivative grad() is, up to a constant: the conformance test checks
     * one against the other. NULL when there is none (a gradient that is no derivative). */
    void (*proxy)(const bnn_context *ctx, const void *params, size_t n, const float *x, float *y);

    /* Called once an epoch, before its first batch: turns progress (0 in the first epoch, 1 in
     * the last) into ctx->state. NULL: no schedule. */
    void (*schedule)(const bnn_context *ctx, const void *params, double progress, float state[4]);

    const char *formula; /* what it computes, in lines of plain text; may be NULL */

    uint32_t flags;  /* BNN_STE_... */
    uint32_t levels; /* bnn_levels */

    /* Describes a forward of its own as operations, BNN_LOWER_SIGN among them, that give its bits for
     * every input; as a layer's lower does. NULL: the network trains, but cannot be deployed, unless
     * forward is the sign (no forward, or one that draws). */
    int (*lower)(const void *params, uint32_t channels, bnn_lowering *lowering);
} bnn_ste;

/* ------------------------------------------------------------------------------------------
 * Ordering: the sequence of operations in a block.
 * ------------------------------------------------------------------------------------------ */

typedef enum bnn_position {
    BNN_POSITION_FIRST = 0,
    BNN_POSITION_HIDDEN = 1,
    BNN_POSITION_LAST = 2, /* gives the logits */
} bnn_position;

typedef struct bnn_block {
    uint32_t position;      /* bnn_position */
    int32_t pools;          /* the topology puts a pool in this block */
    int32_t binary_weights; /* this block's linear operation has binary weights */
    int32_t binary_inputs;  /* it sees binary inputs: a sign stands right before L */
    int32_t adds;           /* the topology adds the output of another block to that of this one */
} bnn_block;

typedef struct bnn_ordering {
    bnn_head head;

    /* The operations of a block, first to last, as a constant string of the letters L (linear
     * operation), P (pool), B (batch norm), A (activation), + (the addition of a block that adds).
     * Required. The host checks: L exactly once, the others at most once, P exactly when the block
     * pools, + only when it adds, and behind L, no A after the L of the last block. Of a block that
     * adds without a +, the host puts it in front of the first A behind L, or behind all. */
    const char *(*sequence)(const void *params, const bnn_block *block);

    const char *formula; /* in lines of plain text; may be NULL */
} bnn_ordering;

/* ------------------------------------------------------------------------------------------
 * Optimizer: updates one tensor at a time. Any thread, on its own memory.
 * ------------------------------------------------------------------------------------------ */

enum { BNN_SLOTS_MAX = 4 };

typedef struct bnn_step {
    uint64_t t;     /* 1 for the first step of the run */
    double lr;      /* learning rate of this step, schedule applied */
    int32_t latent; /* w are latent weights: a form of them acts, the host clips them afterwards */
    int32_t decays; /* weight decay applies (weights; not biases, scales, shifts) */
} bnn_step;

enum {
    /* Updates latent binary weights only, whose signs act: those of a form with BNN_FORM_SIGN. */
    BNN_OPTIMIZER_BINARY_ONLY = 1,
};

typedef struct bnn_optimizer {
    bnn_head head;
    uint32_t n_slots;  /* arrays of n floats kept per tensor, zero at the start */
    uint32_t flags;    /* BNN_OPTIMIZER_... */
    double default_lr; /* learning rate when the spec gives none */

    /* w -= ... for n elements, with gradient g and slots. Required. Element by element: the host
     * may hand over a tensor in slices. */
    void (*step)(const bnn_context *ctx, const void *params, const bnn_step *step, size_t n,
                 float *w, const float *g, float *const *slots);

    const char *formula; /* in lines of plain text; may be NULL */
} bnn_optimizer;

/* ------------------------------------------------------------------------------------------
 * Layer: y = f(x, tensors).
 * ------------------------------------------------------------------------------------------ */

typedef struct bnn_shape {
    uint32_t c, h, w; /* channels, height, width; a flat vector is {features, 1, 1} */
} bnn_shape;

/* What a layer is in a block: the letter it answers to in an ordering. */
typedef enum bnn_role {
    BNN_ROLE_LINEAR = 'L', /* multiplies by weights, which can be binarized; or stands for that */
    BNN_ROLE_POOL = 'P',
    BNN_ROLE_NORM = 'B',
    BNN_ROLE_ACTIVATION = 'A',
    BNN_ROLE_REGULARIZER = 'R', /* changes nothing in inference */
    BNN_ROLE_BEFORE_SIGN = 'H', /* stands in front of a sign, in no ordering: a learned shift */
    BNN_ROLE_QUANTIZER = 'Q',   /* gives whole numbers, for a linear layer; in no ordering */
} bnn_role;

typedef enum bnn_tensor_kind {
    BNN_TENSOR_WEIGHT = 1, /* trained, multiplied with inputs; the host may binarize it */
    BNN_TENSOR_VECTOR = 2, /* trained, kept in float: bias, scale, shift, slope */
    BNN_TENSOR_STATE = 3,  /* not trained, saved with the model: running statistics */
} bnn_tensor_kind;

typedef struct bnn_tensor {
    const char *name; /* "weight", "bias", ... */
    uint32_t kind;    /* bnn_tensor_kind */
    uint32_t dims[4]; /* slowest first; unused ones are 1 */
    float fill;       /* initial value of every element, or ... */
    float uniform;    /* ... if positive: uniform in [-uniform, uniform] */
} bnn_tensor;

enum { BNN_TENSORS_MAX = 8 };

typedef struct bnn_layer_plan {
    /* Set by the host. */
    bnn_shape in;
    uint32_t lanes;
    int32_t binary_weights;     /* the weight tensor will hold -1 and +1 only */
    int32_t binary_inputs;      /* so will the inputs */
    float pad_value;            /* what lies beyond the border: 0, or -1 or +1 for binary inputs */
    const bnn_kernels *kernels; /* for their scratch sizes */

    /* Set by the layer. */
    bnn_shape out;
    uint32_t n_tensors;
    bnn_tensor tensors[BNN_TENSORS_MAX];
    size_t n_saved;   /* floats kept from forward to backward, private to this layer */
    size_t n_scratch; /* floats of scratch, undefined at each call, shared with other layers */
    uint64_t macs;    /* multiply-accumulates per image, forward */

    /* Stops the plan with a message; returns a negative number to return. */
    int (*fail)(struct bnn_layer_plan *plan, const char *format, ...);
    void *host; /* the host's own */

    /* Set by the host, too. */
    int32_t latent_weights; /* a form makes the weights that act, binary or of other levels */

    /* Set by the layer. */
    uint64_t deployed_bits; /* of its tensors, once deployed; 0: the host counts them */

    /* Set by a layer of role Q; the host has set 0 and 0. */
    int32_t code_min, code_max; /* y is one of code_min, code_min + 1, ... code_max, 0 among them */
} bnn_layer_plan;

typedef struct bnn_layer_io {
    bnn_shape in, out;
    uint32_t n, lanes;      /* images in this batch; lanes */
    int32_t training;       /* 0: inference (running statistics, no dropout) */
    int32_t binary_weights; /* as in the plan */
    int32_t binary_inputs;
    float pad_value;
    const float *x;          /* [in][lanes] */
    float *y;                /* [out][lanes] */
    const float *gy;         /* backward: [out][lanes] */
    float *gx;               /* backward: [in][lanes], NULL when nobody needs it */
    float *const *tensors;   /* [BNN_TENSORS_MAX]: in plan order, then NULL; weights as they act */
    float *const *gradients; /* likewise; backward: overwritten; NULL for states */
    float *saved;
    float *scratch;
    const float *noise; /* regularizers in training: uniform [0,1), [out][lanes] */
    float share; /* training: of this batch in running statistics, where they are made anew; 0: the
                    layer's own */
    int32_t relaxed; /* a layer that gives bits gives the numbers between, whose derivative its
                        gradients are, whatever else it would do */
    float *
        step; /* role Q: forward and lower write what a code of 1 stands for, finite and above 0: the
                    host multiplies the sums of codes by it, and gy has it, too: step * dL/dvalue;
                    else NULL */
} bnn_layer_io;

enum {
    BNN_LAYER_NONNEGATIVE = 1, /* y >= 0 always: a sign behind it would be constant */
    BNN_LAYER_KEEPS_SIGN = 2,  /* nonnegative in, nonnegative out (pools, dropout) */

    /* Bits are -1 and +1; in training they may be numbers between. Where bits flow from one layer to
     * the next, there is no norm and no activation between them. */
    BNN_LAYER_TAKES_BITS = 4,   /* linear: the host puts a sign in front where there are none */
    BNN_LAYER_GIVES_BITS = 8,   /* linear: its outputs are bits */
    BNN_LAYER_KEEPS_BITS = 16,  /* a pool: bits in, bits out */
    BNN_LAYER_SEES_PIXELS = 32, /* linear: stands in the first block only */
    BNN_LAYER_WEIGHTLESS = 64,  /* linear, but it has no weight tensor, so nothing to binarize */
};

/* What a layer is in inference: one or several of these operations. The arithmetic is part of the promise,
 * down to the order of operations, since a deployed network answers with the same bits. fma is one
 * rounding; c is the channel; sums run over the inputs in the order of memory (channel, row,
 * column). */
typedef enum bnn_lower_op {
    BNN_LOWER_IDENTITY = 0, /* y = x */
    BNN_LOWER_CONV2D = 1,   /* y = bias, or 0; then y = fma(weight, x, y) for each tap, where zero
                               padding is no tap; taps are of the channels of its group */
    BNN_LOWER_DENSE = 2,    /* likewise over all inputs */
    BNN_LOWER_AFFINE = 3,   /* y = fma(x, factor[c], offset[c]) */
    BNN_LOWER_CLAMP = 4,    /* t = low > x ? low : x; y = high < t ? high : t */
    BNN_LOWER_SLOPE = 5,    /* y = x * (x >= 0 ? 1 : factor[c]) */
    BNN_LOWER_MAXPOOL = 6,  /* y = first; then y = x > y ? x : y for the others of the window */
    BNN_LOWER_AVGPOOL = 7,  /* y = sum of the window, first to last, * (1 / area) */
    BNN_LOWER_SIGN = 8,     /* y = x >= 0 ? +1 : -1; the host's own and STEs', not a layer's */
    BNN_LOWER_SLOPES = 9,   /* y = x * (x >= 0 ? offset[c] : factor[c]) */
    BNN_LOWER_THERMOMETER = 10, /* y[(c levels + l)][h][w] = x[c][h][w] >= threshold[y] ? +1 : -1 */
    BNN_LOWER_TABLE = 11,       /* y[j] = bit m of tables[j] ? +1 : -1; bit i of m: input i of j is
                                 x[wires[j][i]], and that is >= 0 */
    BNN_LOWER_GROUP_SUM = 12,   /* y[g] = first of the group; then y = y + x for its others; groups
                                 are neighbours in the order of memory, of equal size */
    BNN_LOWER_KINDS,            /* behind the last */
} bnn_lower_op;

/* What a layer's start draws from. */
typedef struct bnn_start {
    /* n random words of 32 bits, from position `first` of stream `stream` (below 256): the same for the
     * same seed and place in the topology, on every machine. */
    void (*bits)(const struct bnn_start *start, uint32_t stream, uint64_t first, size_t n,
                 uint32_t *out);
    const void *host; /* the host's own */
} bnn_start;

/* What a layer's fit is told of the images that a run trains on. */
typedef struct bnn_pixel_counts {
    uint32_t n_images;
    /* [256]: how many images have each value there; pixel: its place in [c][h][w]. */
    const uint32_t *(*of_pixel)(const struct bnn_pixel_counts *counts, uint32_t pixel);
    void *host; /* the host's own */
} bnn_pixel_counts;

struct bnn_lowering {
    /* Set by the host. */
    float *factor; /* [in.c], for the layer to fill in: affine, slope, slopes */
    float *offset; /* [in.c], likewise: affine, slopes */

    /* Set by the layer; zero before. */
    uint32_t op;                      /* bnn_lower_op */
    uint32_t kernel, stride, padding; /* conv2d; a pool's kernel is its window */
    const float *weight;              /* conv2d, dense: one of io->tensors */
    const float *bias;                /* likewise; NULL: none */
    float low, high;                  /* clamp */

    /* Stops with a message: this layer, with these parameters, is none of the operations. Returns
     * a negative number to return. */
    int (*fail)(struct bnn_lowering *lowering, const char *format, ...);
    void *host; /* the host's own */

    /* For a layer that is several operations, one behind the other: takes what is set as the next
     * of them, copies factor and offset, and clears what the layer sets. What is set when lower
     * returns is the last, so a layer that is one operation needs no emit. At most BNN_EMITS_MAX
     * calls. Returns 0, or a negative number to return. */
    int (*emit)(struct bnn_lowering *lowering);

    /* Set by the host where the layer gives bits, for it to fill in; and how many there are. emit copies
     * and keeps them, as factor and offset. */
    float *thresholds; /* thermometer: [out], in the order of its outputs; numbers */
    uint32_t *wires;   /* table: [out][inputs], with room for BNN_GATE_INPUTS_MAX */
    uint64_t *tables;  /* table: [out] */
    uint32_t inputs;   /* table: of each output, 1 to BNN_GATE_INPUTS_MAX */
    uint32_t levels;   /* thermometer */

    /* Set by the layer; zero before. conv2d: so many groups of channels, of which output channels see those
     * inputs only that are the same part of all; both can be divided so. 0 is 1. */
    uint32_t groups;
};

enum { BNN_EMITS_MAX = 7, BNN_GATE_INPUTS_MAX = 6 };

typedef struct bnn_layer {
    bnn_head head;
    uint32_t role;  /* bnn_role */
    uint32_t flags; /* BNN_LAYER_... */

    /* Shapes, tensors and memory for an input shape. Required. Pure: the same answer each time.
     * Returns 0, or what plan->fail returned. */
    int (*plan)(const void *params, bnn_layer_plan *plan);

    /* Required. x is kept until backward by the host, y too. */
    void (*forward)(const bnn_context *ctx, const void *params, const bnn_layer_io *io);

    /* Required. Writes gx (unless NULL) and the gradients. gx is never gy. */
    void (*backward)(const bnn_context *ctx, const void *params, const bnn_layer_io *io);

    /* Describes the layer with its trained tensors as operations that give, for every input, the
     * bits that forward gives in inference. Reads shapes, pad value and tensors of io; x and y
     * are not there. Pure. Returns 0, or what lowering->fail returned. NULL: a network with this
     * layer can be trained, but not exported or run by the engine. */
    int (*lower)(const void *params, const bnn_layer_io *io, bnn_lowering *lowering);

    const char *formula; /* in lines of plain text; may be NULL */

    /* Writes initial values that neither a fill nor a uniform distribution says, into the tensors of
     * io, which have those; scratch is there, x and y are not. Once for each new network; pure but for
     * what it draws. NULL: the tensors stay as they are. */
    void (*start)(const void *params, const bnn_layer_io *io, const bnn_start *start);

    /* Required of role Q, whose y rises with x or stays. Writes y before it is rounded, and the step: the
     * conformance test checks that codes are the nearest to it, and gradients against differences of
     * step * y; for a tensor, what rounding adds may be a constant of it. */
    void (*proxy)(const bnn_context *ctx, const void *params, const bnn_layer_io *io);

    /* Of role Q. Writes its tensors as they are to begin with, for the n images that it sees first in
     * training, but for tensors that come from another run. NULL: as the plan fills them. Pure. */
    void (*calibrate)(const bnn_context *ctx, const void *params, const bnn_layer_io *io);

    /* Of a layer that sees pixels. Writes tensors, which have what start has left, for the images that
     * the network is about to be trained on, without those that are held out, and as they are, not as
     * they are augmented; scratch is there, x and y are not. Not called where no training follows, nor
     * where tensors come from another run. Pure. NULL: nothing to do. */
    void (*fit)(const void *params, const bnn_layer_io *io, const bnn_pixel_counts *counts);
} bnn_layer;

/* ------------------------------------------------------------------------------------------
 * Form: what binarized weights are. The layer multiplies with scale * codes, both made of the latent
 * weights, which are trained.
 * ------------------------------------------------------------------------------------------ */

typedef enum bnn_scale {
    BNN_SCALE_NONE = 0,   /* the codes act as they are */
    BNN_SCALE_TENSOR = 1, /* one for all weights of the layer */
    BNN_SCALE_FILTER = 2, /* one for each output channel */
} bnn_scale;

enum { BNN_FORM_TENSORS_MAX = 4 };

typedef struct bnn_form_plan {
    /* Set by the host. */
    uint32_t filters, taps;     /* output channels, and the weights of each */
    const bnn_kernels *kernels; /* as those of the context */

    /* Set by the form; the host has set codes of -1 and +1, and no scale. */
    int32_t code_min, code_max; /* the codes are code_min, code_min + code_step, ... code_max, */
    int32_t code_step;          /* or any real numbers: 0 */
    uint32_t scale;             /* bnn_scale */
    uint32_t n_tensors;         /* its own, beside the latent weights */
    bnn_tensor tensors[BNN_FORM_TENSORS_MAX]; /* BNN_TENSOR_VECTOR or _STATE */
    size_t n_saved; /* floats of its own, to keep from forward to backward or to work in */

    /* Stops the plan with a message; returns a negative number to return. */
    int (*fail)(struct bnn_form_plan *plan, const char *format, ...);
    void *host; /* the host's own */
} bnn_form_plan;

typedef struct bnn_form_io {
    uint32_t filters, taps;
    const float *latent;   /* [filters][taps] */
    float *codes;          /* [filters][taps]: what forward writes; backward may read it */
    float *scale;          /* [filters], likewise; NULL without one. Of a tensor: all the same */
    const float *gcodes;   /* backward: dL/dcodes, [filters][taps]; with respect to what the layer
                                multiplied with, the scale's part included: scale * dL/dweight */
    const float *gscale;   /* backward: dL/dscale, [filters]: the sum of dL/dweight * code over the
                                filter; NULL without one */
    float *glatent;        /* backward writes dL/dlatent; it may be gcodes */
    float *const *tensors; /* [BNN_FORM_TENSORS_MAX]: its own, in plan order, then NULL */
    float *const *gradients; /* likewise; backward: overwritten; NULL for states */
    float *saved;            /* [n_saved] */

    /* The STE of the weights that the spec names, on n values: their codes, -1 and +1; and gx = its
     * gradient at x. codes lies in io->codes where the weights do that x stands for, and gx in
     * io->glatent, likewise (it may be g, too): an STE that draws numbers has one for each place. */
    void (*binarize)(const struct bnn_form_io *io, size_t n, const float *x, float *codes);
    void (*through)(const struct bnn_form_io *io, size_t n, const float *x, const float *g,
                    float *gx);
    void *host; /* the host's own */
} bnn_form_io;

enum {
    BNN_FORM_ELEMENTWISE = 1, /* sees each weight by itself, has no scale and no tensors and saves
                                 nothing: the host may hand over any slice as one filter */
    BNN_FORM_SIGN = 2,        /* the codes are the STE's of the latent weights themselves */
};

typedef struct bnn_form {
    bnn_head head;
    uint32_t flags; /* BNN_FORM_... */

    /* Levels, scale, tensors and memory. NULL: codes of -1 and +1, without a scale, tensors or saved
     * floats. Pure; codes and scale do not depend on filters and taps. Returns 0, or what plan->fail
     * returned. */
    int (*plan)(const void *params, bnn_form_plan *plan);

    /* Writes all codes and scales, finite for finite latent weights, whatever they are: all equal,
     * zero, one tap. Required. The host may ask again for the same weights, and gets the same bits;
     * in evaluation and in the deployed network the form acts as with progress 1. */
    void (*forward)(const bnn_context *ctx, const void *params, const bnn_form_io *io);

    /* Writes glatent and the gradients, linear in gcodes and gscale together. Required. Once a
     * step, behind a forward pass; the only one that may change a state. */
    void (*backward)(const bnn_context *ctx, const void *params, const bnn_form_io *io);

    /* Called once an epoch, as an STE's. NULL: no schedule. */
    void (*schedule)(const bnn_context *ctx, const void *params, double progress, float state[4]);

    const char *formula; /* in lines of plain text; may be NULL */

    /* Writes codes before they are rounded, and scales: the conformance test checks that codes are the
     * nearest of the levels to them, and gradients against their differences, what rounding adds being
     * a constant. NULL: codes are not rounded. */
    void (*proxy)(const bnn_context *ctx, const void *params, const bnn_form_io *io);

    /* Writes its tensors as they are to begin with these latent weights, which may come from another
     * run; once, before training, but for tensors that come from there, too. NULL: as the plan
     * fills them. Pure. */
    void (*start)(const bnn_context *ctx, const void *params, const bnn_form_io *io);
} bnn_form;

/* ------------------------------------------------------------------------------------------
 * Kernels: the host's numeric loops, one table per instruction set, all with the same bits.
 * ------------------------------------------------------------------------------------------ */

/* A 2-D convolution with square kernel, stride and padding, in the deep-learning sense
 * (cross-correlation). Weights are w[out.c][in.c][kernel][kernel]. */
typedef struct bnn_conv {
    bnn_shape in, out;
    uint32_t kernel, stride, padding;
    float pad_value; /* what lies beyond the border */
    uint32_t lanes;
} bnn_conv;

/* A pool over square windows without padding. */
typedef struct bnn_pool {
    bnn_shape in, out;
    uint32_t size, stride;
    uint32_t lanes;
} bnn_pool;

/* Batch normalization over images and positions, one scale and shift per channel. */
typedef struct bnn_batchnorm {
    uint32_t channels, positions; /* positions = h * w */
    uint32_t n, lanes;            /* images in this batch; lanes */
    float epsilon;
    float momentum; /* share of the new batch in the running statistics */
} bnn_batchnorm;

/* Where the pixels of an image come from: pixel (x, y) from start + x right + y down, each a place
 * {across, down} in 1/65536 pixel, and bend added to it. What lies beyond the border is the nearest
 * pixel of it. */
typedef struct bnn_warp {
    uint32_t c, h, w; /* c planes of h rows of w pixels, at most 4096 */
    int32_t start[2], right[2], down[2];
    const float *bend; /* [2][h][w] in 1/65536 pixel, with BNN_LANES floats behind; or NULL */
} bnn_warp;

/* n gates of `inputs` pins each. What a gate computes is a polynomial of its pins that is linear in each: the
 * sum over sets of pins of a coefficient times their product. Bit i of a set's index is pin i. */
typedef struct bnn_gates {
    uint32_t inputs; /* 1 to BNN_GATE_INPUTS_MAX */
    uint32_t n;
    uint32_t features, lanes; /* of x */
    const uint32_t *wire;     /* [n][inputs]: which feature each pin is */
} bnn_gates;

struct bnn_kernels {
    uint32_t abi_version;
    uint32_t struct_size;
    const char *name; /* "avx512", "avx2", "neon", "portable" */

    /* Element by element. Errors against the true value, over all finite floats, in units in the
     * last place: exp 2, log 2, tanh 3. exp overflows to infinity and underflows to zero;
     * log of a negative number is NaN. y may be x. */
    void (*exp)(size_t n, const float *x, float *y);
    void (*log)(size_t n, const float *x, float *y);
    void (*tanh)(size_t n, const float *x, float *y);

    /* y = min(max(x, low), high), and gx = gy where low < x < high, else 0. */
    void (*clamp)(size_t n, float low, float high, const float *x, float *y);
    void (*clamp_gradient)(size_t n, float low, float high, const float *x, const float *gy,
                           float *gx);

    /* Convolution. bias and gbias may be NULL. Gradients overwrite their outputs.
     * scratch: conv2d_scratch(conv) floats. */
    size_t (*conv2d_scratch)(const bnn_conv *conv);
    void (*conv2d_forward)(const bnn_conv *conv, const float *x, const float *w, const float *bias,
                           float *y, float *scratch);
    void (*conv2d_input_gradient)(const bnn_conv *conv, const float *gy, const float *w, float *gx,
                                  float *scratch);
    void (*conv2d_weight_gradient)(const bnn_conv *conv, const float *x, const float *gy, float *gw,
                                   float *gbias, float *scratch);

    /* Dense layer, w[out][in]. scratch: dense_scratch(in, out, lanes) floats. */
    size_t (*dense_scratch)(uint32_t in, uint32_t out, uint32_t lanes);
    void (*dense_forward)(uint32_t in, uint32_t out, uint32_t lanes, const float *x, const float *w,
                          const float *bias, float *y, float *scratch);
    void (*dense_input_gradient)(uint32_t in, uint32_t out, uint32_t lanes, const float *gy,
                                 const float *w, float *gx, float *scratch);
    void (*dense_weight_gradient)(uint32_t in, uint32_t out, uint32_t lanes, const float *x,
                                  const float *gy, float *gw, float *gbias, float *scratch);

    /* Batch norm. mean[c] and inverse[c] = 1/sqrt(variance + epsilon) of the batch are outputs of
     * the training pass and inputs of the backward pass; the running statistics are updated
     * (variance unbiased, as in PyTorch). The inference pass uses the running statistics. */
    void (*batchnorm_forward)(const bnn_batchnorm *bn, const float *x, const float *scale,
                              const float *shift, float *mean, float *inverse, float *running_mean,
                              float *running_variance, float *y);
    void (*batchnorm_inference)(const bnn_batchnorm *bn, const float *x, const float *scale,
                                const float *shift, const float *running_mean,
                                const float *running_variance, float *y);
    void (*batchnorm_backward)(const bnn_batchnorm *bn, const float *x, const float *scale,
                               const float *mean, const float *inverse, const float *gy, float *gx,
                               float *gscale, float *gshift);

    /* Pools. The gradient of a maximum goes to the first largest element of the window. */
    void (*maxpool_forward)(const bnn_pool *pool, const float *x, float *y);
    void (*maxpool_backward)(const bnn_pool *pool, const float *x, const float *y, const float *gy,
                             float *gx);
    void (*avgpool_forward)(const bnn_pool *pool, const float *x, float *y);
    void (*avgpool_backward)(const bnn_pool *pool, const float *gy, float *gx);

    /* The sum of n floats and of n products, in BNN_LANES partial sums; x is padded with nothing,
     * n is any number. */
    float (*sum)(size_t n, const float *x);
    float (*dot)(size_t n, const float *x, const float *y);

    /* y[i] = x[i] >= 0 ? +1 : -1 (so sign(0) = sign(-0) = +1). y may be x. */
    void (*sign)(size_t n, const float *x, float *y);

    /* x[feature][lane] = (rows[lane][feature] - 128) / 128 for n images, 0 in the other lanes. */
    void (*load_pixels)(uint32_t n, uint32_t lanes, uint32_t features, const uint8_t *const *rows,
                        float *x);

    /* Losses over z[classes][lanes], labels[lanes]. gz gets the gradient of the mean loss over n
     * images, zero in the other lanes (NULL: not wanted). Adds to *loss the sum of the images'
     * losses and to *n_correct the images whose largest z (the first, when equal) is the label's.
     * cross_entropy: -log softmax. squared_hinge: mean over classes of max(0, 1 - t z)^2 with
     * t = +1 for the label, -1 for the others (Courbariaux & Hubara 2016).
     * scratch: 2 * lanes floats. */
    void (*cross_entropy)(uint32_t classes, uint32_t n, uint32_t lanes, const float *z,
                          const int32_t *labels, float *gz, float *scratch, double *loss,
                          uint32_t *n_correct);
    void (*squared_hinge)(uint32_t classes, uint32_t n, uint32_t lanes, const float *z,
                          const int32_t *labels, float *gz, float *scratch, double *loss,
                          uint32_t *n_correct);

    /* Forward passes for weights and inputs (and pad value) that are all -1 or +1, counted on bits:
     * the same result as the float kernels without bias, sooner. */
    size_t (*conv2d_binary_scratch)(const bnn_conv *conv);
    void (*conv2d_forward_binary)(const bnn_conv *conv, const float *x, const float *w, float *y,
                                  float *scratch);
    size_t (*dense_binary_scratch)(uint32_t in, uint32_t out, uint32_t lanes);
    void (*dense_forward_binary)(uint32_t in, uint32_t out, uint32_t lanes, const float *x,
                                 const float *w, float *y, float *scratch);

    /* y = the image x warped, each pixel the mean of the four that are nearest to where it comes
     * from, weighted by 1/256 and rounded. Behind x, w + 1 bytes can be read. No place may be beyond
     * 32000 pixels. scratch: warp_scratch(warp) floats. */
    size_t (*warp_scratch)(const bnn_warp *warp);
    void (*warp_pixels)(const bnn_warp *warp, const uint8_t *x, uint8_t *y, float *scratch);

    /* y[h][w] = x smoothed along rows, then along columns: weights[0] times itself, and weights[k],
     * up to radius, times the sum of both that are k away; borders are mirrors.
     * scratch: smooth_scratch(h, w, radius) floats. */
    size_t (*smooth_scratch)(uint32_t h, uint32_t w, uint32_t radius);
    void (*smooth_field)(uint32_t h, uint32_t w, uint32_t radius, const float *weights,
                         const float *x, float *y, float *scratch);

    /* Gates, c[n][2^inputs]: y[n][lanes] of x[features][lanes]. Backward: gc = dL/dc; and gx (NULL: not
     * wanted) as if the coefficients had been those of `slope`, which usually is c. Coefficients that
     * are the transform of a table of -1 and +1 give exactly that, on pins of -1 and +1. */
    void (*gates_forward)(const bnn_gates *gates, const float *c, const float *x, float *y);
    void (*gates_backward)(const bnn_gates *gates, const float *slope, const float *x,
                           const float *gy, float *gx, float *gc);
};

/* Not of the interface, but of use. */
#include <bnn/plugin_helpers.h>

#endif
