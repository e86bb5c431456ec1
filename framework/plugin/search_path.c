#include "plugin/search_path.h"

#include "base/path.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCAN_MAX = 4096 }; /* files listed by a scan; a path that holds more is a mistake */

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
    if (directory == NULL)
        return BNN_E_INTERNAL;
    search->directories[search->n++] = directory;
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
        if (bnn_path_beside_program(folders[i], directory) && access(directory, F_OK) == BNN_OK)
            status = search_path_add(search, directory, arena);
    }
    return status;
}

int bnn_search_path_init(bnn_search_path *search, const char *extra, bnn_arena *arena)
{
    search->n = 0;
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
        if (bnn_path_join(search->directories[i], file, path) && lstat(path, &info) == BNN_OK)
            return true;
    }
    return false;
}

typedef struct found {
    bnn_plugin_file file;
    size_t directory; /* its place on the path */
} found;

static int search_path_compare(const void *a, const void *b)
{
    const found *const x = a, *const y = b;
    if (x->file.kind != y->file.kind)
        return x->file.kind < y->file.kind ? -1 : 1;
    const int by_name = strcmp(x->file.name, y->file.name);
    if (by_name != 0)
        return by_name;
    return (x->directory > y->directory) - (x->directory < y->directory);
}

/* Appends the plugins of one directory; a directory that cannot be read holds none. */
static size_t search_path_scan_one(const bnn_search_path *search, size_t i, size_t n, found *list,
                                   bnn_arena *arena)
{
    DIR *directory = opendir(search->directories[i]);
    if (directory == NULL)
        return n;
    const struct dirent *entry;
    while (n < SCAN_MAX && (entry = readdir(directory)) != NULL) {
        bnn_kind kind;
        char name[BNN_PLUGIN_NAME];
        if (!bnn_plugin_file_name(entry->d_name, &kind, name))
            continue;
        const char *path = bnn_arena_printf(arena, "%s/%s", search->directories[i], entry->d_name);
        const char *kept = bnn_arena_strdup(arena, name);
        if (path == NULL || kept == NULL)
            break;
        list[n++] = (found){.file = {.kind = kind, .name = kept, .path = path}, .directory = i};
    }
    closedir(directory);
    return n;
}

size_t bnn_search_path_scan(const bnn_search_path *search, bnn_arena *arena,
                            const bnn_plugin_file **out)
{
    static const bnn_plugin_file none;
    *out = &none;
    found *list = malloc(SCAN_MAX * sizeof *list);
    if (list == NULL)
        return 0;
    size_t n = 0;
    for (size_t i = 0; i < search->n; i++)
        n = search_path_scan_one(search, i, n, list, arena);
    qsort(list, n, sizeof *list, search_path_compare);

    bnn_plugin_file *files = bnn_arena_alloc(arena, n, sizeof *files);
    const char *winner = NULL;
    for (size_t i = 0; files != NULL && i < n; i++) {
        files[i] = list[i].file;
        const bool shadowed = i > 0 && files[i].kind == files[i - 1].kind &&
                              strcmp(files[i].name, files[i - 1].name) == 0;
        if (!shadowed)
            winner = files[i].path;
        files[i].shadowed_by = shadowed ? winner : NULL;
    }
    free(list);
    if (files == NULL)
        return 0;
    *out = files;
    return n;
}
