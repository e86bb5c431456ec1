/* store_curves.h - what was measured of runs epoch by epoch, for figures. Beside store.h: the same handle, the
 * same threads, the same errors. Rows and their texts are in the arena. */
#ifndef BNN_DB_STORE_CURVES_H
#define BNN_DB_STORE_CURVES_H

#include "base/arena.h"
#include "db/store.h"

typedef struct bnn_store_curve {
    const char *layer;  /* "": of the whole run */
    const char *config; /* the first digits of its hash, as in the views */
    int64_t seed;
    const char *state; /* of run_summary */
    int64_t epoch;
    double value; /* NaN: not a number */
} bnn_store_curve;

/* A metric of epochs, of the runs of the points of the newest spec of an experiment: points in their order,
 * then by seed, then by epoch. */
int bnn_store_list_curves(bnn_store *store, const char *experiment, const char *metric,
                          bnn_arena *arena, const bnn_store_curve **out_rows, size_t *out_n,
                          bnn_error *err);

/* Likewise a quantity of layers (db/README.md, Telemetry): layers in the order of the network, then as above. */
int bnn_store_list_layer_curves(bnn_store *store, const char *experiment, const char *quantity,
                                bnn_arena *arena, const bnn_store_curve **out_rows, size_t *out_n,
                                bnn_error *err);

/* The names under which telemetry measured anything but histograms in these runs, sorted. */
int bnn_store_list_quantities(bnn_store *store, const char *experiment, bnn_arena *arena,
                              const char *const **out_names, size_t *out_n, bnn_error *err);

#endif
