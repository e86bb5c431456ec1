/* content.h - the bytes inside a file, whether it is stored raw or gzip-compressed.
 *
 * A file that starts with the gzip magic is inflated by zlib (which checks its CRC); any other file
 * is read as it is. The SHA-256 is that of the raw content, so the same data compare equal however
 * they were packed. Nothing in the file is trusted: what it may inflate to is bounded. */
#ifndef BNN_DATA_CONTENT_H
#define BNN_DATA_CONTENT_H

#include "base/error.h"
#include "base/sha256.h"

#include <stddef.h>
#include <stdint.h>

typedef struct bnn_content bnn_content;

/* Opens a regular file. NULL and a message when that is not possible. One thread at a time. */
bnn_content *bnn_content_open(const char *path, bnn_error *err);

/* The same for an open file, which is closed with the content, or at once on failure. `name`
 * stands for it in messages. */
bnn_content *bnn_content_open_fd(int fd, const char *name, bnn_error *err);

/* NULL is allowed. */
void bnn_content_close(bnn_content *content);

/* Reads up to n bytes; *got < n only at the end of the content. Everything read is hashed.
 * Truncated and damaged gzip data are errors. */
int bnn_content_read(bnn_content *content, void *to, size_t n, size_t *got, bnn_error *err);

/* Reads what is left, which must be at least 1 byte and at most limit_bytes, to *out, which the
 * caller frees. */
int bnn_content_read_all(bnn_content *content, size_t limit_bytes, uint8_t **out, size_t *n,
                         bnn_error *err);

/* As it was opened, for messages. */
const char *bnn_content_name(const bnn_content *content);

/* More bytes than the content can have: the size of a raw file, and for a gzip file the most that
 * deflate can make of it. */
uint64_t bnn_content_bound_bytes(const bnn_content *content);

/* The SHA-256 of what was read, in lower-case hexadecimal; ends the reading. */
void bnn_content_end(bnn_content *content, char sha256[BNN_SHA256_HEX]);

/* The SHA-256 of a whole file's content, which must have at most limit_bytes. */
int bnn_content_sha256(const char *path, uint64_t limit_bytes, char sha256[BNN_SHA256_HEX],
                       bnn_error *err);

#endif
