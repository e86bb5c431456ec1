/* download.h - what a download says on stderr. */
#ifndef BNN_CLI_DOWNLOAD_H
#define BNN_CLI_DOWNLOAD_H

#include "cli/cli.h"
#include "data/dataset.h"

typedef struct cli_download {
    bool quiet, redraws;
    bool drawn; /* a line of progress is on the screen */
} cli_download;

/* A search that may download, and tells about it: notes as lines, bytes on a terminal only. */
bnn_data_search cli_download_search(cli_download *download, const char *catalogue, bool allowed,
                                    const cli_options *options);

/* Ends a line of progress. */
void cli_download_end(cli_download *download);

#endif
