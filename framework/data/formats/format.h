/* format.h - how the files of data sets are laid out: a table, a row for each format.
 *
 * A format says which files a data set has and turns them into images and labels. It knows neither
 * where they come from nor whether they are the right ones: sources/ finds them, and dataset.c
 * compares the SHA-256 of what was read with the catalogue's before anything is made of it.
 *
 * A new format is a file of this folder, its name in format.c, and a test. What it gets comes from
 * outside: nothing is believed before it is checked, and no size before it is known to fit. */
#ifndef BNN_DATA_FORMATS_FORMAT_H
#define BNN_DATA_FORMATS_FORMAT_H

#include "data/catalogue.h"
#include "data/content.h"
#include "data/dataset.h"

enum { BNN_FORMAT_ROLES_MAX = 8 };

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

    /* Finds the images for training and for testing in what entry->files have, or makes them of
     * that in memory of their own, also where it fails. No set is held twice: bytes that are not
     * needed any more are freed at once and set to NULL; the caller frees the others with the
     * images. Refuses what is not as the entry says. */
    int (*assemble)(const bnn_catalogue_entry *entry, bnn_content *files,
                    bnn_images *const parts[2], bnn_error *err);
} bnn_format;

/* The row at an index, or NULL behind the last. The first is the format of an entry that does not
 * say. */
const bnn_format *bnn_format_at(size_t i);

/* For assemble: an error when a label is none of the classes, the first of which is entry->first_label. */
int bnn_format_check_labels(const bnn_catalogue_entry *entry, const char *path,
                            const uint8_t *labels, uint32_t n, bnn_error *err);

#endif
