#include "train/options.h"

#include "base/text.h"

#include <math.h>

/* ---- the keys ---------------------------------------------------------------------------- */

#define OF_ONE_CYCLE "train.schedule=one_cycle"
#define OF_PLATEAU   "train.schedule=plateau"
#define HELD_OUT     "dataset.validation!=0"

static const bnn_key schedule_keys[] = {
    {BNN_KEY_CHOICE(bnn_schedule, kind, "name", BNN_SCHEDULE_CONSTANT,
                    "constant|step|cosine|linear|one_cycle|plateau",
                    "the learning rate over the epochs")},
    {.param = BNN_NUMBER(bnn_schedule, warmup, 0.0, 0.0, 100000.0, "epochs of linear warm-up"),
     .acts = "train.schedule!=one_cycle"},
    {.param = BNN_NUMBER(bnn_schedule, every, 10.0, 1e-3, 100000.0, "epochs between steps"),
     .acts = "train.schedule=step",
     .also = "step_size|period"},
    {.param = BNN_NUMBER(bnn_schedule, factor, 0.1, 1e-9, 1.0, "what each step multiplies with"),
     .acts = "train.schedule=step|" OF_PLATEAU,
     .also = "gamma|decay"},
    {.param = BNN_NUMBER(bnn_schedule, floor, 0.0, 0.0, 1.0,
                         "the factor at the end, or the smallest of a plateau"),
     .acts = "train.schedule=cosine|train.schedule=linear|" OF_PLATEAU,
     .also = "eta_min|min_lr"},
    {.param = BNN_NUMBER(bnn_schedule, rise, 0.3, 0.0, 1.0,
                         "share of the epochs in which the learning rate grows to lr"),
     .acts = OF_ONE_CYCLE,
     .also = "pct_start"},
    {.param = BNN_NUMBER(bnn_schedule, start_divisor, 25.0, 1.0, 1e9, "it begins at lr over this"),
     .acts = OF_ONE_CYCLE,
     .also = "div_factor"},
    {.param =
         BNN_NUMBER(bnn_schedule, end_divisor, 1e4, 1.0, 1e9, "it ends at its beginning over this"),
     .acts = OF_ONE_CYCLE,
     .also = "final_div_factor"},
    {.param = BNN_CHOICE(bnn_schedule, watched, BNN_WATCHED_LOSS, "loss|accuracy",
                         "of the validation images: what must become better"),
     .acts = OF_PLATEAU "&" HELD_OUT,
     .also = "monitor|metric"},
    {.param = BNN_INTEGER(bnn_schedule, patience, 10, 1, 100000,
                          "epochs without a better one after which it is multiplied with factor"),
     .acts = OF_PLATEAU "&" HELD_OUT},
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

/* Where the model has latent weights. */
#define LATENT "model.binarize.weights=true|model.quantize.weights"

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
    {.param = BNN_NUMBER(bnn_train_options, mixup, 0.0, 0.0, 4.0,
                         "mix each image with another, in shares of Beta(mixup, mixup); 0: none"),
     .flags = BNN_KEY_UNSET,
     .also = "mixup_alpha"},
    {BNN_KEY_PLUGIN(bnn_train_options, optimizer, "optimizer", BNN_KIND_OPTIMIZER,
                    "how weights follow their gradients"),
     .standard = "adam", .unfit = BNN_OPTIMIZER_BINARY_ONLY,
     .foreign = "nesterov={name: sgd, nesterov: true}|momentum=sgd|rms_prop=rmsprop",
     .also = "optim", .section = &optimizer_section},
    {BNN_KEY_PLUGIN(bnn_train_options, binary_optimizer, "binary_optimizer", BNN_KIND_OPTIMIZER,
                    "another one for the latent binary weights"),
     .computed = "train.optimizer", .section = &optimizer_section,
     .foreign = "bop2ndorder=bop2|bop_2nd_order=bop2|bold=boolean|b+ld=boolean|b_ld=boolean",
     .acts = LATENT},
    {.param =
         BNN_CHOICE(bnn_train_options, lr_scale, BNN_LR_SCALE_NONE, "none|glorot",
                    "of binary weights; glorot: the rate times sqrt((fan_in + fan_out) / 1.5), "
                    "as in BinaryNet"),
     .flags = BNN_KEY_UNSET,
     .acts = LATENT,
     .also = "w_lr_scale"},
    {BNN_KEY_SECTION(bnn_train_options, schedule, "schedule", &schedule_section,
                     "what the learning rate is multiplied with, epoch by epoch"),
     .standard = "constant", .also = "scheduler|lr_scheduler|lr_schedule|learning_rate_schedule"},
    {BNN_KEY_SECTION(bnn_train_options, augment, "augment", &bnn_augment_section,
                     "change training images at random, anew in each epoch"),
     .standard = "none", .words = "none", .also = "augmentation|augmentations|transforms"},
    {BNN_KEY_SECTION(bnn_train_options, distill, "distill", &distill_section,
                     "learning from the teacher (Hinton 2015)"),
     .also = "distillation|kd|knowledge_distillation"},
    {.param = BNN_NUMBER(bnn_train_options, clip_gradient, 0.0, 0.0, 1e9,
                         "the largest norm of all gradients together; 0: any"),
     .flags = BNN_KEY_UNSET,
     .also = "grad_clip|clip_grad|clip_grad_norm|max_grad_norm|clipnorm|global_clipnorm"},
    {.param = BNN_NUMBER(bnn_train_options, average, 0.0, 0.0, 0.999999,
                         "decay of a moving average of weights and statistics, which is the "
                         "result; 0: none is taken"),
     .flags = BNN_KEY_UNSET,
     .also = "ema|ema_decay|ema_momentum|moving_average|weight_averaging"},
    {.param = BNN_INTEGER(bnn_train_options, renew_statistics, 0, 0, 1000000,
                          "batches of training images, as they are, from which the running "
                          "statistics are made anew before each evaluation; 0: they stay"),
     .flags = BNN_KEY_UNSET,
     .also = "precise_bn|update_bn|bn_reestimation|recalibrate"},
    {.param =
         BNN_NUMBER(bnn_train_options, hysteresis, 0.0, 0.0, 1.0,
                    "how much further a latent weight moves when its sign has changed, so that "
                    "changing back takes more steps, and ever more as lr falls"),
     .flags = BNN_KEY_UNSET,
     .acts = LATENT},
    {.param =
         BNN_CHOICE(bnn_train_options, choose, BNN_CHOOSE_BEST, "best|last",
                    "the epoch that is kept: the one with the best validation accuracy, or the "
                    "last"),
     .flags = BNN_KEY_UNSET,
     .acts = HELD_OUT,
     .also = "save_best_only|restore_best_weights|load_best_model_at_end"},
    {.param = BNN_INTEGER(bnn_train_options, patience, 0, 0, 100000,
                          "epochs without a better validation accuracy that end a run; 0: none do"),
     .flags = BNN_KEY_UNSET,
     .acts = HELD_OUT,
     .also = "early_stopping|early_stop|stop_after"},
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
    if (bnn_use_is_unfit(bnn_key_in(&bnn_train_section, "optimizer"), &train->optimizer.use))
        bnn_diag_add(r->diag, named != NULL ? named->at : train->at,
                     "train.optimizer: %s updates binary weights only; write "
                     "train.binary_optimizer: %s, and another optimizer here",
                     general->head->name, general->head->name);
    if (train->schedule.kind != BNN_SCHEDULE_ONE_CYCLE &&
        train->schedule.warmup >= (double)train->epochs)
        bnn_diag_add(r->diag, warmup != NULL ? warmup->at : train->at,
                     "train.schedule.warmup: %g epoch%s of warm-up leave%s nothing of %d epoch%s",
                     train->schedule.warmup, train->schedule.warmup == 1 ? "" : "s",
                     train->schedule.warmup == 1 ? "s" : "", train->epochs,
                     bnn_plural((size_t)train->epochs));
}

const bnn_section bnn_train_section = {.keys = train_keys, .finish = train_finish};

int bnn_train_check_form(const bnn_train_options *train, const bnn_model_options *model,
                         bnn_diag *diag)
{
    const bnn_use *use = &train->binary_optimizer.use;
    if (use->plugin == NULL || (bnn_use_optimizer(use)->flags & BNN_OPTIMIZER_BINARY_ONLY) == 0)
        return BNN_OK;
    for (uint32_t i = 0; i < model->n_blocks; i++) {
        const bnn_use *form = bnn_model_block_form(model, i);
        if (form != NULL && form->plugin != NULL &&
            (bnn_use_form(form)->flags & BNN_FORM_SIGN) == 0)
            return bnn_diag_add(diag, train->at,
                                "train.binary_optimizer: %s flips signs of weights, and with form "
                                "%s it is not their sign that acts",
                                use->plugin->head->name, form->plugin->head->name);
    }
    return BNN_OK;
}

const bnn_optimizer_options *bnn_train_optimizer(const bnn_train_options *train, bool binary)
{
    return binary && train->binary_optimizer.use.plugin != NULL ? &train->binary_optimizer
                                                                : &train->optimizer;
}

bool bnn_train_may_end_early(const bnn_train_options *train, int32_t n_validation)
{
    return train->patience > 0 && n_validation > 0;
}

void bnn_train_check_validation(const bnn_train_options *train, int32_t n_validation,
                                bnn_diag *diag)
{
    if (n_validation == 0 && train->schedule.kind == BNN_SCHEDULE_PLATEAU)
        bnn_diag_add(diag, train->at,
                     "train.schedule: plateau looks at validation images, and dataset.validation: "
                     "0 holds out none");
}
