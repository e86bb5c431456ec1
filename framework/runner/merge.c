#include "runner/merge_internal.h"

#include "base/draft.h"
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
#include <sys/stat.h>
#include <unistd.h>

/* ---- INTO.merging ------------------------------------------------------------------------ */

/* What a merge that was killed has left, or this one: the copy, and what notes stand for. */
int bnn_merge_clear(bnn_merge *m, bnn_error *err)
{
    struct dirent **names;
    size_t n_notes = 0;
    const int n = scandir(m->folder, &names, NULL, alphasort);
    if (n < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be looked at", m->folder);
    const char **notes = calloc((size_t)n + 1, sizeof *notes);
    for (int i = 0; notes != NULL && i < n; i++)
        if (bnn_merge_is_note(names[i]->d_name))
            notes[n_notes++] = names[i]->d_name;
        else if (strncmp(names[i]->d_name, "source.db", 9) == 0)
            unlinkat(m->lock, names[i]->d_name, 0);
        else if (strcmp(names[i]->d_name, BNN_MERGE_UNPACKED) == 0)
            bnn_file_remove_folder(m->lock, BNN_MERGE_UNPACKED);
    const int status =
        notes == NULL ? bnn_no_memory(err) : bnn_merge_settle_notes(m, notes, n_notes, err);
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
    free(notes);
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
    const int status = bnn_draft_take(m->folder, &m->lock, err);
    if (status == BNN_OK && m->lock < 0) /* nothing in it is ours to clear up */
        return bnn_fail(err, BNN_E_RESOURCE, "%s: another merge into it is under way", m->into);
    return status == BNN_OK ? bnn_merge_clear(m, err) : status;
}

int bnn_merge_open(const char *into, bnn_merge **out, bnn_error *err)
{
    bnn_merge *m = calloc(1, sizeof *m);
    if (m == NULL)
        return bnn_no_memory(err);
    m->into = into;
    m->lock = -1;
    bnn_store_recovered recovered; /* runs of processes that died are not under way */
    int status = bnn_store_open(into, BNN_STORE_WRITE, &m->store, err);
    if (status == BNN_OK)
        status = bnn_artifacts_check_place(into, err);
    if (status == BNN_OK)
        status = merge_lock(m, err);
    if (status == BNN_OK)
        status = bnn_store_recover(m->store, false, &recovered, err);
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
    if (m->lock >= 0 && bnn_merge_clear(m, &none) == BNN_OK)
        rmdir(m->folder);
    if (m->lock >= 0)
        close(m->lock);
    bnn_store_close(m->store);
    free(m->copy);
    free(m->folder);
    free(m);
}

/* ---- the other database ------------------------------------------------------------------ */

/* Opens a part; -1, and that no failure, without one. */
static int merge_open_part(const char *from, const char *ending, int *out, bnn_error *err)
{
    char path[PATH_MAX + 16];
    struct stat st;
    snprintf(path, sizeof path, "%s%s", from, ending);
    const int status = bnn_merge_open_file(AT_FDCWD, path, out, &st, err);
    if (status != BNN_OK || *out >= 0 || (errno == ENOENT && ending[0] != '\0'))
        return status;
    return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", path);
}

/* The copy is ours to write. */
static int merge_copy_part(const bnn_merge *m, const char *from, const char *ending, bnn_error *err)
{
    char to[PATH_MAX + 16];
    snprintf(to, sizeof to, "%s%s", m->copy, ending);
    unlink(to);
    int fd, status = merge_open_part(from, ending, &fd, err);
    if (status != BNN_OK || fd < 0)
        return status;
    status = bnn_file_copy(fd, to, err);
    close(fd);
    if (status == BNN_OK && chmod(to, 0600) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s", to);
    return status;
}

/* All that is left, but no more than n; none of a file that is not there. -1 with errno. */
static ssize_t merge_read(int fd, char *bytes, size_t n)
{
    size_t got = 0;
    ssize_t more = fd < 0 ? 0 : 1;
    while (more > 0 && got < n) {
        more = read(fd, bytes + got, n - got);
        if (more < 0 && errno == EINTR)
            more = 1;
        else if (more > 0)
            got += (size_t)more;
    }
    return more < 0 ? -1 : (ssize_t)got;
}

/* Byte for byte: who writes within one tick of the clock may change neither size nor time. A log has other bytes after
 * each writing; while it has the same, and what is in it goes over into the database, the two copies are one state. */
static int merge_compare_part(const bnn_merge *m, const char *from, const char *ending, bool *same,
                              bnn_error *err)
{
    enum { BLOCK = 1 << 16 };
    char to[PATH_MAX + 16], theirs[BLOCK], ours[BLOCK];
    ssize_t n, n_ours;
    snprintf(to, sizeof to, "%s%s", m->copy, ending);
    int fd, status = merge_open_part(from, ending, &fd, err);
    if (status != BNN_OK)
        return status;
    const int copy = open(to, O_RDONLY | O_CLOEXEC);
    if (copy < 0 && errno != ENOENT)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", to);
    do {
        n = merge_read(fd, theirs, BLOCK);
        n_ours = n < 0 ? n : merge_read(copy, ours, BLOCK);
        *same = n == n_ours && n >= 0 && memcmp(theirs, ours, (size_t)n) == 0;
    } while (*same && n > 0);
    if (status == BNN_OK && n_ours < 0)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s%s: cannot read", from, ending);
    if (copy >= 0)
        close(copy);
    if (fd >= 0)
        close(fd);
    return status;
}

/* SQLite would roll it back, and delete the file that it names: anybody's, in a database of anybody's. */
static int merge_check_journal(const char *from, const char *name, bnn_error *err)
{
    char path[PATH_MAX + 16];
    struct stat st;
    snprintf(path, sizeof path, "%s-journal", from);
    if (lstat(path, &st) != 0)
        return errno == ENOENT
                   ? BNN_OK
                   : bnn_fail_errno(err, BNN_E_RESOURCE, "%s-journal: cannot be looked at", name);
    if (S_ISREG(st.st_mode) && st.st_size == 0)
        return BNN_OK;
    return bnn_fail(err, BNN_E_RESOURCE,
                    "%s: some program was killed while it wrote to it, and %s-journal has what it "
                    "has to take back; if it is yours, open it once with `sqlite3 %s .tables`",
                    name, name, name);
}

/* The database with what it has not taken over from its log. A process that wrote meanwhile would make it a copy of
 * two states. */
static int merge_copy_database(const bnn_merge *m, const char *from, const char *name,
                               bnn_error *err)
{
    static const char *const endings[] = {"", "-wal"};
    enum { N = sizeof endings / sizeof *endings };
    struct stat into, there;
    char file[PATH_MAX];
    if (realpath(from, file) == NULL || stat(m->into, &into) != 0 || stat(file, &there) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s", name);
    if (there.st_dev == into.st_dev && there.st_ino == into.st_ino)
        return bnn_fail(err, BNN_E_USAGE, "%s and %s are the same database", m->into, name);
    if (there.st_size == 0)
        return bnn_fail(err, BNN_E_RESOURCE, "%s is empty: was it copied whole?", name);
    if (bnn_store_is_in_use(file))
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: a process is at work on it; merge when that has ended", name);
    int status = merge_check_journal(file, name, err);
    for (int i = 0; status == BNN_OK && i < N; i++)
        status = merge_copy_part(m, file, endings[i], err);
    bool same = true;
    for (int i = 0; status == BNN_OK && same && i < N; i++)
        status = merge_compare_part(m, file, endings[i], &same, err);
    return status == BNN_OK && !same
               ? bnn_fail(err, BNN_E_RESOURCE,
                          "%s: somebody has written to it meanwhile; merge when that has ended",
                          name)
               : status;
}

/* Brings the copy to the newest schema. What was running when it was made will not go on in it. */
static int merge_settle_copy(const bnn_merge *m, const char *from, bnn_error *err)
{
    bnn_store *copy = NULL;
    bnn_store_recovered recovered;
    int status = bnn_store_merge_disarm(m->copy, err);
    if (status != BNN_OK)
        return bnn_error_prefix(err, "%s: ", from);
    status = bnn_store_open(m->copy, BNN_STORE_WRITE, &copy, err);
    if (status == BNN_OK)
        status = bnn_store_recover(copy, true, &recovered, err);
    bnn_store_close(copy);
    return status == BNN_OK ? BNN_OK : bnn_error_prefix(err, "%s, in a copy: ", from);
}

/* ------------------------------------------------------------------------------------------ */

size_t bnn_merged_count(const bnn_merged *merged, const char *how)
{
    size_t n = 0;
    for (size_t i = 0; i < merged->n; i++)
        n += strcmp(merged->runs[i].how, how) == 0;
    return n;
}

static int merge_take(const bnn_merge *m, const char *from, const char *name, bool skips,
                      bnn_arena *arena, bnn_merged *out, bnn_error *err)
{
    int status =
        bnn_store_merge_begin(m->store, m->copy, name, NULL, arena, &out->runs, &out->n, err);
    const size_t n_different = status == BNN_OK ? bnn_merged_count(out, "different") : 0;
    if (n_different > 0 && !skips)
        status = bnn_fail(err, BNN_E_FAILED,
                          "%s: %zu runs have other results than in %s, so nothing of it was merged",
                          name, n_different, m->into);
    if (status == BNN_OK)
        status = bnn_merge_copy_files(m, from, arena, out, err);
    return status == BNN_OK ? bnn_store_merge_finish(m->store, name, &out->n_conflicts, err)
                            : status;
}

/* Its files would be written over. */
static int merge_check_artifacts(const bnn_merge *m, const char *from, const char *name,
                                 bnn_arena *arena, bnn_error *err)
{
    struct stat ours, theirs;
    const char *a = bnn_run_path(m->into, NULL, NULL, arena);
    const char *b = bnn_run_path(from, NULL, NULL, arena);
    if (a == NULL || b == NULL)
        return bnn_no_memory(err);
    if (stat(a, &ours) == 0 && stat(b, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
        ours.st_ino == theirs.st_ino)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s and %s have the same folder of artifacts; give one its own", m->into,
                        name);
    return BNN_OK;
}

int bnn_merge_from_as(bnn_merge *m, const char *from, const char *name, bool skips,
                      bnn_arena *arena, bnn_merged *out, bnn_error *err)
{
    *out = (bnn_merged){.n = 0};
    int status = merge_copy_database(m, from, name, err);
    if (status == BNN_OK)
        status = merge_check_artifacts(m, from, name, arena, err);
    if (status == BNN_OK)
        status = merge_settle_copy(m, name, err);
    if (status == BNN_OK) {
        status = merge_take(m, from, name, skips, arena, out, err);
        bnn_store_merge_end(m->store);
    }
    bnn_error cleared;
    if (bnn_merge_clear(m, &cleared) != BNN_OK && status == BNN_OK) {
        *err = cleared;
        status = cleared.status;
    }
    return status;
}

int bnn_merge_from(bnn_merge *m, const char *from, bool skips, bnn_arena *arena, bnn_merged *out,
                   bnn_error *err)
{
    return bnn_merge_from_as(m, from, from, skips, arena, out, err);
}
