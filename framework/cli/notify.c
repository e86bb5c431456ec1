#include "cli/notify.h"

#include "runner/notify.h"

#include <stdio.h>
#include <stdlib.h>

enum { NOTIFY_SECONDS = 30 }; /* a cluster that stops a job gives no more */

void cli_notify_refuse(const cli_request *request)
{
    const char *const *command = request->experiment.run.notify;
    if (command != NULL && !request->options.quiet)
        fprintf(stderr,
                "bnnrun: run.notify (%s) is not run: a spec may come from anyone; --notify "
                "allows it\n",
                command[0]);
}

/* What a failed sweep lacks is runs; what stops one is an error. */
const char *cli_notify_outcome(int status)
{
    return status == BNN_OK              ? "done"
           : status == BNN_E_FAILED      ? "failed"
           : status == BNN_E_INTERRUPTED ? "interrupted"
                                         : "error";
}

void cli_notify(const cli_request *r, json_t *outcome)
{
    const char *const *command = r->experiment.run.notify;
    bnn_error failure;
    if (!r->notify || command == NULL) {
        json_decref(outcome);
        return;
    }
    char *json = outcome == NULL ? NULL : bnn_json_dump(outcome, JSON_COMPACT);
    char *text =
        json == NULL ? NULL : bnn_arena_printf(r->options.arena, "%s\n", json); /* a line */
    free(json);
    json_decref(outcome);
    fflush(stdout); /* before what the command prints */
    if ((text == NULL ? bnn_no_memory(&failure)
                      : bnn_notify(command, text, NOTIFY_SECONDS, &failure)) != BNN_OK)
        fprintf(stderr, "bnnrun: run.notify: %s\n", failure.message);
}
