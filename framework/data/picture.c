#include "data/picture_internal.h"

#include "base/file.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

enum { PNG_MAGIC_BYTES = 8, PAPER = 255, MAXIMUM_MAX = 65535 };

static bool is_png(const uint8_t *bytes, size_t n)
{
    static const uint8_t magic[PNG_MAGIC_BYTES] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    return n >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

static bool is_pnm(const uint8_t *bytes, size_t n)
{
    return n >= 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7';
}

bool bnn_picture_begins(const uint8_t *bytes, size_t n)
{
    return is_png(bytes, n) || bnn_jpeg_begins(bytes, n) || is_pnm(bytes, n);
}

int bnn_picture_allocate(const char *name, uint32_t channels, uint32_t width, uint32_t height,
                         bnn_picture *out, bnn_error *err)
{
    if (width > BNN_PICTURE_EXTENT_MAX || height > BNN_PICTURE_EXTENT_MAX ||
        (uint64_t)width * height > BNN_PICTURE_PIXELS_MAX)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: %ux%u pixels, more than the limit of %d in a row or a column, and of "
                        "%d in all",
                        name, width, height, BNN_PICTURE_EXTENT_MAX, BNN_PICTURE_PIXELS_MAX);
    *out = (bnn_picture){
        .width = width, .height = height, .pixels = malloc((size_t)channels * width * height)};
    return out->pixels == NULL ? bnn_no_memory(err) : BNN_OK;
}

/* ---- PNG --------------------------------------------------------------------------------- */

/* Every chunk lies in the file. libpng takes memory for one, and clears it, before it looks. */
static bool png_chunks_fit(const uint8_t *bytes, size_t n)
{
    enum { NUMBER_BYTES = 4, HEAD_BYTES = 8, CRC_BYTES = 4 };
    for (size_t at = PNG_MAGIC_BYTES; n - at >= HEAD_BYTES;) {
        const uint8_t *head = bytes + at;
        const size_t length = png_get_uint_32(head), left = n - at - HEAD_BYTES;
        if (length > left)
            return false;
        if (memcmp(head + NUMBER_BYTES, "IEND", HEAD_BYTES - NUMBER_BYTES) == 0 ||
            left - length < CRC_BYTES)
            break;
        at += HEAD_BYTES + length + CRC_BYTES;
    }
    return true;
}

/* Pixels of three bytes become three planes. */
static int split_colours(bnn_picture *picture, bnn_error *err)
{
    const size_t n = (size_t)picture->width * picture->height;
    uint8_t *planes = malloc(3 * n);
    if (planes == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < 3 * n; i++)
        planes[i % 3 * n + i / 3] = picture->pixels[i];
    free(picture->pixels);
    picture->pixels = planes;
    return BNN_OK;
}

/* The simplified interface of libpng catches its long jumps itself, frees what it has when it fails,
 * and refuses chunks that need more than 8 MB. */
static int decode_png(const uint8_t *bytes, size_t n, const char *name, uint32_t channels,
                      bnn_picture *out, bnn_error *err)
{
    static const png_color paper = {PAPER, PAPER, PAPER};
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_chunks_fit(bytes, n))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: not a usable PNG: a chunk ends behind the file",
                        name);
    if (!png_image_begin_read_from_memory(&image, bytes, n))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: not a usable PNG: %s", name, image.message);
    int status = bnn_picture_allocate(name, channels, image.width, image.height, out, err);
    image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    if (status == BNN_OK && !png_image_finish_read(&image, &paper, out->pixels, 0, NULL))
        status = bnn_fail(err, BNN_E_RESOURCE, "%s: damaged PNG: %s", name, image.message);
    png_image_free(&image);
    return status == BNN_OK && channels == 3 ? split_colours(out, err) : status;
}

/* ---- PGM --------------------------------------------------------------------------------- */

typedef struct text {
    const uint8_t *at, *end;
} text;

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* White space, and comments from '#' to the end of the line. */
static void skip_space(text *t)
{
    for (; t->at < t->end && (is_space(*t->at) || *t->at == '#'); t->at++)
        if (*t->at == '#')
            while (t->at + 1 < t->end && *t->at != '\n')
                t->at++;
}

/* A decimal number of at most `most`; false when there is none. */
static bool take_number(text *t, uint32_t most, uint32_t *out)
{
    uint32_t value = 0;
    skip_space(t);
    const uint8_t *start = t->at;
    for (; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++) {
        value = 10 * value + *t->at - '0';
        if (value > most)
            return false;
    }
    *out = value;
    return t->at > start && (t->at == t->end || is_space(*t->at) || *t->at == '#');
}

static int take_pixels(text *t, const char *name, bool is_plain, uint32_t maximum,
                       const bnn_picture *picture, bnn_error *err)
{
    const size_t n = (size_t)picture->width * picture->height, width = maximum < 256 ? 1 : 2;
    if (!is_plain && (size_t)(t->end - t->at) < n * width)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: damaged PGM: %zu bytes of pixels, not %zu", name,
                        (size_t)(t->end - t->at), n * width);
    for (size_t i = 0; i < n; i++) {
        uint32_t value = 0;
        if (is_plain && !take_number(t, maximum, &value))
            return bnn_fail(err, BNN_E_RESOURCE,
                            "%s: damaged PGM: pixel %zu of %zu is no number from 0 to %u", name, i,
                            n, maximum);
        for (size_t k = 0; !is_plain && k < width; k++)
            value = value << 8 | *t->at++;
        if (value > maximum)
            return bnn_fail(err, BNN_E_RESOURCE,
                            "%s: damaged PGM: pixel %zu is %u, more than the maximum of %u", name,
                            i, value, maximum);
        picture->pixels[i] = (uint8_t)((value * 255u + maximum / 2) / maximum); /* rounded */
    }
    if (is_plain)
        skip_space(t);
    return BNN_OK;
}

static int decode_pgm(const uint8_t *bytes, size_t n, const char *name, uint32_t channels,
                      bnn_picture *out, bnn_error *err)
{
    text t = {.at = bytes + 2, .end = bytes + n};
    uint32_t width, height, maximum;
    const bool is_plain = bytes[1] == '2';
    if (!is_plain && bytes[1] != '5')
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: a PNM file of type P%c; only grey ones, P2 and P5, are read", name,
                        bytes[1]);
    if (!take_number(&t, UINT32_MAX / 16, &width) || !take_number(&t, UINT32_MAX / 16, &height) ||
        !take_number(&t, MAXIMUM_MAX, &maximum) || width == 0 || height == 0 || maximum == 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: damaged PGM: its width, height and maximum cannot be read", name);
    /* One white space, or, as netpbm allows, a comment and its end of line. */
    if (!is_plain && t.at < t.end && *t.at == '#')
        while (t.at < t.end && *t.at != '\n')
            t.at++;
    if (!is_plain && t.at < t.end)
        t.at++;
    int status = bnn_picture_allocate(name, channels, width, height, out, err);
    if (status == BNN_OK)
        status = take_pixels(&t, name, is_plain, maximum, out, err);
    if (status == BNN_OK && t.at < t.end)
        status =
            bnn_fail(err, BNN_E_RESOURCE, "%s: %td bytes follow the picture", name, t.end - t.at);
    const size_t plane = (size_t)width * height;
    for (size_t c = 1; status == BNN_OK && c < channels; c++)
        memcpy(out->pixels + c * plane, out->pixels, plane);
    return status;
}

int bnn_picture_decode(const uint8_t *bytes, size_t n, const char *name, uint32_t channels,
                       bnn_picture *out, bnn_error *err)
{
    bnn_picture picture = {.pixels = NULL};
    int status;
    if (is_png(bytes, n))
        status = decode_png(bytes, n, name, channels, &picture, err);
    else if (bnn_jpeg_begins(bytes, n))
        status = bnn_jpeg_decode(bytes, n, name, channels, &picture, err);
    else if (is_pnm(bytes, n))
        status = decode_pgm(bytes, n, name, channels, &picture, err);
    else
        status = bnn_fail(err, BNN_E_RESOURCE, "%s: not a picture: neither PNG, nor JPEG, nor PGM",
                          name);
    if (status == BNN_OK)
        *out = picture;
    else
        free(picture.pixels);
    return status;
}

int bnn_picture_read(const char *path, uint32_t channels, bnn_picture *out, bnn_error *err)
{
    char *bytes;
    size_t n;
    int status = bnn_file_read(path, BNN_PICTURE_LIMIT_BYTES, &bytes, &n, err);
    if (status != BNN_OK)
        return status;
    status = bnn_picture_decode((const uint8_t *)bytes, n, path, channels, out, err);
    free(bytes);
    return status;
}
