/* hostile_picture.h - what must hold for any bytes that are read as a picture. */
#ifndef BNN_TESTS_HOSTILE_PICTURE_H
#define BNN_TESTS_HOSTILE_PICTURE_H

#include "data/picture.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Decodes them, from memory of their own, so that a read beyond is seen. Whether they are a
 * picture. */
static inline bool try_picture(const uint8_t *bytes, size_t n)
{
    bnn_error err = {0};
    bnn_picture picture = {0};
    uint8_t *copy = malloc(n == 0 ? 1 : n);
    if (copy == NULL)
        abort();
    memcpy(copy, bytes, n);
    const int status = bnn_picture_decode(copy, n, "picture", &picture, &err);
    free(copy);
    if (status != BNN_OK) {
        if (status != err.status || err.message[0] == '\0' || picture.pixels != NULL)
            abort();
        return false;
    }
    if (picture.width < 1 || picture.width > BNN_PICTURE_EXTENT_MAX || picture.height < 1 ||
        picture.height > BNN_PICTURE_EXTENT_MAX || !bnn_picture_begins(bytes, n))
        abort();
    unsigned sum = 0;
    for (size_t i = 0; i < (size_t)picture.width * picture.height; i++)
        sum += picture.pixels[i];
    volatile unsigned sink = sum; /* every byte is read, under the sanitizer's eyes */
    (void)sink;
    free(picture.pixels);
    return true;
}

/* Corrects the checksum of each chunk of a PNG; else libpng looks at nothing that was damaged. */
static inline void seal_png(uint8_t *bytes, size_t n)
{
    for (size_t at = 8; n >= 12 && at <= n - 12;) {
        const size_t length = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 |
                              (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (length > n - 12 - at)
            return;
        const uint32_t crc = (uint32_t)crc32(0, bytes + at + 4, (uInt)length + 4);
        for (unsigned i = 0; i < 4; i++)
            bytes[at + 8 + length + i] = (uint8_t)(crc >> (24 - 8 * i));
        at += 12 + length;
    }
}

#endif
