/* warp_template.h - images of bytes that are moved, turned and bent, and random fields that are made
 * smooth to bend them.
 *
 * Places are whole numbers of 1/65536 pixel, weights whole numbers of 1/256: integers throughout, so
 * there is nothing to agree on. A band of rows goes through three loops: where each pixel comes from
 * and how its four neighbours weigh (vectors), the neighbours (one pixel after the other: where CPUs
 * gather, many do so slowly), and what they give (vectors). Between the loops a band lies in the
 * first-level cache, and is long enough for its stores to have arrived before they are loaded.
 *
 * Parameters: simd/lanes.h. */

enum { WARP_BAND = 1024 }; /* pixels, unless a row is longer */

static size_t warp_band_rows(const bnn_warp *warp)
{
    const size_t rows = warp->w < WARP_BAND ? WARP_BAND / warp->w : 1;
    return rows < warp->h ? rows : warp->h;
}

/* A vector behind a row may be written, too. */
static size_t warp_band(const bnn_warp *warp)
{
    return warp_band_rows(warp) * warp->w + LANES;
}

static size_t warp_scratch(const bnn_warp *warp)
{
    return 3 * warp_band(warp);
}

INLINE vi warp_clamp(vi place, int32_t high)
{
    place &= place > 0;
    const vi within = place < high;
    return (place & within) | (splat_i(high) & ~within);
}

/* Of the pixels of row y: the index of the upper left neighbour, and the weights of the right ones
 * (low byte) and of the lower ones. */
INLINE void warp_places(const bool bends, const bnn_warp *warp, uint32_t y, int32_t *index,
                        int32_t *weights)
{
    const int32_t w = (int32_t)warp->w, row = (int32_t)y;
    const int32_t last[2] = {(w - 1) * 65536, ((int32_t)warp->h - 1) * 65536};
    const float *bend[2] = {warp->bend, warp->bend + (size_t)w * warp->h};
    vi place[2], step[2], lanes;
    for (int i = 0; i < VL; i++)
        lanes[i] = i;
    for (int axis = 0; axis < 2; axis++) {
        place[axis] = warp->start[axis] + row * warp->down[axis] + lanes * warp->right[axis];
        step[axis] = splat_i(VL * warp->right[axis]);
    }
    for (int32_t x = 0; x < w; x += VL) {
        vi at[2];
        for (int axis = 0; axis < 2; axis++) {
            at[axis] = place[axis];
            if (bends)
                at[axis] += __builtin_convertvector(load_f(bend[axis] + row * w + x), vi);
            at[axis] = warp_clamp(at[axis], last[axis]);
            place[axis] += step[axis];
        }
        store_i(index + x, (at[1] >> 16) * w + (at[0] >> 16));
        store_i(weights + x, ((at[0] >> 8) & 0xff) | (at[1] & 0xff00));
    }
}

/* Four bytes in one number: upper left, upper right, lower left, lower right. */
INLINE void warp_neighbours(size_t n, size_t w, const uint8_t *x, const int32_t *index,
                            uint32_t *neighbours)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t *upper = x + index[i], *lower = upper + w;
        const uint32_t pair = (uint32_t)upper[0] | (uint32_t)upper[1] << 8;
        neighbours[i] = pair | ((uint32_t)lower[0] | (uint32_t)lower[1] << 8) << 16;
    }
}

typedef uint8_t vb __attribute__((vector_size(VL)));

INLINE void warp_blend(size_t n, const uint32_t *neighbours, const int32_t *weights, uint8_t *y)
{
    for (size_t i = 0; i < n; i += VL) {
        const vu p = load_u(neighbours + i), weight = (vu)load_i(weights + i);
        const vu right = weight & 0xff, low = weight >> 8;
        const vu upper = ((p & 0xff) << 8) + right * (((p >> 8) & 0xff) - (p & 0xff));
        const vu lower = ((p >> 8) & 0xff00) + right * ((p >> 24) - ((p >> 16) & 0xff));
        const vu mean = (upper << 8) + low * (lower - upper) + 0x8000;
        const vb bytes = __builtin_convertvector(mean >> 16, vb);
        if (n - i >= VL)
            memcpy(y + i, &bytes, VL);
        else
            memcpy(y + i, &bytes, n - i);
    }
}

KERNEL void warp_pixels(const bnn_warp *warp, const uint8_t *x, uint8_t *y, float *scratch)
{
    const size_t w = warp->w, size = w * warp->h, band = warp_band(warp);
    const uint32_t rows = (uint32_t)warp_band_rows(warp);
    int32_t *index = (int32_t *)(void *)scratch, *weights = index + band;
    uint32_t *neighbours = (uint32_t *)weights + band;
    for (uint32_t first = 0; first < warp->h; first += rows) {
        const uint32_t end = warp->h - first < rows ? warp->h : first + rows;
        const size_t n = (end - first) * w;
        for (uint32_t row = first; row < end; row++) {
            const size_t at = (row - first) * w;
            if (warp->bend != NULL)
                warp_places(true, warp, row, index + at, weights + at);
            else
                warp_places(false, warp, row, index + at, weights + at);
        }
        for (uint32_t c = 0; c < warp->c; c++) {
            warp_neighbours(n, w, x + c * size, index, neighbours);
            warp_blend(n, neighbours, weights, y + c * size + first * w);
        }
    }
}

/* ---- fields ------------------------------------------------------------------------------ */

static size_t smooth_scratch(uint32_t h, uint32_t w, uint32_t radius)
{
    return (w + 2 * (size_t)radius + LANES) + (h + 2 * (size_t)radius) * round_up(w, LANES);
}

/* The index within n that i, which may lie outside, is mirrored to: .. 1 0 | 0 1 .. n-1 | n-1 .. */
INLINE size_t smooth_mirror(int64_t i, int64_t n)
{
    while (i < 0 || i >= n)
        i = i < 0 ? -1 - i : 2 * n - 1 - i;
    return (size_t)i;
}

/* weights[0] * x[0] + the sum of weights[k] * (x[-k stride] + x[k stride]), for a vector. */
INLINE vf smooth_sum(size_t radius, size_t stride, const float *weights, const float *x)
{
    vf sum = weights[0] * load_f(x);
    for (size_t k = 1; k <= radius; k++)
        sum = fma_f(splat_f(weights[k]), load_f(x - k * stride) + load_f(x + k * stride), sum);
    return sum;
}

KERNEL void smooth_field(uint32_t h, uint32_t w, uint32_t radius, const float *weights,
                         const float *x, float *y, float *scratch)
{
    const size_t stride = round_up(w, LANES), extent = w + 2 * (size_t)radius;
    float *line = scratch, *rows = scratch + extent + LANES, *first = rows + radius * stride;
    memset(line + extent, 0, LANES * sizeof *line);
    for (size_t row = 0; row < h; row++) {
        memcpy(line + radius, x + row * w, w * sizeof *x);
        for (size_t i = 0; i < radius; i++) {
            line[i] = x[row * w + smooth_mirror((int64_t)i - radius, w)];
            line[radius + w + i] = x[row * w + smooth_mirror((int64_t)w + (int64_t)i, w)];
        }
        for (size_t i = 0; i < w; i += VL)
            store_f(first + row * stride + i, smooth_sum(radius, 1, weights, line + radius + i));
    }
    for (size_t i = 0; i < radius; i++) {
        const size_t above = smooth_mirror((int64_t)i - radius, h);
        const size_t below = smooth_mirror((int64_t)h + (int64_t)i, h);
        memcpy(rows + i * stride, first + above * stride, w * sizeof *rows);
        memcpy(first + (h + i) * stride, first + below * stride, w * sizeof *rows);
    }
    for (size_t row = 0; row < h; row++)
        for (size_t i = 0; i < w; i += VL) {
            const vf sum = smooth_sum(radius, stride, weights, first + row * stride + i);
            store_part_f(y + row * w + i, w - i < VL ? w - i : VL, sum);
        }
}
