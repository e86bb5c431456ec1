/* dense_template.h - the three passes of a dense layer, all one matrix product.
 *
 *   forward          y[out][lanes]  = w[out][in] * x[in][lanes]
 *   input gradient   gx[in][lanes]  = w[out][in]^T * gy[out][lanes]
 *   weight gradient  gw[out][in]    = gy[out][lanes] * x^T[lanes][in]
 *
 * Each element is one chain of fused multiply-adds in the order of the inner index, so results do
 * not depend on how the product is cut into register tiles.
 *
 * Parameters: simd/tile.h; register tiles of TILE_ROWS rows of TILE_WIDE native vectors, and a row's
 * remainder in vectors of TILE_NARROW; after elementwise_template.h. */

/* y[m][n] = start[m] + the sum over the terms of a[m * a_row] * x[n]. */
typedef struct product {
    size_t m;
    const float *a;
    size_t a_row;
    const float *x; /* readable up to n rounded up to LANES */
    tile_terms terms;
    float *y;
    size_t y_row;
    const float *start; /* [m], or NULL for zero */
} product;

/* One tile of `rows` x `vectors`, written to y with y_row floats between rows. */
INLINE void product_tile(const int rows, const int vectors, const product *p, size_t m, size_t n,
                         float *y, size_t y_row)
{
    vf sum[TILE_ROWS * TILE_WIDE];
    UNROLL
    for (int i = 0; i < rows; i++)
        fetch_to_write(y + (size_t)i * y_row);
    UNROLL
    for (int i = 0; i < rows * vectors; i++)
        sum[i] = splat_f(p->start == NULL ? 0.0f : p->start[m + (size_t)(i / vectors)]);
    tile_add(rows, vectors, &p->terms, p->a + m * p->a_row, p->a_row, p->x + n, sum);
    UNROLL
    for (int i = 0; i < rows * vectors; i++)
        store_f(y + (size_t)(i / vectors) * y_row + i % vectors * VL, sum[i]);
}

#define PRODUCT_TILE(rows, vectors)                                                             \
    KERNEL void product_tile_##rows##_##vectors(const product *p, size_t m, size_t n, float *y, \
                                                size_t y_row)                                   \
    {                                                                                           \
        product_tile(rows, vectors, p, m, n, y, y_row);                                         \
    }
#define PRODUCT_TILES(vectors) \
    PRODUCT_TILE(6, vectors)   \
    PRODUCT_TILE(4, vectors) PRODUCT_TILE(2, vectors) PRODUCT_TILE(1, vectors)

typedef void product_tile_function(const product *, size_t, size_t, float *, size_t);

#if TILE_WIDE == 4
PRODUCT_TILES(4)
#endif
#if TILE_WIDE == 2 || TILE_NARROW == 2
PRODUCT_TILES(2)
#endif
#if TILE_NARROW == 1
PRODUCT_TILES(1)
#endif

#define TILES_OF(vectors)                                                             \
    {                                                                                 \
        product_tile_1_##vectors, product_tile_2_##vectors, product_tile_4_##vectors, \
            product_tile_6_##vectors                                                  \
    }
#define TILES(vectors) TILES_OF(vectors)
static product_tile_function *const product_wide[4] = TILES(TILE_WIDE);
static product_tile_function *const product_narrow[4] = TILES(TILE_NARROW);

/* A strip of columns, all rows. `keep` columns of the strip exist in y; fewer than the strip is
 * wide go through a copy. */
static void product_strip(product_tile_function *const tiles[4], size_t width, size_t keep,
                          const product *p, size_t n)
{
    static const uint8_t sizes[] = {1, 2, 4, 6};
    float copy[TILE_ROWS * TILE_WIDE * VL];
    for (size_t m = 0, tile = 3; m < p->m; m += sizes[tile]) {
        while (sizes[tile] > p->m - m)
            tile--;
        float *y = p->y + m * p->y_row + n;
        if (keep >= width) {
            tiles[tile](p, m, n, y, p->y_row);
            continue;
        }
        tiles[tile](p, m, n, copy, width);
        for (size_t i = 0; i < sizes[tile]; i++)
            memcpy(y + i * p->y_row, copy + i * width, keep * sizeof *copy);
    }
}

/* A matrix product of n columns. */
static void product_compute(const product *p, size_t n)
{
    size_t i = 0;
    for (; i + TILE_WIDE * VL <= n; i += TILE_WIDE * VL)
        product_strip(product_wide, TILE_WIDE * VL, TILE_WIDE * VL, p, i);
    for (; i < n; i += TILE_NARROW * VL)
        product_strip(product_narrow, TILE_NARROW * VL, n - i, p, i);
}

KERNEL size_t dense_scratch(uint32_t in, uint32_t out, uint32_t lanes)
{
    (void)out;
    return round_up(in, LANES) * lanes; /* the transposed input */
}

KERNEL void dense_forward(uint32_t in, uint32_t out, uint32_t lanes, const float *x, const float *w,
                          const float *bias, float *y, float *scratch)
{
    (void)scratch;
    product_compute(&(product){.m = out,
                               .a = w,
                               .a_row = in,
                               .x = x,
                               .terms = tile_line(in, 1, lanes),
                               .y = y,
                               .y_row = lanes,
                               .start = bias},
                    lanes);
}

KERNEL void dense_input_gradient(uint32_t in, uint32_t out, uint32_t lanes, const float *gy,
                                 const float *w, float *gx, float *scratch)
{
    (void)scratch;
    product_compute(&(product){.m = in,
                               .a = w,
                               .a_row = 1,
                               .x = gy,
                               .terms = tile_line(out, in, lanes),
                               .y = gx,
                               .y_row = lanes},
                    lanes);
}

/* xt[lane][in rounded up to LANES] = x[in][lane], in squares. */
static void dense_transpose(size_t in, size_t lanes, const float *x, float *xt)
{
    const size_t row = round_up(in, LANES);
    for (size_t i = 0; i < row; i += VL)
        for (size_t lane = 0; lane < lanes; lane += VL) {
            vf square[VL];
            UNROLL
            for (size_t j = 0; j < VL; j++)
                square[j] = i + j < in ? load_f(x + (i + j) * lanes + lane) : splat_f(0.0f);
            transpose_square(square);
            UNROLL
            for (size_t j = 0; j < VL; j++)
                store_f(xt + (lane + j) * row + i, square[j]);
        }
}

KERNEL void dense_weight_gradient(uint32_t in, uint32_t out, uint32_t lanes, const float *x,
                                  const float *gy, float *gw, float *gbias, float *scratch)
{
    dense_transpose(in, lanes, x, scratch);
    product_compute(&(product){.m = out,
                               .a = gy,
                               .a_row = lanes,
                               .x = scratch,
                               .terms = tile_line(lanes, 1, round_up(in, LANES)),
                               .y = gw,
                               .y_row = in},
                    in);
    if (gbias != NULL)
        sum_rows(out, lanes, gy, gbias);
}

#undef PRODUCT_TILE
#undef PRODUCT_TILES
#undef TILES_OF
#undef TILES
