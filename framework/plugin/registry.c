#include "plugin/registry.h"

#include "base/limits.h"
#include "base/text.h"
#include "plugin/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
    bnn_plugin plugin;
    struct entry *next;
} entry;

struct bnn_registry {
    bnn_arena *arena;
    bnn_search_path search;
    entry *entries;
};

bnn_registry *bnn_registry_create(const char *extra_path)
{
    bnn_registry *registry = calloc(1, sizeof *registry);
    if (registry == NULL)
        return NULL;
    registry->arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    if (registry->arena == NULL ||
        bnn_search_path_init(&registry->search, extra_path, registry->arena) != BNN_OK) {
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
static void registry_fail_not_found(bnn_registry *registry, bnn_kind kind, const char *name,
                                    bnn_error *err)
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
        registry_fail_not_found(registry, kind, name, err);
        return NULL;
    }
    return bnn_registry_load_file(registry, path, err);
}

static const bnn_plugin *registry_find_loaded(const bnn_registry *registry, const char *path)
{
    for (const entry *e = registry->entries; e != NULL; e = e->next)
        if (strcmp(e->plugin.path, path) == 0)
            return &e->plugin;
    return NULL;
}

static const bnn_plugin *registry_add_entry(bnn_registry *registry, const char *path,
                                            const bnn_head *head, bnn_error *err)
{
    entry *e = bnn_arena_alloc(registry->arena, 1, sizeof *e);
    const char *kept = bnn_arena_strdup(registry->arena, path);
    if (e == NULL || kept == NULL) {
        bnn_no_memory(err);
        return NULL;
    }
    e->plugin.head = head;
    e->plugin.path = kept;
    if (bnn_file_sha256(path, e->plugin.sha256, err) != BNN_OK)
        return NULL;
    e->next = registry->entries;
    registry->entries = e;
    return &e->plugin;
}

const bnn_plugin *bnn_registry_load_file(bnn_registry *registry, const char *path, bnn_error *err)
{
    const bnn_plugin *plugin = registry_find_loaded(registry, path);
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
    if (bnn_loader_open(path, kind, name, &head, err) != BNN_OK)
        return NULL;
    return registry_add_entry(registry, path, head, err);
}
