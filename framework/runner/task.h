/* task.h - one attempt of a run as plain values: it can be executed here or sent to another
 * process. */
#ifndef BNN_RUNNER_TASK_H
#define BNN_RUNNER_TASK_H

#include "runner/experiment.h"
#include "train/trainer.h"

#include <limits.h>

/* What tasks refer to by index. Read-only while tasks run. */
typedef struct bnn_task_base {
    const bnn_experiment *experiment;
    const bnn_dataset *datasets; /* [experiment->n_datasets]; opened where a task needs it */
} bnn_task_base;

/* A path with room for the names of artifact.h. */
enum { BNN_FOLDER_MAX = PATH_MAX - 32 };

typedef struct bnn_task {
    uint32_t i_config;
    int32_t checkpoints; /* bnn_checkpoints */
    int64_t seed;
    double timeout_seconds; /* 0: none */
    char uid[BNN_SHA256_HEX];
    char folder[BNN_FOLDER_MAX]; /* for the files it leaves, see artifact.h */
} bnn_task;

/* How an attempt ended. */
typedef struct bnn_outcome {
    int32_t status;         /* of bnn_train_run; BNN_E_FAILED when its process died */
    int32_t signal;         /* that the process died by, or 0 */
    uint32_t resumed_epoch; /* full epochs that an earlier attempt had done */
    char message[1000];     /* why it is not BNN_OK; "" otherwise */
} bnn_outcome;

/* What a running attempt shares with those who look on. */
typedef struct bnn_task_link {
    const atomic_int *stop;
    bnn_train_progress *progress;
    void (*begin)(void *context, uint32_t resumed_epoch); /* before the first record */
    void (*record)(void *context, const bnn_record *record);
    void *context;
} bnn_task_link;

/* Executes in the calling thread. Anything but BNN_OK and BNN_E_INTERRUPTED is the run's failure. */
void bnn_task_execute(const bnn_task_base *base, const bnn_task *task, const bnn_task_link *link,
                      bnn_outcome *out);

#endif
