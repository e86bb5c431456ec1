#include "runner/revive.h"

#include "model/weights.h"
#include "runner/artifact.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is recorded -------------------------------------------------------------------- */

typedef struct finder {
    bnn_arena *arena;
    bnn_run_info *out;
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
    "  ORDER BY created_us DESC LIMIT 1) "
    "FROM run JOIN experiment USING (experiment_id)"
    " JOIN experiment_config USING (experiment_id, config_id) JOIN config USING (config_id)"
    " LEFT JOIN attempt ON attempt.run_id = run.run_id AND attempt.attempt = run.n_attempts"
    " LEFT JOIN dataset USING (dataset_id) "
    "WHERE run.run_uid = ?1";

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
    DATASET_SHA,
    MODEL,
    WEIGHTS,
};

static const char *own_text(const finder *f, const bnn_store_value *v)
{
    return v->type == BNN_STORE_VALUE_TEXT ? bnn_arena_strdup(f->arena, v->text) : NULL;
}

static int take_run(void *context, size_t n, const bnn_store_value *v, bnn_error *err)
{
    finder *f = context;
    (void)n, (void)err;
    f->found = true;
    f->done = v[STATE].type == BNN_STORE_VALUE_TEXT &&
              strcmp(v[STATE].text, bnn_store_state_name(BNN_STORE_DONE)) == 0;
    *f->out = (bnn_run_info){
        .id = v[ID].integer,
        .experiment = own_text(f, &v[EXPERIMENT]),
        .label = own_text(f, &v[LABEL]),
        .seed = v[SEED].integer,
        .config_hash = own_text(f, &v[HASH]),
        .test_accuracy = v[ACCURACY].type == BNN_STORE_VALUE_NULL ? (double)NAN : v[ACCURACY].real,
        .spec_path = own_text(f, &v[SPEC]),
        .dataset_name = own_text(f, &v[DATASET]),
        .dataset_sha256 = own_text(f, &v[DATASET_SHA]),
        .model_sha256 = own_text(f, &v[MODEL]),
        .weights_sha256 = own_text(f, &v[WEIGHTS]),
    };
    return BNN_OK;
}

int bnn_run_find(bnn_store *store, const char *db, const char *uid, bnn_arena *arena,
                 bnn_run_info *out, bnn_error *err)
{
    bnn_run_info run;
    finder f = {.arena = arena, .out = &run};
    const bnn_store_argument wanted = {.value = {.type = BNN_STORE_VALUE_TEXT, .text = uid}};
    const bnn_store_reader reader = {.row = take_run, .context = &f};
    const int status = bnn_store_query(store, run_sql, &wanted, 1, &reader, err);
    if (status != BNN_OK)
        return status;
    if (!f.found)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: there is no run %s", db, uid);
    if (!f.done)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "run %s is not done; `bnnrun show %s` says where it stands", uid, uid);
    run.uid = bnn_arena_strdup(arena, uid);
    if (run.model_sha256 != NULL)
        run.model_path = bnn_artifact_path(db, uid, BNN_MODEL_FILE, arena);
    if (run.weights_sha256 != NULL)
        run.weights_path = bnn_artifact_path(db, uid, BNN_WEIGHTS_FILE, arena);
    if (run.uid == NULL || run.experiment == NULL || run.label == NULL || run.config_hash == NULL ||
        run.spec_path == NULL || run.dataset_name == NULL || run.dataset_sha256 == NULL ||
        (run.model_sha256 != NULL && run.model_path == NULL) ||
        (run.weights_sha256 != NULL && run.weights_path == NULL))
        return bnn_fail(err, BNN_E_INTERNAL, "run %s: out of memory, or not recorded as a whole",
                        uid);
    *out = run;
    return BNN_OK;
}

int bnn_run_check_file(const char *path, const char *sha256, bnn_error *err)
{
    char now[BNN_SHA256_HEX];
    const int status = bnn_file_sha256(path, now, err);
    if (status != BNN_OK)
        return status;
    if (strcmp(now, sha256) != 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s has changed since it was written: its SHA-256 is %.12s..., recorded is "
                        "%.12s...",
                        path, now, sha256);
    return BNN_OK;
}

/* ---- the spec ---------------------------------------------------------------------------- */

/* The texts under which the experiment was run, the newest first. */
typedef struct revisions {
    const bnn_run_info *run;
    bnn_reader reader;
    bnn_revived *out;
} revisions;

static const char revisions_sql[] =
    "SELECT path, text FROM spec_revision JOIN run USING (experiment_id) WHERE run_id = ?1 "
    "ORDER BY last_us DESC";

/* A text that no longer loads, or has no such config, is passed over; and what is no text, in a
 * database from elsewhere. */
static int try_revision(void *context, size_t n, const bnn_store_value *v, bnn_error *err)
{
    const revisions *r = context;
    bnn_experiment experiment;
    (void)n;
    if (r->out->config != NULL || v[0].type != BNN_STORE_VALUE_TEXT ||
        v[1].type != BNN_STORE_VALUE_TEXT)
        return BNN_OK;
    const int status = bnn_experiment_load_text(&r->reader, v[0].text, v[1].text, &experiment);
    if (status == BNN_E_INTERNAL)
        return bnn_no_memory(err);
    for (size_t i = 0; status == BNN_OK && i < experiment.n_configs; i++)
        if (strcmp(experiment.configs[i].hash, r->run->config_hash) == 0) {
            r->out->experiment = experiment;
            r->out->config = &experiment.configs[i];
        }
    return BNN_OK;
}

static int fail_config(const revisions *r, bnn_error *err)
{
    if (bnn_diag_n_errors(r->reader.diag) > 0)
        return bnn_fail(err, BNN_E_RESOURCE, "run %s: its spec can no longer be read: %s",
                        r->run->uid, bnn_diag_message(r->reader.diag, 0));
    return bnn_fail(
        err, BNN_E_RESOURCE,
        "run %s: %s no longer gives the config %s as it was run; a topology, a data set "
        "or a default has changed since",
        r->run->uid, r->run->spec_path, r->run->label);
}

static int find_config(bnn_store *store, const revisions *r, bnn_error *err)
{
    const bnn_store_argument id = {
        .value = {.type = BNN_STORE_VALUE_INTEGER, .integer = r->run->id}};
    const bnn_store_reader reader = {.row = try_revision, .context = (void *)(uintptr_t)r};
    const int status = bnn_store_query(store, revisions_sql, &id, 1, &reader, err);
    if (status != BNN_OK)
        return status;
    return r->out->config != NULL ? BNN_OK : fail_config(r, err);
}

/* ------------------------------------------------------------------------------------------ */

int bnn_run_revive(bnn_store *store, const bnn_run_info *run, const bnn_reader *reader,
                   bnn_revived *out, bnn_error *err)
{
    if (run->weights_path == NULL)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "run %s kept no weights: it was made by an older version of bnnrun",
                        run->uid);
    bnn_revived revived = {.config = NULL};
    revisions r = {.run = run, .reader = *reader, .out = &revived};
    r.reader.diag = bnn_diag_create();
    if (r.reader.diag == NULL)
        return bnn_no_memory(err);
    int status = find_config(store, &r, err);
    bnn_diag_destroy(r.reader.diag);
    if (status == BNN_OK)
        status = bnn_run_check_file(run->weights_path, run->weights_sha256, err);
    if (status == BNN_OK)
        status = bnn_network_create(&revived.config->model, revived.config->input,
                                    revived.config->n_classes, BNN_REVIVED_BATCH,
                                    (uint64_t)run->seed, reader->arena, &revived.network, err);
    if (status == BNN_OK)
        status = bnn_weights_read(revived.network, run->weights_path, err);
    if (status != BNN_OK)
        return status;
    status = bnn_network_check_finite(revived.network, err);
    if (status != BNN_OK)
        return bnn_error_prefix(err, "run %s: its kept weights are no result: ", run->uid);
    bnn_network_binarize(revived.network);
    *out = revived;
    return BNN_OK;
}
