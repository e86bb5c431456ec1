#include "export/onnx/grid.h"

#include <math.h>

static const bnn_onnx_grid grid_unknown = {.known = false};

/* That of two kinds of values together. */
static bnn_onnx_grid grid_both(bnn_onnx_grid a, bnn_onnx_grid b)
{
    if (!a.known || !b.known)
        return grid_unknown;
    return (bnn_onnx_grid){.known = true,
                           .exponent = a.exponent < b.exponent ? a.exponent : b.exponent,
                           .most = fmax(a.most, b.most)};
}

/* That of sums of one of each. */
static bnn_onnx_grid grid_sum(bnn_onnx_grid a, bnn_onnx_grid b)
{
    bnn_onnx_grid sum = grid_both(a, b);
    sum.most = a.most + b.most;
    return sum;
}

static bnn_onnx_grid grid_product(bnn_onnx_grid a, bnn_onnx_grid b)
{
    return (bnn_onnx_grid){
        .known = a.known && b.known, .exponent = a.exponent + b.exponent, .most = a.most * b.most};
}

/* Unknown where float32 does not have all of its points. */
static bnn_onnx_grid grid_of_floats(bnn_onnx_grid grid)
{
    return grid.known && ldexp(grid.most, -grid.exponent) <= 0x1p24 ? grid : grid_unknown;
}

/* Of n values; 0 lies on every grid. */
static bnn_onnx_grid grid_of_values(const float *values, size_t n)
{
    bnn_onnx_grid grid = {.known = true};
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        int exponent;
        if (values[i] == 0.0f)
            continue;
        if (!isfinite(values[i]))
            return grid_unknown;
        const double digits = ldexp(frexp((double)values[i], &exponent), 24); /* a whole number */
        const int last = exponent - 24 + __builtin_ctzll((unsigned long long)fabs(digits));
        grid.exponent = !any || last < grid.exponent ? last : grid.exponent;
        grid.most = fmax(grid.most, fabs((double)values[i]));
        any = true;
    }
    return grid;
}

bnn_onnx_grid bnn_onnx_grid_in(const bnn_stage *stage, bnn_onnx_grid before)
{
    static const bnn_onnx_grid pixels = {true, -7, 1.0}, signs = {true, 0, 1.0};
    return stage->inputs == BNN_VALUES_PIXELS ? pixels
           : stage->inputs == BNN_VALUES_BITS ? signs
                                              : before;
}

/* Of the sums of channel c, however they are formed. */
static bnn_onnx_grid grid_of_channel(const bnn_stage *stage, uint32_t c, bnn_onnx_grid in)
{
    const bnn_op *op = &stage->op;
    const size_t taps = stage->taps;
    const bnn_onnx_grid signs = {true, 0, 1.0};
    bnn_onnx_grid sums = grid_product(
        in, op->binary_weights ? signs : grid_of_values(op->weight + (size_t)c * taps, taps));
    sums.most *= (double)taps;
    return op->bias == NULL ? grid_of_floats(sums)
                            : grid_of_floats(grid_sum(sums, grid_of_values(op->bias + c, 1)));
}

bnn_onnx_grid bnn_onnx_grid_sums(const bnn_stage *stage, bnn_onnx_grid in, bool *exact)
{
    const bnn_op *op = &stage->op;
    *exact = in.known || stage->logic != NULL;
    if (stage->logic != NULL)
        return (bnn_onnx_grid){true, 0, stage->logic->group == 0 ? 1.0 : stage->logic->group};
    if (op->type == BNN_LOWER_IDENTITY)
        return in;
    if (op->padding > 0)
        in = grid_both(in, grid_of_values(&op->pad_value, 1));
    bnn_onnx_grid all = grid_of_channel(stage, 0, in);
    *exact &= all.known;
    const bool alike = op->binary_weights && op->bias == NULL; /* channels are */
    for (uint32_t c = 1; !alike && c < op->out.c; c++) {
        const bnn_onnx_grid one = grid_of_channel(stage, c, in);
        *exact &= one.known;
        all = grid_both(all, one);
    }
    return grid_of_floats(all);
}

static bnn_onnx_grid grid_of_affine(const bnn_op *op, bnn_onnx_grid in)
{
    const bnn_onnx_grid products = grid_product(in, grid_of_values(op->factor, op->in.c));
    return grid_of_floats(grid_sum(products, grid_of_values(op->offset, op->in.c)));
}

/* The values themselves, or times one of the factors. */
static bnn_onnx_grid grid_of_slopes(const bnn_op *op, bnn_onnx_grid in)
{
    bnn_onnx_grid out = grid_both(in, grid_product(in, grid_of_values(op->factor, op->in.c)));
    if (op->type == BNN_LOWER_SLOPES)
        out = grid_both(out, grid_product(in, grid_of_values(op->offset, op->in.c)));
    return grid_of_floats(out);
}

static bnn_onnx_grid grid_of_clamp(const bnn_op *op, bnn_onnx_grid in)
{
    const float bounds[] = {op->low, isfinite(op->high) ? op->high : 0.0f};
    const bnn_onnx_grid ends = grid_of_values(bounds, 2);
    const double reach = isfinite(op->high) ? ends.most : fmax(ends.most, in.most);
    bnn_onnx_grid out = grid_both(in, ends);
    out.most = fmin(out.most, reach);
    return out;
}

static bnn_onnx_grid grid_of_avgpool(const bnn_op *op, bnn_onnx_grid in)
{
    const float area = (float)(op->kernel * op->kernel), share = 1.0f / area;
    in.most *= (double)area;
    return grid_of_floats(grid_product(grid_of_floats(in), grid_of_values(&share, 1)));
}

bnn_onnx_grid bnn_onnx_grid_added(bnn_onnx_grid a, bnn_onnx_grid b)
{
    return grid_of_floats(grid_sum(a, b));
}

static bnn_onnx_grid grid_behind(const bnn_op *op, bnn_onnx_grid in)
{
    switch (op->type) {
    case BNN_LOWER_AFFINE:
        return grid_of_affine(op, in);
    case BNN_LOWER_CLAMP:
        return grid_of_clamp(op, in);
    case BNN_LOWER_SLOPE:
    case BNN_LOWER_SLOPES:
        return grid_of_slopes(op, in);
    case BNN_LOWER_AVGPOOL:
        return grid_of_avgpool(op, in);
    case BNN_LOWER_SIGN:
        return (bnn_onnx_grid){true, 0, 1.0};
    case BNN_LOWER_IDENTITY:
    case BNN_LOWER_MAXPOOL:
        return in;
    default:
        return grid_unknown;
    }
}

bnn_onnx_grid bnn_onnx_grid_behind(const bnn_stage *stage, bnn_onnx_grid sums)
{
    bnn_range codes;
    if (bnn_chain_ends_in_codes(stage->chain, stage->n_chain, &codes))
        return (bnn_onnx_grid){true, 0, fmax(-(double)codes.min, (double)codes.max)};
    for (uint32_t k = 0; k < stage->n_chain; k++)
        sums = grid_behind(&stage->chain[k], sums);
    return sums;
}
