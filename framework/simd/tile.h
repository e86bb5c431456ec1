/* tile.h - a tile of a matrix product, whose sums stay in registers: rows of factors by vectors, each
 * sum one chain of fused multiply-adds. Parameter: as in vec.h. */
#ifndef BNN_SIMD_TILE_H
#define BNN_SIMD_TILE_H

#include "simd/vec.h"

/* The terms of a sum, in the order of three loops, one in the other: how many, and the floats from
 * a factor to the next and from a vector to the next. */
typedef struct tile_terms {
    size_t n[3];
    ptrdiff_t a_step[3], x_step[3];
} tile_terms;

/* One loop: n terms whose factors and vectors are so far apart. */
INLINE tile_terms tile_line(size_t n, size_t factors, size_t vectors)
{
    return (tile_terms){
        .n = {1, 1, n}, .a_step = {0, 0, (ptrdiff_t)factors}, .x_step = {0, 0, (ptrdiff_t)vectors}};
}

/* Along one axis of a convolution, the n taps that go into an element of the result; the first of
 * them, and the place of what it is multiplied with. */
typedef struct tile_taps {
    size_t n, tap, from;
} tile_taps;

/* Those with an input under them, for the output whose window begins `start` inputs behind the
 * border of the padding. */
INLINE tile_taps tile_taps_at(size_t start, size_t padding, size_t kernel, size_t n_inputs)
{
    const size_t first = start < padding ? padding - start : 0;
    const size_t end = start < padding + n_inputs ? padding + n_inputs - start : 0;
    const size_t last = end < kernel ? end : kernel;
    return (tile_taps){
        .n = first < last ? last - first : 0, .tap = first, .from = start + first - padding};
}

/* sum[rows][vectors] += a[a_row * row] * x[VL * vector] over the terms.
 *
 * The loops over a tile are flat: gcc keeps an array of sums in registers from start to end only
 * where its first unrolling makes all indices constant, and that one unrolls no loops around
 * loops. */
INLINE void tile_add(const int rows, const int vectors, const tile_terms *t, const float *a,
                     size_t a_row, const float *x, vf *sum)
{
    for (size_t i = 0; i < t->n[0]; i++, a += t->a_step[0], x += t->x_step[0]) {
        const float *a1 = a, *x1 = x;
        for (size_t j = 0; j < t->n[1]; j++, a1 += t->a_step[1], x1 += t->x_step[1]) {
            const float *a2 = a1, *x2 = x1;
            for (size_t k = 0; k < t->n[2]; k++, a2 += t->a_step[2], x2 += t->x_step[2]) {
                UNROLL
                for (int s = 0; s < rows * vectors; s++)
                    sum[s] = fma_f(splat_f(a2[(size_t)(s / vectors) * a_row]),
                                   load_f(x2 + s % vectors * VL), sum[s]);
            }
        }
    }
}

#endif
