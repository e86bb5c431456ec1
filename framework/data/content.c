#include "data/content.h"

#include "base/size.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
    BUFFER_BYTES = 128 * 1024, /* zlib's input buffer */
    STEP_BYTES = 1 << 20,      /* read and hashed in one go, while still in the cache */
    DEFLATE_RATIO = 1032,      /* deflate makes at most 258 bytes of two bits */
};

struct bnn_content {
    gzFile file;
    const char *name;
    char *own_name;
    uint64_t bound_bytes;
    SHA2_CTX hash;
};

bnn_content *bnn_content_open_fd(int fd, const char *name, bnn_error *err)
{
    struct stat st;
    bnn_content *content = NULL;
    if (fstat(fd, &st) != 0) {
        bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot stat", name);
        goto fail;
    }
    if (!S_ISREG(st.st_mode)) {
        bnn_fail(err, BNN_E_RESOURCE, "%s: not a regular file", name);
        goto fail;
    }
    content = calloc(1, sizeof *content);
    if (content != NULL)
        content->file = gzdopen(fd, "rb");
    if (content == NULL || content->file == NULL) {
        bnn_no_memory(err);
        goto fail;
    }
    gzbuffer(content->file, BUFFER_BYTES);
    content->name = name;
    content->bound_bytes = (uint64_t)st.st_size;
    if (gzdirect(content->file) == 0)
        content->bound_bytes = bnn_size_product(content->bound_bytes, DEFLATE_RATIO);
    SHA256Init(&content->hash);
    return content;
fail:
    free(content);
    close(fd);
    return NULL;
}

bnn_content *bnn_content_open(const char *path, bnn_error *err)
{
    /* Without O_NONBLOCK, opening a FIFO would wait for its writer. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", path);
        return NULL;
    }
    char *name = strdup(path);
    if (name == NULL) {
        bnn_no_memory(err);
        close(fd);
        return NULL;
    }
    bnn_content *content = bnn_content_open_fd(fd, name, err);
    if (content == NULL)
        free(name);
    else
        content->own_name = name;
    return content;
}

void bnn_content_close(bnn_content *content)
{
    if (content == NULL)
        return;
    gzclose_r(content->file);
    free(content->own_name);
    free(content);
}

static int fail_read(bnn_content *content, bnn_error *err)
{
    int code;
    const char *text = gzerror(content->file, &code);
    if (code == Z_ERRNO)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot read", content->name);
    if (code == Z_BUF_ERROR)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: truncated: the compressed data end too early",
                        content->name);
    if (code == Z_MEM_ERROR)
        return bnn_no_memory(err);
    /* zlib puts the name it was opened with ("<fd:3>: ") in front. */
    const char *reason = strstr(text, ">: ");
    return bnn_fail(err, BNN_E_RESOURCE, "%s: damaged gzip data: %s", content->name,
                    reason == NULL ? text : reason + 3);
}

int bnn_content_read(bnn_content *content, void *to, size_t n, size_t *got, bnn_error *err)
{
    size_t done = 0;
    while (done < n) {
        const size_t want = n - done < STEP_BYTES ? n - done : STEP_BYTES;
        const int r = gzread(content->file, (uint8_t *)to + done, (unsigned)want);
        int code = Z_OK;
        if (r >= 0)
            gzerror(content->file, &code);
        if (r < 0 || (code != Z_OK && code != Z_STREAM_END))
            return fail_read(content, err);
        if (r == 0)
            break;
        SHA256Update(&content->hash, (const uint8_t *)to + done, (size_t)r);
        done += (size_t)r;
    }
    *got = done;
    return BNN_OK;
}

static int fail_limit(const char *name, uint64_t limit_bytes, bnn_error *err)
{
    return bnn_fail(err, BNN_E_RESOURCE, "%s: holds more than the limit of %ju bytes", name,
                    (uintmax_t)limit_bytes);
}

int bnn_content_read_all(bnn_content *content, size_t limit_bytes, uint8_t **out, size_t *n,
                         bnn_error *err)
{
    uint8_t *bytes = NULL;
    size_t capacity = 0, used = 0, got = 0;
    int status = BNN_OK;
    do {
        capacity += capacity > 0 ? capacity : STEP_BYTES;
        uint8_t *grown = realloc(bytes, capacity);
        if (grown != NULL)
            bytes = grown;
        status = grown == NULL
                     ? bnn_no_memory(err)
                     : bnn_content_read(content, bytes + used, capacity - used, &got, err);
        used += got;
    } while (status == BNN_OK && used == capacity && used <= limit_bytes);
    if (status == BNN_OK && used > limit_bytes)
        status = fail_limit(content->name, limit_bytes, err);
    if (status == BNN_OK && used == 0)
        status = bnn_fail(err, BNN_E_RESOURCE, "%s: empty", content->name);
    if (status != BNN_OK) {
        free(bytes);
        return status;
    }
    *out = bytes;
    *n = used;
    return BNN_OK;
}

const char *bnn_content_name(const bnn_content *content)
{
    return content->name;
}

uint64_t bnn_content_bound_bytes(const bnn_content *content)
{
    return content->bound_bytes;
}

void bnn_content_end(bnn_content *content, char sha256[BNN_SHA256_HEX])
{
    SHA256End(&content->hash, sha256);
}

int bnn_content_sha256(const char *path, uint64_t limit_bytes, char sha256[BNN_SHA256_HEX],
                       bnn_error *err)
{
    int status = BNN_OK;
    uint64_t total = 0;
    uint8_t *buffer = malloc(STEP_BYTES);
    bnn_content *content = NULL;
    if (buffer == NULL) {
        status = bnn_no_memory(err);
        goto out;
    }
    content = bnn_content_open(path, err);
    if (content == NULL) {
        status = err->status;
        goto out;
    }
    for (size_t got = STEP_BYTES; got == STEP_BYTES;) {
        status = bnn_content_read(content, buffer, STEP_BYTES, &got, err);
        if (status != BNN_OK)
            goto out;
        total += got;
        if (total > limit_bytes) {
            status = fail_limit(path, limit_bytes, err);
            goto out;
        }
    }
    bnn_content_end(content, sha256);
out:
    bnn_content_close(content);
    free(buffer);
    return status;
}
