/* picture_jpeg.c - pictures in JPEG (ITU-T T.81), as cameras and scanners write them. */
#include "data/picture_internal.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* These need FILE and size_t. */
#include <jpeglib.h>

#include <jerror.h>

enum {
    SCANS_MAX = 200, /* of a progressive file; each costs time, whatever the size of the file */
    EXIF_MARKER = JPEG_APP0 + 1,
    EXIF_BYTES_MAX = 0xffff,
    TIFF_ENTRY_BYTES = 12,
    ORIENTATION_TAG = 0x0112,
    ORIENTATIONS = 8,
    LIGHT_STEPS = 4096, /* of linear light */
};

/* One decoding. libjpeg reports what is wrong by calling error_exit, which must not return. */
typedef struct jpeg_reader {
    struct jpeg_error_mgr errors; /* first: libjpeg hands it back */
    struct jpeg_progress_mgr progress;
    struct jpeg_decompress_struct info;
    jmp_buf failed;
    unsigned orientation; /* as EXIF counts them */
    char message[JMSG_LENGTH_MAX];
    double linear[256];              /* light of a byte */
    uint8_t curved[LIGHT_STEPS + 1]; /* byte of a light */
} jpeg_reader;

/* ---- what libjpeg calls ------------------------------------------------------------------ */

static void jpeg_stop(j_common_ptr info)
{
    jpeg_reader *reader = (jpeg_reader *)info->err;
    reader->errors.format_message(info, reader->message);
    longjmp(reader->failed, 1);
}

/* Warnings of lost pixels end it; those of odd bytes between markers, as cameras write them, do
 * not. */
static void jpeg_hear(j_common_ptr info, int level)
{
    const int code = info->err->msg_code;
    if (level < 0 &&
        (code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_ARITH_BAD_CODE ||
         code == JWRN_JPEG_EOF || code == JWRN_MUST_RESYNC || code == JWRN_NOT_SEQUENTIAL))
        jpeg_stop(info);
}

static void jpeg_count_scans(j_common_ptr info)
{
    jpeg_reader *reader = (jpeg_reader *)info->err;
    if (reader->info.input_scan_number <= SCANS_MAX)
        return;
    snprintf(reader->message, sizeof reader->message, "more than %d scans", SCANS_MAX);
    longjmp(reader->failed, 1);
}

/* ---- orientation ------------------------------------------------------------------------- */

static uint32_t exif_number(const uint8_t *at, unsigned n_bytes, bool is_little)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < n_bytes; i++)
        value = value << 8 | at[is_little ? n_bytes - 1 - i : i];
    return value;
}

/* How the camera was held, from the first directory of EXIF data (a TIFF file behind six bytes): 1,
 * the picture is upright, to 8; 1 also where that is not said. */
static unsigned exif_orientation(const uint8_t *bytes, size_t n)
{
    static const char name[6] = "Exif\0";
    if (n < sizeof name + 8 || memcmp(bytes, name, sizeof name) != 0)
        return 1;
    const uint8_t *tiff = bytes + sizeof name;
    const bool is_little = tiff[0] == 'I';
    n -= sizeof name;
    const size_t at = exif_number(tiff + 4, 4, is_little);
    if (at > n - 2)
        return 1;
    const size_t n_entries = exif_number(tiff + at, 2, is_little);
    for (size_t i = 0, entry = at + 2; i < n_entries && entry + TIFF_ENTRY_BYTES <= n;
         i++, entry += TIFF_ENTRY_BYTES) {
        const uint32_t value = exif_number(tiff + entry + 8, 2, is_little);
        if (exif_number(tiff + entry, 2, is_little) == ORIENTATION_TAG)
            return value >= 1 && value <= ORIENTATIONS ? value : 1;
    }
    return 1;
}

static unsigned jpeg_orientation(const struct jpeg_decompress_struct *info)
{
    for (jpeg_saved_marker_ptr m = info->marker_list; m != NULL; m = m->next)
        if (m->marker == EXIF_MARKER)
            return exif_orientation(m->data, m->data_length);
    return 1;
}

/* Turns and mirrors planes of pixels until they are upright. */
static int jpeg_turn(unsigned orientation, uint32_t channels, bnn_picture *picture, bnn_error *err)
{
    const bool mirrors_x =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool mirrors_y =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool swaps = orientation >= 5;
    const uint32_t w = picture->width, h = picture->height;
    const size_t plane = (size_t)w * h;
    if (orientation == 1)
        return BNN_OK;
    uint8_t *turned = malloc(channels * plane), *to = turned;
    if (turned == NULL)
        return bnn_no_memory(err);
    *picture = (bnn_picture){swaps ? h : w, swaps ? w : h, picture->pixels};
    for (uint32_t c = 0; c < channels; c++)
        for (uint32_t y = 0; y < picture->height; y++)
            for (uint32_t x = 0; x < picture->width; x++) {
                uint32_t from_x = swaps ? y : x, from_y = swaps ? x : y;
                from_x = mirrors_x ? w - 1 - from_x : from_x;
                from_y = mirrors_y ? h - 1 - from_y : from_y;
                *to++ = picture->pixels[c * plane + (size_t)from_y * w + from_x];
            }
    free(picture->pixels);
    picture->pixels = turned;
    return BNN_OK;
}

/* ---- pixels ------------------------------------------------------------------------------ */

/* sRGB's curve (IEC 61966-2-1), of a part of 1. */
static double jpeg_linear(double s)
{
    return s <= 0.04045 ? s / 12.92 : pow((s + 0.055) / 1.055, 2.4);
}

static double jpeg_curved(double linear)
{
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
}

/* Colours become their luminance, in linear light and with Rec. 709's weights, as those of a PNG do.
 * What is grey keeps its byte. */
static uint8_t jpeg_grey(const jpeg_reader *r, const uint8_t *p)
{
    const double y = 0.2126 * r->linear[p[0]] + 0.7152 * r->linear[p[1]] + 0.0722 * r->linear[p[2]];
    return p[0] == p[1] && p[1] == p[2] ? p[0] : r->curved[lround(LIGHT_STEPS * y)];
}

static void jpeg_make_light(jpeg_reader *r)
{
    for (unsigned i = 0; i < 256; i++)
        r->linear[i] = jpeg_linear(i / 255.0);
    for (unsigned i = 0; i <= LIGHT_STEPS; i++)
        r->curved[i] = (uint8_t)lround(255 * jpeg_curved((double)i / LIGHT_STEPS));
}

/* A row of pixels, of one byte, or of red, green and blue, into the planes. */
static void jpeg_put_row(const jpeg_reader *r, const uint8_t *row, uint32_t channels, uint8_t *to,
                         size_t plane)
{
    const uint32_t width = r->info.output_width;
    const bool is_grey = r->info.out_color_space == JCS_GRAYSCALE;
    for (uint32_t c = 0; is_grey && c < channels; c++)
        memcpy(to + c * plane, row, width);
    for (uint32_t x = 0; !is_grey && channels == 1 && x < width; x++)
        to[x] = jpeg_grey(r, row + 3 * (size_t)x);
    for (uint32_t x = 0; !is_grey && channels == 3 && x < width; x++)
        for (uint32_t c = 0; c < 3; c++)
            to[c * plane + x] = row[3 * (size_t)x + c];
}

/* A jump ends it. */
static int jpeg_read_rows(jpeg_reader *reader, const char *name, uint32_t channels,
                          bnn_picture *out, bnn_error *err)
{
    struct jpeg_decompress_struct *info = &reader->info;
    const int status =
        bnn_picture_allocate(name, channels, info->image_width, info->image_height, out, err);
    if (status != BNN_OK)
        return status;
    if (channels == 1 && info->out_color_space == JCS_RGB)
        jpeg_make_light(reader);
    jpeg_start_decompress(info);
    JSAMPROW row = info->mem->alloc_large((j_common_ptr)info, JPOOL_IMAGE, /* libjpeg frees it */
                                          (size_t)info->output_components * info->output_width);
    while (info->output_scanline < info->output_height) {
        uint8_t *to = out->pixels + (size_t)out->width * info->output_scanline;
        jpeg_read_scanlines(info, &row, 1);
        jpeg_put_row(reader, row, channels, to, (size_t)out->width * out->height);
    }
    jpeg_finish_decompress(info);
    return BNN_OK;
}

static int jpeg_read(jpeg_reader *reader, const uint8_t *bytes, size_t n, const char *name,
                     uint32_t channels, bnn_picture *out, bnn_error *err)
{
    struct jpeg_decompress_struct *info = &reader->info;
    info->err = jpeg_std_error(&reader->errors);
    reader->errors.error_exit = jpeg_stop;
    reader->errors.emit_message = jpeg_hear;
    reader->progress.progress_monitor = jpeg_count_scans;
    if (setjmp(reader->failed) != 0)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: not a usable JPEG: %s", name, reader->message);
    jpeg_create_decompress(info);
    info->progress = &reader->progress;
    jpeg_mem_src(info, bytes, n);
    jpeg_save_markers(info, EXIF_MARKER, EXIF_BYTES_MAX);
    jpeg_read_header(info, TRUE);
    if (info->jpeg_color_space == JCS_CMYK || info->jpeg_color_space == JCS_YCCK)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: a JPEG of printing inks (CMYK); save it with red, green and blue",
                        name);
    info->out_color_space = info->jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    reader->orientation = jpeg_orientation(info);
    return jpeg_read_rows(reader, name, channels, out, err);
}

bool bnn_jpeg_begins(const uint8_t *bytes, size_t n)
{
    return n >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff;
}

int bnn_jpeg_decode(const uint8_t *bytes, size_t n, const char *name, uint32_t channels,
                    bnn_picture *out, bnn_error *err)
{
    /* Not in a variable of this function, whose registers a jump would bring back. */
    jpeg_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return bnn_no_memory(err);
    int status = jpeg_read(reader, bytes, n, name, channels, out, err);
    jpeg_destroy_decompress(&reader->info);
    if (status == BNN_OK)
        status = jpeg_turn(reader->orientation, channels, out, err);
    free(reader);
    return status;
}
