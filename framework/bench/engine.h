/* engine.h - our engines as contenders. */
#ifndef BNN_BENCH_ENGINE_H
#define BNN_BENCH_ENGINE_H

#include "bench/measure.h"
#include "infer/engine/engine.h"

/* An engine on images in their order, again from the first when too few are left for a batch. */
typedef struct bnn_engine_contender {
    void *state;
    void *workspace; /* 64-byte aligned */
    float *logits;   /* [n_batch][classes] */
    const uint8_t *images;
    size_t n_images, image_bytes; /* n_images: not fewer than a batch has */
    size_t next;                  /* the image at which the next call starts */
} bnn_engine_contender;

/* Makes the engine (NULL: the one for this machine) ready to run the model, in the arena; its
 * images and logits are the caller's to give. */
int bnn_engine_contender_open(const bnn_model *model, const bnn_engine *engine, bnn_arena *arena,
                              bnn_engine_contender *out, bnn_error *err);

/* As bnn_engine_arithmetic; state: a bnn_engine_contender. */
const char *bnn_engine_contender_arithmetic(const void *state, uint32_t stage);

/* How they run; state: a bnn_engine_contender. */
extern const bench_executor bench_engine_executor;

/* The time an image takes in batches of n_batch on the engine (NULL: the one for this machine):
 * samples[n_rounds]. seconds: what that may take about, a third of it to warm up; some calls are
 * made in any case. n_images may be any number from 1; they are repeated to fill a batch. */
int bnn_measure_latency(const bnn_model *model, const bnn_engine *engine, const uint8_t *images,
                        size_t n_images, uint32_t n_batch, uint32_t n_rounds, double seconds,
                        bnn_duration *samples, bnn_error *err);

#endif
