/* run_notify.c - run.notify: a command of the user that is told how the sweep ended. */
#include "runner/notify.h"

#include "base/json.h"
#include "cli/commands/run.h"

#include <stdlib.h>

enum { NOTIFY_SECONDS = 30 }; /* a cluster that stops a job gives no more */

void cli_sweep_say_notify(const cli_request *request)
{
    const char *const *command = request->experiment.run.notify;
    if (command != NULL && !request->notify && !request->options.quiet)
        fprintf(stderr,
                "bnnrun: run.notify (%s) is not run: a spec may come from anyone; --notify "
                "allows it\n",
                command[0]);
}

/* What a failed sweep lacks is runs; what stops one is an error. */
static const char *notify_outcome(int status)
{
    return status == BNN_OK              ? "done"
           : status == BNN_E_FAILED      ? "failed"
           : status == BNN_E_INTERRUPTED ? "interrupted"
                                         : "error";
}

void cli_sweep_notify(const cli_sweep *s, int status, int signal, const bnn_error *err)
{
    const cli_request *r = s->request;
    bnn_error failure;
    if (!r->notify || r->experiment.run.notify == NULL)
        return;
    json_t *outcome =
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:o}", "experiment", r->experiment.name,
                  "database", r->options.db, "outcome", notify_outcome(status), "message",
                  status == BNN_OK ? json_null() : cli_json_text(err->message), "signal",
                  status == BNN_E_INTERRUPTED ? json_integer(signal) : json_null(), "seconds",
                  (json_int_t)(time(NULL) - s->began), "runs", cli_sweep_counts(s));
    char *json = bnn_json_dump(outcome, JSON_COMPACT);
    char *text =
        json == NULL ? NULL : bnn_arena_printf(r->options.arena, "%s\n", json); /* a line */
    free(json);
    json_decref(outcome);
    fflush(stdout); /* before what the command prints */
    const int ended = text == NULL
                          ? bnn_no_memory(&failure)
                          : bnn_notify(r->experiment.run.notify, text, NOTIFY_SECONDS, &failure);
    if (ended != BNN_OK)
        fprintf(stderr, "bnnrun: run.notify: %s\n", failure.message);
}
