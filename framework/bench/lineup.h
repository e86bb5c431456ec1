/* lineup.h - a benchmark: what is timed, who takes part, and what was measured of each. */
#ifndef BNN_BENCH_LINEUP_H
#define BNN_BENCH_LINEUP_H

#include "bench/measure.h"
#include "db/store_bench.h"
#include "infer/engine/engine.h"

enum { BENCH_CONTENDERS_MAX = 24, BENCH_BATCHES_MAX = 16, BENCH_BATCH_MAX = 65536 };

typedef struct bench_contender {
    const char *name;   /* as in benchmark_result */
    const char *engine; /* "avx512", "onnxruntime 1.30.0" */
    const bnn_model *model;
    const bench_executor *executor;
    void *state;                             /* of the executor */
    const struct bench_contender *reference; /* whose answers it has to give; NULL: its own */
    float *logits;                           /* [n_images][n_classes] of all images */
    uint32_t n_differing;                    /* images with another class than the reference's */
    bnn_store_bench_result *times;           /* [n_batches], in the record; NULL: not measured yet.
                                                Layers: all stages, or none */
} bench_contender;

typedef struct bench_lineup {
    bnn_arena *arena; /* of the caller; has what the pointers point to */
    /* What the database keeps: the file, the images and the machine, and when it was measured the
     * results, n_batches of each contender. Without a run_uid it is not of a run. */
    bnn_store_bench record;
    const bnn_model *model;
    const bnn_model *twin; /* its full-precision twin, for images of the same shape; NULL: none */
    const char *run_text, *twin_text; /* "quick, clipped, seed 1" */
    const uint8_t *images;            /* [n_images][c][h][w] */
    uint32_t n_batches;
    uint32_t batches[BENCH_BATCHES_MAX];
    size_t n;
    bench_contender contenders[BENCH_CONTENDERS_MAX];
} bench_lineup;

bool bench_has_binary_weights(const bnn_model *model);

/* Adds our contenders: the model and its float form on each of the engines, and the twin on the
 * first of them. A model without binary layers is its own float form. */
int bench_lineup_add_own(bench_lineup *lineup, const bnn_engine *const *engines, size_t n_engines,
                         bnn_error *err);

/* Adds a contender that an executor runs, in whose state the network is. name: as in
 * benchmark_result; engine: copied. *out_logits: room for those of all images; may be NULL. */
int bench_lineup_add(bench_lineup *lineup, const char *name, const char *engine,
                     const bnn_model *model, const bench_executor *executor, void *state,
                     float **out_logits, bnn_error *err);

/* Runs all images through every contender and compares the answers: those of our engines have to
 * be the same bits for the same network, those of others the same classes but where the logits
 * of two classes nearly agree. BNN_E_FAILED says who differs and where. */
int bench_lineup_compare(bench_lineup *lineup, bnn_error *err);

/* The contender with this name and engine (NULL: any); NULL when there is none. */
const bench_contender *bench_lineup_find(const bench_lineup *lineup, const char *name,
                                         const char *engine);

#endif
