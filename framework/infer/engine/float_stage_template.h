/* float_stage_template.h - a prepared stage with float sums, and the steps behind its sums.
 *
 * Where it can be done, the operations behind the sums run on the registers that hold them: the
 * elementwise ones up to the first pool, a pool of 2x2 with stride 2, and the elementwise ones
 * behind that. The rest of the chain, if there is one, goes over the outputs in memory.
 *
 * Parameters: simd/lanes.h; SUMS_IN_REGISTERS, the accumulators of a tile: 12 or 24. */

/* Elementwise operations. Factors and offsets: [channels], zeros up to a multiple of LANES and where
 * there are none. */
typedef struct float_steps {
    const bnn_op *op;
    uint32_t n;
} float_steps;

/* How a linear operation is computed. */
typedef enum float_method {
    FLOAT_NONE,     /* there is none, or its sums are not ours to compute */
    FLOAT_DENSE,    /* lanes are outputs */
    FLOAT_ROWS,     /* convolution: lanes are the columns of an output row */
    FLOAT_CHANNELS, /* convolution: lanes are output channels */
} float_method;

struct bnn_float_stage {
    const bnn_stage *stage;
    const bnn_op *chain; /* the stage's, to be run as steps */
    bnn_op linear;       /* with weights as floats */
    float_method method;
    const float *bias; /* [op.out.c], zeros likewise */
    /* What runs on the registers. */
    float_steps before, after;
    const bnn_op *pool; /* 2x2, stride 2; NULL: none */
    uint32_t n_fused;   /* operations of the chain that this makes */
    bnn_shape fused_out;

    const float *packed;        /* weights as the method wants them */
    const float *packed_images; /* a convolution's for lanes that are images; NULL: too large */
    /* A convolution reads a copy of its inputs with the padding around it, in which every
     * stride-th column is a neighbour: [in.c][copy_rows][stride][copy_columns]. With stride 1, rows
     * begin with copy_lead columns of nothing, so that their inputs are aligned. */
    bool copies;
    uint32_t copy_rows, copy_columns, copy_lead;
    uint32_t rows, columns; /* of the sums that the outputs depend on */
    const uint32_t *offset; /* [taps]: where a tap is in the copy, from that of the first */
    float least_input;      /* see float_copy_template.h; 0: any input will do, infinity: none */
    size_t copy_values, temporary_values, images_values, rest_values; /* of a workspace */
};

/* One step on a vector; factor and offset are those of its lanes. */
INLINE vf float_step_value(const bnn_lower_op type, const bnn_op *step, vf x, vf factor, vf offset)
{
    switch (type) {
    case BNN_LOWER_AFFINE:
        return fma_f(x, factor, offset);
    case BNN_LOWER_CLAMP:
        return min_f(splat_f(step->high), max_f(splat_f(step->low), x));
    case BNN_LOWER_SLOPE:
        return x * select_f(x >= splat_f(0.0f), splat_f(1.0f), factor);
    case BNN_LOWER_SLOPES:
        return x * select_f(x >= splat_f(0.0f), offset, factor);
    case BNN_LOWER_SIGN:
        return select_f(x >= splat_f(0.0f), splat_f(1.0f), splat_f(-1.0f));
    default:
        return x;
    }
}

/* The lanes' factors or offsets where all lanes are of one channel, or of channels from c on. */
typedef enum lanes_are { LANES_OF_ONE_CHANNEL, LANES_OF_CHANNELS } lanes_are;

INLINE vf float_channel_values(lanes_are kind, const float *values, size_t c)
{
    return kind == LANES_OF_CHANNELS ? load_f(values + c) : splat_f(values[c]);
}

/* One step on vectors x[channels][n] of channels c, c + 1, ..; where the lanes are channels, there
 * is one row of vectors, whose lanes are channels from c on. */
INLINE void float_run_step(const bnn_lower_op type, lanes_are kind, const bnn_op *step, size_t c,
                           const int channels, const int n, vf *x)
{
    UNROLL
    for (int i = 0; i < channels * n; i++) {
        const size_t channel = c + (size_t)(i / n);
        x[i] = float_step_value(type, step, x[i], float_channel_values(kind, step->factor, channel),
                                float_channel_values(kind, step->offset, channel));
    }
}

INLINE void float_run_steps(lanes_are kind, float_steps steps, size_t c, const int channels,
                            const int n, vf *x)
{
    for (uint32_t s = 0; s < steps.n; s++) {
        const bnn_op *step = &steps.op[s];
        switch (step->type) {
        case BNN_LOWER_AFFINE:
            float_run_step(BNN_LOWER_AFFINE, kind, step, c, channels, n, x);
            break;
        case BNN_LOWER_CLAMP:
            float_run_step(BNN_LOWER_CLAMP, kind, step, c, channels, n, x);
            break;
        case BNN_LOWER_SLOPE:
            float_run_step(BNN_LOWER_SLOPE, kind, step, c, channels, n, x);
            break;
        case BNN_LOWER_SLOPES:
            float_run_step(BNN_LOWER_SLOPES, kind, step, c, channels, n, x);
            break;
        case BNN_LOWER_SIGN:
            float_run_step(BNN_LOWER_SIGN, kind, step, c, channels, n, x);
            break;
        default:
            break;
        }
    }
}

/* A pool over windows of two by two values, in their order. */
INLINE vf float_pool_four(const bnn_op *pool, vf a, vf b, vf c, vf d)
{
    if (pool->type == BNN_LOWER_MAXPOOL)
        return max_f(d, max_f(c, max_f(b, a)));
    return (a + b + c + d) * splat_f(0.25f);
}
