/* download.h - one file over HTTPS (libcurl), resumable.
 *
 * https only, redirects to https only and at most 5, 10 s to connect, given up when slower than
 * 1,000 bytes/s for 30 s. file:/// is accepted too (see catalogue.h). */
#ifndef BNN_DATA_SOURCES_DOWNLOAD_H
#define BNN_DATA_SOURCES_DOWNLOAD_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct bnn_download {
    const char *url;
    const char *part;     /* the file to write; what an earlier attempt left in it is kept */
    uint64_t limit_bytes; /* a larger file is refused */
    const char *label;    /* for progress */
    void (*progress)(void *context, const char *label, uint64_t done_bytes, uint64_t total_bytes);
    void *context;
} bnn_download;

/* Fetches the rest of the file. *resumed: some bytes were there before. On failure the part stays
 * for the next attempt, unless it is empty or too large. The message says what went wrong, without
 * the address. */
int bnn_download_file(const bnn_download *download, bool *resumed, bnn_error *err);

#endif
