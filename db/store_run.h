/* store_run.h - what is recorded of runs, as rows with types. Beside store.h: the same handle, the
 * same threads, the same errors.
 *
 * A `take` function receives one row; its texts are valid until it returns. A negative status (with
 * *err set) ends the reading with it. It must not use the store. */
#ifndef BNN_DB_STORE_RUN_H
#define BNN_DB_STORE_RUN_H

#include "base/run.h"
#include "db/store.h"

/* Every run of an experiment. Of `run`, seed, id, uid, state and n_attempts are set, result.error
 * (of the last attempt), and epochs_done, to the epochs whose validation is recorded. */
typedef int bnn_store_take_run(void *context, const char *config_hash, const bnn_run *run,
                               bnn_error *err);
int bnn_store_read_runs(bnn_store *store, const char *experiment, bnn_store_take_run *take,
                        void *context, bnn_error *err);

/* The plugins that the done runs of an experiment were last executed with: kind, name, sha256. */
typedef int bnn_store_take_plugin(void *context, const char *config_hash, int64_t seed,
                                  const bnn_store_plugin *plugin, bnn_error *err);
int bnn_store_read_plugins(bnn_store *store, const char *experiment, bnn_store_take_plugin *take,
                           void *context, bnn_error *err);

/* What whole runs of a config took on average, in any experiment. */
typedef int bnn_store_take_seconds(void *context, const char *config_hash, double seconds,
                                   bnn_error *err);
int bnn_store_read_seconds(bnn_store *store, bnn_store_take_seconds *take, void *context,
                           bnn_error *err);

/* A done run with what it takes to bring it back. All texts are in the arena. */
typedef struct bnn_stored_run {
    bnn_run run;
    const char *experiment;
    const char *label;
    const char *config_hash;
    const char *spec_path;    /* of its newest spec, as the user named it */
    const char *dataset_name; /* the data it was evaluated on */
    const char *dataset_sha256;
    const char *dataset_source; /* where it came from; NULL for data that are drawn */
    /* Beside the database. NULL with NULL: was not made (a network that cannot be deployed, a
     * database of an older version). */
    const char *model_path, *model_sha256;
    const char *weights_path, *weights_sha256;
} bnn_stored_run;

/* Looks a run up. uid: in full. BNN_E_RESOURCE when it is not there, or not done. */
int bnn_store_find_run(bnn_store *store, const char *uid, bnn_arena *arena, bnn_stored_run *out,
                       bnn_error *err);

/* The texts under which the experiment of a run was executed, the newest first. What is no text, in
 * a database from elsewhere, is left out. */
typedef int bnn_store_take_revision(void *context, const char *path, const char *text,
                                    bnn_error *err);
int bnn_store_read_revisions(bnn_store *store, int64_t run, bnn_store_take_revision *take,
                             void *context, bnn_error *err);

/* The metrics of a run, by epoch and name. */
typedef int bnn_store_take_metric(void *context, const bnn_metric_record *metric, bnn_error *err);
int bnn_store_read_metrics(bnn_store *store, int64_t run, bnn_store_take_metric *take,
                           void *context, bnn_error *err);

#endif
