/* store_begun.h - the runs of an experiment that have begun, with all that was measured of each, for other
 * programs. Beside store.h: the same handle, the same threads, the same errors. Rows and their texts are in the
 * arena; what is not known is as in store_results.h. */
#ifndef BNN_DB_STORE_BEGUN_H
#define BNN_DB_STORE_BEGUN_H

#include "base/arena.h"
#include "db/store.h"

typedef struct bnn_store_begun {
    const char *uid, *label;
    const char *config;  /* the first digits of its hash, as in the views */
    const char *differs; /* as in run_summary */
    int64_t seed;
    const char *state;            /* of run_summary */
    int64_t started_us, ended_us; /* of the first attempt, and of the last one */
    const char *tags, *note;
} bnn_store_begun;

/* Config by config in the order of the sweep, then by seed. */
int bnn_store_list_begun(bnn_store *store, const char *experiment, bnn_arena *arena,
                         const bnn_store_begun **out_rows, size_t *out_n, bnn_error *err);

/* A key of which configs of the experiment have other values, or one of them none; in the order of strcmp. */
typedef struct bnn_store_key {
    const char *key;
} bnn_store_key;

int bnn_store_list_varying(bnn_store *store, const char *experiment, bnn_arena *arena,
                           const bnn_store_key **out_rows, size_t *out_n, bnn_error *err);

/* A setting of a run's config. */
typedef struct bnn_store_set {
    const char *key;
    bool is_text;
    const char *text; /* then; else */
    double number;
} bnn_store_set;

/* Of a run, by key. */
int bnn_store_list_settings(bnn_store *store, const char *uid, bnn_arena *arena,
                            const bnn_store_set **out_rows, size_t *out_n, bnn_error *err);

/* A number that was measured of a run. */
typedef struct bnn_store_point {
    const char *name; /* "train_loss", "flips/conv2d_1", "final/test_accuracy" */
    int64_t step;     /* the epoch; of what is final, the last one */
    double value;     /* NaN, too */
    int64_t time_us;
} bnn_store_point;

/* Of a run, by step and name: what was measured after each epoch, of each layer (but histograms), and, under
 * "final/", of the run. */
int bnn_store_list_points(bnn_store *store, const char *uid, bnn_arena *arena,
                          const bnn_store_point **out_rows, size_t *out_n, bnn_error *err);

#endif
