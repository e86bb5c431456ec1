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

static int parse_binarize(const bnn_node *node, bnn_binarize *out, bnn_diag *diag)
{
    static const char *const also[] = {"layers", NULL};
    *out = (bnn_binarize){.layers = "all"};
    if (node == NULL)
        return BNN_OK;
    if (node->kind == BNN_NODE_SCALAR) {
        if (strcmp(node->text, "none") == 0)
            return BNN_OK;
        bnn_diag_add(diag, node->at,
                     "model.binarize: expected none or a map such as {weights: true, "
                     "activations: true}, got \"%s\"",
                     node->text);
        return BNN_E_SPEC;
    }
    int status = bnn_schema_fill(binarize_table, node, "model.binarize", "model.binarize", also,
                                 out, NULL, diag);
    out->layers = "all";
    const bnn_node *layers = bnn_tree_get(node, "layers");
    if (layers != NULL &&
        bnn_schema_text(layers, "model.binarize.layers", &out->layers, diag) != BNN_OK)
        status = BNN_E_SPEC;
    return status;
}

/* `layers` must name a linear layer that the topology has. */
static int check_layers(const bnn_model_options *model, const bnn_node *binarize, bnn_diag *diag)
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
    const char *near = bnn_suggest(wanted, names, model->n_blocks + 1);
    bnn_diag_add(diag, bnn_tree_get(binarize, "layers")->at,
                 "model.binarize.layers: no block of topology %s has the layer \"%s\"%s%s%s",
                 model->topology, wanted, near != NULL ? "; did you mean \"" : "",
                 near != NULL ? near : "", near != NULL ? "\"?" : "");
    return BNN_E_SPEC;
}

/* Records what acts: a float net has no clip, no padding value and no first or last. */
static int record_binarize(const bnn_model_options *model, bnn_settings *settings)
{
    const bnn_binarize *b = &model->binarize;
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
    return status == BNN_OK ? BNN_OK : BNN_E_INTERNAL;
}

/* ---- STEs -------------------------------------------------------------------------------- */

static int parse_stes(const bnn_node *node, bnn_registry *registry, bnn_arena *arena,
                      bnn_model_options *out, bnn_settings *settings, bnn_diag *diag)
{
    static const char *const known[] = {"weights", "activations", NULL};
    const bnn_node *weights = node, *activations = node;
    int status = BNN_OK;
    if (node != NULL && node->kind == BNN_NODE_MAP && bnn_tree_get(node, "name") == NULL) {
        status = bnn_schema_known_keys(node, "model.ste", known, diag);
        weights = bnn_tree_get(node, "weights");
        activations = bnn_tree_get(node, "activations");
    }
    const bool weights_act = any_block(out, bnn_model_block_is_binary);
    const bool activations_act = any_block(out, bnn_model_block_has_binary_inputs);
    const int first =
        bnn_registry_use(registry, BNN_KIND_STE, weights, "clipped", "model.ste.weights", NULL,
                         arena, &out->weight_ste, weights_act ? settings : NULL, diag);
    if (first != BNN_OK && weights == activations) /* the same mistake is said once */
        return first;
    const int second = bnn_registry_use(registry, BNN_KIND_STE, activations, "clipped",
                                        "model.ste.activations", NULL, arena, &out->activation_ste,
                                        activations_act ? settings : NULL, diag);
    if (first != BNN_OK || second != BNN_OK)
        return first != BNN_OK ? first : second;
    /* One more row under the key that users write, to query by. */
    const char *w = out->weight_ste.plugin->head->name;
    const char *a = out->activation_ste.plugin->head->name;
    char both[192];
    if (weights_act && activations_act && strcmp(w, a) != 0)
        snprintf(both, sizeof both, "%s/%s", w, a);
    else
        snprintf(both, sizeof both, "%s", weights_act ? w : activations_act ? a : "none");
    if (bnn_settings_add_text(settings, "model", "ste", both) != BNN_OK)
        return BNN_E_INTERNAL;
    return status;
}

/* ---- activation and norm ----------------------------------------------------------------- */

static bool is_word(const bnn_node *node, const char *word)
{
    return node != NULL && node->kind == BNN_NODE_SCALAR && strcmp(node->text, word) == 0;
}

static int parse_activation(const bnn_node *node, bnn_registry *registry, bnn_arena *arena,
                            bnn_model_options *out, bnn_settings *settings, bnn_diag *diag)
{
    if (is_word(node, "none"))
        return bnn_settings_add_text(settings, "model", "activation", "none");
    const bool automatic = node == NULL || is_word(node, "auto");
    out->activation_auto = automatic && any_block(out, bnn_model_block_has_binary_inputs);
    if (out->activation_auto) /* without a sign anywhere, auto is just relu */
        if (bnn_settings_add_text(settings, "model", "activation", "auto") != BNN_OK)
            return BNN_E_INTERNAL;
    return bnn_layer_use(registry, automatic ? NULL : node, "relu", BNN_ROLE_ACTIVATION,
                         "model.activation", arena, &out->activation,
                         out->activation_auto ? NULL : settings, diag, out->at);
}

static int parse_norm(const bnn_node *node, bnn_registry *registry, bnn_arena *arena,
                      bnn_model_options *out, bnn_settings *settings, bnn_diag *diag)
{
    if (is_word(node, "none"))
        return bnn_settings_add_text(settings, "model", "norm", "none");
    return bnn_layer_use(registry, node, "batchnorm", BNN_ROLE_NORM, "model.norm", arena,
                         &out->norm, settings, diag, out->at);
}

/* ------------------------------------------------------------------------------------------ */

int bnn_model_options_parse(const bnn_node *node, bnn_registry *registry, const char *topology_path,
                            bnn_arena *arena, bnn_model_options *out, bnn_settings *settings,
                            bnn_diag *diag)
{
    static const char *const known[] = {"topology",   "binarize", "ste", "ordering",
                                        "activation", "norm",     NULL};
    static const bnn_node default_topology = {.kind = BNN_NODE_SCALAR, .text = "lenet5"};
    *out = (bnn_model_options){.at = {.file = "spec", .line = 0}};
    if (node != NULL)
        out->at = node->at;
    int status = bnn_schema_known_keys(node, "model", known, diag);
    if (node != NULL && node->kind != BNN_NODE_MAP)
        return status;

    const bnn_node *topology = bnn_tree_get(node, "topology");
    const bnn_node *binarize = bnn_tree_get(node, "binarize");
    bnn_node fallback = default_topology;
    fallback.at = out->at;
    const int parsed = bnn_topology_parse(topology != NULL ? topology : &fallback, registry,
                                          topology_path, arena, out, settings, diag);
    const int binary = parse_binarize(binarize, &out->binarize, diag);
    const bool known_blocks = parsed == BNN_OK && binary == BNN_OK;
    if (!known_blocks) /* the rest is still checked, as for a net without binary blocks */
        out->n_blocks = 0;

    const int results[] = {
        parsed,
        binary,
        known_blocks ? check_layers(out, binarize, diag) : BNN_OK,
        record_binarize(out, settings),
        known_blocks ? bnn_settings_add_text(settings, "model", "topology", out->topology) : BNN_OK,
        parse_stes(bnn_tree_get(node, "ste"), registry, arena, out, settings, diag),
        bnn_registry_use(registry, BNN_KIND_ORDERING, bnn_tree_get(node, "ordering"), "bn_act",
                         "model.ordering", NULL, arena, &out->ordering, settings, diag),
        parse_activation(bnn_tree_get(node, "activation"), registry, arena, out, settings, diag),
        parse_norm(bnn_tree_get(node, "norm"), registry, arena, out, settings, diag),
    };
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        status = results[i] != BNN_OK ? results[i] : status;
    return status;
}
