#include "runner/reload.h"

#include "base/json.h"
#include "base/text.h"
#include "model/weights.h"
#include "plugin/guard.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool bnn_reload_is_missing(const char *path)
{
    return access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

void bnn_reload_remedy(const char *uid, bool in_spec, bool is_stale, char out[BNN_REMEDY])
{
    if (!in_spec)
        snprintf(out, BNN_REMEDY, "its spec has no such run any more, so nothing makes it again");
    else if (is_stale)
        snprintf(out, BNN_REMEDY, "the run is stale: `bnnrun run SPEC --retrain %s` trains it anew",
                 uid);
    else
        snprintf(out, BNN_REMEDY,
                 "`bnnrun run` of its spec makes it again, if `bnnrun plan` says restore");
}

int bnn_reload_check_file(const bnn_stored_run *stored, const char *path, const char *sha256,
                          bnn_error *err)
{
    char now[BNN_SHA256_HEX], remedy[BNN_REMEDY];
    const int status = bnn_file_sha256(path, now, err);
    bnn_reload_remedy(stored->run.uid, stored->in_spec, stored->is_stale, remedy);
    if (status == BNN_E_RESOURCE && bnn_reload_is_missing(path))
        return bnn_fail(err, BNN_E_RESOURCE, "%s is missing; %s", path, remedy);
    if (status != BNN_OK)
        return status;
    if (strcmp(now, sha256) != 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s has changed since it was written: its SHA-256 is %.12s..., recorded is "
                        "%.12s...; %s",
                        path, now, sha256, remedy);
    return BNN_OK;
}

/* ---- the config -------------------------------------------------------------------------- */

/* Where a setting stands in a spec: the parts of a topology are recorded as the model's. */
static const char *reload_path(const char *key, bnn_arena *arena)
{
    static const char *const parts[] = {"model.blocks.", "model.input."};
    if (strcmp(key, "model.topology") == 0)
        return "model.topology.name";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strncmp(key, parts[i], strlen(parts[i])) == 0)
            return bnn_arena_printf(arena, "model.topology.%s", key + strlen("model."));
    return key;
}

/* NULL for what is no value of a setting, or without memory. */
static const bnn_node *reload_value(const json_t *value, bnn_arena *arena)
{
    char number[BNN_SHORT_TEXT];
    const char *text = json_string_value(value);
    if (json_is_boolean(value))
        text = json_is_true(value) ? "true" : "false";
    else if (json_is_real(value))
        text = bnn_number_text(json_real_value(value), number);
    bnn_node *node = text == NULL ? NULL : bnn_arena_alloc(arena, 1, sizeof *node);
    if (node == NULL || (text = bnn_arena_strdup(arena, text)) == NULL)
        return NULL;
    *node = (bnn_node){.kind = BNN_NODE_SCALAR, .text = text};
    node->quoted = bnn_tree_is_null(node); /* a name of somebody's own, not nothing */
    return node;
}

/* The blocks, a map by number, as the list that they are. */
static const bnn_node *reload_list_blocks(const bnn_node *root, const bnn_reader *r)
{
    static const char path[] = "model.topology.blocks";
    const bnn_node *map = bnn_tree_find(root, path);
    const size_t n = map == NULL ? 0 : map->n;
    const bnn_node **items = bnn_arena_alloc(r->arena, n + 1, sizeof *items);
    bnn_node *list = bnn_arena_alloc(r->arena, 1, sizeof *list);
    if (items == NULL || list == NULL)
        return NULL;
    *list = (bnn_node){.kind = BNN_NODE_LIST, .items = items};
    for (char number[24]; list->n < n; items[list->n++] = bnn_tree_get(map, number)) {
        snprintf(number, sizeof number, "%zu", list->n + 1);
        if (bnn_tree_get(map, number) == NULL)
            return NULL;
    }
    return bnn_tree_set(root, path, list, r->arena, r->diag, list->at);
}

/* Settings as the spec that says them all. They are sorted, so that a plugin's name comes before its
 * parameters. NULL when they are none. */
static const bnn_node *reload_tree(json_t *settings, const bnn_reader *r)
{
    static const bnn_node empty = {.kind = BNN_NODE_MAP};
    const bnn_node *root = &empty;
    const char *key;
    json_t *json;
    json_object_foreach(settings, key, json)
    {
        const char *path = reload_path(key, r->arena);
        const bnn_node *value = reload_value(json, r->arena);
        if (strcmp(key, "model.ste") == 0) /* sums up the two below it */
            continue;
        if (path != NULL && value != NULL)
            root = bnn_tree_set(root, path, value, r->arena, r->diag, value->at);
        if (path == NULL || value == NULL || root == NULL)
            return NULL;
    }
    return reload_list_blocks(root, r);
}

/* The settings that one has and the other has not, or with another value, added to a list. */
static void reload_add_different(json_t *from, json_t *other, bool missing, char *list, size_t n)
{
    const char *key;
    json_t *value;
    json_object_foreach(from, key, value)
    {
        const json_t *same = json_object_get(other, key);
        const size_t used = strlen(list);
        if (missing ? same == NULL : same != NULL && !json_equal(value, same))
            snprintf(list + used, n - used, "%s%s", used > 0 ? ", " : "", key);
    }
}

static int reload_fail_different(const bnn_stored_run *stored, json_t *was, const char *now,
                                 bnn_error *err)
{
    char list[400] = "";
    bool no_memory;
    json_t *is = bnn_json_parse(now, strlen(now), JSON_DECODE_INT_AS_REAL, &no_memory);
    if (no_memory)
        return bnn_no_memory(err);
    reload_add_different(was, is, true, list, sizeof list);
    reload_add_different(was, is, false, list, sizeof list);
    reload_add_different(is, was, true, list, sizeof list);
    json_decref(is);
    return bnn_fail(err, BNN_E_RESOURCE,
                    "run %s: this version of bnnrun makes another config of the recorded settings; "
                    "these differ: %s",
                    stored->run.uid,
                    list[0] != '\0' ? list : "none by name, the record is damaged");
}

static int reload_config(const bnn_stored_run *stored, const bnn_reader *r, json_t *settings,
                         bnn_config *out, bnn_error *err)
{
    const bnn_node *root = reload_tree(settings, r);
    const int status = root == NULL ? bnn_diag_status(r->diag) : bnn_config_load(r, root, out);
    if (status == BNN_E_INTERNAL || (root == NULL && bnn_arena_lacks(r->arena)))
        return bnn_no_memory(err);
    if (status != BNN_OK || root == NULL)
        return bnn_fail(err, BNN_E_RESOURCE, "run %s: its recorded settings cannot be read: %s",
                        stored->run.uid,
                        status != BNN_OK ? bnn_diag_message(r->diag, 0) : "they are damaged");
    if (strcmp(out->hash, stored->config_hash) != 0)
        return reload_fail_different(stored, settings, out->json, err);
    out->label = stored->label;
    out->data.path = stored->dataset_source;
    out->data.path_may_fail = true;
    return BNN_OK;
}

/* ------------------------------------------------------------------------------------------ */

static int reload_network(const bnn_stored_run *stored, const bnn_reader *reader, bnn_reloaded *out,
                          bnn_error *err)
{
    bnn_reloaded reloaded = {.config = bnn_arena_alloc(reader->arena, 1, sizeof(bnn_config))};
    bnn_reader own = *reader;
    own.diag = bnn_diag_create();
    if (own.diag == NULL || reloaded.config == NULL) {
        bnn_diag_destroy(own.diag);
        return bnn_no_memory(err);
    }
    bool no_memory;
    json_t *settings = bnn_json_parse(stored->config_json, strlen(stored->config_json),
                                      JSON_DECODE_INT_AS_REAL, &no_memory);
    int status = no_memory ? bnn_no_memory(err)
                           : reload_config(stored, &own, settings, reloaded.config, err);
    json_decref(settings);
    bnn_diag_destroy(own.diag);
    const bool has_weights = stored->weights_path != NULL;
    if (status == BNN_OK && has_weights)
        status = bnn_reload_check_file(stored, stored->weights_path, stored->weights_sha256, err);
    if (status == BNN_OK)
        status =
            bnn_network_create(&reloaded.config->model, reloaded.config->input, 0, BNN_RELOAD_BATCH,
                               (uint64_t)stored->run.seed, reader->arena, &reloaded.network, err);
    if (status == BNN_OK && has_weights)
        status = bnn_weights_read(reloaded.network, stored->weights_path, err);
    if (status != BNN_OK)
        return status;
    status = bnn_network_check_finite(reloaded.network, err);
    if (status != BNN_OK)
        return bnn_error_prefix(err, "run %s: its kept weights are no result: ", stored->run.uid);
    bnn_network_binarize(reloaded.network);
    reloaded.config->n_classes = reloaded.network->n_classes;
    if (!has_weights)
        reloaded.network = NULL;
    *out = reloaded;
    return BNN_OK;
}

int bnn_reload(const bnn_stored_run *stored, const bnn_reader *reader, bnn_reloaded *out,
               bnn_error *err)
{
    bnn_rehearsal *rehearsal = bnn_registry_rehearsal(reader->registry);
    bnn_rehearsal_begin(rehearsal);
    const int status = reload_network(stored, reader, out, err);
    bnn_rehearsal_end(rehearsal);
    return status;
}

int bnn_reload_data(const bnn_stored_run *stored, bnn_arena *arena, bnn_data_options *out,
                    bnn_error *err)
{
    const bnn_reader reader = {
        .arena = arena, .diag = bnn_diag_create(), .path = "dataset", .recorded = true};
    bool no_memory;
    json_t *settings = bnn_json_parse(stored->config_json, strlen(stored->config_json),
                                      JSON_DECODE_INT_AS_REAL, &no_memory);
    const bnn_node *root = reader.diag == NULL ? NULL : reload_tree(settings, &reader);
    int status = root == NULL ? BNN_E_RESOURCE
                              : bnn_section_read(&reader, &bnn_data_section,
                                                 bnn_tree_get(root, "dataset"), out);
    if (no_memory || reader.diag == NULL || bnn_diag_status(reader.diag) == BNN_E_INTERNAL ||
        (root == NULL && bnn_arena_lacks(arena)))
        status = bnn_no_memory(err);
    else if (status != BNN_OK)
        status = bnn_fail(err, BNN_E_RESOURCE, "run %s: its recorded data cannot be read: %s",
                          stored->run.uid,
                          bnn_diag_n_errors(reader.diag) > 0 ? bnn_diag_message(reader.diag, 0)
                                                             : "the record is damaged");
    out->path = stored->dataset_source;
    out->path_may_fail = true;
    json_decref(settings);
    bnn_diag_destroy(reader.diag);
    return status;
}
