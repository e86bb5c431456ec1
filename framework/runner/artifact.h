/* artifact.h - the files that a run leaves, in a folder of its own beside the database:
 * FILE.artifacts/UID/NAME. */
#ifndef BNN_RUNNER_ARTIFACT_H
#define BNN_RUNNER_ARTIFACT_H

#include "base/arena.h"

#define BNN_CHECKPOINT_FILE "checkpoint" /* only until the run is done */
#define BNN_MODEL_FILE      "model.bnn"
#define BNN_WEIGHTS_FILE    "weights.safetensors"

/* The folder of a run (file NULL), or a file in it, in the arena; NULL without memory. db: the path
 * of the database. */
const char *bnn_artifact_path(const char *db, const char *uid, const char *file, bnn_arena *arena);

#endif
