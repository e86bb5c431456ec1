/* bench_lineup.h - who takes part in a benchmark, and what was measured of each. */
#ifndef BNN_CLI_BENCH_LINEUP_H
#define BNN_CLI_BENCH_LINEUP_H

#include "cli/bench_ort.h"
#include "cli/bench_subject.h"

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
    bool is_ort;
    bnn_engine_contender own;
    bench_ort_contender ort;
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

/* Adds the model and its twin in onnxruntime, which runs until they are measured: the files that `bnnrun export --format onnx` writes,
 * whose weights are floats. They get the pixels as floats, which costs them nothing. */
int bench_lineup_add_ort(bench_lineup *lineup, bench_ort *ort, bnn_error *err);

/* Runs all images through every contender and compares the answers: those of our engines have to
 * be the same bits for the same network, those of onnxruntime the same classes but where the logits
 * of two classes nearly agree. BNN_E_FAILED says who differs and where. */
int bench_lineup_compare(bench_lineup *lineup, bnn_error *err);

/* Times all contenders at every batch; and the stages of our own. looked is called between
 * batches. */
int bench_lineup_measure(bench_lineup *lineup, void (*looked)(void *context), void *context,
                         bnn_error *err);

/* The contender with this name and engine (NULL: any); NULL when there is none. */
const bench_contender *bench_lineup_find(const bench_lineup *lineup, const char *name,
                                         const char *engine);

/* The contender that runs the float form of a binary one on the same engine; NULL when c is not
 * binary. */
const bench_contender *bench_lineup_float_form(const bench_lineup *lineup,
                                               const bench_contender *c);

/* Whom all are compared with; the column that says how many times as fast they are, and its short
 * heading. */
enum { BENCH_OTHERS = 4 };
extern const struct bench_other {
    const char *name, *column, *heading;
} bench_others[BENCH_OTHERS];

/* How often the time of c at batch i goes into that of the contender of this name (for "float", the
 * one with the engine of c); NAN when there is none. */
double bench_lineup_times(const bench_lineup *lineup, const bench_contender *c, uint32_t i,
                          const char *name);

/* Amdahl's law at batch i: how many times as fast as the float form a model could be whose stages
 * with integer sums took no time at all. INFINITY when it has no others. */
double bench_lineup_ceiling(const bench_contender *binary, const bench_contender *floats,
                            uint32_t i);

#endif
