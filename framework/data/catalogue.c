#include "data/catalogue.h"

#include "base/path.h"
#include "base/sha256.h"
#include "base/text.h"
#include "spec/schema.h"

#include <stdio.h>
#include <string.h>

enum {
    SIDE_MAX = 4096,     /* pixels of an image's side, or channels */
    FILE_NAME_MAX = 100, /* characters; the variants and suffixes must fit in NAME_MAX */
    URL_MAX = 400,       /* characters */
};

bool bnn_catalogue_is_name(const char *name)
{
    return bnn_text_is_name(name, "", "_-", BNN_DATA_NAME_MAX);
}

/* The text at a key that must be a word; NULL when it is missing (and may be) or wrong. */
static const char *word_at(const bnn_node *map, const char *key, const char *what, const char *also,
                           bool required, bnn_diag *diag)
{
    const bnn_node *node = bnn_tree_get(map, key);
    const char *text = NULL;
    if (node == NULL) {
        if (required)
            bnn_diag_add(diag, map->at, "%s: key \"%s\" is missing", what, key);
        return NULL;
    }
    if (bnn_schema_text(node, what, &text, diag) != BNN_OK)
        return NULL;
    if (!bnn_text_is_name(text, "", also, FILE_NAME_MAX)) {
        bnn_diag_add(
            diag, node->at,
            "%s: \"%s\" must be made of letters, digits and %s, and start with a letter or "
            "digit",
            what, text, also);
        return NULL;
    }
    return text;
}

static void read_file(const bnn_node *files, const char *key, bnn_catalogue_file *out,
                      bnn_diag *diag)
{
    static const char *const known[] = {"name", "sha256", NULL};
    char what[64];
    snprintf(what, sizeof what, "files.%s", key);
    const bnn_node *map = bnn_tree_get(files, key);
    if (map == NULL) {
        bnn_diag_add(diag, files->at, "files: key \"%s\" is missing", key);
        return;
    }
    if (bnn_schema_known_keys(map, what, known, diag) != BNN_OK)
        return;
    out->name = word_at(map, "name", what, "._-", true, diag);
    out->sha256 = word_at(map, "sha256", what, "", true, diag);
    if (out->sha256 == NULL)
        return;
    if (strlen(out->sha256) != BNN_SHA256_HEX - 1 ||
        strspn(out->sha256, "0123456789abcdef") != BNN_SHA256_HEX - 1)
        bnn_diag_add(diag, bnn_tree_get(map, "sha256")->at,
                     "%s: a SHA-256 has 64 lower-case hexadecimal digits", what);
}

static void read_files(const bnn_node *root, bnn_catalogue_entry *entry, bnn_diag *diag)
{
    static const char *const keys[] = {"train_images", "train_labels", "test_images", "test_labels",
                                       NULL};
    const bnn_node *files = bnn_tree_get(root, "files");
    if (files == NULL)
        bnn_diag_add(diag, root->at, "key \"files\" is missing");
    else if (bnn_schema_known_keys(files, "files", keys, diag) == BNN_OK)
        for (int i = 0; i < BNN_DATA_FILES; i++)
            read_file(files, keys[i], &entry->files[i], diag);
}

static void read_mirrors(const bnn_node *root, bnn_arena *arena, bnn_catalogue_entry *entry,
                         bnn_diag *diag)
{
    const bnn_node *list = bnn_tree_get(root, "mirrors");
    if (list == NULL)
        return;
    if (list->kind != BNN_NODE_LIST || list->n > BNN_DATA_MIRRORS_MAX) {
        bnn_diag_add(diag, list->at, "mirrors: must be a list of at most %d addresses",
                     BNN_DATA_MIRRORS_MAX);
        return;
    }
    for (size_t i = 0; i < list->n; i++) {
        const bnn_node *node = list->items[i];
        const char *url;
        if (bnn_schema_text(node, "mirrors", &url, diag) != BNN_OK)
            continue;
        const size_t n = strlen(url);
        bool printable = n <= URL_MAX;
        for (const char *c = url; *c != '\0'; c++)
            printable = printable && *c > ' ' && *c < 127;
        if (!printable || (strncmp(url, "https://", 8) != 0 && strncmp(url, "file:///", 8) != 0)) {
            bnn_diag_add(diag, node->at,
                         "mirrors: \"%s\" must start with https:// (or file:///), without spaces",
                         url);
            continue;
        }
        const char *ended = bnn_arena_printf(arena, "%s%s", url, url[n - 1] == '/' ? "" : "/");
        if (ended == NULL)
            bnn_diag_add(diag, node->at, "mirrors: no memory");
        else
            entry->mirrors[entry->n_mirrors++] = ended;
    }
}

static void read_npm(const bnn_node *root, bnn_catalogue_npm *npm, bnn_diag *diag)
{
    static const char *const known[] = {"package", "version", "directory", NULL};
    const bnn_node *map = bnn_tree_get(root, "npm");
    if (map == NULL || bnn_schema_known_keys(map, "npm", known, diag) != BNN_OK)
        return;
    npm->package = word_at(map, "package", "npm.package", "._-", true, diag);
    npm->version = word_at(map, "version", "npm.version", ".-", true, diag);
    npm->directory = word_at(map, "directory", "npm.directory", "._-", true, diag);
}

static void read_images(const bnn_node *root, bnn_catalogue_entry *entry, bnn_diag *diag)
{
    const bnn_node *classes = bnn_tree_get(root, "classes");
    int64_t value;
    if (classes == NULL)
        bnn_diag_add(diag, root->at, "key \"classes\" is missing");
    else if (bnn_schema_integer(classes, "classes", 2, BNN_DATA_CLASSES_MAX, &value, diag) ==
             BNN_OK)
        entry->n_classes = (uint32_t)value;

    const bnn_node *shape = bnn_tree_get(root, "shape");
    uint32_t *const sides[] = {&entry->shape.c, &entry->shape.h, &entry->shape.w};
    if (shape == NULL) {
        bnn_diag_add(diag, root->at, "key \"shape\" is missing");
    } else if (shape->kind != BNN_NODE_LIST || shape->n != 3) {
        bnn_diag_add(diag, shape->at, "shape: must be a list of channels, height and width");
    } else {
        for (size_t i = 0; i < 3; i++)
            if (bnn_schema_integer(shape->items[i], "shape", 1, SIDE_MAX, &value, diag) == BNN_OK)
                *sides[i] = (uint32_t)value;
    }
}

static void read_entry(const bnn_node *root, bnn_arena *arena, bnn_catalogue_entry *entry,
                       bnn_diag *diag)
{
    static const char *const known[] = {"summary", "reference", "classes", "shape", "files",
                                        "mirrors", "npm",       "debian",  NULL};
    if (bnn_schema_known_keys(root, "data set", known, diag) != BNN_OK)
        return;
    const bnn_node *summary = bnn_tree_get(root, "summary");
    const bnn_node *reference = bnn_tree_get(root, "reference");
    if (summary == NULL)
        bnn_diag_add(diag, root->at, "key \"summary\" is missing");
    else
        bnn_schema_text(summary, "summary", &entry->summary, diag);
    if (reference != NULL)
        bnn_schema_text(reference, "reference", &entry->reference, diag);
    read_images(root, entry, diag);
    read_files(root, entry, diag);
    read_mirrors(root, arena, entry, diag);
    read_npm(root, &entry->npm, diag);
    entry->debian = word_at(root, "debian", "debian", ".+-", false, diag);
}

/* The path of NAME.yaml, in the arena, or NULL. */
static const char *find_entry(const char *directories, const char *name, bnn_arena *arena)
{
    char file[NAME_MAX + 1], path[PATH_MAX];
    snprintf(file, sizeof file, "%s.yaml", name);
    return bnn_path_find(directories, file, path) ? bnn_arena_strdup(arena, path) : NULL;
}

static int fail_unknown(const char *directories, const char *name, bnn_arena *arena, bnn_error *err)
{
    const char *const *names;
    size_t n;
    char list[400], meant[BNN_DID_YOU_MEAN];
    if (bnn_catalogue_list(directories, arena, &names, &n, err) != BNN_OK)
        return err->status;
    return bnn_fail(err, BNN_E_SPEC, "unknown data set \"%s\"%s; known: %s; no %s.yaml in %s", name,
                    bnn_did_you_mean(name, names, n, meant),
                    bnn_text_join(names, n, list, sizeof list), name, directories);
}

int bnn_catalogue_load(const char *directories, const char *name, bnn_arena *arena,
                       bnn_catalogue_entry *out, bnn_error *err)
{
    int status = BNN_OK;
    if (!bnn_catalogue_is_name(name))
        return bnn_fail(err, BNN_E_SPEC,
                        "\"%s\" is no name of a data set: letters, digits, _ and -, at most %d",
                        name, BNN_DATA_NAME_MAX);
    const char *path = find_entry(directories, name, arena);
    if (path == NULL)
        return fail_unknown(directories, name, arena, err);
    bnn_diag *diag = bnn_diag_create();
    if (diag == NULL)
        return bnn_no_memory(err);
    bnn_catalogue_entry entry = {.path = path, .name = bnn_arena_strdup(arena, name)};
    const bnn_node *root = bnn_tree_load(path, arena, diag);
    if (root != NULL)
        read_entry(root, arena, &entry, diag);
    const size_t n = bnn_diag_n_errors(diag);
    if (n > 0) {
        char more[40] = "";
        if (n > 1)
            snprintf(more, sizeof more, " (and %zu more)", n - 1);
        status = bnn_fail(err, BNN_E_SPEC, "%.900s%s", bnn_diag_message(diag, 0), more);
    } else if (root == NULL || entry.name == NULL) {
        status = bnn_no_memory(err);
    } else {
        *out = entry;
    }
    bnn_diag_destroy(diag);
    return status;
}

int bnn_catalogue_list(const char *directories, bnn_arena *arena, const char *const **names,
                       size_t *n, bnn_error *err)
{
    size_t n_files;
    const char **files = bnn_path_scan(directories, ".yaml", arena, &n_files);
    const char **list = files == NULL ? NULL : bnn_arena_alloc(arena, n_files + 1, sizeof *list);
    if (list == NULL)
        return bnn_no_memory(err);
    size_t n_all = 0;
    list[n_all++] = "synthetic";
    for (size_t i = 0; i < n_files; i++)
        if (bnn_catalogue_is_name(files[i]))
            list[n_all++] = files[i];
    *names = list;
    *n = bnn_text_unique(list, n_all);
    return BNN_OK;
}
