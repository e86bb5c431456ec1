#include "data/dataset.h"

#include "base/limits.h"
#include "data/sources/fetch.h"
#include "data/formats/idx.h"
#include "data/sources/directory.h"
#include "data/formats/synthetic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What bnn_dataset_close frees. */
typedef struct owner {
    uint8_t *data[BNN_DATA_FILES];
    char source[PATH_MAX];
} owner;

static void owner_destroy(owner *o)
{
    for (int i = 0; o != NULL && i < BNN_DATA_FILES; i++)
        free(o->data[i]);
    free(o);
}

void bnn_dataset_close(bnn_dataset *dataset)
{
    owner_destroy(dataset->owner);
    *dataset = (bnn_dataset){0};
}

/* A spec error of the dataset section, with its position when it has one. */
static int fail_options(const bnn_data_options *options, bnn_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int fail_options(const bnn_data_options *options, bnn_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bnn_fail_v(err, BNN_E_SPEC, format, args);
    va_end(args);
    if (options->at.file != NULL && options->at.line > 0)
        bnn_error_prefix(err, "%s:%u:%u: ", options->at.file, options->at.line, options->at.column);
    return BNN_E_SPEC;
}

static int apply_limit(const bnn_data_options *options, const char *key, int32_t limit,
                       const char *name, bnn_images *images, bnn_error *err)
{
    if (limit <= 0)
        return BNN_OK;
    if ((uint32_t)limit > images->n)
        return fail_options(options, err, "dataset.%s: %d is more than the %u images of %s", key,
                            limit, images->n, name);
    images->n = (uint32_t)limit;
    return BNN_OK;
}

static int apply_options(const bnn_data_options *options, bnn_dataset *dataset, bnn_error *err)
{
    int status = apply_limit(options, "train_limit", options->train_limit, dataset->name,
                             &dataset->train, err);
    if (status == BNN_OK)
        status = apply_limit(options, "test_limit", options->test_limit, dataset->name,
                             &dataset->test, err);
    if (status == BNN_OK && (int64_t)options->validation >= (int64_t)dataset->train.n)
        status = fail_options(options, err,
                              "dataset.validation: %d of the %u training images of %s leaves none "
                              "to train on",
                              options->validation, dataset->train.n, dataset->name);
    return status;
}

/* The images of one part must have the catalogue's shape, and a label each, within the classes. */
static int check_part(const bnn_catalogue_entry *entry, const bnn_idx *images,
                      const char *image_path, const bnn_idx *labels, const char *label_path,
                      bnn_error *err)
{
    const bnn_shape s = entry->shape;
    const bool planar = s.c == 1 && images->n_dims == 3;
    const bnn_shape found = planar ? (bnn_shape){1, images->dims[1], images->dims[2]}
                                   : (bnn_shape){images->dims[1], images->dims[2], images->dims[3]};
    if (!planar && images->n_dims != 4)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %u dimensions, but images have %d", image_path,
                        images->n_dims, s.c == 1 ? 3 : 4);
    if (found.c != s.c || found.h != s.h || found.w != s.w)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: images of %ux%ux%u, but %s says %ux%ux%u",
                        image_path, found.c, found.h, found.w, entry->path, s.c, s.h, s.w);
    if (labels->n_dims != 1)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %u dimensions, but labels have 1", label_path,
                        labels->n_dims);
    if (labels->dims[0] != images->dims[0])
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %u labels for the %u images of %s", label_path,
                        labels->dims[0], images->dims[0], image_path);
    for (uint32_t i = 0; i < labels->dims[0]; i++)
        if (labels->data[i] >= entry->n_classes)
            return bnn_fail(err, BNN_E_RESOURCE, "%s: label %u at index %u, but %s has %u classes",
                            label_path, (unsigned)labels->data[i], i, entry->path,
                            entry->n_classes);
    return BNN_OK;
}

static int read_file(const bnn_catalogue_entry *entry, int i, const char *path, bnn_idx *out,
                     bnn_error *err)
{
    bnn_idx idx;
    int status = bnn_idx_read(path, &idx, err);
    if (status != BNN_OK)
        return status;
    if (strcmp(idx.sha256, entry->files[i].sha256) != 0) {
        free(idx.data);
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: not the file that %s means: its content has SHA-256 %s instead of %s; "
                        "remove it, or do not search its directory",
                        path, entry->path, idx.sha256, entry->files[i].sha256);
    }
    *out = idx;
    return BNN_OK;
}

/* The hash of a set is that of its files' hashes, in order. */
static void hash_set(const char *const hashes[BNN_DATA_FILES], char out[BNN_SHA256_HEX])
{
    char text[BNN_DATA_FILES * BNN_SHA256_HEX];
    snprintf(text, sizeof text, "%s%s%s%s", hashes[0], hashes[1], hashes[2], hashes[3]);
    bnn_sha256(text, strlen(text), out);
}

static int read_files(const bnn_catalogue_entry *entry, const bnn_located *located,
                      bnn_dataset *dataset, owner *o, bnn_error *err)
{
    bnn_idx idx[BNN_DATA_FILES];
    const char *hashes[BNN_DATA_FILES];
    for (int i = 0; i < BNN_DATA_FILES; i++) {
        const int status = read_file(entry, i, located->paths[i], &idx[i], err);
        if (status != BNN_OK)
            return status;
        o->data[i] = idx[i].data;
        hashes[i] = idx[i].sha256;
    }
    for (int i = 0; i < BNN_DATA_FILES; i += 2) {
        const int status =
            check_part(entry, &idx[i], located->paths[i], &idx[i + 1], located->paths[i + 1], err);
        if (status != BNN_OK)
            return status;
    }
    dataset->shape = entry->shape;
    dataset->n_classes = entry->n_classes;
    dataset->train = (bnn_images){idx[0].dims[0], idx[0].data, idx[1].data};
    dataset->test = (bnn_images){idx[2].dims[0], idx[2].data, idx[3].data};
    snprintf(o->source, sizeof o->source, "%s", located->directory);
    hash_set(hashes, dataset->sha256);
    return BNN_OK;
}

static int find_files(const bnn_catalogue_entry *entry, const bnn_data_options *options,
                      const bnn_data_search *search, bnn_located *located, bnn_error *err)
{
    bnn_trail trail = {0};
    if (options->path != NULL && bnn_directory_find_in(entry, options->path, located, &trail))
        return BNN_OK;
    if (options->path != NULL && !options->path_may_fail)
        return bnn_trail_fail_path(&trail, entry, options->path, err);
    if (bnn_directory_find(entry, located, &trail))
        return BNN_OK;
    int status = search->download ? bnn_fetch(entry, search, located, &trail, err) : BNN_E_RESOURCE;
    if (status == BNN_E_RESOURCE) {
        status = bnn_trail_fail(&trail, entry, search->download, err);
        if (search->is_missing != NULL)
            *search->is_missing = true;
    }
    return status;
}

static int open_catalogued(const bnn_data_options *options, const bnn_data_search *search,
                           bnn_dataset *dataset, owner *o, bnn_error *err)
{
    bnn_catalogue_entry entry;
    bnn_located located;
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    int status = bnn_catalogue_load(search->catalogue, options->name, arena, &entry, err);
    if (status == BNN_OK)
        status = find_files(&entry, options, search, &located, err);
    if (status == BNN_OK)
        status = read_files(&entry, &located, dataset, o, err);
    const bnn_position_in_file at = options->path_at;
    if (status == BNN_E_RESOURCE && at.line > 0 && !options->path_may_fail)
        bnn_error_prefix(err, "%s:%u:%u: dataset.path: ", at.file, at.line, at.column);
    bnn_arena_destroy(arena);
    return status;
}

static int open_synthetic(bnn_dataset *dataset, owner *o, bnn_error *err)
{
    const uint32_t n[2] = {BNN_SYNTHETIC_TRAIN, BNN_SYNTHETIC_TEST};
    char sha256[BNN_DATA_FILES][BNN_SHA256_HEX];
    const char *const hashes[BNN_DATA_FILES] = {sha256[0], sha256[1], sha256[2], sha256[3]};
    bnn_images *const parts[2] = {&dataset->train, &dataset->test};
    for (int part = 0; part < 2; part++) {
        const size_t n_bytes = (size_t)n[part] * BNN_SYNTHETIC_PIXELS;
        uint8_t *pixels = o->data[2 * part] = malloc(n_bytes);
        uint8_t *labels = o->data[2 * part + 1] = malloc(n[part]);
        if (pixels == NULL || labels == NULL)
            return bnn_no_memory(err);
        bnn_synthetic_draw((bnn_synthetic_part)part, n[part], pixels, labels);
        bnn_sha256(pixels, n_bytes, sha256[2 * part]);
        bnn_sha256(labels, n[part], sha256[2 * part + 1]);
        *parts[part] = (bnn_images){n[part], pixels, labels};
    }
    dataset->shape = (bnn_shape){1, BNN_SYNTHETIC_SIDE, BNN_SYNTHETIC_SIDE};
    dataset->n_classes = BNN_SYNTHETIC_CLASSES;
    snprintf(o->source, sizeof o->source, "drawn by bnnrun");
    hash_set(hashes, dataset->sha256);
    return BNN_OK;
}

int bnn_dataset_open(const bnn_data_options *options, const bnn_data_search *search,
                     bnn_dataset *out, bnn_error *err)
{
    bnn_dataset dataset = {0};
    owner *o = calloc(1, sizeof *o);
    if (o == NULL)
        return bnn_no_memory(err);
    snprintf(dataset.name, sizeof dataset.name, "%s", options->name);
    int status = strcmp(options->name, "synthetic") == 0
                     ? open_synthetic(&dataset, o, err)
                     : open_catalogued(options, search, &dataset, o, err);
    if (status == BNN_OK)
        status = apply_options(options, &dataset, err);
    if (status != BNN_OK) {
        owner_destroy(o);
        return status;
    }
    dataset.owner = o;
    dataset.source = o->source;
    *out = dataset;
    return BNN_OK;
}
