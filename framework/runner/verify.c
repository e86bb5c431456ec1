#include "runner/verify.h"

#include "base/file.h"
#include "export/modelfile_encode.h"
#include "infer/modelfile.h"
#include "infer/modelfile_decode.h"
#include "runner/artifact.h"
#include "runner/task.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const size_t arena_limit_bytes = (size_t)4 << 30;

/* ---- the model file ---------------------------------------------------------------------- */

static int rebuild(const bnn_run_info *run, const bnn_revived *revived, bnn_arena *arena,
                   bool *same, bnn_error *err)
{
    char *spec, *bytes = NULL;
    bnn_graph *graph;
    bnn_model *was, *model;
    size_t n;
    if (asprintf(&spec, "%s: %s", run->experiment, run->label) < 0)
        return bnn_no_memory(err);
    int status = bnn_graph_create(revived->network, arena, &graph, err);
    if (status == BNN_OK)
        status = bnn_file_read(run->model_path, BNN_MODELFILE_LIMIT_BYTES, &bytes, &n, err);
    if (status == BNN_OK)
        status = bnn_modelfile_decode(bytes, n, run->model_path, arena, &was, err);
    if (status == BNN_OK)
        status = bnn_deliver_build(graph, bnn_model_metadata(was, "tool"), run->uid, spec,
                                   run->test_accuracy, arena, &model, err);
    if (status == BNN_OK) {
        uint8_t *again = malloc(bnn_modelfile_bytes(model));
        if (again == NULL) {
            status = bnn_no_memory(err);
        } else {
            bnn_modelfile_encode(model, again);
            *same = n == bnn_modelfile_bytes(model) && memcmp(bytes, again, n) == 0;
        }
        free(again);
    }
    free(bytes);
    free(spec);
    return status;
}

int bnn_verify_rebuild(const bnn_run_info *run, const bnn_revived *revived, bool *same,
                       bnn_error *err)
{
    bnn_arena *arena = bnn_arena_create(arena_limit_bytes);
    if (arena == NULL)
        return bnn_no_memory(err);
    const int status = rebuild(run, revived, arena, same, err);
    bnn_arena_destroy(arena);
    return status;
}

/* ---- training again ---------------------------------------------------------------------- */

/* What the new attempt reports. */
typedef struct observation {
    bnn_metric_record *metrics;
    size_t n, capacity;
    bnn_file_record weights;
    bool out_of_memory;
} observation;

static void begin(void *context, uint32_t resumed_epoch)
{
    (void)context, (void)resumed_epoch;
}

static void observe(void *context, const bnn_record *record)
{
    observation *o = context;
    if (record->kind == BNN_RECORD_FILE && strcmp(record->file.kind, "weights") == 0)
        o->weights = record->file;
    if (record->kind != BNN_RECORD_METRIC || strcmp(record->metric.name, "seconds") == 0)
        return;
    if (o->n == o->capacity) {
        const size_t capacity = o->capacity == 0 ? 256 : 2 * o->capacity;
        bnn_metric_record *grown = realloc(o->metrics, capacity * sizeof *grown);
        if (grown == NULL) {
            o->out_of_memory = true;
            return;
        }
        o->metrics = grown;
        o->capacity = capacity;
    }
    o->metrics[o->n++] = record->metric;
}

/* The metrics of the database beside the new ones. */
typedef struct comparison {
    const observation *seen;
    bnn_retrained *out;
} comparison;

static const char metrics_sql[] = "SELECT name, epoch, value, special FROM metric "
                                  "WHERE run_id = ?1 AND name <> 'seconds' ORDER BY epoch, name";

static double value_of(const bnn_store_value *value, const bnn_store_value *special)
{
    if (special->type != BNN_STORE_VALUE_TEXT)
        return value->real;
    if (strcmp(special->text, "nan") == 0)
        return (double)NAN;
    return special->text[0] == '-' ? -(double)INFINITY : (double)INFINITY;
}

static void differ(bnn_retrained *out, const char *name, uint32_t epoch, double was, double is)
{
    if (out->n_different++ == 0)
        snprintf(out->first, sizeof out->first, "%s of epoch %u was %.17g and is %.17g", name,
                 epoch, was, is);
}

static int compare_metric(void *context, size_t n, const bnn_store_value *v, bnn_error *err)
{
    const comparison *c = context;
    const double was = value_of(&v[2], &v[3]);
    const char *name = v[0].type == BNN_STORE_VALUE_TEXT ? v[0].text : "";
    const uint32_t epoch = (uint32_t)v[1].integer;
    double is = (double)NAN;
    bool found = false;
    (void)n, (void)err;
    for (size_t i = 0; i < c->seen->n && !found; i++) {
        const bnn_metric_record *m = &c->seen->metrics[i];
        if (m->epoch != epoch || strcmp(m->name, name) != 0)
            continue;
        found = true;
        is = m->value;
    }
    c->out->n_metrics++;
    /* 0 and -0 are the same to SQLite. */
    if (!found || !(was == is || (isnan(was) && isnan(is))))
        differ(c->out, name, epoch, was, is);
    return BNN_OK;
}

static int compare_all(bnn_store *store, const bnn_run_info *run, const observation *seen,
                       bnn_retrained *out, bnn_error *err)
{
    comparison c = {.seen = seen, .out = out};
    const bnn_store_argument id = {.value = {.type = BNN_STORE_VALUE_INTEGER, .integer = run->id}};
    const bnn_store_reader reader = {.row = compare_metric, .context = &c};
    *out = (bnn_retrained){.same_weights = strcmp(run->weights_sha256, seen->weights.sha256) == 0};
    if (seen->out_of_memory)
        return bnn_no_memory(err);
    const int status = bnn_store_query(store, metrics_sql, &id, 1, &reader, err);
    if (status == BNN_OK && out->n_metrics < seen->n)
        differ(out, "a metric that is not recorded", 0, 0.0, (double)NAN);
    return status;
}

static void remove_folder(const char *folder)
{
    static const char *const names[] = {BNN_MODEL_FILE, BNN_WEIGHTS_FILE};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

int bnn_verify_retrain(bnn_store *store, const bnn_run_info *run, const bnn_revived *revived,
                       const bnn_dataset *data, bnn_retrained *out, bnn_error *err)
{
    const bnn_experiment *e = &revived->experiment;
    const char *parent = getenv("TMPDIR");
    bnn_dataset *datasets = calloc(e->n_datasets, sizeof *datasets); /* the others stay closed */
    observation seen = {.n = 0};
    bnn_outcome outcome;
    bnn_task task = {.i_config = (uint32_t)(revived->config - e->configs),
                     .seed = run->seed,
                     .checkpoints = BNN_CHECKPOINTS_NONE};
    if (datasets == NULL)
        return bnn_no_memory(err);
    int status = BNN_OK;
    snprintf(task.uid, sizeof task.uid, "%s", run->uid);
    if (parent == NULL || parent[0] == '\0')
        parent = "/tmp";
    errno = ENAMETOOLONG;
    if (snprintf(task.folder, sizeof task.folder, "%s/bnnrun.XXXXXX", parent) >=
            (int)sizeof task.folder ||
        mkdtemp(task.folder) == NULL) {
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "cannot make a folder in %s (TMPDIR)", parent);
        goto out;
    }
    datasets[revived->config->i_dataset] = *data;
    const bnn_task_base base = {.experiment = e, .datasets = datasets};
    const bnn_task_link link = {.begin = begin, .record = observe, .context = &seen};
    bnn_task_execute(&base, &task, &link, &outcome);
    remove_folder(task.folder);
    if (outcome.status != BNN_OK)
        status = bnn_fail(err, (bnn_status)outcome.status, "run %s: training again: %s", run->uid,
                          outcome.message);
    else
        status = compare_all(store, run, &seen, out, err);
out:
    free(seen.metrics);
    free(datasets);
    return status;
}
