/* exchange.h - what an experiment came to, as a folder of files that other programs read. */
#ifndef BNN_EXCHANGE_EXCHANGE_H
#define BNN_EXCHANGE_EXCHANGE_H

#include "base/arena.h"
#include "db/store.h"

typedef enum bnn_exchange_format {
    BNN_EXCHANGE_TENSORBOARD, /* event files, with hyperparameters */
    BNN_EXCHANGE_MLFLOW,      /* a file store, which is what MLflow imports, too */
    BNN_EXCHANGE_TRACKIO,     /* the database of a project */
    BNN_EXCHANGE_CSV,         /* tidy tables */
    BNN_EXCHANGE_FORMATS
} bnn_exchange_format;

/* "tensorboard", "mlflow" ... */
const char *bnn_exchange_name(bnn_exchange_format format);

typedef struct bnn_exchange_written {
    size_t n_runs, n_files;
    uint64_t n_bytes;
} bnn_exchange_written;

/* Writes the runs of the experiment that have begun (csv: all that there are) to a folder that is not there yet:
 * made beside its place, and renamed when all is in it. BNN_E_USAGE when something is there. */
int bnn_exchange_write(bnn_store *store, const char *experiment, bnn_exchange_format format,
                       const char *folder, bnn_exchange_written *out, bnn_error *err);

#endif
