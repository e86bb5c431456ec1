#include "train/options.h"

#include <math.h>

/* ---- the keys ---------------------------------------------------------------------------- */

static const bnn_key schedule_keys[] = {
    {BNN_KEY_CHOICE(bnn_schedule, kind, "name", BNN_SCHEDULE_CONSTANT, "constant|step|cosine",
                    "the learning rate over the epochs")},
    {.param = BNN_NUMBER(bnn_schedule, warmup, 0.0, 0.0, 100000.0, "epochs of linear warm-up")},
    {.param = BNN_NUMBER(bnn_schedule, every, 10.0, 1e-3, 100000.0, "epochs between steps"),
     .acts = "train.schedule=step",
     .also = "step_size|period"},
    {.param = BNN_NUMBER(bnn_schedule, factor, 0.1, 1e-9, 1.0, "what each step multiplies with"),
     .acts = "train.schedule=step",
     .also = "gamma|decay"},
    {.param = BNN_NUMBER(bnn_schedule, floor, 0.0, 0.0, 1.0, "the factor at the end"),
     .acts = "train.schedule=cosine",
     .also = "eta_min"},
    BNN_KEYS_END,
};

static const bnn_section schedule_section = {.keys = schedule_keys,
                                             .flags = BNN_SECTION_NAMED | BNN_SECTION_REFERENCE};

/* What all optimizers have. */
static const bnn_key optimizer_keys[] = {
    {.param = BNN_NUMBER(bnn_optimizer_options, lr, NAN, 0.0, 1e6, "the learning rate"),
     .also = "learning_rate|rate",
     .computed = "the optimizer's own"},
    BNN_KEYS_END,
};

static const bnn_section optimizer_section = {.keys = optimizer_keys};

static const bnn_key distill_keys[] = {
    {.param = BNN_NUMBER(bnn_distill_options, weight, 0.5, 1e-3, 1.0,
                         "of the teacher in the loss; the labels have the rest"),
     .acts = "teacher",
     .also = "alpha"},
    {.param = BNN_NUMBER(bnn_distill_options, temperature, 4.0, 0.1, 1000.0,
                         "what the logits of both are divided by"),
     .acts = "teacher",
     .also = "tau"},
    BNN_KEYS_END,
};

static const bnn_section distill_section = {.keys = distill_keys};

static const bnn_key train_keys[] = {
    {.param =
         BNN_INTEGER(bnn_train_options, epochs, 5, 1, 100000, "passes over the training images"),
     .also = "n_epochs|num_epochs|max_epochs|iterations"},
    {.param = BNN_INTEGER(bnn_train_options, batch, 64, 1, 8192, "images of one step"),
     .also = "batch_size|batchsize|minibatch"},
    {.param = BNN_CHOICE(bnn_train_options, loss, BNN_LOSS_CROSS_ENTROPY,
                         "cross_entropy|squared_hinge", "what is minimized"),
     .also = "criterion|loss_fn|loss_function|objective"},
    {.param = BNN_NUMBER(bnn_train_options, label_smoothing, 0.0, 0.0, 0.999,
                         "share of the targets that is spread over all classes"),
     .flags = BNN_KEY_UNSET,
     .also = "smoothing|smooth|label_smooth"},
    {BNN_KEY_PLUGIN(bnn_train_options, optimizer, "optimizer", BNN_KIND_OPTIMIZER,
                    "how weights follow their gradients"),
     .standard = "adam",
     .foreign = "adamw={name: adam, decoupled: true}|nesterov={name: sgd, nesterov: true}",
     .also = "optim", .section = &optimizer_section},
    {BNN_KEY_PLUGIN(bnn_train_options, binary_optimizer, "binary_optimizer", BNN_KIND_OPTIMIZER,
                    "another one for the latent binary weights"),
     .computed = "train.optimizer", .section = &optimizer_section,
     .acts = "model.binarize.weights=true"},
    {BNN_KEY_SECTION(bnn_train_options, schedule, "schedule", &schedule_section,
                     "what the learning rate is multiplied with, epoch by epoch"),
     .standard = "constant", .also = "scheduler|lr_scheduler|lr_schedule|learning_rate_schedule"},
    {BNN_KEY_SECTION(bnn_train_options, distill, "distill", &distill_section,
                     "learning from the teacher (Hinton 2015)"),
     .also = "distillation|kd"},
    BNN_KEYS_END,
};

/* ---- what rows cannot say ---------------------------------------------------------------- */

static void set_lr(bnn_optimizer_options *optimizer)
{
    if (isnan(optimizer->lr) && optimizer->use.plugin != NULL)
        optimizer->lr = bnn_use_optimizer(&optimizer->use)->default_lr;
}

static void train_finish(const bnn_reader *r, const bnn_node *node, void *out)
{
    bnn_train_options *train = out;
    const bnn_position_in_file nowhere = {.file = "spec"};
    const bnn_node *named = bnn_tree_get(node, "optimizer");
    const bnn_node *warmup = bnn_tree_find(node, "schedule.warmup");
    const bnn_plugin *general = train->optimizer.use.plugin;
    train->at = node != NULL ? node->at : nowhere;
    set_lr(&train->optimizer);
    set_lr(&train->binary_optimizer);
    if (general != NULL &&
        (bnn_use_optimizer(&train->optimizer.use)->flags & BNN_OPTIMIZER_BINARY_ONLY) != 0)
        bnn_diag_add(r->diag, named != NULL ? named->at : train->at,
                     "train.optimizer: %s updates binary weights only; write "
                     "train.binary_optimizer: %s, and another optimizer here",
                     general->head->name, general->head->name);
    if (train->schedule.warmup >= (double)train->epochs)
        bnn_diag_add(r->diag, warmup != NULL ? warmup->at : train->at,
                     "train.schedule.warmup: %g epochs of warm-up leave nothing of %d epochs",
                     train->schedule.warmup, train->epochs);
}

const bnn_section bnn_train_section = {.keys = train_keys, .finish = train_finish};

const bnn_optimizer_options *bnn_train_optimizer(const bnn_train_options *train, bool binary)
{
    return binary && train->binary_optimizer.use.plugin != NULL ? &train->binary_optimizer
                                                                : &train->optimizer;
}
