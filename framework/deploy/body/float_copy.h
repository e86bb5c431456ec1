/* float_copy.h - the inputs of a convolution with their padding around them, laid out so that the
 * inputs under one tap of neighbouring outputs are neighbours, whatever the stride.
 *
 * Zero padding is no tap (<bnn/plugin.h>), here it is one with input 0. That gives the same bits
 * where adding +0 or -0 to a sum does not change it: always but for a sum of -0, which becomes +0,
 * and for weights that are not finite. A sum can be -0 only where a product, or the sum itself,
 * underflows. Every product is a multiple of 2^(e + f - 46) for weights of at least 2^e and inputs
 * of at least 2^f, and so is every sum; none underflows if that is a float, e + f >= -103. Hence a
 * stage with zero padding knows the least input that will do. With a smaller one that is not 0,
 * with tiny weights or a bias of -0, it is run in another way. */
#ifndef BNN_DEPLOY_BODY_FLOAT_COPY_H
#define BNN_DEPLOY_BODY_FLOAT_COPY_H

#include "deploy/body/float_stage.h"

INLINE vu smaller_of(vu a, vu b)
{
    const vu less = (vu)(a < b);
    return (a & less) | (b & ~less);
}

/* Twice the bits of |x|, less 1: the order of absolute values, with 0 as the largest. */
INLINE vu order_of(vf x)
{
    return ((vu)x << 1) - 1;
}

/* Copies a row and keeps the smallest input seen, 0 apart. */
INLINE vu copy_row(const float *x, size_t n, float *y, vu least)
{
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        const vf v = load(x + i);
        store(y + i, v);
        least = smaller_of(least, order_of(v));
    }
    if (i < n) {
        const vf v = load_part(x + i, n - i);
        store_part(y + i, n - i, v);
        least = smaller_of(least, order_of(v));
    }
    return least;
}

/* The same with every stride-th column side by side; column 0 is column `padding` of the copy. */
INLINE vu copy_row_apart(const bnn_float_stage *f, const float *x, float *y, vu least)
{
    const size_t n = f->stage->in.w, stride = f->stage->stride, padding = f->stage->padding;
    for (size_t i = 0; i < n; i++) {
        const size_t at = i + padding;
        y[at % stride * f->copy_columns + at / stride] = x[i];
    }
    for (size_t i = 0; i < n; i += VL)
        least = smaller_of(least, order_of(load_part(x + i, n - i)));
    return least;
}

static void fill(float *y, size_t n, float value)
{
    const vf v = broadcast(value);
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        store(y + i, v);
    for (; i < n; i++)
        y[i] = value;
}

/* False when the inputs have values too small for padding by 0. */
static bool make_copy(const bnn_float_stage *f, const float *x, float *copy)
{
    const bnn_stage *s = f->stage;
    const size_t row = (size_t)s->stride * f->copy_columns;
    vu least = ~(vu){0};
    fill(copy, f->copy_values, (float)s->pad_value);
    for (size_t c = 0; c < s->in.c; c++, x += (size_t)s->in.h * s->in.w) {
        float *y = copy + (c * f->copy_rows + s->padding) * row;
        for (size_t h = 0; h < s->in.h; h++, y += row)
            least = s->stride == 1 ? copy_row(x + h * s->in.w, s->in.w, y + s->padding, least)
                                   : copy_row_apart(f, x + h * s->in.w, y, least);
    }
    if (f->least_input == 0.0f)
        return true;
    const vu limit = order_of(broadcast(f->least_input));
    const vi below = (vi)(least < limit);
    return sign_bits((vf)below) == 0;
}

#endif
