/* data_fixture.h - a small data set, its catalogue and a cache, in a temporary directory. */
#ifndef BNN_TESTS_DATA_FIXTURE_H
#define BNN_TESTS_DATA_FIXTURE_H

#include "data/catalogue.h"
#include "data/dataset.h"

#include <limits.h>

enum {
    TINY_TRAIN = 30,
    TINY_TEST = 10,
    TINY_H = 4,
    TINY_W = 5,
    TINY_CLASSES = 3,
    FILE_BYTES_MAX = 16 + TINY_TRAIN * TINY_H * TINY_W,
};

/* The four files of the set `tiny`, raw; a test may change them before it writes them. */
typedef struct tiny_set {
    const char *names[BNN_DATA_FILES];
    unsigned char bytes[BNN_DATA_FILES][FILE_BYTES_MAX];
    size_t n_bytes[BNN_DATA_FILES];
} tiny_set;

extern char fixture_root[PATH_MAX]; /* the temporary directory, absolute */

/* Makes the directory; the environment then names no data but an empty cache inside it. */
void fixture_begin(void);
void fixture_end(void);

void fixture_make_tiny(tiny_set *set);

/* ROOT/relative; a few results are valid at a time. */
const char *fixture_path(const char *relative);
void fixture_write(const char *relative, const void *bytes, size_t n);
void fixture_write_gz(const char *relative, const void *bytes, size_t n);

/* Writes all files of the set to a directory, as NAME or NAME.gz. */
void fixture_write_set(const tiny_set *set, const char *directory, bool compressed);

/* ROOT/catalogue/NAME.yaml, with the hashes of the set as it is now; `more` is appended. */
void fixture_write_catalogue(const tiny_set *set, const char *name, const char *more);

/* A search of ROOT/catalogue that counts and keeps its notes. */
typedef struct fixture_notes {
    char text[4096];
    int n_downloads;      /* notes of a download */
    uint64_t first_bytes; /* of the first progress */
    uint64_t last_bytes;
} fixture_notes;
bnn_data_search fixture_search(bool download, fixture_notes *notes);

/* Opens a set by name with validation 1, without downloading. */
int fixture_open(const char *name, const char *path, bnn_dataset *out, bnn_error *err);

/* Opening the set finds it in ROOT/relative, with the right content. */
void fixture_expect_at(const tiny_set *set, const char *name, const char *relative);

#endif
