/* rows.h - the first convolution: pixels against bits, output columns in lanes.
 *
 * Five signs make 16 patterns, up to a sign of the whole. For each input row the sums of all
 * patterns are made, at every column; then an output channel adds or subtracts one of them for each
 * row of its kernel: 5 additions instead of 25. Even columns are in the lower lanes, odd ones in
 * the upper lanes, so a 2x2 pool is the least of two rows, and of their halves. */
#ifndef BNN_DEPLOY_BODY_ROWS_H
#define BNN_DEPLOY_BODY_ROWS_H

#include "deploy/body/vec.h"
#include "deploy/pack.h"

/* What a stage needs: rows of pixels with their padding, and the sums of their patterns, 32 of each
 * pattern. */
INLINE size_t rows_scratch_bytes(const bnn_pack *p)
{
    const size_t rows = (size_t)p->stage->in.c * p->rows.height;
    return rows * (BNN_PACK_ROW_BYTES + p->rows.n_patterns * sizeof(halves));
}

/* All rows first: a row that is read as soon as it is written would have to be waited for. */
INLINE void pad_rows(const bnn_stage *s, size_t height, const uint8_t *image, uint8_t *rows)
{
    const size_t padding = s->padding;
    for (size_t c = 0; c < s->in.c; c++)
        for (size_t y = 0; y < height; y++, rows += BNN_PACK_ROW_BYTES)
            if (y >= padding && y - padding < s->in.h)
                pad_row(rows, image + (c * s->in.h + y - padding) * s->in.w, padding, s->in.w);
            else
                memset(rows, 128, BNN_PACK_ROW_BYTES);
}

/* The sums of all patterns of a row of pixels. Bit i - 1 of a pattern's index: weight i is
 * subtracted. Weight 0 is added. */
INLINE void sum_patterns(int kernel, const uint8_t *row, int16_t *sums)
{
    const int n_patterns = 1 << (kernel - 1);
    halves pixels[5];
    UNROLL
    for (int i = 0; i < kernel; i++)
        pixels[i] = load_pixels(row + i);
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
            *(vh_aligned *)(sums + j * 32 + part * 2 * VL) = sum[j];
    }
}

INLINE void sum_all_patterns(int kernel, size_t n_rows, const uint8_t *rows, int16_t *sums)
{
    const size_t step = (size_t)32 << (kernel - 1);
    for (size_t i = 0; i < n_rows; i++)
        sum_patterns(kernel, rows + i * BNN_PACK_ROW_BYTES, sums + i * step);
}

INLINE vh load_half(const uint8_t *p)
{
    return *(const vh_aligned *)(const void *)p;
}

/* The sums of a channel in two output rows: n rows of patterns, from `sums` on, of which the first
 * n_plus are added and the others subtracted. next: the bytes from an input row to the next. */
INLINE void add_rows(const int32_t *offset, size_t n, size_t n_plus, const uint8_t *sums,
                     size_t next, halves *upper, halves *lower)
{
    UNROLL
    for (int part = 0; part < PARTS; part++)
        upper->part[part] = lower->part[part] = (vh){0};
    for (size_t i = 0; i < n; i++) {
        const uint8_t *const at = sums + offset[i];
        UNROLL
        for (int part = 0; part < PARTS; part++) {
            const vh a = load_half(at + part * 4 * VL), b = load_half(at + next + part * 4 * VL);
            upper->part[part] = i < n_plus ? upper->part[part] + a : upper->part[part] - a;
            lower->part[part] = i < n_plus ? lower->part[part] + b : lower->part[part] - b;
        }
    }
}

/* The bits of a channel in an output row. Five rows, the usual number, have code without loops for
 * each number of additions. */
INLINE uint32_t pool_rows(const int32_t *offset, size_t n, size_t n_plus, const uint8_t *sums,
                          size_t next, int16_t limit)
{
    halves upper, lower;
    switch (n == 5 ? n_plus : 6) {
    case 0:
        add_rows(offset, 5, 0, sums, next, &upper, &lower);
        break;
    case 1:
        add_rows(offset, 5, 1, sums, next, &upper, &lower);
        break;
    case 2:
        add_rows(offset, 5, 2, sums, next, &upper, &lower);
        break;
    case 3:
        add_rows(offset, 5, 3, sums, next, &upper, &lower);
        break;
    case 4:
        add_rows(offset, 5, 4, sums, next, &upper, &lower);
        break;
    case 5:
        add_rows(offset, 5, 5, sums, next, &upper, &lower);
        break;
    default:
        add_rows(offset, n, n_plus, sums, next, &upper, &lower);
        break;
    }
    UNROLL
    for (int part = 0; part < PARTS; part++)
        upper.part[part] = least_half(upper.part[part], lower.part[part]);
    return pairs_are_below(upper, limit);
}

/* An image to bits in rows. */
KERNEL void convolve_rows(const bnn_pack *p, const uint8_t *image, uint8_t *out, uint8_t *scratch)
{
    const bnn_stage *const s = p->stage;
    const bnn_pack_rows *const r = &p->rows;
    const size_t next = r->n_patterns * sizeof(halves), n = (size_t)s->in.c * s->kernel;
    const size_t n_rows = (size_t)s->in.c * r->height;
    const uint32_t columns = (1u << s->out.w) - 1;
    uint8_t *const sums = scratch + n_rows * BNN_PACK_ROW_BYTES;
    int16_t *const patterns = (int16_t *)(void *)sums;
    pad_rows(s, r->height, image, scratch);
    switch (s->kernel) {
    case 1:
        sum_all_patterns(1, n_rows, scratch, patterns);
        break;
    case 2:
        sum_all_patterns(2, n_rows, scratch, patterns);
        break;
    case 3:
        sum_all_patterns(3, n_rows, scratch, patterns);
        break;
    case 4:
        sum_all_patterns(4, n_rows, scratch, patterns);
        break;
    default:
        sum_all_patterns(5, n_rows, scratch, patterns);
        break;
    }
    for (size_t y = 0; y < s->out.h; y++)
        for (size_t c = 0; c < s->out.c; c++, out += 4) {
            const uint32_t below = pool_rows(r->offset + c * n, n, r->n_plus[c],
                                             sums + 2 * y * next, next, r->limit[c]);
            const uint32_t bits = (below & columns) ^ r->invert[c];
            memcpy(out, &bits, sizeof bits);
        }
}

#endif
