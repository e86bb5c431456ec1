/* store_run.c - what is recorded of runs: for plans, and to bring a run back. */
#include "db/store_run.h"

#include "db/store_internal.h"

#include <stdio.h>

/* ---- for plans ---- */

#define RUN(type, name) BNN_MEMBER(bnn_store_run, type, name)
static const bnn_row_member run_members[] = {
    RUN(TEXT, config_hash), RUN(INTEGER, seed),       RUN(INTEGER, id), RUN(TEXT, uid),
    RUN(TEXT, state_name),  RUN(INTEGER, n_attempts), RUN(TEXT, error), RUN(INTEGER, epochs)};
static const bnn_row_type run_type = BNN_ROW_TYPE(bnn_store_run, run_members);

int bnn_store_list_runs(bnn_store *store, const char *experiment, bnn_arena *arena,
                        const bnn_store_run **out_runs, size_t *out_n, bnn_error *err)
{
    bnn_store_run *runs = NULL;
    size_t n = 0;
    const int status = bnn_store_rows(
        store,
        "SELECT config.hash AS config_hash, run.seed, run.run_id AS id, run.run_uid AS uid,"
        " run.state AS state_name, run.n_attempts, attempt.error,"
        " (SELECT max(epoch) FROM metric WHERE metric.run_id = run.run_id"
        "  AND metric.name = 'validation_accuracy') AS epochs"
        " FROM run JOIN experiment USING (experiment_id) JOIN config USING (config_id)"
        " LEFT JOIN attempt ON attempt.run_id = run.run_id AND attempt.attempt = run.n_attempts"
        " WHERE experiment.name = ?1",
        BNN_VALUES(V(experiment)), &run_type, arena, &runs, &n, err);
    if (status != BNN_OK)
        return status;
    for (size_t i = 0; i < n; i++)
        if (!bnn_store_state_of(runs[i].state_name, &runs[i].state))
            return bnn_fail(err, BNN_E_RESOURCE, "%s: run %s has the unknown state \"%s\"",
                            store->path, runs[i].uid, runs[i].state_name);
    *out_runs = runs;
    *out_n = n;
    return BNN_OK;
}

#define USE(type, name) BNN_MEMBER(bnn_store_use, type, name)
static const bnn_row_member use_members[] = {USE(TEXT, config_hash), USE(INTEGER, seed),
                                             USE(TEXT, kind), USE(TEXT, name), USE(TEXT, sha256)};
static const bnn_row_type use_type = BNN_ROW_TYPE(bnn_store_use, use_members);

int bnn_store_list_uses(bnn_store *store, const char *experiment, bnn_arena *arena,
                        const bnn_store_use **out_uses, size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(
        store,
        "SELECT config.hash AS config_hash, run.seed, plugin.kind, plugin.name, plugin.sha256"
        " FROM run JOIN experiment USING (experiment_id) JOIN config USING (config_id)"
        " JOIN run_plugin ON run_plugin.run_id = run.run_id AND run_plugin.attempt = run.n_attempts"
        " JOIN plugin USING (plugin_id)"
        " WHERE experiment.name = ?1 AND run.state = 'done'",
        BNN_VALUES(V(experiment)), &use_type, arena, out_uses, out_n, err);
}

static const bnn_row_member seconds_members[] = {BNN_MEMBER(bnn_store_seconds, TEXT, config_hash),
                                                 BNN_MEMBER(bnn_store_seconds, REAL, seconds)};
static const bnn_row_type seconds_type = BNN_ROW_TYPE(bnn_store_seconds, seconds_members);

int bnn_store_list_seconds(bnn_store *store, bnn_arena *arena, const bnn_store_seconds **out_rows,
                           size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(
        store,
        "SELECT config.hash AS config_hash, avg(attempt.ended_us - attempt.started_us) / 1e6"
        " AS seconds FROM attempt JOIN run USING (run_id) JOIN config USING (config_id)"
        " WHERE attempt.outcome = 'done' AND attempt.resumed_from_epoch = 0 GROUP BY config.hash",
        NULL, 0, &seconds_type, arena, out_rows, out_n, err);
}

/* ---- to bring a run back ---- */

typedef struct found_run {
    bnn_stored_run stored;
    int64_t n_attempts;
    bool done;
} found_run;

#define FOUND(type, column, path)                            \
    {                                                        \
        column, BNN_MEMBER_##type, offsetof(found_run, path) \
    }
static const bnn_row_member found_members[] = {
    FOUND(FLAG, "done", done),
    FOUND(INTEGER, "run_id", stored.run.id),
    FOUND(INTEGER, "seed", stored.run.seed),
    FOUND(INTEGER, "n_attempts", n_attempts),
    FOUND(TEXT, "experiment", stored.experiment),
    FOUND(TEXT, "label", stored.label),
    FOUND(TEXT, "config_hash", stored.config_hash),
    FOUND(REAL, "test_accuracy", stored.run.result.test_accuracy),
    FOUND(TEXT, "spec_path", stored.spec_path),
    FOUND(TEXT, "dataset_name", stored.dataset_name),
    FOUND(TEXT, "dataset_sha256", stored.dataset_sha256),
    FOUND(TEXT, "dataset_source", stored.dataset_source),
    FOUND(TEXT, "model_sha256", stored.model_sha256),
    FOUND(TEXT, "weights_sha256", stored.weights_sha256),
};
static const bnn_row_type found_type = BNN_ROW_TYPE(found_run, found_members);

/* The file of a run, or NULL when its hash is not recorded. */
static int locate_file(const bnn_store *store, const bnn_stored_run *s, const char *file,
                       const char **sha256, bnn_arena *arena, const char **out_path, bnn_error *err)
{
    *out_path = NULL;
    if ((*sha256)[0] == '\0')
        *sha256 = NULL;
    else if ((*out_path = bnn_run_path(store->path, s->run.uid, file, arena)) == NULL)
        return bnn_no_memory(err);
    return BNN_OK;
}

static bool is_whole(const bnn_stored_run *s)
{
    return s->experiment[0] != '\0' && s->label[0] != '\0' && s->config_hash[0] != '\0' &&
           s->spec_path[0] != '\0' && s->dataset_name[0] != '\0' && s->dataset_sha256[0] != '\0';
}

int bnn_store_find_run(bnn_store *store, const char *uid, bnn_arena *arena, bnn_stored_run *out,
                       bnn_error *err)
{
    const found_run *found;
    size_t n;
    int status = bnn_store_rows(store, bnn_store_sql("stored_run"), BNN_VALUES(V(uid)), &found_type,
                                arena, &found, &n, err);
    if (status != BNN_OK)
        return status;
    if (n == 0)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: there is no run %s", store->path, uid);
    if (!found->done)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "run %s is not done; `bnnrun show %s` says where it stands", uid, uid);
    if (!is_whole(&found->stored))
        return bnn_fail(err, BNN_E_INTERNAL, "run %s: not recorded as a whole", uid);
    bnn_stored_run s = found->stored;
    s.run.state = BNN_RUN_DONE;
    s.run.n_attempts = (uint32_t)found->n_attempts;
    snprintf(s.run.uid, sizeof s.run.uid, "%s", uid);
    if (s.dataset_source[0] == '\0')
        s.dataset_source = NULL;
    status = locate_file(store, &s, BNN_RUN_MODEL, &s.model_sha256, arena, &s.model_path, err);
    if (status == BNN_OK)
        status =
            locate_file(store, &s, BNN_RUN_WEIGHTS, &s.weights_sha256, arena, &s.weights_path, err);
    if (status == BNN_OK)
        *out = s;
    return status;
}

static const bnn_row_member revision_members[] = {BNN_MEMBER(bnn_store_revision, TEXT, path),
                                                  BNN_MEMBER(bnn_store_revision, TEXT, text)};
static const bnn_row_type revision_type = BNN_ROW_TYPE(bnn_store_revision, revision_members);

int bnn_store_list_revisions(bnn_store *store, int64_t run, bnn_arena *arena,
                             const bnn_store_revision **out_revisions, size_t *out_n,
                             bnn_error *err)
{
    return bnn_store_rows(store,
                          "SELECT path, text FROM spec_revision JOIN run USING (experiment_id)"
                          " WHERE run_id = ?1 AND typeof(path) = 'text' AND typeof(text) = 'text'"
                          " ORDER BY last_us DESC",
                          BNN_VALUES(V(run)), &revision_type, arena, out_revisions, out_n, err);
}

static const bnn_row_member metric_members[] = {BNN_MEMBER(bnn_store_metric, TEXT, name),
                                                BNN_MEMBER(bnn_store_metric, INTEGER, epoch),
                                                BNN_MEMBER(bnn_store_metric, REAL, value)};
static const bnn_row_type metric_type = BNN_ROW_TYPE(bnn_store_metric, metric_members);

int bnn_store_list_metrics(bnn_store *store, int64_t run, bnn_arena *arena,
                           const bnn_store_metric **out_metrics, size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(
        store, "SELECT name, epoch, value FROM metric_value WHERE run_id = ?1 ORDER BY epoch, name",
        BNN_VALUES(V(run)), &metric_type, arena, out_metrics, out_n, err);
}
