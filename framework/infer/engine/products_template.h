/* products_template.h - sums of bytes times weights of 8 bits, with output channels in lanes; and the codes that they
 * give.
 *
 * A word of a window, four bytes, is spread over all lanes; a lane has the weights of its channel. Some windows, images
 * or groups of channels go side by side, as many chains of additions as the machine has to wait for.
 *
 * Parameters: simd/count.h. */

/* Where a vector is a logical one, registers are enough for eight windows, or the nine of a pool over 3x3 places, by two
 * groups of channels: their bytes are read and spread once. */
enum {
    PRODUCT_WINDOWS = PARTS == 1 ? 8 : 4,
    PRODUCT_WINDOWS_MOST = 9,
    PRODUCT_GROUPS = PARTS == 1 ? 2 : 1,
    PRODUCT_CHAINS_MOST = PRODUCT_WINDOWS_MOST * 2,
    PRODUCT_DENSE_GROUPS = 4,
    PRODUCT_WORDS_WORTH = 4 /* of which short sums are added up faster than each by itself */
};

_Static_assert(PRODUCT_WINDOWS <= (int)BNN_PRODUCTS_AT_A_TIME, "places are listed for so many");

/* Of 16 channels. */
typedef struct product_sums {
    vi part[PARTS];
} product_sums;

INLINE void products_spread_word(const uint8_t *p, vu out[PARTS])
{
    uint32_t word;
    memcpy(&word, p, sizeof word);
    UNROLL
    for (int part = 0; part < PARTS; part++)
        out[part] = splat_u(word);
}

/* The four bytes at `at` of a window, as all lanes of a group have them. side: lanes are those of some windows side by
 * side, of which this is the first. */
INLINE void products_read(const bnn_pack_products *p, bool side, const uint8_t *at, vu out[PARTS])
{
    if (side)
        spread_bytes(at, p->spread, out);
    else
        products_spread_word(at, out);
}

/* sum[i * m + j] of the window at x[i] by group + j: n windows, m groups. */
INLINE void products_add_all(const bnn_pack_products *p, bool side, int n, int m, size_t group,
                             const uint8_t *const *x, product_sums *sum)
{
    const size_t next = (size_t)p->n_words * LANES;
    const uint32_t *weights = p->weights + group * next;
    for (size_t word = 0; word < p->n_words; word++, weights += LANES) {
        UNROLL
        for (int i = 0; i < n; i++) {
            vu bytes[PARTS];
            products_read(p, side, x[i] + p->word[word], bytes);
            UNROLL
            for (int j = 0; j < m * PARTS; j++) {
                vi *const to = &sum[i * m + j / PARTS].part[j % PARTS];
                *to = add_products(*to, bytes[j % PARTS],
                                   load_u(weights + (size_t)(j / PARTS) * next + j % PARTS * VL));
            }
        }
    }
}

/* The same with short sums, which are widened after words_most words. */
INLINE void products_add_pairs(const bnn_pack_products *p, bool side, int n, int m, size_t group,
                               const uint8_t *const *x, product_sums *sum)
{
    const size_t next = (size_t)p->n_words * LANES;
    const uint32_t *weights = p->weights + group * next;
    for (size_t word = 0, last; word < p->n_words;) {
        v_pairs pairs[PRODUCT_CHAINS_MOST * PARTS] = {0};
        last = p->n_words - word < p->words_most ? p->n_words : word + p->words_most;
        for (; word < last; word++, weights += LANES) {
            UNROLL
            for (int i = 0; i < n; i++) {
                vu bytes[PARTS];
                products_read(p, side, x[i] + p->word[word], bytes);
                UNROLL
                for (int j = 0; j < m * PARTS; j++)
                    pairs[i * m * PARTS + j] =
                        add_pairs(pairs[i * m * PARTS + j], bytes[j % PARTS],
                                  load_u(weights + (size_t)(j / PARTS) * next + j % PARTS * VL));
            }
        }
        UNROLL
        for (int i = 0; i < n * m * PARTS; i++)
            sum[i / PARTS].part[i % PARTS] += widen_pairs(pairs[i]);
    }
}

/* value[i * m + j] of the window at x[i] by group + j. */
INLINE void products_sum(const bnn_pack_products *p, bool side, int n, int m, size_t group,
                         const uint8_t *const *x, product_sums *value)
{
    const int32_t *const base = p->base + group * LANES;
    product_sums sum[PRODUCT_CHAINS_MOST];
    UNROLL
    for (int i = 0; i < n * m * PARTS; i++)
        sum[i / PARTS].part[i % PARTS] = load_i(base + i / PARTS % m * LANES + i % PARTS * VL);
    if (PAIRS_ARE_SHORT && p->words_most >= PRODUCT_WORDS_WORTH)
        products_add_pairs(p, side, n, m, group, x, sum);
    else
        products_add_all(p, side, n, m, group, x, sum);
    UNROLL
    for (int i = 0; i < n * m; i++)
        value[i] = sum[i];
}

INLINE product_sums products_least(product_sums a, product_sums b)
{
    UNROLL
    for (int part = 0; part < PARTS; part++)
        a.part[part] = min_i(a.part[part], b.part[part]);
    return a;
}

/* ---- what comes of a value --------------------------------------------------------------- */

/* What products_end writes to: the first channel at a place. */
typedef struct product_end {
    uint8_t *codes; /* or bits, where they are decided, else */
    float *sums;    /* [out.c][plane] */
} product_end;

/* The codes of 16 channels. Whole numbers are the last bits of a float that BNN_ROUNDING was added to. */
INLINE void products_store_codes(const bnn_stage *s, const bnn_pack_products *p, size_t group,
                                 const product_sums *value, uint8_t *out)
{
    const size_t first = group * LANES, left = p->out.x_step - first;
    const vf low = splat_f((float)s->out_codes.min), high = splat_f((float)s->out_codes.max);
    const vi zero = (vi)splat_f(BNN_ROUNDING) + splat_i(s->out_codes.min);
    uint8_t bytes[LANES];
    vi code[PARTS];
    UNROLL
    for (int part = 0; part < PARTS; part++) {
        const vf v =
            fma_f(__builtin_convertvector(value->part[part], vf),
                  load_f(p->factor + first + part * VL), load_f(p->offset + first + part * VL));
        code[part] = (vi)(min_f(high, max_f(low, v)) + splat_f(BNN_ROUNDING)) - zero;
    }
    if (p->spills || left >= LANES) {
        store_bytes(out + first, code);
        return;
    }
    store_bytes(bytes, code);
    for (size_t i = 0; i < left; i += 4)
        memcpy(out + first + i, bytes + i, 4);
}

/* Their bits. */
INLINE void products_store_bits(const bnn_pack_products *p, size_t group, const product_sums *value,
                                uint8_t *out)
{
    uint32_t mask = 0;
    UNROLL
    for (int part = 0; part < PARTS; part++)
        mask |= below_bits_i(value->part[part], load_i(p->limit + group * LANES + part * VL))
                << part * VL;
    const uint16_t bits = (uint16_t)(mask ^ p->invert[group]);
    memcpy(out + 2 * group, &bits, sizeof bits);
}

/* The sums of 16 channels, as floats. */
INLINE void products_store_sums(const bnn_stage *s, size_t group, const product_sums *value,
                                float *out)
{
    const size_t plane = (size_t)s->op.out.h * s->op.out.w;
    const size_t first = group * LANES, left = s->op.out.c - first;
    int32_t lane[LANES];
    UNROLL
    for (int part = 0; part < PARTS; part++)
        store_i(lane + part * VL, value->part[part]);
    for (size_t i = 0; i < (left < LANES ? left : LANES); i++)
        out[(first + i) * plane] = bnn_stage_sum_value(s, lane[i]);
}

INLINE void products_end(const bnn_stage *s, const bnn_pack_products *p, bool decides, size_t group,
                         const product_sums *value, product_end to)
{
    if (decides && p->limit != NULL)
        products_store_bits(p, group, value, to.codes);
    else if (decides)
        products_store_codes(s, p, group, value, to.codes);
    else
        products_store_sums(s, group, value, to.sums);
}

INLINE product_end products_place(bool decides, product_end image, int32_t to)
{
    if (decides)
        image.codes += to;
    else
        image.sums += to;
    return image;
}

/* ---- convolutions ------------------------------------------------------------------------ */

/* Windows by themselves, from place i on, by m groups. */
INLINE void products_windows_by(const bnn_stage *s, const bnn_pack_products *p, bool decides,
                                bool side, int m, size_t group, size_t i,
                                const uint8_t *const *windows, product_end out)
{
    product_sums value[PRODUCT_CHAINS_MOST];
    products_sum(p, side, PRODUCT_WINDOWS, m, group, windows, value);
    UNROLL
    for (int j = 0; j < PRODUCT_WINDOWS * m; j++)
        products_end(s, p, decides, group + (size_t)(j % m), &value[j],
                     products_place(decides, out, p->to[i + (size_t)(j / m)]));
}

INLINE void products_windows(const bnn_stage *s, const bnn_pack_products *pack, bool decides,
                             bool side, const uint8_t *x, product_end out)
{
    const bnn_pack_products own = *pack, *const p = &own; /* which no store can change */
    for (size_t i = 0; i < p->n_places; i += PRODUCT_WINDOWS) {
        const uint8_t *windows[PRODUCT_WINDOWS];
        size_t g = 0;
        UNROLL
        for (int j = 0; j < PRODUCT_WINDOWS; j++)
            windows[j] = x + p->from[i + (size_t)j];
        for (; !side && PRODUCT_GROUPS == 2 && g + 2 <= p->n_groups; g += 2)
            products_windows_by(s, p, decides, side, 2, g, i, windows, out);
        for (; g < p->n_groups; g++)
            products_windows_by(s, p, decides, side, 1, g, i, windows, out);
    }
}

KERNEL void products_windows_to_codes(const bnn_stage *s, const bnn_pack_products *p,
                                      const uint8_t *x, product_end out)
{
    products_windows(s, p, true, false, x, out);
}

KERNEL void products_sides_to_codes(const bnn_stage *s, const bnn_pack_products *p,
                                    const uint8_t *x, product_end out)
{
    products_windows(s, p, true, true, x, out);
}

KERNEL void products_windows_to_sums(const bnn_stage *s, const bnn_pack_products *p,
                                     const uint8_t *x, product_end out)
{
    products_windows(s, p, false, false, x, out);
}

/* Pools of four windows by one group, some pools side by side. */
KERNEL void products_convolve_fours(const bnn_stage *s, const bnn_pack_products *pack,
                                    const uint8_t *x, product_end out)
{
    enum { POOLS = PRODUCT_WINDOWS / 4 };
    const bnn_pack_products own = *pack, *const p = &own;
    for (size_t i = 0; i < p->n_places; i += POOLS) {
        const uint8_t *windows[PRODUCT_WINDOWS];
        product_sums value[PRODUCT_WINDOWS];
        UNROLL
        for (int j = 0; j < PRODUCT_WINDOWS; j++)
            windows[j] = x + p->from[i + (size_t)j / 4] + p->tile[j % 4];
        products_sum(p, false, PRODUCT_WINDOWS, 1, 0, windows, value);
        UNROLL
        for (int j = 0; j < POOLS; j++) {
            const product_sums least =
                products_least(products_least(value[4 * j], value[4 * j + 1]),
                               products_least(value[4 * j + 2], value[4 * j + 3]));
            products_end(s, p, true, 0, &least, products_place(true, out, p->to[i + (size_t)j]));
        }
    }
}

/* Makes least[m] the least of it, and of n windows of a pool. */
INLINE void products_least_of(const bnn_pack_products *p, int n, int m, size_t group,
                              const uint8_t *x, const int32_t *tile, product_sums *least)
{
    const uint8_t *windows[PRODUCT_WINDOWS_MOST];
    product_sums value[PRODUCT_CHAINS_MOST];
    UNROLL
    for (int i = 0; i < n; i++)
        windows[i] = x + tile[i];
    products_sum(p, false, n, m, group, windows, value);
    UNROLL
    for (int i = 0; i < n * m; i++)
        least[i % m] = products_least(least[i % m], value[i]);
}

/* A pool by m groups. */
INLINE void products_pool(const bnn_stage *s, const bnn_pack_products *p, int m, size_t group,
                          const uint8_t *x, product_end to)
{
    product_sums least[PRODUCT_GROUPS];
    size_t t = 0;
    UNROLL
    for (int j = 0; j < m * PARTS; j++)
        least[j / PARTS].part[j % PARTS] = splat_i(INT32_MAX);
    if (p->n_tile == 9 && PRODUCT_WINDOWS == 8) {
        products_least_of(p, 9, m, group, x, p->tile, least);
        t = 9;
    }
    for (; PRODUCT_WINDOWS == 8 && t + 8 <= p->n_tile; t += 8)
        products_least_of(p, 8, m, group, x, p->tile + t, least);
    for (; t < p->n_tile; t += 4)
        products_least_of(p, 4, m, group, x, p->tile + t, least);
    UNROLL
    for (int j = 0; j < m; j++)
        products_end(s, p, true, group + (size_t)j, &least[j], to);
}

/* Pools of any size. */
KERNEL void products_convolve_pools(const bnn_stage *s, const bnn_pack_products *pack,
                                    const uint8_t *x, product_end out)
{
    const bnn_pack_products own = *pack, *const p = &own;
    for (size_t i = 0; i < p->n_places; i++) {
        const product_end to = products_place(true, out, p->to[i]);
        size_t g = 0;
        for (; PRODUCT_GROUPS == 2 && g + 2 <= p->n_groups; g += 2)
            products_pool(s, p, 2, g, x + p->from[i], to);
        for (; g < p->n_groups; g++)
            products_pool(s, p, 1, g, x + p->from[i], to);
    }
}

/* One image, as the loop reads it. */
static void products_convolve(const bnn_stage *s, const bnn_pack_products *p, const uint8_t *x,
                              product_end out)
{
    if (!p->decides)
        products_windows_to_sums(s, p, x, out);
    else if (p->n_side > 1)
        products_sides_to_codes(s, p, x, out);
    else if (p->n_tile == 0)
        products_windows_to_codes(s, p, x, out);
    else if (p->n_tile == 4 && p->n_groups == 1)
        products_convolve_fours(s, p, x, out);
    else
        products_convolve_pools(s, p, x, out);
}

/* ---- dense ------------------------------------------------------------------------------- */

/* One image by m groups. */
INLINE void products_dense_by(const bnn_stage *s, const bnn_pack_products *p, int m, size_t group,
                              const uint8_t *x, product_end out)
{
    product_sums value[PRODUCT_DENSE_GROUPS];
    products_sum(p, false, 1, m, group, &x, value);
    UNROLL
    for (int j = 0; j < m; j++)
        products_end(s, p, p->decides, group + (size_t)j, &value[j], out);
}

KERNEL void products_dense_image(const bnn_stage *s, const bnn_pack_products *p, const uint8_t *x,
                                 product_end out)
{
    size_t g = 0;
    for (; g + PRODUCT_DENSE_GROUPS <= p->n_groups; g += PRODUCT_DENSE_GROUPS)
        products_dense_by(s, p, PRODUCT_DENSE_GROUPS, g, x, out);
    for (; g < p->n_groups; g++)
        products_dense_by(s, p, 1, g, x, out);
}

/* PRODUCT_WINDOWS images, x_bytes apart, and their codes or bits out_bytes; weights are read once for all of them. */
KERNEL void products_dense_images(const bnn_stage *s, const bnn_pack_products *p, const uint8_t *x,
                                  size_t x_bytes, size_t out_bytes, product_end out)
{
    const uint8_t *images[PRODUCT_WINDOWS];
    UNROLL
    for (int i = 0; i < PRODUCT_WINDOWS; i++)
        images[i] = x + (size_t)i * x_bytes;
    for (size_t g = 0; g < p->n_groups; g++) {
        product_sums value[PRODUCT_WINDOWS];
        product_end to = out;
        products_sum(p, false, PRODUCT_WINDOWS, 1, g, images, value);
        UNROLL
        for (int i = 0; i < PRODUCT_WINDOWS; i++) {
            products_end(s, p, p->decides, g, &value[i], to);
            to.codes += out_bytes;
            to.sums += s->op.out.c;
        }
    }
}
