/* session.h - the memory of one run, planned once: network, optimizer slots, order of the images,
 * the best weights so far, and what happened in each epoch. Private to train/. */
#ifndef BNN_TRAIN_SESSION_H
#define BNN_TRAIN_SESSION_H

#include "base/clock.h"
#include "model/network.h"
#include "train/trainer.h"

/* What an epoch leaves behind; kept in checkpoints. */
typedef struct bnn_epoch {
    double train_loss, train_accuracy;
    double validation_loss, validation_accuracy;
    double learning_rate, seconds;
    uint64_t wall_ns, cpu_ns; /* of the training part */
} bnn_epoch;

/* Where a run stands: everything besides the tensors that a checkpoint must hold. */
typedef struct bnn_position_in_run {
    uint32_t epoch; /* full epochs done */
    uint32_t step;  /* batches done in the current one */
    double loss;    /* summed over the images of this epoch so far */
    uint64_t n_correct;
    uint64_t wall_ns, cpu_ns; /* spent in this epoch by earlier attempts */
    uint32_t best_epoch;      /* from 1; 0: none yet */
    double best_accuracy;
} bnn_position_in_run;

typedef struct bnn_telemetry bnn_telemetry; /* see train/telemetry/ */
typedef struct bnn_teacher bnn_teacher;     /* teacher.h */

typedef struct bnn_session {
    const bnn_train_job *job;
    bnn_arena *arena;
    bnn_network *net;
    bnn_augmenter *augmenter; /* of training images; NULL: they stay as they are */
    bnn_teacher *teacher;     /* NULL: there is none */
    uint32_t n_train, n_validation, n_steps;
    uint32_t *train;                /* [n_train] images to learn from */
    uint32_t *validation;           /* [n_validation] images held out */
    uint32_t *test;                 /* [test.n] 0, 1, 2, ... */
    uint32_t *order;                /* the current epoch's order of `train` */
    int32_t *labels;                /* [lanes] */
    float *scratch;                 /* [2][lanes] for losses */
    float mixed;                    /* the share of its own image in each of the batch's */
    float *targets;                 /* [n_classes][lanes]; NULL: the labels are all there is */
    float *(*slots)[BNN_SLOTS_MAX]; /* [n_parameters] */
    float **best;                   /* [n_parameters] values of the best epoch */
    float **averages;               /* [n_parameters]; NULL: none are wanted */
    bnn_epoch *epochs;              /* [epochs] */
    double plateau;                 /* bnn_watch_plateau of this epoch */
    bnn_position_in_run at;
    bnn_telemetry *telemetry; /* NULL: nothing is measured */
} bnn_session;

/* Plans everything for a job; the arena owns it. 0 or a negative status. */
int bnn_session_create(const bnn_train_job *job, bnn_arena *arena, bnn_session **out,
                       bnn_error *err);

/* Puts n images and their labels into the network's input. index: which ones. */
void bnn_session_load(bnn_session *session, const bnn_images *images, const uint32_t *index,
                      uint32_t n);

/* The same with n training images, augmented for this epoch. */
void bnn_session_load_batch(bnn_session *session, const uint32_t *index, uint32_t n);

/* Mean loss and accuracy in inference mode over the n images of an index. */
void bnn_session_evaluate(bnn_session *session, const bnn_images *images, const uint32_t *index,
                          uint32_t n, double *loss, double *accuracy);

/* One optimizer step over all parameters, then clipping and signs, and the averages. lr_factor: the
 * schedule's. */
void bnn_session_update(bnn_session *session, double lr_factor);

/* Whether all that an epoch hands on is finite: tensors, running statistics, the gradients of its
 * last step, the optimizers' slots. A sign, a clip or a normalization hides from every loss what is
 * not. BNN_E_FAILED, with the tensor and the epoch. */
int bnn_session_check_finite(const bnn_session *session, bnn_error *err);

/* Copies all values into or out of the snapshot of the best epoch. */
void bnn_session_keep_best(bnn_session *session);
void bnn_session_restore_best(bnn_session *session);

/* ---- checkpoint.c ---- */

/* Writes job->checkpoint_path; creates its directory. */
int bnn_checkpoint_save(const bnn_session *session, bnn_error *err);

/* Restores the session when the file is a whole checkpoint of this identity, seed and shape. False
 * (and the session unchanged) when there is none, or it is damaged, or of something else. */
bool bnn_checkpoint_load(bnn_session *session);

#endif
