/* run.h - one attempt of a run, trained and finished in the calling thread. Where that happens is
 * runner/executor/; what becomes of the run is runner/pool.h. */
#ifndef BNN_RUNNER_RUN_H
#define BNN_RUNNER_RUN_H

#include "base/run.h"
#include "runner/experiment.h"
#include "train/trainer.h"

#include <limits.h>

/* What runs refer to. Read-only while they are executed. */
typedef struct bnn_run_base {
    const bnn_experiment *experiment;
    const bnn_dataset *datasets; /* [experiment->n_datasets]; opened where a run needs it */
    const char *folder;          /* in which each run has its own, named by its uid; shorter than
                                    BNN_RUN_FOLDER_MAX */
    const char *needs_folder;    /* likewise, of the runs that are needed */
    double call_seconds; /* that one call of a plugin may compute, where it can be killed; 0: as
                            BNN_RUN_CALL_SECONDS says */
} bnn_run_base;

/* So long no call takes: it is one batch of one layer. Waiting counts for a sixth of computing, and time in
 * which the machine or the host sleeps does not count. */
#define BNN_RUN_CALL_SECONDS 600.0

/* Leaves room for a uid and the name of a file. */
enum { BNN_RUN_FOLDER_MAX = PATH_MAX - 128 };

/* Who hears of an attempt. */
typedef struct bnn_run_listener {
    void (*record)(void *context, const bnn_record *record);
    void *context;
} bnn_run_listener;

/* How an attempt ended; plain values, that can come from another process. */
typedef struct bnn_outcome {
    int32_t status;     /* of bnn_train_run; BNN_E_FAILED when its process died */
    int32_t signal;     /* that the process died by, or 0 */
    int32_t reason;     /* errno, where that is why it failed; else 0 */
    char message[1000]; /* why it is not BNN_OK; "" otherwise */
} bnn_outcome;

/* Executes an attempt. Of the run only i_config, seed, uid and needs are looked at. stop (NULL: never): see
 * bnn_train_job; progress: or NULL. Any outcome but BNN_OK and BNN_E_INTERRUPTED is the run's
 * failure, unless its reason is a fault of the machine (base/fault.h). Thread-safe. */
void bnn_run_execute(const bnn_run_base *base, const bnn_run *run, const bnn_run_listener *listener,
                     const atomic_int *stop, bnn_train_progress *progress, bnn_outcome *out);

/* What training is given of a run, without files, clocks and listeners. config: of the experiment. */
bnn_train_job bnn_run_train_job(const bnn_experiment *experiment, const bnn_config *config,
                                int64_t seed, const bnn_dataset *data);

#endif
