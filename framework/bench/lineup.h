/* lineup.h - who takes part in a benchmark, and what was measured of each. */
#ifndef BNN_BENCH_LINEUP_H
#define BNN_BENCH_LINEUP_H

#include "bench/measure.h"
#include "bench/subject.h"

enum { BENCH_CONTENDERS_MAX = 24, BENCH_BATCHES_MAX = 16, BENCH_BATCH_MAX = 65536 };

/* What a contender took for an image at a batch. */
typedef struct bench_time {
    bnn_measure_summary summary;
    double cpu_share; /* CPU time of all samples over their wall time */
    double *stage_ns; /* [n_stages], medians of the rounds; NULL: not profiled */
} bench_time;

typedef struct bench_contender {
    const char *name;   /* as in benchmark_result */
    const char *engine; /* "avx512", "onnxruntime 1.30.0" */
    const bnn_model *model;
    const bench_executor *executor;
    void *state;                             /* of the executor */
    const struct bench_contender *reference; /* whose answers it has to give; NULL: its own */
    float *logits;                           /* [n_images][n_classes] of all images */
    uint32_t n_differing;                    /* images with another class than the reference's */
    bench_time times[BENCH_BATCHES_MAX];
} bench_contender;

typedef struct bench_lineup {
    const bench_subject *subject;
    bnn_arena *arena; /* of all that a contender has */
    uint32_t n_batches;
    uint32_t batches[BENCH_BATCHES_MAX];
    uint32_t n_rounds;
    size_t n;
    bench_contender contenders[BENCH_CONTENDERS_MAX];
} bench_lineup;

/* Adds our contenders: the model and its float form on each of the engines, and the twin on the
 * first of them. engines: names; NULL: the one for this machine. A model without binary layers is
 * its own float form. */
int bench_lineup_add_own(bench_lineup *lineup, const char *const *engines, size_t n_engines,
                         bnn_error *err);

/* Adds a contender that an executor runs, in whose state the network is. name: as in
 * benchmark_result; engine: copied. */
int bench_lineup_add(bench_lineup *lineup, const char *name, const char *engine,
                     const bnn_model *model, const bench_executor *executor, void *state,
                     bench_contender **out, bnn_error *err);

/* Runs all images through every contender and compares the answers: those of our engines have to
 * be the same bits for the same network, those of others the same classes but where the logits
 * of two classes nearly agree. BNN_E_FAILED says who differs and where. */
int bench_lineup_compare(bench_lineup *lineup, bnn_error *err);

/* The contender with this name and engine (NULL: any); NULL when there is none. */
const bench_contender *bench_lineup_find(const bench_lineup *lineup, const char *name,
                                         const char *engine);

#endif
