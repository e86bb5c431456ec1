/* rows_template.h - the first convolution: pixels against bits, output columns in lanes.
 *
 * Five signs make 16 patterns, up to a sign of the whole. For each input row the sums of all
 * patterns are made, at every column; then an output channel adds or subtracts one of them for each
 * row of its kernel: 5 additions instead of 25. Even columns are in the lower lanes, odd ones in
 * the upper lanes, so a 2x2 pool is the least of two rows, and of their halves.
 *
 * Parameters: simd/count.h. */

/* What a stage needs: rows of pixels with their padding, and the sums of their patterns, 32 of each
 * pattern. */
INLINE size_t rows_scratch_bytes(const bnn_pack *p)
{
    const size_t rows = (size_t)p->stage->op.in.c * p->rows.height;
    return rows * (BNN_PACK_ROW_BYTES + p->rows.n_patterns * sizeof(halves));
}

/* All rows first: a row that is read as soon as it is written would have to be waited for. */
INLINE void rows_pad(const bnn_stage *s, size_t height, const uint8_t *image, uint8_t *rows)
{
    const size_t padding = s->op.padding;
    for (size_t c = 0; c < s->op.in.c; c++)
        for (size_t y = 0; y < height; y++, rows += BNN_PACK_ROW_BYTES)
            if (y >= padding && y - padding < s->op.in.h)
                pad_row(rows, image + (c * s->op.in.h + y - padding) * s->op.in.w, padding,
                        s->op.in.w);
            else
                memset(rows, 128, BNN_PACK_ROW_BYTES);
}

/* The sums of all patterns of a row of pixels. Bit i - 1 of a pattern's index: weight i is
 * subtracted. Weight 0 is added. */
INLINE void rows_sum_patterns(int kernel, const uint8_t *row, int16_t *sums)
{
    const int n_patterns = 1 << (kernel - 1);
    halves pixels[5];
    UNROLL
    for (int i = 0; i < kernel; i++)
        pixels[i] = load_even_odd(row + i);
    UNROLL
    for (int part = 0; part < PARTS; part++) {
        vh sum[16];
        sum[0] = pixels[0].part[part];
        UNROLL
        for (int i = 1; i < kernel; i++) {
            const int n = 1 << (i - 1);
            UNROLL
            for (int j = 0; j < n; j++) {
                sum[n + j] = sum[j] - pixels[i].part[part];
                sum[j] += pixels[i].part[part];
            }
        }
        UNROLL
        for (int j = 0; j < n_patterns; j++)
            store_h(sums + j * 32 + part * 2 * VL, sum[j]);
    }
}

INLINE void rows_sum_all_patterns(int kernel, size_t n_rows, const uint8_t *rows, int16_t *sums)
{
    const size_t step = (size_t)32 << (kernel - 1);
    for (size_t i = 0; i < n_rows; i++)
        rows_sum_patterns(kernel, rows + i * BNN_PACK_ROW_BYTES, sums + i * step);
}

/* The sums of a channel in two output rows: n rows of patterns, from `sums` on, of which the first
 * n_plus are added and the others subtracted. next: the bytes from an input row to the next. */
INLINE void rows_add(const int32_t *offset, size_t n, size_t n_plus, const uint8_t *sums,
                     size_t next, halves *upper, halves *lower)
{
    UNROLL
    for (int part = 0; part < PARTS; part++)
        upper->part[part] = lower->part[part] = (vh){0};
    for (size_t i = 0; i < n; i++) {
        const uint8_t *const at = sums + offset[i];
        UNROLL
        for (int part = 0; part < PARTS; part++) {
            const vh a = load_h(at + part * 4 * VL), b = load_h(at + next + part * 4 * VL);
            upper->part[part] = i < n_plus ? upper->part[part] + a : upper->part[part] - a;
            lower->part[part] = i < n_plus ? lower->part[part] + b : lower->part[part] - b;
        }
    }
}

/* One output channel. */
typedef struct row_channel {
    const int32_t *offset;
    size_t n_plus;
    int16_t limit;
    uint32_t columns, invert;
    size_t height, next; /* output rows; bytes from the sums of an input row to the next */
    size_t step;         /* bytes from an output row of the channel to the next */
} row_channel;

/* The bits of a channel: n rows of its kernel, of which n_plus are added. */
INLINE void rows_pool(size_t n, size_t n_plus, row_channel c, const uint8_t *sums, uint8_t *out)
{
    for (size_t y = 0; y < c.height; y++, sums += 2 * c.next, out += c.step) {
        halves upper, lower;
        rows_add(c.offset, n, n_plus, sums, c.next, &upper, &lower);
        UNROLL
        for (int part = 0; part < PARTS; part++)
            upper.part[part] = min_h(upper.part[part], lower.part[part]);
        const uint32_t bits = (below_bits_pairs(upper, c.limit) & c.columns) ^ c.invert;
        memcpy(out, &bits, sizeof bits);
    }
}

/* Five rows, the usual number, have code without loops for each number of additions. */
INLINE void rows_pool_channel(size_t n, row_channel c, const uint8_t *sums, uint8_t *out)
{
    switch (n == 5 ? c.n_plus : 6) {
    case 0:
        rows_pool(5, 0, c, sums, out);
        break;
    case 1:
        rows_pool(5, 1, c, sums, out);
        break;
    case 2:
        rows_pool(5, 2, c, sums, out);
        break;
    case 3:
        rows_pool(5, 3, c, sums, out);
        break;
    case 4:
        rows_pool(5, 4, c, sums, out);
        break;
    case 5:
        rows_pool(5, 5, c, sums, out);
        break;
    default:
        rows_pool(n, c.n_plus, c, sums, out);
        break;
    }
}

/* An image to bits in rows. */
KERNEL void rows_convolve(const bnn_pack *p, const uint8_t *image, uint8_t *out, uint8_t *scratch)
{
    const bnn_stage *const s = p->stage;
    const bnn_pack_rows *const r = &p->rows;
    const size_t next = r->n_patterns * sizeof(halves), n = (size_t)s->op.in.c * s->op.kernel;
    const size_t n_rows = (size_t)s->op.in.c * r->height;
    uint8_t *const sums = scratch + n_rows * BNN_PACK_ROW_BYTES;
    int16_t *const patterns = (int16_t *)(void *)sums;
    rows_pad(s, r->height, image, scratch);
    switch (s->op.kernel) {
    case 1:
        rows_sum_all_patterns(1, n_rows, scratch, patterns);
        break;
    case 2:
        rows_sum_all_patterns(2, n_rows, scratch, patterns);
        break;
    case 3:
        rows_sum_all_patterns(3, n_rows, scratch, patterns);
        break;
    case 4:
        rows_sum_all_patterns(4, n_rows, scratch, patterns);
        break;
    default:
        rows_sum_all_patterns(5, n_rows, scratch, patterns);
        break;
    }
    for (size_t c = 0; c < s->out.c; c++, out += 4) {
        const row_channel channel = {.offset = r->offset + c * n,
                                     .n_plus = r->n_plus[c],
                                     .limit = r->limit[c],
                                     .columns = (1u << s->out.w) - 1,
                                     .invert = r->invert[c],
                                     .height = s->out.h,
                                     .next = next,
                                     .step = 4 * (size_t)s->out.c};
        rows_pool_channel(n, channel, sums, out);
    }
}
