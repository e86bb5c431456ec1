#include "plugin/registry.h"

#include "base/path.h"
#include "base/text.h"
#include "plugin/guard.h"
#include "plugin/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct entry {
    bnn_plugin plugin;
    struct entry *next;
} entry;

struct bnn_registry {
    bnn_arena *arena;
    const char *list; /* the search path, colon-separated; or NULL */
    size_t n_directories;
    entry *entries;
    bool trusts;
    bnn_rehearsal *rehearsal;
};

/* ---- the search path --------------------------------------------------------------------- */

static bool registry_searches(const bnn_registry *registry, const struct stat *directory)
{
    char path[PATH_MAX];
    struct stat other;
    for (const char *list = registry->list; bnn_path_next(&list, path);)
        if (stat(path, &other) == 0 && other.st_dev == directory->st_dev &&
            other.st_ino == directory->st_ino)
            return true;
    return false;
}

/* False without memory. Directories that do not exist are kept: a message that says where was
 * looked shows them. */
static bool registry_add_directory(bnn_registry *registry, const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && registry_searches(registry, &info))
        return true;
    const bool first = registry->n_directories++ == 0;
    registry->list = bnn_arena_printf(registry->arena, "%s%s%s", first ? "" : registry->list,
                                      first ? "" : ":", path);
    return registry->list != NULL;
}

static bool registry_add_list(bnn_registry *registry, const char *list)
{
    char directory[PATH_MAX];
    bool ok = true;
    while (ok && bnn_path_next(&list, directory))
        ok = registry_add_directory(registry, directory);
    return ok;
}

/* Libtool leaves plugins/ste/ste_x.la's shared object in plugins/ste/.libs, and the uninstalled
 * program at the top of the build tree. */
static bool registry_add_build_tree(bnn_registry *registry)
{
    static const char *const folders[] = {"plugins/layers/.libs", "plugins/ste/.libs",
                                          "plugins/orderings/.libs", "plugins/optimizers/.libs",
                                          "plugins/forms/.libs"};
    char directory[PATH_MAX];
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof folders / sizeof *folders; i++)
        if (bnn_path_beside_program(folders[i], directory) && access(directory, F_OK) == 0)
            ok = registry_add_directory(registry, directory);
    return ok;
}

static bool registry_add_installed(bnn_registry *registry)
{
    char directory[PATH_MAX];
    return !bnn_path_installed(BNN_PLUGIN_DIR, directory) ||
           registry_add_directory(registry, directory);
}

bnn_registry *bnn_registry_create(const char *extra_path)
{
    bnn_registry *registry = calloc(1, sizeof *registry);
    if (registry == NULL)
        return NULL;
    registry->arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    const char *trusts = secure_getenv("BNNRUN_TRUST_PLUGINS");
    registry->trusts = trusts != NULL && strcmp(trusts, "1") == 0;
    registry->rehearsal = bnn_rehearsal_create();
    if (registry->arena != NULL && registry->rehearsal != NULL &&
        registry_add_list(registry, extra_path) &&
        registry_add_list(registry, secure_getenv("BNNRUN_PLUGIN_PATH")) &&
        registry_add_build_tree(registry) && registry_add_installed(registry))
        return registry;
    bnn_registry_destroy(registry);
    return NULL;
}

void bnn_registry_destroy(bnn_registry *registry)
{
    if (registry == NULL)
        return;
    bnn_rehearsal_destroy(registry->rehearsal);
    bnn_arena_destroy(registry->arena);
    free(registry);
}

void bnn_registry_trust(bnn_registry *registry)
{
    registry->trusts = true;
}

bnn_rehearsal *bnn_registry_rehearsal(bnn_registry *registry)
{
    return registry->rehearsal;
}

/* The path of a file in the first directory of *list that has it; *list moves behind that. */
static bool registry_find(const char **list, const char *file, char path[PATH_MAX])
{
    char directory[PATH_MAX];
    struct stat info;
    while (bnn_path_next(list, directory))
        if (bnn_path_join(directory, file, path) && lstat(path, &info) == 0)
            return true;
    return false;
}

/* Appends the files of one name on the path, if they are plugins of this kind. False without memory. */
static bool registry_list(const bnn_registry *registry, bnn_kind kind, const char *stem,
                          bnn_plugin_file *files, size_t *n)
{
    char file[NAME_MAX + 1], path[PATH_MAX], name[BNN_PLUGIN_NAME];
    const char *list = registry->list, *first = NULL;
    bnn_kind found;
    snprintf(file, sizeof file, "%s.so", stem);
    if (!bnn_plugin_file_name(file, &found, name) || found != kind)
        return true;
    const char *kept = bnn_arena_strdup(registry->arena, name);
    while (kept != NULL && registry_find(&list, file, path)) {
        const char *its = bnn_arena_strdup(registry->arena, path);
        if (its == NULL)
            return false;
        files[(*n)++] =
            (bnn_plugin_file){.kind = kind, .name = kept, .path = its, .shadowed_by = first};
        first = first != NULL ? first : its;
    }
    return kept != NULL;
}

int bnn_registry_scan(bnn_registry *registry, const bnn_plugin_file **out, size_t *n,
                      bnn_error *err)
{
    size_t n_files = 0, n_names = 0;
    const char **names = bnn_path_scan(registry->list, ".so", registry->arena, &n_names, err);
    if (names == NULL)
        return err->status;
    bnn_plugin_file *files =
        bnn_arena_alloc(registry->arena, n_names * registry->n_directories + 1, sizeof *files);
    if (files == NULL)
        return bnn_no_memory(err);
    for (bnn_kind kind = BNN_KIND_LAYER; bnn_kind_name(kind) != NULL; kind++)
        for (size_t i = 0; i < n_names; i++)
            if (!registry_list(registry, kind, names[i], files, &n_files))
                return bnn_no_memory(err);
    *out = files;
    *n = n_files;
    return BNN_OK;
}

/* ---- loading ----------------------------------------------------------------------------- */

/* What there is instead: the nearest name, or all of them, and where was looked. */
static void registry_fail_not_found(bnn_registry *registry, bnn_kind kind, const char *name,
                                    bnn_error *err)
{
    bnn_arena *const arena = registry->arena;
    const bnn_plugin_file *files;
    size_t n = 0, n_names = 0;
    if (bnn_registry_scan(registry, &files, &n, err) != BNN_OK)
        return;
    const char **names = bnn_arena_alloc(arena, n + 1, sizeof *names);
    for (size_t i = 0; names != NULL && i < n; i++)
        if (files[i].kind == kind && files[i].shadowed_by == NULL)
            names[n_names++] = files[i].name;
    char meant[BNN_DID_YOU_MEAN], known[480], looked_in[800];
    if (bnn_did_you_mean(name, names, n_names, meant)[0] != '\0')
        bnn_fail(err, BNN_E_RESOURCE, "there is no %s \"%.*s\"%s", bnn_kind_name(kind),
                 BNN_PLUGIN_NAME, name, meant);
    else
        bnn_fail(err, BNN_E_RESOURCE,
                 "there is no %s \"%.*s\"; there is %s (looked in %s; --plugin-path and "
                 "BNNRUN_PLUGIN_PATH add directories)",
                 bnn_kind_name(kind), BNN_PLUGIN_NAME, name,
                 n_names == 0 ? "none at all" : bnn_text_join(names, n_names, known, sizeof known),
                 bnn_text_shorten(registry->list, looked_in, sizeof looked_in));
}

const bnn_plugin *bnn_registry_load(bnn_registry *registry, bnn_kind kind, const char *name,
                                    bnn_error *err)
{
    char file[2 * BNN_PLUGIN_NAME], path[PATH_MAX];
    const char *list = registry->list;
    snprintf(file, sizeof file, "%s_%.*s.so", bnn_kind_name(kind), BNN_PLUGIN_NAME, name);
    /* A name with a slash or the like must not become a path. */
    if (!bnn_plugin_name_is_valid(name) || !registry_find(&list, file, path)) {
        registry_fail_not_found(registry, kind, name, err);
        return NULL;
    }
    return bnn_registry_load_file(registry, path, err);
}

static bool registry_is_inside(const char *path, const char *folder)
{
    const size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && path[n] == '/';
}

bool bnn_registry_bundles(const char *plugin)
{
    char path[PATH_MAX], beside[PATH_MAX], folder[PATH_MAX];
    if (realpath(plugin, path) == NULL)
        return false;
    if (bnn_path_beside_program("plugins", beside) && realpath(beside, folder) != NULL &&
        registry_is_inside(path, folder))
        return true;
    return bnn_path_installed(BNN_PLUGIN_DIR, beside) && realpath(beside, folder) != NULL &&
           registry_is_inside(path, folder);
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
    e->plugin.formula = bnn_descriptor_formula(head);
    e->plugin.later = bnn_descriptor_later(head);
    e->plugin.path = kept;
    e->plugin.bundled = bnn_registry_bundles(path);
    e->plugin.rehearsal = e->plugin.bundled || registry->trusts ? NULL : registry->rehearsal;
    if (bnn_file_sha256(path, e->plugin.sha256, err) != BNN_OK)
        return NULL;
    e->next = registry->entries;
    registry->entries = e;
    return &e->plugin;
}

static int registry_probe(const bnn_registry *registry, const char *path, bnn_kind kind,
                          const char *name, bnn_error *err)
{
    return registry->trusts || bnn_registry_bundles(path) ? BNN_OK
                                                          : bnn_loader_probe(path, kind, name, err);
}

int bnn_registry_probe(const bnn_registry *registry, const bnn_plugin_file *file, bnn_error *err)
{
    return registry_probe(registry, file->path, file->kind, file->name, err);
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
                 "%s: a plugin's file is named KIND_NAME.so, where KIND is layer, ste, ordering, "
                 "optimizer or form and NAME lower case letters, digits and underscores",
                 path);
        return NULL;
    }
    const bnn_head *head;
    if (registry_probe(registry, path, kind, name, err) != BNN_OK)
        return NULL;
    if (bnn_loader_open(path, kind, name, registry->arena, &head, err) != BNN_OK)
        return NULL;
    return registry_add_entry(registry, path, head, err);
}
