/* bench.h - what the parts of bnnbench share: the options, the report, and the peak. */
#ifndef BNN_BENCH_BENCH_H
#define BNN_BENCH_BENCH_H

#include "kernels/kernels.h"
#include "tests/bench/report.h"
#include "tests/bench/samples.h"

#include <stdbool.h>

/* The epoch that all figures speak of. */
enum { BENCH_EPOCH_IMAGES = 60000 };

typedef struct bench_options {
    bool quick;          /* few rounds, parts of epochs */
    uint32_t rounds;     /* of trainings; the median of them counts */
    uint32_t batches[2]; /* 64, and what --batch asks for besides */
    uint32_t n_batches;
    const char *only; /* the one section to run, or NULL */
    const char *json; /* where the report goes, or NULL */
} bench_options;

typedef struct bench {
    bench_options options;
    report *report;
    const bnn_kernels *kernels;
    samples peak; /* GFLOP/s of this section, so far */
} bench;

/* A section prints its tables. 0 or a negative status. */
typedef int bench_section(bench *b, bnn_error *err);
bench_section bench_machine, bench_kernels, bench_training, bench_growth, bench_torch;

/* Measures the peak, for shares of what is measured beside it. */
void bench_look_at_peak(bench *b);

/* A rate in GFLOP/s as percent of the median peak of this section. */
double bench_percent_of_peak(const bench *b, double gflops);

/* Writes the path of a file of the source tree (the folder that the environment's srcdir names, or
 * here) to out, which has PATH_MAX bytes. */
int bench_source_path(const char *name, char *out, bnn_error *err);

#endif
