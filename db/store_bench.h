/* store_bench.h - benchmarks in the database: what `bnnrun bench` measured, of contenders that took
 * turns on one CPU. Times are nanoseconds for one image. The tables are documented in schema_2.sql;
 * the views are benchmark_summary and benchmark_stage. */
#ifndef BNN_DB_STORE_BENCH_H
#define BNN_DB_STORE_BENCH_H

#include "db/store.h"

/* A stage of a contender's model. */
typedef struct bnn_store_bench_layer {
    const char *name;
    bool integer_sums;
    double median_ns;
} bnn_store_bench_layer;

/* A contender at a batch. Contender, engine and batch are unique in a benchmark. */
typedef struct bnn_store_bench_result {
    const char
        *contender; /* "binary", "integer", "float", "twin", "onnxruntime", "onnxruntime_twin" */
    const char *engine; /* "avx512"; "onnxruntime 1.30.0" */
    uint32_t batch;
    double median_ns, low_ns, high_ns, min_ns, max_ns;
    double cpu_share;
    size_t n_layers; /* 0: not profiled */
    const bnn_store_bench_layer *layers;
} bnn_store_bench_result;

typedef struct bnn_store_bench {
    const char *run_uid;  /* or NULL: not a run of this database */
    const char *twin_uid; /* or NULL */
    int64_t environment;
    const char *model; /* the file's path */
    const char *model_sha256;
    const char *images; /* the data set's name, a path, "synthetic" */
    uint32_t n_images;
    uint32_t n_rounds;
    int64_t started_us;
    double seconds;
    int cpu;             /* negative: not pinned */
    double idle;         /* share of the CPU's time; negative: unknown */
    double load_average; /* negative: unknown */
    int64_t co_runners;  /* negative: unknown */
    size_t n_results;
    const bnn_store_bench_result *results;
} bnn_store_bench;

/* Adds a benchmark with all its results. BNN_E_USAGE when a run is named that is not there. */
int bnn_store_add_bench(bnn_store *store, const bnn_store_bench *bench, int64_t *out_benchmark,
                        bnn_error *err);

#endif
