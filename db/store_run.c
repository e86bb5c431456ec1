/* store_run.c - what is recorded of runs: for plans, and to bring a run back. */
#include "db/store_run.h"

#include "db/store_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What a reader below was called with. */
typedef struct reading {
    bnn_store *store;
    void *context;
    union {
        bnn_store_take_run *run;
        bnn_store_take_plugin *plugin;
        bnn_store_take_seconds *seconds;
        bnn_store_take_revision *revision;
        bnn_store_take_metric *metric;
    } take;
} reading;

typedef int take_row(void *context, size_t n, const bnn_store_value *values, bnn_error *err);

/* Rows of a statement with one argument, or none (NULL). */
static int read_rows(const reading *r, const char *sql, const bnn_store_value *argument,
                     take_row *take, bnn_error *err)
{
    const bnn_store_argument first = {.value = argument == NULL ? bnn_value_null() : *argument};
    const bnn_store_reader reader = {.row = take, .context = (void *)(uintptr_t)r};
    return bnn_store_query(r->store, sql, &first, argument != NULL, &reader, err);
}

/* Anybody can make a database whose tables allow what ours do not. */
static const char *text_of(const bnn_store_value *v)
{
    return v->type == BNN_STORE_VALUE_TEXT ? v->text : "";
}

/* ---- for plans ---- */

static const char runs_sql[] =
    "SELECT config.hash, run.seed, run.run_id, run.run_uid, run.state, run.n_attempts,"
    " attempt.error,"
    " (SELECT max(epoch) FROM metric"
    "  WHERE metric.run_id = run.run_id AND metric.name = 'validation_accuracy') "
    "FROM run JOIN experiment USING (experiment_id) JOIN config USING (config_id)"
    " LEFT JOIN attempt ON attempt.run_id = run.run_id AND attempt.attempt = run.n_attempts "
    "WHERE experiment.name = ?1";

static int take_run(void *context, size_t n, const bnn_store_value *v, bnn_error *err)
{
    enum { HASH, SEED, ID, UID, STATE, ATTEMPTS, ERROR, EPOCHS };
    const reading *r = context;
    bnn_run run = {.seed = v[SEED].integer,
                   .id = v[ID].integer,
                   .n_attempts = (uint32_t)v[ATTEMPTS].integer,
                   .epochs_done = (uint32_t)v[EPOCHS].integer,
                   .result = {.test_accuracy = (double)NAN}};
    (void)n;
    snprintf(run.uid, sizeof run.uid, "%s", text_of(&v[UID]));
    if (!bnn_store_state_of(text_of(&v[STATE]), &run.state))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: run %s has the unknown state \"%s\"",
                        r->store->path, run.uid, text_of(&v[STATE]));
    if (v[ERROR].type == BNN_STORE_VALUE_TEXT)
        run.result.error = v[ERROR].text;
    return r->take.run(r->context, text_of(&v[HASH]), &run, err);
}

int bnn_store_read_runs(bnn_store *store, const char *experiment, bnn_store_take_run *take,
                        void *context, bnn_error *err)
{
    const reading r = {.store = store, .context = context, .take.run = take};
    const bnn_store_value name = bnn_value_text(experiment);
    return read_rows(&r, runs_sql, &name, take_run, err);
}

static const char plugins_sql[] =
    "SELECT config.hash, run.seed, plugin.kind, plugin.name, plugin.sha256 "
    "FROM run JOIN experiment USING (experiment_id) JOIN config USING (config_id)"
    " JOIN run_plugin ON run_plugin.run_id = run.run_id AND run_plugin.attempt = run.n_attempts"
    " JOIN plugin USING (plugin_id) "
    "WHERE experiment.name = ?1 AND run.state = 'done'";

static int take_plugin(void *context, size_t n, const bnn_store_value *v, bnn_error *err)
{
    enum { HASH, SEED, KIND, NAME, SHA256 };
    const reading *r = context;
    const bnn_store_plugin plugin = {
        .kind = text_of(&v[KIND]), .name = text_of(&v[NAME]), .sha256 = text_of(&v[SHA256])};
    (void)n;
    return r->take.plugin(r->context, text_of(&v[HASH]), v[SEED].integer, &plugin, err);
}

int bnn_store_read_plugins(bnn_store *store, const char *experiment, bnn_store_take_plugin *take,
                           void *context, bnn_error *err)
{
    const reading r = {.store = store, .context = context, .take.plugin = take};
    const bnn_store_value name = bnn_value_text(experiment);
    return read_rows(&r, plugins_sql, &name, take_plugin, err);
}

static const char seconds_sql[] =
    "SELECT config.hash, avg(attempt.ended_us - attempt.started_us) / 1e6 "
    "FROM attempt JOIN run USING (run_id) JOIN config USING (config_id) "
    "WHERE attempt.outcome = 'done' AND attempt.resumed_from_epoch = 0 GROUP BY config.hash";

static int take_seconds(void *context, size_t n, const bnn_store_value *v, bnn_error *err)
{
    const reading *r = context;
    (void)n;
    return v[1].type == BNN_STORE_VALUE_REAL
               ? r->take.seconds(r->context, text_of(&v[0]), v[1].real, err)
               : BNN_OK;
}

int bnn_store_read_seconds(bnn_store *store, bnn_store_take_seconds *take, void *context,
                           bnn_error *err)
{
    const reading r = {.store = store, .context = context, .take.seconds = take};
    return read_rows(&r, seconds_sql, NULL, take_seconds, err);
}

/* ---- to bring a run back ---- */

typedef struct finder {
    bnn_store *store;
    bnn_arena *arena;
    bnn_stored_run *out;
    bool found, done;
} finder;

static const char run_sql[] =
    "SELECT run.run_id, experiment.name, experiment_config.label, run.seed, run.state,"
    " config.hash,"
    " (SELECT value FROM metric WHERE metric.run_id = run.run_id AND name = 'test_accuracy'"
    "  AND epoch = 0),"
    " (SELECT path FROM spec_revision WHERE spec_revision.experiment_id = run.experiment_id"
    "  ORDER BY last_us DESC LIMIT 1),"
    " dataset.name, dataset.sha256,"
    " (SELECT sha256 FROM artifact WHERE artifact.run_id = run.run_id AND kind = 'model'"
    "  ORDER BY created_us DESC LIMIT 1),"
    " (SELECT sha256 FROM artifact WHERE artifact.run_id = run.run_id AND kind = 'weights'"
    "  ORDER BY created_us DESC LIMIT 1),"
    " run.n_attempts, CASE WHEN dataset.name <> 'synthetic' THEN dataset.source END "
    "FROM run JOIN experiment USING (experiment_id)"
    " JOIN experiment_config USING (experiment_id, config_id) JOIN config USING (config_id)"
    " LEFT JOIN attempt ON attempt.run_id = run.run_id AND attempt.attempt = run.n_attempts"
    " LEFT JOIN dataset USING (dataset_id) "
    "WHERE run.run_uid = ?1";

static const char *own_text(const finder *f, const bnn_store_value *v)
{
    return v->type == BNN_STORE_VALUE_TEXT ? bnn_arena_strdup(f->arena, v->text) : NULL;
}

static int take_found(void *context, size_t n, const bnn_store_value *v, bnn_error *err)
{
    enum {
        ID,
        EXPERIMENT,
        LABEL,
        SEED,
        STATE,
        HASH,
        ACCURACY,
        SPEC,
        DATASET,
        DATASET_SHA256,
        MODEL,
        WEIGHTS,
        ATTEMPTS,
        SOURCE,
    };
    finder *f = context;
    const bool has_accuracy = v[ACCURACY].type != BNN_STORE_VALUE_NULL;
    (void)n, (void)err;
    f->found = true;
    f->done = strcmp(text_of(&v[STATE]), bnn_store_state_name(BNN_RUN_DONE)) == 0;
    *f->out = (bnn_stored_run){
        .run = {.id = v[ID].integer,
                .seed = v[SEED].integer,
                .state = BNN_RUN_DONE,
                .n_attempts = (uint32_t)v[ATTEMPTS].integer,
                .result.test_accuracy = has_accuracy ? v[ACCURACY].real : (double)NAN},
        .experiment = own_text(f, &v[EXPERIMENT]),
        .label = own_text(f, &v[LABEL]),
        .config_hash = own_text(f, &v[HASH]),
        .spec_path = own_text(f, &v[SPEC]),
        .dataset_name = own_text(f, &v[DATASET]),
        .dataset_sha256 = own_text(f, &v[DATASET_SHA256]),
        .dataset_source = own_text(f, &v[SOURCE]),
        .model_sha256 = own_text(f, &v[MODEL]),
        .weights_sha256 = own_text(f, &v[WEIGHTS]),
    };
    return BNN_OK;
}

static bool is_whole(const bnn_stored_run *s)
{
    return s->experiment != NULL && s->label != NULL && s->config_hash != NULL &&
           s->spec_path != NULL && s->dataset_name != NULL && s->dataset_sha256 != NULL &&
           (s->model_sha256 == NULL || s->model_path != NULL) &&
           (s->weights_sha256 == NULL || s->weights_path != NULL);
}

int bnn_store_find_run(bnn_store *store, const char *uid, bnn_arena *arena, bnn_stored_run *out,
                       bnn_error *err)
{
    bnn_stored_run s;
    finder f = {.store = store, .arena = arena, .out = &s};
    const bnn_store_argument wanted = {.value = bnn_value_text(uid)};
    const bnn_store_reader reader = {.row = take_found, .context = &f};
    const int status = bnn_store_query(store, run_sql, &wanted, 1, &reader, err);
    if (status != BNN_OK)
        return status;
    if (!f.found)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: there is no run %s", store->path, uid);
    if (!f.done)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "run %s is not done; `bnnrun show %s` says where it stands", uid, uid);
    snprintf(s.run.uid, sizeof s.run.uid, "%s", uid);
    if (s.model_sha256 != NULL)
        s.model_path = bnn_run_path(store->path, uid, BNN_RUN_MODEL, arena);
    if (s.weights_sha256 != NULL)
        s.weights_path = bnn_run_path(store->path, uid, BNN_RUN_WEIGHTS, arena);
    if (!is_whole(&s))
        return bnn_fail(err, BNN_E_INTERNAL, "run %s: out of memory, or not recorded as a whole",
                        uid);
    *out = s;
    return BNN_OK;
}

static int take_revision(void *context, size_t n, const bnn_store_value *v, bnn_error *err)
{
    const reading *r = context;
    (void)n;
    if (v[0].type != BNN_STORE_VALUE_TEXT || v[1].type != BNN_STORE_VALUE_TEXT)
        return BNN_OK;
    return r->take.revision(r->context, v[0].text, v[1].text, err);
}

int bnn_store_read_revisions(bnn_store *store, int64_t run, bnn_store_take_revision *take,
                             void *context, bnn_error *err)
{
    const reading r = {.store = store, .context = context, .take.revision = take};
    const bnn_store_value id = bnn_value_integer(run);
    return read_rows(&r,
                     "SELECT path, text FROM spec_revision JOIN run USING (experiment_id) "
                     "WHERE run_id = ?1 ORDER BY last_us DESC",
                     &id, take_revision, err);
}

static int take_metric(void *context, size_t n, const bnn_store_value *v, bnn_error *err)
{
    const reading *r = context;
    const char *special = text_of(&v[3]);
    bnn_metric_record metric = {.epoch = (uint32_t)v[1].integer, .value = v[2].real};
    (void)n;
    if (special[0] != '\0')
        metric.value = strcmp(special, "nan") == 0 ? (double)NAN
                       : special[0] == '-'         ? -(double)INFINITY
                                                   : (double)INFINITY;
    snprintf(metric.name, sizeof metric.name, "%s", text_of(&v[0]));
    return r->take.metric(r->context, &metric, err);
}

int bnn_store_read_metrics(bnn_store *store, int64_t run, bnn_store_take_metric *take,
                           void *context, bnn_error *err)
{
    const reading r = {.store = store, .context = context, .take.metric = take};
    const bnn_store_value id = bnn_value_integer(run);
    return read_rows(&r,
                     "SELECT name, epoch, value, special FROM metric WHERE run_id = ?1 "
                     "ORDER BY epoch, name",
                     &id, take_metric, err);
}
