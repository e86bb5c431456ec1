/* bench_ort.h - onnxruntime as a contender: a child process of node that runs ONNX models.
 *
 * onnxruntime has no C library in Debian; its package for node comes with one. The child measures
 * itself: what is timed is its own run() of a session, from JavaScript, on one thread. One thread
 * at a time may use the handle. */
#ifndef BNN_CLI_BENCH_ORT_H
#define BNN_CLI_BENCH_ORT_H

#include "bench/measure.h"

typedef struct bench_ort bench_ort;

/* Starts node, on this CPU only when it is not negative. When node or its package onnxruntime-node
 * is not there, *out is NULL and `missing` (of 200 bytes) says what, and how to get it; that is no
 * failure. */
int bench_ort_start(int cpu, bench_ort **out, char missing[200], bnn_error *err);

/* Ends the child. NULL is allowed. */
void bench_ort_stop(bench_ort *ort);

/* "onnxruntime 1.30.0"; lives as long as the handle. */
const char *bench_ort_engine(const bench_ort *ort);

/* The images that everything is run on, once, before the other functions. */
int bench_ort_set_images(bench_ort *ort, const uint8_t *images, size_t n, bnn_shape shape,
                         bnn_error *err);

/* Loads an ONNX file of n bytes with the input "image" (float32) and the output "logits"; *out_model
 * is its number. name is for messages. */
int bench_ort_load(bench_ort *ort, const char *name, const void *onnx, size_t n,
                   uint32_t *out_model, bnn_error *err);

/* logits[n_images][n_classes] of all images. */
int bench_ort_logits(bench_ort *ort, uint32_t model, uint32_t n_classes, float *logits,
                     bnn_error *err);

/* A contender: run: bench_ort_measure; context: this. batch is at most the number of images. */
typedef struct bench_ort_contender {
    bench_ort *ort;
    uint32_t model, batch;
} bench_ort_contender;
int bench_ort_measure(void *context, uint64_t n_calls, bnn_duration *out, bnn_error *err);

#endif
