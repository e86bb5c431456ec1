/* size.h - how many values a shape has, the larger of two sizes; products and sums that cannot wrap:
 * one that does not fit is SIZE_MAX, which is beyond every limit and which no allocation gives. */
#ifndef BNN_BASE_SIZE_H
#define BNN_BASE_SIZE_H

#include <bnn/plugin.h>

#include <stddef.h>
#include <stdint.h>

/* Of a shape that was checked; bnn_size_product is for one that was not. */
static inline size_t bnn_shape_values(bnn_shape s)
{
    return (size_t)s.c * s.h * s.w;
}

static inline size_t bnn_size_larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static inline size_t bnn_size_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The next multiple: of 64 bytes for what is to begin on a cache line. */
static inline size_t bnn_size_round_up(size_t n, size_t multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

static inline size_t bnn_size_product(size_t a, size_t b)
{
    size_t product;
    return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

static inline size_t bnn_size_sum(size_t a, size_t b)
{
    size_t sum;
    return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

#endif
