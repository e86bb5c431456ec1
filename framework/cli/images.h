/* images.h - files of a command line as images for a model. */
#ifndef BNN_CLI_IMAGES_H
#define BNN_CLI_IMAGES_H

#include "data/fit.h"

/* What files are to become. */
typedef struct cli_images_wish {
    bnn_shape shape; /* of the model's images */
    uint32_t limit;  /* of an IDX file only the first so many; 0: all */
    bool fit;        /* pictures may have any size: data/fit.h makes images of them */
    bool is_dark;    /* then: their strokes are dark, without looking */
} cli_images_wish;

typedef struct cli_images {
    uint32_t n;
    bool is_picture; /* a PNG, JPEG or PGM; else an IDX file */
    bnn_fit fit;     /* of a picture that was to be fitted */
    uint8_t *pixels; /* [n][c][h][w], malloc'ed */
} cli_images;

/* Reads a PNG, a JPEG, a PGM or an IDX file (raw or gzip), which it tells by their first bytes.
 * Images of another shape are an error that says both, and so is what the wish has no meaning for.
 * The caller frees out->pixels. */
int cli_images_read(const char *path, const cli_images_wish *wish, cli_images *out, bnn_error *err);

/* Reads the labels of an IDX file, of which there must be at least n, and exactly n when `exact`.
 * The caller frees *out. */
int cli_labels_read(const char *path, uint32_t n, bool exact, uint8_t **out, bnn_error *err);

/* All pixels of an image [c][h][w] have one colour. */
bool cli_image_is_blank(const uint8_t *pixels, bnn_shape shape);

/* Dark strokes on a bright ground: the image is grey, and most pixels at its border are bright. */
bool cli_image_is_on_white(const uint8_t *pixels, bnn_shape shape);

#endif
