/* float_chain_template.h - operations of a chain over values in memory, [c][h][w] of one image.
 *
 * Parameters: simd/lanes.h; after float_stage_template.h. */

/* Elementwise steps; y may be x. A plane of one value has channels in the lanes. */
static void float_chain_steps(float_steps steps, bnn_shape shape, const float *x, float *y)
{
    const size_t plane = (size_t)shape.h * shape.w;
    if (plane == 1) {
        for (size_t c = 0; c < shape.c; c += VL) {
            vf v = load_part_f(x + c, shape.c - c);
            float_run_steps(LANES_OF_CHANNELS, steps, c, 1, 1, &v);
            store_part_f(y + c, shape.c - c, v);
        }
        return;
    }
    for (size_t c = 0; c < shape.c; c++, x += plane, y += plane)
        for (size_t i = 0; i < plane; i += VL) {
            vf v = load_part_f(x + i, plane - i);
            float_run_steps(LANES_OF_ONE_CHANNEL, steps, c, 1, 1, &v);
            store_part_f(y + i, plane - i, v);
        }
}

/* One row of the outputs of a 2x2 pool with stride 2. */
static void float_pool_row_of_four(const bnn_op *op, const float *x, float *y)
{
    const size_t n = op->out.w, row = op->in.w;
    for (size_t i = 0; i < n; i += VL) {
        const size_t left = 2 * (n - i), rest = left > VL ? left - VL : 0;
        const float *upper = x + 2 * i, *lower = upper + row;
        const vf a = load_part_f(upper, left), b = load_part_f(upper + VL, rest);
        const vf c = load_part_f(lower, left), d = load_part_f(lower + VL, rest);
        store_part_f(y + i, n - i,
                     float_pool_four(op, even_lanes_f(a, b), odd_lanes_f(a, b), even_lanes_f(c, d),
                                     odd_lanes_f(c, d)));
    }
}

INLINE bool float_is_pool_of_four(const bnn_op *op)
{
    return (op->type == BNN_LOWER_MAXPOOL || op->type == BNN_LOWER_AVGPOOL) && op->kernel == 2 &&
           op->stride == 2;
}

static void float_chain_pool_of_four(const bnn_op *op, const float *x, float *y)
{
    for (size_t c = 0; c < op->out.c; c++, x += (size_t)op->in.h * op->in.w)
        for (size_t h = 0; h < op->out.h; h++, y += op->out.w)
            float_pool_row_of_four(op, x + 2 * h * op->in.w, y);
}

/* Whether vectors run an operation on single values (step_value knows it). */
INLINE bool float_is_step(const bnn_op *op)
{
    return op->type == BNN_LOWER_AFFINE || op->type == BNN_LOWER_CLAMP ||
           op->type == BNN_LOWER_SLOPE || op->type == BNN_LOWER_SLOPES ||
           op->type == BNN_LOWER_SIGN;
}

/* The end of the steps from chain[at] on. */
INLINE uint32_t float_steps_end(const bnn_stage *s, uint32_t at)
{
    while (at < s->n_chain && float_is_step(&s->chain[at]))
        at++;
    return at;
}

/* chain[at..end) on x, into y; what vectors do not know, as its row has it. spare: two buffers for
 * values in between; x may be the second. */
static void float_run_operations(const bnn_float_stage *f, uint32_t at, uint32_t end,
                                 const float *x, float *y, float *const spare[2])
{
    const bnn_stage *s = f->stage;
    if (at == end)
        memcpy(y, x, bnn_shape_values(at < s->n_chain ? s->chain[at].in : s->out) * sizeof *y);
    for (int turn = 0; at < end; turn ^= 1) {
        const bnn_op *op = &f->chain[at];
        uint32_t next = float_is_step(op) ? float_steps_end(s, at) : at + 1;
        next = next < end ? next : end;
        float *to = next == end ? y : spare[turn];
        if (float_is_step(op))
            float_chain_steps((float_steps){op, next - at}, op->in, x, to);
        else if (float_is_pool_of_four(op))
            float_chain_pool_of_four(op, x, to);
        else
            bnn_op_apply(op, x, to);
        x = to;
        at = next;
    }
}
