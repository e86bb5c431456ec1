/* notify.h - run.notify: a command of the spec is told how a sweep ended, where --notify allows it. */
#ifndef BNN_CLI_NOTIFY_H
#define BNN_CLI_NOTIFY_H

#include "base/json.h"
#include "cli/load.h"

/* Says that there is a command which will not be run. */
void cli_notify_refuse(const cli_request *request);

/* "done", "failed" (runs are lacking), "interrupted" or "error", of what a sweep came to. */
const char *cli_notify_outcome(int status);

/* Runs the command, if there is one and it is to be. outcome: what it is told, which is released; NULL: there was no
 * memory. That it fails is a warning. */
void cli_notify(const cli_request *request, json_t *outcome);

#endif
