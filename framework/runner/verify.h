/* verify.h - whether what is recorded of a run still holds. What looking needs lies in the arena. */
#ifndef BNN_RUNNER_VERIFY_H
#define BNN_RUNNER_VERIFY_H

#include "runner/finish.h"
#include "runner/reload.h"
#include "runner/replay.h"

/* Builds the model file once more from the network and compares it with the one on the disk, whose
 * maker may be another version of bnnrun. *same: all bytes agree. BNN_E_FAILED, with the reason, when
 * the network cannot be deployed. */
int bnn_verify_rebuild(const bnn_stored_run *stored, const bnn_reloaded *reloaded, bnn_arena *arena,
                       bool *same, bnn_error *err);

/* Whether the network of a run that left no model file can be deployed: BNN_E_FAILED, with the layer
 * and the reason, when it cannot. */
int bnn_verify_undeployed(const bnn_stored_run *stored, const bnn_reloaded *reloaded,
                          bnn_arena *arena, bnn_error *err);

/* What test images are taken for, now and as recorded. */
typedef struct bnn_verified_classes {
    bnn_store_predictions now; /* in the arena and the data */
    bool right;                /* they come to the accuracy that is recorded */
    bool recorded;
    bnn_error damage;   /* of what is recorded; the message is "" when there is none */
    bool same_images;   /* these two: when they are recorded */
    size_t n_different; /* images, when they are the same ones */
} bnn_verified_classes;

/* Has the model file, or, of a run that left none, the network classify the test images. data: open, the
 * run's. */
int bnn_verify_classes(bnn_store *store, const bnn_stored_run *stored, const bnn_reloaded *reloaded,
                       const bnn_dataset *data, bnn_arena *arena, bnn_verified_classes *out,
                       bnn_error *err);

/* What training again came to. */
typedef struct bnn_retrained {
    bnn_replayed replayed;
    bool same_weights; /* their file is byte for byte the one that was recorded, if one was */
} bnn_retrained;

/* Trains the run again, in a temporary folder that is removed, and compares every metric and the
 * weights with what the database has. db: its path; teacher: the config of the run's teacher, or NULL;
 * data: open, the run's. Takes as long as the run did. */
int bnn_verify_retrain(bnn_store *store, const char *db, const bnn_stored_run *stored,
                       const bnn_reloaded *reloaded, const bnn_config *teacher,
                       const bnn_dataset *data, bnn_arena *arena, bnn_retrained *out,
                       bnn_error *err);

#endif
