/* slurm_notify.c - what run.notify is told of a sweep on a cluster, by the merge job: once, when no task waits or runs. */
#include "cli/commands/slurm.h"
#include "cli/notify.h"
#include "cli/table.h"

/* What the sweep came to, as a failure that says it. */
static int notify_judge(const slurm_sweep *s, bnn_error *err)
{
    const slurm_shard *sum = &s->shards[0];
    const size_t n_done = sum->n_done + sum->n_stale;
    if (n_done == sum->n && !slurm_is_unmerged(s))
        return BNN_OK;
    return bnn_fail(err, BNN_E_FAILED,
                    "%zu of %zu runs failed, %zu are left%s; `bnnrun slurm %s --submit` goes on",
                    sum->n_failed, sum->n, sum->n - n_done - sum->n_failed,
                    slurm_is_unmerged(s) ? ", and something that was saved is not merged" : "",
                    s->request->common.options.operands[0]);
}

static json_t *notify_counts(const slurm_sweep *s)
{
    static const slurm_shard none;
    const slurm_shard *sum = s->shards != NULL ? s->shards : &none;
    return json_pack("{s:I, s:I, s:I, s:I}", "planned", (json_int_t)s->plan.n, "stale",
                     (json_int_t)sum->n_stale, "done", (json_int_t)sum->n_done, "failed",
                     (json_int_t)sum->n_failed);
}

void slurm_notify(const slurm_sweep *s, int status, const bnn_error *err)
{
    const cli_request *r = &s->request->common;
    bnn_error judged;
    if (!r->notify || r->experiment.run.notify == NULL)
        return;
    if (status == BNN_OK && slurm_is_active(s)) {
        fputs("bnnrun: run.notify is not run yet, as tasks wait or run\n", stderr);
        return;
    }
    if (status == BNN_OK) {
        status = notify_judge(s, &judged);
        err = &judged;
    }
    const char *db = bnn_arena_printf(s->arena, "%s/merged/bnnrun.db", s->folder);
    cli_notify(r, db == NULL
                      ? NULL
                      : json_pack("{s:s, s:s, s:s, s:o, s:n, s:n, s:o}", "experiment",
                                  r->experiment.name, "database", db, "outcome",
                                  cli_notify_outcome(status), "message",
                                  status == BNN_OK ? json_null() : cli_json_text(err->message),
                                  "signal", "seconds", "runs", notify_counts(s)));
}
