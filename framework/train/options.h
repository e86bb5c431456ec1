/* options.h - the `train` section of a spec; `bnnrun help train` explains its keys.
 * The learning rate over the epochs is in schedule.c. */
#ifndef BNN_TRAIN_OPTIONS_H
#define BNN_TRAIN_OPTIONS_H

#include "model/options.h"
#include "spec/effect.h"
#include "train/augment.h"

typedef enum bnn_loss {
    BNN_LOSS_CROSS_ENTROPY = 0,
    BNN_LOSS_SQUARED_HINGE = 1,
} bnn_loss;

typedef enum bnn_choose {
    BNN_CHOOSE_BEST = 0,
    BNN_CHOOSE_LAST = 1,
} bnn_choose;

typedef enum bnn_lr_scale {
    BNN_LR_SCALE_NONE = 0,
    BNN_LR_SCALE_GLOROT = 1,
} bnn_lr_scale;

typedef enum bnn_schedule_kind {
    BNN_SCHEDULE_CONSTANT = 0,
    BNN_SCHEDULE_STEP = 1,
    BNN_SCHEDULE_COSINE = 2,
    BNN_SCHEDULE_LINEAR = 3,
    BNN_SCHEDULE_ONE_CYCLE = 4,
    BNN_SCHEDULE_PLATEAU = 5,
} bnn_schedule_kind;

typedef enum bnn_watched {
    BNN_WATCHED_LOSS = 0,
    BNN_WATCHED_ACCURACY = 1,
} bnn_watched;

/* The learning rate over the run, as a factor of the optimizer's lr; see bnn_schedule_factor. */
typedef struct bnn_schedule {
    int32_t kind;         /* bnn_schedule_kind */
    double warmup;        /* epochs of linear warm-up; not of one_cycle */
    double every;         /* step: epochs between steps */
    double factor;        /* step, plateau: what each step multiplies with */
    double floor;         /* cosine, linear: where it ends; plateau: where it stays */
    double rise;          /* one_cycle: share of the epochs in which it grows */
    double start_divisor; /* one_cycle: it begins at 1 over this, */
    double end_divisor;   /* and ends at the beginning over this */
    int32_t watched;      /* plateau: bnn_watched */
    int32_t patience;     /* plateau: epochs without a better one before each step */
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
    double mixup;           /* alpha of the mixtures of images; 0: none are mixed */
    bnn_optimizer_options optimizer;
    bnn_optimizer_options binary_optimizer; /* without a plugin: optimizer does it all */
    int32_t lr_scale; /* bnn_lr_scale, of the learning rate of binary weights */
    bnn_schedule schedule;
    bnn_augment_options augment;
    bnn_distill_options distill;
    double clip_gradient;     /* the longest gradient; 0: any */
    double average;           /* decay of the moving average of all values; 0: none is taken */
    int32_t renew_statistics; /* batches for statistics made anew; 0: the running ones stay */
    double hysteresis; /* how far a latent weight that crossed zero moves on; 0: not at all */
    int32_t choose;    /* bnn_choose: which epoch's weights are kept */
    int32_t patience;  /* epochs without a better one that end the run; 0: none do */
    bnn_position_in_file at;
} bnn_train_options;

/* The section: a bnn_train_options. Without binary weights a binary optimizer does not act and is
 * not recorded. */
extern const bnn_section bnn_train_section;

enum { BNN_TRAIN_IDLE_MAX = 3 };

/* Which keys that are set in a train section (NULL: none are) change nothing in the run, though what
 * they act with is there: patience for more epochs than follow the
 * first, which counts as a better one; hysteresis of signs that do not act, or that an optimizer flips
 * by itself. Returns how many; idle.c. */
size_t bnn_train_find_idle(const bnn_train_options *train, const bnn_model_options *model,
                           const bnn_node *section, bnn_idle out[BNN_TRAIN_IDLE_MAX]);

/* Whether the optimizer of binary weights fits their form: one that flips signs needs weights of
 * which the sign acts. BNN_OK, or a message. */
int bnn_train_check_form(const bnn_train_options *train, const bnn_model_options *model,
                         bnn_diag *diag);

/* The optimizer of weights that are binary, or of all others. */
const bnn_optimizer_options *bnn_train_optimizer(const bnn_train_options *train, bool binary);

/* The factor on the learning rate at a time in epochs, of n_epochs: grows linearly to 1 over the
 * warm-up; then constant: 1; step: factor^k after k * every epochs; over the rest, from 1 down to
 * floor, cosine: half a period (Loshchilov & Hutter 2017), linear: a line. one_cycle: half a cosine
 * up from 1 / start_divisor to 1 over the first `rise` of the epochs, and half a cosine down to
 * 1 / (start_divisor * end_divisor) over the others (Smith & Topin 2018, arXiv 1708.07120, as
 * PyTorch has it, with time in fractions of steps; the momentum stays). plateau: 1, to be multiplied
 * with bnn_watch_plateau. Same bits on every machine. */
double bnn_schedule_factor(const bnn_schedule *schedule, double epoch, double n_epochs);

/* Whether a run may end before its last epoch, for want of a better one. */
bool bnn_train_may_end_early(const bnn_train_options *train, int32_t n_validation);

/* Whether what watches the validation images has some: a message of the place where the section
 * stands, or none. */
void bnn_train_check_validation(const bnn_train_options *train, int32_t n_validation,
                                bnn_diag *diag);

#endif
