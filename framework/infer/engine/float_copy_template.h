/* float_copy_template.h - the inputs of a convolution with their padding around them, laid out so that the
 * inputs under one tap of neighbouring outputs are neighbours, whatever the stride.
 *
 * Zero padding is no tap (<bnn/plugin.h>), here it is one with input 0. That gives the same bits
 * where adding +0 or -0 to a sum does not change it: always but for a sum of -0, which becomes +0,
 * and for weights that are not finite. A sum can be -0 only where a product, or the sum itself,
 * underflows. Every product is a multiple of 2^(e + f - 46) for weights of at least 2^e and inputs
 * of at least 2^f, and so is every sum; none underflows if that is a float, e + f >= -103. Hence a
 * stage with zero padding knows the least input that will do. With a smaller one that is not 0,
 * with tiny weights or a bias of -0, it is run in another way.
 *
 * Parameters: simd/lanes.h; after float_stage_template.h. */

/* Twice the bits of |x|, less 1: the order of absolute values, with 0 as the largest. */
INLINE vu float_order_of(vf x)
{
    return ((vu)x << 1) - 1;
}

static void float_fill(float *y, size_t n, float value)
{
    const vf v = splat_f(value);
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        store_f(y + i, v);
    for (; i < n; i++)
        y[i] = value;
}

/* The first n lanes of v, the padding in the others. */
INLINE vf float_pad_lanes(vf v, size_t n, vf padding)
{
    vi lane;
    UNROLL
    for (int i = 0; i < VL; i++)
        lane[i] = i;
    return select_f(lane < splat_i((int32_t)n), v, padding);
}

/* A row of n inputs, the padding in front of it and behind, each float written once: what has been
 * written twice is slow to read. y: [copy_columns]. Keeps the smallest input seen, 0 apart. */
INLINE vu float_copy_row(const bnn_float_stage *f, const float *x, size_t n, float *y, vu least)
{
    const vf padding = splat_f(f->stage->op.pad_value);
    const size_t lead = f->copy_lead + f->stage->op.padding, columns = f->copy_columns;
    for (size_t i = 0; i < lead; i += VL)
        store_f(y + i, padding);
    size_t at = lead;
    for (; n >= VL; n -= VL, x += VL, at += VL) {
        const vf v = load_f(x);
        store_f(y + at, v);
        least = min_u(least, float_order_of(v));
    }
    if (n > 0) {
        const vf v = load_part_f(x, n);
        store_f(y + at, float_pad_lanes(v, n, padding));
        least = min_u(least, float_order_of(v));
        at += VL;
    }
    for (; at < columns; at += VL)
        store_f(y + at, padding);
    return least;
}

/* The same with every stride-th column side by side, where the padding already is. y:
 * [stride][copy_columns]. */
INLINE vu float_copy_row_apart(const bnn_float_stage *f, const float *x, size_t n, float *y,
                               vu least)
{
    const size_t stride = f->stage->op.stride, padding = f->stage->op.padding;
    for (size_t i = 0; i < n; i++) {
        const size_t at = i + padding;
        y[at % stride * f->copy_columns + at / stride] = x[i];
    }
    for (size_t i = 0; i < n; i += VL)
        least = min_u(least, float_order_of(load_part_f(x + i, n - i)));
    return least;
}

/* False when the inputs have values too small for padding by 0. */
static bool float_make_copy(const bnn_float_stage *f, const float *x, float *copy)
{
    const bnn_stage *s = f->stage;
    const size_t row = (size_t)s->op.stride * f->copy_columns, border = s->op.padding * row;
    vu least = ~(vu){0};
    for (size_t c = 0; c < s->op.in.c; c++) {
        float_fill(copy, s->op.stride == 1 ? border : f->copy_rows * row, s->op.pad_value);
        copy += border;
        for (size_t h = 0; h < s->op.in.h; h++, x += s->op.in.w, copy += row)
            least = s->op.stride == 1 ? float_copy_row(f, x, s->op.in.w, copy, least)
                                      : float_copy_row_apart(f, x, s->op.in.w, copy, least);
        if (s->op.stride == 1)
            float_fill(copy, border, s->op.pad_value);
        copy += border;
    }
    if (f->least_input == 0.0f)
        return true;
    const vu limit = float_order_of(splat_f(f->least_input));
    const vi below = (vi)(least < limit);
    return sign_bits_f((vf)below) == 0;
}
