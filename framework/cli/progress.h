/* progress.h - what a sweep says while it runs, on stderr: a status line that is redrawn on a
 * terminal, a line for each finished run elsewhere. */
#ifndef BNN_CLI_PROGRESS_H
#define BNN_CLI_PROGRESS_H

#include "cli/cli.h"
#include "runner/pool.h"

typedef struct cli_progress cli_progress;

/* plan must stay. NULL without memory. */
cli_progress *cli_progress_create(const bnn_plan *plan, uint32_t n_jobs,
                                  const cli_options *options);

/* Takes the status line away. NULL is allowed. */
void cli_progress_destroy(cli_progress *progress);

/* What the pool tells things to. */
const bnn_pool_observer *cli_progress_observer(cli_progress *progress);

/* "2.3 s", "1 min 20 s", "2 h 5 min"; returns out. */
enum { CLI_DURATION_MAX = 32 };
const char *cli_duration_text(double seconds, char out[CLI_DURATION_MAX]);

/* Whether stderr is a terminal on which a line can be redrawn. */
bool cli_redraws(void);

#endif
