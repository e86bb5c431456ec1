#include "cluster/saved.h"

#include "base/path.h"
#include "base/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SAVED_BLOCK_BYTES = 1 << 16 };

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

static int saved_take(struct archive *archive, const char *folder, const char *name, bnn_error *err)
{
    char path[PATH_MAX];
    if (!bnn_path_join(folder, name, path))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: the path is too long", folder);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be made", path);
    const bool taken = archive_read_data_into_fd(archive, fd) == ARCHIVE_OK;
    if (!taken)
        bnn_fail(err, BNN_E_RESOURCE, "%s: cannot be unpacked: %s", path,
                 archive_error_string(archive));
    close(fd);
    return taken ? BNN_OK : err->status;
}

static int saved_read(struct archive *archive, const char *tar, const char *const names[2],
                      const char *folder, bool *found, bnn_error *err)
{
    struct archive_entry *member;
    if (archive_read_support_format_tar(archive) != ARCHIVE_OK ||
        archive_read_open_filename(archive, tar, SAVED_BLOCK_BYTES) != ARCHIVE_OK)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: cannot be read: %s", tar,
                        archive_error_string(archive));
    for (;;) {
        const int code = archive_read_next_header(archive, &member);
        if (code == ARCHIVE_EOF)
            return BNN_OK;
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
            return bnn_fail(err, BNN_E_RESOURCE, "%s: is damaged: %s", tar,
                            archive_error_string(archive));
        const char *name = saved_match(names, archive_entry_pathname(member));
        if (name == NULL || archive_entry_filetype(member) != AE_IFREG)
            continue;
        if (saved_take(archive, folder, name, err) != BNN_OK)
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
