#include "model/options.h"

#include "base/text.h"
#include "model/topology.h"

#include <stdio.h>
#include <string.h>

static bool names_block(const bnn_model_options *model, uint32_t i)
{
    const bnn_binarize *b = &model->binarize;
    if ((i == 0 && !b->first) || (i == model->n_blocks - 1 && !b->last))
        return false;
    return strcmp(b->layers, "all") == 0 ||
           strcmp(b->layers, model->blocks[i].linear.plugin->head->name) == 0;
}

bool bnn_model_block_is_binary(const bnn_model_options *model, uint32_t i)
{
    return model->binarize.weights && names_block(model, i);
}

bool bnn_model_block_has_binary_inputs(const bnn_model_options *model, uint32_t i)
{
    return model->binarize.activations && i > 0 && names_block(model, i);
}

static bool any_block(const bnn_model_options *model,
                      bool (*test)(const bnn_model_options *, uint32_t))
{
    for (uint32_t i = 0; i < model->n_blocks; i++)
        if (test(model, i))
            return true;
    return false;
}

/* ---- binarize ---------------------------------------------------------------------------- */

static const bnn_param binarize_table[] = {
    BNN_SWITCH(bnn_binarize, weights, 1, "weights act as their sign"),
    BNN_SWITCH(bnn_binarize, activations, 1, "a sign stands before each binary layer"),
    BNN_SWITCH(bnn_binarize, first, 0, "binarize the first block, too"),
    BNN_SWITCH(bnn_binarize, last, 0, "binarize the last block, too"),
    BNN_CHOICE(bnn_binarize, padding, 0, "-1|+1", "what lies beyond the border of a binary layer"),
    BNN_NUMBER(bnn_binarize, clip, 1.0, 0.0, 1000.0,
               "latent weights stay in [-clip, clip]; 0: not clipped"),
    BNN_PARAMS_END,
};

static int parse_binarize(const bnn_reader *r, const bnn_node *node, bnn_binarize *out)
{
    static const char *const also[] = {"layers", NULL};
    *out = (bnn_binarize){.layers = "all"};
    if (node == NULL)
        return BNN_OK;
    if (node->kind == BNN_NODE_SCALAR) {
        if (strcmp(node->text, "none") == 0)
            return BNN_OK;
        return bnn_diag_add(r->diag, node->at,
                            "model.binarize: expected none or a map such as {weights: true, "
                            "activations: true}, got \"%s\"",
                            node->text);
    }
    const int begun = bnn_diag_begin(r->diag);
    bnn_schema_fill(binarize_table, node, "model.binarize", "model.binarize", also, out, NULL,
                    r->diag);
    out->layers = "all";
    const bnn_node *layers = bnn_tree_get(node, "layers");
    if (layers != NULL)
        bnn_schema_text(layers, "model.binarize.layers", &out->layers, r->diag);
    return bnn_diag_end(r->diag, begun);
}

/* `layers` must name a linear layer that the topology has. */
static int check_layers(const bnn_reader *r, const bnn_model_options *model,
                        const bnn_node *binarize)
{
    const char *wanted = model->binarize.layers;
    if (strcmp(wanted, "all") == 0)
        return BNN_OK;
    const char *names[BNN_BLOCKS_MAX + 1] = {"all"};
    for (uint32_t i = 0; i < model->n_blocks; i++) {
        names[i + 1] = model->blocks[i].linear.plugin->head->name;
        if (strcmp(names[i + 1], wanted) == 0)
            return BNN_OK;
    }
    char meant[BNN_DID_YOU_MEAN];
    return bnn_diag_add(r->diag, bnn_tree_get(binarize, "layers")->at,
                        "model.binarize.layers: no block of topology %s has the layer \"%s\"%s",
                        model->topology, wanted,
                        bnn_did_you_mean(wanted, names, model->n_blocks + 1, meant));
}

/* Records what acts: a float net has no clip, no padding value and no first or last. */
static int record_binarize(const bnn_reader *r, const bnn_model_options *model)
{
    const bnn_binarize *b = &model->binarize;
    bnn_settings *settings = r->settings;
    const char *prefix = "model.binarize";
    const bool weights = any_block(model, bnn_model_block_is_binary);
    const bool activations = any_block(model, bnn_model_block_has_binary_inputs);
    int status = bnn_settings_add_number(settings, prefix, "weights", BNN_TYPE_SWITCH, weights);
    status |=
        bnn_settings_add_number(settings, prefix, "activations", BNN_TYPE_SWITCH, activations);
    if (weights || activations) {
        status |= bnn_settings_add_number(settings, prefix, "first", BNN_TYPE_SWITCH, b->first);
        status |= bnn_settings_add_number(settings, prefix, "last", BNN_TYPE_SWITCH, b->last);
        status |= bnn_settings_add_text(settings, prefix, "layers", b->layers);
    }
    if (weights)
        status |= bnn_settings_add_number(settings, prefix, "clip", BNN_TYPE_NUMBER, b->clip);
    if (activations)
        status |= bnn_settings_add_text(settings, prefix, "padding", b->padding == 0 ? "-1" : "+1");
    return status == BNN_OK ? BNN_OK : bnn_diag_no_memory(r->diag);
}

/* ---- STEs -------------------------------------------------------------------------------- */

static int record_text(const bnn_reader *r, const char *name, const char *text)
{
    const int status = bnn_settings_add_text(r->settings, "model", name, text);
    return status == BNN_OK ? BNN_OK : bnn_diag_no_memory(r->diag);
}

static int use_ste(const bnn_reader *r, const char *prefix, const bnn_node *node, bool acts,
                   bnn_use *out)
{
    const bnn_reference reference = {
        .kind = BNN_KIND_STE, .prefix = prefix, .fallback = "clipped", .node = node};
    bnn_reader quiet = *r;
    quiet.settings = NULL;
    return bnn_use_resolve(acts ? r : &quiet, &reference, out);
}

static int parse_stes(const bnn_reader *r, const bnn_node *node, bnn_model_options *out)
{
    static const char *const known[] = {"weights", "activations", NULL};
    const bnn_node *weights = node, *activations = node;
    const int begun = bnn_diag_begin(r->diag);
    if (node != NULL && node->kind == BNN_NODE_MAP && bnn_tree_get(node, "name") == NULL) {
        bnn_schema_known_keys(node, "model.ste", known, r->diag);
        weights = bnn_tree_get(node, "weights");
        activations = bnn_tree_get(node, "activations");
    }
    const bool weights_act = any_block(out, bnn_model_block_is_binary);
    const bool activations_act = any_block(out, bnn_model_block_has_binary_inputs);
    const int first = use_ste(r, "model.ste.weights", weights, weights_act, &out->weight_ste);
    if (first == BNN_OK || weights != activations) /* the same mistake is said once */
        use_ste(r, "model.ste.activations", activations, activations_act, &out->activation_ste);
    const int status = bnn_diag_end(r->diag, begun);
    if (out->weight_ste.plugin == NULL || out->activation_ste.plugin == NULL)
        return status;
    /* One more row under the key that users write, to query by. */
    const char *w = out->weight_ste.plugin->head->name;
    const char *a = out->activation_ste.plugin->head->name;
    char both[192];
    if (weights_act && activations_act && strcmp(w, a) != 0)
        snprintf(both, sizeof both, "%s/%s", w, a);
    else
        snprintf(both, sizeof both, "%s", weights_act ? w : activations_act ? a : "none");
    return status != BNN_OK ? status : record_text(r, "ste", both);
}

/* ---- ordering, activation and norm ------------------------------------------------------- */

static bool is_word(const bnn_node *node, const char *word)
{
    return node != NULL && node->kind == BNN_NODE_SCALAR && strcmp(node->text, word) == 0;
}

static int parse_ordering(const bnn_reader *r, const bnn_node *node, bnn_model_options *out)
{
    const bnn_reference reference = {
        .kind = BNN_KIND_ORDERING, .prefix = "model.ordering", .fallback = "bn_act", .node = node};
    return bnn_use_resolve(r, &reference, &out->ordering);
}

static int parse_activation(const bnn_reader *r, const bnn_node *node, bnn_model_options *out)
{
    if (is_word(node, "none"))
        return record_text(r, "activation", "none");
    const bool automatic = node == NULL || is_word(node, "auto");
    const bnn_reference reference = {.kind = BNN_KIND_LAYER,
                                     .prefix = "model.activation",
                                     .fallback = "relu",
                                     .node = automatic ? NULL : node};
    bnn_reader quiet = *r;
    quiet.settings = NULL;
    out->activation_auto = automatic && any_block(out, bnn_model_block_has_binary_inputs);
    if (out->activation_auto) /* without a sign anywhere, auto is just relu */
        record_text(r, "activation", "auto");
    return bnn_layer_use(out->activation_auto ? &quiet : r, &reference, BNN_ROLE_ACTIVATION,
                         &out->activation);
}

static int parse_norm(const bnn_reader *r, const bnn_node *node, bnn_model_options *out)
{
    const bnn_reference reference = {
        .kind = BNN_KIND_LAYER, .prefix = "model.norm", .fallback = "batchnorm", .node = node};
    if (is_word(node, "none"))
        return record_text(r, "norm", "none");
    return bnn_layer_use(r, &reference, BNN_ROLE_NORM, &out->norm);
}

/* ------------------------------------------------------------------------------------------ */

int bnn_model_options_parse(const bnn_reader *r, const bnn_node *node, bnn_model_options *out)
{
    static const char *const known[] = {"topology",   "binarize", "ste", "ordering",
                                        "activation", "norm",     NULL};
    static const bnn_node default_topology = {.kind = BNN_NODE_SCALAR, .text = "lenet5"};
    *out = (bnn_model_options){.at = {.file = "spec", .line = 0}};
    if (node != NULL)
        out->at = node->at;
    const int begun = bnn_diag_begin(r->diag);
    if (bnn_schema_known_keys(node, "model", known, r->diag) != BNN_OK &&
        node->kind != BNN_NODE_MAP)
        return bnn_diag_end(r->diag, begun);

    const bnn_node *topology = bnn_tree_get(node, "topology");
    const bnn_node *binarize = bnn_tree_get(node, "binarize");
    bnn_node fallback = default_topology;
    fallback.at = out->at;
    const int parsed = bnn_topology_parse(r, topology != NULL ? topology : &fallback, out);
    if (parse_binarize(r, binarize, &out->binarize) == BNN_OK && parsed == BNN_OK) {
        check_layers(r, out, binarize);
        record_text(r, "topology", out->topology);
    } else /* the rest is still checked, as for a net without binary blocks */
        out->n_blocks = 0;
    record_binarize(r, out);
    parse_stes(r, bnn_tree_get(node, "ste"), out);
    parse_ordering(r, bnn_tree_get(node, "ordering"), out);
    parse_activation(r, bnn_tree_get(node, "activation"), out);
    parse_norm(r, bnn_tree_get(node, "norm"), out);
    return bnn_diag_end(r->diag, begun);
}
