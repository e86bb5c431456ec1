/* gate_functions.h - a gate of two inputs as a mixture of the sixteen functions that there are: a logit of each.
 *
 * Functions are numbered as by Petersen et al. 2022: the bits of the number, from the highest, are the values at inputs
 * (a, b) of 00, 01, 10, 11. Entry m of a table has a in bit 0 and b in bit 1. */
#ifndef BNN_PLUGINS_GATE_FUNCTIONS_H
#define BNN_PLUGINS_GATE_FUNCTIONS_H

#include <stddef.h>

enum { GATE_FUNCTIONS = 16, GATE_ENTRIES = 4, GATE_PASSES_FIRST = 3 };

/* Value of a function at an entry: -1 or +1. */
static inline float gate_function_value(size_t function, size_t entry)
{
    const size_t inputs = (entry & 1) << 1 | entry >> 1;
    return function >> (GATE_ENTRIES - 1 - inputs) & 1 ? 1.0f : -1.0f;
}

/* table[n][entries]: the means of the functions. */
static inline void gate_functions_tables(size_t n, const float *share, float *table)
{
    for (size_t gate = 0; gate < n; gate++, share += GATE_FUNCTIONS)
        for (size_t entry = 0; entry < GATE_ENTRIES; entry++) {
            float sum = 0.0f;
            for (size_t i = 0; i < GATE_FUNCTIONS; i++)
                sum += share[i] * gate_function_value(i, entry);
            *table++ = sum;
        }
}

/* The function with the largest logit, the first of equals. */
static inline size_t gate_functions_best(const float *logits)
{
    size_t best = 0;
    for (size_t i = 1; i < GATE_FUNCTIONS; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

/* glogits of the gradient of tables. */
static inline void gate_functions_backward(size_t n, const float *share, const float *gtable,
                                           float *glogits)
{
    for (size_t gate = 0; gate < n; gate++, gtable += GATE_ENTRIES) {
        float mean = 0.0f;
        for (size_t i = 0; i < GATE_FUNCTIONS; i++) {
            glogits[i] = 0.0f;
            for (size_t entry = 0; entry < GATE_ENTRIES; entry++)
                glogits[i] += gtable[entry] * gate_function_value(i, entry);
            mean += share[i] * glogits[i];
        }
        for (size_t i = 0; i < GATE_FUNCTIONS; i++)
            glogits[i] = share[i] * (glogits[i] - mean);
        share += GATE_FUNCTIONS;
        glogits += GATE_FUNCTIONS;
    }
}

#endif
