#include "data/dataset.h"

#include "base/limits.h"
#include "data/formats/format.h"
#include "data/sources/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_CHARS = BNN_SHA256_HEX - 1 };

/* What bnn_dataset_close frees. */
typedef struct dataset_owner {
    bnn_data_part parts[2];
    char source[PATH_MAX];
} dataset_owner;

static void dataset_owner_destroy(dataset_owner *owner)
{
    for (int i = 0; owner != NULL && i < 2; i++) {
        free(owner->parts[i].pixels);
        free(owner->parts[i].labels);
    }
    free(owner);
}

void bnn_dataset_close(bnn_dataset *dataset)
{
    dataset_owner_destroy(dataset->owner);
    *dataset = (bnn_dataset){0};
}

/* A spec error of the dataset section, with its position when it has one. */
static int dataset_fail_options(const bnn_data_options *options, bnn_error *err, const char *format,
                                ...) __attribute__((format(printf, 3, 4)));
static int dataset_fail_options(const bnn_data_options *options, bnn_error *err, const char *format,
                                ...)
{
    va_list args;
    va_start(args, format);
    bnn_fail_v(err, BNN_E_SPEC, format, args);
    va_end(args);
    if (options->at.file != NULL && options->at.line > 0)
        bnn_error_prefix(err, "%s:%u:%u: ", options->at.file, options->at.line, options->at.column);
    return BNN_E_SPEC;
}

static int dataset_apply_limit(const bnn_data_options *options, const char *key, int32_t limit,
                               const char *name, bnn_images *images, bnn_error *err)
{
    if (limit <= 0)
        return BNN_OK;
    if ((uint32_t)limit > images->n)
        return dataset_fail_options(options, err, "dataset.%s: %d is more than the %u images of %s",
                                    key, limit, images->n, name);
    images->n = (uint32_t)limit;
    return BNN_OK;
}

static int dataset_apply_options(const bnn_data_options *options, bnn_dataset *dataset,
                                 bnn_error *err)
{
    int status = dataset_apply_limit(options, "train_limit", options->train_limit, dataset->name,
                                     &dataset->train, err);
    if (status == BNN_OK)
        status = dataset_apply_limit(options, "test_limit", options->test_limit, dataset->name,
                                     &dataset->test, err);
    if (status == BNN_OK && (int64_t)options->validation >= (int64_t)dataset->train.n)
        status = dataset_fail_options(
            options, err,
            "dataset.validation: %d of the %u training images of %s leaves none "
            "to train on",
            options->validation, dataset->train.n, dataset->name);
    return status;
}

/* Reads a file that must have the content that the catalogue says. */
static int dataset_read_file(const bnn_catalogue_entry *entry, size_t i, const char *directory,
                             bnn_arena *arena, bnn_data_file *out, char sha256[BNN_SHA256_HEX],
                             bnn_error *err)
{
    char path[PATH_MAX];
    const bnn_catalogue_file *file = &entry->files[i];
    if (!bnn_directory_file(entry->format, directory, file->name, path))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %s vanished from %s", entry->name, file->name,
                        directory);
    out->path = bnn_arena_strdup(arena, path);
    if (out->path == NULL)
        return bnn_no_memory(err);
    const int status =
        bnn_format_read(entry->format, bnn_content_open(path, err), &out->array, sha256, err);
    if (status != BNN_OK || strcmp(sha256, file->sha256) == 0)
        return status;
    return bnn_fail(err, BNN_E_RESOURCE,
                    "%s: not the file that %s means: its content has SHA-256 %s instead of %s; "
                    "remove it, or do not search its directory",
                    path, entry->path, sha256, file->sha256);
}

/* hashes: room for those of all files, one behind the other. */
static int dataset_decode(const bnn_catalogue_entry *entry, const char *directory, bnn_arena *arena,
                          bnn_data_part parts[2], char *hashes, bnn_error *err)
{
    bnn_data_file files[BNN_DATA_FILES_MAX] = {{.path = NULL}};
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < entry->n_files; i++)
        status =
            dataset_read_file(entry, i, directory, arena, &files[i], hashes + i * HASH_CHARS, err);
    if (status == BNN_OK)
        status = entry->format->assemble(entry, files, parts, err);
    for (size_t i = 0; i < entry->n_files; i++)
        free(files[i].array.data);
    return status;
}

/* The hash of a set is that of its files' hashes, or, without files, of those of its parts. */
static int dataset_fill(const bnn_catalogue_entry *entry, const char *directory, bnn_arena *arena,
                        dataset_owner *owner, bnn_dataset *dataset, bnn_error *err)
{
    char hashes[BNN_DATA_FILES_MAX * HASH_CHARS + 1];
    bnn_data_part *parts = owner->parts;
    const int status = dataset_decode(entry, directory, arena, parts, hashes, err);
    if (status != BNN_OK)
        return status;
    for (size_t i = 0; entry->n_files == 0 && i < 2; i++) {
        bnn_sha256(parts[i].pixels, parts[i].n * bnn_format_image_bytes(entry),
                   hashes + 2 * i * HASH_CHARS);
        bnn_sha256(parts[i].labels, parts[i].n, hashes + (2 * i + 1) * HASH_CHARS);
    }
    bnn_sha256(hashes, strlen(hashes), dataset->sha256);
    snprintf(dataset->name, sizeof dataset->name, "%s", entry->name);
    snprintf(owner->source, sizeof owner->source, "%s",
             entry->n_files > 0 ? directory : "drawn by bnnrun");
    dataset->source = owner->source;
    dataset->owner = owner;
    dataset->shape = entry->shape;
    dataset->n_classes = entry->n_classes;
    dataset->train = (bnn_images){parts[0].n, parts[0].pixels, parts[0].labels};
    dataset->test = (bnn_images){parts[1].n, parts[1].pixels, parts[1].labels};
    return BNN_OK;
}

static int dataset_find(const bnn_catalogue_entry *entry, const bnn_data_options *options,
                        const bnn_data_search *search, char directory[PATH_MAX], bnn_error *err)
{
    bnn_trail trail = {0};
    if (options->path != NULL && bnn_directory_find_in(entry, options->path, directory, &trail))
        return BNN_OK;
    if (options->path != NULL && !options->path_may_fail)
        return bnn_trail_fail_path(&trail, entry, options->path, err);
    if (bnn_directory_find(entry, directory, &trail))
        return BNN_OK;
    int status =
        search->download ? bnn_fetch(entry, search, directory, &trail, err) : BNN_E_RESOURCE;
    if (status == BNN_E_RESOURCE) {
        status = bnn_trail_fail(&trail, entry, search->download, err);
        if (search->is_missing != NULL)
            *search->is_missing = true;
    }
    return status;
}

int bnn_dataset_open(const bnn_data_options *options, const bnn_data_search *search,
                     bnn_dataset *out, bnn_error *err)
{
    bnn_catalogue_entry entry;
    char directory[PATH_MAX];
    bnn_dataset dataset = {.name = ""};
    dataset_owner *owner = calloc(1, sizeof *owner);
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    int status = owner != NULL && arena != NULL ? BNN_OK : bnn_no_memory(err);
    if (status == BNN_OK)
        status = bnn_catalogue_load(search->catalogue, options->name, arena, &entry, err);
    if (status == BNN_OK && entry.n_files > 0)
        status = dataset_find(&entry, options, search, directory, err);
    if (status == BNN_OK)
        status = dataset_fill(&entry, directory, arena, owner, &dataset, err);
    const bnn_position_in_file at = options->path_at;
    if (status == BNN_E_RESOURCE && at.line > 0 && !options->path_may_fail)
        bnn_error_prefix(err, "%s:%u:%u: dataset.path: ", at.file, at.line, at.column);
    if (status == BNN_OK)
        status = dataset_apply_options(options, &dataset, err);
    bnn_arena_destroy(arena);
    if (status == BNN_OK)
        *out = dataset;
    else
        dataset_owner_destroy(owner);
    return status;
}
