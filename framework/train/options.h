/* options.h - the `train` section of a spec; `bnnrun help train` explains its keys.
 * The learning rate over the epochs is in schedule.c. */
#ifndef BNN_TRAIN_OPTIONS_H
#define BNN_TRAIN_OPTIONS_H

#include "plugin/use.h"

typedef enum bnn_loss {
    BNN_LOSS_CROSS_ENTROPY = 0,
    BNN_LOSS_SQUARED_HINGE = 1,
} bnn_loss;

typedef enum bnn_schedule_kind {
    BNN_SCHEDULE_CONSTANT = 0,
    BNN_SCHEDULE_STEP = 1,
    BNN_SCHEDULE_COSINE = 2,
} bnn_schedule_kind;

/* The learning rate over the run, as a factor of the optimizer's lr; see bnn_schedule_factor. */
typedef struct bnn_schedule {
    int32_t kind;  /* bnn_schedule_kind */
    double warmup; /* epochs of linear warm-up */
    double every;  /* step: epochs between steps */
    double factor; /* step: what each step multiplies with */
    double floor;  /* cosine: where it ends */
} bnn_schedule;

typedef struct bnn_optimizer_options {
    bnn_use use;
    double lr;
} bnn_optimizer_options;

/* Learning from a teacher: (1 - weight) * loss + weight * temperature^2 * KL(teacher || network), of
 * the softmax of logits over the temperature (Hinton 2015, arXiv 1503.02531). */
typedef struct bnn_distill_options {
    double weight;
    double temperature;
} bnn_distill_options;

typedef struct bnn_train_options {
    int32_t epochs;
    int32_t batch;
    int32_t loss;           /* bnn_loss */
    double label_smoothing; /* share of the targets that all classes have alike */
    bnn_optimizer_options optimizer;
    bnn_optimizer_options binary_optimizer; /* without a plugin: optimizer does it all */
    bnn_schedule schedule;
    bnn_distill_options distill;
    bnn_position_in_file at;
} bnn_train_options;

/* The section: a bnn_train_options. Without binary weights a binary optimizer does not act and is
 * not recorded. */
extern const bnn_section bnn_train_section;

/* The optimizer of weights that are binary, or of all others. */
const bnn_optimizer_options *bnn_train_optimizer(const bnn_train_options *train, bool binary);

/* The factor on the learning rate at a time in epochs, of n_epochs: grows linearly to 1 over the
 * warm-up; then constant: 1; step: factor^k after k * every epochs; cosine: half a period from 1
 * down to floor (Loshchilov & Hutter 2017) over the rest. Same bits on every machine. */
double bnn_schedule_factor(const bnn_schedule *schedule, double epoch, double n_epochs);

#endif
