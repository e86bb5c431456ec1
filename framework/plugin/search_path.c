#include "plugin/search_path.h"

#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool search_path_has(const bnn_search_path *search, const struct stat *directory)
{
    struct stat other;
    for (size_t i = 0; i < search->n; i++)
        if (stat(search->directories[i], &other) == 0 && other.st_dev == directory->st_dev &&
            other.st_ino == directory->st_ino)
            return true;
    return false;
}

/* Directories that do not exist are kept: a message that says where was looked shows them. */
static int search_path_add(bnn_search_path *search, const char *path, bnn_arena *arena)
{
    struct stat info;
    if (search->n == BNN_SEARCH_PATH_MAX ||
        (stat(path, &info) == 0 && search_path_has(search, &info)))
        return BNN_OK;
    const char *directory = bnn_arena_strdup(arena, path);
    const char *list =
        search->n == 0 ? directory : bnn_arena_printf(arena, "%s:%s", search->list, path);
    if (directory == NULL || list == NULL)
        return BNN_E_INTERNAL;
    search->directories[search->n++] = directory;
    search->list = list;
    return BNN_OK;
}

static int search_path_add_list(bnn_search_path *search, const char *list, bnn_arena *arena)
{
    char directory[PATH_MAX];
    int status = BNN_OK;
    while (status == BNN_OK && bnn_path_next(&list, directory))
        status = search_path_add(search, directory, arena);
    return status;
}

/* Libtool leaves plugins/ste/ste_x.la's shared object in plugins/ste/.libs, and the uninstalled
 * program at the top of the build tree. */
static int search_path_add_build_tree(bnn_search_path *search, bnn_arena *arena)
{
    static const char *const folders[] = {"plugins/layers/.libs", "plugins/ste/.libs",
                                          "plugins/orderings/.libs", "plugins/optimizers/.libs"};
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < sizeof folders / sizeof *folders; i++) {
        char directory[PATH_MAX];
        if (bnn_path_beside_program(folders[i], directory) && access(directory, F_OK) == 0)
            status = search_path_add(search, directory, arena);
    }
    return status;
}

int bnn_search_path_init(bnn_search_path *search, const char *extra, bnn_arena *arena)
{
    *search = (bnn_search_path){.n = 0};
    int status = search_path_add_list(search, extra, arena);
    if (status == BNN_OK)
        status = search_path_add_list(search, secure_getenv("BNNRUN_PLUGIN_PATH"), arena);
    if (status == BNN_OK)
        status = search_path_add_build_tree(search, arena);
    if (status == BNN_OK)
        status = search_path_add_list(search, bnn_path_of_plugins(), arena);
    return status;
}

bool bnn_search_path_find(const bnn_search_path *search, bnn_kind kind, const char *name,
                          char path[PATH_MAX])
{
    char file[2 * BNN_PLUGIN_NAME];
    snprintf(file, sizeof file, "%s_%.*s.so", bnn_kind_name(kind), BNN_PLUGIN_NAME, name);
    for (size_t i = 0; i < search->n; i++) {
        struct stat info;
        if (bnn_path_join(search->directories[i], file, path) && lstat(path, &info) == 0)
            return true;
    }
    return false;
}

/* Appends the files of one name on the path, if they are plugins of this kind. */
static size_t search_path_list(const bnn_search_path *search, bnn_kind kind, const char *stem,
                               bnn_arena *arena, bnn_plugin_file *out)
{
    char file[NAME_MAX + 1], path[PATH_MAX], name[BNN_PLUGIN_NAME];
    bnn_kind found;
    size_t n = 0;
    snprintf(file, sizeof file, "%s.so", stem);
    if (!bnn_plugin_file_name(file, &found, name) || found != kind)
        return 0;
    const char *kept = bnn_arena_strdup(arena, name);
    for (size_t i = 0; i < search->n; i++) {
        struct stat info;
        if (!bnn_path_join(search->directories[i], file, path) || lstat(path, &info) != 0)
            continue;
        out[n] = (bnn_plugin_file){.kind = kind,
                                   .name = kept,
                                   .path = bnn_arena_strdup(arena, path),
                                   .shadowed_by = n > 0 ? out[0].path : NULL};
        if (kept == NULL || out[n].path == NULL)
            break;
        n++;
    }
    return n;
}

size_t bnn_search_path_scan(const bnn_search_path *search, bnn_arena *arena,
                            const bnn_plugin_file **out)
{
    static const bnn_plugin_file none;
    size_t n = 0, n_names = 0;
    const char **names = bnn_path_scan(search->list, ".so", arena, &n_names);
    bnn_plugin_file *files = bnn_arena_alloc(arena, n_names * search->n, sizeof *files);
    *out = files != NULL ? files : &none;
    for (bnn_kind kind = BNN_KIND_LAYER; files != NULL && bnn_kind_name(kind) != NULL; kind++)
        for (size_t i = 0; i < n_names; i++)
            n += search_path_list(search, kind, names[i], arena, files + n);
    return n;
}
