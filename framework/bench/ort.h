/* ort.h - onnxruntime as a contender: a child process of node that runs ONNX models.
 *
 * onnxruntime has no C library in Debian; its package for node comes with one. The child measures
 * itself: what is timed is its own run() of a session, from JavaScript, on one thread. */
#ifndef BNN_BENCH_ORT_H
#define BNN_BENCH_ORT_H

#include "bench/lineup.h"
#include "bench/peer.h"

/* Starts node on the CPU of the lineup, and adds the model and its twin, run by it: the files that
 * `bnnrun export --format onnx` writes, whose weights are floats. They get the pixels as floats, which
 * costs them nothing. *out is to be stopped when they are measured. When node or its package
 * onnxruntime-node is not there, that is no failure: *out is untouched, and *missing says what, and
 * how to get it. */
int bench_ort_join(bench_lineup *lineup, bench_peer **out, const char **missing, bnn_error *err);

#endif
