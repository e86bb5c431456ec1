#include "cluster/saved.h"

#include "base/fault.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SAVED_BLOCK_BYTES = 1 << 16,
    SAVED_HOLES_BYTES = 64 << 20, /* that a file may have more of than its archive has bytes */
};

/* Which of our files a member is, or NULL. Only whole names match, so no path of the file is ever used. */
static const char *saved_match(const char *const names[2], const char *member)
{
    if (member != NULL && strncmp(member, "./", 2) == 0)
        member += 2;
    for (size_t i = 0; member != NULL && i < 2; i++)
        if (strcmp(member, names[i]) == 0)
            return names[i];
    return NULL;
}

/* Only of a file that is damaged is it said to delete it: what cannot be read or unpacked here may be sound. libarchive
 * has these numbers for what is in a file, and else those of the system. */
static int saved_fail(struct archive *archive, const char *tar, bnn_error *err)
{
    const int code = archive_errno(archive);
    if (code == ENOMEM)
        return bnn_no_memory(err);
    if (bnn_fault_remedy(code) != NULL) {
        errno = code;
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be read", tar);
    }
    if (code != EILSEQ && code != EINVAL && code != -1)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: cannot be read or unpacked: %s", tar,
                        archive_error_string(archive));
    return bnn_fail(err, BNN_E_RESOURCE, "%s: is damaged (%s); delete it to do its runs anew", tar,
                    archive_error_string(archive));
}

static int saved_too_large(const char *tar, bnn_error *err)
{
    return bnn_fail(err, BNN_E_RESOURCE,
                    "%s: is damaged (a file in it is larger than all of it); delete it to do its "
                    "runs anew",
                    tar);
}

/* As many as the member says: of one with holes libarchive may give more. */
static int saved_bytes(struct archive *archive, const char *tar, int64_t size, int fd,
                       const char *path, bnn_error *err)
{
    char bytes[SAVED_BLOCK_BYTES];
    la_ssize_t n;
    while ((n = archive_read_data(archive, bytes, sizeof bytes)) > 0) {
        size -= n;
        if (size < 0)
            return saved_too_large(tar, err);
        if (!bnn_file_put(fd, bytes, (size_t)n))
            return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be written", path);
    }
    return n < 0 ? saved_fail(archive, tar, err) : BNN_OK;
}

static int saved_take(struct archive *archive, const char *tar, int64_t size, const char *folder,
                      const char *name, bnn_error *err)
{
    char path[PATH_MAX];
    if (!bnn_path_join(folder, name, path))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: the path is too long", folder);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be made", path);
    const int status = saved_bytes(archive, tar, size, fd, path, err);
    if (close(fd) != 0 && status == BNN_OK)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be written", path);
    return status;
}

static int saved_read(struct archive *archive, const char *tar, const char *const names[2],
                      const char *folder, bool *found, bnn_error *err)
{
    struct archive_entry *member;
    struct stat st;
    if (stat(tar, &st) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be looked at", tar);
    if (archive_read_support_format_tar(archive) != ARCHIVE_OK ||
        archive_read_open_filename(archive, tar, SAVED_BLOCK_BYTES) != ARCHIVE_OK)
        return saved_fail(archive, tar, err);
    for (;;) {
        const int code = archive_read_next_header(archive, &member);
        if (code == ARCHIVE_EOF)
            return BNN_OK;
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
            return saved_fail(archive, tar, err);
        const char *name = saved_match(names, archive_entry_pathname(member));
        if (name == NULL || archive_entry_filetype(member) != AE_IFREG)
            continue;
        const int64_t size = archive_entry_size(member);
        if (size < 0 || size > st.st_size + SAVED_HOLES_BYTES)
            return saved_too_large(tar, err);
        if (saved_take(archive, tar, size, folder, name, err) != BNN_OK)
            return err->status;
        *found |= name == names[0];
    }
}

int bnn_slurm_unpack(const char *tar, const char *name, const char *folder, bool *found,
                     bnn_error *err)
{
    char log[PATH_MAX];
    const char *const names[2] = {name, log};
    snprintf(log, sizeof log, "%s-wal", name);
    *found = false;
    struct archive *archive = archive_read_new();
    if (archive == NULL)
        return bnn_no_memory(err);
    const int status = saved_read(archive, tar, names, folder, found, err);
    archive_read_free(archive);
    return status;
}

bool bnn_slurm_is_merged(const char *list, const char *name, const struct stat *now)
{
    char line[256];
    const int n =
        snprintf(line, sizeof line, "%s %lld.%09ld %lld\n", name, (long long)now->st_mtim.tv_sec,
                 now->st_mtim.tv_nsec, (long long)now->st_size);
    for (const char *at = list; n > 0 && (size_t)n < sizeof line && *at != '\0';) {
        if (strncmp(at, line, (size_t)n) == 0)
            return true;
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    return false;
}

uint32_t bnn_slurm_saved_tasks(const char *name)
{
    const size_t n = strspn(name, "0123456789");
    if (n < 1 || strncmp(name + n, "of", 2) != 0)
        return 0;
    const char *tasks = name + n + 2;
    const size_t n_tasks = strspn(tasks, "0123456789");
    return n_tasks >= 1 && n_tasks <= 6 && strcmp(tasks + n_tasks, ".tar") == 0
               ? (uint32_t)strtoul(tasks, NULL, 10)
               : 0;
}
