/* beside.h - models of different networks side by side: what each gets right, what it takes, in turns. */
#ifndef BNN_BENCH_BESIDE_H
#define BNN_BENCH_BESIDE_H

#include "bench/engine.h"
#include "bench/lineup.h"

enum { BENCH_BESIDE_MAX = 16 };

/* At a batch. times_first: how many times as fast as the first model, of each round by itself, since what else the
 * machine did in a round met both. */
typedef struct bench_beside_times {
    bnn_measure_summary ns;                                /* an image */
    double times_first, low_times_first, high_times_first; /* median, quartiles */
    double cpu_share;
} bench_beside_times;

typedef struct bench_beside {
    const bnn_model *model;
    size_t ram_bytes;        /* of the engine: its form of the model, and what it works in */
    const uint32_t *classes; /* [n_images] what each is taken for */
    /* Of the images with a label: right; right where the first is wrong; wrong where that is right. */
    uint32_t n_right, n_gained, n_lost;
    bench_beside_times times[BENCH_BATCHES_MAX];
} bench_beside;

/* Has n models, whose `model` is set, classify the images of the lineup, and times them on an engine at its batches, in
 * as many rounds as its record says. */
int bench_beside_measure(bench_lineup *lineup, const bnn_engine *engine, bench_beside *models,
                         size_t n, bnn_error *err);

#endif
