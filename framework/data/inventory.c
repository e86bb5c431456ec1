#include "data/inventory.h"

#include "data/content.h"
#include "data/sources/fetch.h"
#include "data/formats/idx.h"
#include "data/formats/synthetic.h"

#include <string.h>

static const char drawn[] = "drawn by bnnrun";

static int fail_synthetic(bnn_error *err)
{
    return bnn_fail(err, BNN_E_USAGE, "synthetic is drawn by bnnrun: it has no files");
}

/* Neither a directory nor a message: the arena is full. */
static bnn_inventory_item describe(const bnn_data_search *search, const char *name,
                                   bnn_arena *arena)
{
    bnn_catalogue_entry entry;
    bnn_located located;
    bnn_trail trail = {0};
    bnn_error err;
    bnn_inventory_item item = {.name = name};
    if (strcmp(name, "synthetic") == 0) {
        item.summary = "digits drawn by the program, 6,000 for training and 1,000 for testing";
        item.shape = (bnn_shape){1, BNN_SYNTHETIC_SIDE, BNN_SYNTHETIC_SIDE};
        item.n_classes = BNN_SYNTHETIC_CLASSES;
        item.directory = drawn;
    } else if (bnn_catalogue_load(search->catalogue, name, arena, &entry, &err) != BNN_OK) {
        item.message = bnn_arena_strdup(arena, err.message);
    } else {
        item.summary = entry.summary;
        item.reference = entry.reference;
        item.shape = entry.shape;
        item.n_classes = entry.n_classes;
        if (bnn_directory_find(&entry, &located, &trail))
            item.directory = bnn_arena_strdup(arena, located.directory);
        else
            item.message = bnn_arena_strdup(arena, trail.text);
    }
    return item;
}

int bnn_inventory_list(const bnn_data_search *search, bnn_arena *arena,
                       const bnn_inventory_item **out, size_t *n, bnn_error *err)
{
    const char *const *names;
    size_t n_names;
    int status = bnn_catalogue_list(search->catalogue, arena, &names, &n_names, err);
    if (status != BNN_OK)
        return status;
    bnn_inventory_item *items = bnn_arena_alloc(arena, n_names, sizeof *items);
    if (items == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n_names; i++) {
        items[i] = describe(search, names[i], arena);
        if (items[i].directory == NULL && items[i].message == NULL)
            return bnn_no_memory(err);
    }
    *out = items;
    *n = n_names;
    return BNN_OK;
}

int bnn_inventory_fetch(const char *name, const bnn_data_search *search, bnn_arena *arena,
                        const char **directory, bnn_error *err)
{
    bnn_catalogue_entry entry;
    bnn_located located;
    bnn_trail trail = {0};
    if (strcmp(name, "synthetic") == 0)
        return fail_synthetic(err);
    int status = bnn_catalogue_load(search->catalogue, name, arena, &entry, err);
    if (status != BNN_OK)
        return status;
    status = bnn_fetch(&entry, search, &located, &trail, err);
    if (status == BNN_E_RESOURCE)
        return bnn_trail_fail(&trail, &entry, true, err);
    if (status != BNN_OK)
        return status;
    const char *copy = bnn_arena_strdup(arena, located.directory);
    if (copy == NULL)
        return bnn_no_memory(err);
    *directory = copy;
    return BNN_OK;
}

/* False when the arena is full. */
static bool check_file(const bnn_catalogue_file *file, const char *path, bnn_arena *arena,
                       bnn_inventory_check *out)
{
    char sha256[BNN_SHA256_HEX];
    bnn_error err;
    *out = (bnn_inventory_check){.path = bnn_arena_strdup(arena, path), .expected = file->sha256};
    if (bnn_content_sha256(path, (uint64_t)BNN_IDX_LIMIT_BYTES + BNN_IDX_HEADER_MAX, sha256,
                           &err) != BNN_OK) {
        out->message = bnn_arena_strdup(arena, err.message);
        return out->path != NULL && out->message != NULL;
    }
    out->actual = bnn_arena_strdup(arena, sha256);
    out->ok = strcmp(sha256, file->sha256) == 0;
    return out->path != NULL && out->actual != NULL;
}

int bnn_inventory_verify(const char *name, const bnn_data_search *search, bnn_arena *arena,
                         bnn_inventory_check out[BNN_DATA_FILES], bnn_error *err)
{
    bnn_catalogue_entry entry;
    bnn_located located;
    bnn_trail trail = {0};
    bnn_inventory_check checks[BNN_DATA_FILES];
    if (strcmp(name, "synthetic") == 0)
        return fail_synthetic(err);
    int status = bnn_catalogue_load(search->catalogue, name, arena, &entry, err);
    if (status != BNN_OK)
        return status;
    if (!bnn_directory_find(&entry, &located, &trail))
        return bnn_trail_fail(&trail, &entry, false, err);
    for (int i = 0; i < BNN_DATA_FILES; i++)
        if (!check_file(&entry.files[i], located.paths[i], arena, &checks[i]))
            return bnn_no_memory(err);
    memcpy(out, checks, sizeof checks);
    return BNN_OK;
}
