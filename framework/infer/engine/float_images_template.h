/* float_images_template.h - convolutions of many images: lanes are images, so every vector is full whatever
 * the shape, zero padding is left out by loop bounds, and windows of a pool are formed as their
 * values come. Costs a transposition on the way in and out.
 *
 * Parameters: simd/lanes.h, simd/tile.h; SUMS_IN_REGISTERS; after float_conv_template.h. */

enum {
    BLOCK_VECTORS = SUMS_IN_REGISTERS / 6,
    BLOCK = BLOCK_VECTORS * VL, /* images */
    /* With fewer images in the block, one at a time is faster. */
    BLOCK_MIN = BLOCK - BLOCK / 8,
};

/* ---- between images and blocks ----------------------------------------------------------- */

/* block[i][BLOCK] = x[image][i] for n values; x_row floats between images. Lanes without an image
 * get the last one. */
static void float_gather_images(size_t images, size_t n, const float *x, size_t x_row, float *block)
{
    for (size_t i = 0; i < n; i += VL)
        for (size_t v = 0; v < BLOCK_VECTORS; v++) {
            vf square[VL];
            UNROLL
            for (size_t j = 0; j < VL; j++) {
                const size_t image = v * VL + j < images ? v * VL + j : images - 1;
                square[j] = load_part_f(x + image * x_row + i, n - i);
            }
            transpose_square(square);
            UNROLL
            for (size_t j = 0; j < VL; j++)
                if (j < n - i)
                    store_f(block + (i + j) * BLOCK + v * VL, square[j]);
        }
}

/* The way back. */
static void float_scatter_images(size_t images, size_t n, const float *block, float *y)
{
    for (size_t i = 0; i < n; i += VL)
        for (size_t v = 0; v * VL < images; v++) {
            vf square[VL];
            UNROLL
            for (size_t j = 0; j < VL; j++)
                square[j] = load_f(block + (i + (j < n - i ? j : 0)) * BLOCK + v * VL);
            transpose_square(square);
            UNROLL
            for (size_t j = 0; j < VL; j++)
                if (v * VL + j < images)
                    store_part_f(y + (v * VL + j) * n + i, n - i, square[j]);
        }
}

/* Padding that counts is part of the block, padding with zeros is not. */
INLINE size_t float_block_border(const bnn_stage *s)
{
    return s->op.pad_value != 0 ? s->op.padding : 0;
}

INLINE size_t float_block_values(const bnn_stage *s)
{
    const size_t border = float_block_border(s);
    return s->op.in.c * (s->op.in.h + 2 * border) * (s->op.in.w + 2 * border) * BLOCK;
}

static void float_make_block(const bnn_float_stage *f, size_t images, const float *x, float *block)
{
    const bnn_stage *s = f->stage;
    const size_t border = float_block_border(s), n = bnn_shape_values(s->op.in);
    if (border == 0) {
        float_gather_images(images, n, x, n, block);
        return;
    }
    const size_t width = s->op.in.w + 2 * border, height = s->op.in.h + 2 * border;
    float_fill(block, float_block_values(s), s->op.pad_value);
    for (size_t c = 0; c < s->op.in.c; c++)
        for (size_t h = 0; h < s->op.in.h; h++)
            float_gather_images(images, s->op.in.w, x + (c * s->op.in.h + h) * s->op.in.w, n,
                                block + ((c * height + h + border) * width + border) * BLOCK);
}

/* ---- sums -------------------------------------------------------------------------------- */

INLINE tile_taps float_taps_at(const bnn_stage *s, size_t output, size_t extent)
{
    const size_t border = float_block_border(s);
    return tile_taps_at(output * s->op.stride, s->op.padding - border, s->op.kernel,
                        extent + 2 * border);
}

typedef struct images_place {
    const float *block;
    tile_taps rows, columns;
    size_t channel;
    bool first, last; /* of a pool's window */
    float *y;         /* [op.out.c][plane][BLOCK], at the output */
} images_place;

/* Where vector i of a tile's outputs is; row: of a channel. */
#define BLOCK_AT(i, row) \
    ((size_t)((i) / BLOCK_VECTORS) * (row) + (size_t)((i) % BLOCK_VECTORS) * VL)

INLINE vf float_join(const bnn_op *pool, vf before, vf value)
{
    return pool->type == BNN_LOWER_MAXPOOL ? max_f(value, before) : before + value;
}

/* Joins the values of a pool's window, one after the other. */
INLINE void float_finish_images(const int channels, const bnn_float_stage *f,
                                const images_place *at, vf *sum)
{
    const size_t row = (size_t)f->fused_out.h * f->fused_out.w * BLOCK;
    float *y = at->y + at->channel * row;
    float_run_steps(LANES_OF_ONE_CHANNEL, f->before, at->channel, channels, BLOCK_VECTORS, sum);
    if (!at->first) {
        UNROLL
        for (int i = 0; i < channels * BLOCK_VECTORS; i++)
            sum[i] = float_join(f->pool, load_f(y + BLOCK_AT(i, row)), sum[i]);
    }
    if (at->last && f->pool != NULL) {
        if (f->pool->type == BNN_LOWER_AVGPOOL) {
            UNROLL
            for (int i = 0; i < channels * BLOCK_VECTORS; i++)
                sum[i] = sum[i] * splat_f(0.25f);
        }
        float_run_steps(LANES_OF_ONE_CHANNEL, f->after, at->channel, channels, BLOCK_VECTORS, sum);
    }
    UNROLL
    for (int i = 0; i < channels * BLOCK_VECTORS; i++)
        store_f(y + BLOCK_AT(i, row), sum[i]);
}

INLINE void float_images_tile(const int channels, const bnn_float_stage *f, const images_place *at)
{
    const bnn_stage *s = f->stage;
    const size_t border = float_block_border(s), k = s->op.kernel;
    const ptrdiff_t row = (ptrdiff_t)(s->op.in.w + 2 * border) * BLOCK,
                    w_row = (ptrdiff_t)k * channels;
    const size_t first = at->channel / bnn_op_group_out(&s->op) * bnn_op_group_in(&s->op);
    const tile_terms terms = {.n = {bnn_op_group_in(&s->op), at->rows.n, at->columns.n},
                              .a_step = {(ptrdiff_t)k * w_row, w_row, channels},
                              .x_step = {(ptrdiff_t)(s->op.in.h + 2 * border) * row, row, BLOCK}};
    const size_t tap = at->rows.tap * k + at->columns.tap;
    vf sum[SUMS_IN_REGISTERS];
    UNROLL
    for (int i = 0; i < channels * BLOCK_VECTORS; i++)
        sum[i] = splat_f(f->bias[at->channel + (size_t)(i / BLOCK_VECTORS)]);
    tile_add(channels, BLOCK_VECTORS, &terms,
             f->packed_images + at->channel * s->taps + tap * (size_t)channels, 1,
             at->block + first * (size_t)terms.x_step[0] + at->rows.from * (size_t)row +
                 at->columns.from * BLOCK,
             sum);
    float_finish_images(channels, f, at, sum);
}

typedef void images_tile_function(const bnn_float_stage *, const images_place *);

#define IMAGES_TILE(channels)                                                            \
    KERNEL void images_tile_##channels(const bnn_float_stage *f, const images_place *at) \
    {                                                                                    \
        float_images_tile(channels, f, at);                                              \
    }
IMAGES_TILE(6)
IMAGES_TILE(4)
IMAGES_TILE(2)
IMAGES_TILE(1)
static images_tile_function *const images_tiles[] = {images_tile_6, images_tile_4, images_tile_2,
                                                     images_tile_1};

/* All channels at one position of the sums. */
static void float_images_at(const bnn_float_stage *f, images_place *at, size_t row, size_t column)
{
    const size_t channels = f->stage->op.out.c;
    at->rows = float_taps_at(f->stage, row, f->stage->op.in.h);
    at->columns = float_taps_at(f->stage, column, f->stage->op.in.w);
    for (size_t size; at->channel < channels; at->channel += size) {
        const int tile = float_rows_tile_size(float_left_of_group(f->stage, at->channel), &size);
        images_tiles[tile](f, at);
    }
    at->channel = 0;
}

/* The fused outputs of up to BLOCK images. temporary: float_block_values() and BLOCK outputs. */
static void float_run_images(const bnn_float_stage *f, size_t images, const float *x,
                             float *temporary, float *y)
{
    float *out = temporary + float_block_values(f->stage);
    const size_t size = f->pool != NULL ? 2 : 1;
    images_place at = {.block = temporary, .y = out};
    float_make_block(f, images, x, temporary);
    for (size_t h = 0; h < f->fused_out.h; h++)
        for (size_t w = 0; w < f->fused_out.w; w++, at.y += BLOCK)
            for (size_t t = 0; t < size * size; t++) {
                at.first = t == 0;
                at.last = t == size * size - 1;
                float_images_at(f, &at, h * size + t / size, w * size + t % size);
            }
    float_scatter_images(images, bnn_shape_values(f->fused_out), out, y);
}

#undef BLOCK_AT
#undef IMAGES_TILE
