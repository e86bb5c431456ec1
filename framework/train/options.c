#include "train/options.h"

#include <stdio.h>
#include <string.h>

static const bnn_param train_table[] = {
    BNN_INTEGER(bnn_train_options, epochs, 5, 1, 100000, "passes over the training images"),
    BNN_INTEGER(bnn_train_options, batch, 64, 1, 8192, "images of one step"),
    BNN_CHOICE(bnn_train_options, loss, BNN_LOSS_CROSS_ENTROPY, "cross_entropy|squared_hinge",
               "what is minimized"),
    BNN_PARAMS_END,
};

static const bnn_param schedule_table[] = {
    BNN_CHOICE(bnn_schedule, kind, BNN_SCHEDULE_CONSTANT, "constant|step|cosine", ""),
    BNN_NUMBER(bnn_schedule, warmup, 0.0, 0.0, 100000.0, "epochs of linear warm-up"),
    BNN_NUMBER(bnn_schedule, every, 10.0, 1e-3, 100000.0, "step: epochs between steps"),
    BNN_NUMBER(bnn_schedule, factor, 0.1, 1e-9, 1.0, "step: what each step multiplies with"),
    BNN_NUMBER(bnn_schedule, floor, 0.0, 0.0, 1.0, "cosine: the factor at the end"),
    BNN_PARAMS_END,
};

/* The rows of the schedule that act for its kind, by table index. */
static bool row_acts(const bnn_schedule *s, size_t row)
{
    static const int32_t kind_of[] = {-1, -1, BNN_SCHEDULE_STEP, BNN_SCHEDULE_STEP,
                                      BNN_SCHEDULE_COSINE};
    return row > 0 && (kind_of[row] < 0 || kind_of[row] == s->kind);
}

static int parse_schedule(const bnn_node *node, bnn_schedule *out, bnn_settings *settings,
                          bnn_diag *diag)
{
    static const char *const also[] = {"name", NULL};
    static const char prefix[] = "train.schedule";
    const char *name = "constant";
    const bnn_node *params = NULL;
    int status = BNN_OK;
    if (node != NULL)
        status = bnn_schema_reference(node, prefix, &name, &params, diag);
    if (status != BNN_OK)
        return status;
    status = bnn_schema_fill(schedule_table + 1, params, prefix, prefix, also, out, NULL, diag);
    const bnn_node *kind = params != NULL ? bnn_tree_get(params, "name") : node;
    out->kind = BNN_SCHEDULE_CONSTANT;
    if (kind != NULL &&
        bnn_schema_choice(kind, prefix, schedule_table[0].choices, &out->kind, diag) != BNN_OK)
        return BNN_E_SPEC;
    if (bnn_settings_add_text(settings, "train", "schedule", name) != BNN_OK)
        return BNN_E_INTERNAL;
    for (size_t i = 0; schedule_table[i].name != NULL; i++) {
        double value;
        memcpy(&value, (const char *)out + schedule_table[i].offset, sizeof value);
        if (row_acts(out, i) && bnn_settings_add_number(settings, prefix, schedule_table[i].name,
                                                        BNN_TYPE_NUMBER, value) != BNN_OK)
            return BNN_E_INTERNAL;
    }
    return status;
}

/* An optimizer reference, with the learning rate that all optimizers have. */
static int parse_optimizer(const bnn_node *node, const char *prefix, bnn_registry *registry,
                           bnn_arena *arena, bnn_use *use, double *lr, bnn_settings *settings,
                           bnn_diag *diag)
{
    static const char *const also[] = {"lr", NULL};
    int status = bnn_registry_use(registry, BNN_KIND_OPTIMIZER, node, "adam", prefix, also, arena,
                                  use, settings, diag);
    if (status != BNN_OK)
        return status;
    *lr = bnn_use_optimizer(use)->default_lr;
    const bnn_node *given = bnn_tree_get(node, "lr");
    if (given != NULL) {
        char what[64];
        snprintf(what, sizeof what, "%s.lr", prefix);
        status = bnn_schema_number(given, what, 0.0, 1e6, lr, diag);
    }
    if (settings != NULL &&
        bnn_settings_add_number(settings, prefix, "lr", BNN_TYPE_NUMBER, *lr) != BNN_OK)
        return BNN_E_INTERNAL;
    return status;
}

static int parse_optimizers(const bnn_node *node, bool binary, bnn_registry *registry,
                            bnn_arena *arena, bnn_train_options *out, bnn_settings *settings,
                            bnn_diag *diag)
{
    const bnn_node *general = bnn_tree_get(node, "optimizer");
    const bnn_node *special = bnn_tree_get(node, "binary_optimizer");
    int status = parse_optimizer(general, "train.optimizer", registry, arena, &out->optimizer,
                                 &out->lr, settings, diag);
    if (status != BNN_OK)
        return status;
    if (bnn_use_optimizer(&out->optimizer)->flags & BNN_OPTIMIZER_BINARY_ONLY) {
        const char *name = out->optimizer.plugin->head->name;
        bnn_diag_add(diag, general->at,
                     "train.optimizer: %s updates binary weights only; write "
                     "train.binary_optimizer: %s, and another optimizer here",
                     name, name);
        status = BNN_E_SPEC;
    }
    out->binary_optimizer = out->optimizer;
    out->binary_lr = out->lr;
    if (special == NULL)
        return status;
    const int second =
        parse_optimizer(special, "train.binary_optimizer", registry, arena, &out->binary_optimizer,
                        &out->binary_lr, binary ? settings : NULL, diag);
    return second != BNN_OK ? second : status;
}

int bnn_train_options_parse(const bnn_node *node, bool binary, bnn_registry *registry,
                            bnn_arena *arena, bnn_train_options *out, bnn_settings *settings,
                            bnn_diag *diag)
{
    static const char *const also[] = {"optimizer", "binary_optimizer", "schedule", NULL};
    *out = (bnn_train_options){.at = {.file = "spec", .line = 0}};
    const bnn_position_in_file at = node != NULL ? node->at : out->at;
    const int general =
        bnn_schema_fill(train_table, node, "train", "train", also, out, settings, diag);
    out->at = at;
    if (node != NULL && node->kind != BNN_NODE_MAP)
        return general;
    const int optimizer = parse_optimizers(node, binary, registry, arena, out, settings, diag);
    const int schedule =
        parse_schedule(bnn_tree_get(node, "schedule"), &out->schedule, settings, diag);
    if (out->schedule.warmup >= (double)out->epochs) {
        bnn_diag_add(diag, at,
                     "train.schedule.warmup: %g epochs of warm-up leave nothing of %d "
                     "epochs",
                     out->schedule.warmup, out->epochs);
        return BNN_E_SPEC;
    }
    return general != BNN_OK ? general : optimizer != BNN_OK ? optimizer : schedule;
}
