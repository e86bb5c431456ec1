#include "runner/config.h"

#include "data/catalogue.h"
#include "model/network.h"

#include <stdio.h>
#include <string.h>

/* The shape of the images, known before the data set itself is there. */
static int find_shape(const bnn_reader *r, bnn_config *config)
{
    const bnn_data_options *data = &config->data;
    bnn_catalogue_entry entry;
    bnn_error err;
    if (bnn_catalogue_load(r->catalogue, data->name, r->arena, &entry, &err) != BNN_OK)
        return bnn_diag_fail(r->diag, (bnn_status)err.status, data->at, "%s", err.message);
    config->input = entry.shape;
    config->n_classes = entry.n_classes;
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

/* The plugins that act: those of a use that left no setting do not (no STE in a float net). */
static int collect_plugins(const bnn_reader *r, bnn_config *config)
{
    const bnn_model_options *m = &config->model;
    const struct {
        const bnn_use *use;
        const char *key;
    } uses[] = {
        {&m->weight_ste, "model.ste.weights"},
        {&m->activation_ste, "model.ste.activations"},
        {&m->ordering, "model.ordering"},
        {&m->norm, "model.norm"},
        {&m->activation, "model.activation"},
        {&config->train.optimizer.use, "train.optimizer"},
        {&config->train.binary_optimizer.use, "train.binary_optimizer"},
    };
    bool fits = true;
    for (uint32_t i = 0; i < m->n_blocks; i++) {
        fits = fits && add_plugin(config, &m->blocks[i].linear);
        fits = fits && add_plugin(config, &m->blocks[i].pool);
        fits = fits && add_plugin(config, &m->blocks[i].dropout);
    }
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
        if (bnn_settings_find(&config->settings, uses[i].key) != NULL)
            fits = fits && add_plugin(config, uses[i].use);
    if (fits)
        return BNN_OK;
    return bnn_diag_add(r->diag, m->at, "model: more than %d different plugins",
                        BNN_CONFIG_PLUGINS_MAX);
}

/* Changes with the config and with the content of any plugin. */
static bool identify_config(bnn_config *config)
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

static int read_part(const bnn_reader *r, const char *name, const bnn_point *point, bnn_config *out)
{
    return bnn_key_read(r, r->spec, bnn_key_find(r->spec, name), point->root, out);
}

int bnn_config_resolve(const bnn_reader *r, const bnn_point *point, bnn_config *out)
{
    bnn_config c = {.label = point->label, .baseline = point->baseline};
    bnn_reader recording = *r;
    bnn_settings_init(&c.settings, r->arena);
    recording.settings = &c.settings;
    const int begun = bnn_diag_begin(r->diag);
    const bool shaped = read_part(r, "dataset", point, &c) == BNN_OK && find_shape(r, &c) == BNN_OK;
    const bool modelled = read_part(r, "model", point, &c) == BNN_OK;
    read_part(r, "train", point, &c);
    if (shaped && modelled)
        bnn_network_check(&c.model, c.input, c.n_classes, r->diag);
    if (bnn_diag_status(r->diag) == BNN_OK) {
        bnn_section_record(&recording, r->spec, &c);
        collect_plugins(r, &c);
    }
    if (bnn_diag_status(r->diag) == BNN_OK && !identify_config(&c))
        bnn_diag_no_memory(r->diag);
    const int status = bnn_diag_end(r->diag, begun);
    if (status == BNN_OK)
        *out = c;
    return status;
}
