#include "runner/verify.h"

#include "base/file.h"
#include "export/modelfile_encode.h"
#include "infer/modelfile.h"
#include "runner/run.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the model file ---------------------------------------------------------------------- */

int bnn_verify_rebuild(const bnn_stored_run *stored, const bnn_reloaded *reloaded, bnn_arena *arena,
                       bool *same, bnn_error *err)
{
    const char *spec = bnn_arena_printf(arena, "%s: %s", stored->experiment, stored->label);
    char *bytes = NULL;
    uint8_t *again = NULL;
    bnn_graph *graph;
    bnn_model *was, *model;
    size_t n;
    if (spec == NULL)
        return bnn_no_memory(err);
    int status = bnn_graph_create(reloaded->network, arena, &graph, err);
    if (status == BNN_OK)
        status = bnn_file_read(stored->model_path, BNN_MODELFILE_LIMIT_BYTES, &bytes, &n, err);
    if (status == BNN_OK)
        status = bnn_modelfile_decode(bytes, n, stored->model_path, arena, &was, err);
    if (status == BNN_OK)
        status = bnn_finish_build(graph, bnn_model_metadata(was, "tool"), stored->run.uid, spec,
                                  stored->run.result.test_accuracy, arena, &model, err);
    if (status == BNN_OK)
        again = bnn_arena_alloc(arena, bnn_modelfile_encode(model, NULL), 1);
    if (status == BNN_OK && again == NULL)
        status = bnn_no_memory(err);
    if (status == BNN_OK)
        *same = bnn_modelfile_encode(model, again) == n && memcmp(bytes, again, n) == 0;
    free(bytes);
    return status;
}

/* ---- training again ---------------------------------------------------------------------- */

/* What the new attempt reports. */
typedef struct verify_records {
    bnn_arena *arena;
    bnn_metric_record *metrics;
    size_t n, capacity;
    bnn_file_record weights;
    bool out_of_memory;
} verify_records;

static void verify_take_record(void *context, const bnn_record *record)
{
    verify_records *o = context;
    if (record->kind == BNN_RECORD_FILE && strcmp(record->file.kind, "weights") == 0)
        o->weights = record->file;
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

static void verify_differ(bnn_retrained *out, const char *name, uint32_t epoch, double was,
                          double is)
{
    if (out->n_different++ == 0)
        snprintf(out->first, sizeof out->first, "%s of epoch %u was %.17g and is %.17g", name,
                 epoch, was, is);
}

/* A metric of the database beside the new ones. */
static void verify_compare_metric(const verify_records *seen, const bnn_store_metric *was,
                                  bnn_retrained *out)
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
        verify_differ(out, was->name, (uint32_t)was->epoch, was->value, is);
}

static int verify_compare_all(bnn_store *store, const bnn_stored_run *stored,
                              const verify_records *seen, bnn_retrained *out, bnn_error *err)
{
    const bnn_store_metric *recorded;
    size_t n;
    *out =
        (bnn_retrained){.same_weights = strcmp(stored->weights_sha256, seen->weights.sha256) == 0};
    if (seen->out_of_memory)
        return bnn_no_memory(err);
    const int status =
        bnn_store_list_metrics(store, stored->run.id, seen->arena, &recorded, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        verify_compare_metric(seen, &recorded[i], out);
    if (status == BNN_OK && out->n_metrics < seen->n)
        verify_differ(out, "a metric that is not recorded", 0, 0.0, (double)NAN);
    return status;
}

/* The folder of a run, and the temporary one that it lies in. */
static void verify_remove_folders(const char *folder, const char *uid)
{
    static const char *const names[] = {"/" BNN_RUN_MODEL, "/" BNN_RUN_WEIGHTS, ""};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%.*s/%s%s", BNN_RUN_FOLDER_MAX, folder, uid, names[i]);
        remove(path);
    }
    rmdir(folder);
}

/* Makes a folder; its path goes into out. */
static int verify_make_folder(char out[BNN_RUN_FOLDER_MAX], bnn_error *err)
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

/* Without checkpoints and without a timeout. */
static int verify_train(const bnn_stored_run *stored, const bnn_reloaded *reloaded,
                        const bnn_dataset *data, verify_records *seen, bnn_error *err)
{
    bnn_experiment experiment = {
        .name = stored->experiment,
        .configs = reloaded->config,
        .n_configs = 1,
        .run = {.checkpoints = BNN_CHECKPOINTS_NONE},
    };
    char folder[BNN_RUN_FOLDER_MAX];
    bnn_run run = stored->run;
    bnn_outcome outcome;
    const int status = verify_make_folder(folder, err);
    if (status != BNN_OK)
        return status;
    run.i_config = 0;
    const bnn_run_base base = {.experiment = &experiment, .datasets = data, .folder = folder};
    const bnn_run_listener listener = {.record = verify_take_record, .context = seen};
    bnn_run_execute(&base, &run, &listener, NULL, NULL, &outcome);
    verify_remove_folders(folder, run.uid);
    if (outcome.status != BNN_OK)
        return bnn_fail(err, (bnn_status)outcome.status, "run %s: training again: %s", run.uid,
                        outcome.message);
    return BNN_OK;
}

int bnn_verify_retrain(bnn_store *store, const bnn_stored_run *stored, const bnn_reloaded *reloaded,
                       const bnn_dataset *data, bnn_arena *arena, bnn_retrained *out,
                       bnn_error *err)
{
    verify_records seen = {.arena = arena};
    const int status = verify_train(stored, reloaded, data, &seen, err);
    return status != BNN_OK ? status : verify_compare_all(store, stored, &seen, out, err);
}
