/* download.c - files from mirrors over HTTPS (libcurl), resumable.
 *
 * https only, redirects to https only and at most 5, 10 s to connect, given up when slower than
 * 1,000 bytes/s for 30 s. file:/// is accepted too (see catalogue.h). */
#include "data/sources/source.h"

#include "base/file.h"

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

/* One file. What an earlier attempt left in its part is kept, and only the rest is fetched. */
typedef struct transfer {
    const bnn_fetcher *f;
    const char *name;
    char url[PATH_MAX], part[PATH_MAX];
    FILE *file;           /* the part */
    uint64_t start_bytes; /* in it before this transfer */
    uint64_t done_bytes;  /* in it now */
    int write_errno;
    bool too_large;
} transfer;

static size_t download_receive(char *bytes, size_t size, size_t n, void *context)
{
    transfer *t = context;
    t->too_large = size * n > BNN_CONTENT_LIMIT_BYTES - t->done_bytes;
    const size_t written = t->too_large ? 0 : fwrite(bytes, 1, size * n, t->file);
    if (written < size * n && !t->too_large)
        t->write_errno = errno;
    t->done_bytes += written;
    return written;
}

static int download_report(void *context, curl_off_t total, curl_off_t done, curl_off_t up_total,
                           curl_off_t up_done)
{
    const transfer *t = context;
    (void)up_total, (void)up_done;
    const bnn_data_search *search = t->f->search;
    if (search->progress != NULL && total > 0 && done >= 0)
        search->progress(search->context, t->name, t->start_bytes + (uint64_t)done,
                         t->start_bytes + (uint64_t)total);
    return 0;
}

static CURLcode download_set_options(CURL *curl, transfer *t, char *error_text)
{
    const bool local = strncmp(t->url, "file://", 7) == 0;
    CURLcode code = CURLE_OK;
#define SET(option, value) \
    code = code != CURLE_OK ? code : curl_easy_setopt(curl, (option), (value))
    SET(CURLOPT_ERRORBUFFER, error_text);
    SET(CURLOPT_URL, t->url);
    SET(CURLOPT_PROTOCOLS_STR, local ? "file" : "https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    SET(CURLOPT_FOLLOWLOCATION, 1L);
    SET(CURLOPT_MAXREDIRS, (long)DOWNLOAD_REDIRECTS_MAX);
    SET(CURLOPT_CONNECTTIMEOUT, (long)DOWNLOAD_CONNECT_SECONDS);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)DOWNLOAD_SLOW_BYTES_PER_SECOND);
    SET(CURLOPT_LOW_SPEED_TIME, (long)DOWNLOAD_SLOW_SECONDS);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)BNN_CONTENT_LIMIT_BYTES);
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

static int download_fail_write(const transfer *t, bnn_error *err)
{
    return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", t->part);
}

static int download_perform(transfer *t, CURLcode *code, bnn_error *err)
{
    char text[CURL_ERROR_SIZE] = "";
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        return bnn_no_memory(err);
    *code = download_set_options(curl, t, text);
    if (*code == CURLE_OK)
        *code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    if (*code == CURLE_OK)
        return BNN_OK;
    if (t->too_large || *code == CURLE_FILESIZE_EXCEEDED)
        return bnn_fail(err, BNN_E_RESOURCE, "larger than the limit of %ju bytes",
                        (uintmax_t)BNN_CONTENT_LIMIT_BYTES);
    if (t->write_errno != 0) {
        errno = t->write_errno;
        return download_fail_write(t, err);
    }
    if (*code == CURLE_OUT_OF_MEMORY)
        return bnn_no_memory(err);
    return bnn_fail(err, BNN_E_RESOURCE, "%s", text[0] != '\0' ? text : curl_easy_strerror(*code));
}

/* Opens the part, unbuffered, so that what cannot be written is known at once. It is written to only when it
 * is a file that has no other name: whoever may write to the folder may have put something else there. */
static int download_open(transfer *t, bnn_error *err)
{
    struct stat st;
    const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    const int fd = open(t->part, flags, 0666);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1) {
        const bool planted = fd >= 0 || errno == ELOOP || errno == ENXIO;
        if (fd >= 0)
            close(fd);
        return planted ? bnn_fail(err, BNN_E_RESOURCE,
                                  "%s is not what a download leaves behind; remove it", t->part)
                       : download_fail_write(t, err);
    }
    t->file = fdopen(fd, "ab");
    if (t->file == NULL) {
        close(fd);
        return bnn_no_memory(err);
    }
    setbuf(t->file, NULL);
    t->start_bytes = t->done_bytes = (uint64_t)st.st_size;
    return BNN_OK;
}

/* Fetches the rest of the file, or all of it when the part is of no use: it is too large, or the
 * server cannot continue where it ends. On failure the part stays for the next attempt, unless it is
 * empty or too large. The message says what went wrong, without the address. */
static int download_file(transfer *t, bnn_error *err)
{
    CURLcode code = CURLE_OK;
    int status = download_open(t, err);
    if (status == BNN_OK && t->done_bytes <= BNN_CONTENT_LIMIT_BYTES)
        status = download_perform(t, &code, err);
    if (t->done_bytes > BNN_CONTENT_LIMIT_BYTES ||
        (t->start_bytes > 0 && (code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME))) {
        t->start_bytes = t->done_bytes = 0;
        status = ftruncate(fileno(t->file), 0) == 0 ? download_perform(t, &code, err)
                                                    : download_fail_write(t, err);
    }
    if (status == BNN_OK && !bnn_file_sync(fileno(t->file)))
        status = download_fail_write(t, err);
    if (t->file != NULL)
        fclose(t->file);
    if (status != BNN_OK && t->file != NULL && (t->done_bytes == 0 || t->too_large))
        unlink(t->part);
    return status;
}

static int download_from(bnn_fetcher *f, size_t i, const char *mirror, bnn_error *err)
{
    transfer t = {.f = f, .name = f->entry->files[i].name};
    bnn_source_path(f, t.name, ".gz.part", t.part);
    snprintf(t.url, sizeof t.url, "%s%s.gz", mirror, t.name);
    bnn_source_note(f, "downloading %s", t.url);
    if (download_file(&t, err) != BNN_OK)
        return err->status;
    int status = bnn_source_keep(f, i, t.part, ".gz", err);
    if (status == BNN_E_RESOURCE && t.start_bytes > 0) {
        /* The beginning may have been another mirror's, packed differently: take it all. */
        bnn_source_note(f, "downloading %s again from its start", t.url);
        status = download_file(&t, err);
        if (status == BNN_OK)
            status = bnn_source_keep(f, i, t.part, ".gz", err);
    }
    return status;
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
            bnn_source_note(f, "%s: %s", f->entry->mirrors[m], err.message);
            bnn_trail_add(f->trail, "%s: %s", f->entry->mirrors[m], err.message);
        }
    }
}
