#include "data/sources/download.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CONNECT_SECONDS = 10,
    SLOW_SECONDS = 30,
    SLOW_BYTES_PER_SECOND = 1000,
    REDIRECTS_MAX = 5,
};

typedef struct transfer {
    const bnn_download *download;
    int fd;
    uint64_t start_bytes; /* in the part before this transfer */
    uint64_t done_bytes;  /* in the part now */
    int write_errno;
    bool too_large;
} transfer;

static size_t receive(char *bytes, size_t size, size_t n, void *context)
{
    transfer *t = context;
    n *= size;
    if (n > t->download->limit_bytes - t->done_bytes) {
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

static int report(void *context, curl_off_t total, curl_off_t done, curl_off_t up_total,
                  curl_off_t up_done)
{
    const transfer *t = context;
    (void)up_total, (void)up_done;
    if (t->download->progress != NULL && total > 0 && done >= 0)
        t->download->progress(t->download->context, t->download->label,
                              t->start_bytes + (uint64_t)done, t->start_bytes + (uint64_t)total);
    return 0;
}

static CURLcode set_options(CURL *curl, transfer *t, char *error_text)
{
    const bool local = strncmp(t->download->url, "file://", 7) == 0;
    CURLcode code = CURLE_OK;
#define SET(option, value) \
    code = code != CURLE_OK ? code : curl_easy_setopt(curl, (option), (value))
    SET(CURLOPT_ERRORBUFFER, error_text);
    SET(CURLOPT_URL, t->download->url);
    SET(CURLOPT_PROTOCOLS_STR, local ? "file" : "https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    SET(CURLOPT_FOLLOWLOCATION, 1L);
    SET(CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    SET(CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES_PER_SECOND);
    SET(CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->download->limit_bytes);
    SET(CURLOPT_FAILONERROR, 1L);
    SET(CURLOPT_NOSIGNAL, 1L); /* several threads: no SIGALRM */
    SET(CURLOPT_USERAGENT, "bnnrun");
    SET(CURLOPT_WRITEFUNCTION, receive);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_XFERINFOFUNCTION, report);
    SET(CURLOPT_XFERINFODATA, t);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_RESUME_FROM_LARGE, (curl_off_t)t->start_bytes);
#undef SET
    return code;
}

static int perform(transfer *t, CURLcode *code, bnn_error *err)
{
    char text[CURL_ERROR_SIZE] = "";
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        return bnn_fail(err, BNN_E_INTERNAL, "libcurl cannot start");
    *code = set_options(curl, t, text);
    if (*code == CURLE_OK)
        *code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    if (*code == CURLE_OK)
        return BNN_OK;
    if (t->too_large || *code == CURLE_FILESIZE_EXCEEDED)
        return bnn_fail(err, BNN_E_RESOURCE, "larger than the limit of %ju bytes",
                        (uintmax_t)t->download->limit_bytes);
    if (t->write_errno != 0) {
        errno = t->write_errno;
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", t->download->part);
    }
    return bnn_fail(err, BNN_E_RESOURCE, "%s", text[0] != '\0' ? text : curl_easy_strerror(*code));
}

/* The server cannot continue where the part ends: the part is of no use there. */
static bool cannot_resume(CURLcode code)
{
    return code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME;
}

int bnn_download_file(const bnn_download *download, bool *resumed, bnn_error *err)
{
    struct stat st;
    CURLcode code = CURLE_OK;
    transfer t = {.download = download, .fd = -1};
    int status = BNN_OK;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return bnn_fail(err, BNN_E_INTERNAL, "libcurl cannot start");
    t.fd = open(download->part, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (t.fd < 0 || fstat(t.fd, &st) != 0) {
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", download->part);
        goto out;
    }
    t.start_bytes = t.done_bytes = (uint64_t)st.st_size;
    if (t.done_bytes <= download->limit_bytes)
        status = perform(&t, &code, err);
    if (t.done_bytes > download->limit_bytes || (t.start_bytes > 0 && cannot_resume(code))) {
        if (ftruncate(t.fd, 0) != 0) {
            status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", download->part);
            goto out;
        }
        t.start_bytes = t.done_bytes = 0;
        status = perform(&t, &code, err);
    }
    if (status == BNN_OK && fsync(t.fd) != 0)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", download->part);
    if (status == BNN_OK)
        *resumed = t.start_bytes > 0;
out:
    if (t.fd >= 0)
        close(t.fd);
    if (status != BNN_OK && t.fd >= 0 && (t.done_bytes == 0 || t.too_large))
        unlink(download->part);
    curl_global_cleanup();
    return status;
}
