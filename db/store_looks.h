/* store_looks.h - looks at comparisons that go on until they are decided (schema_8.sql). Beside store.h: the
 * same handle, the same threads, the same errors. */
#ifndef BNN_DB_STORE_LOOKS_H
#define BNN_DB_STORE_LOOKS_H

#include "base/arena.h"
#include "db/store.h"

/* What a done run came to. */
typedef struct bnn_store_ended {
    const char *config_hash;
    int64_t seed;
    double value; /* of the metric; NaN: the run has none */
} bnn_store_ended;

/* Those of all done runs of the experiment, stale ones and those of earlier specs included. metric: a column of
 * run_summary, or the name of a metric. Rows are in the arena. */
int bnn_store_list_ended(bnn_store *store, const char *experiment, const char *metric,
                         bnn_arena *arena, const bnn_store_ended **out_rows, size_t *out_n,
                         bnn_error *err);

/* What a look said of a config. */
typedef struct bnn_store_look {
    uint32_t look; /* from 1 */
    size_t seeds, n, n_failed;
    double difference, low, high, p; /* NaN: there is none */
    double level;
    const char *verdict;
} bnn_store_look;

/* Keeps the looks at a config, those that were made, first to last: whatever else was kept of it goes. One
 * that is as it was keeps its time. */
int bnn_store_keep_looks(bnn_store *store, int64_t experiment, int64_t config, size_t n,
                         const bnn_store_look *looks, bnn_error *err);

/* Forgets the looks at configs that are not part of the newest spec; all: those of the others, too. */
int bnn_store_forget_looks(bnn_store *store, int64_t experiment, bool all, bnn_error *err);

#endif
