/* contender.h - how a network is run for a benchmark, whoever runs it: an engine of ours (engine.h),
 * or a program of others in a process of its own (ort.h). A further one is a file like these and a
 * call that adds it to the lineup. */
#ifndef BNN_BENCH_CONTENDER_H
#define BNN_BENCH_CONTENDER_H

#include "bench/measure.h"

#include <stdbool.h>

/* state: what the executor made for one network and the images that all contenders get. */
typedef struct bench_executor {
    /* Whether the logits have the bits of our engines. Others add in another order, so a sign behind
     * float sums may differ: their classes count, but for near ties. */
    bool is_exact;
    /* The logits [n_images][n_classes] of all images. */
    int (*answer)(void *state, float *logits, bnn_error *err);
    /* How many images a call of run takes from now on. */
    void (*set_batch)(void *state, uint32_t batch);
    /* As bnn_contender.run. */
    int (*run)(void *state, uint64_t n_calls, bnn_duration *out, bnn_error *err);
    /* Adds the nanoseconds of n_calls to stage_ns[n_stages]; NULL: cannot look inside. */
    void (*profile)(void *state, uint64_t n_calls, uint64_t *stage_ns);
} bench_executor;

#endif
