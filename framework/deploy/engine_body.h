/* engine_body.h - the fast engine's loops, for the vectors of the file that includes it.
 *
 * That file defines
 *
 *     LANES                    int32 lanes of an ivec
 *     ivec, iv_zero, iv_add
 *     bitsum, bs_zero          counts of differing bits, of at most BITSUM_WORDS words (0: any)
 *     bs_add(b, x, w)          adds those of the word x and LANES words at w
 *     bs_sum(b)                the counts
 *     iv_dot(sum, x, w)        sum + products of 4 unsigned bytes of each lane of x and 4 signed of w
 *     iv_word(x), iv_load(p)   the word in every lane; LANES words
 *     iv_store(p, v)
 *     iv_at_most(v, p)         a bit for each lane: v <= p[lane]; iv_at_least likewise
 *     iv_quads(p)              bytes p[i..i + 3] in lane i; reads up to 32 bytes
 *     iv_bytes(p)              byte p[i] in lane i; reads LANES bytes
 *     iv_shift_or(v, x, n)     v | x << 8 n
 *     fv_not_negative(p, n)    a bit for each of n <= 64 floats: p[i] >= 0
 *     compress(x, mask)        the bits of x under the mask, side by side
 *     spread(x, mask)          the way back
 *     FLOATS, ENGINE, ENGINE_NAME                                                             */
#include "deploy/engine.h"
#include "deploy/engine_plan.h"

#include <string.h>
#include <time.h>

typedef struct workspace {
    void *between[2];
    float *values, *signs;
    void *floats;
    uint32_t *windows;
    uint64_t *decided;
    uint8_t *pixels;
} workspace;

static void cut(const bnn_fast_plan *p, uint8_t *bytes, workspace *out)
{
    out->between[0] = bytes;
    out->between[1] = bytes += p->between_bytes;
    out->values = (float *)(void *)(bytes += p->between_bytes);
    out->signs = (float *)(void *)(bytes += p->values_bytes);
    out->floats = bytes += p->signs_bytes;
    out->windows = (uint32_t *)(void *)(bytes += p->floats_bytes);
    out->decided = (uint64_t *)(void *)(bytes += p->windows_bytes);
    out->pixels = bytes + p->decided_bytes;
}

/* ---- bits in frames ---------------------------------------------------------------------- */

static inline uint64_t ones(uint32_t n)
{
    return n < 64 ? ((uint64_t)1 << n) - 1 : ~(uint64_t)0;
}

/* The bits from `at` on; 57 of them are there, where that many follow. */
static inline uint64_t bits_at(const uint64_t *words, size_t at)
{
    uint64_t x;
    memcpy(&x, (const uint8_t *)words + at / 8, sizeof x);
    return x >> at % 8;
}

static inline uint32_t word_at(const void *words, size_t i)
{
    uint32_t x;
    memcpy(&x, (const uint8_t *)words + i * sizeof x, sizeof x);
    return x;
}

/* Puts n <= 64 bits into words that are 0 there. */
static inline void put_bits(uint64_t *words, size_t at, uint64_t x, uint32_t n)
{
    words[at / 64] |= x << at % 64;
    if (at % 64 + n > 64)
        words[at / 64 + 1] |= x >> (64 - at % 64);
}

static inline size_t place(const bnn_frame *f, size_t h, size_t w)
{
    return (h + f->pad) * f->row_bits + (w + f->pad) * f->c;
}

/* Rows of decided bits, planes[c][step], 64 at most, into a row of the frame; from column 0. */
static void put_planes(const bnn_frame *f, size_t h, const uint64_t *planes, size_t step,
                       uint64_t *frame)
{
    const uint32_t together = 64 / f->c; /* positions of a word */
    uint64_t comb = 0;
    for (uint32_t i = 0; i < together; i++)
        comb |= (uint64_t)1 << i * f->c;
    for (uint32_t w = 0; w < f->w; w += together) {
        const uint32_t n = f->w - w < together ? f->w - w : together;
        uint64_t word = 0;
        for (uint32_t c = 0; c < f->c; c++)
            word |= spread(planes[c * step] >> w & ones(n), comb << c);
        put_bits(frame, place(f, h, w), word, n * f->c);
    }
}

/* The signs of an image's floats [c][h][w]. */
static void put_signs(const bnn_frame *f, const float *values, uint64_t *frame)
{
    memcpy(frame, f->blank, f->n_words * sizeof *frame);
    uint64_t planes[64];
    if (f->c <= 64 && f->w <= 64 && f->w > 1) {
        for (size_t h = 0; h < f->h; h++) {
            for (size_t c = 0; c < f->c; c++)
                planes[c] = fv_not_negative(values + (c * f->h + h) * f->w, f->w);
            put_planes(f, h, planes, 1, frame);
        }
        return;
    }
    if (f->h * f->w == 1) {
        for (size_t c = 0; c < f->c; c += 64) {
            const uint32_t n = f->c - c < 64 ? (uint32_t)(f->c - c) : 64;
            put_bits(frame, c, fv_not_negative(values + c, n), n);
        }
        return;
    }
    for (size_t c = 0; c < f->c; c++)
        for (size_t h = 0; h < f->h; h++)
            for (size_t w = 0; w < f->w; w++)
                put_bits(frame, place(f, h, w) + c, *values++ >= 0.0f, 1);
}

/* A frame as floats -1 and +1, [c][h][w]. */
static void get_signs(const bnn_frame *f, const uint64_t *frame, float *values)
{
    for (size_t c = 0; c < f->c; c++)
        for (size_t h = 0; h < f->h; h++)
            for (size_t w = 0; w < f->w; w++) {
                const size_t at = place(f, h, w) + c;
                *values++ = frame[at / 64] >> at % 64 & 1 ? 1.0f : -1.0f;
            }
}

/* ---- decisions --------------------------------------------------------------------------- */

static bool in_table(const bnn_fast_stage *f, int32_t table, int32_t sum)
{
    const bnn_fold *fold = &f->stage->fold;
    const size_t at = (size_t)(sum - fold->table_first) / fold->table_step;
    return fold->tables[(size_t)table * fold->table_words + at / 64] >> at % 64 & 1;
}

/* A channel's sum from what was counted: differences, or a product. */
static inline int32_t sum_of(const bnn_fast_stage *f, uint32_t c, int32_t counted)
{
    return f->pixels ? counted - f->offset[c] : (int32_t)f->stage->taps - 2 * counted;
}

/* The bits of LANES channels from c on, at one position. */
static inline uint64_t decide(const bnn_fast_stage *f, uint32_t c, ivec counted)
{
    uint64_t bits =
        f->pixels ? iv_at_least(counted, f->limit + c) : iv_at_most(counted, f->limit + c);
    if (f->table != NULL) {
        int32_t lanes[LANES];
        iv_store(lanes, counted);
        for (uint32_t i = 0; i < LANES && c + i < f->stage->sums.c; i++)
            if (f->table[c + i] >= 0) {
                const bool bit = in_table(f, f->table[c + i], sum_of(f, c + i, lanes[i]));
                bits = (bits & ~((uint64_t)1 << i)) | (uint64_t)bit << i;
            }
    }
    return bits;
}

/* Decided bits [positions][channel_words], pooled, into the frame. */
static void put_pooled(const bnn_fast_stage *f, const uint64_t *decided, uint64_t *frame)
{
    const bnn_stage *s = f->stage;
    const size_t n_words = f->channel_words, row = s->sums.w * n_words;
    const size_t size = s->fold.pool > 0 ? s->fold.pool : 1;
    const size_t stride = s->fold.pool > 0 ? s->fold.pool_stride : 1;
    memcpy(frame, f->out.blank, f->out.n_words * sizeof *frame);
    for (size_t h = 0; h < s->out.h; h++)
        for (size_t w = 0; w < s->out.w; w++)
            for (size_t i = 0; i < n_words; i++) {
                const uint64_t *corner = decided + h * stride * row + w * stride * n_words + i;
                const uint64_t inverted = f->inverted[i];
                uint64_t any = 0;
                for (size_t y = 0; y < size; y++)
                    for (size_t x = 0; x < size; x++)
                        any |= corner[y * row + x * n_words] ^ inverted;
                const uint32_t n = s->out.c - 64 * i < 64 ? (uint32_t)(s->out.c - 64 * i) : 64;
                put_bits(frame, place(&f->out, h, w) + 64 * i, (any ^ inverted) & ones(n), n);
            }
}

/* Sums of LANES channels from c on, at one position, as floats. */
static inline void put_sums(const bnn_fast_stage *f, uint32_t c, size_t position, ivec counted,
                            float *sums)
{
    const bnn_stage *s = f->stage;
    const size_t plane = (size_t)s->sums.h * s->sums.w;
    int32_t lanes[LANES];
    iv_store(lanes, counted);
    for (uint32_t i = 0; i < LANES && c + i < s->sums.c; i++)
        sums[(c + i) * plane + position] = bnn_stage_sum_value(s, sum_of(f, c + i, lanes[i]));
}

/* Where the counts of a stage go: to bits, or to floats. */
typedef struct sink {
    const bnn_fast_stage *stage;
    uint64_t *decided; /* [positions][channel_words], 0 at first; or NULL */
    float *sums;
} sink;

static inline void take(const sink *k, uint32_t c, size_t position, ivec counted)
{
    if (k->decided != NULL)
        k->decided[position * k->stage->channel_words + c / 64] |= decide(k->stage, c, counted)
                                                                   << c % 64;
    else
        put_sums(k->stage, c, position, counted, k->sums);
}

/* ---- windows: lanes are channels --------------------------------------------------------- */

enum { TOGETHER = BNN_FAST_WINDOWS_TOGETHER };

/* Differing bits of windows that begin at x[i] and go on in rows `step` words apart. */
static inline __attribute__((always_inline)) void count_bits(const bnn_fast_stage *f,
                                                             const uint32_t *weights, size_t step,
                                                             const void *const *x, int n,
                                                             ivec *counted)
{
    bitsum sums[TOGETHER];
    for (int i = 0; i < n; i++) {
        counted[i] = iv_zero();
        sums[i] = bs_zero();
    }
    size_t n_added = 0;
    for (size_t row = 0; row < f->n_rows; row++)
        for (size_t j = 0; j < f->row_words; j++, weights += LANES) {
            for (int i = 0; i < n; i++)
                sums[i] = bs_add(sums[i], word_at(x[i], row * step + j), weights);
            if (BITSUM_WORDS != 0 && ++n_added == BITSUM_WORDS) {
                n_added = 0;
                for (int i = 0; i < n; i++) {
                    counted[i] = iv_add(counted[i], bs_sum(sums[i]));
                    sums[i] = bs_zero();
                }
            }
        }
    for (int i = 0; i < n; i++)
        counted[i] = iv_add(counted[i], bs_sum(sums[i]));
}

static inline __attribute__((always_inline)) void multiply_pixels(const bnn_fast_stage *f,
                                                                  const uint32_t *weights,
                                                                  const void *const *x, int n,
                                                                  ivec *products)
{
    for (int i = 0; i < n; i++)
        products[i] = iv_zero();
    for (size_t j = 0; j < f->row_words; j++, weights += LANES) {
        const ivec w = iv_load(weights);
        for (int i = 0; i < n; i++)
            products[i] = iv_dot(products[i], iv_word(word_at(x[i], j)), w);
    }
}

/* All channels at n <= TOGETHER positions. sinks: each with its own image, or the same. */
static inline __attribute__((always_inline)) void
meet_windows(const bnn_fast_stage *f, size_t step, const void *const *x, int n, const sink *sinks,
             size_t sink_step, size_t position, size_t position_step)
{
    const uint32_t *weights = f->weights;
    for (uint32_t v = 0; v < f->n_vectors; v++) {
        ivec counted[TOGETHER];
        if (f->pixels)
            multiply_pixels(f, weights, x, n, counted);
        else
            count_bits(f, weights, step, x, n, counted);
        for (int i = 0; i < n; i++)
            take(&sinks[(size_t)i * sink_step], v * LANES, position + (size_t)i * position_step,
                 counted[i]);
        weights += (size_t)f->n_words * LANES;
    }
}

/* The words of the windows' rows that begin at each row and output column of a frame. */
static void slide(const bnn_fast_stage *f, const uint64_t *frame, uint32_t *words)
{
    const bnn_stage *s = f->stage;
    const uint32_t row_bits = s->kernel * s->in.c;
    const uint32_t last = (uint32_t)ones(row_bits - 32 * (f->row_words - 1));
    const size_t n_rows = (size_t)(s->sums.h - 1) * s->stride + s->kernel;
    for (size_t h = 0; h < n_rows; h++)
        for (size_t w = 0; w < s->sums.w; w++) {
            size_t at = h * f->in.row_bits + w * s->stride * s->in.c;
            for (uint32_t j = 1; j < f->row_words; j++, at += 32)
                *words++ = (uint32_t)bits_at(frame, at);
            *words++ = (uint32_t)bits_at(frame, at) & last;
        }
}

static void convolve_bits(const bnn_fast_stage *f, const uint64_t *frame, uint32_t *words,
                          const sink *to)
{
    const bnn_stage *s = f->stage;
    const size_t step = s->sums.w * (size_t)f->row_words;
    slide(f, frame, words);
    for (size_t h = 0; h < s->sums.h; h++) {
        const uint32_t *row = words + h * s->stride * step;
        const size_t first = h * s->sums.w;
        size_t w = 0;
        for (; w + TOGETHER <= s->sums.w; w += TOGETHER) {
            const void *x[TOGETHER];
            for (size_t i = 0; i < TOGETHER; i++)
                x[i] = row + (w + i) * f->row_words;
            meet_windows(f, step, x, TOGETHER, to, 0, first + w, 1);
        }
        for (; w < s->sums.w; w++) {
            const void *x = row + w * f->row_words;
            meet_windows(f, step, &x, 1, to, 0, first + w, 1);
        }
    }
}

/* The pixels of a window, in the order of the weights, then zeros. */
static void gather_pixels(const bnn_fast_stage *f, const uint8_t *frame, size_t h, size_t w,
                          uint32_t *words)
{
    const bnn_stage *s = f->stage;
    uint8_t *bytes = (uint8_t *)words;
    words[f->row_words - 1] = 0;
    if (s->linear == BNN_LOWER_DENSE) {
        memcpy(bytes, frame, s->taps);
        return;
    }
    for (size_t c = 0; c < s->in.c; c++)
        for (size_t k = 0; k < s->kernel; k++, bytes += s->kernel)
            memcpy(bytes,
                   frame + c * f->plane_bytes + (h * s->stride + k) * f->row_bytes + w * s->stride,
                   s->kernel);
}

static void convolve_pixels(const bnn_fast_stage *f, const uint8_t *frame, uint32_t *words,
                            const sink *to)
{
    const bnn_stage *s = f->stage;
    const size_t n = (size_t)s->sums.h * s->sums.w;
    const void *x[TOGETHER];
    for (size_t i = 0; i < TOGETHER; i++)
        x[i] = words + i * f->row_words;
    size_t position = 0;
    for (; position + TOGETHER <= n; position += TOGETHER) {
        for (size_t i = 0; i < TOGETHER; i++)
            gather_pixels(f, frame, (position + i) / s->sums.w, (position + i) % s->sums.w,
                          words + i * f->row_words);
        meet_windows(f, 0, x, TOGETHER, to, 0, position, 1);
    }
    for (; position < n; position++) {
        gather_pixels(f, frame, position / s->sums.w, position % s->sums.w, words);
        meet_windows(f, 0, x, 1, to, 0, position, 1);
    }
}

/* ---- planes: lanes are positions --------------------------------------------------------- */

enum { TILE = BNN_FAST_TILE };

/* The products of a tile's channels at the positions from a and from b on. */
static inline __attribute__((always_inline)) void
multiply_planes(const bnn_fast_stage *f, const uint32_t *weights, const uint8_t *a,
                const uint8_t *b, ivec *products_a, ivec *products_b)
{
    const size_t step = (size_t)f->n_tiles * TILE;
    for (int c = 0; c < TILE; c++)
        products_a[c] = products_b[c] = iv_zero();
    for (uint32_t q = 0; q < f->n_quads; q++, weights += step) {
        const ivec xa = iv_quads(a + f->quads[q]), xb = iv_quads(b + f->quads[q]);
        for (int c = 0; c < TILE; c++) {
            const ivec w = iv_word(weights[c]);
            products_a[c] = iv_dot(products_a[c], xa, w);
            products_b[c] = iv_dot(products_b[c], xb, w);
        }
    }
    for (uint32_t i = 0; i < f->n_singles; i += 4, weights += step) {
        ivec xa = iv_zero(), xb = iv_zero();
        for (uint32_t k = 0; k < 4 && i + k < f->n_singles; k++) {
            xa = iv_shift_or(xa, iv_bytes(a + f->singles[i + k]), k);
            xb = iv_shift_or(xb, iv_bytes(b + f->singles[i + k]), k);
        }
        for (int c = 0; c < TILE; c++) {
            const ivec w = iv_word(weights[c]);
            products_a[c] = iv_dot(products_a[c], xa, w);
            products_b[c] = iv_dot(products_b[c], xb, w);
        }
    }
}

/* The bits of a channel at LANES positions. */
static inline uint64_t decide_plane(const bnn_fast_stage *f, uint32_t c, ivec products)
{
    int32_t lanes[LANES];
    for (uint32_t i = 0; i < LANES; i++)
        lanes[i] = f->limit[c];
    uint64_t bits = iv_at_least(products, lanes);
    if (f->table != NULL && f->table[c] >= 0) {
        iv_store(lanes, products);
        bits = 0;
        for (uint32_t i = 0; i < LANES; i++)
            bits |= (uint64_t)in_table(f, f->table[c], sum_of(f, c, lanes[i])) << i;
    }
    return bits;
}

/* The products of a channel at LANES positions of row h, from column w on. */
static inline void take_plane(const sink *k, uint32_t c, size_t h, size_t w, ivec products)
{
    const bnn_stage *s = k->stage->stage;
    if (k->decided != NULL) {
        k->decided[c * s->sums.h + h] |= decide_plane(k->stage, c, products) << w;
        return;
    }
    int32_t lanes[LANES];
    iv_store(lanes, products);
    for (size_t i = 0; c < s->sums.c && i < LANES && w + i < s->sums.w; i++)
        k->sums[(c * s->sums.h + h) * s->sums.w + w + i] =
            bnn_stage_sum_value(s, sum_of(k->stage, c, lanes[i]));
}

static void convolve_planes(const bnn_fast_stage *f, const uint8_t *frame, const sink *to)
{
    const bnn_stage *s = f->stage;
    const size_t n_across = (s->sums.w + LANES - 1) / LANES, n = n_across * s->sums.h;
    for (size_t i = 0; i < n; i += 2) {
        const size_t j = i + 1 < n ? i + 1 : i; /* the last may be alone */
        const size_t ha = i / n_across, wa = i % n_across * LANES;
        const size_t hb = j / n_across, wb = j % n_across * LANES;
        for (uint32_t t = 0; t < f->n_tiles; t++) {
            ivec a[TILE], b[TILE];
            multiply_planes(f, f->weights + t * TILE, frame + ha * f->row_bytes + wa,
                            frame + hb * f->row_bytes + wb, a, b);
            for (uint32_t c = 0; c < TILE; c++) {
                take_plane(to, t * TILE + c, ha, wa, a[c]);
                take_plane(to, t * TILE + c, hb, wb, b[c]);
            }
        }
    }
}

/* Every stride-th bit. */
static inline uint64_t comb_of(uint32_t n, uint32_t stride)
{
    uint64_t comb = 0;
    for (uint32_t i = 0; i < n && i * stride < 64; i++)
        comb |= (uint64_t)1 << i * stride;
    return comb;
}

/* Decided bits, a word for each channel and row, pooled, into the frame. */
static void put_pooled_planes(const bnn_fast_stage *f, const uint64_t *decided, uint64_t *frame)
{
    const bnn_stage *s = f->stage;
    const uint32_t size = s->fold.pool > 0 ? s->fold.pool : 1;
    const uint32_t stride = s->fold.pool > 0 ? s->fold.pool_stride : 1;
    const uint64_t comb = comb_of(s->out.w, stride);
    memcpy(frame, f->out.blank, f->out.n_words * sizeof *frame);
    for (size_t h = 0; h < s->out.h; h++) {
        uint64_t planes[64];
        for (size_t c = 0; c < s->out.c; c++) {
            const uint64_t inverted = f->inverted[0] >> c & 1 ? ~(uint64_t)0 : 0;
            const uint64_t *rows = decided + c * s->sums.h + h * stride;
            uint64_t column = 0, any = 0;
            for (uint32_t y = 0; y < size; y++)
                column |= rows[y] ^ inverted;
            for (uint32_t x = 0; x < size; x++)
                any |= column >> x;
            planes[c] = compress(any ^ inverted, comb);
        }
        put_planes(&f->out, h, planes, 1, frame);
    }
}

/* ---- stages ------------------------------------------------------------------------------ */

/* The image with its border, where the stage has one. */
static const uint8_t *frame_pixels(const bnn_fast_stage *f, const uint8_t *image, uint8_t *frame)
{
    const bnn_stage *s = f->stage;
    const size_t inside = (size_t)s->padding * (f->row_bytes + 1);
    if (s->padding > 0)
        memset(frame, 128, f->frame_bytes);
    for (size_t c = 0; c < s->in.c; c++)
        for (size_t h = 0; h < s->in.h; h++, image += s->in.w)
            memcpy(frame + c * f->plane_bytes + inside + h * f->row_bytes, image, s->in.w);
    return frame;
}

/* Integer sums of one image. */
static void sum_image(const bnn_fast_stage *f, const void *x, const workspace *w, const sink *to)
{
    if (f->kind == BNN_FAST_PLANES)
        convolve_planes(f, frame_pixels(f, x, w->pixels), to);
    else if (f->pixels)
        convolve_pixels(f, frame_pixels(f, x, w->pixels), w->windows, to);
    else if (f->stage->linear == BNN_LOWER_CONV2D)
        convolve_bits(f, x, w->windows, to);
    else
        meet_windows(f, 0, &x, 1, to, 0, 0, 0);
}

/* The bits of one image, from pixels or bits. */
static void fold_image(const bnn_fast_stage *f, const void *x, const workspace *w, uint64_t *frame)
{
    const bnn_stage *s = f->stage;
    const bool planes = f->kind == BNN_FAST_PLANES;
    const sink to = {.stage = f, .decided = w->decided};
    const size_t n = planes ? (size_t)f->n_tiles * TILE * s->sums.h
                            : (size_t)s->sums.h * s->sums.w * f->channel_words;
    memset(w->decided, 0, n * sizeof *w->decided);
    sum_image(f, x, w, &to);
    if (planes)
        put_pooled_planes(f, w->decided, frame);
    else
        put_pooled(f, w->decided, frame);
}

/* Whether the bits of a stage meet the weights where they lie, and become bits, or floats, in
 * place: then some images meet them together. */
static inline bool is_dense(const bnn_fast_stage *f)
{
    return f->kind == BNN_FAST_WINDOWS && !f->pixels && f->stage->linear == BNN_LOWER_DENSE &&
           f->out.pad == 0;
}

static void run_dense(const bnn_fast_stage *f, size_t n, const uint8_t *x, uint64_t *frames,
                      float *sums)
{
    const size_t in = f->in.n_words * sizeof(uint64_t), n_sums = f->stage->sums.c;
    const size_t n_words = f->out.n_words;
    if (f->stage->folded)
        memset(frames, 0, n * n_words * sizeof *frames);
    for (size_t first = 0; first < n; first += TOGETHER) {
        const void *inputs[TOGETHER];
        sink to[TOGETHER];
        const size_t block = n - first < TOGETHER ? n - first : TOGETHER;
        for (size_t i = 0; i < block; i++) {
            inputs[i] = x + (first + i) * in;
            to[i] = (sink){.stage = f};
            if (f->stage->folded)
                to[i].decided = frames + (first + i) * n_words;
            else
                to[i].sums = sums + (first + i) * n_sums;
        }
        if (block == TOGETHER)
            meet_windows(f, 0, inputs, TOGETHER, to, 1, 0, 0);
        else
            for (size_t i = 0; i < block; i++)
                meet_windows(f, 0, inputs + i, 1, to + i, 0, 0, 0);
    }
}

/* The float inputs of an image: pixels, or bits. */
static void get_floats(const bnn_fast_stage *f, const void *x, float *values)
{
    const uint8_t *pixels = x;
    const size_t n = bnn_shape_values(f->stage->in);
    if (f->stage->inputs == BNN_VALUES_BITS)
        get_signs(&f->in, x, values);
    else
        for (size_t i = 0; i < n; i++)
            values[i] = bnn_pixel_value(pixels[i]);
}

/* The bytes of an image in front of a stage. */
static size_t input_bytes(const bnn_fast_stage *f)
{
    const bnn_stage *s = f->stage;
    if (s->inputs == BNN_VALUES_BITS)
        return f->in.n_words * sizeof(uint64_t);
    return bnn_shape_values(s->in) * (s->inputs == BNN_VALUES_FLOATS ? sizeof(float) : 1);
}

/* Integer sums of n images as floats. */
static void sum_images(const bnn_fast_stage *f, size_t n, const uint8_t *x, const workspace *w)
{
    const size_t in = input_bytes(f), n_sums = bnn_shape_values(f->stage->sums);
    if (is_dense(f)) {
        run_dense(f, n, x, NULL, w->values);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const sink to = {.stage = f, .sums = w->values + i * n_sums};
        sum_image(f, x + i * in, w, &to);
    }
}

/* A stage with a chain, n images; the signs of its values, where bits follow. */
static void run_floats(const bnn_fast_plan *p, const bnn_fast_stage *f, size_t n, const void *x,
                       const workspace *w, void *y)
{
    const bnn_stage *s = f->stage;
    const size_t n_in = bnn_shape_values(s->in), n_out = bnn_shape_values(s->out);
    float *values = s->outputs == BNN_VALUES_BITS ? w->signs : y;
    if (s->integer_sums) {
        sum_images(f, n, x, w);
        p->floats->chain(f->floats, n, w->values, values, w->floats);
    } else if (s->inputs == BNN_VALUES_FLOATS) {
        p->floats->run(f->floats, n, x, values, w->floats);
    } else {
        for (size_t i = 0; i < n; i++)
            get_floats(f, (const uint8_t *)x + i * input_bytes(f), w->values + i * n_in);
        p->floats->run(f->floats, n, w->values, values, w->floats);
    }
    for (size_t i = 0; s->outputs == BNN_VALUES_BITS && i < n; i++)
        put_signs(&f->out, values + i * n_out, (uint64_t *)y + i * f->out.n_words);
}

/* Bits or pixels to bits, n images. */
static void run_folded(const bnn_fast_stage *f, size_t n, const uint8_t *x, const workspace *w,
                       uint64_t *y)
{
    const size_t in = input_bytes(f);
    if (is_dense(f)) {
        run_dense(f, n, x, y, NULL);
        return;
    }
    for (size_t i = 0; i < n; i++)
        fold_image(f, x + i * in, w, y + i * f->out.n_words);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void run_block(const bnn_fast_plan *p, size_t n, const uint8_t *images, float *logits,
                      const workspace *w, uint64_t *stage_ns)
{
    const void *x = images;
    for (uint32_t i = 0; i < p->model->n_stages; i++) {
        const bnn_fast_stage *f = &p->stages[i];
        void *y = i + 1 == p->model->n_stages ? (void *)logits : w->between[i % 2];
        const uint64_t start = stage_ns != NULL ? now_ns() : 0;
        if (f->stage->folded)
            run_folded(f, n, x, w, y);
        else
            run_floats(p, f, n, x, w, y);
        if (stage_ns != NULL)
            stage_ns[i] += now_ns() - start;
        x = y;
    }
}

static void run(const void *state, size_t n, const uint8_t *images, float *logits, void *memory,
                uint64_t *stage_ns)
{
    const bnn_fast_plan *p = state;
    const size_t image_bytes = bnn_shape_values(p->model->input);
    workspace w;
    cut(p, memory, &w);
    for (size_t first = 0; first < n; first += p->block) {
        const size_t block = n - first < p->block ? n - first : p->block;
        run_block(p, block, images + first * image_bytes, logits + first * p->model->n_classes, &w,
                  stage_ns);
    }
}

static int prepare(const bnn_deploy_model *model, bnn_arena *arena, void **state, bnn_error *err)
{
    bnn_fast_plan *plan;
    const int status = bnn_fast_prepare(model, LANES, &FLOATS, arena, &plan, err);
    if (status == BNN_OK)
        *state = plan;
    return status;
}

static size_t workspace_bytes(const void *state)
{
    return bnn_fast_workspace_bytes(state);
}

const bnn_engine ENGINE = {
    .name = ENGINE_NAME, .prepare = prepare, .workspace_bytes = workspace_bytes, .run = run};
