#include "runner/artifacts.h"

#include "base/fault.h"
#include "base/sha256.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *bnn_artifacts_look(const bnn_store_file *file)
{
    struct stat st;
    char sha256[BNN_SHA256_HEX];
    bnn_error err;
    if (stat(file->path, &st) != 0)
        return "is missing";
    if (!S_ISREG(st.st_mode) || st.st_size != file->n_bytes)
        return "is damaged";
    if (st.st_mtim.tv_sec * INT64_C(1000000) + st.st_mtim.tv_nsec / 1000 <= file->created_us)
        return NULL;
    if (bnn_file_sha256(file->path, sha256, &err) != BNN_OK)
        return "cannot be read";
    return strcmp(sha256, file->sha256) == 0 ? NULL : "is damaged";
}

static bool artifacts_is_of_another(const char *path)
{
    static const char ending[] = ".artifacts";
    char real[PATH_MAX];
    struct stat st, other;
    if (lstat(path, &st) != 0 || !S_ISLNK(st.st_mode) || realpath(path, real) == NULL ||
        !bnn_text_ends_with(real, ending))
        return false;
    real[strlen(real) - strlen(ending)] = '\0';
    return stat(real, &other) == 0 && S_ISREG(other.st_mode);
}

int bnn_artifacts_check_place(const char *db, bnn_error *err)
{
    bnn_arena *arena = bnn_arena_create(1 << 16);
    const char *path = arena == NULL ? NULL : bnn_run_path(db, NULL, NULL, arena);
    int status = path == NULL ? bnn_no_memory(err) : BNN_OK;
    if (status == BNN_OK && artifacts_is_of_another(path))
        status =
            bnn_fail(err, BNN_E_RESOURCE,
                     "%s.artifacts is the folder of another database; give this one its own", db);
    bnn_arena_destroy(arena);
    return status;
}

static int artifacts_fail_look(const char *db, int reason, bnn_error *err)
{
    errno = reason;
    return bnn_fail_errno(err, BNN_E_RESOURCE,
                          "the files of runs, in %s.artifacts, cannot be looked at", db);
}

/* FILE.artifacts, which may be a link to elsewhere; -1 without one, or when it is another's: then errno
 * is ENOENT. */
static int artifacts_open_all(const char *db)
{
    bnn_arena *arena = bnn_arena_create(1 << 16);
    const char *path = arena == NULL ? NULL : bnn_run_path(db, NULL, NULL, arena);
    const bool is_ours = path != NULL && !artifacts_is_of_another(path);
    const int fd = is_ours ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    const int reason = path == NULL ? ENOMEM : is_ours ? errno : ENOENT;
    bnn_arena_destroy(arena);
    errno = reason;
    return fd;
}

/* Likewise; one that is there and cannot be opened is not an empty one. */
static int artifacts_find_all(const char *db, int *out, bnn_error *err)
{
    *out = artifacts_open_all(db);
    return *out >= 0 || errno == ENOENT ? BNN_OK : artifacts_fail_look(db, errno, err);
}

/* A folder in it, which is no link; NULL without one. */
static DIR *artifacts_open_folder(int all, const char *name)
{
    const int fd = openat(all, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (fd >= 0 && folder == NULL)
        close(fd);
    return folder;
}

/* That of a run. */
static DIR *artifacts_open_run(int all, const char *uid)
{
    errno = ENOENT;
    return all < 0 || !bnn_run_is_uid(uid) ? NULL : artifacts_open_folder(all, uid);
}

/* The next file that bnnrun has written, or link of such a name, and its bytes; NULL at the end. */
static const char *artifacts_next(DIR *folder, int64_t *bytes)
{
    const struct dirent *e;
    struct stat st;
    while ((e = readdir(folder)) != NULL)
        if (bnn_run_is_file(e->d_name) &&
            fstatat(dirfd(folder), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            !S_ISDIR(st.st_mode)) {
            *bytes = S_ISREG(st.st_mode) ? (int64_t)st.st_size : 0;
            return e->d_name;
        }
    return NULL;
}

static int64_t artifacts_sum(int all, const char *uid)
{
    DIR *folder = artifacts_open_run(all, uid);
    int64_t bytes, sum = 0;
    while (folder != NULL && artifacts_next(folder, &bytes) != NULL)
        sum += bytes;
    if (folder != NULL)
        closedir(folder);
    return sum;
}

int64_t bnn_artifacts_bytes(const char *db, const char *uid)
{
    const int all = artifacts_open_all(db);
    const int64_t sum = artifacts_sum(all, uid);
    if (all >= 0)
        close(all);
    return sum;
}

const char *bnn_artifacts_log_end(const char *db, const char *uid, bnn_arena *arena,
                                  int64_t *out_bytes)
{
    enum { END_BYTES = 8192 };
    struct stat st;
    const int all = artifacts_open_all(db);
    DIR *folder = artifacts_open_run(all, uid);
    const int fd = folder == NULL ? -1
                                  : openat(dirfd(folder), BNN_RUN_LOG,
                                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char *text = fd < 0 ? NULL : bnn_arena_alloc(arena, END_BYTES + 1, 1);
    ssize_t n = -1;
    if (text != NULL && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        *out_bytes = (int64_t)st.st_size;
        n = pread(fd, text, END_BYTES, st.st_size > END_BYTES ? st.st_size - END_BYTES : 0);
    }
    if (fd >= 0)
        close(fd);
    if (folder != NULL)
        closedir(folder);
    if (all >= 0)
        close(all);
    return n > 0 ? text : NULL;
}

/* Removes the files in the folder of a run, or one of them (file), and the folder with the last,
 * unless somebody has put something there, too. */
static int artifacts_empty(int all, const char *uid, const char *file, bnn_error *err)
{
    DIR *folder = artifacts_open_run(all, uid);
    const char *name;
    int64_t bytes;
    int reason = 0;
    if (folder == NULL && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "the files of run %s cannot be removed", uid);
    if (folder == NULL)
        return BNN_OK;
    while ((name = artifacts_next(folder, &bytes)) != NULL)
        if ((file == NULL || strcmp(name, file) == 0) && unlinkat(dirfd(folder), name, 0) != 0 &&
            errno != ENOENT)
            reason = errno;
    closedir(folder);
    if (file == NULL && unlinkat(all, uid, AT_REMOVEDIR) != 0 && errno != ENOENT &&
        errno != ENOTEMPTY && errno != EEXIST && reason == 0)
        reason = errno;
    errno = reason;
    return reason == 0 ? BNN_OK
                       : bnn_fail_errno(err, BNN_E_RESOURCE,
                                        "the files of run %s cannot all be removed", uid);
}

/* ---- of runs that were deleted ----------------------------------------------------------- */

/* All runs by their uids: what is known of one, or NULL. */
typedef struct artifacts_index {
    const bnn_store_chosen **runs;
    size_t n;
} artifacts_index;

static int artifacts_compare(const void *a, const void *b)
{
    return strcmp((*(const bnn_store_chosen *const *)a)->uid,
                  (*(const bnn_store_chosen *const *)b)->uid);
}

static int artifacts_make_index(bnn_store *store, bnn_arena *arena, artifacts_index *out,
                                bnn_error *err)
{
    const bnn_store_filter all = {.limit = 0};
    const bnn_store_chosen *runs;
    const int status = bnn_store_choose(store, &all, arena, &runs, &out->n, err);
    if (status != BNN_OK)
        return status;
    out->runs = bnn_arena_alloc(arena, out->n, sizeof *out->runs);
    if (out->runs == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < out->n; i++)
        out->runs[i] = &runs[i];
    if (out->n > 0)
        qsort(out->runs, out->n, sizeof *out->runs, artifacts_compare);
    return BNN_OK;
}

static const bnn_store_chosen *artifacts_find(const artifacts_index *index, const char *uid)
{
    const bnn_store_chosen wanted = {.uid = uid}, *key = &wanted, **found = NULL;
    if (index->n > 0)
        found = bsearch(&key, index->runs, index->n, sizeof *index->runs, artifacts_compare);
    return found == NULL ? NULL : *found;
}

int bnn_artifacts_remove(bnn_store *store, const char *db, const bnn_store_chosen *runs, size_t n,
                         bnn_error *err)
{
    artifacts_index index;
    bnn_error first = {.status = BNN_OK};
    bnn_arena *arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES); /* all runs there are */
    if (arena == NULL)
        return bnn_no_memory(err);
    int status = bnn_store_begin(store, err);
    if (status == BNN_OK)
        status = artifacts_make_index(store, arena, &index, err);
    int all = -1;
    if (status == BNN_OK)
        status = artifacts_find_all(db, &all, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        const bnn_store_chosen *again = artifacts_find(&index, runs[i].uid);
        if (again == NULL || again->n_attempts == 0)
            artifacts_empty(all, runs[i].uid, NULL, first.status == BNN_OK ? &first : err);
    }
    if (all >= 0)
        close(all);
    bnn_store_rollback(store);
    bnn_arena_destroy(arena);
    if (status == BNN_OK && first.status != BNN_OK)
        *err = first;
    return status == BNN_OK ? first.status : status;
}

/* ---- of runs that are planned ------------------------------------------------------------ */

void bnn_artifacts_clean(const char *db, const bnn_run *runs, size_t n)
{
    const int all = artifacts_open_all(db);
    for (const bnn_run *run = runs; run < runs + n; run++) {
        const bool spent = run->state == BNN_RUN_DONE || run->state == BNN_RUN_STALE ||
                           run->state == BNN_RUN_AGAIN || run->state == BNN_RUN_LOST;
        DIR *folder = run->state == BNN_RUN_RUNNING ? NULL : artifacts_open_run(all, run->uid);
        const char *name;
        int64_t bytes;
        while (folder != NULL && (name = artifacts_next(folder, &bytes)) != NULL)
            if (bnn_run_is_half_file(name) || (spent && strcmp(name, BNN_RUN_CHECKPOINT) == 0))
                unlinkat(dirfd(folder), name, 0);
        if (folder != NULL)
            closedir(folder);
    }
    if (all >= 0)
        close(all);
}

/* ---- left over --------------------------------------------------------------------------- */

typedef struct artifacts_finder {
    bnn_arena *arena;
    bnn_leftover *found;
    size_t n, capacity;
    bool failed; /* there is no memory */
    int reason;  /* errno: why a folder could not be looked at; or 0 */
} artifacts_finder;

/* Of another user, a folder is left alone; a fault of the machine is no folder without left-overs. */
static DIR *artifacts_open_noted(artifacts_finder *f, int all, const char *uid)
{
    DIR *folder = artifacts_open_run(all, uid);
    if (folder == NULL && bnn_fault_remedy(errno) != NULL)
        f->reason = errno;
    return folder;
}

static void artifacts_note(artifacts_finder *f, const char *what, const char *uid, const char *file,
                           int64_t bytes)
{
    bnn_leftover *grown = bnn_arena_grow(f->arena, f->found, f->n, &f->capacity, sizeof *grown);
    const bnn_leftover leftover = {what, bnn_arena_strdup(f->arena, uid),
                                   file == NULL ? NULL : bnn_arena_strdup(f->arena, file), bytes};
    f->failed = grown == NULL || leftover.uid == NULL || (file != NULL && leftover.file == NULL);
    if (f->failed)
        return;
    f->found = grown;
    grown[f->n++] = leftover;
}

/* In the folder of a run that nobody works on. */
static void artifacts_look_into(artifacts_finder *f, int all, const bnn_store_chosen *run)
{
    const bool done = strcmp(run->state, "done") == 0 || strcmp(run->state, "stale") == 0;
    DIR *folder = artifacts_open_noted(f, all, run->uid);
    const char *name;
    int64_t bytes;
    while (folder != NULL && !f->failed && (name = artifacts_next(folder, &bytes)) != NULL)
        if (bnn_run_is_half_file(name))
            artifacts_note(f, "file half written", run->uid, name, bytes);
        else if (done && strcmp(name, BNN_RUN_CHECKPOINT) == 0)
            artifacts_note(f, "checkpoint of a done run", run->uid, name, bytes);
    if (folder != NULL)
        closedir(folder);
}

/* Whether in the folder of no run there is a file to remove, or nothing at all. */
static bool artifacts_has_some(artifacts_finder *f, int all, const char *uid)
{
    DIR *folder = artifacts_open_noted(f, all, uid);
    const struct dirent *e;
    bool some = false;
    size_t n = 0;
    while (folder != NULL && !some && (e = readdir(folder)) != NULL) {
        some = bnn_run_is_file(e->d_name);
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    }
    if (folder != NULL)
        closedir(folder);
    return some || (folder != NULL && n == 0);
}

int bnn_artifacts_find_leftovers(bnn_store *store, const char *db, bnn_arena *arena,
                                 const bnn_leftover **out, size_t *out_n, bnn_error *err)
{
    artifacts_index index;
    artifacts_finder f = {.arena = arena};
    const struct dirent *e;
    int all = -1, status = artifacts_make_index(store, arena, &index, err);
    if (status == BNN_OK)
        status = artifacts_find_all(db, &all, err);
    DIR *folders = all < 0 ? NULL : artifacts_open_folder(all, ".");
    f.reason = all >= 0 && folders == NULL ? errno : 0;
    while (folders != NULL && !f.failed && (e = readdir(folders)) != NULL) {
        const bnn_store_chosen *run = artifacts_find(&index, e->d_name);
        if (run == NULL && artifacts_has_some(&f, all, e->d_name))
            artifacts_note(&f, "folder without a run", e->d_name, NULL,
                           artifacts_sum(all, e->d_name));
        else if (run != NULL && strcmp(run->state, "running") != 0)
            artifacts_look_into(&f, all, run);
    }
    if (folders != NULL)
        closedir(folders);
    if (all >= 0)
        close(all);
    if (f.failed)
        return bnn_no_memory(err);
    if (f.reason != 0)
        return artifacts_fail_look(db, f.reason, err);
    *out = f.found;
    *out_n = f.n;
    return status;
}

int bnn_artifacts_remove_leftovers(const char *db, const bnn_leftover *leftovers, size_t n,
                                   bnn_error *err)
{
    bnn_error first = {.status = BNN_OK};
    int all;
    if (artifacts_find_all(db, &all, err) != BNN_OK)
        return err->status;
    for (size_t i = 0; i < n; i++)
        artifacts_empty(all, leftovers[i].uid, leftovers[i].file,
                        first.status == BNN_OK ? &first : err);
    if (all >= 0)
        close(all);
    if (first.status != BNN_OK)
        *err = first;
    return first.status;
}
