#include "runner/experiment.h"

#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "data/catalogue.h"
#include "model/network.h"
#include "plugin/guard.h"
#include "runner/experiment_internal.h"
#include "runner/spec_text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPEC_BYTES_MAX = 1 << 20 };

typedef struct source {
    const char *text;
    size_t n;
    const char *const *overrides; /* closed by NULL */
} source;

/* ---- the name ---------------------------------------------------------------------------- */

bool bnn_experiment_is_name(const char *name)
{
    return bnn_text_is_name(name, "_", "_.-", BNN_EXPERIMENT_NAME_MAX);
}

/* The file's name without its folder and ending, when the spec has none. */
static void finish_name(const bnn_reader *r, const bnn_node *root, bnn_experiment *experiment)
{
    const bnn_node *node = bnn_tree_get(root, "name");
    char excerpt[BNN_EXCERPT];
    if (experiment->name == NULL) {
        const bool is_stdin = strcmp(experiment->path, BNN_STDIN) == 0;
        char *name =
            bnn_arena_strdup(r->arena, is_stdin ? "stdin" : bnn_path_name(experiment->path));
        char *dot = name == NULL ? NULL : strrchr(name, '.');
        if (dot != NULL)
            *dot = '\0';
        experiment->name = name;
    }
    if (experiment->name == NULL)
        bnn_diag_no_memory(r->diag);
    else if (!bnn_experiment_is_name(experiment->name))
        bnn_diag_add(r->diag, node != NULL ? node->at : root->at,
                     "name: \"%s\" is not a name: 1 to %d letters, digits, _, - and ., beginning "
                     "with none of the last two",
                     bnn_excerpt(experiment->name, excerpt), BNN_EXPERIMENT_NAME_MAX);
}

/* A leaderboard cannot be sorted by what is not measured. */
static void check_measured(const bnn_reader *r, const bnn_node *root, const bnn_experiment *x)
{
    const bnn_node *node = bnn_tree_get(root, "run");
    const char *const metrics[] = {x->metric.name, x->compare.metric};
    for (size_t i = 0; node != NULL && !x->run.measure && i < 2; i++)
        if (metrics[i] != NULL && strcmp(metrics[i], "latency_us") == 0) {
            bnn_diag_add(r->diag, node->at, "run.measure: false leaves no latency_us, the metric");
            break;
        }
}

/* ---- one config -------------------------------------------------------------------------- */

static bool has_same_files(const bnn_data_options *a, const bnn_data_options *b)
{
    return strcmp(a->name, b->name) == 0 && bnn_text_equal(a->path, b->path);
}

static bool is_same_dataset(const bnn_data_options *a, const bnn_data_options *b)
{
    return has_same_files(a, b) && a->train_limit == b->train_limit &&
           a->test_limit == b->test_limit && a->sample == b->sample;
}

/* What the data are that a config takes: as the catalogue says, as a config of before knows, or as
 * their files say. */
static void identify_data(const bnn_experiment *known, const bnn_catalogue_entry *entry,
                          const bnn_data_search *search, bnn_config *config)
{
    config->data_pinned = bnn_catalogue_is_pinned(entry);
    if (bnn_catalogue_knows_contents(entry)) {
        bnn_catalogue_sha256(entry, config->data_sha256);
        return;
    }
    for (size_t i = 0; i < known->n_configs; i++)
        if (has_same_files(&known->configs[i].data, &config->data)) {
            memcpy(config->data_sha256, known->configs[i].data_sha256, BNN_SHA256_HEX);
            return;
        }
    bnn_dataset_identify(&config->data, search, config->data_sha256);
}

/* What depends on the data set: the shape of the images, known before its files are here, and the
 * default of validation. known: the points before, whose files need not be counted again. */
static int meet_dataset(const bnn_reader *r, const bnn_experiment *known, bnn_config *config)
{
    bnn_data_options *data = &config->data;
    const bnn_data_search search = {.catalogue = r->catalogue};
    bnn_catalogue_entry entry;
    bnn_error err;
    assert(known != NULL);
    if (bnn_catalogue_load(r->catalogue, data->name, r->arena, &entry, &err) != BNN_OK)
        return bnn_diag_fail(r->diag, err.status, data->at, "%s", err.message);
    config->input = entry.shape;
    config->n_classes = entry.n_classes;
    identify_data(known, &entry, &search, config);
    for (size_t i = 0; i < known->n_datasets; i++)
        if (is_same_dataset(&known->datasets[i], data) && known->datasets[i].default_of > 0)
            entry.n_train = (uint32_t)known->datasets[i].default_of;
    if (bnn_data_settle(data, &entry, r->catalogue, &err) != BNN_OK)
        return bnn_diag_fail(r->diag, err.status, data->at, "%s", err.message);
    if (data->validation == 0 && strcmp(known->metric.name, "validation_accuracy") == 0)
        return bnn_diag_add(r->diag, data->at,
                            "dataset.validation: 0 leaves no validation_accuracy, the metric");
    return BNN_OK;
}

/* Changes with the config, with the content of any plugin and of the data, with the bits, and with what
 * is needed; known: the configs before, among which that is, or NULL. */
static void identify_config(const bnn_experiment *known, bnn_config *config)
{
    char text[(BNN_PLUGIN_SET_MAX + 3 + BNN_PURPOSES) * BNN_SHA256_HEX];
    size_t n = 0;
    n += (size_t)snprintf(text, sizeof text, "%s %s %s", config->hash, config->data_sha256,
                          BNN_BITS_SINCE);
    for (size_t i = 0; i < config->plugins.n; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, " %s", config->plugins.list[i]->sha256);
    for (int p = 0; known != NULL && p < BNN_PURPOSES; p++)
        if (config->needs[p].hash != NULL)
            n += (size_t)snprintf(text + n, sizeof text - n, " %s",
                                  known->configs[config->needs[p].i_config].identity);
    bnn_sha256(text, n, config->identity);
}

void bnn_experiment_identify_data(bnn_experiment *experiment, const bnn_data_search *search)
{
    for (size_t i = 0; i < experiment->n_configs; i++) {
        bnn_config *c = &experiment->configs[i];
        const bool known = c->data_sha256[0] != '\0';
        for (size_t k = 0; !known && k < i; k++)
            if (has_same_files(&experiment->configs[k].data, &c->data))
                memcpy(c->data_sha256, experiment->configs[k].data_sha256, BNN_SHA256_HEX);
        if (!known && c->data_sha256[0] == '\0')
            bnn_dataset_identify(&c->data, search, c->data_sha256);
        identify_config(experiment, c);
    }
}

static int read_part(const bnn_reader *r, const char *name, const bnn_point *point, bnn_config *out)
{
    return bnn_key_read(r, r->spec, bnn_key_find(r->spec, name), point->root, out);
}

/* After a mistake: what the sections without one set, which others may depend on. */
static void record_part(const bnn_reader *r, const char *name, bool sound, bnn_config *config)
{
    if (sound)
        bnn_key_record(r, r->spec, bnn_key_find(r->spec, name), config);
}

/* What a point needs is not known after a mistake; that it needs something is. */
static void record_needs(const bnn_reader *r, bnn_config *config)
{
    for (int p = 0; p < BNN_PURPOSES; p++) {
        config->needs[p].hash = config->needs[p].n_said > 0 ? "" : NULL;
        record_part(r, bnn_purpose_name((bnn_purpose)p), true, config);
    }
}

int bnn_experiment_resolve(const bnn_reader *r, const bnn_experiment *known, const bnn_point *point,
                           const bnn_need *needs, bnn_config *out)
{
    bnn_config c = {.label = point->label, .baseline = point->baseline, .drawn = point->drawn};
    bnn_reader recording = *r;
    c.settings = (bnn_settings){.arena = r->arena};
    recording.settings = &c.settings;
    recording.plugins = &c.plugins;
    const int begun = bnn_diag_begin(r->diag);
    const int parts = bnn_diag_begin(r->diag);
    const bool located = read_part(r, "dataset", point, &c) == BNN_OK;
    const bool shaped = located && (r->recorded || meet_dataset(r, known, &c) == BNN_OK);
    const bool modelled = read_part(r, "model", point, &c) == BNN_OK;
    const bool trained = read_part(r, "train", point, &c) == BNN_OK;
    c.is_sound = bnn_diag_end(r->diag, parts) == BNN_OK;
    for (int p = 0; p < BNN_PURPOSES; p++) {
        read_part(r, bnn_purpose_name((bnn_purpose)p), point, &c);
        if (needs != NULL)
            c.needs[p] = needs[p];
    }
    if (r->recorded)
        c.input = c.model.input;
    const int networks = bnn_diag_begin(r->diag);
    if (shaped && modelled)
        bnn_network_check(&c.model, c.input, c.n_classes, r->diag);
    if (shaped && trained)
        bnn_train_check_validation(&c.train, c.data.validation, r->diag);
    if (modelled && trained)
        bnn_train_check_form(&c.train, &c.model, r->diag);
    c.is_sound &= bnn_diag_end(r->diag, networks) == BNN_OK;
    if (bnn_diag_status(r->diag) == BNN_OK)
        bnn_section_record(&recording, r->spec, &c);
    if (bnn_diag_status(r->diag) == BNN_OK &&
        (c.json = bnn_settings_json(&c.settings, c.hash)) == NULL)
        bnn_diag_no_memory(r->diag);
    if (bnn_diag_status(r->diag) == BNN_OK)
        identify_config(known, &c);
    const int status = bnn_diag_end(r->diag, begun);
    if (status != BNN_OK && !r->recorded) {
        c.plugins.n = 0;
        c.settings = (bnn_settings){.arena = r->arena};
        record_part(&recording, "dataset", located, &c);
        record_part(&recording, "model", modelled, &c);
        record_needs(&recording, &c);
        record_part(&recording, "train", trained, &c);
    }
    *out = c;
    return status;
}

/* ---- points ------------------------------------------------------------------------------ */

/* The data sets that runs need, each once; without memory their number. */
static size_t index_of_dataset(bnn_builder *b, const bnn_data_options *wanted)
{
    bnn_experiment *x = b->out;
    size_t i = 0;
    while (i < x->n_datasets && !is_same_dataset(&x->datasets[i], wanted))
        i++;
    bnn_data_options *grown = bnn_arena_grow(b->r->arena, x->datasets, x->n_datasets,
                                             &b->dataset_capacity, sizeof *grown);
    if (grown == NULL)
        return x->n_datasets;
    x->datasets = grown;
    if (i == x->n_datasets)
        grown[x->n_datasets++] = *wanted;
    else if (wanted->validation > grown[i].validation)
        grown[i] = *wanted;
    return i;
}

/* A config that is there already gets what a further point, or need, says of it: the label of the first
 * point stays, and a warning says so, when the points are whole. */
static void merge_config(const bnn_builder *b, const bnn_point *point, const bnn_config *config,
                         bnn_config *same)
{
    if (config->only != NULL) {
        if (same->only != NULL && same->only != bnn_rung_word && config->only != bnn_rung_word &&
            strcmp(same->only, config->only) != 0)
            same->is_both = true;
        return;
    }
    same->baseline |= config->baseline;
    if (same->only != NULL) {
        same->only = NULL;
        same->label = config->label;
    } else if (b->whole)
        bnn_diag_warn(b->r->diag, point->n > 0 ? point->values[0].value->at : point->root->at,
                      "%s%s is the same config as %s; they are run once",
                      config->baseline ? "the baseline " : "", config->label, same->label);
}

int bnn_experiment_add(bnn_builder *b, const bnn_point *point, const bnn_config *config,
                       size_t *out_i)
{
    bnn_experiment *x = b->out;
    size_t i = 0;
    while (i < x->n_configs && strcmp(x->configs[i].hash, config->hash) != 0)
        i++;
    *out_i = i;
    if (i < x->n_configs) {
        merge_config(b, point, config, &x->configs[i]);
        return BNN_OK;
    }
    bnn_config *grown =
        bnn_arena_grow(b->r->arena, x->configs, x->n_configs, &b->config_capacity, sizeof *grown);
    const size_t i_dataset = index_of_dataset(b, &config->data);
    if (grown == NULL || i_dataset == x->n_datasets)
        return bnn_diag_no_memory(b->r->diag);
    x->configs = grown;
    grown[x->n_configs] = *config;
    grown[x->n_configs++].i_dataset = i_dataset;
    return BNN_OK;
}

int bnn_experiment_note(bnn_builder *b, const bnn_point *point, const bnn_config *config,
                        bool sound)
{
    bnn_idle idle[BNN_MODEL_IDLE_MAX + BNN_TRAIN_IDLE_MAX];
    size_t n_idle = 0;
    if (sound) {
        n_idle = bnn_model_find_idle(&config->model, config->input, config->n_classes,
                                     bnn_tree_get(point->root, "model"), b->r->arena, idle);
        n_idle += bnn_train_find_idle(&config->train, &config->model,
                                      bnn_tree_get(point->root, "train"), idle + n_idle);
    }
    return bnn_effect_note(&b->effects, point, &config->settings, idle, n_idle);
}

/* What needs all points; places: the config of each. */
static void resolve_whole(bnn_builder *b, const bnn_node *root, const bnn_sweep *sweep,
                          const size_t *places)
{
    const bnn_point **points =
        bnn_arena_alloc(b->r->arena, b->out->n_configs, sizeof *points); /* of configs */
    if (points == NULL) {
        bnn_diag_no_memory(b->r->diag);
        return;
    }
    for (size_t i = sweep->n; i-- > 0;)
        points[places[i]] = &sweep->points[i];
    bnn_needs_check(b, root);
    if (!bnn_rules_hold(root, bnn_spec_rules))
        return;
    if (bnn_diag_status(b->r->diag) == BNN_OK)
        bnn_registered_resolve(b, root);
    if (bnn_diag_status(b->r->diag) == BNN_OK && sweep->halving.is_there)
        bnn_rungs_resolve(b, &sweep->halving, points);
}

/* expanding: began before the sweep was expanded; after a mistake there, points that are missing
 * could use any key, and keys that are missing could tell configs apart. */
static void resolve_points(const bnn_reader *r, const bnn_node *root, const bnn_sweep *sweep,
                           const source *from, int expanding, bnn_experiment *out)
{
    bnn_builder b = {.r = r,
                     .out = out,
                     .effects = {.spec = r->spec, .arena = r->arena},
                     .whole = bnn_diag_status(r->diag) == BNN_OK};
    size_t *places = bnn_arena_alloc(r->arena, sweep->n, sizeof *places);
    if (places == NULL)
        bnn_diag_no_memory(r->diag);
    for (size_t i = 0; places != NULL && i < sweep->n; i++) {
        const bnn_point *point = &sweep->points[i];
        bnn_config config;
        const int status = bnn_needs_resolve(&b, point, &config);
        if (status == BNN_OK)
            bnn_experiment_add(&b, point, &config, &places[i]);
        if (bnn_experiment_note(&b, point, &config, status == BNN_OK) != BNN_OK)
            bnn_diag_no_memory(r->diag);
    }
    if (b.whole && places != NULL && bnn_diag_status(r->diag) == BNN_OK)
        resolve_whole(&b, root, sweep, places);
    bnn_needs_label(&b);
    bnn_diag_end(r->diag, expanding);
    if (b.whole)
        bnn_effect_report(&b.effects, sweep, from->overrides, r->diag);
}

/* ------------------------------------------------------------------------------------------ */

static const bnn_node *read_root(const bnn_reader *r, const source *from, const char *path)
{
    const bnn_node *root = bnn_tree_parse(path, from->text, from->n, r->arena, r->diag);
    if (root != NULL && root->kind != BNN_NODE_MAP) {
        bnn_section_check(r, r->spec, root);
        return NULL;
    }
    if (root != NULL)
        root = bnn_sweep_write_dots(r, root);
    for (size_t i = 0; root != NULL && from->overrides[i] != NULL; i++) {
        const bnn_node *changed = bnn_sweep_override(r, root, i + 1, from->overrides[i]);
        root = changed != NULL ? bnn_sweep_write_dots(r, changed) : root;
    }
    return root;
}

/* text: of bnn_experiment, in the arena; NULL without memory. */
static int load_experiment(const bnn_reader *given, const source *from, const char *path,
                           const char *text, bnn_experiment *out)
{
    bnn_experiment experiment = {.path = bnn_arena_strdup(given->arena, path), .text = text};
    bnn_reader reader = *given, *r = &reader;
    bnn_sweep sweep;
    if (experiment.path == NULL || text == NULL)
        return bnn_diag_no_memory(r->diag);
    r->spec = &bnn_spec_section;
    r->path = NULL;
    const int begun = bnn_diag_begin(r->diag);
    const bnn_node *root = read_root(r, from, path);
    if (root == NULL)
        return bnn_diag_end(r->diag, begun);
    bnn_section_check(r, r->spec, root);
    for (const bnn_key *key = r->spec->keys; key->param.name != NULL; key++)
        if ((key->flags & BNN_KEY_FIXED) != 0)
            bnn_key_read(r, r->spec, key, root, &experiment);
    finish_name(r, root, &experiment);
    check_measured(r, root, &experiment);
    bnn_seeds_check(r, root, &experiment);
    bnn_rules_check(r, root, bnn_spec_rules);
    /* When the sweep cannot be expanded at all, the base still shows its mistakes. */
    const bnn_point base = {.root = root, .label = "base", .own = "", .taught = ""};
    const int expanding = bnn_diag_begin(r->diag);
    if (bnn_sweep_expand(r, root, experiment.n_seeds, &sweep) != BNN_OK && sweep.n == 0)
        sweep = (bnn_sweep){.n = 1, .points = &base};
    resolve_points(r, root, &sweep, from, expanding, &experiment);
    bnn_isolation_check(r, root, &experiment);
    const int status = bnn_diag_end(r->diag, begun);
    if (status == BNN_OK)
        *out = experiment;
    return status;
}

int bnn_experiment_load(const bnn_reader *r, const char *path, const char *const *overrides,
                        bnn_experiment *out)
{
    static const char *const none[] = {NULL};
    source from = {.overrides = overrides != NULL ? overrides : none};
    bnn_error err;
    char *text;
    if (bnn_file_read(path, SPEC_BYTES_MAX, &text, &from.n, &err) != BNN_OK)
        return bnn_diag_unread(r->diag, &err);
    from.text = text;
    const char *joined = bnn_spec_text_join(text, from.overrides, r->arena);
    bnn_rehearsal_begin(bnn_registry_rehearsal(r->registry));
    const int status = load_experiment(r, &from, path, joined, out);
    bnn_rehearsal_end(bnn_registry_rehearsal(r->registry));
    free(text);
    return status;
}

int bnn_config_load(const bnn_reader *given, const bnn_node *root, bnn_config *out)
{
    const bnn_point point = {.root = root};
    bnn_reader r = *given;
    r.spec = &bnn_spec_section;
    r.path = NULL;
    r.recorded = true;
    const int begun = bnn_diag_begin(r.diag);
    bnn_section_check(&r, r.spec, root);
    bnn_experiment_resolve(&r, NULL, &point, NULL, out);
    return bnn_diag_end(r.diag, begun);
}
