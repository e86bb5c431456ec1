/* selftest.h - whether this machine computes what others do: a small network is trained, folded and run with one
 * instruction set, and what that comes to has the bits of every other. */
#ifndef BNN_RUNNER_SELFTEST_H
#define BNN_RUNNER_SELFTEST_H

#include "base/error.h"
#include "base/sha256.h"

#include <stdbool.h>

typedef struct bnn_selftest {
    bool has;                    /* the instruction set can run here */
    bool ended;                  /* the test did; else the message says why not */
    bool engine_agrees;          /* the model's logits have training's bits */
    char sha256[BNN_SHA256_HEX]; /* of weights, logits and losses, once it has ended */
    char message[200];
} bnn_selftest;

/* Tests the instruction set of that name (simd/cpu.h) in a child process, since one that the machine does
 * not really have ends it; some 30 ms. plugin_path: of bnn_registry_create. The caller is the only thread of
 * its process. A negative status when nothing could be tried. */
int bnn_selftest_run(const char *cpu, const char *plugin_path, bnn_selftest *out, bnn_error *err);

#endif
