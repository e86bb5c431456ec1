/* content.h - the bytes inside a file, whether it is stored raw or gzip-compressed.
 *
 * A file that starts with the gzip magic is inflated by zlib (which checks its CRC); any other file
 * is read as it is. The SHA-256 is that of the raw content, so the same data compare equal however
 * they were packed. */
#ifndef BNN_DATA_CONTENT_H
#define BNN_DATA_CONTENT_H

#include "base/error.h"
#include "base/sha256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bnn_catalogue_file; /* catalogue.h */

/* What a file of a data set may have: a gigabyte of data and its header. */
#define BNN_CONTENT_LIMIT_BYTES (((size_t)1 << 30) + 4096)

typedef struct bnn_content {
    const char *path; /* as it was opened, for messages */
    uint8_t *bytes;   /* [n_bytes], malloc'ed; the caller frees them */
    size_t n_bytes;
    char sha256[BNN_SHA256_HEX]; /* in lower-case hexadecimal */
} bnn_content;

/* Reads a regular file, which must have at most limit_bytes of content; memory is taken for what
 * it has only. Truncated and damaged gzip data are errors. Keeps `path`. Thread-safe. */
int bnn_content_read(const char *path, size_t limit_bytes, bnn_content *out, bnn_error *err);

/* The same for the first n bytes of the content, or all when there are fewer: what follows is not
 * looked at, and the SHA-256 is that of these bytes. */
int bnn_content_read_head(const char *path, size_t n, bnn_content *out, bnn_error *err);

/* What a content, or the file that it was read from, has and should have. */
typedef struct bnn_content_pin {
    const char *of; /* "content", or "packed file" */
    const char *wanted;
    char found[BNN_SHA256_HEX];
} bnn_content_pin;

/* Whether a content is the one that a catalogue entry means; true when it does not say. *pin: what was
 * compared, when it is not. */
bool bnn_content_is_pinned(const bnn_content *content, const struct bnn_catalogue_file *file,
                           bnn_content_pin *pin);

#endif
