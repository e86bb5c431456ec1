/* directory.h - where the files of a data set lie on this machine.
 *
 * Looked at: dataset.path and nothing else when it is set; otherwise, in this order, the path of the
 * entry (and nothing else when it has one and is not pinned), the directories of BNN_DATA_PATH
 * (colon-separated), the user's cache, /usr/share/datasets (where Debian's packages put them).
 * dataset.path and BNN_DATA_PATH may hold the files themselves or in a sub-directory NAME; NAME may
 * be written with - for _, as Debian does. A directory counts when it holds all files of the set;
 * each may be NAME, NAME.gz, or either with the format's other spelling (train-images.idx3-ubyte). Names are not enough, since MNIST, Fashion-MNIST and KMNIST share them:
 * a directory that has others is passed over. */
#ifndef BNN_DATA_SOURCES_DIRECTORY_H
#define BNN_DATA_SOURCES_DIRECTORY_H

#include "data/formats/format.h"

#include <limits.h>

/* What was tried, for the message when nothing worked. Full: says how many lines are missing. */
typedef struct bnn_trail {
    char text[580]; /* "\n  LINE" for each */
    size_t n_used;
    unsigned n_omitted;
    /* Whether a directory that has the names has the contents, too; or NULL: names are enough. */
    bool (*accepts)(void *context, const char *directory, const char *origin);
    void *context;
} bnn_trail;
void bnn_trail_add(bnn_trail *trail, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* BNN_E_RESOURCE: not found (downloading: and it could not be downloaded), what can be
 * done, and what was tried. */
int bnn_trail_fail(const bnn_trail *trail, const bnn_catalogue_entry *entry, bool downloading,
                   bnn_error *err);

/* The same for a dataset.path that does not have the files. */
int bnn_trail_fail_path(const bnn_trail *trail, const bnn_catalogue_entry *entry, const char *path,
                        bnn_error *err);

/* A file in a directory, in any of its spellings. False when there is none that can be compared with
 * what the entry says. */
bool bnn_directory_file(const bnn_format *format, const char *directory,
                        const bnn_catalogue_file *file, char out[PATH_MAX]);

/* Finds a directory with all files: anywhere but in dataset.path, or in `path`, whose origin is for
 * the trail. False: not found, and the trail says what was looked at. Reads the environment. */
bool bnn_directory_find(const bnn_catalogue_entry *entry, char out[PATH_MAX], bnn_trail *trail);
bool bnn_directory_find_in(const bnn_catalogue_entry *entry, const char *path, const char *origin,
                           char out[PATH_MAX], bnn_trail *trail);

/* The user's cache of a data set: $XDG_CACHE_HOME/bnnrun/NAME, or ~/.cache/bnnrun/NAME. Fails when
 * neither variable names an absolute path, or one that leaves no room for the names of files. */
int bnn_directory_cache(const char *name, char out[PATH_MAX], bnn_error *err);

#endif
