/* sweep_halving.c - the section `sweep.halving`: how the points are chosen among. What becomes of it is
 * runner/rungs.c. */
#include "spec/sweep_internal.h"

#include <string.h>

enum { HALVING_FROM_MAX = 1000000, HALVING_ETA_MAX = 1000 };

const char *const bnn_halving_amounts[] = {
    [BNN_HALVE_EPOCHS] = "train.epochs", [BNN_HALVE_SEEDS] = "seeds"};

static const char halving_metric[] = "validation_accuracy";

/* There is one metric to choose by; the key says it, and why no other. */
static void metric_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    (void)out;
    if (node == NULL || (bnn_tree_is_plain(node) && strcmp(node->text, halving_metric) == 0))
        return;
    if (node->kind == BNN_NODE_SCALAR && strstr(node->text, "test") != NULL)
        bnn_diag_add(r->diag, node->at,
                     "%s: chosen by the test images, the survivors would owe them a part of their "
                     "result, and nothing would be left to judge them by; halving chooses by %s",
                     r->path, halving_metric);
    else
        bnn_reader_expected(r, node, key->type->form, "; what is chosen learns well");
}

static const bnn_key_type metric_type = {"validation_accuracy", metric_read, NULL,
                                         "{\"const\": \"validation_accuracy\"}"};

static const bnn_key halving_keys[] = {
    {BNN_KEY_CHOICE(bnn_halving, over, "over", BNN_HALVE_EPOCHS, "epochs|seeds",
                    "what each rung gives more of: epochs, in runs of their own (the schedule of "
                    "the learning rate depends on their number), or seeds, of the same runs"),
     .also = "resource"},
    {.param = BNN_INTEGER(bnn_halving, from, 0, 1, HALVING_FROM_MAX,
                          "epochs or seeds at the first rung; the last has train.epochs, or all "
                          "seeds"),
     .flags = BNN_KEY_REQUIRED,
     .also = "min_resource|min_resources|grace_period"},
    {.param = BNN_INTEGER(bnn_halving, eta, 3, 2, HALVING_ETA_MAX,
                          "1 in so many goes on from each rung, and has so many times as much "
                          "at the next"),
     .also = "factor|reduction_factor"},
    {BNN_KEY_OF("metric", 0, &metric_type, "whose mean over seeds decides: no other"),
     .standard = halving_metric},
    BNN_KEYS_END,
};

static void halving_finish(const bnn_reader *r, const bnn_node *node, void *out)
{
    bnn_halving *halving = out;
    (void)r;
    halving->is_there = node != NULL;
    if (node != NULL)
        halving->at = node->at;
}

const bnn_section bnn_sweep_halving_section = {.keys = halving_keys, .finish = halving_finish};
