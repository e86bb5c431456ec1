/* progress.h - what is said on stderr while something takes long: a sweep has a status line that is
 * redrawn on a terminal, a line for each finished run elsewhere; a download its bytes. */
#ifndef BNN_CLI_PROGRESS_H
#define BNN_CLI_PROGRESS_H

#include "cli/cli.h"
#include "data/dataset.h"
#include "runner/pool.h"

typedef struct cli_progress cli_progress;

/* plan must stay. Lives in the arena of the options; NULL without memory. */
cli_progress *cli_progress_create(const bnn_plan *plan, uint32_t n_jobs,
                                  const cli_options *options);

/* Takes the status line away. */
void cli_progress_end(cli_progress *progress);

/* What the pool tells things to. */
const bnn_pool_observer *cli_progress_observer(cli_progress *progress);

/* "2.3 s", "1 min 20 s", "2 h 5 min"; returns out. */
enum { CLI_DURATION_MAX = 32 };
const char *cli_duration_text(double seconds, char out[CLI_DURATION_MAX]);

/* ---- downloads --------------------------------------------------------------------------- */

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
