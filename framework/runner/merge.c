#include "runner/merge.h"

#include "base/file.h"
#include "base/path.h"
#include "runner/artifacts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is written before a commit is noted in INTO.merging/, whose lock is held as long: the copy of the other
 * database, and a folder named as each run whose files are being put in their places. */
struct bnn_merge {
    bnn_store *store;
    const char *into;
    char *folder; /* INTO.merging */
    char *copy;   /* in it */
    int lock;     /* the folder, opened */
};

/* ---- copies ------------------------------------------------------------------------------ */

static int merge_copy_bytes(int from, int to, const char *path, bnn_error *err)
{
    char bytes[1 << 16];
    ssize_t n;
    while ((n = read(from, bytes, sizeof bytes)) > 0)
        for (ssize_t done = 0, k; done < n; done += k)
            if ((k = write(to, bytes + done, (size_t)(n - done))) < 0)
                return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", path);
    return n == 0 ? BNN_OK : bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be copied", path);
}

/* Opens a file that is no link; -1 with errno, ENOENT for what is no file, either. */
static int merge_open_file(int folder, const char *name, struct stat *st)
{
    const int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || (fstat(fd, st) == 0 && S_ISREG(st->st_mode)))
        return fd;
    close(fd);
    errno = ENOENT;
    return -1;
}

/* A copy with the time of the original, which says that the content is what was recorded. */
static int merge_write_file(int from, const struct stat *st, const char *path, bnn_error *err)
{
    const int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (to < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be made", path);
    int status = merge_copy_bytes(from, to, path, err);
    const struct timespec times[] = {st->st_atim, st->st_mtim};
    if (status == BNN_OK && (futimens(to, times) != 0 || !bnn_file_sync(to)))
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be written", path);
    if (close(to) != 0 && status == BNN_OK)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be written", path);
    return status;
}

/* ---- INTO.merging ------------------------------------------------------------------------ */

/* What a merge that was killed has left: the copy, and files of runs that were never committed. */
static int merge_clear(bnn_merge *m, bnn_error *err)
{
    struct dirent **names;
    int status = BNN_OK;
    size_t n_runs = 0;
    const int n = scandir(m->folder, &names, NULL, NULL);
    if (n < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be looked at", m->folder);
    bnn_store_chosen *runs = calloc((size_t)n + 1, sizeof *runs);
    for (int i = 0; runs != NULL && i < n; i++)
        if (bnn_run_is_uid(names[i]->d_name))
            runs[n_runs++].uid = names[i]->d_name;
        else if (strncmp(names[i]->d_name, "source.db", 9) == 0)
            unlinkat(m->lock, names[i]->d_name, 0);
    if (runs == NULL)
        status = bnn_no_memory(err);
    else if (n_runs > 0) /* all at once: each call reads what runs there are */
        status = bnn_artifacts_remove(m->store, m->into, runs, n_runs, err);
    for (size_t i = 0; status == BNN_OK && i < n_runs; i++)
        unlinkat(m->lock, runs[i].uid, AT_REMOVEDIR);
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
    free(runs);
    return status;
}

static int merge_lock(bnn_merge *m, bnn_error *err)
{
    char real[PATH_MAX];
    if (realpath(m->into, real) == NULL)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s", m->into);
    if (asprintf(&m->folder, "%s.merging", real) < 0) {
        m->folder = NULL;
        return bnn_no_memory(err);
    }
    if (asprintf(&m->copy, "%s/source.db", m->folder) < 0) {
        m->copy = NULL;
        return bnn_no_memory(err);
    }
    const int status = bnn_file_make_directory(m->folder, err);
    if (status != BNN_OK)
        return status;
    m->lock = open(m->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (m->lock < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", m->folder);
    if (flock(m->lock, LOCK_EX | LOCK_NB) != 0)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: another merge into it is under way", m->into);
    return merge_clear(m, err);
}

int bnn_merge_open(const char *into, bnn_merge **out, bnn_error *err)
{
    bnn_merge *m = calloc(1, sizeof *m);
    if (m == NULL)
        return bnn_no_memory(err);
    m->into = into;
    m->lock = -1;
    int status = bnn_store_open(into, BNN_STORE_WRITE, &m->store, err);
    if (status == BNN_OK)
        status = merge_lock(m, err);
    if (status != BNN_OK) {
        bnn_merge_close(m);
        return status;
    }
    *out = m;
    return BNN_OK;
}

void bnn_merge_close(bnn_merge *m)
{
    if (m == NULL)
        return;
    bnn_error none;
    if (m->lock >= 0 && flock(m->lock, LOCK_EX | LOCK_NB) == 0 && merge_clear(m, &none) == BNN_OK)
        rmdir(m->folder);
    if (m->lock >= 0)
        close(m->lock);
    bnn_store_close(m->store);
    free(m->copy);
    free(m->folder);
    free(m);
}

/* ---- the other database ------------------------------------------------------------------ */

static int merge_copy_part(const bnn_merge *m, const char *from, const char *ending,
                           struct stat *st, bnn_error *err)
{
    char path[PATH_MAX + 16], to[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s%s", from, ending);
    snprintf(to, sizeof to, "%s%s", m->copy, ending);
    *st = (struct stat){.st_size = 0};
    unlink(to);
    const int fd = merge_open_file(AT_FDCWD, path, st);
    if (fd < 0 && errno == ENOENT && ending[0] != '\0')
        return BNN_OK;
    if (fd < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", path);
    const int status = merge_write_file(fd, st, to, err);
    close(fd);
    return status;
}

static bool merge_has_changed(const char *from, const char *ending, const struct stat *was)
{
    char path[PATH_MAX + 16];
    struct stat now = {.st_size = 0};
    snprintf(path, sizeof path, "%s%s", from, ending);
    if (stat(path, &now) != 0)
        now = (struct stat){.st_size = 0};
    return now.st_size != was->st_size || now.st_mtim.tv_sec != was->st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != was->st_mtim.tv_nsec;
}

/* The database with what it has not taken over from its log. A process that wrote meanwhile would make it a copy of
 * two states. */
static int merge_copy_database(const bnn_merge *m, const char *from, bnn_error *err)
{
    static const char *const endings[] = {"", "-wal", "-journal"};
    enum { N = sizeof endings / sizeof *endings };
    struct stat into, was[N];
    char file[PATH_MAX];
    if (realpath(from, file) == NULL || stat(m->into, &into) != 0 || stat(file, &was[0]) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s", from);
    if (was[0].st_dev == into.st_dev && was[0].st_ino == into.st_ino)
        return bnn_fail(err, BNN_E_USAGE, "%s and %s are the same database", m->into, from);
    if (was[0].st_size == 0)
        return bnn_fail(err, BNN_E_RESOURCE, "%s is empty: was it copied whole?", from);
    if (bnn_store_is_in_use(file))
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: a process is at work on it; merge when that has ended", from);
    int status = BNN_OK;
    for (int i = 0; status == BNN_OK && i < N; i++)
        status = merge_copy_part(m, file, endings[i], &was[i], err);
    for (int i = 0; status == BNN_OK && i < N; i++)
        if (merge_has_changed(file, endings[i], &was[i]))
            status = bnn_fail(err, BNN_E_RESOURCE,
                              "%s: somebody has written to it meanwhile; merge when that has ended",
                              from);
    return status;
}

/* Brings the copy to the newest schema. What was running when it was made will not go on in it. */
static int merge_settle_copy(const bnn_merge *m, const char *from, bnn_error *err)
{
    bnn_store *copy = NULL;
    bnn_store_recovered recovered;
    int status = bnn_store_open(m->copy, BNN_STORE_WRITE, &copy, err);
    if (status == BNN_OK)
        status = bnn_store_recover(copy, true, &recovered, err);
    bnn_store_close(copy);
    return status == BNN_OK ? BNN_OK : bnn_error_prefix(err, "%s, in a copy: ", from);
}

/* ---- the files of runs ------------------------------------------------------------------- */

typedef struct merge_files {
    const bnn_merge *merge;
    const char *from;
    bnn_arena *arena;
    bnn_merged *out;
} merge_files;

static int merge_open_folder(const merge_files *f, const char *uid)
{
    const char *all = bnn_run_path(f->from, NULL, NULL, f->arena);
    const int fd = all == NULL ? -1 : open(all, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int folder =
        fd < 0 ? -1 : openat(fd, uid, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return folder;
}

/* sha256: what it has to be; NULL: whatever it is. Not what is missing, or is something else. */
static int merge_file(const merge_files *f, int folder, const char *uid, const char *name,
                      const char *sha256, bnn_error *err)
{
    struct stat st;
    char now[BNN_SHA256_HEX];
    const int fd = folder < 0 ? -1 : merge_open_file(folder, name, &st);
    f->out->n_lost += fd < 0 && sha256 != NULL;
    if (fd < 0)
        return BNN_OK;
    const char *to = bnn_run_path(f->merge->into, uid, name, f->arena);
    const char *half = to == NULL ? NULL : bnn_arena_printf(f->arena, "%s.%d.tmp", to, getpid());
    int status = half == NULL ? bnn_no_memory(err) : merge_write_file(fd, &st, half, err);
    close(fd);
    if (status == BNN_OK && sha256 != NULL)
        status = bnn_file_sha256(half, now, err);
    const bool is_sound = status == BNN_OK && (sha256 == NULL || strcmp(now, sha256) == 0);
    if (is_sound && rename(half, to) != 0)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be put in its place", to);
    else if (half != NULL && !is_sound)
        unlink(half);
    f->out->n_lost += status == BNN_OK && !is_sound;
    f->out->n_files += status == BNN_OK && is_sound;
    return status;
}

/* The folder of a run here, noted before it is there. */
static int merge_make_folder(const merge_files *f, const char *uid, bnn_error *err)
{
    char note[PATH_MAX + BNN_SHA256_HEX];
    const char *folder = bnn_run_path(f->merge->into, uid, NULL, f->arena);
    if (folder == NULL)
        return bnn_no_memory(err);
    snprintf(note, sizeof note, "%s/%s", f->merge->folder, uid);
    int status = bnn_file_make_directory(note, err);
    if (status == BNN_OK)
        status = bnn_file_make_directory(folder, err);
    struct stat st;
    if (status == BNN_OK && lstat(folder, &st) == 0 && S_ISLNK(st.st_mode))
        status =
            bnn_fail(err, BNN_E_RESOURCE, "%s is a link, and the folder of a run is none", folder);
    return status;
}

static int merge_run(const merge_files *f, const bnn_store_merged *run, bnn_error *err)
{
    static const char *const names[] = {BNN_RUN_MODEL, BNN_RUN_WEIGHTS, BNN_RUN_CHECKPOINT,
                                        BNN_RUN_LOG};
    const bnn_store_merged_file *files;
    size_t n;
    int status = bnn_store_merge_files(f->merge->store, run->from_uid, f->arena, &files, &n, err);
    const int folder = merge_open_folder(f, run->from_uid);
    if (status == BNN_OK && (folder >= 0 || n > 0))
        status = merge_make_folder(f, run->uid, err);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *sha256 = NULL;
        for (size_t k = 0; k < n && status == BNN_OK; k++)
            if (strcmp(bnn_path_name(files[k].path), names[i]) == 0)
                sha256 = files[k].sha256;
        if (status == BNN_OK)
            status = merge_file(f, folder, run->uid, names[i], sha256, err);
    }
    if (folder >= 0)
        close(folder);
    const char *any = bnn_run_path(f->merge->into, run->uid, BNN_RUN_MODEL, f->arena);
    if (status == BNN_OK && any != NULL && !bnn_file_sync_directory_of(any))
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: its folder cannot be synced", any);
    return status;
}

/* ------------------------------------------------------------------------------------------ */

size_t bnn_merged_count(const bnn_merged *merged, const char *how)
{
    size_t n = 0;
    for (size_t i = 0; i < merged->n; i++)
        n += strcmp(merged->runs[i].how, how) == 0;
    return n;
}

static int merge_take(const merge_files *f, bool skips, bnn_error *err)
{
    bnn_merged *out = f->out;
    const bnn_merge *m = f->merge;
    int status =
        bnn_store_merge_begin(m->store, m->copy, f->from, f->arena, &out->runs, &out->n, err);
    const size_t n_different = status == BNN_OK ? bnn_merged_count(out, "different") : 0;
    if (n_different > 0 && !skips)
        status = bnn_fail(err, BNN_E_FAILED,
                          "%s: %zu runs have other results than in %s, so nothing of it was merged",
                          f->from, n_different, m->into);
    for (size_t i = 0; status == BNN_OK && i < out->n; i++)
        if (strcmp(out->runs[i].how, "new") == 0 || strcmp(out->runs[i].how, "better") == 0)
            status = merge_run(f, &out->runs[i], err);
    return status == BNN_OK ? bnn_store_merge_finish(m->store, f->from, &out->n_conflicts, err)
                            : status;
}

int bnn_merge_from(bnn_merge *m, const char *from, bool skips, bnn_arena *arena, bnn_merged *out,
                   bnn_error *err)
{
    const merge_files files = {m, from, arena, out};
    *out = (bnn_merged){.n = 0};
    int status = merge_copy_database(m, from, err);
    if (status == BNN_OK)
        status = merge_settle_copy(m, from, err);
    if (status == BNN_OK) {
        status = merge_take(&files, skips, err);
        bnn_store_merge_end(m->store);
    }
    bnn_error cleared;
    if (merge_clear(m, &cleared) != BNN_OK && status == BNN_OK) {
        *err = cleared;
        status = cleared.status;
    }
    return status;
}
