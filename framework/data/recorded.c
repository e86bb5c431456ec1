#include "data/recorded.h"

#include "base/fault.h"
#include "base/path.h"
#include "base/text.h"
#include "data/formats/idx.h"
#include "data/sources/directory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORDED_FILES_MAX = 32, IDX_FILES = 4 };

typedef struct recorded_search {
    const bnn_recorded_data *recorded;
    bnn_data_search search; /* without downloads at first */
    bnn_arena *arena;
    bnn_dataset *out;
    bnn_trail trail;
    /* The first of the machine: what could not be looked at may be what is looked for. */
    bnn_error fault;
} recorded_search;

static void recorded_note(recorded_search *s, const bnn_error *err)
{
    if (s->fault.status == BNN_OK && bnn_fault_is(err))
        s->fault = *err;
}

/* ---- by the catalogue -------------------------------------------------------------------- */

/* Opens what an entry means, unless that is something else. */
static bool recorded_try_entry(recorded_search *s, const char *name)
{
    char sha256[BNN_SHA256_HEX];
    bnn_catalogue_entry entry;
    bnn_data_options options = *s->recorded->options;
    bnn_error err;
    options.name = name;
    if (bnn_catalogue_load(s->search.catalogue, name, s->arena, &entry, &err) != BNN_OK) {
        recorded_note(s, &err);
        return false;
    }
    const bool knows = bnn_catalogue_knows_contents(&entry);
    if (knows)
        bnn_catalogue_sha256(&entry, sha256);
    if (knows ? strcmp(sha256, s->recorded->sha256) != 0
              : strcmp(name, s->recorded->options->name) != 0)
        return false;
    if (bnn_dataset_open(&options, &s->search, s->out, &err) != BNN_OK) {
        const size_t n = strcspn(err.message, ";\n");
        bnn_trail_add(&s->trail, "%.*s", (int)n, err.message);
        recorded_note(s, &err);
        return false;
    }
    if (strcmp(s->out->sha256, s->recorded->sha256) == 0)
        return true;
    bnn_trail_add(&s->trail, "%s (entry %s): other data", s->out->source, name);
    bnn_dataset_close(s->out);
    return false;
}

/* The entry of the name first. */
static bool recorded_try_catalogue(recorded_search *s)
{
    const char *const *names, *own = s->recorded->options->name;
    bnn_error err;
    size_t n;
    if (recorded_try_entry(s, own))
        return true;
    if (bnn_catalogue_list(s->search.catalogue, s->arena, &names, &n, &err) != BNN_OK) {
        recorded_note(s, &err);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], own) != 0 && recorded_try_entry(s, names[i]))
            return true;
    return false;
}

/* ---- by the files ------------------------------------------------------------------------ */

/* An IDX file of bytes. */
typedef struct recorded_file {
    bnn_catalogue_file file;
    bool is_labels;
} recorded_file;

static bool recorded_read_file(recorded_search *s, const char *folder, const char *name,
                               recorded_file *out)
{
    char path[PATH_MAX];
    uint8_t type, n_dims;
    bnn_content all;
    bnn_error err;
    const size_t n = strlen(name) - (bnn_text_ends_with(name, ".gz") ? strlen(".gz") : 0);
    if (!bnn_path_join(folder, name, path))
        return false;
    int status = bnn_idx_peek(path, &type, &n_dims, &err);
    if (status == BNN_OK && type != BNN_IDX_TYPE_BYTE)
        return false;
    if (status == BNN_OK)
        status = bnn_content_read(path, BNN_CONTENT_LIMIT_BYTES, &all, &err);
    if (status != BNN_OK) {
        recorded_note(s, &err);
        return false;
    }
    free(all.bytes);
    out->is_labels = n_dims == 1;
    out->file = (bnn_catalogue_file){.name = bnn_arena_printf(s->arena, "%.*s", (int)n, name),
                                     .sha256 = bnn_arena_strdup(s->arena, all.sha256)};
    if (out->file.name != NULL && out->file.sha256 != NULL)
        return true;
    bnn_no_memory(&err);
    recorded_note(s, &err);
    return false;
}

/* Whether an entry of these files, read in one of the ways there are, means the data. */
static bool recorded_is_meant(const recorded_search *s, bnn_catalogue_entry *entry)
{
    char sha256[BNN_SHA256_HEX];
    for (int way = 0; way < 4; way++) {
        entry->transpose = way & 1;
        entry->first_label = (uint32_t)way >> 1;
        bnn_catalogue_sha256(entry, sha256);
        if (strcmp(sha256, s->recorded->sha256) == 0)
            return true;
    }
    return false;
}

/* Tries the files of a folder as training images, their labels, test images, their labels. */
static bool recorded_assign(const recorded_search *s, const recorded_file *files, size_t n,
                            bnn_catalogue_entry *entry, size_t role)
{
    if (role == IDX_FILES)
        return recorded_is_meant(s, entry);
    for (size_t i = 0; i < n; i++) {
        entry->files[role] = files[i].file;
        entry->files[role].role = role;
        if (files[i].is_labels == (role % 2 == 1) && recorded_assign(s, files, n, entry, role + 1))
            return true;
    }
    return false;
}

static bool recorded_try_folder(recorded_search *s, const char *folder, const char *origin)
{
    recorded_file files[RECORDED_FILES_MAX];
    const bnn_recorded_data *r = s->recorded;
    bnn_data_options options = *r->options;
    bnn_catalogue_entry entry = {.name = r->options->name,
                                 .path = "the record of the run",
                                 .shape = r->shape,
                                 .n_classes = r->n_classes,
                                 .format = bnn_format_at(0),
                                 .n_files = IDX_FILES};
    bnn_data_search search = s->search;
    bnn_error err;
    const struct dirent *e;
    DIR *directory = opendir(folder);
    size_t n = 0;
    if (directory == NULL) {
        bnn_fail_errno(&err, BNN_E_RESOURCE, "%s: cannot open", folder);
        recorded_note(s, &err);
    }
    while (directory != NULL && n < RECORDED_FILES_MAX && (e = readdir(directory)) != NULL)
        n += recorded_read_file(s, folder, e->d_name, &files[n]);
    if (directory != NULL)
        closedir(directory);
    options.path = folder;
    options.path_may_fail = false;
    search.entry = &entry;
    search.download = false;
    if (recorded_assign(s, files, n, &entry, 0)) {
        if (bnn_dataset_open(&options, &search, s->out, &err) == BNN_OK)
            return true;
        recorded_note(s, &err);
    }
    bnn_trail_add(&s->trail, "%s (%s): %s", folder, origin,
                  directory == NULL ? "no such directory"
                  : n == 0          ? "no IDX files"
                                    : "other files");
    return false;
}

/* A folder, and the one of the name in it. */
static bool recorded_try_place(recorded_search *s, const char *folder, const char *origin)
{
    char below[PATH_MAX];
    return recorded_try_folder(s, folder, origin) ||
           (bnn_path_join(folder, s->recorded->options->name, below) && access(below, F_OK) == 0 &&
            recorded_try_folder(s, below, origin));
}

static bool recorded_try_places(recorded_search *s)
{
    const char *was = s->recorded->options->path, *list = getenv("BNN_DATA_PATH");
    char place[PATH_MAX];
    bnn_error err;
    if (was != NULL && recorded_try_folder(s, was, "where they were"))
        return true;
    while (bnn_path_next(&list, place))
        if (recorded_try_place(s, place, "BNN_DATA_PATH"))
            return true;
    return bnn_directory_cache(s->recorded->options->name, place, &err) == BNN_OK &&
           recorded_try_folder(s, place, "cache");
}

/* ------------------------------------------------------------------------------------------ */

int bnn_dataset_reopen(const bnn_recorded_data *recorded, const bnn_data_search *search,
                       bnn_dataset *out, bnn_error *err)
{
    bnn_dataset data;
    recorded_search s = {.recorded = recorded,
                         .search = *search,
                         .arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES),
                         .out = &data};
    if (s.arena == NULL)
        return bnn_no_memory(err);
    s.search.download = false;
    bool found = recorded_try_catalogue(&s) || recorded_try_places(&s);
    if (!found && search->download && s.fault.status == BNN_OK) {
        s.search.download = true;
        found = recorded_try_catalogue(&s);
    }
    bnn_arena_destroy(s.arena);
    if (!found && s.fault.status != BNN_OK) {
        *err = s.fault;
        return err->status;
    }
    if (!found && bnn_catalogue_builtin(recorded->options->name) != NULL)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "the data that the run was trained on are not here: this version of bnnrun "
                        "draws other images for %s, SHA-256 %.12s... was recorded",
                        recorded->options->name, recorded->sha256);
    if (!found)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "the data that the run was trained on are not here: %s, SHA-256 %.12s...; "
                        "set BNN_DATA_PATH to the directory that has the files; looked at:%s",
                        recorded->options->name, recorded->sha256, s.trail.text);
    data.name = recorded->options->name;
    *out = data;
    return BNN_OK;
}
