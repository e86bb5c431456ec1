/* learned_wires.h - pins that choose their inputs: each has some candidates and a score of each.
 *
 * In training a pin is the mean of its candidates, weighted by the softmax of the scores, or, hard, the one with the
 * largest score, which it is in inference. Rows are images: x[feature][lanes], pins[pin][lanes]. */
#ifndef BNN_PLUGINS_LEARNED_WIRES_H
#define BNN_PLUGINS_LEARNED_WIRES_H

#include <bnn/plugin.h>

struct learned_wires {
    size_t n, candidates; /* pins, and candidates of each */
    uint32_t features, lanes;
    const float *wires, *scores; /* [n][candidates] */
};

/* What a damaged file has instead of an input leads to the first one. */
static inline uint32_t learned_wires_input(const struct learned_wires *w, size_t i)
{
    const float wire = w->wires[i];
    return wire >= 0.0f && wire < (float)w->features ? (uint32_t)wire : 0;
}

/* The candidate with the largest score, the first of equals. */
static inline uint32_t learned_wires_best(const struct learned_wires *w, size_t pin)
{
    const float *score = w->scores + pin * w->candidates;
    size_t best = 0;
    for (size_t j = 1; j < w->candidates; j++)
        if (score[j] > score[best])
            best = j;
    return learned_wires_input(w, pin * w->candidates + best);
}

/* share[n][candidates]: softmax_shares of the scores. */
BNN_HOT static void learned_wires_mix(const struct learned_wires *w, const float *share,
                                      const float *x, float *pins)
{
    const size_t lanes = w->lanes;
    for (size_t pin = 0; pin < w->n; pin++) {
        float *restrict y = pins + pin * lanes;
        for (size_t j = 0; j < w->candidates; j++) {
            const float s = share[pin * w->candidates + j];
            const float *restrict from =
                x + learned_wires_input(w, pin * w->candidates + j) * lanes;
            if (j == 0)
                for (size_t lane = 0; lane < lanes; lane++)
                    y[lane] = s * from[lane];
            else
                for (size_t lane = 0; lane < lanes; lane++)
                    y[lane] += s * from[lane];
        }
    }
}

static inline void learned_wires_pick(const struct learned_wires *w, const float *x, float *pins)
{
    for (size_t pin = 0; pin < w->n; pin++) {
        const float *from = x + (size_t)learned_wires_best(w, pin) * w->lanes;
        for (size_t lane = 0; lane < w->lanes; lane++)
            pins[pin * w->lanes + lane] = from[lane];
    }
}

/* Adds to gx what comes through one pin. */
static inline void learned_wires_add(size_t lanes, float share, const float *restrict gpin,
                                     float *restrict gx)
{
    for (size_t lane = 0; lane < lanes; lane++)
        gx[lane] += share * gpin[lane];
}

/* The sum of products, in partial sums that do not depend on the machine. Written out, since a call of the kernels' dot
 * takes longer than so few products. */
static inline float learned_wires_dot(size_t lanes, const float *restrict a,
                                      const float *restrict b)
{
    float sum[BNN_LANES] = {0};
    for (size_t lane = 0; lane < lanes; lane += BNN_LANES)
        for (size_t i = 0; i < BNN_LANES; i++)
            sum[i] += a[lane + i] * b[lane + i];
    for (size_t half = BNN_LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            sum[i] += sum[i + half];
    return sum[0];
}

/* gscore, and gx (NULL: not wanted), which is overwritten; hard: through the one that is picked alone. */
BNN_HOT static void learned_wires_backward(const struct learned_wires *w, int hard,
                                           const float *share, const float *x, const float *gpins,
                                           float *gx, float *gscore)
{
    const size_t lanes = w->lanes;
    for (size_t i = 0; gx != NULL && i < w->features * lanes; i++)
        gx[i] = 0.0f;
    for (size_t pin = 0; pin < w->n; pin++) {
        const float *s = share + pin * w->candidates, *gpin = gpins + pin * lanes;
        float *g = gscore + pin * w->candidates, mean = 0.0f;
        for (size_t j = 0; j < w->candidates; j++) {
            const size_t input = learned_wires_input(w, pin * w->candidates + j);
            g[j] = learned_wires_dot(lanes, gpin, x + input * lanes);
            mean += s[j] * g[j];
            if (gx != NULL && !hard)
                learned_wires_add(lanes, s[j], gpin, gx + input * lanes);
        }
        for (size_t j = 0; j < w->candidates; j++)
            g[j] = s[j] * (g[j] - mean);
        if (gx != NULL && hard)
            learned_wires_add(lanes, 1.0f, gpin, gx + (size_t)learned_wires_best(w, pin) * lanes);
    }
}

#endif
