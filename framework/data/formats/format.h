/* format.h - how the files of data sets are laid out: a table, a row for each format.
 *
 * A format says which files a data set has and turns them into images and labels. It knows neither
 * where they come from nor whether they are the right ones: sources/ finds them, and dataset.c
 * compares the SHA-256 of what was read with the catalogue's before anything is made of it.
 *
 * A new format is a file of this folder, its name in format.c, and a test. What it reads comes from
 * outside: nothing is believed before it is checked, and no size before it is known to fit. */
#ifndef BNN_DATA_FORMATS_FORMAT_H
#define BNN_DATA_FORMATS_FORMAT_H

#include "data/catalogue.h"
#include "data/content.h"

enum {
    BNN_FORMAT_ROLES_MAX = 8,
    BNN_ARRAY_DIMS_MAX = 4,
    BNN_ARRAY_LIMIT_BYTES = 1 << 30, /* a file with more is refused */
};

/* What a file holds: bytes in up to four dimensions, the last of which varies fastest. */
typedef struct bnn_array {
    uint32_t n_dims;
    uint32_t dims[BNN_ARRAY_DIMS_MAX]; /* each at least 1; unused ones are 1 */
    size_t n_bytes;                    /* their product */
    uint8_t *data;                     /* [n_bytes], malloc'ed */
} bnn_array;

typedef struct bnn_data_file {
    const char *path; /* for messages */
    bnn_array array;
} bnn_data_file;

/* The training images, or those for testing. */
typedef struct bnn_data_part {
    uint32_t n;
    uint8_t *pixels; /* [n][c][h][w], malloc'ed */
    uint8_t *labels; /* [n], malloc'ed */
} bnn_data_part;

/* A key under `files` of a catalogue entry. */
typedef struct bnn_format_role {
    const char *key;
    bool may_be_list; /* of files that follow each other */
} bnn_format_role;

typedef struct bnn_format {
    const char *name; /* as in `format: NAME` of a catalogue entry */

    /* What files there are, in the order in which the hash of a set covers them. */
    const bnn_format_role *roles;
    size_t n_roles;

    /* A part of a file's name, and what it may be instead; or NULL. */
    const char *spelled, *also_spelled;

    /* The data set of the format's name that needs no catalogue entry; or NULL. */
    const bnn_catalogue_entry *builtin;

    /* Reads a file to its end, straight to where it stays: nothing is held twice. Memory is taken
     * for what the file can hold only, whatever it claims. */
    int (*read)(bnn_content *content, bnn_array *out, bnn_error *err);

    /* Makes the two parts of what was read of entry->files, whose content is right. It takes over
     * (and sets to NULL) what it uses of the arrays' data; what is left there, and in the parts
     * after a failure, is freed by the caller. Refuses what is not as the entry says. */
    int (*assemble)(const bnn_catalogue_entry *entry, bnn_data_file *files, bnn_data_part parts[2],
                    bnn_error *err);
} bnn_format;

/* The row at an index, or NULL behind the last. The first is the format of an entry that does not
 * say. */
const bnn_format *bnn_format_at(size_t i);

/* Reads a file in a format and closes it. content: as bnn_content_open gives it, NULL after its
 * failure. sha256: of the raw content; may be NULL. The caller frees out->data. */
int bnn_format_read(const bnn_format *format, bnn_content *content, bnn_array *out,
                    char sha256[BNN_SHA256_HEX], bnn_error *err);

/* For assemble: the bytes of an image; and an error when a label is none of the classes. */
size_t bnn_format_image_bytes(const bnn_catalogue_entry *entry);
int bnn_format_check_labels(const bnn_catalogue_entry *entry, const char *path,
                            const uint8_t *labels, uint32_t n, bnn_error *err);

#endif
