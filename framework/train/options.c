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

static int parse_schedule(const bnn_reader *r, const bnn_node *node, bnn_schedule *out)
{
    static const char *const also[] = {"name", NULL};
    static const char prefix[] = "train.schedule";
    const char *name = "constant";
    const bnn_node *params = NULL;
    if (node != NULL && bnn_schema_reference(node, prefix, &name, &params, r->diag) != BNN_OK)
        return BNN_E_SPEC;
    bnn_schema_fill(schedule_table + 1, params, prefix, prefix, also, out, NULL, r->diag);
    const bnn_node *kind = params != NULL ? bnn_tree_get(params, "name") : node;
    out->kind = BNN_SCHEDULE_CONSTANT;
    if (kind != NULL &&
        bnn_schema_choice(kind, prefix, schedule_table[0].choices, &out->kind, r->diag) != BNN_OK)
        return BNN_E_SPEC;
    int status = bnn_settings_add_text(r->settings, "train", "schedule", name);
    for (size_t i = 0; status == BNN_OK && schedule_table[i].name != NULL; i++) {
        double value;
        memcpy(&value, (const char *)out + schedule_table[i].offset, sizeof value);
        if (row_acts(out, i))
            status = bnn_settings_add_number(r->settings, prefix, schedule_table[i].name,
                                             BNN_TYPE_NUMBER, value);
    }
    return status == BNN_OK ? BNN_OK : bnn_diag_no_memory(r->diag);
}

/* An optimizer reference, with the learning rate that all optimizers have. */
static int parse_optimizer(const bnn_reader *r, const char *prefix, const bnn_node *node,
                           bnn_use *use, double *lr)
{
    static const char *const also[] = {"lr", NULL};
    const bnn_reference reference = {.kind = BNN_KIND_OPTIMIZER,
                                     .prefix = prefix,
                                     .fallback = "adam",
                                     .also = also,
                                     .node = node};
    int status = bnn_use_resolve(r, &reference, use);
    if (status != BNN_OK)
        return status;
    *lr = bnn_use_optimizer(use)->default_lr;
    const bnn_node *given = bnn_tree_get(node, "lr");
    if (given != NULL) {
        char what[64];
        snprintf(what, sizeof what, "%s.lr", prefix);
        status = bnn_schema_number(given, what, 0.0, 1e6, lr, r->diag);
    }
    if (r->settings != NULL &&
        bnn_settings_add_number(r->settings, prefix, "lr", BNN_TYPE_NUMBER, *lr) != BNN_OK)
        return bnn_diag_no_memory(r->diag);
    return status;
}

static void parse_optimizers(const bnn_reader *r, const bnn_node *node, bool binary,
                             bnn_train_options *out)
{
    const bnn_node *general = bnn_tree_get(node, "optimizer");
    const bnn_node *special = bnn_tree_get(node, "binary_optimizer");
    bnn_reader quiet = *r;
    quiet.settings = NULL;
    if (parse_optimizer(r, "train.optimizer", general, &out->optimizer, &out->lr) != BNN_OK)
        return;
    if (bnn_use_optimizer(&out->optimizer)->flags & BNN_OPTIMIZER_BINARY_ONLY) {
        const char *name = out->optimizer.plugin->head->name;
        bnn_diag_add(r->diag, general->at,
                     "train.optimizer: %s updates binary weights only; write "
                     "train.binary_optimizer: %s, and another optimizer here",
                     name, name);
    }
    out->binary_optimizer = out->optimizer;
    out->binary_lr = out->lr;
    if (special != NULL)
        parse_optimizer(binary ? r : &quiet, "train.binary_optimizer", special,
                        &out->binary_optimizer, &out->binary_lr);
}

int bnn_train_options_parse(const bnn_reader *r, const bnn_node *node, bool binary,
                            bnn_train_options *out)
{
    static const char *const also[] = {"optimizer", "binary_optimizer", "schedule", NULL};
    *out = (bnn_train_options){.at = {.file = "spec", .line = 0}};
    const bnn_position_in_file at = node != NULL ? node->at : out->at;
    const int begun = bnn_diag_begin(r->diag);
    bnn_schema_fill(train_table, node, "train", "train", also, out, r->settings, r->diag);
    out->at = at;
    if (node == NULL || node->kind == BNN_NODE_MAP) {
        parse_optimizers(r, node, binary, out);
        parse_schedule(r, bnn_tree_get(node, "schedule"), &out->schedule);
        if (out->schedule.warmup >= (double)out->epochs)
            bnn_diag_add(r->diag, at,
                         "train.schedule.warmup: %g epochs of warm-up leave nothing of %d "
                         "epochs",
                         out->schedule.warmup, out->epochs);
    }
    return bnn_diag_end(r->diag, begun);
}
