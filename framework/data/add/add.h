/* add.h - a folder with images becomes a data set that specs can name.
 *
 * Read are IDX files, raw or gzip-compressed, whatever they are called, which stay where they are; and
 * folders of pictures, FOLDER/train/CLASS/ and FOLDER/test/CLASS/, or FOLDER/CLASS/ with a part of
 * each class taken for testing. What cannot be used as it is (pictures, parts that were split) is
 * written once, as IDX files beside the entry. Classes and pictures are taken in the order of their
 * names, in which numbers count as numbers, so that the same folder always gives the same set.
 *
 * The entry is written last, and atomically: a set is known only when it is whole. */
#ifndef BNN_DATA_ADD_ADD_H
#define BNN_DATA_ADD_ADD_H

#include "base/error.h"

#include <bnn/plugin.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct bnn_add_request {
    const char *name;      /* of the set */
    const char *folder;    /* with its images */
    const char *catalogue; /* the directory to put NAME.yaml in; made when it is missing */
    const char *summary;   /* or NULL: how many images there are */
    /* What the names of IDX files must have, all of them, those for training, those for testing; of
     * pictures, what the two folders are called. NULL: all; "train"; "test" or "t10k". */
    const char *match, *train_name, *test_name;
    uint32_t n_classes;    /* 0: as the labels say */
    uint32_t n_channels;   /* of pictures, 1 or 3; 0: 3 when one of them has a colour */
    uint32_t test_percent; /* of each class, for testing; 0: there are images for it */
    bool transpose;        /* columns stand where rows should */
    bool replace;          /* an entry of that name that is there */
} bnn_add_request;

typedef struct bnn_add_result {
    char entry[PATH_MAX];  /* NAME.yaml */
    char folder[PATH_MAX]; /* that it points to */
    bool written;          /* the files in it were */
    uint32_t n_train, n_test, n_classes;
    uint32_t first_label; /* in the files */
    bnn_shape shape;
} bnn_add_result;

/* BNN_E_USAGE: the request cannot be meant so, or does not say enough, for example which of several
 * files are meant; BNN_E_RESOURCE: what is there cannot be used. Then the catalogue has not changed. */
int bnn_data_add(const bnn_add_request *request, bnn_add_result *out, bnn_error *err);

#endif
