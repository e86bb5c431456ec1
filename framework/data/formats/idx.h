/* idx.h - IDX files: n-dimensional arrays of bytes, the format of MNIST.
 *
 * Big-endian: two zero bytes, the type (8: unsigned byte, the only one read here), the number of
 * dimensions, each dimension as 32 bits, then the data, the last dimension varying fastest.
 * Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", 1998. */
#ifndef BNN_DATA_FORMATS_IDX_H
#define BNN_DATA_FORMATS_IDX_H

#include "base/error.h"
#include "base/sha256.h"

#include <stddef.h>
#include <stdint.h>

enum {
    BNN_IDX_DIMS_MAX = 4,
    BNN_IDX_HEADER_MAX = 4 + 4 * BNN_IDX_DIMS_MAX, /* bytes */
    BNN_IDX_LIMIT_BYTES = 1 << 30,                 /* a larger file is refused */
};

typedef struct bnn_idx {
    uint32_t n_dims;
    uint32_t dims[BNN_IDX_DIMS_MAX]; /* each at least 1; unused ones are 1 */
    size_t n_bytes;                  /* their product */
    uint8_t *data;                   /* [n_bytes], malloc'ed; NULL after bnn_idx_parse_header */
    char sha256[BNN_SHA256_HEX];     /* of the whole raw content, header included */
} bnn_idx;

/* Decodes a header from n bytes of memory; *header_bytes gets its size. data and sha256 are left
 * empty. A header that is cut off, of another type, or that counts 0 or more than
 * BNN_IDX_LIMIT_BYTES bytes, is an error; `name` stands for the file in its message. */
int bnn_idx_parse_header(const uint8_t *bytes, size_t n, const char *name, bnn_idx *out,
                         size_t *header_bytes, bnn_error *err);

/* Reads a raw or gzip-compressed file straight into the final buffer: nothing is held twice. Data
 * that are missing, and bytes after the data, are errors. The caller frees out->data. */
int bnn_idx_read(const char *path, bnn_idx *out, bnn_error *err);

/* The same for an open file, which is closed in any case. */
int bnn_idx_read_fd(int fd, const char *name, bnn_idx *out, bnn_error *err);

#endif
