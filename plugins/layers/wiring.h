/* wiring.h - which inputs the pins of gates are wired to. */
#ifndef BNN_PLUGINS_WIRING_H
#define BNN_PLUGINS_WIRING_H

#include <bnn/plugin.h>

/* Random words of one stream, one behind the other. */
struct wiring_source {
    const bnn_start *start;
    uint32_t stream;
    uint64_t at;
    uint32_t words[64];
};

static inline uint32_t wiring_word(struct wiring_source *s)
{
    const uint32_t i = (uint32_t)(s->at % 64);
    if (i == 0)
        s->start->bits(s->start, s->stream, s->at, 64, s->words);
    s->at++;
    return s->words[i];
}

/* Unbiased in [0, n) (Lemire 2019). */
static inline uint32_t wiring_below(struct wiring_source *s, uint32_t n)
{
    const uint32_t threshold = -n % n;
    for (;;) {
        const uint64_t product = (uint64_t)wiring_word(s) * n;
        if ((uint32_t)product >= threshold)
            return (uint32_t)(product >> 32);
    }
}

/* A random order of 0..n-1 (Fisher & Yates), whole numbers as floats. */
static inline void wiring_permute(struct wiring_source *s, uint32_t n, float *order)
{
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t j = wiring_below(s, i + 1);
        order[i] = order[j];
        order[j] = (float)i;
    }
}

/* Whether one of the pins before pin i of its gate has the input already. */
static inline int wiring_meets(const float *wires, size_t i, uint32_t inputs, float input)
{
    for (size_t j = i - i % inputs; j < i; j++)
        if (wires[j] == input)
            return 1;
    return 0;
}

/* wires[gates][inputs]: the pins take one random order of the n features after the other, so that
 * each is read equally often, or once more. Where a gate would read one twice, its pin changes places
 * with the next of the order that will do. n >= inputs. order: n floats to work in. */
static inline void wiring_random(const bnn_start *start, uint32_t stream, uint32_t gates,
                                 uint32_t inputs, uint32_t n, float *order, float *wires)
{
    struct wiring_source source = {.start = start, .stream = stream};
    const size_t n_pins = (size_t)gates * inputs;
    for (size_t i = 0; i < n_pins; i++) {
        const uint32_t at = (uint32_t)(i % n);
        if (at == 0)
            wiring_permute(&source, n, order);
        uint32_t next = at;
        while (next + 1 < n && wiring_meets(wires, i, inputs, order[next]))
            next++;
        const float input = order[next];
        order[next] = order[at];
        order[at] = input;
        wires[i] = input;
    }
}

#endif
