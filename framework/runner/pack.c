#include "runner/pack.h"

#include "base/draft.h"
#include "base/file.h"
#include "base/memstream.h"
#include "runner/merge_internal.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PACK_BLOCK = 1 << 16 };

/* By name. */
static const char *const pack_files[] = {BNN_RUN_CHECKPOINT, BNN_RUN_LOG, BNN_RUN_MODEL,
                                         BNN_RUN_WEIGHTS};

/* ---- the archive ------------------------------------------------------------------------- */

typedef struct pack_writer {
    struct archive *archive;
    FILE *sums; /* what SHA256SUMS will be */
    const char *path;
} pack_writer;

static const struct {
    const char *ending;
    int (*add)(struct archive *);
} pack_filters[] = {
    {".tar.zst", archive_write_add_filter_zstd},
    {".tar.gz", archive_write_add_filter_gzip},
    {".tar.xz", archive_write_add_filter_xz},
    {".tar", archive_write_add_filter_none},
};

static int pack_fail(const pack_writer *w, bnn_error *err)
{
    errno = archive_errno(w->archive);
    if (errno > 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", w->path);
    return bnn_fail(err, BNN_E_RESOURCE, "%s: cannot write: %s", w->path,
                    archive_error_string(w->archive));
}

/* The filter that the name asks for; the date of gzip would be another one each time. */
static int pack_choose(pack_writer *w, bnn_error *err)
{
    const size_t n = strlen(w->path);
    for (size_t i = 0; i < sizeof pack_filters / sizeof *pack_filters; i++) {
        const size_t m = strlen(pack_filters[i].ending);
        if (n <= m || strcmp(w->path + n - m, pack_filters[i].ending) != 0)
            continue;
        if (archive_write_set_format_pax_restricted(w->archive) != ARCHIVE_OK ||
            pack_filters[i].add(w->archive) != ARCHIVE_OK ||
            archive_write_set_bytes_in_last_block(w->archive, 1) != ARCHIVE_OK)
            return archive_errno(w->archive) == ENOMEM
                       ? bnn_no_memory(err)
                       : bnn_fail(err, BNN_E_RESOURCE, "%s: this libarchive cannot write %s",
                                  w->path, pack_filters[i].ending);
        archive_write_set_filter_option(w->archive, "gzip", "timestamp", NULL);
        return BNN_OK;
    }
    return bnn_fail(err, BNN_E_USAGE,
                    "%s: the name has to end in .tar.zst, .tar.gz, .tar.xz or .tar", w->path);
}

static int pack_write_header(pack_writer *w, const char *name, size_t n, bnn_error *err)
{
    struct archive_entry *entry = archive_entry_new();
    if (entry == NULL)
        return bnn_no_memory(err);
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, BNN_PACK_TIME, 0);
    archive_entry_set_size(entry, (la_int64_t)n);
    const int code = archive_write_header(w->archive, entry);
    archive_entry_free(entry);
    return code == ARCHIVE_OK ? BNN_OK : pack_fail(w, err);
}

static int pack_write(pack_writer *w, const void *bytes, size_t n, bnn_error *err)
{
    return n == 0 || archive_write_data(w->archive, bytes, n) == (la_ssize_t)n ? BNN_OK
                                                                               : pack_fail(w, err);
}

/* A file that is nobody else's, so that what is hashed is what is written. */
static int pack_add(pack_writer *w, const char *name, const char *path, bnn_error *err)
{
    char sha256[BNN_SHA256_HEX], bytes[PACK_BLOCK];
    struct stat st;
    size_t n;
    FILE *file = fopen(path, "rbe");
    if (file == NULL || fstat(fileno(file), &st) != 0) {
        bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot read", path);
        if (file != NULL)
            fclose(file);
        return err->status;
    }
    int status = bnn_file_sha256(path, sha256, err);
    if (status == BNN_OK)
        status = pack_write_header(w, name, (size_t)st.st_size, err);
    while (status == BNN_OK && (n = fread(bytes, 1, sizeof bytes, file)) > 0)
        status = pack_write(w, bytes, n, err);
    if (status == BNN_OK && ferror(file))
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot read", path);
    fclose(file);
    fprintf(w->sums, "%s  %s\n", sha256, name);
    return status;
}

/* ---- what is in it ----------------------------------------------------------------------- */

typedef struct pack_work {
    const char *db;
    char folder[PATH_MAX]; /* beside the archive: ARCHIVE.packing */
    int lock;              /* of it; -1: it is not ours */
    const char *copy, *rows, *saved, *file, *half;
    bnn_store *store; /* rows: the runs alone */
    bnn_arena *arena;
    bnn_packed *out;
} pack_work;

/* A copy of all, brought to the newest schema, in which nothing is under way. */
static int pack_copy(const pack_work *p, bnn_error *err)
{
    bnn_store *store = NULL;
    bnn_store_recovered recovered;
    int status = bnn_store_open(p->db, BNN_STORE_READ, &store, err);
    if (status == BNN_OK)
        status = bnn_store_copy(store, p->copy, err);
    bnn_store_close(store);
    store = NULL;
    if (status == BNN_OK && bnn_store_merge_disarm(p->copy, err) != BNN_OK)
        status = bnn_error_prefix(err, "%s: ", p->db);
    if (status == BNN_OK)
        status = bnn_store_open(p->copy, BNN_STORE_WRITE, &store, err);
    if (status == BNN_OK)
        status = bnn_store_recover(store, true, &recovered, err);
    bnn_store_close(store);
    return status;
}

static int pack_take_rows(pack_work *p, const bnn_store_words *uids, bnn_error *err)
{
    int64_t n_conflicts;
    int status = bnn_store_open(p->rows, BNN_STORE_WRITE, &p->store, err);
    if (status != BNN_OK)
        return status;
    status = bnn_store_merge_begin(p->store, p->copy, p->db, uids, p->arena, &p->out->runs,
                                   &p->out->n_runs, err);
    if (status == BNN_OK)
        status = bnn_store_merge_finish(p->store, p->db, &n_conflicts, err);
    bnn_store_merge_end(p->store);
    return status == BNN_OK ? bnn_store_save(p->store, p->saved, err) : status;
}

/* Copied first, so that what is hashed is what is packed. */
static int pack_file(pack_work *p, pack_writer *w, int folder, const char *uid, const char *name,
                     bnn_error *err)
{
    struct stat st;
    const char *recorded;
    char now[BNN_SHA256_HEX] = "";
    int status = bnn_store_file_sha256(p->store, uid, name, p->arena, &recorded, err);
    int fd = -1;
    if (status == BNN_OK && folder >= 0)
        status = bnn_merge_open_file(folder, name, &fd, &st, err);
    const char *entry = bnn_arena_printf(p->arena, BNN_PACK_DATABASE ".artifacts/%s/%s", uid, name);
    if (status == BNN_OK && entry == NULL)
        status = bnn_no_memory(err);
    if (status == BNN_OK && fd >= 0)
        status = bnn_file_copy(fd, p->file, err);
    if (status == BNN_OK && fd >= 0 && recorded[0] != '\0')
        status = bnn_file_sha256(p->file, now, err);
    const bool is_sound = fd >= 0 && strcmp(now, recorded) == 0;
    if (fd >= 0)
        close(fd);
    if (status != BNN_OK)
        return status;
    p->out->n_files += is_sound;
    p->out->n_lost += !is_sound && recorded[0] != '\0';
    return is_sound ? pack_add(w, entry, p->file, err) : BNN_OK;
}

static int pack_compare(const void *a, const void *b)
{
    return strcmp(((const bnn_store_merged *)a)->uid, ((const bnn_store_merged *)b)->uid);
}

static int pack_take_files(pack_work *p, pack_writer *w, bnn_error *err)
{
    const size_t n = p->out->n_runs;
    bnn_store_merged *runs = bnn_arena_alloc(p->arena, n + 1, sizeof *runs);
    if (runs == NULL)
        return bnn_no_memory(err);
    memcpy(runs, p->out->runs, n * sizeof *runs);
    qsort(runs, n, sizeof *runs, pack_compare);
    int status = pack_add(w, BNN_PACK_DATABASE, p->saved, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        int folder = -1;
        status = bnn_merge_open_folder(p->db, runs[i].uid, p->arena, &folder, err);
        for (size_t k = 0; status == BNN_OK && k < sizeof pack_files / sizeof *pack_files; k++)
            status = pack_file(p, w, folder, runs[i].uid, pack_files[k], err);
        if (folder >= 0)
            close(folder);
    }
    return status;
}

/* ---- put together ------------------------------------------------------------------------ */

static int pack_write_archive(pack_work *p, pack_writer *w, int fd, bnn_error *err)
{
    char *sums = NULL;
    size_t n_sums = 0;
    w->sums = bnn_memstream_open(&sums, &n_sums);
    if (w->sums == NULL)
        return bnn_no_memory(err);
    int status = archive_write_open_fd(w->archive, fd) == ARCHIVE_OK ? BNN_OK : pack_fail(w, err);
    if (status == BNN_OK)
        status = pack_take_files(p, w, err);
    if (!bnn_memstream_close(w->sums, &sums) && status == BNN_OK)
        status = bnn_no_memory(err);
    if (status == BNN_OK)
        status = pack_write_header(w, BNN_PACK_SUMS, n_sums, err);
    if (status == BNN_OK)
        status = pack_write(w, sums, n_sums, err);
    if (status != BNN_OK)
        archive_write_close(w->archive); /* while its file is open; its release alone leaks */
    else if (archive_write_close(w->archive) != ARCHIVE_OK)
        status = pack_fail(w, err);
    free(sums);
    return status;
}

static int pack_put(pack_work *p, pack_writer *w, bnn_error *err)
{
    char temporary[PATH_MAX];
    struct stat st;
    if (stat(p->db, &st) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s", p->db);
    const int fd = bnn_file_begin(p->half, st.st_mode & 0666, temporary, err); /* no more open */
    if (fd < 0)
        return fd;
    int status = pack_write_archive(p, w, fd, err);
    if (status == BNN_OK && fstat(fd, &st) == 0)
        p->out->bytes = (int64_t)st.st_size;
    if (status != BNN_OK) {
        close(fd);
        unlink(temporary);
        return status;
    }
    status = bnn_file_end(fd, temporary, w->path, 0, err);
    if (status == BNN_OK && !bnn_file_sync_directory_of(w->path))
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: its folder cannot be synced", w->path);
    return status;
}

static int pack_begin(pack_work *p, const char *path, bnn_error *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: is there, and is no file", path);
    const int n = snprintf(p->folder, sizeof p->folder, "%s.packing", path);
    if (n < 0 || (size_t)n >= sizeof p->folder)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: path too long", path);
    const int status = bnn_draft_begin(p->folder, &p->lock, err);
    if (status != BNN_OK)
        return status;
    p->copy = bnn_arena_printf(p->arena, "%s/copy.db", p->folder);
    p->rows = bnn_arena_printf(p->arena, "%s/rows.db", p->folder);
    p->saved = bnn_arena_printf(p->arena, "%s/saved.db", p->folder);
    p->file = bnn_arena_printf(p->arena, "%s/file", p->folder);
    p->half = bnn_arena_printf(p->arena, "%s/archive", p->folder);
    return p->copy == NULL || p->rows == NULL || p->saved == NULL || p->file == NULL ||
                   p->half == NULL
               ? bnn_no_memory(err)
               : BNN_OK;
}

static int pack_end(pack_work *p, int status, bnn_error *err)
{
    bnn_store_close(p->store);
    if (p->lock < 0)
        return status;
    if (!bnn_file_remove_folder(AT_FDCWD, p->folder) && status == BNN_OK)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be removed", p->folder);
    close(p->lock);
    return status;
}

int bnn_pack(const char *db, const bnn_store_words *uids, const char *path, bnn_arena *arena,
             bnn_packed *out, bnn_error *err)
{
    pack_work p = {.db = db, .lock = -1, .arena = arena, .out = out};
    pack_writer w = {.archive = archive_write_new(), .path = path};
    *out = (bnn_packed){.n_runs = 0};
    if (w.archive == NULL)
        return bnn_no_memory(err);
    int status = pack_choose(&w, err);
    if (status == BNN_OK)
        status = pack_begin(&p, path, err);
    if (status == BNN_OK)
        status = pack_copy(&p, err);
    if (status == BNN_OK)
        status = pack_take_rows(&p, uids, err);
    if (status == BNN_OK)
        status = pack_put(&p, &w, err);
    status = pack_end(&p, status, err);
    archive_write_free(w.archive);
    return status;
}
