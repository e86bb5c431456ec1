/* products_template.h - sums of bytes times weights of 8 bits, with output channels in lanes; and the codes that they
 * give.
 *
 * A word of a window, four bytes, is spread over all lanes; a lane has the weights of its channel. Some windows, images
 * or groups of channels go side by side, as many chains of additions as the machine has to wait for.
 *
 * Parameters: simd/count.h. */

/* Where a vector is a logical one, registers are enough for eight; nine are the windows of a pool over 3x3 places. */
enum { PRODUCT_CHAINS = PARTS == 1 ? 8 : 4, PRODUCT_CHAINS_MOST = 9, PRODUCT_TILE = 4 };

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

/* What lies in the lanes of a group. */
typedef enum product_lanes {
    PRODUCT_CHANNELS, /* its channels */
    PRODUCT_SIDE,     /* channels of some windows side by side */
    PRODUCT_GROUPS    /* its channels, and there are groups in the place of windows */
} product_lanes;

/* value[i] of the window at x[i], or the first of some side by side, n of them; or of the only window by group + i. */
INLINE void products_sum(const bnn_pack_products *p, int n, size_t group, product_lanes lanes,
                         const uint8_t *const *x, product_sums *value)
{
    const bool next = lanes == PRODUCT_GROUPS;
    const size_t weights_next = next ? (size_t)p->n_words * LANES : 0;
    const uint32_t *weights = p->weights + group * p->n_words * LANES;
    const int32_t *const base = p->base + group * LANES;
    product_sums sum[PRODUCT_CHAINS_MOST];
    UNROLL
    for (int i = 0; i < n; i++) {
        UNROLL
        for (int part = 0; part < PARTS; part++)
            sum[i].part[part] = load_i(base + (next ? i * LANES : 0) + part * VL);
    }
    for (size_t word = 0; word < p->n_words; word++, weights += LANES) {
        const int32_t at = p->word[word];
        UNROLL
        for (int i = 0; i < n; i++) {
            vu bytes[PARTS];
            if (lanes == PRODUCT_SIDE)
                spread_bytes(x[i] + at, p->spread, bytes);
            else
                products_spread_word(x[next ? 0 : i] + at, bytes);
            UNROLL
            for (int part = 0; part < PARTS; part++)
                sum[i].part[part] =
                    add_products(sum[i].part[part], bytes[part],
                                 load_u(weights + (size_t)i * weights_next + part * VL));
        }
    }
    UNROLL
    for (int i = 0; i < n; i++)
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
    uint8_t *codes; /* where they are decided, else */
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
    if (decides)
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

/* Each window by itself. */
INLINE void products_windows(const bnn_stage *s, const bnn_pack_products *pack, bool decides,
                             product_lanes lanes, const uint8_t *x, product_end out)
{
    const bnn_pack_products own = *pack, *const p = &own; /* which no store can change */
    for (size_t i = 0; i < p->n_places; i += PRODUCT_CHAINS) {
        const uint8_t *windows[PRODUCT_CHAINS];
        UNROLL
        for (int j = 0; j < PRODUCT_CHAINS; j++)
            windows[j] = x + p->from[i + (size_t)j];
        for (size_t g = 0; g < p->n_groups; g++) {
            product_sums value[PRODUCT_CHAINS];
            products_sum(p, PRODUCT_CHAINS, g, lanes, windows, value);
            UNROLL
            for (int j = 0; j < PRODUCT_CHAINS; j++)
                products_end(s, p, decides, g, &value[j],
                             products_place(decides, out, p->to[i + (size_t)j]));
        }
    }
}

KERNEL void products_windows_to_codes(const bnn_stage *s, const bnn_pack_products *p,
                                      const uint8_t *x, product_end out)
{
    products_windows(s, p, true, PRODUCT_CHANNELS, x, out);
}

KERNEL void products_sides_to_codes(const bnn_stage *s, const bnn_pack_products *p,
                                    const uint8_t *x, product_end out)
{
    products_windows(s, p, true, PRODUCT_SIDE, x, out);
}

KERNEL void products_windows_to_sums(const bnn_stage *s, const bnn_pack_products *p,
                                     const uint8_t *x, product_end out)
{
    products_windows(s, p, false, PRODUCT_CHANNELS, x, out);
}

/* Pools of four windows, some pools side by side. */
KERNEL void products_convolve_fours(const bnn_stage *s, const bnn_pack_products *pack,
                                    const uint8_t *x, product_end out)
{
    enum { POOLS = PRODUCT_CHAINS / 4 };
    const bnn_pack_products own = *pack, *const p = &own;
    for (size_t i = 0; i < p->n_places; i += POOLS) {
        const uint8_t *windows[PRODUCT_CHAINS];
        UNROLL
        for (int j = 0; j < PRODUCT_CHAINS; j++)
            windows[j] = x + p->from[i + (size_t)j / 4] + p->tile[j % 4];
        for (size_t g = 0; g < p->n_groups; g++) {
            product_sums value[PRODUCT_CHAINS];
            products_sum(p, PRODUCT_CHAINS, g, PRODUCT_CHANNELS, windows, value);
            UNROLL
            for (int j = 0; j < POOLS; j++) {
                const product_sums least =
                    products_least(products_least(value[4 * j], value[4 * j + 1]),
                                   products_least(value[4 * j + 2], value[4 * j + 3]));
                products_end(s, p, true, g, &least,
                             products_place(true, out, p->to[i + (size_t)j]));
            }
        }
    }
}

/* The least of n windows of a pool, from window t on. */
INLINE product_sums products_least_of(const bnn_pack_products *p, int n, size_t group,
                                      const uint8_t *x, const int32_t *tile)
{
    const uint8_t *windows[PRODUCT_CHAINS_MOST];
    product_sums value[PRODUCT_CHAINS_MOST];
    UNROLL
    for (int i = 0; i < n; i++)
        windows[i] = x + tile[i];
    products_sum(p, n, group, PRODUCT_CHANNELS, windows, value);
    UNROLL
    for (int i = 1; i < n; i++)
        value[0] = products_least(value[0], value[i]);
    return value[0];
}

INLINE product_sums products_pool(const bnn_pack_products *p, size_t group, const uint8_t *x)
{
    if (p->n_tile == 9 && PRODUCT_CHAINS == 8)
        return products_least_of(p, 9, group, x, p->tile);
    product_sums least = products_least_of(p, 4, group, x, p->tile);
    size_t t = 4;
    for (; PRODUCT_CHAINS == 8 && t + 8 <= p->n_tile; t += 8)
        least = products_least(least, products_least_of(p, 8, group, x, p->tile + t));
    for (; t < p->n_tile; t += 4)
        least = products_least(least, products_least_of(p, 4, group, x, p->tile + t));
    return least;
}

/* Pools of any size. */
KERNEL void products_convolve_pools(const bnn_stage *s, const bnn_pack_products *pack,
                                    const uint8_t *x, product_end out)
{
    const bnn_pack_products own = *pack, *const p = &own;
    for (size_t i = 0; i < p->n_places; i++)
        for (size_t g = 0; g < p->n_groups; g++) {
            const product_sums least = products_pool(p, g, x + p->from[i]);
            products_end(s, p, true, g, &least, products_place(true, out, p->to[i]));
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
    else if (p->n_tile == 4)
        products_convolve_fours(s, p, x, out);
    else
        products_convolve_pools(s, p, x, out);
}

/* ---- dense ------------------------------------------------------------------------------- */

/* One image, n groups from `group` on. */
INLINE void products_dense_groups(const bnn_stage *s, const bnn_pack_products *p, int n,
                                  size_t group, const uint8_t *x, product_end out)
{
    product_sums value[PRODUCT_TILE];
    products_sum(p, n, group, PRODUCT_GROUPS, &x, value);
    UNROLL
    for (int i = 0; i < n; i++)
        products_end(s, p, p->decides, group + (size_t)i, &value[i], out);
}

KERNEL void products_dense_image(const bnn_stage *s, const bnn_pack_products *p, const uint8_t *x,
                                 product_end out)
{
    size_t g = 0;
    for (; g + PRODUCT_TILE <= p->n_groups; g += PRODUCT_TILE)
        products_dense_groups(s, p, PRODUCT_TILE, g, x, out);
    for (; g < p->n_groups; g++)
        products_dense_groups(s, p, 1, g, x, out);
}

/* As many images as there are chains, x_bytes apart; weights are read once for all of them. */
KERNEL void products_dense_images(const bnn_stage *s, const bnn_pack_products *p, const uint8_t *x,
                                  size_t x_bytes, product_end out)
{
    const uint8_t *images[PRODUCT_CHAINS];
    UNROLL
    for (int i = 0; i < PRODUCT_CHAINS; i++)
        images[i] = x + (size_t)i * x_bytes;
    for (size_t g = 0; g < p->n_groups; g++) {
        product_sums value[PRODUCT_CHAINS];
        product_end to = out;
        products_sum(p, PRODUCT_CHAINS, g, PRODUCT_CHANNELS, images, value);
        UNROLL
        for (int i = 0; i < PRODUCT_CHAINS; i++) {
            products_end(s, p, p->decides, g, &value[i], to);
            to.codes += p->out.bytes;
            to.sums += s->op.out.c;
        }
    }
}
