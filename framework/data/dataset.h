/* dataset.h - images and labels, decoded once, read-only, shared by all jobs. */
#ifndef BNN_DATA_DATASET_H
#define BNN_DATA_DATASET_H

#include "base/arena.h"
#include "base/sha256.h"
#include "spec/key.h"

#include <bnn/plugin.h>

struct bnn_catalogue_entry; /* catalogue.h */

typedef struct bnn_images {
    uint32_t n;
    const uint8_t *pixels; /* [n][c][h][w] */
    const uint8_t *labels; /* [n], each < n_classes */
    uint8_t *memory;       /* malloc'ed; of both, when it is not that of the owner; or NULL */
} bnn_images;

typedef struct bnn_dataset {
    const char *name;
    bnn_shape shape; /* of one image */
    uint32_t n_classes;
    bnn_images train; /* as in the file; the trainer holds out a part for validation */
    bnn_images test;
    const char
        *test_sample; /* "all" of the files' test images, or so many "random" or "first" ones */
    char sha256[BNN_SHA256_HEX]; /* over the SHA-256 (in hexadecimal) of the raw contents of the
                                    files, in the order of the format's roles (bnn_catalogue_sha256);
                                    without files, of train images, train labels, test images, test
                                    labels */
    bool pinned;                 /* the entry says what its files must have */
    const char *source;          /* where it was found: a directory, or "drawn by bnnrun" */
    void *owner;                 /* what bnn_dataset_close frees */
} bnn_dataset;

/* What a limit leaves of a part. */
typedef enum bnn_sample {
    BNN_SAMPLE_RANDOM = 0, /* drawn once for all: the same for every seed and config */
    BNN_SAMPLE_FIRST = 1,  /* as they stand in the file, which may be sorted by class */
} bnn_sample;

/* The `dataset` section of a spec: {name: mnist, validation: 5000, ...}. */
typedef struct bnn_data_options {
    const char *name;             /* a catalogue entry, or a built-in set */
    const char *path;             /* where the files are, or NULL: wherever they are found */
    bool path_may_fail;           /* when they are not there, they may be elsewhere: of old runs */
    bnn_position_in_file path_at; /* line 0: not from a spec */
    int32_t validation;           /* training images held out for validation; negative, when read:
                                     not said, see bnn_data_settle */
    int32_t default_of;           /* how many images its default is a part of; 0: it was said */
    int32_t train_limit;          /* only so many training images, validation included; 0: all */
    int32_t test_limit;           /* likewise for the test set */
    int32_t sample;               /* bnn_sample: which ones */
    bnn_position_in_file at;      /* of the section */
} bnn_data_options;

/* The section: a bnn_data_options. `path` is not recorded: where the data lie does not change a
 * result. */
extern const bnn_section bnn_data_section;

/* How a data set is looked for, and what progress of a download is told to. */
typedef struct bnn_data_search {
    const char *catalogue; /* colon-separated directories that hold NAME.yaml; not NULL */
    const struct bnn_catalogue_entry *entry; /* instead of what the catalogue says; or NULL */
    bool download;                           /* may fetch what is missing */
    bool *is_missing; /* or NULL; set when opening fails since no place has the files */
    /* Both may be NULL. */
    void (*progress)(void *context, const char *file, uint64_t done_bytes, uint64_t total_bytes);
    void (*note)(void *context, const char *message); /* "downloading mnist from ..." */
    void *context;
} bnn_data_search;

/* Finds (downloading when allowed), verifies, decodes: each file is read once, into its final
 * buffer. A file whose content is not what the catalogue says is never used: its directory is
 * passed over, with a note, and when no other has the files, that is an error. The limits of the
 * options are applied; limits beyond the images, and a validation part that leaves nothing to train
 * on, are errors (BNN_E_SPEC). Thread-safe once opened. The caller closes it; close accepts a
 * zeroed dataset. */
int bnn_dataset_open(const bnn_data_options *options, const bnn_data_search *search,
                     bnn_dataset *out, bnn_error *err);
void bnn_dataset_close(bnn_dataset *dataset);

/* The sha256 that the data set would have if it were opened. What the entry does not say, its files
 * do, which are read for it; "" when they are not here, cannot be read, or there is no memory. */
void bnn_dataset_identify(const bnn_data_options *options, const bnn_data_search *search,
                          char out[BNN_SHA256_HEX]);

/* Whether what is limited and held out leaves something of n training images: BNN_E_SPEC when not. */
int bnn_data_check_train(const bnn_data_options *options, uint32_t n, bnn_error *err);

/* Gives validation its default when nothing was said: 5,000 of 20,000 or more training images, else a
 * tenth. How many there are say, in this order, train_limit, the entry, and the files, which are
 * opened for it; when they are not here, that is an error. Where the entry tells, the options are
 * checked by bnn_data_check_train. */
int bnn_data_settle(bnn_data_options *options, const struct bnn_catalogue_entry *entry,
                    const char *catalogue, bnn_error *err);

#endif
