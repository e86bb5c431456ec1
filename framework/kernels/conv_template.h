/* conv_template.h - the three passes of a 2-D convolution over feature-major tensors.
 *
 * There is no im2col: with images in the lanes, every tap of every kernel is a full vector. An
 * output element is one chain of fused multiply-adds over (channel, row, column) of the kernel;
 * zero padding is left out by loop bounds, which gives the same bits as adding zeros. The input
 * gradient at stride 1 is the forward pass with flipped weights. Weight gradients keep LANES
 * partial sums a weight, over (row, column, image), reduced at the end.
 *
 * Parameters: simd/vec.h; TILE_ROWS, TILE_WIDE, TILE_NARROW; after dense_template.h, which says what
 * these are. */

/* Taps along one axis of a kernel at an output position: those with an input under them. */
typedef struct tap_range {
    ptrdiff_t origin; /* input index under tap 0, maybe negative */
    size_t begin, end;
} tap_range;

INLINE tap_range conv_taps_at(size_t output, uint32_t input_size, const bnn_conv *conv)
{
    const ptrdiff_t origin = (ptrdiff_t)(output * conv->stride) - (ptrdiff_t)conv->padding;
    const ptrdiff_t room = (ptrdiff_t)input_size - origin;
    tap_range t = {.origin = origin, .begin = 0, .end = conv->kernel};
    if (origin < 0)
        t.begin = (size_t)-origin;
    if (room < (ptrdiff_t)conv->kernel)
        t.end = room < 0 ? 0 : (size_t)room;
    return t;
}

/* What a forward pass works on. */
typedef struct conv_pass {
    const bnn_conv *conv;
    const float *x, *w, *bias;
    const float *pad; /* [lanes] of the padding value, or NULL when it is zero */
    float *y;
} conv_pass;

/* The sums of `rows` output channels at one position, for `vectors` vectors of images. */
INLINE void conv_tile(const int rows, const int vectors, const conv_pass *p, size_t channel,
                      tap_range row, tap_range column, size_t lane, float *y)
{
    const bnn_conv *conv = p->conv;
    const size_t lanes = conv->lanes, kernel = conv->kernel, width = conv->in.w;
    const size_t taps_of_channel = conv->in.c * kernel * kernel;
    const size_t y_row = (size_t)conv->out.h * conv->out.w * lanes;
    vf sum[TILE_ROWS][TILE_WIDE];
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < vectors; j++)
            sum[i][j] = splat_f(p->bias == NULL ? 0.0f : p->bias[channel + (size_t)i]);
    }
    for (size_t c = 0; c < conv->in.c; c++) {
        for (size_t kh = row.begin; kh < row.end; kh++) {
            const float *w = p->w + channel * taps_of_channel + (c * kernel + kh) * kernel;
            const size_t line = c * conv->in.h + (size_t)(row.origin + (ptrdiff_t)kh);
            const float *x =
                p->x + (line * width + (size_t)(column.origin + (ptrdiff_t)column.begin)) * lanes +
                lane;
            for (size_t kw = column.begin; kw < column.end; kw++, x += lanes) {
                vf pixel[TILE_WIDE];
                UNROLL
                for (int j = 0; j < vectors; j++)
                    pixel[j] = load_f(x + j * VL);
                UNROLL
                for (int i = 0; i < rows; i++) {
                    const vf factor = splat_f(w[(size_t)i * taps_of_channel + kw]);
                    UNROLL
                    for (int j = 0; j < vectors; j++)
                        sum[i][j] = fma_f(factor, pixel[j], sum[i][j]);
                }
            }
        }
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < vectors; j++)
            store_f(y + (size_t)i * y_row + j * VL, sum[i][j]);
    }
}

typedef void conv_tile_function(const conv_pass *, size_t, tap_range, tap_range, size_t, float *);

#define CONV_TILE(rows, vectors)                                                                \
    KERNEL void conv_tile_##rows##_##vectors(const conv_pass *p, size_t channel, tap_range row, \
                                             tap_range column, size_t lane, float *y)           \
    {                                                                                           \
        conv_tile(rows, vectors, p, channel, row, column, lane, y);                             \
    }
#define CONV_TILES(vectors) \
    CONV_TILE(6, vectors)   \
    CONV_TILE(4, vectors) CONV_TILE(2, vectors) CONV_TILE(1, vectors)

#if TILE_WIDE == 4
CONV_TILES(4)
#endif
#if TILE_WIDE == 2 || TILE_NARROW == 2
CONV_TILES(2)
#endif
#if TILE_NARROW == 1
CONV_TILES(1)
#endif

#define CONV_TILES_OF(vectors)                                                                     \
    {                                                                                              \
        conv_tile_1_##vectors, conv_tile_2_##vectors, conv_tile_4_##vectors, conv_tile_6_##vectors \
    }
#define CONV_TABLE(vectors) CONV_TILES_OF(vectors)

/* A position whose window hangs over a border that is not zero: one channel at a time, every tap,
 * the padding read from a vector of it. */
static void conv_border(const conv_pass *p, size_t channel, tap_range row, tap_range column,
                        size_t lane, size_t width, float *y)
{
    const bnn_conv *conv = p->conv;
    const size_t kernel = conv->kernel;
    for (size_t v = 0; v < width; v += VL) {
        vf sum = splat_f(p->bias == NULL ? 0.0f : p->bias[channel]);
        const float *w = p->w + channel * conv->in.c * kernel * kernel;
        for (size_t c = 0; c < conv->in.c; c++)
            for (size_t kh = 0; kh < kernel; kh++)
                for (size_t kw = 0; kw < kernel; kw++, w++) {
                    const bool inside =
                        kh >= row.begin && kh < row.end && kw >= column.begin && kw < column.end;
                    const size_t line = c * conv->in.h + (size_t)(row.origin + (ptrdiff_t)kh);
                    const size_t at = line * conv->in.w + (size_t)(column.origin + (ptrdiff_t)kw);
                    const float *x = inside ? p->x + at * conv->lanes + lane + v : p->pad;
                    sum = fma_f(splat_f(*w), load_f(x), sum);
                }
        store_f(y + v, sum);
    }
}

static void conv_channels(conv_tile_function *const tiles[4], size_t width, const conv_pass *p,
                          size_t oh, size_t ow, size_t lane)
{
    const bnn_conv *conv = p->conv;
    const size_t position = oh * conv->out.w + ow;
    const size_t channel_size = (size_t)conv->out.h * conv->out.w;
    const tap_range row = conv_taps_at(oh, conv->in.h, conv),
                    column = conv_taps_at(ow, conv->in.w, conv);
    const bool whole = row.begin == 0 && row.end == conv->kernel && column.begin == 0 &&
                       column.end == conv->kernel;
    for (size_t c = 0, rows; c < conv->out.c; c += rows) {
        const int tile = product_tile_rows(conv->out.c - c, &rows);
        float *y = p->y + (c * channel_size + position) * conv->lanes + lane;
        if (whole || p->pad == NULL) {
            tiles[tile](p, c, row, column, lane, y);
            continue;
        }
        for (size_t i = 0; i < rows; i++)
            conv_border(p, c + i, row, column, lane, width, y + i * channel_size * conv->lanes);
    }
}

static void conv_run(const conv_pass *p)
{
    static conv_tile_function *const wide[4] = CONV_TABLE(TILE_WIDE);
    static conv_tile_function *const narrow[4] = CONV_TABLE(TILE_NARROW);
    const bnn_conv *conv = p->conv;
    for (size_t lane = 0, width; lane < conv->lanes; lane += width) {
        const bool full = lane + TILE_WIDE * VL <= conv->lanes;
        width = full ? TILE_WIDE * VL : TILE_NARROW * VL;
        for (size_t oh = 0; oh < conv->out.h; oh++)
            for (size_t ow = 0; ow < conv->out.w; ow++)
                conv_channels(full ? wide : narrow, width, p, oh, ow, lane);
    }
}

/* Scratch: a vector of padding, then flipped weights or partial sums of weight gradients. */
KERNEL size_t conv2d_scratch(const bnn_conv *conv)
{
    const size_t taps_of_tile = 4 * (size_t)conv->kernel * conv->kernel * LANES;
    const size_t weights = (size_t)conv->in.c * conv->out.c * conv->kernel * conv->kernel;
    return conv->lanes + round_up(weights > taps_of_tile ? weights : taps_of_tile, LANES);
}

static const float *conv_fill_padding(const bnn_conv *conv, float *scratch)
{
    for (size_t i = 0; i < conv->lanes; i++)
        scratch[i] = conv->pad_value;
    return scratch;
}

KERNEL void conv2d_forward(const bnn_conv *conv, const float *x, const float *w, const float *bias,
                           float *y, float *scratch)
{
    const bool zero = conv->padding == 0 || conv->pad_value == 0.0f;
    conv_run(&(conv_pass){.conv = conv,
                          .x = x,
                          .w = w,
                          .bias = bias,
                          .y = y,
                          .pad = zero ? NULL : conv_fill_padding(conv, scratch)});
}

/* Any stride: each input position gathers from the outputs whose windows cover it. */
static void conv_gather_gradient(const bnn_conv *conv, const float *gy, const float *w, float *gx)
{
    const size_t k = conv->kernel, lanes = conv->lanes, stride = conv->stride;
    for (size_t c = 0; c < conv->in.c; c++)
        for (size_t ih = 0; ih < conv->in.h; ih++)
            for (size_t iw = 0; iw < conv->in.w; iw++, gx += lanes)
                for (size_t lane = 0; lane < lanes; lane += VL) {
                    vf sum = splat_f(0.0f);
                    for (size_t o = 0; o < conv->out.c; o++)
                        for (size_t t = 0; t < k * k; t++) {
                            const size_t row = ih + conv->padding, column = iw + conv->padding;
                            const size_t kh = t / k, kw = t % k;
                            if (row < kh || column < kw || (row - kh) % stride != 0 ||
                                (column - kw) % stride != 0)
                                continue;
                            const size_t oh = (row - kh) / stride, ow = (column - kw) / stride;
                            if (oh >= conv->out.h || ow >= conv->out.w)
                                continue;
                            const size_t at = (o * conv->out.h + oh) * conv->out.w + ow;
                            const float factor = w[((o * conv->in.c + c) * k + kh) * k + kw];
                            sum = fma_f(splat_f(factor), load_f(gy + at * lanes + lane), sum);
                        }
                    store_f(gx + lane, sum);
                }
}

KERNEL void conv2d_input_gradient(const bnn_conv *conv, const float *gy, const float *w, float *gx,
                                  float *scratch)
{
    if (conv->stride != 1 || conv->padding >= conv->kernel) {
        conv_gather_gradient(conv, gy, w, gx);
        return;
    }
    const size_t in = conv->in.c, out = conv->out.c, k = conv->kernel, area = k * k;
    float *flipped = scratch + conv->lanes; /* [in][out][k][k] */
    for (size_t o = 0; o < out; o++)
        for (size_t c = 0; c < in; c++)
            for (size_t t = 0; t < area; t++)
                flipped[(c * out + o) * area + area - 1 - t] = w[(o * in + c) * area + t];
    const bnn_conv back = {.in = conv->out,
                           .out = conv->in,
                           .kernel = conv->kernel,
                           .stride = 1,
                           .padding = conv->kernel - 1 - conv->padding,
                           .lanes = conv->lanes};
    conv_run(&(conv_pass){.conv = &back, .x = gy, .w = flipped, .y = gx});
}

/* Weight gradients: a register tile is CONV_TILE_CHANNELS output channels x up to 5 taps of one kernel
 * row, for one native part of the LANES partial sums. */
#if defined(BNN_VEC_AVX2)
enum { CONV_TILE_CHANNELS = 2 };
#else
enum { CONV_TILE_CHANNELS = 4 };
#endif
enum { CONV_TILE_TAPS = 5 };

/* One row of outputs under one row of the kernel, added to sums[channel][tap] (sum_row floats
 * between channels, LANES between taps). */
typedef struct conv_row {
    const bnn_conv *conv;
    const float *x;  /* the input row, [in.w][lanes], or NULL: all padding */
    const float *gy; /* the output row of the first channel, [out.w][lanes] */
    const float *pad;
    size_t tap; /* the first tap of the tile */
    float *sums;
    size_t sum_row;
} conv_row;

INLINE void conv_row_tile(const int channels, const int taps_n, const conv_row *r, size_t part)
{
    const bnn_conv *conv = r->conv;
    const size_t lanes = conv->lanes;
    const size_t gy_row = (size_t)conv->out.h * conv->out.w * lanes;
    vf sum[CONV_TILE_CHANNELS][CONV_TILE_TAPS];
    UNROLL
    for (int i = 0; i < channels; i++) {
        UNROLL
        for (int t = 0; t < taps_n; t++)
            sum[i][t] = load_f(r->sums + (size_t)i * r->sum_row + (size_t)t * LANES + part);
    }
    for (size_t ow = 0; ow < conv->out.w; ow++) {
        const float *x[CONV_TILE_TAPS];
        UNROLL
        for (int t = 0; t < taps_n; t++) {
            const size_t at = ow * conv->stride + r->tap + (size_t)t - conv->padding;
            /* Left of the border `at` wraps around and is too large as well. */
            x[t] = r->x != NULL && at < conv->in.w ? r->x + at * lanes : r->pad;
        }
        const float *gy = r->gy + ow * lanes;
        for (size_t lane = part; lane < lanes; lane += LANES) {
            vf g[CONV_TILE_CHANNELS];
            UNROLL
            for (int i = 0; i < channels; i++)
                g[i] = load_f(gy + (size_t)i * gy_row + lane);
            UNROLL
            for (int t = 0; t < taps_n; t++) {
                const vf pixel = load_f(x[t] + lane);
                UNROLL
                for (int i = 0; i < channels; i++)
                    sum[i][t] = fma_f(g[i], pixel, sum[i][t]);
            }
        }
    }
    UNROLL
    for (int i = 0; i < channels; i++) {
        UNROLL
        for (int t = 0; t < taps_n; t++)
            store_f(r->sums + (size_t)i * r->sum_row + (size_t)t * LANES + part, sum[i][t]);
    }
}

typedef void conv_row_function(const conv_row *, size_t);

#define CONV_ROW(channels, taps_n)                                             \
    KERNEL void conv_row_##channels##_##taps_n(const conv_row *r, size_t part) \
    {                                                                          \
        conv_row_tile(channels, taps_n, r, part);                              \
    }
#define CONV_ROWS(channels) \
    CONV_ROW(channels, 1)   \
    CONV_ROW(channels, 2) CONV_ROW(channels, 3) CONV_ROW(channels, 4) CONV_ROW(channels, 5)
#define CONV_ROW_TABLE(channels)                                                   \
    {                                                                              \
        conv_row_##channels##_1, conv_row_##channels##_2, conv_row_##channels##_3, \
            conv_row_##channels##_4, conv_row_##channels##_5                       \
    }

CONV_ROWS(1)
CONV_ROWS(2)
#if !defined(BNN_VEC_AVX2)
CONV_ROWS(4)
#endif

/* The gradients of `channels` output channels for one input channel, in sums[][k * k][LANES]. */
static void conv_weight_sums(size_t channels, const bnn_conv *conv, const float *x, const float *gy,
                             const float *pad, float *sums)
{
    static conv_row_function *const rows_of[][CONV_TILE_TAPS] = {
        CONV_ROW_TABLE(1),
        CONV_ROW_TABLE(2),
#if !defined(BNN_VEC_AVX2)
        {0},
        CONV_ROW_TABLE(4),
#endif
    };
    const size_t k = conv->kernel, lanes = conv->lanes;
    memset(sums, 0, channels * k * k * LANES * sizeof *sums);
    for (size_t oh = 0; oh < conv->out.h; oh++)
        for (size_t kh = 0; kh < k; kh++) {
            const size_t ih = oh * conv->stride + kh - conv->padding;
            const bool inside = ih < conv->in.h;
            if (!inside && conv->pad_value == 0.0f)
                continue;
            for (size_t tap = 0, n; tap < k; tap += n) {
                n = k - tap < CONV_TILE_TAPS ? k - tap : CONV_TILE_TAPS;
                const conv_row row = {.conv = conv,
                                      .x = inside ? x + ih * conv->in.w * lanes : NULL,
                                      .gy = gy + oh * conv->out.w * lanes,
                                      .pad = pad,
                                      .tap = tap,
                                      .sums = sums + (kh * k + tap) * LANES,
                                      .sum_row = k * k * LANES};
                for (size_t part = 0; part < LANES; part += VL)
                    rows_of[channels - 1][n - 1](&row, part);
            }
        }
}

KERNEL void conv2d_weight_gradient(const bnn_conv *conv, const float *x, const float *gy, float *gw,
                                   float *gbias, float *scratch)
{
    const float *pad = conv_fill_padding(conv, scratch);
    float *sums = scratch + conv->lanes;
    const size_t in_size = (size_t)conv->in.h * conv->in.w * conv->lanes;
    const size_t out_size = (size_t)conv->out.h * conv->out.w * conv->lanes;
    const size_t area = (size_t)conv->kernel * conv->kernel;
    for (size_t o = 0, channels; o < conv->out.c; o += channels) {
        const size_t left = conv->out.c - o;
        channels = left >= CONV_TILE_CHANNELS ? CONV_TILE_CHANNELS : left >= 2 ? 2 : 1;
        for (size_t c = 0; c < conv->in.c; c++) {
            conv_weight_sums(channels, conv, x + c * in_size, gy + o * out_size, pad, sums);
            for (size_t i = 0; i < channels; i++)
                for (size_t t = 0; t < area; t++)
                    gw[((o + i) * conv->in.c + c) * area + t] =
                        reduce_lanes(sums + (i * area + t) * LANES);
        }
    }
    if (gbias != NULL)
        for (size_t o = 0; o < conv->out.c; o++)
            gbias[o] = sum_array(out_size, gy + o * out_size);
}

#undef CONV_TILE
#undef CONV_TILES
#undef CONV_TILES_OF
#undef CONV_TABLE
#undef CONV_ROW
#undef CONV_ROWS
#undef CONV_ROW_TABLE
