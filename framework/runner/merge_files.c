/* merge_files.c - the files of runs that are merged.
 *
 * Rows and files cannot be committed in one: so a note in INTO.merging/ says what is under way. Files of a run that is
 * new go to their places first, and are taken away when its rows never came. Those of a run that is here, and has come
 * further there, go to INTO.artifacts/UID.ATTEMPT/, and from there to their places when the last attempt of the run
 * has become that one. */
#include "base/fault.h"
#include "base/file.h"
#include "base/path.h"
#include "runner/artifacts.h"
#include "runner/merge_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const run_files[] = {BNN_RUN_MODEL, BNN_RUN_WEIGHTS, BNN_RUN_CHECKPOINT,
                                        BNN_RUN_LOG};
enum { N_RUN_FILES = sizeof run_files / sizeof *run_files };

/* What cannot be opened is missing, unless the machine fails; keeps errno. */
static int merge_check_missing(const char *name, bnn_error *err)
{
    return bnn_fault_remedy(errno) == NULL
               ? BNN_OK
               : bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", name);
}

int bnn_merge_open_file(int folder, const char *name, int *out, struct stat *st, bnn_error *err)
{
    *out = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*out < 0)
        return merge_check_missing(name, err);
    if (fstat(*out, st) != 0 || !S_ISREG(st->st_mode)) {
        close(*out);
        *out = -1;
        errno = ENOENT;
    }
    return BNN_OK;
}

int bnn_merge_open_folder(const char *db, const char *name, bnn_arena *arena, int *out,
                          bnn_error *err)
{
    const char *all = bnn_run_path(db, NULL, NULL, arena);
    *out = -1;
    if (all == NULL)
        return bnn_no_memory(err);
    const int fd = open(all, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return merge_check_missing(all, err);
    *out = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const int status = *out < 0 ? merge_check_missing(name, err) : BNN_OK;
    close(fd);
    return status;
}

/* ---- before the commit ------------------------------------------------------------------- */

typedef struct merge_files {
    const bnn_merge *merge;
    const char *from;
    bnn_arena *arena;
    bnn_merged *out;
} merge_files;

/* Into the folder `to`. sha256: what the file has to be; NULL: whatever it is. Not what is missing, or is something
 * else: *copied. */
static int merge_file(const merge_files *f, int folder, const char *to, const char *name,
                      const char *sha256, bool *copied, bnn_error *err)
{
    struct stat st;
    char now[BNN_SHA256_HEX];
    int fd = -1, status = BNN_OK;
    *copied = false;
    if (folder >= 0)
        status = bnn_merge_open_file(folder, name, &fd, &st, err);
    if (status != BNN_OK)
        return status;
    if (fd >= 0 && (uintmax_t)st.st_size > BNN_NETWORK_LIMIT_BYTES) {
        close(fd); /* nothing of a run is that large */
        fd = -1;
    }
    if (fd < 0)
        return BNN_OK;
    const char *path = bnn_run_path(f->merge->into, to, name, f->arena);
    status = path == NULL ? bnn_no_memory(err) : bnn_file_copy(fd, path, err);
    close(fd);
    if (status == BNN_OK && sha256 != NULL)
        status = bnn_file_sha256(path, now, err);
    if (status != BNN_OK)
        return status;
    *copied = sha256 == NULL || strcmp(now, sha256) == 0;
    if (!*copied)
        unlink(path);
    f->out->n_files += *copied;
    return BNN_OK;
}

/* The folder for files here. */
static int merge_make_folder(const merge_files *f, const char *name, bnn_error *err)
{
    const char *folder = bnn_run_path(f->merge->into, name, NULL, f->arena);
    struct stat st;
    if (folder == NULL)
        return bnn_no_memory(err);
    const int status = bnn_file_make_directory(folder, err);
    if (status == BNN_OK && lstat(folder, &st) == 0 && S_ISLNK(st.st_mode))
        return bnn_fail(err, BNN_E_RESOURCE, "%s is a link, and the folder of a run is none",
                        folder);
    return status;
}

/* Likewise, noted before it is there. */
static int merge_note_folder(const merge_files *f, const char *name, bnn_error *err)
{
    if (mkdirat(f->merge->lock, name, 0700) != 0 && errno != EEXIST)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s/%s: cannot be made", f->merge->folder, name);
    return merge_make_folder(f, name, err);
}

static int merge_copy_run(const merge_files *f, const bnn_store_merged *run, bnn_error *err)
{
    const bool is_new = strcmp(run->how, "new") == 0;
    const char *to = is_new ? run->uid : bnn_arena_printf(f->arena, "%s.%s", run->uid, run->last);
    const bnn_store_merged_file *files;
    size_t n = 0;
    int status = to == NULL ? bnn_no_memory(err)
                            : bnn_store_merge_files(f->merge->store, run->from_uid, f->arena,
                                                    &files, &n, err);
    if (status == BNN_OK && !bnn_merge_is_note(to))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: somebody has changed it: run %s", f->from,
                        run->uid);
    int folder = -1;
    if (status == BNN_OK)
        status = bnn_merge_open_folder(f->from, run->from_uid, f->arena, &folder, err);
    if (status == BNN_OK && (!is_new || folder >= 0 || n > 0))
        status = merge_note_folder(f, to, err);
    for (size_t i = 0; i < N_RUN_FILES; i++) {
        const char *sha256 = NULL;
        bool copied = true;
        for (size_t k = 0; k < n && status == BNN_OK; k++)
            if (strcmp(bnn_path_name(files[k].path), run_files[i]) == 0)
                sha256 = files[k].sha256;
        if (status == BNN_OK)
            status = merge_file(f, folder, to, run_files[i], sha256, &copied, err);
        f->out->n_lost += sha256 != NULL && !copied;
    }
    if (folder >= 0)
        close(folder);
    const char *any = bnn_run_path(f->merge->into, to, BNN_RUN_MODEL, f->arena);
    if (status == BNN_OK && any != NULL && !bnn_file_sync_directory_of(any))
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: its folder cannot be synced", any);
    return status;
}

/* What is lost here of a run that is the same in both, or was never kept. It is what is recorded, so nothing has to be
 * undone when rows never come. */
static int merge_fill_run(const merge_files *f, const bnn_store_merged *run, bnn_error *err)
{
    const bnn_store_lacking *files;
    size_t n = 0;
    int status = bnn_store_merge_lacking(f->merge->store, run->from_uid, f->arena, &files, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        const char *name = bnn_path_name(files[i].path);
        const bnn_store_file here = {.path = bnn_run_path(f->merge->into, run->uid, name, f->arena),
                                     .sha256 = files[i].sha256,
                                     .n_bytes = files[i].n_bytes,
                                     .created_us = files[i].created_us};
        bool copied;
        if (here.path == NULL)
            return bnn_no_memory(err);
        if (files[i].is_recorded && bnn_artifacts_look(&here) == NULL)
            continue;
        int folder;
        status = bnn_merge_open_folder(f->from, run->from_uid, f->arena, &folder, err);
        if (status == BNN_OK)
            status = merge_make_folder(f, run->uid, err);
        if (status == BNN_OK)
            status = merge_file(f, folder, run->uid, name, files[i].sha256, &copied, err);
        if (folder >= 0)
            close(folder);
        if (status == BNN_OK && copied && !bnn_file_sync_directory_of(here.path))
            status =
                bnn_fail_errno(err, BNN_E_RESOURCE, "%s: its folder cannot be synced", here.path);
        if (status == BNN_OK && copied && !files[i].is_recorded)
            status = bnn_store_merge_fill(f->merge->store, run->from_uid, files[i].path, err);
    }
    return status;
}

int bnn_merge_copy_files(const bnn_merge *m, const char *from, bnn_arena *arena, bnn_merged *out,
                         bnn_error *err)
{
    const merge_files files = {m, from, arena, out};
    int status = BNN_OK;
    size_t n = 0;
    for (size_t i = 0; status == BNN_OK && i < out->n; i++)
        if (strcmp(out->runs[i].how, "new") == 0 || strcmp(out->runs[i].how, "better") == 0) {
            status = merge_copy_run(&files, &out->runs[i], err);
            n++;
        } else if (strcmp(out->runs[i].how, "same") == 0)
            status = merge_fill_run(&files, &out->runs[i], err);
    const char *all = bnn_run_path(m->into, NULL, NULL, arena);
    const char *any = bnn_run_path(m->into, "0", NULL, arena);
    if (status == BNN_OK && (all == NULL || any == NULL))
        return bnn_no_memory(err);
    if (status == BNN_OK && (n > 0 || out->n_files > 0) &&
        !(bnn_file_sync(m->lock) && bnn_file_sync_directory_of(any) &&
          bnn_file_sync_directory_of(all)))
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be synced", all);
    return status;
}

/* ---- after it ---------------------------------------------------------------------------- */

/* "UID", or "UID.ATTEMPT". What an attempt is called was written by anybody. */
bool bnn_merge_is_note(const char *name)
{
    char uid[BNN_SHA256_HEX];
    const size_t n = strlen(name);
    snprintf(uid, sizeof uid, "%.*s", (int)strcspn(name, "."), name);
    return bnn_run_is_uid(uid) && n + sizeof ".moving" < NAME_MAX &&
           strspn(name, "0123456789abcdefghijklmnopqrstuvwxyz.-") == n;
}

typedef struct merge_note {
    const bnn_merge *merge;
    bnn_arena *arena;
    char uid[BNN_SHA256_HEX];
    const char *staged; /* UID.ATTEMPT: what has been copied */
    const char *moving; /* UID.ATTEMPT.moving: a part of it is in its place already */
} merge_note;

static const char *merge_path(const merge_note *note, const char *name, const char *file)
{
    return bnn_run_path(note->merge->into, name, file, note->arena);
}

/* The folder with what bnnrun writes there. Of what is not its own there, some may stay. */
static int merge_drop(const merge_note *note, const char *name, bnn_error *err)
{
    const char *path = merge_path(note, name, NULL);
    for (size_t i = 0; i < N_RUN_FILES; i++) {
        const char *file = merge_path(note, name, run_files[i]);
        if (file == NULL)
            return bnn_no_memory(err);
        if (unlink(file) != 0 && errno != ENOENT)
            return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be removed", file);
    }
    if (path == NULL)
        return bnn_no_memory(err);
    if (rmdir(path) != 0 && errno != ENOENT && errno != ENOTEMPTY)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be removed", path);
    return BNN_OK;
}

/* What the run had of its earlier attempts, and has not of this one, goes. After that there is no way back. */
static int merge_clear_place(const merge_note *note, bnn_error *err)
{
    const char *staged = merge_path(note, note->staged, NULL),
               *to = merge_path(note, note->uid, NULL);
    const char *moving = merge_path(note, note->moving, NULL);
    if (staged == NULL || moving == NULL || to == NULL)
        return bnn_no_memory(err);
    if (access(staged, F_OK) != 0)
        return BNN_OK;
    for (size_t i = 0; i < N_RUN_FILES; i++) {
        const char *file = merge_path(note, note->uid, run_files[i]);
        const char *mine = merge_path(note, note->staged, run_files[i]);
        if (file == NULL || mine == NULL)
            return bnn_no_memory(err);
        if (access(mine, F_OK) != 0 && unlink(file) != 0 && errno != ENOENT)
            return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be removed", file);
    }
    const int status = bnn_file_make_directory(to, err);
    if (status == BNN_OK && rename(staged, moving) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be renamed", staged);
    return status;
}

/* Unless another content is recorded, since the file has been made again. */
static int merge_place(const merge_note *note, const char *name, bnn_error *err)
{
    const char *from = merge_path(note, note->moving, name),
               *to = merge_path(note, note->uid, name);
    const char *sha256 = "";
    char now[BNN_SHA256_HEX] = "";
    if (from == NULL || to == NULL)
        return bnn_no_memory(err);
    if (access(from, F_OK) != 0)
        return BNN_OK;
    int status =
        bnn_store_file_sha256(note->merge->store, note->uid, name, note->arena, &sha256, err);
    if (status == BNN_OK && sha256[0] != '\0')
        status = bnn_file_sha256(from, now, err);
    if (status == BNN_OK && strcmp(sha256, now) == 0 && rename(from, to) != 0)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be put in its place", to);
    return status;
}

static int merge_settle(bnn_merge *m, const char *name, bnn_arena *arena, bnn_error *err)
{
    merge_note note = {.merge = m, .arena = arena, .staged = name};
    const char *last;
    snprintf(note.uid, sizeof note.uid, "%.*s", (int)strcspn(name, "."), name);
    note.moving = bnn_arena_printf(arena, "%s.moving", name);
    const char *any = merge_path(&note, note.uid, BNN_RUN_MODEL);
    if (note.moving == NULL || any == NULL)
        return bnn_no_memory(err);
    int status = bnn_store_last_attempt(m->store, note.uid, arena, &last, err);
    if (status == BNN_OK && strcmp(last, name + strlen(note.uid) + 1) == 0) {
        status = merge_clear_place(&note, err);
        for (size_t i = 0; status == BNN_OK && i < N_RUN_FILES; i++)
            status = merge_place(&note, run_files[i], err);
        if (status == BNN_OK && !bnn_file_sync_directory_of(any))
            status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: its folder cannot be synced", any);
    }
    if (status == BNN_OK)
        status = merge_drop(&note, note.staged, err);
    return status == BNN_OK ? merge_drop(&note, note.moving, err) : status;
}

/* Nobody can take a run while a transaction lasts. */
static int merge_settle_better(bnn_merge *m, const char *const *notes, size_t n, bnn_error *err)
{
    bnn_arena *arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES);
    int status = arena == NULL ? bnn_no_memory(err) : bnn_store_begin(m->store, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        if (strchr(notes[i], '.') != NULL)
            status = merge_settle(m, notes[i], arena, err);
    bnn_store_rollback(m->store);
    bnn_arena_destroy(arena);
    return status;
}

int bnn_merge_settle_notes(bnn_merge *m, const char *const *notes, size_t n, bnn_error *err)
{
    bnn_store_chosen *runs = calloc(n + 1, sizeof *runs);
    size_t n_new = 0;
    if (runs == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n; i++)
        if (strchr(notes[i], '.') == NULL)
            runs[n_new++].uid = notes[i];
    int status = BNN_OK;
    if (n_new > 0) /* all at once: each call reads what runs there are */
        status = bnn_artifacts_remove(m->store, m->into, runs, n_new, err);
    if (status == BNN_OK && n_new < n)
        status = merge_settle_better(m, notes, n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        unlinkat(m->lock, notes[i], AT_REMOVEDIR);
    free(runs);
    return status;
}
