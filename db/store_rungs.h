/* store_rungs.h - how contenders stand at the rungs of successive halving (schema_9.sql). Beside store.h: the same
 * handle, the same threads, the same errors. */
#ifndef BNN_DB_STORE_RUNGS_H
#define BNN_DB_STORE_RUNGS_H

#include "db/store.h"

/* Where a contender stood at a rung. */
typedef struct bnn_store_standing {
    int64_t config;  /* of the contender */
    int64_t trained; /* whose runs counted: that, or one of fewer epochs */
    uint32_t rung;   /* from 1 */
    uint32_t epochs;
    size_t n, n_failed; /* seeds */
    double mean;        /* of validation_accuracy; NaN: all runs failed */
    size_t place;       /* from 1 */
    size_t n_in, n_kept;
    double cut; /* the mean of the last that was kept; NaN likewise */
    bool kept;
} bnn_store_standing;

/* Forgets all rungs of an experiment. */
int bnn_store_forget_rungs(bnn_store *store, int64_t experiment, bnn_error *err);

/* Keeps one of a contender; it must not be there. */
int bnn_store_keep_standing(bnn_store *store, int64_t experiment, const bnn_store_standing *row,
                            bnn_error *err);

#endif
