/* Private to data/add/: what has been read, on its way to an entry. */
#ifndef BNN_DATA_ADD_ADD_INTERNAL_H
#define BNN_DATA_ADD_ADD_INTERNAL_H

#include "data/add/add.h"
#include "data/catalogue.h"
#include "data/content.h"
#include "data/dataset.h"

enum {
    ADD_FILES = 4, /* train images, train labels, test images, test labels, as in formats/idx.c */
    ADD_ENTRIES_MAX = 1000000, /* in a folder */
};

typedef struct add_set {
    const bnn_add_request *request;
    bnn_arena *arena;
    char folder[PATH_MAX];        /* of the request, absolute */
    bnn_shape shape;              /* of an image as it is stored */
    bnn_images parts[2];          /* labels as they are stored; their memory is the set's */
    bnn_content files[ADD_FILES]; /* what the parts point to, or empty */
    const char *names[ADD_FILES]; /* of the entry's files; NULL: they must be written */
    const char **classes;         /* [n_classes], folders of pictures; or NULL */
    uint32_t n_classes, first_label;
} add_set;

/* The names in a folder, without those that begin with a dot, sorted; numbers in them count as
 * numbers. *n: how many. */
int bnn_add_list(const char *folder, bnn_arena *arena, const char *const **out, size_t *n,
                 bnn_error *err);

/* Whether the folder has IDX files at all; and reads those that are meant. */
int bnn_add_find_idx(add_set *set, bool *found, bnn_error *err);

/* Reads folders of pictures. */
int bnn_add_read_pictures(add_set *set, bnn_error *err);

/* Writes what must be written, then the entry, whose path *out has already. */
int bnn_add_write(add_set *set, bnn_add_result *out, bnn_error *err);

#endif
