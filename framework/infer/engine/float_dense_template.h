/* float_dense_template.h - dense layers: lanes are outputs, a tile is some images by some vectors of them.
 *
 * Parameters: simd/lanes.h, simd/tile.h; SUMS_IN_REGISTERS; after float_stage_template.h. */

/* The outputs from `at` on of `images` images. */
INLINE void float_dense_tile(const int images, const int vectors, const bnn_float_stage *f,
                             size_t at, const float *x, float *y)
{
    const size_t taps = f->stage->taps, out = f->stage->op.out.c, row = round_up(out, LANES);
    const tile_terms terms = tile_line(taps, 1, row);
    vf sum[SUMS_IN_REGISTERS];
    UNROLL
    for (int i = 0; i < images * vectors; i++)
        sum[i] = load_f(f->bias + at + (size_t)(i % vectors) * VL);
    tile_add(images, vectors, &terms, x, taps, f->packed + at, sum);
    UNROLL
    for (int i = 0; i < images * vectors; i++) {
        const size_t first = at + (size_t)(i % vectors) * VL;
        float_run_steps(LANES_OF_CHANNELS, f->before, first, 1, 1, &sum[i]);
        store_part_f(y + (size_t)(i / vectors) * out + first, out - first, sum[i]);
    }
}

typedef void dense_tile_function(const bnn_float_stage *, size_t, const float *, float *);

#define DENSE_TILE(images, vectors)                                                  \
    KERNEL void dense_tile_##images##_##vectors(const bnn_float_stage *f, size_t at, \
                                                const float *x, float *y)            \
    {                                                                                \
        float_dense_tile(images, vectors, f, at, x, y);                              \
    }

#define DENSE_TILES(vectors) DENSE_TILE(2, vectors) DENSE_TILE(4, vectors) DENSE_TILE(6, vectors)
#define DENSE_ROW(vectors)                                                      \
    {                                                                           \
        dense_tile_1_##vectors, dense_tile_2_##vectors, dense_tile_4_##vectors, \
            dense_tile_6_##vectors                                              \
    }

DENSE_TILE(1, 1)
DENSE_TILE(1, 2)
DENSE_TILE(1, 4)
DENSE_TILE(1, 6)
DENSE_TILE(1, 8)
DENSE_TILES(1)
DENSE_TILES(2)
#if SUMS_IN_REGISTERS == 24
DENSE_TILES(4)
#endif

typedef struct dense_choice {
    size_t vectors;
    dense_tile_function *tile[4]; /* for 1, 2, 4, 6 images */
} dense_choice;

/* Widest first. One image alone wants all the vectors it can get, since each is one chain. */
static const dense_choice dense_alone[] = {{8, {dense_tile_1_8}},
                                           {6, {dense_tile_1_6}},
                                           {4, {dense_tile_1_4}},
                                           {2, {dense_tile_1_2}},
                                           {1, {dense_tile_1_1}}};
static const dense_choice dense_together[] = {
#if SUMS_IN_REGISTERS == 24
    {4, DENSE_ROW(4)},
#endif
    {2, DENSE_ROW(2)},
    {1, DENSE_ROW(1)}};

static void float_run_dense(const bnn_float_stage *f, size_t n, const float *x, float *y)
{
    static const size_t sizes[] = {1, 2, 4, 6};
    const size_t taps = f->stage->taps, out = f->stage->op.out.c;
    const size_t n_vectors = (out + VL - 1) / VL;
    const dense_choice *choice = n == 1 ? dense_alone : dense_together;
    for (size_t v = 0; v < n_vectors; v += choice->vectors) {
        while (choice->vectors > n_vectors - v)
            choice++;
        for (size_t image = 0, size = 3; image < n; image += sizes[size]) {
            while (sizes[size] > n - image)
                size--;
            choice->tile[size](f, v * VL, x + image * taps, y + image * out);
        }
    }
}

#undef DENSE_TILE
#undef DENSE_TILES
#undef DENSE_ROW
