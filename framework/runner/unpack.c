/* unpack.c - what `bnnrun pack` has written, or somebody else: taken entry by entry, by the names that pack.h has, into
 * a folder that is nobody else's, from where it is merged. */
#include "runner/pack.h"

#include "base/fault.h"
#include "base/file.h"
#include "base/memstream.h"
#include "base/text.h"
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

#define UNPACK_ARTIFACTS BNN_PACK_DATABASE ".artifacts/"

enum {
    UNPACK_BLOCK = 1 << 16,
    UNPACK_HEADER = 512,    /* bytes that an entry takes, whatever is in it */
    UNPACK_FREE = 64 << 20, /* that any archive may unpack to; a larger one ... */
    UNPACK_RATIO = 200,     /* ... to so many times its own */
    UNPACK_SUMS_MAX = 256 << 20,
};

typedef struct unpack_work {
    struct archive *archive;
    const char *name;   /* of the archive */
    const char *folder; /* where to */
    int64_t left;       /* bytes that may still come */
    char *sums;         /* what SHA256SUMS has to be */
    size_t n_sums;
    FILE *sum;
} unpack_work;

/* Or it cannot be read, of which libarchive says no reason in its words. */
static int unpack_damaged(const unpack_work *u, bnn_error *err)
{
    const int reason = archive_errno(u->archive);
    if (reason == ENOMEM)
        return bnn_no_memory(err);
    if (bnn_fault_remedy(reason) != NULL) {
        errno = reason;
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot read", u->name);
    }
    const char *why = archive_error_string(u->archive);
    return bnn_fail(err, BNN_E_RESOURCE, "%s: damaged, or not whole: %s", u->name,
                    why == NULL ? "it ends too early" : why);
}

static int unpack_refuse(const unpack_work *u, const char *entry, const char *what, bnn_error *err)
{
    char excerpt[BNN_EXCERPT];
    return bnn_fail(err, BNN_E_RESOURCE, "%s: not made by `bnnrun pack`: \"%s\" %s", u->name,
                    bnn_excerpt(entry == NULL ? "" : entry, excerpt), what);
}

/* The folder of a run, "bnnrun.db.artifacts/UID", of an entry that is a file of it; else false. */
static bool unpack_folder_of(const char *entry, char out[BNN_SHA256_HEX + 32])
{
    char uid[BNN_SHA256_HEX];
    const size_t n = strlen(UNPACK_ARTIFACTS);
    if (strncmp(entry, UNPACK_ARTIFACTS, n) != 0)
        return false;
    const size_t digits = strcspn(entry + n, "/");
    if (digits >= sizeof uid || entry[n + digits] == '\0')
        return false;
    snprintf(uid, sizeof uid, "%.*s", (int)digits, entry + n);
    const char *name = entry + n + digits + 1;
    snprintf(out, BNN_SHA256_HEX + 32, UNPACK_ARTIFACTS "%s", uid);
    return bnn_run_is_uid(uid) && bnn_run_is_file(name) && !bnn_run_is_half_file(name);
}

/* ---- an entry ---------------------------------------------------------------------------- */

static int unpack_make_place(const unpack_work *u, const char *entry, char path[PATH_MAX],
                             bnn_error *err)
{
    char folder[BNN_SHA256_HEX + 32], to[PATH_MAX];
    const bool is_database = strcmp(entry, BNN_PACK_DATABASE) == 0;
    if (!is_database && !unpack_folder_of(entry, folder))
        return unpack_refuse(u, entry, "is no name of its", err);
    const int n = snprintf(path, PATH_MAX, "%s/%s", u->folder, entry);
    if (n < 0 || n >= PATH_MAX)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: path too long", u->folder);
    if (is_database)
        return BNN_OK;
    snprintf(to, sizeof to, "%s/%s", u->folder, folder);
    return bnn_file_make_directory(to, err);
}

/* As many as the entry says, by which the bound of all is counted: of one with holes libarchive gives more. */
static int unpack_bytes(const unpack_work *u, int fd, int64_t size, const char *entry,
                        bnn_error *err)
{
    char bytes[UNPACK_BLOCK];
    la_ssize_t n;
    while ((n = archive_read_data(u->archive, bytes, sizeof bytes)) > 0) {
        size -= n;
        if (size < 0)
            return unpack_refuse(u, entry, "has more than it says", err);
        if (!bnn_file_put(fd, bytes, (size_t)n))
            return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", u->folder);
    }
    return n == 0 && size == 0 ? BNN_OK : unpack_damaged(u, err);
}

static int unpack_file(unpack_work *u, const char *entry, int64_t size, bnn_error *err)
{
    static const struct timespec times[] = {{.tv_sec = BNN_PACK_TIME}, {.tv_sec = BNN_PACK_TIME}};
    char path[PATH_MAX], sha256[BNN_SHA256_HEX];
    int status = unpack_make_place(u, entry, path, err);
    if (status != BNN_OK)
        return status;
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return unpack_refuse(u, entry, "is there twice", err);
    if (fd < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot create", path);
    status = unpack_bytes(u, fd, size, entry, err);
    if (status == BNN_OK && futimens(fd, times) != 0)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: its time cannot be set", path);
    if (close(fd) != 0 && status == BNN_OK)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", path);
    if (status == BNN_OK)
        status = bnn_file_sha256(path, sha256, err);
    if (status == BNN_OK)
        fprintf(u->sum, "%s  %s\n", sha256, entry);
    return status;
}

/* The last entry says what all others have to be: line by line what was written of them. */
static int unpack_sums(unpack_work *u, size_t n, bnn_error *err)
{
    char *said = malloc(n + 1);
    if (said == NULL || fflush(u->sum) != 0 || ferror(u->sum)) {
        free(said);
        return bnn_no_memory(err);
    }
    int status = BNN_OK;
    if (archive_read_data(u->archive, said, n) != (la_ssize_t)n)
        status = unpack_damaged(u, err);
    else if (n != u->n_sums || memcmp(said, u->sums, n) != 0)
        status =
            bnn_fail(err, BNN_E_RESOURCE,
                     "%s: damaged: what is in it is not what its " BNN_PACK_SUMS " says", u->name);
    free(said);
    return status;
}

/* ---- all of them ------------------------------------------------------------------------- */

/* *last: it was SHA256SUMS. */
static int unpack_entry(unpack_work *u, struct archive_entry *entry, bool *last, bnn_error *err)
{
    const char *name = archive_entry_pathname(entry);
    const int64_t size = archive_entry_size(entry);
    if (name == NULL || archive_entry_filetype(entry) != AE_IFREG ||
        archive_entry_hardlink(entry) != NULL || archive_entry_symlink(entry) != NULL)
        return unpack_refuse(u, name, "is no file", err);
    if (size < 0 || size > u->left - UNPACK_HEADER)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: would unpack to more than %d times its size, so it is not taken",
                        u->name, UNPACK_RATIO);
    u->left -= size + UNPACK_HEADER;
    *last = strcmp(name, BNN_PACK_SUMS) == 0;
    if (*last && size > UNPACK_SUMS_MAX)
        return unpack_refuse(u, name, "is too large", err);
    return *last ? unpack_sums(u, (size_t)size, err) : unpack_file(u, name, size, err);
}

static int unpack_entries(unpack_work *u, bnn_error *err)
{
    struct archive_entry *entry;
    bool last = false;
    int code;
    while ((code = archive_read_next_header(u->archive, &entry)) == ARCHIVE_OK) {
        if (last)
            return unpack_refuse(u, archive_entry_pathname(entry), "is behind the last", err);
        if (unpack_entry(u, entry, &last, err) != BNN_OK)
            return err->status;
    }
    if (code != ARCHIVE_EOF || !last)
        return unpack_damaged(u, err);
    return BNN_OK;
}

static int unpack_read(unpack_work *u, int fd, bnn_error *err)
{
    struct stat st;
    struct archive *a = u->archive;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: not a file", u->name);
    u->left = st.st_size > INT64_MAX / UNPACK_RATIO / 2
                  ? INT64_MAX / 2
                  : UNPACK_FREE + (int64_t)st.st_size * UNPACK_RATIO;
    u->sum = bnn_memstream_open(&u->sums, &u->n_sums);
    if (u->sum == NULL)
        return bnn_no_memory(err);
    if (archive_read_support_format_tar(a) != ARCHIVE_OK ||
        archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
        archive_read_support_filter_xz(a) != ARCHIVE_OK ||
        archive_read_support_filter_zstd(a) != ARCHIVE_OK ||
        archive_read_open_fd(a, fd, UNPACK_BLOCK) != ARCHIVE_OK)
        return unpack_damaged(u, err);
    return unpack_entries(u, err);
}

int bnn_unpack_archive(const char *archive, const char *folder, bnn_error *err)
{
    unpack_work u = {.archive = archive_read_new(), .name = archive, .folder = folder};
    if (u.archive == NULL)
        return bnn_no_memory(err);
    const int fd = open(archive, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const int status = fd < 0 ? bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", archive)
                              : unpack_read(&u, fd, err);
    archive_read_free(u.archive);
    if (u.sum != NULL)
        bnn_memstream_close(u.sum, &u.sums);
    free(u.sums);
    if (fd >= 0)
        close(fd);
    return status;
}
