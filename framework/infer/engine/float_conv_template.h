/* float_conv_template.h - convolutions of one image, two output rows at a time.
 *
 * Lanes are columns of an output row where the channels are few (a first layer), or output channels
 * where the rows are short. Either way a tile covers two rows, so that windows of a 2x2 pool
 * are whole inside it.
 *
 * Parameters: simd/lanes.h; SUMS_IN_REGISTERS; after float_copy_template.h. */

/* Where a tile reads and writes. */
typedef struct conv_place {
    const float *x[2]; /* under the first tap of column 0, in both rows */
    size_t channel, row, column;
    bool second; /* there is a second row; else both are the first */
    float *y;    /* the outputs of the image; lanes are channels: of VL channels, [h][w][VL] */
} conv_place;

/* The tile's rows from `row` on; a last one alone goes with the one before, if there is one. */
INLINE void float_place_rows(const bnn_float_stage *f, const float *copy, size_t row,
                             conv_place *at)
{
    const size_t stride = f->stage->op.stride, next = stride * stride * f->copy_columns;
    at->row = row > 0 && row + 1 == f->rows ? row - 1 : row;
    at->second = at->row + 1 < f->rows;
    at->x[0] = copy + at->row * next + f->copy_lead;
    at->x[1] = at->x[0] + (at->second ? next : 0);
}

/* ---- lanes are columns ------------------------------------------------------------------- */

INLINE void float_store_rows(const int channels, const int vectors, const bnn_float_stage *f,
                             const conv_place *at, const vf *sum)
{
    const bnn_shape out = f->fused_out;
    UNROLL
    for (int i = 0; i < channels; i++) {
        float *y = at->y + ((at->channel + (size_t)i) * out.h + at->row) * out.w;
        UNROLL
        for (int j = 0; j < vectors; j++) {
            const size_t column = at->column + (size_t)j * VL;
            if (column >= out.w)
                continue;
            store_part_f(y + column, out.w - column, sum[(i * 2 + 0) * vectors + j]);
            store_part_f(y + (at->second ? out.w : 0) + column, out.w - column,
                         sum[(i * 2 + 1) * vectors + j]);
        }
    }
}

INLINE void float_store_pooled_rows(const int channels, const int vectors, const bnn_float_stage *f,
                                    const conv_place *at, const vf *sum)
{
    const bnn_shape out = f->fused_out;
    const size_t column = at->column / 2, left = out.w - column;
    const size_t width = (size_t)vectors * VL / 2;
    vf pooled[SUMS_IN_REGISTERS];
    UNROLL
    for (int i = 0; i < channels; i++) {
        const vf *upper = sum + i * 2 * vectors, *lower = upper + vectors;
        /* Of a single vector, only half of the windows mean a thing. */
        const int last = vectors - 1;
        pooled[i] = float_pool_four(
            f->pool, even_lanes_f(upper[0], upper[last]), odd_lanes_f(upper[0], upper[last]),
            even_lanes_f(lower[0], lower[last]), odd_lanes_f(lower[0], lower[last]));
    }
    float_run_steps(LANES_OF_ONE_CHANNEL, f->after, at->channel, channels, 1, pooled);
    UNROLL
    for (int i = 0; i < channels; i++)
        store_part_f(at->y + ((at->channel + (size_t)i) * out.h + at->row / 2) * out.w + column,
                     left < width ? left : width, pooled[i]);
}

INLINE void float_rows_tile(const int channels, const int vectors, const bnn_float_stage *f,
                            const conv_place *at)
{
    const size_t taps = f->stage->taps;
    const float *w = f->packed + at->channel * taps; /* [taps][channels] */
    const float *upper = at->x[0] + at->column, *lower = at->x[1] + at->column;
    vf sum[SUMS_IN_REGISTERS];
    UNROLL
    for (int i = 0; i < channels * 2 * vectors; i++)
        sum[i] = splat_f(f->bias[at->channel + (size_t)(i / (2 * vectors))]);
    for (size_t k = 0; k < taps; k++, w += channels) {
        const size_t offset = f->offset[k];
        UNROLL
        for (int i = 0; i < channels * 2 * vectors; i++) {
            const int j = i % (2 * vectors);
            const float *x = (j < vectors ? upper : lower) + offset + j % vectors * VL;
            sum[i] = fma_f(splat_f(w[i / (2 * vectors)]), load_f(x), sum[i]);
        }
    }
    float_run_steps(LANES_OF_ONE_CHANNEL, f->before, at->channel, channels, 2 * vectors, sum);
    if (f->pool != NULL)
        float_store_pooled_rows(channels, vectors, f, at, sum);
    else
        float_store_rows(channels, vectors, f, at, sum);
}

typedef void conv_tile_function(const bnn_float_stage *, const conv_place *);

#define ROWS_TILE(channels, vectors)                                                             \
    KERNEL void rows_tile_##channels##_##vectors(const bnn_float_stage *f, const conv_place *at) \
    {                                                                                            \
        float_rows_tile(channels, vectors, f, at);                                               \
    }
ROWS_TILE(6, 1)
ROWS_TILE(4, 1)
ROWS_TILE(2, 1)
ROWS_TILE(1, 1)
#if SUMS_IN_REGISTERS == 24
ROWS_TILE(6, 2)
ROWS_TILE(4, 2)
ROWS_TILE(2, 2)
ROWS_TILE(1, 2)
#endif

/* For one vector of columns and, where there are registers for that, two. */
static conv_tile_function *const rows_tiles[][4] = {
    {rows_tile_6_1, rows_tile_4_1, rows_tile_2_1, rows_tile_1_1},
#if SUMS_IN_REGISTERS == 24
    {rows_tile_6_2, rows_tile_4_2, rows_tile_2_2, rows_tile_1_2},
#endif
};
enum { ROWS_VECTORS_MAX = sizeof rows_tiles / sizeof *rows_tiles };

/* The tile for the channels that are left: an index; *channels of them. The weights are packed to
 * match. */
INLINE int float_rows_tile_size(size_t left, size_t *channels)
{
    static const uint8_t sizes[] = {6, 4, 2, 1};
    int i = 0;
    while (sizes[i] > left)
        i++;
    *channels = sizes[i];
    return i;
}

/* The output channels from c on that see the same inputs. */
INLINE size_t float_left_of_group(const bnn_stage *s, size_t c)
{
    const size_t n = bnn_op_group_out(&s->op);
    return n - c % n;
}

static void float_run_rows(const bnn_float_stage *f, const float *copy, float *y)
{
    const bnn_op *op = &f->stage->op;
    const size_t n_in = bnn_op_group_in(op), n_out = bnn_op_group_out(op);
    const size_t group = n_in * f->copy_rows * op->stride * f->copy_columns;
    conv_place at = {.y = y};
    for (size_t c = 0, size; c < op->out.c; c += size) {
        const int tile = float_rows_tile_size(float_left_of_group(f->stage, c), &size);
        at.channel = c;
        for (size_t row = 0; row < f->rows; row += 2) {
            size_t vectors;
            float_place_rows(f, copy + c / n_out * group, row, &at);
            for (at.column = 0; at.column < f->columns; at.column += vectors * VL) {
                vectors = f->columns - at.column > VL ? ROWS_VECTORS_MAX : 1;
                rows_tiles[vectors - 1][tile](f, &at);
            }
        }
    }
}

/* ---- lanes are channels ------------------------------------------------------------------ */

INLINE void float_store_channels(const int columns, const bnn_float_stage *f, const conv_place *at,
                                 vf *sum)
{
    const size_t width = f->fused_out.w;
    if (f->pool == NULL) {
        float *y = at->y + (at->row * width + at->column) * VL;
        UNROLL
        for (int j = 0; j < columns; j++) {
            store_f(y + j * VL, sum[j]);
            store_f(y + (at->second ? width : 0) * VL + j * VL, sum[columns + j]);
        }
        return;
    }
    float *y = at->y + (at->row / 2 * width + at->column / 2) * VL;
    vf pooled[SUMS_IN_REGISTERS / 4];
    UNROLL
    for (int j = 0; j < columns / 2; j++)
        pooled[j] = float_pool_four(f->pool, sum[2 * j], sum[2 * j + 1], sum[columns + 2 * j],
                                    sum[columns + 2 * j + 1]);
    float_run_steps(LANES_OF_CHANNELS, f->after, at->channel, 1, columns / 2, pooled);
    UNROLL
    for (int j = 0; j < columns / 2; j++)
        store_f(y + j * VL, pooled[j]);
}

INLINE void float_channels_tile(const int columns, const bnn_float_stage *f, const conv_place *at)
{
    const size_t taps = f->stage->taps;
    const float *w = f->packed + at->channel * taps; /* [taps][VL] */
    const float *upper = at->x[0] + at->column, *lower = at->x[1] + at->column;
    vf sum[SUMS_IN_REGISTERS];
    UNROLL
    for (int j = 0; j < 2 * columns; j++)
        sum[j] = load_f(f->bias + at->channel);
    for (size_t k = 0; k < taps; k++, w += VL) {
        const vf weight = load_f(w);
        const float *a = upper + f->offset[k], *b = lower + f->offset[k];
        UNROLL
        for (int j = 0; j < columns; j++) {
            sum[j] = fma_f(weight, splat_f(a[j]), sum[j]);
            sum[columns + j] = fma_f(weight, splat_f(b[j]), sum[columns + j]);
        }
    }
    float_run_steps(LANES_OF_CHANNELS, f->before, at->channel, 1, 2 * columns, sum);
    float_store_channels(columns, f, at, sum);
}

#define CHANNELS_TILE(columns)                                                          \
    KERNEL void channels_tile_##columns(const bnn_float_stage *f, const conv_place *at) \
    {                                                                                   \
        float_channels_tile(columns, f, at);                                            \
    }

typedef struct channels_choice {
    size_t columns;
    conv_tile_function *tile;
} channels_choice;

/* Even but for 1, so that a tile has whole windows of a pool. */
CHANNELS_TILE(1)
CHANNELS_TILE(2)
CHANNELS_TILE(4)
CHANNELS_TILE(6)
#if SUMS_IN_REGISTERS == 24
CHANNELS_TILE(8)
CHANNELS_TILE(10)
CHANNELS_TILE(12)
#endif
static const channels_choice channels_tiles[] = {
    {1, channels_tile_1}, {2, channels_tile_2},   {4, channels_tile_4},  {6, channels_tile_6},
#if SUMS_IN_REGISTERS == 24
    {8, channels_tile_8}, {10, channels_tile_10}, {12, channels_tile_12}
#endif
};

/* The tile for the columns that are left: of about the size that cuts them into equal parts. */
static const channels_choice *float_channels_tile_for(size_t left)
{
    const size_t most = SUMS_IN_REGISTERS / 2, n = (left + most - 1) / most;
    const size_t wanted = (left + n - 1) / n;
    size_t i = sizeof channels_tiles / sizeof *channels_tiles - 1;
    while (i > 0 && (channels_tiles[i].columns > left || channels_tiles[i - 1].columns >= wanted))
        i--;
    return &channels_tiles[i];
}

/* y[c][n] of x[n][VL] for the first `channels` lanes. */
static void float_spread_channels(size_t channels, size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; i += VL) {
        const size_t some = n - i < VL ? n - i : VL;
        vf square[VL];
        UNROLL
        for (size_t j = 0; j < VL; j++)
            square[j] = load_f(x + (i + (j < some ? j : 0)) * VL);
        transpose_square(square);
        for (size_t c = 0; c < VL && c < channels; c++)
            store_part_f(y + c * n + i, some, square[c]);
    }
}

static void float_run_channels(const bnn_float_stage *f, const float *copy, float *temporary,
                               float *y)
{
    const size_t channels = f->stage->op.out.c;
    const size_t plane = (size_t)f->fused_out.h * f->fused_out.w;
    conv_place at = {.y = temporary};
    for (size_t c = 0; c < channels; c += VL) {
        at.channel = c;
        for (size_t row = 0; row < f->rows; row += 2) {
            float_place_rows(f, copy, row, &at);
            for (at.column = 0; at.column < f->columns;) {
                const channels_choice *choice = float_channels_tile_for(f->columns - at.column);
                choice->tile(f, &at);
                at.column += choice->columns;
            }
        }
        float_spread_channels(channels - c, plane, temporary, y + c * plane);
    }
}

#undef ROWS_TILE
#undef CHANNELS_TILE
