#include "runner/replay.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bnn_replay_record(void *context, const bnn_record *record)
{
    bnn_replay *o = context;
    if (record->kind == BNN_RECORD_FILE)
        *(strcmp(record->file.kind, "weights") == 0 ? &o->weights : &o->model) = record->file;
    if (record->kind == BNN_RECORD_PREDICTIONS)
        bnn_predictions_take(&o->predictions, &record->predictions);
    if (record->kind != BNN_RECORD_METRIC || strcmp(record->metric.name, "seconds") == 0)
        return;
    bnn_metric_record *grown =
        bnn_arena_grow(o->arena, o->metrics, o->n, &o->capacity, sizeof *grown);
    if (grown == NULL) {
        o->out_of_memory = true;
        return;
    }
    o->metrics = grown;
    o->metrics[o->n++] = record->metric;
}

void bnn_replay_take_links(bnn_run *run, const bnn_store_link *links, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bnn_run_need *need = &run->needs[links[i].purpose];
        snprintf(need->uid, sizeof need->uid, "%s", links[i].need_uid);
        snprintf(need->sha256, sizeof need->sha256, "%s", links[i].sha256);
    }
}

static void replay_differ(bnn_replayed *out, const char *name, uint32_t epoch, double was,
                          double is)
{
    if (out->n_different++ == 0)
        snprintf(out->first, sizeof out->first, "%s of epoch %u was %.17g and is %.17g", name,
                 epoch, was, is);
}

/* A metric of the database beside the new ones. */
static void replay_compare_metric(const bnn_replay *seen, const bnn_store_metric *was,
                                  bnn_replayed *out)
{
    double is = (double)NAN;
    size_t i = 0;
    if (strcmp(was->name, "seconds") == 0)
        return;
    while (i < seen->n &&
           (seen->metrics[i].epoch != was->epoch || strcmp(seen->metrics[i].name, was->name) != 0))
        i++;
    if (i < seen->n)
        is = seen->metrics[i].value;
    out->n_metrics++;
    /* 0 and -0 are the same to SQLite. */
    if (i == seen->n || !(was->value == is || (isnan(was->value) && isnan(is))))
        replay_differ(out, was->name, (uint32_t)was->epoch, was->value, is);
}

int bnn_replay_compare(bnn_store *store, int64_t run, const bnn_replay *replay, bnn_replayed *out,
                       bnn_error *err)
{
    const bnn_store_metric *recorded;
    size_t n;
    *out = (bnn_replayed){.n_metrics = 0};
    if (replay->out_of_memory)
        return bnn_no_memory(err);
    const int status = bnn_store_list_metrics(store, run, replay->arena, &recorded, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        replay_compare_metric(replay, &recorded[i], out);
    if (status == BNN_OK && out->n_metrics < replay->n)
        replay_differ(out, "a metric that is not recorded", 0, 0.0, (double)NAN);
    return status;
}

void bnn_replay_clear_folder(const char *folder, const char *uid)
{
    static const char *const names[] = {"/" BNN_RUN_MODEL, "/" BNN_RUN_WEIGHTS, "/" BNN_RUN_LOG,
                                        "/" BNN_RUN_CHECKPOINT, ""};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%.*s/%s%s", BNN_RUN_FOLDER_MAX, folder, uid, names[i]);
        remove(path);
    }
}

int bnn_replay_make_folder(char out[BNN_RUN_FOLDER_MAX], bnn_error *err)
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || parent[0] == '\0')
        parent = "/tmp";
    errno = ENAMETOOLONG;
    if (snprintf(out, BNN_RUN_FOLDER_MAX, "%s/bnnrun.XXXXXX", parent) >= BNN_RUN_FOLDER_MAX ||
        mkdtemp(out) == NULL)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot make a folder in %s (TMPDIR)", parent);
    return BNN_OK;
}
