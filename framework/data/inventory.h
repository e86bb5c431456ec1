/* inventory.h - what `bnnrun data list|fetch|verify` shows. Texts and arrays are in the arena. */
#ifndef BNN_DATA_INVENTORY_H
#define BNN_DATA_INVENTORY_H

#include "data/catalogue.h"
#include "data/dataset.h"

typedef struct bnn_inventory_item {
    const char *name;
    const char *summary;   /* NULL when the catalogue entry is wrong: see message */
    const char *reference; /* or NULL */
    bnn_shape shape;       /* of an image */
    uint32_t n_classes;
    const char *directory; /* where it was found, "drawn by bnnrun", or NULL */
    const char *message;   /* not found: what was tried, a line each; a wrong entry: why; or NULL */
} bnn_inventory_item;

/* All data sets of the catalogue and synthetic, sorted by name, with the place where a run would
 * find each. Contents are not read. */
int bnn_inventory_list(const bnn_data_search *search, bnn_arena *arena,
                       const bnn_inventory_item **out, size_t *n, bnn_error *err);

/* Makes sure that a data set is in the user's cache, downloading it when needed, whatever other
 * directories have it. *directory: the cache's. search->download is not looked at. */
int bnn_inventory_fetch(const char *name, const bnn_data_search *search, bnn_arena *arena,
                        const char **directory, bnn_error *err);

typedef struct bnn_inventory_check {
    const char *path;
    const char *expected; /* SHA-256 of the raw content, as the catalogue says */
    const char *actual;   /* as found; NULL when the file cannot be read: see message */
    const char *message;  /* or NULL */
    bool ok;
} bnn_inventory_check;

/* Hashes all files of a data set where a run would find it. 0 whether or not they are right: see
 * `ok` of each; a data set that is not found is an error. */
int bnn_inventory_verify(const char *name, const bnn_data_search *search, bnn_arena *arena,
                         bnn_inventory_check out[BNN_DATA_FILES], bnn_error *err);

#endif
