#include "base/rng.h"

#include <Random123/philox.h>

void bnn_rng_block(const bnn_rng *rng, uint64_t block, uint32_t out[4])
{
    const philox4x32_ctr_t counter = {
        {(uint32_t)block, (uint32_t)(block >> 32), rng->role, rng->index}};
    const philox4x32_key_t key = {{(uint32_t)rng->seed, (uint32_t)(rng->seed >> 32)}};
    const philox4x32_ctr_t bits = philox4x32(counter, key);
    for (int i = 0; i < 4; i++)
        out[i] = bits.v[i];
}

uint32_t bnn_rng_bits(const bnn_rng *rng, uint64_t counter)
{
    uint32_t bits[4];
    bnn_rng_block(rng, counter / 4, bits);
    return bits[counter % 4];
}

void bnn_rng_fill(const bnn_rng *rng, uint64_t counter, size_t n, float *out)
{
    uint32_t bits[4];
    for (size_t i = 0; i < n; i++, counter++) {
        if (i == 0 || counter % 4 == 0)
            bnn_rng_block(rng, counter / 4, bits);
        out[i] = (float)(bits[counter % 4] >> 8) * 0x1p-24f;
    }
}

void bnn_rng_fill_bytes(const bnn_rng *rng, uint64_t counter, size_t n, uint8_t *out)
{
    uint32_t bits[4];
    for (size_t i = 0; i < n; i += 4, counter++) {
        if (i == 0 || counter % 4 == 0)
            bnn_rng_block(rng, counter / 4, bits);
        for (size_t j = 0; j < 4 && i + j < n; j++)
            out[i + j] = (uint8_t)(bits[counter % 4] >> 8 * j);
    }
}

/* Lemire, "Fast random integer generation in an interval", 2019: unbiased in [0, n). */
static uint32_t rng_below(const bnn_rng *rng, uint64_t *counter, uint32_t n)
{
    const uint32_t threshold = -n % n;
    for (;;) {
        const uint64_t product = (uint64_t)bnn_rng_bits(rng, (*counter)++) * n;
        if ((uint32_t)product >= threshold)
            return (uint32_t)(product >> 32);
    }
}

void bnn_rng_permute(const bnn_rng *rng, uint32_t n, uint32_t *out)
{
    uint64_t counter = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t j = rng_below(rng, &counter, i + 1);
        if (j != i)
            out[i] = out[j];
        out[j] = i;
    }
}
