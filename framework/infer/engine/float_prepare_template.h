/* float_prepare_template.h - how a stage is to be computed, and its weights laid out for that.
 *
 * Parameters: simd/lanes.h; after float_chain_template.h and float_images_template.h. */

/* Floats of a workspace for one method; a convolution that needs more is left to another. */
#define COPY_VALUES_MAX ((size_t)1 << 25)

/* Has n values, or zeros where there are none, followed by zeros up to a multiple of LANES; false
 * without memory. */
static bool float_pad_values(bnn_arena *arena, const float **x, size_t n)
{
    float *out = bnn_arena_alloc(arena, round_up(n, LANES), sizeof *out);
    if (out != NULL && *x != NULL)
        memcpy(out, *x, n * sizeof *out);
    *x = out;
    return out != NULL;
}

/* ---- the chain --------------------------------------------------------------------------- */

static int float_prepare_chain(bnn_float_stage *f, bnn_arena *arena, bnn_error *err)
{
    const bnn_stage *s = f->stage;
    bnn_op *chain = bnn_arena_copy(arena, s->chain, s->n_chain, sizeof *chain);
    if (chain == NULL)
        return bnn_no_memory(err);
    f->chain = chain;
    for (bnn_op *op = chain; op < chain + s->n_chain; op++) {
        f->rest_values = bnn_size_larger(f->rest_values, bnn_shape_values(op->out));
        if (!float_pad_values(arena, &op->factor, op->in.c) ||
            !float_pad_values(arena, &op->offset, op->in.c))
            return bnn_no_memory(err);
    }
    return BNN_OK;
}

/* Which operations of the chain run on the registers. */
static void float_fuse(bnn_float_stage *f)
{
    const bnn_stage *s = f->stage;
    const uint32_t first = float_steps_end(s, 0);
    f->before = (float_steps){f->chain, first};
    f->n_fused = first;
    f->fused_out = s->op.out;
    f->rows = s->op.out.h;
    f->columns = s->op.out.w;
    if (first == s->n_chain || !float_is_pool_of_four(&s->chain[first]) || f->method == FLOAT_DENSE)
        return;
    f->pool = &f->chain[first];
    f->n_fused = float_steps_end(s, first + 1);
    f->after = (float_steps){f->chain + first + 1, f->n_fused - first - 1};
    f->fused_out = f->pool->out;
    f->rows = 2 * f->pool->out.h;
    f->columns = 2 * f->pool->out.w;
}

/* ---- weights ----------------------------------------------------------------------------- */

/* How many channels from c on have their weights side by side: of one group. */
static size_t float_pack_width(const bnn_float_stage *f, float_method method, size_t c)
{
    size_t size = VL;
    if (method == FLOAT_DENSE)
        return round_up(f->stage->op.out.c, LANES);
    if (method == FLOAT_ROWS)
        float_rows_tile_size(float_left_of_group(f->stage, c), &size);
    return size;
}

/* [channels / width][taps][width], 0 for channels that do not exist. */
static int float_pack(const bnn_float_stage *f, float_method method, bnn_arena *arena,
                      const float **out, bnn_error *err)
{
    const size_t taps = f->stage->taps, channels = f->stage->op.out.c;
    float *packed = bnn_arena_alloc(arena, round_up(channels, LANES) * taps, sizeof *packed);
    if (packed == NULL)
        return bnn_no_memory(err);
    *out = packed;
    for (size_t c = 0, width; c < channels; c += width, packed += width * taps) {
        width = float_pack_width(f, method, c);
        for (size_t i = 0; i < width && c + i < channels; i++)
            for (size_t k = 0; k < taps; k++)
                packed[k * width + i] = f->linear.weight[(c + i) * taps + k];
    }
    return BNN_OK;
}

/* ---- convolutions ------------------------------------------------------------------------ */

/* The least input that will do for a padding with zeros; 0: any; infinity: none. */
static float float_least_input(const bnn_float_stage *f)
{
    const bnn_stage *s = f->stage;
    const size_t n = (size_t)s->op.out.c * s->taps;
    float least = 1.0f;
    if (s->op.padding == 0 || s->op.pad_value != 0)
        return 0.0f;
    for (size_t i = 0; i < n; i++) {
        const float w = fabsf(f->linear.weight[i]);
        if (!isfinite(w))
            return INFINITY;
        least = w > 0.0f && w < least ? w : least;
    }
    /* Of at least 2^-60, so that inputs of 2^-43 will do. */
    if (least < 0x1p-60f)
        return INFINITY;
    for (size_t c = 0; s->op.bias != NULL && c < s->op.out.c; c++)
        if (s->op.bias[c] == 0.0f && signbit(s->op.bias[c]))
            return INFINITY;
    return 0x1p-43f;
}

/* Full vectors of columns, or full vectors of channels? */
static float_method float_conv_method(const bnn_stage *s)
{
    const size_t columns = s->op.out.w, channels = s->op.out.c;
    if (bnn_op_groups(&s->op) > 1) /* whose channels see different inputs */
        return FLOAT_ROWS;
    return columns * round_up(channels, VL) >= channels * round_up(columns, VL) ? FLOAT_ROWS
                                                                                : FLOAT_CHANNELS;
}

/* Sizes of the copy; false when it is too large. */
static bool float_size_copy(bnn_float_stage *f)
{
    const bnn_stage *s = f->stage;
    const size_t width = ((size_t)s->op.in.w + 2 * s->op.padding + s->op.stride - 1) / s->op.stride;
    const size_t read = round_up(f->columns, VL) + (s->op.kernel - 1) / s->op.stride;
    f->copies = f->method == FLOAT_ROWS || s->op.padding > 0 || s->op.stride > 1;
    const size_t lead =
        f->copies && s->op.stride == 1 ? round_up(s->op.padding, VL) - s->op.padding : 0;
    size_t columns = s->op.in.w;
    if (f->copies)
        columns = round_up(lead + (read > width ? read : width), VL);
    const size_t rows = (size_t)s->op.in.h + 2 * s->op.padding;
    const size_t values = columns * s->op.stride;
    if (values > COPY_VALUES_MAX / rows / s->op.in.c)
        return false;
    f->copy_lead = (uint32_t)lead;
    f->copy_columns = (uint32_t)columns;
    f->copy_rows = (uint32_t)rows;
    f->copy_values = f->copies ? s->op.in.c * rows * values : 0;
    if (f->method == FLOAT_CHANNELS)
        f->temporary_values = (size_t)f->fused_out.h * f->fused_out.w * VL;
    return true;
}

static int float_find_offsets(bnn_float_stage *f, bnn_arena *arena, bnn_error *err)
{
    const bnn_stage *s = f->stage;
    const size_t k = s->op.kernel, stride = s->op.stride, row = stride * f->copy_columns;
    uint32_t *offset = bnn_arena_alloc(arena, s->taps, sizeof *offset);
    if (offset == NULL)
        return bnn_no_memory(err);
    f->offset = offset;
    for (size_t c = 0; c < bnn_op_group_in(&s->op); c++)
        for (size_t kh = 0; kh < k; kh++)
            for (size_t kw = 0; kw < k; kw++)
                *offset++ = (uint32_t)((c * f->copy_rows + kh) * row +
                                       kw % stride * f->copy_columns + kw / stride);
    return BNN_OK;
}

static int float_prepare_conv(bnn_float_stage *f, bnn_arena *arena, bnn_error *err)
{
    const bnn_stage *s = f->stage;
    f->method = float_conv_method(s);
    float_fuse(f);
    f->least_input = float_least_input(f);
    if (!float_size_copy(f)) {
        f->least_input = INFINITY;
        return BNN_OK;
    }
    int status = float_find_offsets(f, arena, err);
    if (status == BNN_OK)
        status = float_pack(f, f->method, arena, &f->packed, err);
    const size_t values = float_block_values(s) + BLOCK * bnn_shape_values(f->fused_out);
    if (status != BNN_OK || values > COPY_VALUES_MAX)
        return status;
    f->images_values = values;
    f->packed_images = f->packed;
    return f->method == FLOAT_ROWS ? BNN_OK
                                   : float_pack(f, FLOAT_ROWS, arena, &f->packed_images, err);
}

static int float_prepare_linear(bnn_float_stage *f, bnn_arena *arena, bnn_error *err)
{
    const int status = bnn_stage_linear(f->stage, arena, &f->linear, err);
    if (status != BNN_OK)
        return status;
    f->bias = f->stage->op.bias;
    if (!float_pad_values(arena, &f->bias, f->stage->op.out.c))
        return bnn_no_memory(err);
    if (f->stage->op.type == BNN_LOWER_CONV2D)
        return float_prepare_conv(f, arena, err);
    f->method = FLOAT_DENSE;
    float_fuse(f);
    return float_pack(f, FLOAT_DENSE, arena, &f->packed, err);
}

static int float_prepare(const bnn_stage *stage, bool of_sums, bnn_arena *arena,
                         bnn_float_stage **out, bnn_error *err)
{
    bnn_float_stage *f = bnn_arena_alloc(arena, 1, sizeof *f);
    if (f == NULL)
        return bnn_no_memory(err);
    *f = (bnn_float_stage){.stage = stage, .rest_values = bnn_shape_values(stage->op.out)};
    int status = float_prepare_chain(f, arena, err);
    if (status == BNN_OK && !of_sums && stage->op.type != BNN_LOWER_IDENTITY)
        status = float_prepare_linear(f, arena, err);
    if (status == BNN_OK)
        *out = f;
    return status;
}

#undef COPY_VALUES_MAX
