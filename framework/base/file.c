#include "base/file.h"

#include "base/fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* The size of a regular file within the limit. */
static int size_of_file(int fd, const char *path, size_t limit_bytes, size_t *out, bnn_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot stat", path);
    if (!S_ISREG(st.st_mode))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: not a regular file", path);
    if ((uintmax_t)st.st_size > limit_bytes)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %jd bytes, more than the limit of %zu", path,
                        (intmax_t)st.st_size, limit_bytes);
    *out = (size_t)st.st_size;
    return BNN_OK;
}

int bnn_file_read(const char *path, size_t limit_bytes, char **out, size_t *out_bytes,
                  bnn_error *err)
{
    /* Opening a named pipe without O_NONBLOCK would wait for somebody to write to it. */
    const bool is_stdin = strcmp(path, BNN_STDIN) == 0;
    const int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    FILE *file = fd >= 0 ? fdopen(fd, "rb") : NULL;
    if (file == NULL) {
        bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", path);
        if (fd >= 0)
            close(fd);
        return err->status;
    }
    char *buffer = NULL;
    size_t size = limit_bytes + 1, got = 0;
    int status = is_stdin ? BNN_OK : size_of_file(fd, path, limit_bytes, &size, err);
    if (status == BNN_OK && (buffer = malloc(size + 1)) == NULL)
        status = bnn_no_memory(err);
    if (status == BNN_OK) {
        got = fread(buffer, 1, size, file);
        if (ferror(file))
            status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot read", path);
        else if (got > limit_bytes)
            status = bnn_fail(err, BNN_E_RESOURCE, "%s: more than the limit of %zu bytes", path,
                              limit_bytes);
    }
    fclose(file);
    if (status != BNN_OK) {
        free(buffer);
        return status;
    }
    buffer[got] = '\0';
    *out = buffer;
    *out_bytes = got;
    return BNN_OK;
}

bool bnn_file_sync(int fd)
{
    int code;
    while ((code = fsync(fd)) != 0 && errno == EINTR)
        continue;
    return code == 0;
}

/* False with errno when it is a fault of the machine that it is not durable: some file systems sync no folders,
 * and some folders may be written and not read. */
static bool sync_directory(const char *directory)
{
    int fd;
    while ((fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 && errno == EINTR)
        continue;
    const int reason = fd < 0 || !bnn_file_sync(fd) ? errno : 0;
    if (fd >= 0)
        close(fd);
    errno = reason;
    return bnn_fault_remedy(reason) == NULL;
}

/* A rename is durable only when its directory is. */
bool bnn_file_sync_directory_of(const char *path)
{
    char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%s", path);
    char *slash = strrchr(directory, '/');
    if (slash == directory)
        slash[1] = '\0';
    else if (slash != NULL)
        *slash = '\0';
    return sync_directory(slash == NULL ? "." : directory);
}

/* A new file beside path, with a name that nobody can foresee: "model.bnn.8271094452.tmp", which is what
 * bnn_run_is_half_file() knows. -1 with errno. */
static int create_beside(const char *path, unsigned mode, char temporary[PATH_MAX])
{
    uint64_t drawn;
    int fd = -1;
    do {
        if (getrandom(&drawn, sizeof drawn, 0) != sizeof drawn)
            return -1;
        const int length = snprintf(temporary, PATH_MAX, "%s.%" PRIu64 ".tmp", path, drawn);
        if (length < 0 || length >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    } while (fd < 0 && (errno == EEXIST || errno == EINTR));
    return fd;
}

bool bnn_file_put(int fd, const void *bytes, size_t n)
{
    for (const char *at = bytes, *end = at + n; at < end;) {
        const ssize_t written = write(fd, at, (size_t)(end - at));
        if (written < 0 && errno != EINTR)
            return false;
        at += written > 0 ? written : 0;
    }
    return true;
}

/* False with errno. */
static bool copy_part(int from, int to, off_t at, off_t end)
{
    char bytes[1 << 16];
    if (lseek(from, at, SEEK_SET) != at || lseek(to, at, SEEK_SET) != at)
        return false;
    while (at < end) {
        const size_t left = (size_t)(end - at);
        const ssize_t n = read(from, bytes, left < sizeof bytes ? left : sizeof bytes);
        if (n == 0) /* it has become shorter */
            break;
        if (n < 0 ? errno != EINTR : !bnn_file_put(to, bytes, (size_t)n))
            return false;
        at += n > 0 ? n : 0;
    }
    return true;
}

/* What is a hole stays one: the copy of a stranger's file takes no more room than that does. False with errno. */
static bool copy_all(int from, int to)
{
    const off_t size = lseek(from, 0, SEEK_END);
    off_t at = 0, end;
    while (size >= 0 && (at = lseek(from, at, SEEK_DATA)) >= 0) {
        end = lseek(from, at, SEEK_HOLE);
        if (end < 0 || !copy_part(from, to, at, end))
            return false;
        at = end;
    }
    return size >= 0 && errno == ENXIO && ftruncate(to, size) == 0;
}

int bnn_file_begin(const char *path, unsigned mode, char temporary[PATH_MAX], bnn_error *err)
{
    const int fd = create_beside(path, mode, temporary);
    return fd >= 0 ? fd : bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot create", path);
}

int bnn_file_end(int fd, const char *temporary, const char *path, int reason, bnn_error *err)
{
    if (reason == 0 && !bnn_file_sync(fd))
        reason = errno;
    if (close(fd) != 0 && reason == 0)
        reason = errno;
    if (reason == 0 && rename(temporary, path) != 0)
        reason = errno;
    if (reason == 0)
        return BNN_OK;
    unlink(temporary);
    errno = reason;
    return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", path);
}

int bnn_file_write(const char *path, const void *bytes, size_t n, bnn_error *err)
{
    char temporary[PATH_MAX];
    const int fd = bnn_file_begin(path, 0666, temporary, err);
    if (fd < 0)
        return fd;
    const int status =
        bnn_file_end(fd, temporary, path, bnn_file_put(fd, bytes, n) ? 0 : errno, err);
    if (status == BNN_OK && !bnn_file_sync_directory_of(path))
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: its folder cannot be synced", path);
    return status;
}

int bnn_file_copy(int from, const char *path, bnn_error *err)
{
    char temporary[PATH_MAX];
    struct stat st;
    if (fstat(from, &st) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be copied", path);
    const int to = bnn_file_begin(path, st.st_mode & 0666, temporary, err);
    if (to < 0)
        return to;
    const struct timespec times[] = {st.st_atim, st.st_mtim};
    const bool copied = copy_all(from, to) && futimens(to, times) == 0;
    return bnn_file_end(to, temporary, path, copied ? 0 : errno, err);
}

/* Standard output or error, when it is this file; else -1. */
static int stream_of(const struct stat *st)
{
    struct stat own;
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        if (fstat(fd, &own) == 0 && own.st_dev == st->st_dev && own.st_ino == st->st_ino)
            return fd;
    return -1;
}

bool bnn_file_is_replaced(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && stream_of(&st) < 0;
}

/* The descriptor of what is to be written to as it is; -1: there is none, *reason says whether that is an error (an
 * errno) or the place of a regular file (0). */
static int open_as_it_is(const char *path, int *reason)
{
    struct stat st;
    *reason = 0;
    if (stat(path, &st) != 0)
        return -1;
    const int of = stream_of(&st);
    if (of < 0 && S_ISREG(st.st_mode))
        return -1;
    const int fd =
        of >= 0 ? fcntl(of, F_DUPFD_CLOEXEC, 0) : open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    *reason = fd < 0 ? errno : 0;
    return fd;
}

int bnn_file_deliver(const char *path, const void *bytes, size_t n, bnn_error *err)
{
    int reason;
    const int fd = open_as_it_is(path, &reason);
    if (fd < 0 && reason == 0)
        return bnn_file_write(path, bytes, n, err);
    if (fd >= 0 && !bnn_file_put(fd, bytes, n))
        reason = errno;
    if (fd >= 0 && close(fd) != 0 && reason == 0)
        reason = errno;
    errno = reason;
    return reason == 0 ? BNN_OK : bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", path);
}

/* Keeps errno. */
static bool is_directory(const char *path)
{
    const int saved = errno;
    struct stat st;
    const bool is = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    errno = saved;
    return is;
}

int bnn_file_make_directory(const char *path, bnn_error *err)
{
    char partial[PATH_MAX];
    const size_t n = strlen(path);
    if (n >= sizeof partial)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: path too long", path);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(partial, path, i);
        partial[i] = '\0';
        if (mkdir(partial, 0777) != 0 && !(errno == EEXIST && is_directory(partial)))
            return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot create directory", partial);
    }
    return BNN_OK;
}

/* By descriptors, while nftw() goes by paths, in which somebody may put a link meanwhile. */
static bool remove_folder(int parent, const char *name, int depth)
{
    const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *e;
    while (folder != NULL && (e = readdir(folder)) != NULL) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, e->d_name, 0) != 0 && depth > 0)
            remove_folder(fd, e->d_name, depth - 1);
    }
    if (folder != NULL)
        closedir(folder);
    else if (fd >= 0)
        close(fd);
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

/* Once more after a call that failed: no other process would know what is left. */
bool bnn_file_remove_folder(int parent, const char *name)
{
    enum { DEPTH = 16 }; /* of folders that we make */
    return remove_folder(parent, name, DEPTH) || remove_folder(parent, name, DEPTH);
}
