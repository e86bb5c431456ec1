/* float_prepare_template.h - how a stage is to be computed, and its weights laid out for that.
 *
 * Parameters: simd/lanes.h; after float_chain_template.h and float_images_template.h. */

/* Floats of a workspace for one method; a convolution that needs more is left to another. */
#define COPY_VALUES_MAX ((size_t)1 << 25)

/* n values, and zeros up to a multiple of LANES; x may be NULL for zeros. */
static float *float_padded_values(bnn_arena *arena, const float *x, size_t n)
{
    float *out = bnn_arena_alloc(arena, round_up(n, LANES), sizeof *out);
    if (out != NULL && x != NULL)
        memcpy(out, x, n * sizeof *out);
    return out;
}

/* ---- the chain --------------------------------------------------------------------------- */

static int float_prepare_steps(bnn_float_stage *f, bnn_arena *arena, bnn_error *err)
{
    const bnn_stage *s = f->stage;
    float_step *steps = bnn_arena_alloc(arena, s->n_chain, sizeof *steps);
    bool complete = steps != NULL;
    for (uint32_t i = 0; complete && i < s->n_chain; i++) {
        const bnn_op *op = &s->chain[i];
        steps[i] = (float_step){.type = op->type, .low = op->low, .high = op->high};
        if (op->factor != NULL)
            complete &=
                (steps[i].factor = float_padded_values(arena, op->factor, op->in.c)) != NULL;
        if (op->offset != NULL)
            complete &=
                (steps[i].offset = float_padded_values(arena, op->offset, op->in.c)) != NULL;
        const size_t n = bnn_shape_values(op->out);
        f->rest_values = f->rest_values > n ? f->rest_values : n;
    }
    f->steps = steps;
    return complete ? BNN_OK : bnn_no_memory(err);
}

/* Which operations of the chain run on the registers. */
static void float_fuse(bnn_float_stage *f)
{
    const bnn_stage *s = f->stage;
    const uint32_t first = float_steps_end(s, 0);
    f->before = (float_steps){f->steps, first};
    f->n_fused = first;
    f->fused_out = s->sums;
    f->rows = s->sums.h;
    f->columns = s->sums.w;
    if (first == s->n_chain || !float_is_pool_of_four(&s->chain[first]) || f->method == FLOAT_DENSE)
        return;
    f->pool = &s->chain[first];
    f->n_fused = float_steps_end(s, first + 1);
    f->after = (float_steps){f->steps + first + 1, f->n_fused - first - 1};
    f->fused_out = f->pool->out;
    f->rows = 2 * f->pool->out.h;
    f->columns = 2 * f->pool->out.w;
}

/* ---- weights ----------------------------------------------------------------------------- */

static int float_prepare_linear(bnn_float_stage *f, bnn_arena *arena, bnn_error *err)
{
    const bnn_stage *s = f->stage;
    f->bias = float_padded_values(arena, s->bias, s->sums.c);
    return f->bias == NULL ? bnn_no_memory(err) : bnn_stage_linear(s, arena, &f->linear, err);
}

/* [taps][width] of the weights of `width` channels from c on; 0 for those that do not exist. */
static void float_pack_channels(const bnn_float_stage *f, size_t c, size_t width, float *out,
                                size_t row)
{
    const size_t taps = f->stage->taps, channels = f->stage->sums.c;
    for (size_t i = 0; i < width; i++)
        for (size_t k = 0; k < taps; k++)
            out[k * row + i] = c + i < channels ? f->linear.weight[(c + i) * taps + k] : 0.0f;
}

static int float_pack(const bnn_float_stage *f, float_method method, bnn_arena *arena,
                      const float **out, bnn_error *err)
{
    const size_t taps = f->stage->taps, channels = f->stage->sums.c;
    const size_t padded = round_up(channels, LANES);
    float *packed = bnn_arena_alloc(arena, padded * taps, sizeof *packed);
    if (packed == NULL)
        return bnn_no_memory(err);
    if (method == FLOAT_DENSE)
        float_pack_channels(f, 0, channels, packed, padded);
    for (size_t c = 0, size; method == FLOAT_ROWS && c < channels; c += size) {
        float_rows_tile_size(channels - c, &size);
        float_pack_channels(f, c, size, packed + c * taps, size);
    }
    for (size_t c = 0; method == FLOAT_CHANNELS && c < channels; c += VL)
        float_pack_channels(f, c, VL, packed + c * taps, VL);
    *out = packed;
    return BNN_OK;
}

/* ---- convolutions ------------------------------------------------------------------------ */

/* The least input that will do for a padding with zeros; 0: any; infinity: none. */
static float float_least_input(const bnn_float_stage *f)
{
    const bnn_stage *s = f->stage;
    const size_t n = (size_t)s->sums.c * s->taps;
    float least = 1.0f;
    if (s->padding == 0 || s->pad_value != 0)
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
    for (size_t c = 0; s->bias != NULL && c < s->sums.c; c++)
        if (s->bias[c] == 0.0f && signbit(s->bias[c]))
            return INFINITY;
    return 0x1p-43f;
}

/* Full vectors of columns, or full vectors of channels? */
static float_method float_conv_method(const bnn_stage *s)
{
    const size_t columns = s->sums.w, channels = s->sums.c;
    return columns * round_up(channels, VL) >= channels * round_up(columns, VL) ? FLOAT_ROWS
                                                                                : FLOAT_CHANNELS;
}

/* Sizes of the copy; false when it is too large. */
static bool float_size_copy(bnn_float_stage *f)
{
    const bnn_stage *s = f->stage;
    const size_t width = ((size_t)s->in.w + 2 * s->padding + s->stride - 1) / s->stride;
    const size_t read = round_up(f->columns, VL) + (s->kernel - 1) / s->stride;
    f->copies = f->method == FLOAT_ROWS || s->padding > 0 || s->stride > 1;
    const size_t lead = f->copies && s->stride == 1 ? round_up(s->padding, VL) - s->padding : 0;
    size_t columns = s->in.w;
    if (f->copies)
        columns = round_up(lead + (read > width ? read : width), VL);
    const size_t rows = (size_t)s->in.h + 2 * s->padding;
    const size_t values = columns * s->stride;
    if (values > COPY_VALUES_MAX / rows / s->in.c)
        return false;
    f->copy_lead = (uint32_t)lead;
    f->copy_columns = (uint32_t)columns;
    f->copy_rows = (uint32_t)rows;
    f->copy_values = f->copies ? s->in.c * rows * values : 0;
    if (f->method == FLOAT_CHANNELS)
        f->temporary_values = (size_t)f->fused_out.h * f->fused_out.w * VL;
    return true;
}

static int float_find_offsets(bnn_float_stage *f, bnn_arena *arena, bnn_error *err)
{
    const bnn_stage *s = f->stage;
    const size_t k = s->kernel, stride = s->stride, row = stride * f->copy_columns;
    uint32_t *offset = bnn_arena_alloc(arena, s->taps, sizeof *offset);
    if (offset == NULL)
        return bnn_no_memory(err);
    f->offset = offset;
    for (size_t c = 0; c < s->in.c; c++)
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
        f->method = FLOAT_PLAIN;
        f->copies = false;
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

static int float_prepare(const bnn_stage *stage, bnn_arena *arena, bnn_float_stage **out,
                         bnn_error *err)
{
    bnn_float_stage *f = bnn_arena_alloc(arena, 1, sizeof *f);
    if (f == NULL)
        return bnn_no_memory(err);
    *f = (bnn_float_stage){.stage = stage, .rest_values = bnn_shape_values(stage->sums)};
    int status = float_prepare_steps(f, arena, err);
    if (status == BNN_OK && !stage->integer_sums && stage->linear != BNN_LOWER_IDENTITY) {
        status = float_prepare_linear(f, arena, err);
        if (status == BNN_OK && stage->linear == BNN_LOWER_CONV2D) {
            status = float_prepare_conv(f, arena, err);
        } else if (status == BNN_OK) {
            f->method = FLOAT_DENSE;
            float_fuse(f);
            status = float_pack(f, FLOAT_DENSE, arena, &f->packed, err);
        }
    }
    if (status == BNN_OK)
        *out = f;
    return status;
}

#undef COPY_VALUES_MAX
