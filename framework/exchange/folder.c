#include "exchange/folder.h"

#include "base/draft.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_ENDING ".exporting"

static int folder_fail_place(const bnn_folder *folder, bnn_error *err)
{
    return bnn_fail(err, BNN_E_USAGE,
                    "%s is there already, and nothing is written over it; remove it, or name "
                    "another folder with -o",
                    folder->place);
}

int bnn_folder_begin(const char *place, bnn_folder *out, bnn_error *err)
{
    size_t n = strlen(place);
    struct stat there;
    while (n > 1 && place[n - 1] == '/')
        n--;
    *out = (bnn_folder){.n_files = 0};
    if (n == 0 || n + sizeof FOLDER_ENDING > sizeof out->path)
        return bnn_fail(err, BNN_E_USAGE, "\"%s\" is no name of a folder", place);
    memcpy(out->place, place, n);
    memcpy(out->path, place, n);
    memcpy(out->path + n, FOLDER_ENDING, sizeof FOLDER_ENDING);
    if (lstat(out->place, &there) == 0)
        return folder_fail_place(out, err);
    return bnn_draft_begin(out->path, &out->lock, err);
}

int bnn_folder_path(bnn_folder *folder, const char *name, char out[PATH_MAX], bnn_error *err)
{
    if (snprintf(out, PATH_MAX, "%s/%s", folder->path, name) >= PATH_MAX)
        return bnn_fail(err, BNN_E_RESOURCE, "%s/%s: the name is too long", folder->place, name);
    for (char *end = out + strlen(folder->path) + 1; (end = strchr(end, '/')) != NULL; end++) {
        *end = '\0';
        if (mkdir(out, 0777) != 0 && errno != EEXIST)
            return bnn_fail_errno(err, BNN_E_RESOURCE, "%s/%s: cannot create", folder->place, name);
        *end = '/';
    }
    return BNN_OK;
}

int bnn_folder_make(bnn_folder *folder, const char *name, bnn_error *err)
{
    char path[PATH_MAX];
    if (bnn_folder_path(folder, name, path, err) != BNN_OK)
        return err->status;
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s/%s: cannot create", folder->place, name);
    return BNN_OK;
}

int bnn_folder_open(bnn_folder *folder, const char *name, FILE **out, bnn_error *err)
{
    char path[PATH_MAX];
    const int status = bnn_folder_path(folder, name, path, err);
    if (status != BNN_OK)
        return status;
    *out = fopen(path, "wxe");
    return *out != NULL
               ? BNN_OK
               : bnn_fail_errno(err, BNN_E_RESOURCE, "%s/%s: cannot create", folder->place, name);
}

int bnn_folder_end(bnn_folder *folder, FILE *file, int status, bnn_error *err)
{
    const long n = ftell(file);
    const int failed = ferror(file), reason = errno;
    const bool written = fclose(file) == 0 && failed == 0 && n >= 0;
    if (status != BNN_OK)
        return status;
    if (failed != 0)
        errno = reason;
    if (!written)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", folder->place);
    folder->n_files++;
    folder->n_bytes += (uint64_t)n;
    return BNN_OK;
}

int bnn_folder_count(bnn_folder *folder, const char *path, bnn_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot stat", folder->place);
    folder->n_files++;
    folder->n_bytes += (uint64_t)st.st_size;
    return BNN_OK;
}

int bnn_folder_add(bnn_folder *folder, const char *name, const void *bytes, size_t n,
                   bnn_error *err)
{
    FILE *file;
    const int status = bnn_folder_open(folder, name, &file, err);
    if (status != BNN_OK)
        return status;
    fwrite(bytes, 1, n, file);
    return bnn_folder_end(folder, file, BNN_OK, err);
}

/* All files at once: one after the other takes milliseconds each. */
static bool folder_sync(const char *path)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = fd >= 0 && syncfs(fd) == 0;
    const int reason = errno;
    if (fd >= 0)
        close(fd);
    errno = reason;
    return synced;
}

/* Replaces nothing, where the file system can promise that; else at most an empty folder. */
static int folder_rename(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    return errno == EINVAL || errno == ENOSYS ? rename(from, to) : -1;
}

int bnn_folder_keep(bnn_folder *folder, bnn_error *err)
{
    const mode_t mask = umask(0);
    umask(mask);
    int status = BNN_OK;
    if (chmod(folder->path, 0777 & ~mask) != 0 || !folder_sync(folder->path))
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", folder->place);
    else if (folder_rename(folder->path, folder->place) != 0)
        status = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
                     ? folder_fail_place(folder, err)
                     : bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", folder->place);
    if (status != BNN_OK) {
        bnn_folder_drop(folder);
        return status;
    }
    close(folder->lock);
    if (bnn_file_sync_directory_of(folder->place))
        return BNN_OK;
    status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: its folder cannot be synced", folder->place);
    bnn_file_remove_folder(AT_FDCWD, folder->place); /* or it could not be tried again */
    return status;
}

void bnn_folder_drop(bnn_folder *folder)
{
    bnn_file_remove_folder(AT_FDCWD, folder->path);
    close(folder->lock);
}
