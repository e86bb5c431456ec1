/* picture.h - pictures that people have: PNG, JPEG and PGM files as bytes, grey or in colour.
 *
 * PNG (ISO/IEC 15948) goes through libpng: any colour type, depth and interlacing. Where grey is
 * wanted, colours become their luminance; what is transparent lies on white paper; 16 bits become 8;
 * a file that says its gamma is taken at its word, one that says nothing is sRGB, also with 16 bits.
 * Grey pictures of 8 bits without such words keep their bytes.
 *
 * JPEG (ITU-T T.81) goes through libjpeg, is taken for sRGB, and turned upright as its EXIF data say.
 * What a camera puts behind the picture is passed over.
 *
 * PGM is read in both forms, P5 (binary) and P2 (text), with any maximum up to 65535, which becomes
 * 255. That is done by hand: libnetpbm ends the program when a file is damaged. */
#ifndef BNN_DATA_PICTURE_H
#define BNN_DATA_PICTURE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BNN_PICTURE_EXTENT_MAX = 16384,    /* pixels in a row, and in a column */
    BNN_PICTURE_PIXELS_MAX = 1 << 26,  /* and in all: cameras have 50 million */
    BNN_PICTURE_LIMIT_BYTES = 1 << 26, /* a larger file is refused */
};

typedef struct bnn_picture {
    uint32_t width, height;
    uint8_t *pixels; /* [channels][height][width], 0 black to 255 white; malloc'ed */
} bnn_picture;

/* Whether n bytes begin as a PNG, a JPEG or a file of the PNM family does. */
bool bnn_picture_begins(const uint8_t *bytes, size_t n);

/* Decodes a whole file in memory; `name` stands for it in messages. channels: 1, grey, or 3, red,
 * green and blue, which of a grey picture are equal. A damaged file, a PGM with something behind
 * the picture, or one larger than the bounds above is BNN_E_RESOURCE. The caller frees out->pixels.
 * Thread-safe. */
int bnn_picture_decode(const uint8_t *bytes, size_t n, const char *name, uint32_t channels,
                       bnn_picture *out, bnn_error *err);

/* The same for a regular file. */
int bnn_picture_read(const char *path, uint32_t channels, bnn_picture *out, bnn_error *err);

/* Writes a PNG of 8 bits, grey (channels: 1) or of red, green and blue (3), atomically. */
int bnn_picture_write(const char *path, const bnn_picture *picture, uint32_t channels,
                      bnn_error *err);

#endif
