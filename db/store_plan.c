/* store_plan.c - experiments, configs and runs: what there is to do. */
#include "db/store_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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

static int add_revision(bnn_store *store, int64_t id, const bnn_store_experiment *experiment,
                        bnn_error *err)
{
    char sha256[BNN_SHA256_HEX];
    bnn_sha256(experiment->text, strlen(experiment->text), sha256);
    return bnn_store_execute(
        store,
        "INSERT INTO spec_revision(experiment_id, sha256, path, text, first_us, last_us)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?5)"
        " ON CONFLICT (experiment_id, sha256)"
        " DO UPDATE SET path = excluded.path, last_us = excluded.last_us",
        BNN_VALUES(bnn_value_integer(id), bnn_value_text(sha256), bnn_value_text(experiment->path),
                   bnn_value_text(experiment->text), bnn_value_integer(bnn_store_now_us())),
        err);
}

static int add_experiment(bnn_store *store, const bnn_store_experiment *experiment, int64_t *out,
                          bnn_error *err)
{
    int status = bnn_store_execute(
        store,
        "INSERT INTO experiment(name, description, metric, goal, created_us)"
        " VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT (name) DO UPDATE SET description = excluded.description,"
        " metric = excluded.metric, goal = excluded.goal",
        BNN_VALUES(bnn_value_text(experiment->name), bnn_value_text(experiment->description),
                   bnn_value_text(experiment->metric),
                   bnn_value_text(experiment->minimize ? "min" : "max"),
                   bnn_value_integer(bnn_store_now_us())),
        err);
    if (status == BNN_OK)
        status = bnn_store_number(store, "SELECT experiment_id FROM experiment WHERE name = ?1",
                                  BNN_VALUES(bnn_value_text(experiment->name)), 0, out, err);
    if (status == BNN_OK)
        status = add_revision(store, *out, experiment, err);
    if (status == BNN_OK)
        status = bnn_store_execute(
            store, "UPDATE experiment_config SET in_spec = 0 WHERE experiment_id = ?1",
            BNN_VALUES(bnn_value_integer(*out)), err);
    return status;
}

int bnn_store_add_experiment(bnn_store *store, const bnn_store_experiment *experiment,
                             int64_t *out_experiment, bnn_error *err)
{
    int64_t id = 0;
    int status = bnn_store_enter(store, err);
    if (status != BNN_OK)
        return status;
    status = bnn_store_leave(store, add_experiment(store, experiment, &id, err), err);
    if (status == BNN_OK)
        *out_experiment = id;
    return status;
}

/* ---- configs ---- */

static int param_value(const bnn_store_param *param, bnn_store_value *out, bnn_error *err)
{
    const double number = param->number;
    switch (param->type) {
    case BNN_STORE_TEXT:
        *out = bnn_value_text(param->text);
        return BNN_OK;
    case BNN_STORE_NUMBER:
        if (!isfinite(number))
            break;
        *out = bnn_value_real(number);
        return BNN_OK;
    case BNN_STORE_INTEGER:
        if (!(fabs(number) <= 9007199254740992.0) || floor(number) != number)
            break;
        *out = bnn_value_integer((int64_t)number);
        return BNN_OK;
    case BNN_STORE_BOOLEAN:
        if (number != 0 && number != 1)
            break;
        *out = bnn_value_integer((int64_t)number);
        return BNN_OK;
    }
    return bnn_fail(err, BNN_E_INTERNAL, "parameter %s: %g is no value of type %d", param->key,
                    number, (int)param->type);
}

static int add_params(bnn_store *store, int64_t id, const bnn_store_config *config, bnn_error *err)
{
    for (size_t i = 0; i < config->n_params; i++) {
        bnn_store_value value;
        int status = param_value(&config->params[i], &value, err);
        if (status == BNN_OK)
            status = bnn_store_execute(
                store, "INSERT INTO config_param(config_id, key, value) VALUES (?1, ?2, ?3)",
                BNN_VALUES(bnn_value_integer(id), bnn_value_text(config->params[i].key), value),
                err);
        if (status != BNN_OK)
            return status;
    }
    return BNN_OK;
}

static int find_or_add_config(bnn_store *store, const bnn_store_config *config, int64_t *out,
                              bnn_error *err)
{
    char hash[BNN_SHA256_HEX];
    bnn_sha256(config->json, strlen(config->json), hash);
    int64_t id = 0;
    int status = bnn_store_number(store, "SELECT config_id FROM config WHERE hash = ?1",
                                  BNN_VALUES(bnn_value_text(hash)), 0, &id, err);
    if (status == BNN_OK && id == 0) {
        status =
            bnn_store_execute(store, "INSERT INTO config(hash, json) VALUES (?1, ?2)",
                              BNN_VALUES(bnn_value_text(hash), bnn_value_text(config->json)), err);
        id = sqlite3_last_insert_rowid(store->db);
        if (status == BNN_OK)
            status = add_params(store, id, config, err);
    }
    *out = id;
    return status;
}

/* The index on labels would say it, too, but not in words. */
static int check_label(bnn_store *store, int64_t experiment, int64_t id, const char *label,
                       bnn_error *err)
{
    int64_t other = 0;
    const int status = bnn_store_number(
        store,
        "SELECT config_id FROM experiment_config"
        " WHERE experiment_id = ?1 AND label = ?2 AND in_spec AND config_id <> ?3",
        BNN_VALUES(bnn_value_integer(experiment), bnn_value_text(label), bnn_value_integer(id)), 0,
        &other, err);
    if (status == BNN_OK && other != 0)
        return bnn_fail(err, BNN_E_INTERNAL, "two configs of the spec have the label \"%s\"",
                        label);
    return status;
}

int bnn_store_add_config(bnn_store *store, int64_t experiment, const bnn_store_config *config,
                         int64_t *out_config, bnn_error *err)
{
    int64_t id = 0;
    int status = bnn_store_enter(store, err);
    if (status != BNN_OK)
        return status;
    status = find_or_add_config(store, config, &id, err);
    if (status == BNN_OK)
        status = check_label(store, experiment, id, config->label, err);
    if (status == BNN_OK)
        status = bnn_store_execute(
            store,
            "INSERT INTO experiment_config(experiment_id, config_id, label, ordinal, is_baseline,"
            " in_spec) VALUES (?1, ?2, ?3, ?4, ?5, 1)"
            " ON CONFLICT (experiment_id, config_id) DO UPDATE SET label = excluded.label,"
            " ordinal = excluded.ordinal, is_baseline = excluded.is_baseline, in_spec = 1",
            BNN_VALUES(bnn_value_integer(experiment), bnn_value_integer(id),
                       bnn_value_text(config->label), bnn_value_integer(config->ordinal),
                       bnn_value_integer(config->baseline)),
            err);
    status = bnn_store_leave(store, status, err);
    if (status == BNN_OK)
        *out_config = id;
    return status;
}

/* ---- runs ---- */

/* out->id is 0 when there is no such run. */
static int find_planned_run(bnn_store *store, int64_t experiment, int64_t config, int64_t seed,
                            bnn_run *out, bnn_error *err)
{
    sqlite3_stmt *statement;
    int status = bnn_store_start(store,
                                 "SELECT run_id, run_uid, state, n_attempts FROM run"
                                 " WHERE experiment_id = ?1 AND config_id = ?2 AND seed = ?3",
                                 BNN_VALUES(bnn_value_integer(experiment),
                                            bnn_value_integer(config), bnn_value_integer(seed)),
                                 &statement, err);
    if (status != BNN_OK)
        return status;
    *out = (bnn_run){.seed = seed};
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        out->id = sqlite3_column_int64(statement, 0);
        snprintf(out->uid, sizeof out->uid, "%s", (const char *)sqlite3_column_text(statement, 1));
        bnn_store_state_of((const char *)sqlite3_column_text(statement, 2), &out->state);
        out->n_attempts = (uint32_t)sqlite3_column_int64(statement, 3);
    } else if (code != SQLITE_DONE) {
        status = bnn_store_fail(store, "reading", err);
    }
    sqlite3_reset(statement);
    return status;
}

/* The SHA-256 over what identifies the run. */
static int hash_run(bnn_store *store, int64_t experiment, int64_t config, int64_t seed,
                    char out[BNN_SHA256_HEX], bnn_error *err)
{
    sqlite3_stmt *statement;
    int status = bnn_store_start(store,
                                 "SELECT name || char(10) || hash || char(10) || ?3"
                                 " FROM experiment, config"
                                 " WHERE experiment_id = ?1 AND config_id = ?2",
                                 BNN_VALUES(bnn_value_integer(experiment),
                                            bnn_value_integer(config), bnn_value_integer(seed)),
                                 &statement, err);
    if (status != BNN_OK)
        return status;
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        bnn_sha256(sqlite3_column_text(statement, 0), (size_t)sqlite3_column_bytes(statement, 0),
                   out);
    else if (code == SQLITE_DONE)
        status = bnn_fail(err, BNN_E_INTERNAL, "no experiment %lld with config %lld",
                          (long long)experiment, (long long)config);
    else
        status = bnn_store_fail(store, "reading", err);
    sqlite3_reset(statement);
    return status;
}

/* The first 10 digits, or as many as no other run has. */
static int choose_uid(bnn_store *store, const char hash[BNN_SHA256_HEX], char out[BNN_SHA256_HEX],
                      bnn_error *err)
{
    for (int length = 10; length < BNN_SHA256_HEX; length++) {
        int64_t taken = 0;
        snprintf(out, BNN_SHA256_HEX, "%.*s", length, hash);
        const int status = bnn_store_number(store, "SELECT 1 FROM run WHERE run_uid = ?1",
                                            BNN_VALUES(bnn_value_text(out)), 0, &taken, err);
        if (status != BNN_OK || !taken)
            return status;
    }
    return bnn_fail(err, BNN_E_INTERNAL, "run %s is in the database twice", hash);
}

static int insert_run(bnn_store *store, int64_t experiment, int64_t config, int64_t seed,
                      bnn_error *err)
{
    char hash[BNN_SHA256_HEX], uid[BNN_SHA256_HEX];
    int status = hash_run(store, experiment, config, seed, hash, err);
    if (status == BNN_OK)
        status = choose_uid(store, hash, uid, err);
    if (status == BNN_OK)
        status =
            bnn_store_execute(store,
                              "INSERT INTO run(run_uid, experiment_id, config_id, seed, created_us)"
                              " VALUES (?1, ?2, ?3, ?4, ?5)",
                              BNN_VALUES(bnn_value_text(uid), bnn_value_integer(experiment),
                                         bnn_value_integer(config), bnn_value_integer(seed),
                                         bnn_value_integer(bnn_store_now_us())),
                              err);
    return status;
}

int bnn_store_add_run(bnn_store *store, int64_t experiment, int64_t config, int64_t seed,
                      bnn_run *out, bnn_error *err)
{
    bnn_run run = {.id = 0};
    int status = bnn_store_enter(store, err);
    if (status != BNN_OK)
        return status;
    status = find_planned_run(store, experiment, config, seed, &run, err);
    if (status == BNN_OK && run.id == 0) {
        status = insert_run(store, experiment, config, seed, err);
        if (status == BNN_OK)
            status = find_planned_run(store, experiment, config, seed, &run, err);
    }
    status = bnn_store_leave(store, status, err);
    if (status != BNN_OK)
        return status;
    out->seed = seed;
    out->id = run.id;
    out->state = run.state;
    out->n_attempts = run.n_attempts;
    memcpy(out->uid, run.uid, sizeof out->uid);
    return BNN_OK;
}
