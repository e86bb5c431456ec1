#include "base/draft.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the file system has no locks, it is ours when we have made it. */
static bool draft_lock(int fd, bool made)
{
    return flock(fd, LOCK_EX | LOCK_NB) == 0 || (made && errno != EWOULDBLOCK);
}

/* *again: whoever had it has removed it meanwhile. */
static int draft_try(const char *folder, int *out, bool *made, bool *again, bnn_error *err)
{
    struct stat ours, now;
    *out = -1;
    *again = false;
    *made = mkdir(folder, 0700) == 0;
    if (!*made && errno != EEXIST)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be made", folder);
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno != ENOENT) {
        bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", folder);
        if (*made)
            rmdir(folder);
        return err->status;
    }
    if (fd >= 0 && !draft_lock(fd, *made)) {
        close(fd);
        return BNN_OK;
    }
    *again = fd < 0 || fstat(fd, &ours) != 0 || lstat(folder, &now) != 0 ||
             ours.st_dev != now.st_dev || ours.st_ino != now.st_ino;
    if (!*again)
        *out = fd;
    else if (fd >= 0)
        close(fd);
    return BNN_OK;
}

static int draft_take(const char *folder, int *out, bool *made, bnn_error *err)
{
    bool again = true;
    int status = BNN_OK;
    while (status == BNN_OK && again)
        status = draft_try(folder, out, made, &again, err);
    return status;
}

int bnn_draft_take(const char *folder, int *out, bnn_error *err)
{
    bool made;
    return draft_take(folder, out, &made, err);
}

int bnn_draft_begin(const char *folder, int *out, bnn_error *err)
{
    bool made = false;
    int status = BNN_OK;
    while (status == BNN_OK && !made) {
        status = draft_take(folder, out, &made, err);
        if (status == BNN_OK && *out < 0)
            return bnn_fail(err, BNN_E_RESOURCE,
                            "%s: another process is at work in it; if none is, remove it", folder);
        if (status != BNN_OK || made)
            break;
        if (!bnn_file_remove_folder(AT_FDCWD, folder))
            status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be removed", folder);
        close(*out);
        *out = -1;
    }
    return status;
}
