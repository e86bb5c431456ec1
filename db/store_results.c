/* store_results.c - what is recorded of runs, and what they came to. */
#include "db/store_results.h"

#include "base/path.h"
#include "db/store_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- what there is ---- */

typedef struct text_row {
    const char *text;
} text_row;

static const bnn_row_type text_type = {sizeof(text_row), {BNN_MEMBER(text_row, text)}};

/* An array of structs with one text is an array of texts. */
static int list_texts(bnn_store *store, const char *sql, const bnn_store_value *values, size_t n,
                      bnn_arena *arena, const char *const **out, size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(store, sql, values, n, &text_type, arena, out, out_n, err);
}

int bnn_store_list_experiments(bnn_store *store, bnn_arena *arena, const char *const **out_names,
                               size_t *out_n, bnn_error *err)
{
    return list_texts(store,
                      "SELECT name AS text FROM experiment"
                      " WHERE experiment_id IN (SELECT experiment_id FROM run) ORDER BY name",
                      NULL, 0, arena, out_names, out_n, err);
}

int bnn_store_list_uids(bnn_store *store, const char *prefix, size_t most, bnn_arena *arena,
                        const char *const **out_uids, size_t *out_n, bnn_error *err)
{
    return list_texts(store,
                      "SELECT run_uid AS text FROM run WHERE substr(run_uid, 1, length(?1)) ="
                      " lower(?1) ORDER BY length(run_uid), run_uid LIMIT ?2",
                      BNN_VALUES(V(prefix), V(most)), arena, out_uids, out_n, err);
}

/* ---- a run ---- */

#define PLUGIN(name) BNN_MEMBER(bnn_store_plugin, name)
static const bnn_row_type plugin_type = {
    sizeof(bnn_store_plugin), {PLUGIN(kind), PLUGIN(name), PLUGIN(path), PLUGIN(sha256)}};

int bnn_store_list_plugins(bnn_store *store, const char *uid, bnn_arena *arena,
                           const bnn_store_plugin **out_plugins, size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(
        store,
        "SELECT kind, name, path, sha256 FROM plugin JOIN run_plugin USING (plugin_id)"
        " JOIN run USING (run_id) WHERE run_uid = ?1 AND attempt = n_attempts ORDER BY kind, name",
        BNN_VALUES(V(uid)), &plugin_type, arena, out_plugins, out_n, err);
}

int bnn_store_find_twin(bnn_store *store, const char *uid, bnn_arena *arena, const char **out_uid,
                        bnn_error *err)
{
    const char *const *uids;
    size_t n;
    const int status =
        list_texts(store,
                   "SELECT twin.run_uid AS text FROM run_summary AS twin JOIN run_summary AS own"
                   " USING (experiment, seed) WHERE own.run_uid = ?1 AND twin.is_baseline AND"
                   " twin.run_uid <> own.run_uid AND twin.state = 'done' AND NOT EXISTS"
                   " (SELECT 1 FROM run JOIN layer USING (run_id) WHERE run.run_uid = twin.run_uid"
                   " AND (binary_weights OR binary_inputs))"
                   " ORDER BY twin.in_spec DESC, twin.run_uid LIMIT 1",
                   BNN_VALUES(V(uid)), arena, &uids, &n, err);
    if (status == BNN_OK)
        *out_uid = n == 0 ? NULL : uids[0];
    return status;
}

/* ---- an experiment ---- */

int bnn_store_count_mismatched(bnn_store *store, const char *experiment, int64_t *out_n,
                               bnn_error *err)
{
    bnn_store_report(store, err);
    const int64_t n = bnn_store_number(store,
                                       "SELECT count(*) FROM run_summary WHERE experiment = ?1"
                                       " AND in_spec AND mismatches > 0",
                                       BNN_VALUES(V(experiment)), 0);
    if (store->status == BNN_OK)
        *out_n = n;
    return store->status;
}

/* The uid becomes a path, of files that are written and removed. */
static int check_uid(const bnn_store *store, const char *uid, bnn_error *err)
{
    return bnn_run_is_uid(uid)
               ? BNN_OK
               : bnn_fail(err, BNN_E_RESOURCE,
                          "%s: somebody has changed it: \"%s\" cannot be the name of a run; remove "
                          "that with `bnnrun rm`",
                          store->path, uid);
}

/* ---- for plans ---- */

#define RUN(name) BNN_MEMBER(bnn_store_run, name)
static const bnn_row_type run_type = {sizeof(bnn_store_run),
                                      {RUN(config_hash), RUN(seed), RUN(id), RUN(uid),
                                       RUN(state_name), RUN(n_attempts), RUN(error), RUN(holder),
                                       RUN(died), RUN(telemetry)}};

int bnn_store_list_runs(bnn_store *store, const char *experiment, bnn_arena *arena,
                        const bnn_store_run **out_runs, size_t *out_n, bnn_error *err)
{
    bnn_store_run *runs = NULL;
    size_t n = 0;
    const int status = bnn_store_rows(
        store,
        "SELECT config.hash AS config_hash, run.seed, run.run_id AS id, run.run_uid AS uid,"
        " run.state AS state_name, run.n_attempts, attempt.error, CASE run.state WHEN 'running'"
        " THEN 'process ' || attempt.pid || ' on ' || attempt.host END AS holder,"
        " run.state = 'queued' AND attempt.outcome = 'stale' AS died,"
        " coalesce(attempt.telemetry, 0) AS telemetry"
        " FROM run JOIN experiment USING (experiment_id) JOIN config USING (config_id)"
        " LEFT JOIN attempt ON attempt.run_id = run.run_id AND attempt.attempt = run.n_attempts"
        " WHERE experiment.name = ?1",
        BNN_VALUES(V(experiment)), &run_type, arena, &runs, &n, err);
    if (status != BNN_OK)
        return status;
    bnn_store_report(store, err);
    for (size_t i = 0; i < n; i++) {
        if (check_uid(store, runs[i].uid, err) != BNN_OK)
            return err->status;
        if (!bnn_store_state_of(runs[i].state_name, &runs[i].state))
            return bnn_fail(err, BNN_E_RESOURCE, "%s: run %s has the unknown state \"%s\"",
                            store->path, runs[i].uid, runs[i].state_name);
        if (runs[i].state == BNN_RUN_RUNNING)
            runs[i].died = bnn_store_is_dead(store, runs[i].id);
    }
    if (store->status == BNN_OK) {
        *out_runs = runs;
        *out_n = n;
    }
    return store->status;
}

#define USE(name) BNN_MEMBER(bnn_store_use, name)
static const bnn_row_type use_type = {
    sizeof(bnn_store_use),
    {USE(config_hash), USE(seed), USE(kind), USE(name), USE(sha256), USE(path), USE(revision)}};

int bnn_store_list_uses(bnn_store *store, const char *experiment, bnn_arena *arena,
                        const bnn_store_use **out_uses, size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(store, bnn_store_sql("last_uses"), BNN_VALUES(V(experiment)), &use_type,
                          arena, out_uses, out_n, err);
}

#define ROW(name) BNN_MEMBER(bnn_store_file, name)
static const bnn_row_type file_type = {sizeof(bnn_store_file),
                                       {ROW(config_hash), ROW(seed), ROW(kind), ROW(path),
                                        ROW(n_bytes), ROW(sha256), ROW(created_us)}};

int bnn_store_list_files(bnn_store *store, const char *experiment, const char *uid,
                         bnn_arena *arena, const bnn_store_file **out_files, size_t *out_n,
                         bnn_error *err)
{
    const bnn_store_file *rows;
    size_t n;
    const int status =
        bnn_store_rows(store, bnn_store_sql("run_artifacts"), BNN_VALUES(V(experiment), V(uid)),
                       &file_type, arena, &rows, &n, err);
    if (status != BNN_OK)
        return status;
    bnn_store_file *files = bnn_arena_alloc(arena, n + 1, sizeof *files);
    const char *folder = bnn_run_path(store->path, NULL, NULL, arena);
    if (files == NULL || folder == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n; i++) {
        files[i] = rows[i];
        files[i].path = bnn_arena_printf(arena, "%s/%s", folder, rows[i].path);
        if (files[i].path == NULL)
            return bnn_no_memory(err);
    }
    *out_files = files;
    *out_n = n;
    return BNN_OK;
}

static const bnn_row_type seconds_type = {
    sizeof(bnn_store_seconds),
    {BNN_MEMBER(bnn_store_seconds, config_hash), BNN_MEMBER(bnn_store_seconds, seconds)}};

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

int bnn_store_fixed_seconds(bnn_store *store, bnn_arena *arena, double *out, bnn_error *err)
{
    const bnn_store_seconds *rows;
    size_t n;
    const int status = bnn_store_rows(
        store,
        "SELECT '' AS config_hash, besides AS seconds FROM"
        " (SELECT (ended_us - started_us) / 1e6"
        "       - (SELECT sum(wall_ns) / 1e9 FROM timing WHERE run_id = attempt.run_id"
        "          AND timing.attempt = attempt.attempt AND phase = 'train_epoch') AS besides"
        "  FROM attempt WHERE outcome = 'done' AND resumed_from_epoch = 0"
        "  ORDER BY ended_us DESC LIMIT 100)"
        " WHERE besides >= 0 ORDER BY besides",
        NULL, 0, &seconds_type, arena, &rows, &n, err);
    if (status == BNN_OK)
        *out = n == 0 ? (double)NAN : rows[n / 2].seconds;
    return status;
}

/* ---- to bring a run back ---- */

typedef struct found_run {
    bnn_stored_run stored;
    int64_t n_attempts;
    bool done;
} found_run;

#define FOUND(name)  BNN_MEMBER(found_run, name)
#define STORED(name) BNN_MEMBER_OF(found_run, stored.name, #name)
static const bnn_row_type found_type = {
    sizeof(found_run),
    {FOUND(done), BNN_MEMBER_OF(found_run, stored.run.id, "run_id"),
     BNN_MEMBER_OF(found_run, stored.run.seed, "seed"), FOUND(n_attempts), STORED(is_stale),
     STORED(in_spec), STORED(experiment), STORED(label), STORED(config_hash), STORED(config_json),
     BNN_MEMBER_OF(found_run, stored.run.result.test_accuracy, "test_accuracy"), STORED(spec_path),
     STORED(dataset_name), STORED(dataset_sha256), STORED(dataset_source)}};

/* A file of the user's as it was named; when it is not here, where it would be if the run was begun
 * in the folder of the database. NULL without memory. */
static const char *locate_named(const bnn_store *store, const char *path, bnn_arena *arena)
{
    char beside[PATH_MAX];
    if (path[0] == '/' || access(path, F_OK) == 0 || !bnn_path_beside(store->path, path, beside))
        return path;
    return bnn_arena_strdup(arena, beside);
}

/* Its files, each NULL when none is recorded. */
static int find_files(bnn_store *store, bnn_arena *arena, bnn_stored_run *s, bnn_error *err)
{
    const bnn_store_file *files;
    size_t n;
    const int status = bnn_store_list_files(store, NULL, s->run.uid, arena, &files, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        const bool model = strcmp(files[i].kind, "model") == 0;
        *(model ? &s->model_path : &s->weights_path) = files[i].path;
        *(model ? &s->model_sha256 : &s->weights_sha256) = files[i].sha256;
    }
    return status;
}

static bool is_whole(const bnn_stored_run *s)
{
    return s->experiment[0] != '\0' && s->label[0] != '\0' && s->config_hash[0] != '\0' &&
           s->config_json[0] != '\0' && s->spec_path[0] != '\0' && s->dataset_name[0] != '\0' &&
           s->dataset_sha256[0] != '\0';
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
    if (check_uid(store, uid, err) != BNN_OK)
        return err->status;
    bnn_stored_run s = found->stored;
    s.run.state = BNN_RUN_DONE;
    s.run.n_attempts = (uint32_t)found->n_attempts;
    snprintf(s.run.uid, sizeof s.run.uid, "%s", uid);
    s.spec_path = locate_named(store, s.spec_path, arena);
    s.dataset_source =
        s.dataset_source[0] != '\0' ? locate_named(store, s.dataset_source, arena) : NULL;
    if (s.spec_path == NULL ||
        (s.dataset_source == NULL && found->stored.dataset_source[0] != '\0'))
        return bnn_no_memory(err);
    status = find_files(store, arena, &s, err);
    if (status == BNN_OK)
        *out = s;
    return status;
}

static const bnn_row_type metric_type = {sizeof(bnn_store_metric),
                                         {BNN_MEMBER(bnn_store_metric, name),
                                          BNN_MEMBER(bnn_store_metric, epoch),
                                          BNN_MEMBER(bnn_store_metric, value)}};

int bnn_store_list_metrics(bnn_store *store, int64_t run, bnn_arena *arena,
                           const bnn_store_metric **out_metrics, size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(
        store, "SELECT name, epoch, value FROM metric_value WHERE run_id = ?1 ORDER BY epoch, name",
        BNN_VALUES(V(run)), &metric_type, arena, out_metrics, out_n, err);
}
