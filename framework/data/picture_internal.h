/* picture_internal.h - Private to data/: the readers of single formats of pictures. */
#ifndef BNN_DATA_PICTURE_INTERNAL_H
#define BNN_DATA_PICTURE_INTERNAL_H

#include "data/picture.h"

/* Memory for the pixels, when the picture is not too large. */
int bnn_picture_allocate(const char *name, uint32_t channels, uint32_t width, uint32_t height,
                         bnn_picture *out, bnn_error *err);

/* As bnn_picture_decode; on failure, out->pixels may have memory all the same. */
bool bnn_jpeg_begins(const uint8_t *bytes, size_t n);
int bnn_jpeg_decode(const uint8_t *bytes, size_t n, const char *name, uint32_t channels,
                    bnn_picture *out, bnn_error *err);

#endif
