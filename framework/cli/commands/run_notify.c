/* run_notify.c - what run.notify is told of a sweep on this machine. */
#include "cli/commands/run.h"
#include "cli/notify.h"

void cli_sweep_notify(const cli_sweep *s, int status, int signal, const bnn_error *err)
{
    const cli_request *r = s->request;
    cli_notify(
        r, json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:o}", "experiment", r->experiment.name,
                     "database", r->options.db, "outcome", cli_notify_outcome(status), "message",
                     status == BNN_OK ? json_null() : cli_json_text(err->message), "signal",
                     status == BNN_E_INTERRUPTED ? json_integer(signal) : json_null(), "seconds",
                     (json_int_t)(time(NULL) - s->began), "runs", cli_sweep_counts(s)));
}
