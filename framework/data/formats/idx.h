/* idx.h - IDX files: n-dimensional arrays of bytes, the format of MNIST.
 *
 * Big-endian: two zero bytes, the type (8: unsigned byte, the only one read here), the number of
 * dimensions, each dimension as 32 bits, then the data. A data set is four of them: images of three
 * dimensions (four, with channels) and labels of one, for training and for testing.
 * Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", 1998. */
#ifndef BNN_DATA_FORMATS_IDX_H
#define BNN_DATA_FORMATS_IDX_H

#include "data/formats/format.h"

extern const bnn_format bnn_format_idx;

enum {
    BNN_ARRAY_DIMS_MAX = 4,
    BNN_ARRAY_LIMIT_BYTES = 1 << 30, /* more is refused */
};

/* Bytes in up to four dimensions, the last of which varies fastest. */
typedef struct bnn_array {
    uint32_t n_dims;
    uint32_t dims[BNN_ARRAY_DIMS_MAX]; /* each at least 1; unused ones are 1 */
    size_t n_bytes;                    /* their product */
    uint8_t *data;
} bnn_array;

/* The shape of each of the images that an array of three dimensions, or four with channels, has. */
static inline bnn_shape bnn_array_shape(const bnn_array *images)
{
    const uint32_t *d = images->dims;
    return images->n_dims == 3 ? (bnn_shape){1, d[1], d[2]} : (bnn_shape){d[1], d[2], d[3]};
}

/* Whether a file, raw or compressed, begins as an IDX file of any type does, and what of: the type, 0 when it does not,
 * and the number of dimensions, of which there are not more than an array has. Fails where it cannot be read. */
enum { BNN_IDX_TYPE_BYTE = 8 };
int bnn_idx_peek(const char *path, uint8_t *type, uint8_t *n_dims, bnn_error *err);

/* Reads one file, raw or gzip-compressed. Data that are missing, and bytes after the data, are
 * errors; a compressed file is inflated no further than its header says. The caller frees
 * out->data. */
int bnn_idx_read(const char *path, bnn_array *out, bnn_error *err);

/* The same without the data, which are NULL. */
int bnn_idx_read_header(const char *path, bnn_array *out, bnn_error *err);

/* The array in a whole file in memory, to which its data point. */
int bnn_idx_parse(const bnn_content *file, bnn_array *array, bnn_error *err);

#endif
