/* engine.h - our engines as contenders. */
#ifndef BNN_BENCH_ENGINE_H
#define BNN_BENCH_ENGINE_H

#include "bench/measure.h"
#include "infer/engine/engine.h"

/* An engine on images in their order, again from the first when too few are left for a batch. */
typedef struct bnn_engine_contender {
    const bnn_engine *engine;
    const void *state;
    void *workspace; /* engine->workspace_bytes(state), 64-byte aligned */
    float *logits;   /* [n_batch][classes] */
    const uint8_t *images;
    size_t n_images, image_bytes; /* n_images >= n_batch */
    size_t n_batch;
    size_t next; /* the image at which the next call starts */
} bnn_engine_contender;
int bnn_measure_engine(void *context, uint64_t n_calls, bnn_duration *out, bnn_error *err);

/* How they run; state: a bnn_engine_contender. */
extern const bench_executor bench_engine_executor;

/* The time an image takes in batches of n_batch, n_rounds times: wall_ns[n_rounds] and
 * cpu_ns[n_rounds], rounded. About 10 ms to warm up, 3 ms a round. n_images may be any number from
 * 1; they are repeated to fill a batch. Fails only for want of memory. */
int bnn_measure_latency(const bnn_model *model, const bnn_engine *engine, const void *state,
                        const uint8_t *images, size_t n_images, size_t n_batch, uint32_t n_rounds,
                        uint64_t *wall_ns, uint64_t *cpu_ns, bnn_error *err);

#endif
