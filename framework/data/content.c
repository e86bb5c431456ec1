#include "data/content.h"

#include "base/size.h"
#include "data/catalogue.h"

#include <fcntl.h>
#include <sha2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
    BUFFER_BYTES = 128 * 1024, /* zlib's input buffer */
    STEP_BYTES = 1 << 20,      /* read and hashed in one go, while still in the cache */
};

static gzFile content_open(const char *path, bnn_error *err)
{
    struct stat st;
    gzFile file = NULL;
    /* Without O_NONBLOCK, opening a FIFO would wait for its writer. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", path);
    else if (fstat(fd, &st) != 0)
        bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot stat", path);
    else if (!S_ISREG(st.st_mode))
        bnn_fail(err, BNN_E_RESOURCE, "%s: not a regular file", path);
    else if ((file = gzdopen(fd, "rb")) == NULL)
        bnn_no_memory(err);
    else
        gzbuffer(file, BUFFER_BYTES);
    if (file == NULL && fd >= 0)
        close(fd);
    return file;
}

static int content_fail_read(gzFile file, const char *path, bnn_error *err)
{
    int code;
    const char *text = gzerror(file, &code);
    if (code == Z_ERRNO)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot read", path);
    if (code == Z_BUF_ERROR)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: truncated: the compressed data end too early",
                        path);
    if (code == Z_MEM_ERROR)
        return bnn_no_memory(err);
    /* zlib puts the name it was opened with ("<fd:3>: ") in front. */
    const char *reason = strstr(text, ">: ");
    return bnn_fail(err, BNN_E_RESOURCE, "%s: damaged gzip data: %s", path,
                    reason == NULL ? text : reason + 3);
}

/* Reads up to limit_bytes, and one more, which is an error, unless only the head is wanted. */
static int content_inflate(gzFile file, size_t limit_bytes, bool is_head, SHA2_CTX *hash,
                           bnn_content *content, bnn_error *err)
{
    const size_t most = limit_bytes + !is_head;
    size_t capacity = 0;
    for (int got = 1, code = Z_OK; got > 0; content->n_bytes += (size_t)got) {
        if (content->n_bytes > limit_bytes)
            return bnn_fail(err, BNN_E_RESOURCE, "%s: holds more than the limit of %zu bytes",
                            content->path, limit_bytes);
        if (content->n_bytes == capacity) {
            capacity += bnn_size_larger(capacity, STEP_BYTES);
            uint8_t *grown = realloc(content->bytes, capacity);
            if (grown == NULL)
                return bnn_no_memory(err);
            content->bytes = grown;
        }
        uint8_t *to = content->bytes + content->n_bytes;
        const size_t room = bnn_size_smaller(capacity, most) - content->n_bytes;
        got = gzread(file, to, (unsigned)bnn_size_smaller(room, STEP_BYTES));
        if (got >= 0)
            (void)gzerror(file, &code);
        /* zlib has looked ahead; what it has found behind the head is nobody's business. */
        const bool is_all = is_head && got >= 0 && content->n_bytes + (size_t)got == limit_bytes;
        if (got < 0 || (code != Z_OK && code != Z_STREAM_END && !is_all))
            return content_fail_read(file, content->path, err);
        SHA256Update(hash, to, (size_t)got);
    }
    return BNN_OK;
}

static int content_read(const char *path, size_t limit_bytes, bool is_head, bnn_content *out,
                        bnn_error *err)
{
    SHA2_CTX hash;
    bnn_content content = {.path = path};
    gzFile file = content_open(path, err);
    if (file == NULL)
        return err->status;
    SHA256Init(&hash);
    const int status = content_inflate(file, limit_bytes, is_head, &hash, &content, err);
    SHA256End(&hash, content.sha256);
    gzclose_r(file);
    if (status == BNN_OK)
        *out = content;
    else
        free(content.bytes);
    return status;
}

int bnn_content_read(const char *path, size_t limit_bytes, bnn_content *out, bnn_error *err)
{
    return content_read(path, limit_bytes, false, out, err);
}

int bnn_content_read_head(const char *path, size_t n, bnn_content *out, bnn_error *err)
{
    return content_read(path, n, true, out, err);
}

bool bnn_content_is_pinned(const bnn_content *content, const bnn_catalogue_file *file,
                           bnn_content_pin *pin)
{
    bnn_error err;
    *pin = (bnn_content_pin){.of = "content", .wanted = file->sha256};
    snprintf(pin->found, sizeof pin->found, "%s", content->sha256);
    if (bnn_catalogue_needs_packed(file)) {
        pin->of = "packed file";
        pin->wanted = file->gz_sha256;
        if (bnn_file_sha256(content->path, pin->found, &err) != BNN_OK)
            pin->found[0] = '\0';
    }
    return pin->wanted == NULL || strcmp(pin->wanted, pin->found) == 0;
}
