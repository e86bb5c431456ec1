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

/* Reads one file, raw or gzip-compressed. Data that are missing, and bytes after the data, are
 * errors. The caller frees out->data. */
int bnn_idx_read(const char *path, bnn_array *out, bnn_error *err);

#endif
