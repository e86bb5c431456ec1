/* visit.h - the runs of an experiment, one after the other, as the formats see them. Private to exchange/. */
#ifndef BNN_EXCHANGE_VISIT_H
#define BNN_EXCHANGE_VISIT_H

#include "db/store_begun.h"
#include "exchange/exchange.h"
#include "exchange/folder.h"

/* All texts are UTF-8 without control characters; a note may have lines. */
typedef struct bnn_exchange_run {
    const bnn_store_begun *row;
    const char *
        group; /* its config, for readers: the label, where it is not enough with the digits of its hash */
    const bnn_store_set *settings;
    const bool *varies; /* each of settings: in the experiment */
    size_t n_settings;
    const bnn_store_point *points; /* by step */
    size_t n_points;
    bnn_arena *arena; /* until the next run */
} bnn_exchange_run;

/* Calls take for each run that has begun; a failure of it ends the visit. *out_n: of runs. */
int bnn_exchange_visit(bnn_store *store, const char *experiment,
                       int (*take)(void *context, const bnn_exchange_run *run, bnn_error *err),
                       void *context, size_t *out_n, bnn_error *err);

/* Each fills the folder. */
int bnn_exchange_write_tensorboard(bnn_store *store, const char *experiment, bnn_folder *folder,
                                   size_t *out_n, bnn_error *err);
int bnn_exchange_write_mlflow(bnn_store *store, const char *experiment, bnn_folder *folder,
                              size_t *out_n, bnn_error *err);
int bnn_exchange_write_trackio(bnn_store *store, const char *experiment, bnn_folder *folder,
                               size_t *out_n, bnn_error *err);
int bnn_exchange_write_csv(bnn_store *store, const char *experiment, bnn_folder *folder,
                           size_t *out_n, bnn_error *err);

#endif
