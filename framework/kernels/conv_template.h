/* conv_template.h - the three passes of a 2-D convolution over feature-major tensors.
 *
 * There is no im2col: with images in the lanes, every tap of every kernel is a full vector, and a
 * position of the output is a matrix product. An output element is one chain of fused multiply-adds
 * over (channel, row, column) of the kernel; zero padding is left out by loop bounds, which gives
 * the same bits as adding zeros. The input gradient is the same product with the channels of the
 * weights turned round. Weight gradients keep LANES partial sums a weight, over (row, column,
 * image), reduced at the end.
 *
 * Parameters: simd/tile.h; TILE_ROWS, TILE_WIDE, TILE_NARROW; after dense_template.h, which says what
 * these are. */

/* Weight gradients: a register tile is up to CONV_TILE_CHANNELS output channels x up to 5 taps of one kernel
 * row, for one native part of the LANES partial sums. */
#if defined(BNN_VEC_AVX2)
enum { CONV_TILE_CHANNELS = 2 };
#else
enum { CONV_TILE_CHANNELS = 4 };
#endif
enum { CONV_TILE_TAPS = 5 };

/* Of an output: the taps with an input under them. */
static tile_taps conv_taps_of_output(const bnn_conv *conv, size_t output, size_t n_inputs)
{
    return tile_taps_at(output * conv->stride, conv->padding, conv->kernel, n_inputs);
}

/* Whether gradients of inputs are summed in the order of outputs; else in that of taps, which is
 * the other way round. */
static bool conv_gathers_forward(const bnn_conv *conv)
{
    return conv->stride == 1 && conv->padding < conv->kernel;
}

/* Of an input's gradient: the taps under which it lies for some output. */
static tile_taps conv_taps_of_input(const bnn_conv *conv, size_t input, size_t n_outputs)
{
    const size_t stride = conv->stride, at = input + conv->padding;
    const size_t last = at < conv->kernel ? at : conv->kernel - 1, output = at / stride;
    const size_t beyond = output < n_outputs ? 0 : output - (n_outputs - 1);
    tile_taps t = {.tap = at % stride + beyond * stride, .from = output - beyond};
    t.n = t.tap <= last ? (last - t.tap) / stride + 1 : 0;
    if (t.n > 0 && conv_gathers_forward(conv)) {
        t.tap += t.n - 1;
        t.from -= t.n - 1;
    }
    return t;
}

/* A pass that computes y[to][lanes] from x[from][lanes]. */
typedef struct conv_pass {
    const bnn_conv *conv;
    bnn_shape from, to;
    tile_taps (*taps)(const bnn_conv *conv, size_t at, size_t n_from);
    product product;  /* of the first position, with all taps; steps of x in positions */
    const float *pad; /* [lanes] of the padding value, or NULL when it is zero */
    float *panel;     /* room for a strip of x: conv_panel_size(conv) floats */
} conv_pass;

/* A strip of lanes takes a cache line or two of each position. Where positions are far apart, and so powers of two
 * mostly, these fall on few sets of a cache, which forgets them before the next window wants them: then a strip
 * is copied to where its positions are neighbours. */
INLINE bool conv_strip_is_copied(size_t width, size_t lanes)
{
    return 4 * width <= lanes;
}

INLINE size_t conv_panel_size(const bnn_conv *conv)
{
    const size_t in = (size_t)conv->in.c * conv->in.h * conv->in.w;
    const size_t out = (size_t)conv->out.c * conv->out.h * conv->out.w;
    const size_t width = TILE_WIDE * VL;
    return conv_strip_is_copied(width, conv->lanes) ? (in > out ? in : out) * width : 0;
}

/* panel[n][width] = x[n][lanes], `width` lanes of it. Nobody but this knows that the next line lies so far away, so it
 * is asked for ahead of time. */
static void conv_copy_strip(size_t n, size_t width, size_t lanes, const float *x, float *panel)
{
    enum { AHEAD = 24 };
    for (size_t i = 0; i < n; i++, x += lanes, panel += width) {
        __builtin_prefetch(i + AHEAD < n ? x + AHEAD * lanes : x);
        for (size_t lane = 0; lane < width; lane += VL)
            store_f(panel + lane, load_f(x + lane));
    }
}

/* A position whose window hangs over a border that is not zero: one channel at a time, every tap,
 * the padding read from a vector of it. p: the product without the padding. */
static void conv_border(const conv_pass *pass, const product *p, tile_taps row, tile_taps column,
                        size_t width)
{
    const size_t k = pass->conv->kernel;
    const ptrdiff_t *step = p->terms.x_step;
    for (size_t channel = 0; channel < p->m; channel++)
        for (size_t v = 0; v < width; v += VL) {
            vf sum = splat_f(p->start == NULL ? 0.0f : p->start[channel]);
            const float *w = pass->product.a + channel * p->a_row, *x = p->x + v;
            for (size_t c = 0; c < pass->from.c; c++, x += step[0])
                for (size_t t = 0; t < k * k; t++, w++) {
                    /* In front of the first tap these wrap, and are too large as well. */
                    const size_t h = t / k - row.tap, i = t % k - column.tap;
                    const bool inside = h < row.n && i < column.n;
                    sum = fma_f(
                        splat_f(*w),
                        load_f(inside ? x + h * (size_t)step[1] + i * (size_t)step[2] : pass->pad),
                        sum);
                }
            store_f(p->y + channel * p->y_row + v, sum);
        }
}

/* One strip of lanes, all positions. p: of the first one; its x has `step` floats between positions. */
static void conv_run_strip(const conv_pass *pass, product p, product_tile_function *const tiles[4],
                           size_t width, size_t step)
{
    const size_t lanes = pass->conv->lanes, k = pass->conv->kernel;
    const float *a = p.a, *x = p.x;
    for (int i = 0; i < 3; i++)
        p.terms.x_step[i] *= (ptrdiff_t)step;
    for (size_t h = 0; h < pass->to.h; h++) {
        const tile_taps row = pass->taps(pass->conv, h, pass->from.h);
        for (size_t w = 0; w < pass->to.w; w++, p.y += lanes) {
            const tile_taps column = pass->taps(pass->conv, w, pass->from.w);
            p.terms.n[1] = row.n;
            p.terms.n[2] = column.n;
            p.a = a + row.tap * k + column.tap;
            p.x = x + (row.from * pass->from.w + column.from) * step;
            if (pass->pad != NULL && (row.n < k || column.n < k))
                conv_border(pass, &p, row, column, width);
            else
                product_strip(tiles, width, width, &p, 0);
        }
    }
}

static void conv_run(const conv_pass *pass)
{
    const size_t lanes = pass->conv->lanes;
    const size_t n = (size_t)pass->from.c * pass->from.h * pass->from.w;
    for (size_t lane = 0, width; lane < lanes; lane += width) {
        const bool full = lane + TILE_WIDE * VL <= lanes;
        width = full ? TILE_WIDE * VL : TILE_NARROW * VL;
        const bool copied = conv_strip_is_copied(TILE_WIDE * VL, lanes);
        product p = pass->product;
        p.x += lane;
        p.y += lane;
        if (copied) {
            conv_copy_strip(n, width, lanes, p.x, pass->panel);
            p.x = pass->panel;
        }
        conv_run_strip(pass, p, full ? product_wide : product_narrow, width,
                       copied ? width : lanes);
    }
}

/* Scratch: a vector of padding, then a tile of weight gradients and their partial sums, or a strip of x. */
KERNEL size_t conv2d_scratch(const bnn_conv *conv)
{
    const size_t sums = CONV_TILE_CHANNELS * (size_t)conv->kernel * conv->kernel * (LANES + 1);
    const size_t panel = conv_panel_size(conv);
    return conv->lanes + (panel > sums ? panel : sums);
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
    const ptrdiff_t k = conv->kernel, row = conv->in.w;
    const bool zero = conv->padding == 0 || conv->pad_value == 0.0f;
    conv_run(&(conv_pass){.conv = conv,
                          .from = conv->in,
                          .to = conv->out,
                          .taps = conv_taps_of_output,
                          .product = {.m = conv->out.c,
                                      .a = w,
                                      .a_row = (size_t)conv->in.c * conv->kernel * conv->kernel,
                                      .x = x,
                                      .terms = {.n = {conv->in.c},
                                                .a_step = {k * k, k, 1},
                                                .x_step = {conv->in.h * row, row, 1}},
                                      .y = y,
                                      .y_row = (size_t)conv->out.h * conv->out.w * conv->lanes,
                                      .start = bias},
                          .pad = zero ? NULL : conv_fill_padding(conv, scratch),
                          .panel = scratch + conv->lanes});
}

KERNEL void conv2d_input_gradient(const bnn_conv *conv, const float *gy, const float *w, float *gx,
                                  float *scratch)
{
    const ptrdiff_t k = conv->kernel, row = conv->out.w;
    const ptrdiff_t step = conv_gathers_forward(conv) ? 1 : -1;
    const ptrdiff_t tap = step > 0 ? -1 : (ptrdiff_t)conv->stride;
    conv_run(&(conv_pass){.conv = conv,
                          .from = conv->out,
                          .to = conv->in,
                          .taps = conv_taps_of_input,
                          .product = {.m = conv->in.c,
                                      .a = w,
                                      .a_row = (size_t)conv->kernel * conv->kernel,
                                      .x = gy,
                                      .terms = {.n = {conv->out.c},
                                                .a_step = {conv->in.c * k * k, tap * k, tap},
                                                .x_step = {conv->out.h * row, step * row, step}},
                                      .y = gx,
                                      .y_row = (size_t)conv->in.h * conv->in.w * conv->lanes},
                          .panel = scratch + conv->lanes});
}

/* Rows of outputs under a tile of one kernel row, added to sums[channel][tap] (sum_row floats between channels, LANES
 * between taps). */
typedef struct conv_rows {
    const bnn_conv *conv;
    const float *x;  /* the input channel, [in.h][in.w][lanes] */
    const float *gy; /* the first output channel, [out.h][out.w][lanes] */
    const float *pad;
    size_t from, to;        /* rows of outputs */
    size_t kernel_row, tap; /* the first tap of the tile */
    size_t ahead;           /* from an output to one that is wanted after these rows */
    float *sums;
    size_t sum_row;
} conv_rows;

/* sum += the products of n floats of outputs, at gy, with those of inputs under each tap. */
INLINE void conv_rows_add(const int channels, const int taps_n, const conv_rows *r, size_t part,
                          size_t n, const float *gy, const float *const x[],
                          vf sum[][CONV_TILE_TAPS])
{
    const size_t gy_row = (size_t)r->conv->out.h * r->conv->out.w * r->conv->lanes;
    for (size_t lane = part; lane < n; lane += LANES) {
        vf g[CONV_TILE_CHANNELS];
        __builtin_prefetch(gy + r->ahead + lane);
        UNROLL
        for (int i = 0; i < channels; i++)
            g[i] = load_f(gy + (size_t)i * gy_row + lane);
        UNROLL
        for (int t = 0; t < taps_n; t++) {
            const vf pixel = hold_f(load_f(x[t] + lane));
            UNROLL
            for (int i = 0; i < channels; i++)
                sum[i][t] = fma_f(g[i], pixel, sum[i][t]);
        }
    }
}

/* One row of outputs; x: the row of inputs, NULL: of padding. Outputs whose taps all lie in the row, one behind the other,
 * are one run; at a border, or with a stride, each is by itself. */
INLINE void conv_rows_add_row(const int channels, const int taps_n, const conv_rows *r, size_t part,
                              const float *gy, const float *x, vf sum[][CONV_TILE_TAPS])
{
    const bnn_conv *conv = r->conv;
    const size_t lanes = conv->lanes, taps = (size_t)taps_n;
    const size_t inner = x != NULL && conv->in.w >= taps ? conv->in.w - taps + 1 : 0;
    for (size_t ow = 0, n; ow < conv->out.w; ow += n, gy += n * lanes) {
        const float *at[CONV_TILE_TAPS];
        /* Left of the border this wraps around and is too large as well. */
        const size_t first = ow * conv->stride + r->tap - conv->padding;
        if (first < inner) {
            UNROLL
            for (size_t t = 0; t < taps; t++)
                at[t] = x + (first + t) * lanes;
            n = conv->stride > 1 ? 1 : bnn_size_smaller(inner - first, conv->out.w - ow);
            conv_rows_add(channels, taps_n, r, part, n * lanes, gy, at, sum);
        } else {
            UNROLL
            for (size_t t = 0; t < taps; t++)
                at[t] = x != NULL && first + t < conv->in.w ? x + (first + t) * lanes : r->pad;
            n = 1;
            conv_rows_add(channels, taps_n, r, part, lanes, gy, at, sum);
        }
    }
}

INLINE void conv_rows_tile(const int channels, const int taps_n, const conv_rows *r, size_t part)
{
    const bnn_conv *conv = r->conv;
    const size_t in_row = conv->in.w * conv->lanes, out_row = conv->out.w * conv->lanes;
    vf sum[CONV_TILE_CHANNELS][CONV_TILE_TAPS];
    UNROLL
    for (int i = 0; i < channels; i++) {
        UNROLL
        for (int t = 0; t < taps_n; t++)
            sum[i][t] = load_f(r->sums + (size_t)i * r->sum_row + (size_t)t * LANES + part);
    }
    for (size_t oh = r->from; oh < r->to; oh++) {
        const size_t ih = oh * conv->stride + r->kernel_row - conv->padding;
        const bool inside = ih < conv->in.h;
        if (inside || conv->pad_value != 0.0f)
            conv_rows_add_row(channels, taps_n, r, part, r->gy + oh * out_row,
                              inside ? r->x + ih * in_row : NULL, sum);
    }
    UNROLL
    for (int i = 0; i < channels; i++) {
        UNROLL
        for (int t = 0; t < taps_n; t++)
            store_f(r->sums + (size_t)i * r->sum_row + (size_t)t * LANES + part, sum[i][t]);
    }
}

typedef void conv_rows_function(const conv_rows *, size_t);

#define CONV_ROWS(channels, taps_n)                                              \
    KERNEL void conv_rows_##channels##_##taps_n(const conv_rows *r, size_t part) \
    {                                                                            \
        conv_rows_tile(channels, taps_n, r, part);                               \
    }
#define CONV_ROWS_OF(channels) \
    CONV_ROWS(channels, 1)     \
    CONV_ROWS(channels, 2) CONV_ROWS(channels, 3) CONV_ROWS(channels, 4) CONV_ROWS(channels, 5)
#define CONV_ROWS_TABLE(channels)                                                     \
    {                                                                                 \
        conv_rows_##channels##_1, conv_rows_##channels##_2, conv_rows_##channels##_3, \
            conv_rows_##channels##_4, conv_rows_##channels##_5                        \
    }

CONV_ROWS_OF(1)
CONV_ROWS_OF(2)
#if !defined(BNN_VEC_AVX2)
CONV_ROWS_OF(3)
CONV_ROWS_OF(4)
#endif

/* Outputs that the nearest cache keeps until the kernel's next row wants them; and so many that they come from the next
 * one in time, if each line is wanted once: where a vector is a whole one. */
enum { CONV_NEAR_BYTES = 1 << 14, CONV_PLANE_BYTES = PARTS == 1 ? 1 << 17 : CONV_NEAR_BYTES };

/* How many rows of outputs a tile takes before it goes on to the kernel's next row. */
static size_t conv_rows_at_once(const bnn_conv *conv, size_t channels)
{
    const size_t row = channels * conv->out.w * conv->lanes * sizeof(float);
    return conv->out.h * row <= CONV_PLANE_BYTES ? conv->out.h
                                                 : bnn_size_larger(1, CONV_NEAR_BYTES / row);
}

/* The gradients of `channels` output channels for one input channel, in sums[][k * k][LANES]. */
static void conv_weight_sums(size_t channels, const bnn_conv *conv, const float *x, const float *gy,
                             const float *pad, float *sums)
{
    static conv_rows_function *const rows_of[CONV_TILE_CHANNELS][CONV_TILE_TAPS] = {
        CONV_ROWS_TABLE(1),
        CONV_ROWS_TABLE(2),
#if !defined(BNN_VEC_AVX2)
        CONV_ROWS_TABLE(3),
        CONV_ROWS_TABLE(4),
#endif
    };
    const size_t k = conv->kernel, row = conv->out.w * conv->lanes;
    const size_t step = conv_rows_at_once(conv, channels);
    memset(sums, 0, channels * k * k * LANES * sizeof *sums);
    for (size_t oh = 0; oh < conv->out.h; oh += step)
        for (size_t kh = 0; kh < k; kh++)
            for (size_t tap = 0, n; tap < k; tap += n) {
                n = bnn_size_smaller(k - tap, CONV_TILE_TAPS);
                const conv_rows rows = {.conv = conv,
                                        .x = x,
                                        .gy = gy,
                                        .pad = pad,
                                        .from = oh,
                                        .to = bnn_size_smaller(oh + step, conv->out.h),
                                        .kernel_row = kh,
                                        .tap = tap,
                                        .ahead = (step + kh % channels * conv->out.h) * row,
                                        .sums = sums + (kh * k + tap) * LANES,
                                        .sum_row = k * k * LANES};
                for (size_t part = 0; part < LANES; part += VL)
                    rows_of[channels - 1][n - 1](&rows, part);
            }
}

/* The next tile of `left` output channels: two of three rather than one of four and one of two. */
static size_t conv_tile_channels(size_t left)
{
    return CONV_TILE_CHANNELS == 4 && (left == 5 || left == 6)
               ? 3
               : bnn_size_smaller(left, CONV_TILE_CHANNELS);
}

KERNEL void conv2d_weight_gradient(const bnn_conv *conv, const float *x, const float *gy, float *gw,
                                   float *gbias, float *scratch)
{
    const float *pad = conv_fill_padding(conv, scratch);
    const size_t in_size = (size_t)conv->in.h * conv->in.w * conv->lanes;
    const size_t out_size = (size_t)conv->out.h * conv->out.w * conv->lanes;
    const size_t area = (size_t)conv->kernel * conv->kernel;
    float *gradient = scratch + conv->lanes, *sums = gradient + CONV_TILE_CHANNELS * area;
    for (size_t o = 0, channels; o < conv->out.c; o += channels) {
        channels = conv_tile_channels(conv->out.c - o);
        for (size_t c = 0; c < conv->in.c; c++) {
            conv_weight_sums(channels, conv, x + c * in_size, gy + o * out_size, pad, sums);
            reduce_rows(channels * area, sums, gradient);
            for (size_t i = 0; i < channels; i++)
                memcpy(gw + ((o + i) * conv->in.c + c) * area, gradient + i * area,
                       area * sizeof *gw);
        }
    }
    if (gbias != NULL)
        sum_rows(conv->out.c, out_size, gy, gbias);
}

#undef CONV_ROWS
#undef CONV_ROWS_OF
#undef CONV_ROWS_TABLE
