#include "runner/config.h"

#include "data/catalogue.h"
#include "data/formats/synthetic.h"
#include "model/network.h"

#include <stdio.h>
#include <string.h>

int bnn_config_worse(int a, int b)
{
    static const int order[] = {BNN_E_INTERNAL, BNN_E_SPEC, BNN_E_RESOURCE};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return a != BNN_OK ? a : b;
}

/* The shape of the images, known before the data set itself is there. */
static int find_shape(const bnn_data_options *data, const char *catalogue, bnn_arena *arena,
                      bnn_shape *shape, uint32_t *n_classes, bnn_diag *diag)
{
    bnn_catalogue_entry entry;
    bnn_error err;
    if (strcmp(data->name, "synthetic") == 0) {
        *shape = (bnn_shape){1, BNN_SYNTHETIC_SIDE, BNN_SYNTHETIC_SIDE};
        *n_classes = BNN_SYNTHETIC_CLASSES;
        return BNN_OK;
    }
    const int status = bnn_catalogue_load(catalogue, data->name, arena, &entry, &err);
    if (status != BNN_OK) {
        bnn_diag_add(diag, data->at, "%s", err.message);
        return status;
    }
    *shape = entry.shape;
    *n_classes = entry.n_classes;
    return BNN_OK;
}

static bool add_plugin(bnn_config *config, const bnn_use *use)
{
    if (use->plugin == NULL)
        return true;
    for (size_t i = 0; i < config->n_plugins; i++)
        if (config->plugins[i] == use->plugin)
            return true;
    if (config->n_plugins == BNN_CONFIG_PLUGINS_MAX)
        return false;
    config->plugins[config->n_plugins++] = use->plugin;
    return true;
}

static bool is_recorded(const bnn_config *config, const char *key)
{
    return bnn_settings_find(&config->settings, key) != NULL;
}

/* The plugins that act: those of a use that left no setting do not (no STE in a float net). */
static int collect_plugins(bnn_config *config, bnn_diag *diag)
{
    const bnn_model_options *m = &config->model;
    bool fits = true;
    for (uint32_t i = 0; i < m->n_blocks; i++) {
        fits = fits && add_plugin(config, &m->blocks[i].linear);
        fits = fits && add_plugin(config, &m->blocks[i].pool);
        fits = fits && add_plugin(config, &m->blocks[i].dropout);
    }
    if (is_recorded(config, "model.ste.weights"))
        fits = fits && add_plugin(config, &m->weight_ste);
    if (is_recorded(config, "model.ste.activations"))
        fits = fits && add_plugin(config, &m->activation_ste);
    fits = fits && add_plugin(config, &m->ordering);
    fits = fits && add_plugin(config, &m->norm);
    fits = fits && add_plugin(config, &m->activation);
    fits = fits && add_plugin(config, &config->train.optimizer);
    if (is_recorded(config, "train.binary_optimizer"))
        fits = fits && add_plugin(config, &config->train.binary_optimizer);
    if (fits)
        return BNN_OK;
    bnn_diag_add(diag, m->at, "model: more than %d different plugins", BNN_CONFIG_PLUGINS_MAX);
    return BNN_E_SPEC;
}

/* Changes with the config and with the content of any plugin. */
static bool identify(bnn_config *config)
{
    char text[(BNN_CONFIG_PLUGINS_MAX + 1) * BNN_SHA256_HEX];
    size_t n = 0;
    config->json = bnn_settings_json(&config->settings, config->hash);
    if (config->json == NULL)
        return false;
    n += (size_t)snprintf(text, sizeof text, "%s", config->hash);
    for (size_t i = 0; i < config->n_plugins; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, " %s", config->plugins[i]->sha256);
    bnn_sha256(text, n, config->identity);
    return true;
}

static int fail_memory(const bnn_point *point, bnn_diag *diag)
{
    bnn_diag_add(diag, point->root->at, "out of memory while resolving %s", point->label);
    return BNN_E_INTERNAL;
}

int bnn_config_resolve(const bnn_point *point, const bnn_experiment_sources *sources,
                       bnn_arena *arena, bnn_config *out, bnn_diag *diag)
{
    bnn_config c = {.label = point->label, .baseline = point->baseline};
    bnn_settings_init(&c.settings, arena);
    const int data = bnn_data_options_parse(bnn_tree_get(point->root, "dataset"), arena, &c.data,
                                            &c.settings, diag);
    int shaped = data;
    if (data == BNN_OK)
        shaped = find_shape(&c.data, sources->catalogue, arena, &c.input, &c.n_classes, diag);
    const int model =
        bnn_model_options_parse(bnn_tree_get(point->root, "model"), sources->registry,
                                sources->topologies, arena, &c.model, &c.settings, diag);
    bool binary = false;
    for (uint32_t i = 0; model == BNN_OK && i < c.model.n_blocks; i++)
        binary |= bnn_model_block_is_binary(&c.model, i);
    const int train =
        bnn_train_options_parse(bnn_tree_get(point->root, "train"), binary, sources->registry,
                                arena, &c.train, &c.settings, diag);
    int status = bnn_config_worse(shaped, bnn_config_worse(model, train));
    if (shaped == BNN_OK && model == BNN_OK)
        status = bnn_config_worse(status, bnn_network_check(&c.model, c.input, c.n_classes, diag));
    if (status != BNN_OK)
        return status;
    status = collect_plugins(&c, diag);
    if (status != BNN_OK)
        return status;
    if (!identify(&c))
        return fail_memory(point, diag);
    *out = c;
    return BNN_OK;
}
