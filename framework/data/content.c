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
    PART_BYTES = 64 * 1024,    /* of a file that is only hashed */
    DEFLATE_RATIO = 1032,      /* deflate makes at most 258 bytes of two bits */
};

struct bnn_content {
    gzFile file;
    char *name;
    uint64_t bound_bytes;
    SHA2_CTX hash;
};

void bnn_content_close(bnn_content *content)
{
    if (content == NULL)
        return;
    gzclose_r(content->file);
    free(content->name);
    free(content);
}

bnn_content *bnn_content_open_fd(int fd, const char *name, bnn_error *err)
{
    struct stat st;
    bnn_content *content = NULL;
    gzFile file = NULL;
    if (fstat(fd, &st) != 0)
        bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot stat", name);
    else if (!S_ISREG(st.st_mode))
        bnn_fail(err, BNN_E_RESOURCE, "%s: not a regular file", name);
    else if ((file = gzdopen(fd, "rb")) == NULL)
        bnn_no_memory(err);
    if (file == NULL) {
        close(fd);
        return NULL;
    }
    content = calloc(1, sizeof *content);
    char *copy = strdup(name);
    if (content == NULL || copy == NULL) {
        bnn_no_memory(err);
        gzclose_r(file);
        free(content);
        free(copy);
        return NULL;
    }
    gzbuffer(file, BUFFER_BYTES);
    *content = (bnn_content){.file = file, .name = copy, .bound_bytes = (uint64_t)st.st_size};
    if (gzdirect(file) == 0)
        content->bound_bytes = bnn_size_product(content->bound_bytes, DEFLATE_RATIO);
    SHA256Init(&content->hash);
    return content;
}

bnn_content *bnn_content_open(const char *path, bnn_error *err)
{
    /* Without O_NONBLOCK, opening a FIFO would wait for its writer. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0)
        return bnn_content_open_fd(fd, path, err);
    bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", path);
    return NULL;
}

static int content_fail_read(bnn_content *content, bnn_error *err)
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
            return content_fail_read(content, err);
        if (r == 0)
            break;
        SHA256Update(&content->hash, (const uint8_t *)to + done, (size_t)r);
        done += (size_t)r;
    }
    *got = done;
    return BNN_OK;
}

static int content_fail_limit(const bnn_content *content, uint64_t limit_bytes, bnn_error *err)
{
    return bnn_fail(err, BNN_E_RESOURCE, "%s: holds more than the limit of %ju bytes",
                    content->name, (uintmax_t)limit_bytes);
}

int bnn_content_read_all(bnn_content *content, size_t limit_bytes, uint8_t **out, size_t *n,
                         bnn_error *err)
{
    uint8_t *bytes = NULL, *grown;
    size_t used = 0, capacity = 0, got = 0;
    int status = BNN_OK;
    while (status == BNN_OK && used == capacity) {
        capacity += capacity > 0 ? capacity : STEP_BYTES;
        grown = realloc(bytes, capacity);
        bytes = grown != NULL ? grown : bytes;
        status = grown != NULL ? bnn_content_read(content, bytes + used, capacity - used, &got, err)
                               : bnn_no_memory(err);
        used += status == BNN_OK ? got : 0;
        if (status == BNN_OK && used > limit_bytes)
            status = content_fail_limit(content, limit_bytes, err);
    }
    if (status == BNN_OK && used == 0)
        status = bnn_fail(err, BNN_E_RESOURCE, "%s: empty", content->name);
    if (status == BNN_OK) {
        *out = bytes;
        *n = used;
    } else {
        free(bytes);
    }
    return status;
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
    uint8_t bytes[PART_BYTES];
    uint64_t total = 0;
    size_t got = sizeof bytes;
    bnn_content *content = bnn_content_open(path, err);
    int status = content != NULL ? BNN_OK : err->status;
    while (status == BNN_OK && got == sizeof bytes) {
        status = bnn_content_read(content, bytes, sizeof bytes, &got, err);
        total += got;
        if (status == BNN_OK && total > limit_bytes)
            status = content_fail_limit(content, limit_bytes, err);
    }
    if (status == BNN_OK)
        bnn_content_end(content, sha256);
    bnn_content_close(content);
    return status;
}
