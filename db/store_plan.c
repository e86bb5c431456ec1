/* store_plan.c - experiments, configs and runs: what there is to do. */
#include "db/store_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const state_names[] = {
    [BNN_RUN_QUEUED] = "queued", [BNN_RUN_RUNNING] = "running",         [BNN_RUN_DONE] = "done",
    [BNN_RUN_FAILED] = "failed", [BNN_RUN_INTERRUPTED] = "interrupted",
};

const char *bnn_store_state_name(bnn_run_state state)
{
    return state < BNN_RUN_STALE ? state_names[state] : "no state of the database";
}

bool bnn_store_state_of(const char *name, bnn_run_state *out)
{
    for (size_t i = 0; name != NULL && i < sizeof state_names / sizeof *state_names; i++)
        if (strcmp(state_names[i], name) == 0) {
            *out = (bnn_run_state)i;
            return true;
        }
    return false;
}

/* ---- experiments ---- */

static void add_revision(bnn_store *store, int64_t id, const bnn_store_experiment *experiment)
{
    char sha256[BNN_SHA256_HEX];
    bnn_sha256(experiment->text, strlen(experiment->text), sha256);
    bnn_store_execute(
        store,
        "INSERT INTO spec_revision(experiment_id, sha256, path, text, first_us, last_us, comparison)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)"
        " ON CONFLICT (experiment_id, sha256)"
        " DO UPDATE SET path = excluded.path, last_us = excluded.last_us",
        BNN_VALUES(V(id), V(sha256), V(experiment->path), V(experiment->text),
                   V(bnn_store_now_us()), V(experiment->comparison)));
}

int bnn_store_add_experiment(bnn_store *store, const bnn_store_experiment *experiment,
                             int64_t *out_experiment, bnn_error *err)
{
    bnn_store_enter(store, err);
    bnn_store_execute(store,
                      "INSERT INTO experiment(experiment_id, name, description, metric, goal,"
                      " created_us) VALUES ((SELECT experiment FROM new_id), ?1, ?2, ?3, ?4, ?5)"
                      " ON CONFLICT (name) DO UPDATE SET description = excluded.description,"
                      " metric = excluded.metric, goal = excluded.goal",
                      BNN_VALUES(V(experiment->name), V(experiment->description),
                                 V(experiment->metric), V(experiment->minimize ? "min" : "max"),
                                 V(bnn_store_now_us())));
    const int64_t id =
        bnn_store_number(store, "SELECT experiment_id FROM experiment WHERE name = ?1",
                         BNN_VALUES(V(experiment->name)), 0);
    add_revision(store, id, experiment);
    bnn_store_execute(store, "UPDATE experiment_config SET in_spec = 0 WHERE experiment_id = ?1",
                      BNN_VALUES(V(id)));
    const int status = bnn_store_leave(store);
    if (status == BNN_OK)
        *out_experiment = id;
    return status;
}

/* ---- configs ---- */

static int64_t find_or_add_config(bnn_store *store, const bnn_store_config *config)
{
    char hash[BNN_SHA256_HEX];
    bnn_sha256(config->json, strlen(config->json), hash);
    int64_t id = bnn_store_number(store, "SELECT config_id FROM config WHERE hash = ?1",
                                  BNN_VALUES(V(hash)), 0);
    if (id != 0)
        return id;
    bnn_store_execute(
        store,
        "INSERT INTO config(config_id, hash, json) VALUES ((SELECT config FROM new_id), ?1, ?2)",
        BNN_VALUES(V(hash), V(config->json)));
    id = sqlite3_last_insert_rowid(store->db);
    for (size_t i = 0; i < config->n_params; i++) {
        const bnn_store_param *p = &config->params[i];
        if (p->value.type == BNN_STORE_VALUE_REAL && !isfinite(p->value.real))
            bnn_store_refuse(store, BNN_E_INTERNAL, "parameter %s: %g is not finite", p->key,
                             p->value.real);
        bnn_store_execute(store,
                          "INSERT INTO config_param(config_id, key, value) VALUES (?1, ?2, ?3)",
                          BNN_VALUES(V(id), V(p->key), V(p->value)));
    }
    return id;
}

/* The index on labels would say it, too, but not in words. */
static void check_label(bnn_store *store, int64_t experiment, int64_t id, const char *label)
{
    if (bnn_store_number(store,
                         "SELECT config_id FROM experiment_config"
                         " WHERE experiment_id = ?1 AND label = ?2 AND in_spec AND config_id <> ?3",
                         BNN_VALUES(V(experiment), V(label), V(id)), 0) != 0)
        bnn_store_refuse(store, BNN_E_INTERNAL, "two configs of the spec have the label \"%s\"",
                         label);
}

int bnn_store_add_config(bnn_store *store, int64_t experiment, const bnn_store_config *config,
                         int64_t *out_config, bnn_error *err)
{
    bnn_store_enter(store, err);
    const int64_t id = find_or_add_config(store, config);
    check_label(store, experiment, id, config->label);
    bnn_store_execute(
        store,
        "INSERT INTO experiment_config(experiment_id, config_id, label, ordinal, is_baseline,"
        " in_spec, need, is_drawn) VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7)"
        " ON CONFLICT (experiment_id, config_id) DO UPDATE SET label = excluded.label,"
        " ordinal = excluded.ordinal, is_baseline = excluded.is_baseline, in_spec = 1,"
        " need = excluded.need, is_drawn = excluded.is_drawn",
        BNN_VALUES(V(experiment), V(id), V(config->label), V(config->ordinal), V(config->baseline),
                   V(config->need), V(config->drawn)));
    const int status = bnn_store_leave(store);
    if (status == BNN_OK)
        *out_config = id;
    return status;
}

/* ---- runs ---- */

/* False when there is no such run. */
static bool find_planned_run(bnn_store *store, int64_t experiment, int64_t config, int64_t seed,
                             bnn_run *out)
{
    sqlite3_stmt *statement =
        bnn_store_first(store,
                        "SELECT run_id, run_uid, state, n_attempts FROM run"
                        " WHERE experiment_id = ?1 AND config_id = ?2 AND seed = ?3",
                        BNN_VALUES(V(experiment), V(config), V(seed)));
    if (statement == NULL)
        return false;
    const char *uid = bnn_store_column_text(store, statement, 1);
    if (store->status == BNN_OK && (uid == NULL || !bnn_run_is_uid(uid))) /* it becomes a path */
        bnn_store_refuse(store, BNN_E_RESOURCE,
                         "%s: somebody has changed it: \"%s\" cannot be the name of a run; remove "
                         "that with `bnnrun rm`",
                         store->path, uid == NULL ? "" : uid);
    else
        snprintf(out->uid, sizeof out->uid, "%s", uid != NULL ? uid : "");
    out->id = sqlite3_column_int64(statement, 0);
    const char *state = bnn_store_column_text(store, statement, 2);
    bnn_store_state_of(state != NULL ? state : "", &out->state);
    out->n_attempts = (uint32_t)sqlite3_column_int64(statement, 3);
    sqlite3_reset(statement);
    return true;
}

static void hash_run(bnn_store *store, int64_t experiment, int64_t config, int64_t seed,
                     char out[BNN_SHA256_HEX])
{
    sqlite3_stmt *statement = bnn_store_first(
        store,
        "SELECT name, hash FROM experiment, config WHERE experiment_id = ?1 AND config_id = ?2",
        BNN_VALUES(V(experiment), V(config)));
    const char *name = statement == NULL ? NULL : bnn_store_column_text(store, statement, 0);
    const char *hash = statement == NULL ? NULL : bnn_store_column_text(store, statement, 1);
    out[0] = '\0';
    if (store->status == BNN_OK && (name == NULL || hash == NULL))
        bnn_store_refuse(store, BNN_E_INTERNAL, "no experiment %lld with config %lld",
                         (long long)experiment, (long long)config);
    else if (store->status == BNN_OK && !bnn_run_hash(name, hash, seed, out))
        store->status = bnn_no_memory(store->err);
    sqlite3_reset(statement);
}

/* The first 10 digits, or as many as no other run has. */
static void choose_uid(bnn_store *store, const char hash[BNN_SHA256_HEX], char out[BNN_SHA256_HEX])
{
    for (int length = 10; length < BNN_SHA256_HEX; length++) {
        snprintf(out, BNN_SHA256_HEX, "%.*s", length, hash);
        if (!bnn_store_number(store, "SELECT 1 FROM run WHERE run_uid = ?1", BNN_VALUES(V(out)), 0))
            return;
    }
    bnn_store_refuse(store, BNN_E_INTERNAL, "run %s is in the database twice", hash);
}

static void insert_run(bnn_store *store, int64_t experiment, int64_t config, int64_t seed,
                       bnn_run *out)
{
    char hash[BNN_SHA256_HEX];
    hash_run(store, experiment, config, seed, hash);
    choose_uid(store, hash, out->uid);
    bnn_store_execute(
        store,
        "INSERT INTO run(run_id, run_uid, experiment_id, config_id, seed, created_us)"
        " VALUES ((SELECT run FROM new_id), ?1, ?2, ?3, ?4, ?5)",
        BNN_VALUES(V(out->uid), V(experiment), V(config), V(seed), V(bnn_store_now_us())));
    out->id = sqlite3_last_insert_rowid(store->db);
    bnn_store_link_needs(store, out->id, out->uid);
    out->state = BNN_RUN_QUEUED;
    out->n_attempts = 0;
}

int bnn_store_add_run(bnn_store *store, int64_t experiment, int64_t config, int64_t seed,
                      bnn_run *out, bnn_error *err)
{
    bnn_run run = *out;
    run.seed = seed;
    bnn_store_enter(store, err);
    if (!find_planned_run(store, experiment, config, seed, &run))
        insert_run(store, experiment, config, seed, &run);
    const int status = bnn_store_leave(store);
    if (status == BNN_OK)
        *out = run;
    return status;
}

int bnn_store_replace_file(bnn_store *store, int64_t run, const bnn_file_record *file,
                           bnn_error *err)
{
    bnn_store_enter(store, err);
    bnn_store_execute(store,
                      "REPLACE INTO artifact(run_id, kind, path, attempt, n_bytes, sha256,"
                      " created_us) SELECT run_id, ?2, run_uid || '/' || ?3, n_attempts, ?4, ?5, ?6"
                      " FROM run WHERE run_id = ?1 AND state = 'done'",
                      BNN_VALUES(V(run), V(file->kind), V(file->name), V(file->n_bytes),
                                 V(file->sha256), V(bnn_store_now_us())));
    return bnn_store_leave(store);
}

int bnn_store_update_run(bnn_store *store, int64_t run, const char *stale, bool again,
                         bnn_error *err)
{
    bnn_store_enter(store, err);
    bnn_store_execute(store,
                      "UPDATE run SET stale = ?2, state = CASE WHEN ?3 THEN 'queued' ELSE state END"
                      " WHERE run_id = ?1 AND state <> 'running' AND (?3 OR stale IS NOT ?2)",
                      BNN_VALUES(V(run), V(stale), V(again)));
    return bnn_store_leave(store);
}
