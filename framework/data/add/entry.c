/* entry.c - the files that a set needs, and its entry of the catalogue, in this order: until the entry is
 * there, nothing knows of the files, which lie in a folder that is named after what they hold. */
#include "data/add/add_internal.h"

#include "base/file.h"
#include "base/path.h"
#include "base/size.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ENTRY_BYTES = 1 << 18,
    NAME_HASH = 8, /* characters of the hash in the name of the folder */
};

static const char *const entry_keys[ADD_FILES] = {"train_images", "train_labels", "test_images",
                                                  "test_labels"};
static const char *const entry_names[2][ADD_FILES] = {
    {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "test-images-idx3-ubyte",
     "test-labels-idx1-ubyte"},
    {"train-images-idx4-ubyte", "train-labels-idx1-ubyte", "test-images-idx4-ubyte",
     "test-labels-idx1-ubyte"}};

/* ---- files ------------------------------------------------------------------------------- */

/* A file of the set as it will be, in memory that the caller frees. NULL without memory. */
static uint8_t *entry_make_file(const add_set *set, size_t role, size_t *n_bytes)
{
    const bnn_images *part = &set->parts[role / 2];
    const bnn_shape s = set->shape;
    const bool labels = role % 2 == 1, planes = s.c > 1;
    const size_t n_data = part->n * (labels ? 1 : bnn_shape_values(s));
    const uint32_t n_dims = labels ? 1 : planes ? 4 : 3;
    const uint32_t dims[4] = {part->n, planes ? s.c : s.h, planes ? s.h : s.w, s.w};
    const size_t n_header = 4 + 4 * (size_t)n_dims;
    uint8_t *bytes = malloc(n_header + n_data);
    if (bytes == NULL)
        return NULL;
    const uint8_t magic[4] = {0, 0, 8, (uint8_t)n_dims};
    memcpy(bytes, magic, sizeof magic);
    for (size_t i = 0; i < n_dims; i++)
        for (size_t k = 0; k < 4; k++)
            bytes[4 + 4 * i + k] = (uint8_t)(dims[i] >> (24 - 8 * k));
    memcpy(bytes + n_header, labels ? part->labels : part->pixels, n_data);
    *n_bytes = n_header + n_data;
    return bytes;
}

/* Writes a file into a folder, or only hashes it when that is NULL. */
static int entry_put_file(const add_set *set, size_t role, const char *folder,
                          char sha256[BNN_SHA256_HEX], bnn_error *err)
{
    char path[PATH_MAX];
    size_t n;
    uint8_t *bytes = entry_make_file(set, role, &n);
    int status = BNN_OK;
    if (bytes == NULL)
        return bnn_no_memory(err);
    bnn_sha256(bytes, n, sha256);
    if (folder != NULL && !bnn_path_join(folder, set->names[role], path))
        status = bnn_fail(err, BNN_E_RESOURCE, "%s: path too long", folder);
    else if (folder != NULL)
        status = bnn_file_write(path, bytes, n, err);
    free(bytes);
    return status;
}

/* Writes all files to CATALOGUE/NAME-HASH; *relative: that without the catalogue. */
static int entry_put_files(add_set *set, char sha256[ADD_FILES][BNN_SHA256_HEX],
                           const char **relative, bnn_add_result *out, bnn_error *err)
{
    const bnn_add_request *request = set->request;
    char all[BNN_SHA256_HEX];
    for (size_t i = 0; i < ADD_FILES; i++) {
        set->names[i] = entry_names[set->shape.c > 1][i];
        if (entry_put_file(set, i, NULL, sha256[i], err) != BNN_OK)
            return err->status;
    }
    bnn_sha256(sha256, ADD_FILES * sizeof *sha256, all);
    *relative = bnn_arena_printf(set->arena, "%s-%.*s", request->name, NAME_HASH, all);
    if (*relative == NULL)
        return bnn_no_memory(err);
    if (!bnn_path_join(request->catalogue, *relative, out->folder))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: path too long", request->catalogue);
    int status = bnn_file_make_directory(out->folder, err);
    for (size_t i = 0; status == BNN_OK && i < ADD_FILES; i++)
        status = entry_put_file(set, i, out->folder, sha256[i], err);
    return status;
}

/* What an entry that is replaced has left: a folder like those that are written here. */
static void entry_remove_files(const bnn_add_request *request, const bnn_catalogue_entry *old,
                               const char *kept)
{
    const size_t n = strlen(request->name);
    char path[PATH_MAX];
    const char *name = old->directory == NULL ? "" : bnn_path_name(old->directory);
    if (strncmp(name, request->name, n) != 0 || name[n] != '-' ||
        strlen(name) != n + 1 + NAME_HASH || !bnn_path_join(request->catalogue, name, path) ||
        strcmp(path, old->directory) != 0 || strcmp(path, kept) == 0)
        return;
    for (size_t i = 0; i < (size_t)2 * ADD_FILES; i++)
        if (bnn_path_join(old->directory, entry_names[i / ADD_FILES][i % ADD_FILES], path))
            unlink(path);
    rmdir(old->directory);
}

/* ---- the entry --------------------------------------------------------------------------- */

typedef struct entry_text {
    char *bytes; /* [ENTRY_BYTES] */
    size_t n;
} entry_text;

static void entry_print(entry_text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void entry_print(entry_text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(t->bytes + t->n, ENTRY_BYTES - t->n, format, args);
    va_end(args);
    t->n = bnn_size_smaller(t->n + (size_t)(n > 0 ? n : 0), ENTRY_BYTES - 1);
}

/* In double quotes. */
static void entry_quote(entry_text *t, const char *key, const char *text)
{
    entry_print(t, "%s: \"", key);
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            entry_print(t, "\\x%02x", (unsigned)*c);
        else
            entry_print(t, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
    entry_print(t, "\"\n");
}

/* The names of the classes, as comments: an entry has no use for them. */
static void entry_print_classes(entry_text *t, const add_set *set)
{
    entry_print(t, "# The classes are the folders");
    for (uint32_t i = 0; i < set->n_classes; i++) {
        entry_print(t, "%s%u ", i == 0 ? ": " : ", ", i);
        for (const char *c = set->classes[i]; *c != '\0'; c++)
            entry_print(t, "%c", (unsigned char)*c < ' ' || *c == 127 ? '?' : *c);
    }
    entry_print(t, "\n");
}

static void entry_print_all(entry_text *t, const add_set *set, const char *path,
                            char sha256[ADD_FILES][BNN_SHA256_HEX], const bnn_add_result *r)
{
    char train[BNN_SHORT_TEXT], test[BNN_SHORT_TEXT], summary[100];
    snprintf(summary, sizeof summary, "%s images for training and %s for testing",
             bnn_count_text(r->n_train, train), bnn_count_text(r->n_test, test));
    entry_print(t, "# Written by `bnnrun data add`.\n");
    if (set->classes != NULL)
        entry_print_classes(t, set);
    entry_quote(t, "summary", set->request->summary != NULL ? set->request->summary : summary);
    entry_print(t, "classes: %u\nn_train: %u\nshape: [%u, %u, %u]\n", r->n_classes, r->n_train,
                r->shape.c, r->shape.h, r->shape.w);
    entry_quote(t, "path", path);
    if (set->first_label > 0)
        entry_print(t, "first_label: %u\n", set->first_label);
    if (set->request->transpose)
        entry_print(t, "transpose: true\n");
    entry_print(t, "files:\n");
    for (size_t i = 0; i < ADD_FILES; i++)
        entry_print(t, "  %s:\n    name: \"%s\"\n    sha256: %s\n", entry_keys[i], set->names[i],
                    sha256[i]);
}

/* Writes the entry when it can be read. */
static int entry_put(const add_set *set, const entry_text *t, const bnn_add_result *r,
                     bnn_error *err)
{
    int status = BNN_OK;
    bnn_diag *diag = bnn_diag_create();
    if (diag == NULL)
        return bnn_no_memory(err);
    if (t->n == ENTRY_BYTES - 1)
        status =
            bnn_fail(err, BNN_E_RESOURCE, "%s: the names of its classes are too long", set->folder);
    else if (bnn_tree_parse(r->entry, t->bytes, t->n, set->arena, diag) == NULL)
        status = bnn_fail(err, BNN_E_RESOURCE, "%s: its names cannot stand in an entry: %.600s",
                          set->folder, bnn_diag_message(diag, 0));
    else
        status = bnn_file_write(r->entry, t->bytes, t->n, err);
    bnn_diag_destroy(diag);
    return status;
}

/* The files may stay where they are when the entry can name each. */
static bool entry_can_name(const add_set *set)
{
    for (size_t i = 0; i < ADD_FILES; i++)
        if (set->names[i] == NULL ||
            !bnn_text_is_name(set->names[i], "", "._-", BNN_DATA_FILE_NAME_MAX))
            return false;
    return true;
}

int bnn_add_write(add_set *set, bnn_add_result *out, bnn_error *err)
{
    const bnn_add_request *request = set->request;
    const bool turned = request->transpose;
    const bnn_shape s = set->shape;
    bnn_catalogue_entry old = {.directory = NULL};
    char sha256[ADD_FILES][BNN_SHA256_HEX];
    const char *path = set->folder;
    bnn_error ignored;
    entry_text text = {.bytes = bnn_arena_alloc(set->arena, ENTRY_BYTES, 1)};
    if (text.bytes == NULL)
        return bnn_no_memory(err);
    out->n_train = set->parts[0].n;
    out->n_test = set->parts[1].n;
    out->n_classes = set->n_classes;
    out->first_label = set->first_label;
    out->shape = turned ? (bnn_shape){s.c, s.w, s.h} : s;
    out->written = !entry_can_name(set);
    snprintf(out->folder, sizeof out->folder, "%s", set->folder);
    if (access(out->entry, F_OK) == 0)
        bnn_catalogue_load(request->catalogue, request->name, set->arena, &old, &ignored);
    int status = bnn_file_make_directory(request->catalogue, err);
    for (size_t i = 0; i < ADD_FILES && !out->written; i++)
        memcpy(sha256[i], set->files[i].sha256, BNN_SHA256_HEX);
    if (status == BNN_OK && out->written)
        status = entry_put_files(set, sha256, &path, out, err);
    if (status != BNN_OK)
        return status;
    entry_print_all(&text, set, path, sha256, out);
    status = entry_put(set, &text, out, err);
    if (status == BNN_OK)
        entry_remove_files(request, &old, out->folder);
    return status;
}
