/* sums_template.h - integer sums with output channels in lanes: bits against bits or planes, pixels against bits.
 *
 * The inputs of a window are words, one after the other spread over all lanes; a lane has the weights of its channel,
 * bits or planes of them (pack_planes.h). Four windows (or images, or groups of channels) go side by side.
 *
 * Parameters: simd/count.h. */

enum { TILE = BNN_PACK_TILE };

/* What meets in a word. */
typedef enum sum_kind { SUM_BITS, SUM_PIXELS, SUM_PLANES } sum_kind;

/* Of 16 channels. */
typedef struct word_sums {
    vi part[PARTS];
} word_sums;

INLINE uint32_t sums_load_word(const uint8_t *p)
{
    uint32_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

INLINE vi sums_add_word(sum_kind kind, vi sum, vu x, const uint32_t *weights)
{
    return kind == SUM_PIXELS ? add_products(sum, x, load_u(weights))
           : kind == SUM_BITS
               ? count_different(sum, x, load_u(weights))
               : count_different_in(sum, x, load_u(weights), load_u(weights + LANES));
}

INLINE vi sums_widen(sum_kind kind, vi sum)
{
    return kind == SUM_PIXELS ? sum : widen_counts(sum);
}

/* Adds to value[i] that of the window at x[i], against the weights at weights[i * next]; n_tile of them. */
INLINE void sums_add_window(const bnn_pack_words *w, sum_kind kind, int n_tile,
                            const uint32_t *weights, size_t next, const uint8_t *const x[TILE],
                            word_sums value[TILE])
{
    const size_t n = w->n_words, word_weights = kind == SUM_PLANES ? 2 * LANES : LANES;
    const int32_t *const offset = w->offset;
    for (size_t first = 0, last; first < n; first = last) {
        word_sums sum[TILE];
        last = kind == SUM_PIXELS || n - first < COUNT_MOST ? n : first + COUNT_MOST;
        UNROLL
        for (int i = 0; i < n_tile; i++) {
            UNROLL
            for (int part = 0; part < PARTS; part++)
                sum[i].part[part] = splat_i(0);
        }
        for (size_t word = first; word < last; word++) {
            UNROLL
            for (int i = 0; i < n_tile; i++) {
                const vu spread = splat_u(sums_load_word(x[i] + offset[word]));
                UNROLL
                for (int part = 0; part < PARTS; part++)
                    sum[i].part[part] =
                        sums_add_word(kind, sum[i].part[part], spread,
                                      weights + (size_t)i * next + word * word_weights + part * VL);
            }
        }
        UNROLL
        for (int i = 0; i < n_tile; i++) {
            UNROLL
            for (int part = 0; part < PARTS; part++)
                value[i].part[part] += sums_widen(kind, sum[i].part[part]);
        }
    }
}

/* value[i] of the window at x[i], likewise. Planes one after the other, the heaviest first. */
INLINE void sums_tile(const bnn_pack_words *w, sum_kind kind, int n_tile, const uint32_t *weights,
                      size_t next, const uint8_t *const x[TILE], word_sums value[TILE])
{
    UNROLL
    for (int i = 0; i < n_tile; i++) {
        UNROLL
        for (int part = 0; part < PARTS; part++)
            value[i].part[part] = splat_i(0);
    }
    sums_add_window(w, kind, n_tile, weights, next, x, value);
    for (uint32_t plane = 1; kind == SUM_PLANES && plane < w->n_planes; plane++) {
        UNROLL
        for (int i = 0; i < n_tile; i++) {
            UNROLL
            for (int part = 0; part < PARTS; part++)
                value[i].part[part] += value[i].part[part];
        }
        weights += (size_t)w->n_words * 2 * LANES;
        sums_add_window(w, kind, n_tile, weights, next, x, value);
    }
}

/* The bits of 16 channels. */
INLINE uint16_t sums_decide(const bnn_pack_words *w, size_t group, const word_sums *value)
{
    uint32_t mask = 0;
    UNROLL
    for (int part = 0; part < PARTS; part++)
        mask |= below_bits_i(value->part[part], load_i(w->limit + group * LANES + part * VL))
                << part * VL;
    return (uint16_t)(mask ^ w->invert[group]);
}

INLINE void sums_store_bits(uint8_t *out, uint16_t bits)
{
    memcpy(out, &bits, sizeof bits);
}

/* ---- convolutions ------------------------------------------------------------------------ */

/* The least values of a pool's windows. */
INLINE word_sums sums_pool_tile(const bnn_pack_words *w, sum_kind kind, const uint32_t *weights,
                                const uint8_t *x)
{
    word_sums lowest;
    UNROLL
    for (int part = 0; part < PARTS; part++)
        lowest.part[part] = splat_i(INT32_MAX);
    for (uint32_t t = 0; t < w->n_tile; t += TILE) {
        const uint8_t *const windows[TILE] = {x + w->tile[t], x + w->tile[t + 1],
                                              x + w->tile[t + 2], x + w->tile[t + 3]};
        word_sums value[TILE];
        sums_tile(w, kind, TILE, weights, 0, windows, value);
        UNROLL
        for (int part = 0; part < PARTS; part++) {
            const vi a = min_i(value[0].part[part], value[1].part[part]);
            const vi b = min_i(value[2].part[part], value[3].part[part]);
            lowest.part[part] = min_i(lowest.part[part], min_i(a, b));
        }
    }
    return lowest;
}

INLINE void sums_pool_windows(const bnn_pack *p, sum_kind kind, const uint8_t *x, uint8_t *out)
{
    const bnn_pack_words *const w = &p->words;
    const bnn_stage *const s = p->stage;
    const size_t y_step = w->pool_stride * w->y_step, x_step = w->pool_stride * w->x_step;
    for (size_t oy = 0; oy < s->out.h; oy++)
        for (size_t ox = 0; ox < s->out.w; ox++) {
            uint8_t *const to = out + bnn_places_bit(&p->out, 0, oy, ox) / 8;
            const uint32_t *weights = w->weights;
            for (size_t g = 0; g < w->n_groups; g++, weights += w->group_weights) {
                const word_sums lowest =
                    sums_pool_tile(w, kind, weights, x + oy * y_step + ox * x_step);
                sums_store_bits(to + 2 * g, sums_decide(w, g, &lowest));
            }
        }
}

/* The sums of 16 channels at one position. */
INLINE void sums_store(const bnn_pack *p, size_t group, size_t position, const word_sums *value,
                       int32_t *sums)
{
    const bnn_pack_words *const w = &p->words;
    const size_t plane = (size_t)p->stage->op.out.h * p->stage->op.out.w;
    const size_t first = group * LANES, left = p->stage->op.out.c - first;
    int32_t lane[LANES];
    UNROLL
    for (int part = 0; part < PARTS; part++)
        store_i(lane + part * VL,
                load_i(w->base + first + part * VL) + w->factor * value->part[part]);
    for (size_t i = 0; i < (left < LANES ? left : LANES); i++)
        sums[(first + i) * plane + position] = lane[i];
}

/* Four neighbours at a time; beyond the end of a row, the last one again. Bits, or sums. */
INLINE void sums_single_windows(const bnn_pack *p, sum_kind kind, const uint8_t *x, uint8_t *out,
                                int32_t *sums)
{
    const bnn_pack_words *const w = &p->words;
    const bnn_stage *const s = p->stage;
    for (size_t oy = 0; oy < s->op.out.h; oy++)
        for (size_t ox = 0; ox < s->op.out.w; ox += TILE)
            for (size_t g = 0; g < w->n_groups; g++) {
                const uint8_t *windows[TILE];
                size_t at[TILE];
                word_sums value[TILE];
                UNROLL
                for (int i = 0; i < TILE; i++) {
                    at[i] = ox + (size_t)i < s->op.out.w ? ox + (size_t)i : s->op.out.w - 1;
                    windows[i] = x + oy * w->y_step + at[i] * w->x_step;
                }
                sums_tile(w, kind, TILE, w->weights + g * w->group_weights, 0, windows, value);
                UNROLL
                for (int i = 0; i < TILE; i++)
                    if (w->decides)
                        sums_store_bits(out + bnn_places_bit(&p->out, 0, oy, at[i]) / 8 + 2 * g,
                                        sums_decide(w, g, &value[i]));
                    else
                        sums_store(p, g, oy * s->op.out.w + at[i], &value[i], sums);
            }
}

/* A convolution on one image: inputs as the pack wants them to bits (in positions, cleared where
 * they have gaps), or to sums. */
KERNEL void sums_convolve_bits(const bnn_pack *p, const uint8_t *x, uint8_t *out, int32_t *sums)
{
    if (p->words.n_tile > 0)
        sums_pool_windows(p, SUM_BITS, x, out);
    else
        sums_single_windows(p, SUM_BITS, x, out, sums);
}

KERNEL void sums_convolve_pixels(const bnn_pack *p, const uint8_t *x, uint8_t *out, int32_t *sums)
{
    if (p->words.n_tile > 0)
        sums_pool_windows(p, SUM_PIXELS, x, out);
    else
        sums_single_windows(p, SUM_PIXELS, x, out, sums);
}

KERNEL void sums_convolve_planes(const bnn_pack *p, const uint8_t *x, uint8_t *out, int32_t *sums)
{
    if (p->words.n_tile > 0)
        sums_pool_windows(p, SUM_PLANES, x, out);
    else
        sums_single_windows(p, SUM_PLANES, x, out, sums);
}

/* ---- dense ------------------------------------------------------------------------------- */

INLINE void sums_store_dense(const bnn_pack *p, size_t group, const word_sums *value, uint8_t *out,
                             int32_t *sums)
{
    if (p->words.decides)
        sums_store_bits(out + bnn_places_bit(&p->out, 0, 0, 0) / 8 + 2 * group,
                        sums_decide(&p->words, group, value));
    else
        sums_store(p, group, 0, value, sums);
}

/* One image, n_tile groups of channels from `group` on. */
INLINE void sums_dense_groups(const bnn_pack *p, sum_kind kind, int n_tile, size_t group,
                              const uint8_t *x, uint8_t *out, int32_t *sums)
{
    const bnn_pack_words *const w = &p->words;
    const uint8_t *const windows[TILE] = {x, x, x, x};
    const size_t next = w->group_weights;
    word_sums value[TILE];
    sums_tile(w, kind, n_tile, w->weights + group * next, next, windows, value);
    UNROLL
    for (int i = 0; i < n_tile; i++)
        sums_store_dense(p, group + (size_t)i, &value[i], out, sums);
}

INLINE void sums_dense_image(const bnn_pack *p, sum_kind kind, const uint8_t *x, uint8_t *out,
                             int32_t *sums)
{
    const size_t n = p->words.n_groups;
    size_t g = 0;
    for (; g + TILE <= n; g += TILE)
        sums_dense_groups(p, kind, TILE, g, x, out, sums);
    if (n - g == 3)
        sums_dense_groups(p, kind, 3, g, x, out, sums);
    else if (n - g == 2)
        sums_dense_groups(p, kind, 2, g, x, out, sums);
    else if (n - g == 1)
        sums_dense_groups(p, kind, 1, g, x, out, sums);
}

/* Four images, one group of channels at a time. */
INLINE void sums_dense_tile(const bnn_pack *p, sum_kind kind, const uint8_t *const x[TILE],
                            uint8_t *const out[TILE], int32_t *const sums[TILE])
{
    const bnn_pack_words *const w = &p->words;
    const uint32_t *weights = w->weights;
    for (size_t g = 0; g < w->n_groups; g++, weights += w->group_weights) {
        word_sums value[TILE];
        sums_tile(w, kind, TILE, weights, 0, x, value);
        UNROLL
        for (int i = 0; i < TILE; i++)
            sums_store_dense(p, g, &value[i], out[i], sums[i]);
    }
}

/* A dense stage on n images, whose inputs, outputs and sums are as far apart as said; bits, or
 * sums. Weights are read once for four images. */
INLINE void sums_dense_images(const bnn_pack *p, sum_kind kind, size_t n, const uint8_t *x,
                              size_t x_bytes, uint8_t *out, int32_t *sums)
{
    const size_t n_sums = p->stage->op.out.c;
    size_t image = 0;
    for (; image + TILE <= n; image += TILE) {
        const uint8_t *from[TILE];
        uint8_t *to[TILE];
        int32_t *to_sums[TILE];
        UNROLL
        for (size_t i = 0; i < TILE; i++) {
            from[i] = x + (image + i) * x_bytes;
            to[i] = out + (image + i) * p->out.bytes;
            to_sums[i] = sums + (image + i) * n_sums;
        }
        sums_dense_tile(p, kind, from, to, to_sums);
    }
    for (; image < n; image++)
        sums_dense_image(p, kind, x + image * x_bytes, out + image * p->out.bytes,
                         sums + image * n_sums);
}

KERNEL void sums_dense_bits(const bnn_pack *p, size_t n, const uint8_t *x, size_t x_bytes,
                            uint8_t *out, int32_t *sums)
{
    sums_dense_images(p, SUM_BITS, n, x, x_bytes, out, sums);
}

KERNEL void sums_dense_pixels(const bnn_pack *p, size_t n, const uint8_t *x, size_t x_bytes,
                              uint8_t *out, int32_t *sums)
{
    sums_dense_images(p, SUM_PIXELS, n, x, x_bytes, out, sums);
}

KERNEL void sums_dense_planes(const bnn_pack *p, size_t n, const uint8_t *x, size_t x_bytes,
                              uint8_t *out, int32_t *sums)
{
    sums_dense_images(p, SUM_PLANES, n, x, x_bytes, out, sums);
}
