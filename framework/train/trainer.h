/* trainer.h - one run: epochs over the training images, evaluation, checkpoints.
 *
 * Single-threaded and deterministic: the same options, data and seed give the same bits, whatever
 * runs beside it, on any instruction set, interrupted and resumed or not. */
#ifndef BNN_TRAIN_TRAINER_H
#define BNN_TRAIN_TRAINER_H

#include "base/record.h"
#include "data/dataset.h"
#include "model/network.h"
#include "train/options.h"

#include <stdatomic.h>

/* What other threads may look at while the run goes on. */
typedef struct bnn_train_progress {
    _Atomic float begun;      /* epochs that earlier attempts had done, with a part of one */
    atomic_uint epoch;        /* from 1; 0: not begun */
    atomic_uint step;         /* batches done in this epoch */
    atomic_uint n_steps;      /* batches in an epoch */
    _Atomic float validation; /* accuracy after the last full epoch; negative: none yet */
    bnn_call_note call;       /* the plugin that it is in */
} bnn_train_progress;

/* That of a run that has not begun. */
void bnn_train_reset_progress(bnn_train_progress *progress);

typedef struct bnn_train_job {
    const bnn_model_options *model;
    const bnn_train_options *train;
    const bnn_dataset *data;
    int32_t n_validation; /* images to choose the best epoch by; 0: the last one is the result */
    uint32_t telemetry;   /* of bnn_telemetry_topic: what is measured; changes no result */
    uint64_t seed;
    const char *start; /* the file of weights to start from, as far as the network has such tensors;
                             NULL: from the seed alone */
    const bnn_model_options *teacher; /* its network, on the same images; NULL: there is none */
    const char *teacher_weights;      /* their file; NULL: those of the seed, for an estimate */
    const char *identity; /* of config, plugins and data; a checkpoint of another is ignored */
    const char *checkpoint_path;  /* written atomically; NULL: no checkpoints */
    bool checkpoint_epochs;       /* also after every epoch, not only when stopped */
    double timeout_seconds;       /* of wall time in this attempt; 0: none */
    const atomic_int *stop;       /* nonzero: write a checkpoint and return BNN_E_INTERRUPTED */
    bnn_train_progress *progress; /* or NULL */
    const char *strangers; /* who may write where it should not, for messages: memory is fenced, and
                              looked at after each epoch; NULL: nobody */
    void (*record)(void *context, const bnn_record *record);
    /* Called once at the end of a run that went well, or NULL: the network with the weights of its
     * best epoch, binarized. A failure is the run's. */
    int (*trained)(void *context, bnn_network *network, double test_accuracy, bnn_error *err);
    void *context;
} bnn_train_job;

/* Trains and evaluates. Resumes from checkpoint_path when a checkpoint of this identity and seed is
 * there, that has what telemetry needs; the caller removes it once the results are safe. The records of the full epochs that it had
 * done are sent again (a crash may have lost them on their way). A damaged checkpoint, or one of
 * something else, is ignored: starting over gives the same bits. Returns 0; BNN_E_FAILED when the
 * loss, or at the end of an epoch a tensor, is not finite, a plugin changed the floating-point mode, or
 * the time is up; BNN_E_INTERRUPTED; or another error. Blocks; memory is one arena. */
int bnn_train_run(const bnn_train_job *job, bnn_error *err);

typedef enum bnn_checkpoint_found {
    BNN_CHECKPOINT_FITS = 0,
    BNN_CHECKPOINT_NONE = 1,
    BNN_CHECKPOINT_OTHER = 2,      /* of another identity or seed */
    BNN_CHECKPOINT_UNMEASURED = 3, /* without what telemetry needs */
    BNN_CHECKPOINT_DAMAGED = 4,    /* not what was written */
    BNN_CHECKPOINT_UNREADABLE = 5, /* whatever it is; it may well be whole */
} bnn_checkpoint_found;

/* Reads all of the file. telemetry: what is measured, or 0; *out_epochs, of one that fits: the full epochs
 * that it saves. */
bnn_checkpoint_found bnn_train_find_checkpoint(const char *path, const char *identity,
                                               uint64_t seed, uint32_t telemetry,
                                               uint32_t *out_epochs);

/* Seconds that parts of a run take. */
typedef struct bnn_train_costs {
    double step, image; /* one training step, one evaluated image */
    double epoch;       /* what telemetry measures at the end of each */
    double spent;       /* on finding this out, without what is made before the first step */
} bnn_train_costs;

/* What they are here, measured on a few batches; nothing is reported. For plans. */
int bnn_train_estimate(const bnn_train_job *job, bnn_train_costs *out, bnn_error *err);

#endif
