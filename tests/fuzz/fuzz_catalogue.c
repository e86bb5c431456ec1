/* fuzz_catalogue.c - hostile entries of the catalogue of data sets. */
#include "tests/fuzz/fuzz.h"

#include "data/catalogue.h"
#include "data/formats/format.h"

#include <string.h>

/* What a successful read promises. */
static void catalogue_check(const bnn_catalogue_entry *entry)
{
    char hash[BNN_SHA256_HEX];
    fuzz_require(entry->name != NULL && entry->summary != NULL && entry->format != NULL);
    fuzz_require(entry->n_classes >= 2 && entry->n_classes <= BNN_DATA_CLASSES_MAX);
    fuzz_require(entry->n_files <= BNN_DATA_FILES_MAX && entry->n_mirrors <= BNN_DATA_MIRRORS_MAX);
    fuzz_require(entry->shape.c >= 1 && entry->shape.h >= 1 && entry->shape.w >= 1);
    for (size_t i = 0; i < entry->n_files; i++) {
        const char *name = entry->files[i].name;
        fuzz_require(name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, "..") != 0);
        fuzz_require(strlen(name) <= BNN_DATA_FILE_NAME_MAX);
        fuzz_require(entry->files[i].role < entry->format->n_roles);
    }
    for (size_t i = 0; i < entry->n_mirrors; i++)
        fuzz_require(entry->mirrors[i][strlen(entry->mirrors[i]) - 1] == '/');
    if (bnn_catalogue_knows_contents(entry))
        bnn_catalogue_sha256(entry, hash);
}

FUZZ_TARGET(catalogue)
{
    bnn_error err = {0};
    bnn_catalogue_entry entry;
    bnn_arena *arena = bnn_arena_create((size_t)8 << 20);
    fuzz_require(arena != NULL);
    fuzz_write(fuzz_path("set.yaml"), bytes, n);
    const int status = bnn_catalogue_load(fuzz_folder(), "set", arena, &entry, &err);
    if (status == BNN_OK)
        catalogue_check(&entry);
    else
        fuzz_require_refusal(status, &err);
    bnn_arena_destroy(arena);
    return 0;
}
