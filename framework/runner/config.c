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

/* Changes with the config and with the content of any plugin. */
static bool identify_config(bnn_config *config)
{
    char text[(BNN_PLUGIN_SET_MAX + 1) * BNN_SHA256_HEX];
    size_t n = 0;
    config->json = bnn_settings_json(&config->settings, config->hash);
    if (config->json == NULL)
        return false;
    n += (size_t)snprintf(text, sizeof text, "%s", config->hash);
    for (size_t i = 0; i < config->plugins.n; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, " %s", config->plugins.list[i]->sha256);
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
    recording.plugins = &c.plugins;
    const int begun = bnn_diag_begin(r->diag);
    const bool shaped = read_part(r, "dataset", point, &c) == BNN_OK && find_shape(r, &c) == BNN_OK;
    const bool modelled = read_part(r, "model", point, &c) == BNN_OK;
    read_part(r, "train", point, &c);
    if (shaped && modelled)
        bnn_network_check(&c.model, c.input, c.n_classes, r->diag);
    if (bnn_diag_status(r->diag) == BNN_OK)
        bnn_section_record(&recording, r->spec, &c);
    if (bnn_diag_status(r->diag) == BNN_OK && !identify_config(&c))
        bnn_diag_no_memory(r->diag);
    const int status = bnn_diag_end(r->diag, begun);
    if (status == BNN_OK)
        *out = c;
    return status;
}
