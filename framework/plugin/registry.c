#include "plugin/registry.h"

#include "base/limits.h"
#include "base/text.h"
#include "plugin/descriptor.h"
#include "plugin/loader.h"
#include "plugin/search_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CALLER_KEYS_MAX = 15, /* keys of a plugin reference that are the caller's */
};

typedef struct entry {
    bnn_plugin plugin;
    struct entry *next;
} entry;

struct bnn_registry {
    bnn_arena *arena;
    bnn_search_path search;
    entry *entries;
};

static const char *const kind_names[] = {
    [BNN_KIND_LAYER] = "layer",
    [BNN_KIND_STE] = "ste",
    [BNN_KIND_ORDERING] = "ordering",
    [BNN_KIND_OPTIMIZER] = "optimizer",
};
enum { N_KIND_NAMES = sizeof kind_names / sizeof *kind_names };

const char *bnn_kind_name(bnn_kind kind)
{
    return (size_t)kind < N_KIND_NAMES ? kind_names[kind] : NULL;
}

bnn_kind bnn_kind_parse(const char *name)
{
    for (int i = 1; i < N_KIND_NAMES; i++)
        if (strcmp(name, kind_names[i]) == 0)
            return (bnn_kind)i;
    return (bnn_kind)0;
}

bnn_registry *bnn_registry_create(const char *extra_path)
{
    bnn_registry *registry = calloc(1, sizeof *registry);
    if (registry == NULL)
        return NULL;
    registry->arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    if (registry->arena == NULL ||
        bnn_search_path_init(&registry->search, extra_path, registry->arena) != 0) {
        bnn_registry_destroy(registry);
        return NULL;
    }
    return registry;
}

void bnn_registry_destroy(bnn_registry *registry)
{
    if (registry == NULL)
        return;
    bnn_arena_destroy(registry->arena);
    free(registry);
}

size_t bnn_registry_scan(bnn_registry *registry, const bnn_plugin_file **out)
{
    return bnn_search_path_scan(&registry->search, registry->arena, out);
}

/* What there is instead: the nearest name, or all of them, and where was looked. */
static void fail_not_found(bnn_registry *registry, bnn_kind kind, const char *name, bnn_error *err)
{
    bnn_arena *const arena = registry->arena;
    const bnn_plugin_file *files;
    const size_t n = bnn_registry_scan(registry, &files);
    const char **names = bnn_arena_alloc(arena, n + 1, sizeof *names);
    const bnn_search_path *search = &registry->search;
    size_t n_names = 0;
    for (size_t i = 0; names != NULL && i < n; i++)
        if (files[i].kind == kind && files[i].shadowed_by == NULL)
            names[n_names++] = files[i].name;
    const char *near = names == NULL ? NULL : bnn_suggest(name, names, n_names);
    char instead[512], known[480], looked_in[800];
    if (near != NULL)
        snprintf(instead, sizeof instead, "did you mean \"%s\"?", near);
    else
        snprintf(instead, sizeof instead, "there is %s",
                 n_names == 0 ? "none at all" : bnn_text_join(names, n_names, known, sizeof known));
    bnn_fail(err, BNN_E_RESOURCE,
             "there is no %s \"%.*s\"; %s (looked in %s; --plugin-path and BNNRUN_PLUGIN_PATH add "
             "directories)",
             bnn_kind_name(kind), BNN_PLUGIN_NAME, name, instead,
             bnn_text_join(search->directories, search->n, looked_in, sizeof looked_in));
}

const bnn_plugin *bnn_registry_load(bnn_registry *registry, bnn_kind kind, const char *name,
                                    bnn_error *err)
{
    char path[PATH_MAX];
    /* A name with a slash or the like must not become a path. */
    if (!bnn_plugin_name_is_valid(name) ||
        !bnn_search_path_find(&registry->search, kind, name, path)) {
        fail_not_found(registry, kind, name, err);
        return NULL;
    }
    return bnn_registry_load_file(registry, path, err);
}

static const bnn_plugin *find_loaded(const bnn_registry *registry, const char *path)
{
    for (const entry *e = registry->entries; e != NULL; e = e->next)
        if (strcmp(e->plugin.path, path) == 0)
            return &e->plugin;
    return NULL;
}

static const bnn_plugin *add_entry(bnn_registry *registry, const char *path, const bnn_head *head,
                                   bnn_error *err)
{
    entry *e = bnn_arena_alloc(registry->arena, 1, sizeof *e);
    const char *kept = bnn_arena_strdup(registry->arena, path);
    if (e == NULL || kept == NULL) {
        bnn_no_memory(err);
        return NULL;
    }
    e->plugin.head = head;
    e->plugin.path = kept;
    if (bnn_file_sha256(path, e->plugin.sha256, err) != 0)
        return NULL;
    e->next = registry->entries;
    registry->entries = e;
    return &e->plugin;
}

const bnn_plugin *bnn_registry_load_file(bnn_registry *registry, const char *path, bnn_error *err)
{
    const bnn_plugin *plugin = find_loaded(registry, path);
    if (plugin != NULL)
        return plugin;
    bnn_kind kind;
    char name[BNN_PLUGIN_NAME];
    if (!bnn_plugin_file_name(path, &kind, name)) {
        bnn_fail(err, BNN_E_RESOURCE,
                 "%s: a plugin's file is named KIND_NAME.so, where KIND is layer, ste, ordering or "
                 "optimizer and NAME lower case letters, digits and underscores",
                 path);
        return NULL;
    }
    const bnn_head *head;
    void *handle;
    if (bnn_loader_open(path, &head, &handle, err) != 0)
        return NULL;
    if (bnn_descriptor_check(head, kind, name, path, err) == 0)
        plugin = add_entry(registry, path, head, err);
    if (plugin == NULL)
        bnn_loader_close(handle);
    return plugin;
}

/* A parameter that the caller takes for itself would never be set. */
static int registry_check_caller_keys(const bnn_reader *r, const bnn_plugin *plugin,
                                      const char *const *also, bnn_position_in_file at)
{
    const bnn_param *const table = plugin->head->params;
    for (size_t i = 0; table != NULL && table[i].type != BNN_TYPE_END; i++)
        for (size_t j = 0; also != NULL && also[j] != NULL; j++)
            if (strcmp(table[i].name, also[j]) == 0)
                return bnn_diag_fail(
                    r->diag, BNN_E_RESOURCE, at,
                    "%s: parameter \"%s\" has the name of a key of bnnrun's own; rename it",
                    plugin->path, also[j]);
    return BNN_OK;
}

/* Fills the plugin's struct from the map, or from the defaults. */
static int registry_fill(const bnn_reader *r, const bnn_reference *reference,
                         const bnn_plugin *plugin, const bnn_node *map, void **params)
{
    static const bnn_param no_params[] = {BNN_PARAMS_END};
    const bnn_head *const head = plugin->head;
    const char *const *const also = reference->also;
    const char *keys[CALLER_KEYS_MAX + 2] = {"name"};
    for (size_t i = 0; also != NULL && also[i] != NULL && i < CALLER_KEYS_MAX; i++)
        keys[i + 1] = also[i];
    const char *what =
        bnn_arena_printf(r->arena, "%s %s", bnn_kind_name((bnn_kind)head->kind), head->name);
    void *filled = bnn_arena_alloc(r->arena, 1, head->params_size);
    if (what == NULL || filled == NULL)
        return bnn_diag_no_memory(r->diag);
    const int status = bnn_schema_fill(head->params == NULL ? no_params : head->params, map, what,
                                       reference->prefix, keys, filled, r->settings, r->diag);
    if (status == BNN_OK)
        *params = head->params == NULL ? NULL : filled;
    return status;
}

int bnn_registry_use(const bnn_reader *r, const bnn_reference *reference, bnn_use *out)
{
    bnn_position_in_file at = {.file = "default"};
    const char *name = reference->fallback;
    const bnn_node *map = NULL, *node = reference->node;
    int status = BNN_OK;
    if (node != NULL) {
        const bnn_node *written = bnn_tree_get(node, "name");
        at = written == NULL ? node->at : written->at;
        status = bnn_schema_reference(node, reference->prefix, &name, &map, r->diag);
    }
    if (status != BNN_OK)
        return status;

    bnn_error err;
    bnn_use use = {.plugin = bnn_registry_load(r->registry, reference->kind, name, &err)};
    if (use.plugin == NULL)
        return bnn_diag_fail(r->diag, (bnn_status)err.status, at, "%s", err.message);
    status = registry_check_caller_keys(r, use.plugin, reference->also, at);
    if (status == BNN_OK && r->settings != NULL &&
        bnn_settings_add_text(r->settings, "", reference->prefix, name) != BNN_OK)
        status = bnn_diag_no_memory(r->diag);
    if (status == BNN_OK)
        status = registry_fill(r, reference, use.plugin, map, &use.params);
    if (status == BNN_OK)
        *out = use;
    return status;
}
