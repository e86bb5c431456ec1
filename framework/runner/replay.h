/* replay.h - a done run is trained once more, somewhere else, and compared with what is recorded. */
#ifndef BNN_RUNNER_REPLAY_H
#define BNN_RUNNER_REPLAY_H

#include "db/store_results.h"
#include "runner/predictions.h"
#include "runner/run.h"

/* What the new attempt reports. Zero but for the arena, which is its own while it runs, and for the room
 * for predictions, if they are wanted. */
typedef struct bnn_replay {
    bnn_arena *arena;
    bnn_metric_record *metrics; /* but for those of time */
    size_t n, capacity;
    bnn_file_record weights, model; /* the name is "" when there is none */
    bnn_predictions predictions;
    bool out_of_memory;
} bnn_replay;

/* What the comparison came to. */
typedef struct bnn_replayed {
    uint32_t n_metrics;   /* compared: of epochs and of the run, those of time left out */
    uint32_t n_different; /* of them */
    char first[200];      /* the first that differs, for people; "" when none does */
} bnn_replayed;

/* A bnn_run_listener's; context: a bnn_replay. */
void bnn_replay_record(void *context, const bnn_record *record);

/* Gives a run what it was trained with of others, as is recorded. */
void bnn_replay_take_links(bnn_run *run, const bnn_store_link *links, size_t n);

/* Compares every metric with what the database has of the run. */
int bnn_replay_compare(bnn_store *store, int64_t run, const bnn_replay *replay, bnn_replayed *out,
                       bnn_error *err);

/* Makes a temporary folder for the folders of runs; its path goes into out. */
int bnn_replay_make_folder(char out[BNN_RUN_FOLDER_MAX], bnn_error *err);

/* Removes the folder of a run from it. */
void bnn_replay_clear_folder(const char *folder, const char *uid);

#endif
