/* ort.h - onnxruntime as a contender: a child process of node that runs ONNX models.
 *
 * onnxruntime has no C library in Debian; its package for node comes with one. The child measures
 * itself: what is timed is its own run() of a session, from JavaScript, on one thread. */
#ifndef BNN_BENCH_ORT_H
#define BNN_BENCH_ORT_H

#include "bench/lineup.h"

typedef struct bench_ort bench_ort;

/* Starts node, on this CPU only when it is not negative. When node or its package onnxruntime-node
 * is not there, that is no failure: *out is untouched, and *missing says what, and how to get it. */
int bench_ort_start(int cpu, bench_ort **out, const char **missing, bnn_error *err);

/* Ends the child. NULL is allowed. */
void bench_ort_stop(bench_ort *ort);

/* Adds the model and its twin to the lineup, run by ort, which must stay until they are
 * measured: the files that `bnnrun export --format onnx` writes, whose weights are floats. They get
 * the pixels as floats, which costs them nothing. */
int bench_ort_join(bench_ort *ort, bench_lineup *lineup, bnn_error *err);

#endif
