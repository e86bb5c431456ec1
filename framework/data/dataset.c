#include "data/dataset.h"

#include "base/fault.h"
#include "base/rng.h"
#include "base/size.h"
#include "data/formats/format.h"
#include "data/sources/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a data set's texts and, if they need no memory of their own, its images lie in. */
typedef struct dataset_owner {
    bnn_arena *arena; /* has the owner, too */
    bnn_content files[BNN_DATA_FILES_MAX];
} dataset_owner;

void bnn_dataset_close(bnn_dataset *dataset)
{
    dataset_owner *owner = dataset->owner;
    free(dataset->train.memory);
    free(dataset->test.memory);
    for (size_t i = 0; owner != NULL && i < BNN_DATA_FILES_MAX; i++)
        free(owner->files[i].bytes);
    bnn_arena_destroy(owner != NULL ? owner->arena : NULL);
    *dataset = (bnn_dataset){0};
}

/* Leaves n random images, in memory of their own behind the order in which all were drawn. A smaller
 * sample is the beginning of a larger one. */
static int dataset_draw(const bnn_dataset *dataset, uint32_t n, bnn_images *part, bnn_error *err)
{
    const bnn_rng rng = {.role = BNN_RNG_SAMPLE, .index = part == &dataset->test};
    const size_t size = bnn_shape_values(dataset->shape);
    uint32_t *order = malloc(part->n * sizeof *order + n * (size + 1));
    if (order == NULL)
        return bnn_no_memory(err);
    uint8_t *pixels = (uint8_t *)(order + part->n), *labels = pixels + n * size;
    bnn_rng_permute(&rng, part->n, order);
    for (uint32_t i = 0; i < n; i++) {
        memcpy(pixels + i * size, part->pixels + order[i] * size, size);
        labels[i] = part->labels[order[i]];
    }
    free(part->memory);
    *part = (bnn_images){n, pixels, labels, .memory = (uint8_t *)order};
    return BNN_OK;
}

static int dataset_apply_limit(int32_t limit, bool random, const bnn_dataset *dataset,
                               bnn_images *part, bnn_error *err)
{
    if (limit > 0 && random)
        return dataset_draw(dataset, (uint32_t)limit, part, err);
    if (limit > 0)
        part->n = (uint32_t)limit;
    return BNN_OK;
}

static int dataset_apply_options(const bnn_data_options *options, const bnn_catalogue_entry *entry,
                                 bnn_dataset *dataset, bnn_error *err)
{
    const bnn_position_in_file at = options->at;
    const bool random = options->sample == BNN_SAMPLE_RANDOM && entry->n_files > 0;
    int status = bnn_data_check_train(options, dataset->train.n, err);
    dataset->test_sample = options->test_limit == 0 ? "all" : random ? "random" : "first";
    if (status == BNN_OK && options->test_limit > 0 &&
        (uint32_t)options->test_limit > dataset->test.n)
        status =
            bnn_fail(err, BNN_E_SPEC, "dataset.test_limit: %d is more than the %u images of %s",
                     options->test_limit, dataset->test.n, dataset->name);
    if (status == BNN_OK)
        status = dataset_apply_limit(options->train_limit, random, dataset, &dataset->train, err);
    if (status == BNN_OK)
        status = dataset_apply_limit(options->test_limit, random, dataset, &dataset->test, err);
    if (status == BNN_E_SPEC && at.file != NULL && at.line > 0)
        bnn_error_prefix(err, "%s:%u:%u: ", at.file, at.line, at.column);
    return status;
}

/* Reads a file that must have the content that the catalogue says, in place of what *out has. */
static int dataset_read_file(const bnn_catalogue_entry *entry, size_t i, const char *directory,
                             bnn_arena *arena, bnn_content *out, bnn_error *err)
{
    char found[PATH_MAX];
    const bnn_catalogue_file *file = &entry->files[i];
    bnn_content_pin pin;
    free(out->bytes);
    out->bytes = NULL;
    if (!bnn_directory_file(entry->format, directory, file, found))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %s vanished from %s", entry->name, file->name,
                        directory);
    const char *path = bnn_arena_strdup(arena, found);
    if (path == NULL)
        return bnn_no_memory(err);
    const int status = bnn_content_read(path, BNN_CONTENT_LIMIT_BYTES, out, err);
    if (status != BNN_OK || bnn_content_is_pinned(out, file, &pin))
        return status;
    return bnn_fail(err, BNN_E_RESOURCE,
                    "%s: not the file that %s means: its %s has SHA-256 %s instead of %s; "
                    "remove it, or do not search its directory",
                    path, entry->path, pin.of, pin.found, pin.wanted);
}

/* The search for a set's files, which are read where they are found. */
typedef struct dataset_finder {
    const bnn_catalogue_entry *entry;
    const bnn_data_search *search;
    dataset_owner *owner;
    bool elsewhere; /* the files may lie in any of the places */
    bnn_trail trail;
    bnn_error
        wrong; /* of the first directory that has other files of these names; or of the machine */
} dataset_finder;

/* Reads all files of a directory. One that has another set's, or damaged ones, is passed over. */
static bool dataset_accepts(void *context, const char *directory, const char *origin)
{
    dataset_finder *f = context;
    const bnn_fetcher teller = {.entry = f->entry, .search = f->search};
    bnn_error err;
    size_t i = 0;
    while (i < f->entry->n_files && dataset_read_file(f->entry, i, directory, f->owner->arena,
                                                      &f->owner->files[i], &err) == BNN_OK)
        i++;
    if (i == f->entry->n_files)
        return true;
    char why[sizeof err.message];
    snprintf(why, sizeof why, "its %s is another file", f->entry->files[i].name);
    if (bnn_fault_is(&err))
        memcpy(why, err.message, sizeof why);
    bnn_trail_add(&f->trail, "%s (%s): %s", directory, origin, why);
    if (f->elsewhere)
        bnn_source_note(&teller, "passed over %s (%s): %s", directory, origin, why);
    if (f->wrong.status == BNN_OK || bnn_fault_is(&err))
        f->wrong = err;
    return false;
}

/* Finds and reads the files of a set. Wrong ones that are here are not missing; nor are those that the machine cannot
 * read just now, which are not fetched anew. */
static int dataset_find(dataset_finder *f, const bnn_data_options *options,
                        char directory[PATH_MAX], bnn_error *err)
{
    const bnn_data_search *search = f->search;
    f->elsewhere = options->path == NULL || options->path_may_fail;
    f->trail = (bnn_trail){.accepts = dataset_accepts, .context = f};
    if (options->path != NULL &&
        bnn_directory_find_in(f->entry, options->path, "as given", directory, &f->trail))
        return BNN_OK;
    if (f->elsewhere && bnn_directory_find(f->entry, directory, &f->trail))
        return BNN_OK;
    if (f->elsewhere && search->download && !bnn_fault_is(&f->wrong)) {
        const int status = bnn_fetch(f->entry, search, directory, &f->trail, err);
        if (status == BNN_OK && dataset_accepts(f, directory, "cache"))
            return BNN_OK;
        if (status != BNN_OK && status != BNN_E_RESOURCE)
            return status;
    }
    const bool fetched = f->elsewhere && search->download && bnn_catalogue_can_fetch(f->entry);
    if (f->wrong.status != BNN_OK && (!fetched || bnn_fault_is(&f->wrong))) {
        *err = f->wrong;
        return err->status;
    }
    if (!f->elsewhere)
        return bnn_trail_fail_path(&f->trail, f->entry, options->path, err);
    if (search->is_missing != NULL)
        *search->is_missing = true;
    return bnn_trail_fail(&f->trail, f->entry, search->download, err);
}

/* The hash of a set is that of its files' hashes, or, without files, of those of its parts. */
static void dataset_hash(const bnn_catalogue_entry *entry, const bnn_images *const parts[2],
                         const dataset_owner *owner, char out[BNN_SHA256_HEX])
{
    enum { HASH_CHARS = BNN_SHA256_HEX - 1 };
    char hashes[4 * HASH_CHARS + 1];
    bnn_catalogue_entry found = *entry;
    for (size_t i = 0; i < entry->n_files; i++)
        found.files[i].sha256 = owner->files[i].sha256;
    for (size_t i = 0; entry->n_files == 0 && i < 2; i++) {
        bnn_sha256(parts[i]->pixels, parts[i]->n * bnn_shape_values(entry->shape),
                   hashes + 2 * i * HASH_CHARS);
        bnn_sha256(parts[i]->labels, parts[i]->n, hashes + (2 * i + 1) * HASH_CHARS);
    }
    if (entry->n_files > 0)
        bnn_catalogue_sha256(&found, out);
    else
        bnn_sha256(hashes, strlen(hashes), out);
}

/* Copies a part with columns made rows where the entry says so (its shape is that after it), and with
 * labels that begin at 0. */
static int dataset_turn_part(const bnn_catalogue_entry *entry, bnn_images *part, bnn_error *err)
{
    const bnn_shape s = entry->shape;
    const size_t n = (size_t)s.h * s.w, size = n * s.c;
    uint8_t *pixels = malloc(part->n * (size + 1));
    if (pixels == NULL)
        return bnn_no_memory(err);
    uint8_t *labels = pixels + part->n * size;
    for (size_t i = 0; i < part->n; i++)
        labels[i] = (uint8_t)(part->labels[i] - entry->first_label);
    if (!entry->transpose)
        memcpy(pixels, part->pixels, part->n * size);
    for (size_t i = 0; entry->transpose && i < (size_t)part->n * s.c; i++)
        for (size_t y = 0; y < s.h; y++)
            for (size_t x = 0; x < s.w; x++)
                pixels[i * n + y * s.w + x] = part->pixels[i * n + x * s.h + y];
    free(part->memory);
    *part = (bnn_images){part->n, pixels, labels, .memory = pixels};
    return BNN_OK;
}

/* Takes the images as the entry says: their labels begin at 0, their rows are rows. */
static int dataset_assemble(const bnn_catalogue_entry *entry, bnn_content *files,
                            bnn_images *const parts[2], bnn_error *err)
{
    bnn_catalogue_entry stored = *entry;
    if (entry->transpose)
        stored.shape = (bnn_shape){entry->shape.c, entry->shape.w, entry->shape.h};
    int status = entry->format->assemble(&stored, files, parts, err);
    if (!entry->transpose && entry->first_label == 0)
        return status;
    for (size_t i = 0; status == BNN_OK && i < 2; i++)
        status = dataset_turn_part(entry, parts[i], err);
    for (size_t i = 0; status == BNN_OK && i < entry->n_files; i++) {
        free(files[i].bytes);
        files[i].bytes = NULL;
    }
    return status;
}

static int dataset_fill(const bnn_catalogue_entry *entry, const char *directory,
                        bnn_dataset *dataset, bnn_error *err)
{
    dataset_owner *owner = dataset->owner;
    bnn_images *const parts[2] = {&dataset->train, &dataset->test};
    if (dataset_assemble(entry, owner->files, parts, err) != BNN_OK)
        return err->status;
    if (entry->n_train > 0 && entry->n_train != dataset->train.n)
        return bnn_fail(err, BNN_E_SPEC,
                        "%s: n_train is %u, but its files have %u images for training", entry->path,
                        entry->n_train, dataset->train.n);
    dataset_hash(entry, (const bnn_images *const[2]){parts[0], parts[1]}, owner, dataset->sha256);
    dataset->pinned = bnn_catalogue_is_pinned(entry);
    dataset->name = entry->name;
    dataset->source = bnn_arena_strdup(owner->arena, directory);
    dataset->shape = entry->shape;
    dataset->n_classes = entry->n_classes;
    return dataset->source != NULL ? BNN_OK : bnn_no_memory(err);
}

/* A set whose entry is known, and whose files have been read when `reads` says so. */
static int dataset_begin(const bnn_data_options *options, const bnn_data_search *search,
                         bool (*reads)(const bnn_catalogue_entry *), bnn_catalogue_entry *entry,
                         char directory[PATH_MAX], bnn_dataset *out, bnn_error *err)
{
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    dataset_owner *owner = arena != NULL ? bnn_arena_alloc(arena, 1, sizeof *owner) : NULL;
    *out = (bnn_dataset){.owner = owner};
    if (owner == NULL) {
        bnn_arena_destroy(arena);
        return bnn_no_memory(err);
    }
    owner->arena = arena;
    dataset_finder finder = {.entry = entry, .search = search, .owner = owner};
    int status = BNN_OK;
    if (search->entry != NULL)
        *entry = *search->entry;
    else
        status = bnn_catalogue_load(search->catalogue, options->name, arena, entry, err);
    if (status == BNN_OK && reads(entry))
        status = dataset_find(&finder, options, directory, err);
    return status;
}

static bool dataset_has_files(const bnn_catalogue_entry *entry)
{
    return entry->n_files > 0;
}

static bool dataset_is_unknown(const bnn_catalogue_entry *entry)
{
    return !bnn_catalogue_knows_contents(entry);
}

void bnn_dataset_identify(const bnn_data_options *options, const bnn_data_search *search,
                          char out[BNN_SHA256_HEX])
{
    bnn_catalogue_entry entry = {0};
    char directory[PATH_MAX];
    bnn_dataset dataset;
    bnn_error err;
    out[0] = '\0';
    const int status =
        dataset_begin(options, search, dataset_is_unknown, &entry, directory, &dataset, &err);
    if (status == BNN_OK && bnn_catalogue_knows_contents(&entry))
        bnn_catalogue_sha256(&entry, out);
    else if (status == BNN_OK)
        dataset_hash(&entry, NULL, dataset.owner, out);
    bnn_dataset_close(&dataset);
}

int bnn_dataset_open(const bnn_data_options *options, const bnn_data_search *search,
                     bnn_dataset *out, bnn_error *err)
{
    bnn_catalogue_entry entry = {0};
    char directory[PATH_MAX] = "drawn by bnnrun";
    bnn_dataset dataset;
    int status =
        dataset_begin(options, search, dataset_has_files, &entry, directory, &dataset, err);
    if (status == BNN_OK)
        status = dataset_fill(&entry, directory, &dataset, err);
    const bnn_position_in_file at = options->path_at;
    if (status == BNN_E_RESOURCE && at.line > 0)
        bnn_error_prefix(err, "%s:%u:%u: dataset.path: ", at.file, at.line, at.column);
    if (status == BNN_OK)
        status = dataset_apply_options(options, &entry, &dataset, err);
    if (status == BNN_OK)
        *out = dataset;
    else
        bnn_dataset_close(&dataset);
    return status;
}
