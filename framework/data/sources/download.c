/* download.c - files from mirrors over HTTPS (libcurl), resumable.
 *
 * https only, redirects to https only and at most 5, 10 s to connect, given up when slower than
 * 1,000 bytes/s for 30 s. file:/// is accepted too (see catalogue.h). */
#include "data/sources/source.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DOWNLOAD_CONNECT_SECONDS = 10,
    DOWNLOAD_SLOW_SECONDS = 30,
    DOWNLOAD_SLOW_BYTES_PER_SECOND = 1000,
    DOWNLOAD_REDIRECTS_MAX = 5,
};

/* One file. */
typedef struct download_target {
    const char *url;
    const char *part;  /* the file to write; what an earlier attempt left in it is kept */
    const char *label; /* for progress */
    const bnn_data_search *search;
} download_target;

typedef struct transfer {
    const download_target *target;
    int fd;
    uint64_t start_bytes; /* in the part before this transfer */
    uint64_t done_bytes;  /* in the part now */
    int write_errno;
    bool too_large;
} transfer;

static size_t download_receive(char *bytes, size_t size, size_t n, void *context)
{
    transfer *t = context;
    n *= size;
    if (n > BNN_SOURCE_LIMIT_BYTES - t->done_bytes) {
        t->too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    for (size_t done = 0; done < n;) {
        const ssize_t w = write(t->fd, bytes + done, n - done);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0) {
            t->write_errno = errno;
            return CURL_WRITEFUNC_ERROR;
        }
        done += (size_t)w;
        t->done_bytes += (size_t)w;
    }
    return n;
}

static int download_report(void *context, curl_off_t total, curl_off_t done, curl_off_t up_total,
                           curl_off_t up_done)
{
    const transfer *t = context;
    (void)up_total, (void)up_done;
    const bnn_data_search *search = t->target->search;
    if (search->progress != NULL && total > 0 && done >= 0)
        search->progress(search->context, t->target->label, t->start_bytes + (uint64_t)done,
                         t->start_bytes + (uint64_t)total);
    return 0;
}

static CURLcode download_set_options(CURL *curl, transfer *t, char *error_text)
{
    const bool local = strncmp(t->target->url, "file://", 7) == 0;
    CURLcode code = CURLE_OK;
#define SET(option, value) \
    code = code != CURLE_OK ? code : curl_easy_setopt(curl, (option), (value))
    SET(CURLOPT_ERRORBUFFER, error_text);
    SET(CURLOPT_URL, t->target->url);
    SET(CURLOPT_PROTOCOLS_STR, local ? "file" : "https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    SET(CURLOPT_FOLLOWLOCATION, 1L);
    SET(CURLOPT_MAXREDIRS, (long)DOWNLOAD_REDIRECTS_MAX);
    SET(CURLOPT_CONNECTTIMEOUT, (long)DOWNLOAD_CONNECT_SECONDS);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)DOWNLOAD_SLOW_BYTES_PER_SECOND);
    SET(CURLOPT_LOW_SPEED_TIME, (long)DOWNLOAD_SLOW_SECONDS);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)BNN_SOURCE_LIMIT_BYTES);
    SET(CURLOPT_FAILONERROR, 1L);
    SET(CURLOPT_NOSIGNAL, 1L); /* several threads: no SIGALRM */
    SET(CURLOPT_USERAGENT, "bnnrun");
    SET(CURLOPT_WRITEFUNCTION, download_receive);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_XFERINFOFUNCTION, download_report);
    SET(CURLOPT_XFERINFODATA, t);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_RESUME_FROM_LARGE, (curl_off_t)t->start_bytes);
#undef SET
    return code;
}

static int download_perform(transfer *t, CURLcode *code, bnn_error *err)
{
    char text[CURL_ERROR_SIZE] = "";
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        return bnn_fail(err, BNN_E_INTERNAL, "libcurl cannot start");
    *code = download_set_options(curl, t, text);
    if (*code == CURLE_OK)
        *code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    if (*code == CURLE_OK)
        return BNN_OK;
    if (t->too_large || *code == CURLE_FILESIZE_EXCEEDED)
        return bnn_fail(err, BNN_E_RESOURCE, "larger than the limit of %ju bytes",
                        (uintmax_t)BNN_SOURCE_LIMIT_BYTES);
    if (t->write_errno != 0) {
        errno = t->write_errno;
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", t->target->part);
    }
    return bnn_fail(err, BNN_E_RESOURCE, "%s", text[0] != '\0' ? text : curl_easy_strerror(*code));
}

/* The server cannot continue where the part ends: the part is of no use there. */
static bool download_cannot_resume(CURLcode code)
{
    return code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME;
}

/* Fetches the rest of the file. *resumed: some bytes were there before. On failure the part stays
 * for the next attempt, unless it is empty or too large. The message says what went wrong, without
 * the address. */
static int download_file(const download_target *target, bool *resumed, bnn_error *err)
{
    struct stat st;
    CURLcode code = CURLE_OK;
    transfer t = {.target = target, .fd = -1};
    int status = BNN_OK;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return bnn_fail(err, BNN_E_INTERNAL, "libcurl cannot start");
    t.fd = open(target->part, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (t.fd < 0 || fstat(t.fd, &st) != 0) {
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", target->part);
        goto out;
    }
    t.start_bytes = t.done_bytes = (uint64_t)st.st_size;
    if (t.done_bytes <= BNN_SOURCE_LIMIT_BYTES)
        status = download_perform(&t, &code, err);
    if (t.done_bytes > BNN_SOURCE_LIMIT_BYTES ||
        (t.start_bytes > 0 && download_cannot_resume(code))) {
        if (ftruncate(t.fd, 0) != 0) {
            status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", target->part);
            goto out;
        }
        t.start_bytes = t.done_bytes = 0;
        status = download_perform(&t, &code, err);
    }
    if (status == BNN_OK && fsync(t.fd) != 0)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", target->part);
    if (status == BNN_OK)
        *resumed = t.start_bytes > 0;
out:
    if (t.fd >= 0)
        close(t.fd);
    if (status != BNN_OK && t.fd >= 0 && (t.done_bytes == 0 || t.too_large))
        unlink(target->part);
    curl_global_cleanup();
    return status;
}

static int download_from(bnn_fetcher *f, size_t i, const char *mirror, bnn_error *err)
{
    const char *name = f->entry->files[i].name;
    char url[PATH_MAX], part[PATH_MAX], path[PATH_MAX];
    bool resumed = false;
    if (bnn_source_path(f->directory, name, ".gz.part", part, err) != BNN_OK ||
        bnn_source_path(f->directory, name, ".gz", path, err) != BNN_OK)
        return err->status;
    snprintf(url, sizeof url, "%s%s.gz", mirror, name);
    const download_target target = {url, part, name, f->search};
    bnn_source_note(f, "%s: downloading %s", f->entry->name, url);
    int status = download_file(&target, &resumed, err);
    if (status != BNN_OK)
        return status;
    status = bnn_source_verify(f, i, part, err);
    if (status == BNN_E_RESOURCE && resumed) {
        /* The beginning may have been another mirror's, packed differently: take it all. */
        bnn_source_note(f, "%s: downloading %s again from its start", f->entry->name, url);
        status = download_file(&target, &resumed, err);
        if (status == BNN_OK)
            status = bnn_source_verify(f, i, part, err);
    }
    return status == BNN_OK ? bnn_source_put_in_place(f, i, part, path, err) : status;
}

void bnn_source_download(bnn_fetcher *f)
{
    bool failed[BNN_DATA_MIRRORS_MAX] = {false}; /* a mirror that failed once is not asked again */
    bnn_error err;
    for (size_t i = 0; i < f->entry->n_files; i++) {
        for (size_t m = 0; m < f->entry->n_mirrors && !f->have[i]; m++) {
            if (failed[m] || download_from(f, i, f->entry->mirrors[m], &err) == BNN_OK)
                continue;
            failed[m] = true;
            bnn_source_note(f, "%s: %s: %s", f->entry->name, f->entry->mirrors[m], err.message);
            bnn_trail_add(f->trail, "%s: %s", f->entry->mirrors[m], err.message);
        }
    }
}
