/* rng.h - counter-based random streams: the number at (seed, role, counter) is a pure function.
 *
 * Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) from the
 * Random123 library. Streams are separated by role, and equal for every config, so that runs with
 * the same seed see the same initial weights and the same order of images: they are paired.
 * Stateless, hence thread-safe and resumable. */
#ifndef BNN_BASE_RNG_H
#define BNN_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef enum bnn_rng_role {
    BNN_RNG_INIT = 1,             /* initial weights */
    BNN_RNG_ORDER = 2,            /* order of the training images */
    BNN_RNG_DROPOUT = 3,          /* dropout masks */
    BNN_RNG_DATA = 4,             /* the synthetic data set */
    BNN_RNG_SPLIT = 5,            /* which images are held out for validation */
    BNN_RNG_SAMPLE = 6,           /* which images a limit leaves */
    BNN_RNG_AUGMENT = 7,          /* how training images are changed */
    BNN_RNG_MIXUP = 8,            /* in which shares images are mixed */
    BNN_RNG_START = 9,            /* what layers draw for their initial values, wires among them */
    BNN_RNG_STE_WEIGHTS = 10,     /* what STEs draw for weights, by tensor */
    BNN_RNG_STE_ACTIVATIONS = 11, /* ... and for activations, by block */
    /* which images and weights telemetry looks at */
    BNN_RNG_TELEMETRY = 20,
    BNN_RNG_FLIPS = 30,     /* signs of differences, where runs are compared */
    BNN_RNG_BOOTSTRAP = 31, /* seeds and images that a bootstrap draws */
    BNN_RNG_SWEEP = 40,     /* values of sweep.random */
} bnn_rng_role;

/* A stream: `index` separates the tensors, layers or epochs of one role. */
typedef struct bnn_rng {
    uint64_t seed;
    uint32_t role; /* bnn_rng_role */
    uint32_t index;
} bnn_rng;

/* The numbers at the positions 4 block to 4 block + 3, which cost no more than one of them. */
void bnn_rng_block(const bnn_rng *rng, uint64_t block, uint32_t out[4]);

/* 32 random bits at position `counter`. */
uint32_t bnn_rng_bits(const bnn_rng *rng, uint64_t counter);

/* out[0..n) = uniform floats in [0, 1) at counter, counter + 1, ...: 24 random bits over 2^24, exact. */
void bnn_rng_fill(const bnn_rng *rng, uint64_t counter, size_t n, float *out);

/* out[0..n) = random bytes: those of the numbers at counter, counter + 1, ..., low ones first. */
void bnn_rng_fill_bytes(const bnn_rng *rng, uint64_t counter, size_t n, uint8_t *out);

/* A random permutation of 0..n-1 (Fisher-Yates; bounded numbers by Lemire's method, so unbiased). */
void bnn_rng_permute(const bnn_rng *rng, uint32_t n, uint32_t *out);

#endif
