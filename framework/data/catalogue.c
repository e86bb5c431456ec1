#include "data/catalogue.h"

#include "base/path.h"
#include "base/text.h"
#include "data/formats/format.h"
#include "spec/schema.h"

#include <stdio.h>
#include <string.h>

enum {
    CATALOGUE_SIDE_MAX = 4096,     /* pixels of an image's side, or channels */
    CATALOGUE_FILE_NAME_MAX = 100, /* characters; the variants and suffixes must fit in NAME_MAX */
    CATALOGUE_URL_MAX = 400,       /* characters */
    CATALOGUE_FORMATS_MAX = 16,
};

bool bnn_catalogue_can_fetch(const bnn_catalogue_entry *entry)
{
    return entry->n_mirrors > 0 || entry->npm.package != NULL;
}

bool bnn_catalogue_is_name(const char *name)
{
    return bnn_text_is_name(name, "", "_-", BNN_DATA_NAME_MAX);
}

/* The node at a key that every entry has; NULL after a message. */
static const bnn_node *catalogue_need(const bnn_node *root, const char *key, bnn_diag *diag)
{
    const bnn_node *node = bnn_tree_get(root, key);
    if (node == NULL)
        bnn_diag_add(diag, root->at, "key \"%s\" is missing", key);
    return node;
}

/* The text at a key that must be a word; NULL when it is missing (and may be) or wrong. */
static const char *catalogue_word_at(const bnn_node *map, const char *key, const char *what,
                                     const char *also, bool required, bnn_diag *diag)
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
    if (!bnn_text_is_name(text, "", also, CATALOGUE_FILE_NAME_MAX)) {
        bnn_diag_add(
            diag, node->at,
            "%s: \"%s\" must be made of letters, digits and %s, and start with a letter or "
            "digit",
            what, text, also);
        return NULL;
    }
    return text;
}

static void catalogue_read_file(const bnn_node *map, const char *key, size_t role,
                                bnn_catalogue_entry *entry, bnn_diag *diag)
{
    static const char *const known[] = {"name", "sha256", NULL};
    char what[64];
    snprintf(what, sizeof what, "files.%s", key);
    if (bnn_schema_known_keys(map, what, known, diag) != BNN_OK)
        return;
    if (entry->n_files == BNN_DATA_FILES_MAX) {
        bnn_diag_add(diag, map->at, "files: more than %d", BNN_DATA_FILES_MAX);
        return;
    }
    bnn_catalogue_file *out = &entry->files[entry->n_files++];
    out->role = role;
    out->name = catalogue_word_at(map, "name", what, "._-", true, diag);
    out->sha256 = catalogue_word_at(map, "sha256", what, "", true, diag);
    if (out->sha256 == NULL)
        return;
    if (strlen(out->sha256) != BNN_SHA256_HEX - 1 ||
        strspn(out->sha256, "0123456789abcdef") != BNN_SHA256_HEX - 1)
        bnn_diag_add(diag, bnn_tree_get(map, "sha256")->at,
                     "%s: a SHA-256 has 64 lower-case hexadecimal digits", what);
}

static void catalogue_read_role(const bnn_node *files, size_t role, bnn_catalogue_entry *entry,
                                bnn_diag *diag)
{
    const bnn_format_role *r = &entry->format->roles[role];
    const bnn_node *node = bnn_tree_get(files, r->key);
    if (node == NULL)
        bnn_diag_add(diag, files->at, "files: key \"%s\" is missing", r->key);
    else if (!r->may_be_list || node->kind != BNN_NODE_LIST)
        catalogue_read_file(node, r->key, role, entry, diag);
    else if (node->n == 0)
        bnn_diag_add(diag, node->at, "files.%s: an empty list", r->key);
    else
        for (size_t i = 0; i < node->n; i++)
            catalogue_read_file(node->items[i], r->key, role, entry, diag);
}

/* The format of an entry; NULL after a message. Those that read no files are not for entries. */
static const bnn_format *catalogue_read_format(const bnn_node *root, bnn_diag *diag)
{
    const bnn_node *node = bnn_tree_get(root, "format");
    const char *text, *names[CATALOGUE_FORMATS_MAX];
    const bnn_format *f;
    size_t n = 0;
    char list[200], near[BNN_DID_YOU_MEAN];
    if (node == NULL)
        return bnn_format_at(0);
    if (bnn_schema_text(node, "format", &text, diag) != BNN_OK)
        return NULL;
    for (size_t i = 0; (f = bnn_format_at(i)) != NULL; i++) {
        if (f->n_roles == 0)
            continue;
        if (strcmp(f->name, text) == 0)
            return f;
        names[n++] = f->name;
    }
    bnn_diag_add(diag, node->at, "format: unknown format \"%s\"%s; known: %s", text,
                 bnn_did_you_mean(text, names, n, near),
                 bnn_text_join(names, n, list, sizeof list));
    return NULL;
}

static void catalogue_read_files(const bnn_node *root, bnn_catalogue_entry *entry, bnn_diag *diag)
{
    const char *keys[BNN_FORMAT_ROLES_MAX + 1] = {NULL};
    const bnn_node *files = catalogue_need(root, "files", diag);
    entry->format = catalogue_read_format(root, diag);
    if (files == NULL || entry->format == NULL)
        return;
    for (size_t i = 0; i < entry->format->n_roles; i++)
        keys[i] = entry->format->roles[i].key;
    if (bnn_schema_known_keys(files, "files", keys, diag) != BNN_OK)
        return;
    for (size_t i = 0; i < entry->format->n_roles; i++)
        catalogue_read_role(files, i, entry, diag);
}

static void catalogue_read_mirrors(const bnn_node *root, bnn_arena *arena,
                                   bnn_catalogue_entry *entry, bnn_diag *diag)
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
        bool printable = n <= CATALOGUE_URL_MAX;
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
            bnn_diag_no_memory(diag);
        else
            entry->mirrors[entry->n_mirrors++] = ended;
    }
}

static void catalogue_read_npm(const bnn_node *root, bnn_catalogue_npm *npm, bnn_diag *diag)
{
    static const char *const known[] = {"package", "version", "directory", NULL};
    const bnn_node *map = bnn_tree_get(root, "npm");
    if (map == NULL || bnn_schema_known_keys(map, "npm", known, diag) != BNN_OK)
        return;
    npm->package = catalogue_word_at(map, "package", "npm.package", "._-", true, diag);
    npm->version = catalogue_word_at(map, "version", "npm.version", ".-", true, diag);
    npm->directory = catalogue_word_at(map, "directory", "npm.directory", "._-", true, diag);
}

static void catalogue_read_images(const bnn_node *root, bnn_catalogue_entry *entry, bnn_diag *diag)
{
    const bnn_node *classes = catalogue_need(root, "classes", diag);
    const bnn_node *shape = catalogue_need(root, "shape", diag);
    uint32_t *const sides[] = {&entry->shape.c, &entry->shape.h, &entry->shape.w};
    int64_t value;
    if (classes != NULL &&
        bnn_schema_integer(classes, "classes", 2, BNN_DATA_CLASSES_MAX, &value, diag) == BNN_OK)
        entry->n_classes = (uint32_t)value;
    if (shape == NULL)
        return;
    if (shape->kind != BNN_NODE_LIST || shape->n != 3) {
        bnn_diag_add(diag, shape->at, "shape: must be a list of channels, height and width");
    } else {
        for (size_t i = 0; i < 3; i++)
            if (bnn_schema_integer(shape->items[i], "shape", 1, CATALOGUE_SIDE_MAX, &value, diag) ==
                BNN_OK)
                *sides[i] = (uint32_t)value;
    }
}

static void catalogue_read_entry(const bnn_node *root, bnn_arena *arena, bnn_catalogue_entry *entry,
                                 bnn_diag *diag)
{
    static const char *const known[] = {"summary", "reference", "classes", "shape",  "format",
                                        "files",   "mirrors",   "npm",     "debian", NULL};
    if (bnn_schema_known_keys(root, "data set", known, diag) != BNN_OK)
        return;
    const bnn_node *summary = catalogue_need(root, "summary", diag);
    const bnn_node *reference = bnn_tree_get(root, "reference");
    if (summary != NULL)
        bnn_schema_text(summary, "summary", &entry->summary, diag);
    if (reference != NULL)
        bnn_schema_text(reference, "reference", &entry->reference, diag);
    catalogue_read_images(root, entry, diag);
    catalogue_read_files(root, entry, diag);
    catalogue_read_mirrors(root, arena, entry, diag);
    catalogue_read_npm(root, &entry->npm, diag);
    entry->debian = catalogue_word_at(root, "debian", "debian", ".+-", false, diag);
}

static int catalogue_fail_unknown(const char *directories, const char *name, bnn_arena *arena,
                                  bnn_error *err)
{
    const char *const *names;
    size_t n;
    char list[400], near[BNN_DID_YOU_MEAN];
    if (bnn_catalogue_list(directories, arena, &names, &n, err) != BNN_OK)
        return err->status;
    return bnn_fail(err, BNN_E_SPEC, "unknown data set \"%s\"%s; known: %s; no %s.yaml in %s", name,
                    bnn_did_you_mean(name, names, n, near),
                    bnn_text_join(names, n, list, sizeof list), name, directories);
}

const bnn_catalogue_entry *bnn_catalogue_builtin(const char *name)
{
    const bnn_format *f;
    for (size_t i = 0; (f = bnn_format_at(i)) != NULL; i++)
        if (f->builtin != NULL && strcmp(f->builtin->name, name) == 0)
            return f->builtin;
    return NULL;
}

int bnn_catalogue_load(const char *directories, const char *name, bnn_arena *arena,
                       bnn_catalogue_entry *out, bnn_error *err)
{
    int status = BNN_OK;
    char file[BNN_DATA_NAME_MAX + sizeof ".yaml"], found[PATH_MAX];
    const bnn_catalogue_entry *builtin = bnn_catalogue_builtin(name);
    if (builtin != NULL) {
        *out = *builtin;
        return BNN_OK;
    }
    if (!bnn_catalogue_is_name(name))
        return bnn_fail(err, BNN_E_SPEC,
                        "\"%s\" is no name of a data set: letters, digits, _ and -, at most %d",
                        name, BNN_DATA_NAME_MAX);
    snprintf(file, sizeof file, "%s.yaml", name);
    if (!bnn_path_find(directories, file, found))
        return catalogue_fail_unknown(directories, name, arena, err);
    const char *path = bnn_arena_strdup(arena, found);
    bnn_diag *diag = bnn_diag_create();
    if (path == NULL || diag == NULL) {
        bnn_diag_destroy(diag);
        return bnn_no_memory(err);
    }
    bnn_catalogue_entry entry = {.path = path, .name = bnn_arena_strdup(arena, name)};
    const bnn_node *root = bnn_tree_load(path, arena, diag);
    if (root != NULL)
        catalogue_read_entry(root, arena, &entry, diag);
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
    const char **list = files == NULL
                            ? NULL
                            : bnn_arena_alloc(arena, n_files + CATALOGUE_FORMATS_MAX, sizeof *list);
    if (list == NULL)
        return bnn_no_memory(err);
    const bnn_format *f;
    size_t n_all = 0;
    for (size_t i = 0; (f = bnn_format_at(i)) != NULL; i++)
        if (f->builtin != NULL)
            list[n_all++] = f->builtin->name;
    for (size_t i = 0; i < n_files; i++)
        if (bnn_catalogue_is_name(files[i]))
            list[n_all++] = files[i];
    *names = list;
    *n = bnn_text_unique(list, n_all);
    return BNN_OK;
}
