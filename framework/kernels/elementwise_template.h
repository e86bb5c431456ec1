/* elementwise_template.h - flat loops: exp, log, tanh, clamp, sign, sums, pixels.
 *
 * exp, log and tanh are written here, not taken from libm or a vector library: libm's last bits
 * differ between machines, and the numbers must agree on every instruction set that we build,
 * the portable one included. Polynomials from Cephes (Moshier 1992), every multiply-add fused.
 *
 * Parameters: simd/lanes.h. */

/* 2^k for k in [-126, 127]. */
INLINE vf power_of_two(vi k)
{
    return (vf)((k + 127) << 23);
}

INLINE vf exp_f(vf x)
{
    /* Adding 1.5 * 2^23 rounds to an integer, which is then in the low bits. */
    const vf magic = splat_f(0x1.8p23f);
    x = min_f(splat_f(89.0f), max_f(splat_f(-104.0f), x));
    const vf t = fma_f(x, splat_f(0x1.715476p0f), magic);
    const vf k = t - magic;
    vf r = fma_f(k, splat_f(-0x1.62e4p-1f), x); /* ln 2 in two parts; k * first part is exact */
    r = fma_f(k, splat_f(-0x1.7f7d1cp-20f), r);
    vf p = splat_f(1.9875691500e-4f);
    p = fma_f(p, r, splat_f(1.3981999507e-3f));
    p = fma_f(p, r, splat_f(8.3334519073e-3f));
    p = fma_f(p, r, splat_f(4.1665795894e-2f));
    p = fma_f(p, r, splat_f(1.6666665459e-1f));
    p = fma_f(p, r, splat_f(5.0000001201e-1f));
    p = fma_f(p, r * r, r) + 1.0f;
    /* In two steps, so that results below the smallest normal number are rounded once. */
    const vi n = (vi)t - (vi)(magic);
    const vi half = n >> 1;
    return p * power_of_two(half) * power_of_two(n - half);
}

INLINE vf log_f(vf x)
{
    const vf tiny = splat_f(0x1p-126f);
    const vi denormal = x < tiny;
    const vf scaled = select_f(denormal, x * 0x1p25f, x);
    /* scaled = m * 2^e with m in [sqrt(1/2), sqrt(2)). */
    const vi offset = (vi)((vu)scaled - 0x3f3504f3u); /* wraps for x <= 0, set right below */
    const vi e_bits = offset >> 23;
    const vf m = (vf)((offset & 0x7fffff) + 0x3f3504f3);
    const vi e_int = e_bits - (denormal & 25);
    const vf e = __builtin_convertvector(e_int, vf);
    const vf r = m - 1.0f;
    const vf z = r * r;
    vf p = splat_f(7.0376836292e-2f);
    p = fma_f(p, r, splat_f(-1.1514610310e-1f));
    p = fma_f(p, r, splat_f(1.1676998740e-1f));
    p = fma_f(p, r, splat_f(-1.2420140846e-1f));
    p = fma_f(p, r, splat_f(1.4249322787e-1f));
    p = fma_f(p, r, splat_f(-1.6668057665e-1f));
    p = fma_f(p, r, splat_f(2.0000714765e-1f));
    p = fma_f(p, r, splat_f(-2.4999993993e-1f));
    p = fma_f(p, r, splat_f(3.3333331174e-1f));
    vf y = p * r * z;
    y = fma_f(e, splat_f(-2.12194440e-4f), y);
    y = fma_f(z, splat_f(-0.5f), y);
    y = fma_f(e, splat_f(0.693359375f), r + y);
    const vf infinity = splat_f(__builtin_inff());
    y = select_f(x == infinity, infinity, y);
    y = select_f(x == 0.0f, -infinity, y);
    y = select_f(x < 0.0f, splat_f(__builtin_nanf("")), y);
    return select_f(x == x, y, x);
}

INLINE vf tanh_f(vf x)
{
    const vi sign_bit = (vi)x & splat_i(INT32_MIN);
    const vf a = (vf)((vi)x & splat_i(INT32_MAX));
    const vf large = 1.0f - 2.0f / (exp_f(a + a) + 1.0f);
    const vf z = x * x;
    vf p = splat_f(-5.70498872745e-3f);
    p = fma_f(p, z, splat_f(2.06390887954e-2f));
    p = fma_f(p, z, splat_f(-5.37397155531e-2f));
    p = fma_f(p, z, splat_f(1.33314422036e-1f));
    p = fma_f(p, z, splat_f(-3.33332819422e-1f));
    const vf small = fma_f(p * z, x, x);
    /* The sign is the argument's, that of a zero too. */
    const vf y = (vf)((vi)(select_f(a < 0.625f, small, large)) | sign_bit);
    return select_f(x == x, y, x);
}

/* y[i] = function(x[i]); y may be x. */
INLINE void map(size_t n, const float *x, float *y, vf function(vf))
{
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        store_f(y + i, function(load_f(x + i)));
    if (i < n)
        store_part_f(y + i, n - i, function(load_part_f(x + i, n - i)));
}

KERNEL void exp_array(size_t n, const float *x, float *y)
{
    map(n, x, y, exp_f);
}

KERNEL void log_array(size_t n, const float *x, float *y)
{
    map(n, x, y, log_f);
}

KERNEL void tanh_array(size_t n, const float *x, float *y)
{
    map(n, x, y, tanh_f);
}

INLINE vf sign_f(vf x)
{
    return select_f(x >= 0.0f, splat_f(1.0f), splat_f(-1.0f));
}

KERNEL void sign_array(size_t n, const float *x, float *y)
{
    map(n, x, y, sign_f);
}

INLINE vf clamp_f(vf low, vf high, vf x)
{
    return min_f(high, max_f(low, x));
}

KERNEL void clamp_array(size_t n, float low, float high, const float *x, float *y)
{
    const vf lowest = splat_f(low), highest = splat_f(high);
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        store_f(y + i, clamp_f(lowest, highest, load_f(x + i)));
    if (i < n)
        store_part_f(y + i, n - i, clamp_f(lowest, highest, load_part_f(x + i, n - i)));
}

KERNEL void clamp_gradient_array(size_t n, float low, float high, const float *x, const float *gy,
                                 float *gx)
{
    const vf lowest = splat_f(low), highest = splat_f(high);
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        const vf v = load_f(x + i);
        const vi inside = (v > lowest) & (v < highest);
        store_f(gx + i, (vf)((vi)load_f(gy + i) & inside));
    }
    for (; i < n; i++)
        gx[i] = x[i] > low && x[i] < high ? gy[i] : 0.0f;
}

/* The sum of x, or of products of x and y. */
INLINE float sum_terms(const bool products, size_t n, const float *x, const float *y)
{
    float lanes[LANES] = {0};
    const size_t whole = n / LANES * LANES;
    for (int part = 0; part < PARTS; part++) {
        vf sum = splat_f(0.0f);
        for (size_t i = (size_t)part * VL; i < whole; i += LANES)
            sum = products ? fma_f(load_f(x + i), load_f(y + i), sum) : sum + load_f(x + i);
        store_f(lanes + part * VL, sum);
    }
    for (size_t i = whole; i < n; i++) {
        float *lane = &lanes[i - whole];
        *lane = products ? __builtin_fmaf(x[i], y[i], *lane) : *lane + x[i];
    }
    return reduce_lanes(lanes);
}

KERNEL float dot_array(size_t n, const float *x, const float *y)
{
    return sum_terms(true, n, x, y);
}

KERNEL float sum_array(size_t n, const float *x)
{
    return sum_terms(false, n, x, NULL);
}

enum { SUM_ROWS = 4 };

/* Sums of some rows at once, since a chain of additions waits for itself. */
INLINE void sum_few_rows(const int rows, size_t n, const float *x, float sums[][LANES])
{
    for (size_t part = 0; part < LANES; part += VL) {
        vf sum[SUM_ROWS];
        UNROLL
        for (int i = 0; i < rows; i++)
            sum[i] = splat_f(0.0f);
        for (size_t at = part; at < n; at += LANES) {
            UNROLL
            for (int i = 0; i < rows; i++)
                sum[i] += load_f(x + (size_t)i * n + at);
        }
        UNROLL
        for (int i = 0; i < rows; i++)
            store_f(&sums[i][part], sum[i]);
    }
}

/* out[rows]: sum_array of each of x[rows][n]; n is a multiple of LANES. */
static void sum_rows(size_t rows, size_t n, const float *x, float *out)
{
    for (size_t row = 0, some; row < rows; row += some) {
        float sums[LANES][LANES];
        some = rows - row < LANES ? rows - row : LANES;
        size_t i = 0;
        for (; i + SUM_ROWS <= some; i += SUM_ROWS)
            sum_few_rows(SUM_ROWS, n, x + (row + i) * n, sums + i);
        for (; i < some; i++)
            sum_few_rows(1, n, x + (row + i) * n, sums + i);
        reduce_rows(some, sums[0], out + row);
    }
}

/* ---- pixels ------------------------------------------------------------------------------ */

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint16_t halves16 __attribute__((vector_size(32)));
typedef int32_t ints16 __attribute__((vector_size(64)));
typedef float floats16 __attribute__((vector_size(64), aligned(4), may_alias));

INLINE float pixel_value(uint8_t pixel)
{
    return ((float)pixel - 128.0f) * 0x1p-7f;
}

/* Four rounds of interleaving row i with row i + 8 transpose 16 x 16 bytes. */
INLINE void pixels_transpose(bytes16 rows[16])
{
    for (int round = 0; round < 4; round++) {
        bytes16 mixed[16];
        UNROLL
        for (int i = 0; i < 8; i++) {
            mixed[2 * i] = __builtin_shufflevector(rows[i], rows[i + 8], 0, 16, 1, 17, 2, 18, 3, 19,
                                                   4, 20, 5, 21, 6, 22, 7, 23);
            mixed[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + 8], 8, 24, 9, 25, 10, 26,
                                                       11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
        memcpy(rows, mixed, sizeof mixed);
    }
}

INLINE void pixels_store(bytes16 pixels, float *x)
{
    /* In two steps: GCC 12 takes one from bytes to 32 bits apart, byte by byte. */
    const halves16 halves = __builtin_convertvector(pixels, halves16);
    const ints16 centered = __builtin_convertvector(halves, ints16) - 128;
    *(floats16 *)x = __builtin_convertvector(centered, floats16) * 0x1p-7f;
}

/* Images arrive as rows of bytes and leave as one column a lane, in squares of 16 x 16; what does
 * not fill a square goes one by one. */
KERNEL void pixels_load(uint32_t n, uint32_t lanes, uint32_t features, const uint8_t *const *rows,
                        float *x)
{
    const size_t whole_features = features / 16 * 16, whole_images = n / 16 * 16;
    for (size_t lane = 0; lane < whole_images; lane += 16)
        for (size_t f = 0; f < whole_features; f += 16) {
            bytes16 square[16];
            for (size_t i = 0; i < 16; i++)
                memcpy(&square[i], rows[lane + i] + f, 16);
            pixels_transpose(square);
            for (size_t i = 0; i < 16; i++)
                pixels_store(square[i], x + (f + i) * lanes + lane);
        }
    for (size_t f = 0; f < features; f++) {
        float *column = x + f * lanes;
        for (size_t lane = f < whole_features ? whole_images : 0; lane < n; lane++)
            column[lane] = pixel_value(rows[lane][f]);
        memset(column + n, 0, (lanes - n) * sizeof *x);
    }
}
