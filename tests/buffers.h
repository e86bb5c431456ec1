/* buffers.h - memory for tests of numeric code: of exact size, so that a sanitizer sees one float
 * too many, aligned as the kernels are promised, full of NaN where something is to be written. */
#ifndef BNN_TESTS_BUFFERS_H
#define BNN_TESTS_BUFFERS_H

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct buffers {
    void *blocks[128];
    size_t n;
    uint64_t state; /* of the random numbers */
} buffers;

static inline void *buffer_bytes(buffers *b, size_t bytes)
{
    void *block = NULL;
    ck_assert(b->n < sizeof b->blocks / sizeof *b->blocks);
    ck_assert_int_eq(posix_memalign(&block, 64, bytes), 0);
    b->blocks[b->n++] = block;
    return block;
}

static inline void buffers_free(buffers *b)
{
    while (b->n > 0)
        free(b->blocks[--b->n]);
}

/* SplitMix64 (Steele, Lea & Flood 2014). */
static inline uint64_t random_bits(buffers *b)
{
    uint64_t z = b->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* A number of low..high, both included. */
static inline uint32_t random_between(buffers *b, uint32_t low, uint32_t high)
{
    return low + (uint32_t)(random_bits(b) % (high - low + 1u));
}

/* Uniform in [-1, 1) in steps of 2^-23: the product of two is not exact. */
static inline float random_float(buffers *b)
{
    return (float)(random_bits(b) >> 40) * 0x1p-23f - 1.0f;
}

static inline float *random_floats(buffers *b, size_t n)
{
    float *x = (float *)buffer_bytes(b, n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = random_float(b);
    return x;
}

static inline float *empty_floats(buffers *b, size_t n)
{
    float *x = (float *)buffer_bytes(b, n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = NAN;
    return x;
}

static inline double *doubles_of(buffers *b, size_t n, const float *x)
{
    double *y = (double *)buffer_bytes(b, n * sizeof *y);
    for (size_t i = 0; i < n; i++)
        y[i] = x == NULL ? 0.0 : (double)x[i];
    return y;
}

/* The same bits, or both NaN. */
static inline bool same_float(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static inline void expect_same(const char *what, const char *table, const float *got,
                               const float *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!same_float(got[i], want[i]))
            ck_abort_msg("%s, %s: element %zu of %zu is %a, expected %a", what, table, i, n,
                         (double)got[i], (double)want[i]);
}

static inline void expect_near(const char *what, const char *table, const float *got,
                               const double *want, size_t n, double tolerance)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)got[i] - want[i]) <= tolerance * (1 + fabs(want[i]))))
            ck_abort_msg("%s, %s: element %zu of %zu is %.9g, expected %.9g", what, table, i, n,
                         (double)got[i], want[i]);
}

#endif
