/* revive.h - a finished run, brought back from the database and the files beside it.
 *
 *     bnn_run_find(store, db, uid, arena, &run, err);       what is recorded; cheap
 *     bnn_run_check_file(run.model_path, run.model_sha256, err);
 *     bnn_run_revive(store, &run, &reader, &revived, err);   the network itself
 */
#ifndef BNN_RUNNER_REVIVE_H
#define BNN_RUNNER_REVIVE_H

#include "db/store.h"
#include "model/network.h"
#include "runner/experiment.h"

/* What the database says of a finished run. All texts are in the arena. */
typedef struct bnn_run_info {
    int64_t id;
    const char *uid; /* in full */
    const char *experiment;
    const char *label;
    int64_t seed;
    const char *config_hash;
    double test_accuracy;     /* a fraction */
    const char *spec_path;    /* of its newest spec, as the user named it */
    const char *dataset_name; /* the data it was evaluated on */
    const char *dataset_sha256;
    /* Files in FILE.artifacts/UID/. NULL with NULL: was not made (a network that cannot be
     * deployed, a database of an older version). */
    const char *model_path, *model_sha256;
    const char *weights_path, *weights_sha256;
} bnn_run_info;

/* Looks a run up. uid: in full. BNN_E_RESOURCE when it is not there, or not done. db: the path of
 * the database, which tells where the files are. */
int bnn_run_find(bnn_store *store, const char *db, const char *uid, bnn_arena *arena,
                 bnn_run_info *out, bnn_error *err);

/* Whether the file is still the one that was recorded. BNN_E_RESOURCE when it is gone or changed. */
int bnn_run_check_file(const char *path, const char *sha256, bnn_error *err);

/* A run's network as it was at the end of training: the weights of its best epoch, binarized. */
typedef struct bnn_revived {
    bnn_experiment experiment; /* read from the recorded spec */
    const bnn_config *config;  /* in it */
    bnn_network *network;      /* for batches of up to BNN_REVIVED_BATCH images */
} bnn_revived;

enum { BNN_REVIVED_BATCH = 64 };

/* Reads the recorded spec, loads its plugins, finds the config, and puts the kept weights into its
 * network. Everything lives in the reader's arena and registry; its diag is not used. Main thread: loads plugins. BNN_E_RESOURCE, with the reason,
 * when the spec no longer gives this config (a topology or a default has changed) or the weights
 * are gone or changed; BNN_E_FAILED when they are not finite, and so no result. */
int bnn_run_revive(bnn_store *store, const bnn_run_info *run, const bnn_reader *reader,
                   bnn_revived *out, bnn_error *err);

#endif
