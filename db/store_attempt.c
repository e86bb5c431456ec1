/* store_attempt.c - the life of an attempt: claimed, resumed, finished, or found dead. */
#include "db/store_curate.h"
#include "db/store_internal.h"

#include <stdio.h>
#include <string.h>

/* ---- what it runs with ---- */

/* Finds or adds a row that is the same in every column, NULLs too. */
static int64_t find_or_add(bnn_store *store, const char *find, const char *add,
                           const bnn_store_value *values, size_t n)
{
    const int64_t id = bnn_store_number(store, find, values, n, 0);
    if (id != 0)
        return id;
    bnn_store_execute(store, add, values, n);
    return sqlite3_last_insert_rowid(store->db);
}

/* The two texts, of a table with its columns and a mark for each. */
#define ROW(table, columns, marks)                                           \
    "SELECT " table "_id FROM " table " WHERE (" columns ") IS (" marks ")", \
        "INSERT INTO " table "(" columns ") VALUES (" marks ")"

int bnn_store_add_environment(bnn_store *store, const bnn_store_environment *e,
                              int64_t *out_environment, bnn_error *err)
{
    bnn_store_enter(store, err);
    const int64_t id = find_or_add(
        store,
        ROW("environment",
            "host, os, cpu_model, n_cpu, kernels, compiler, cflags, version, revision, libraries",
            "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10"),
        BNN_VALUES(V(e->host), V(e->os), V(e->cpu_model), V(e->n_cpu), V(e->kernels),
                   V(e->compiler), V(e->cflags), V(e->version), V(e->revision), V(e->libraries)));
    const int status = bnn_store_leave(store);
    if (status == BNN_OK)
        *out_environment = id;
    return status;
}

static void record_plugin(bnn_store *store, int64_t run, uint32_t attempt,
                          const bnn_store_plugin *p)
{
    const int64_t id =
        find_or_add(store, ROW("plugin", "kind, name, sha256, path, abi", "?1, ?2, ?3, ?4, ?5"),
                    BNN_VALUES(V(p->kind), V(p->name), V(p->sha256), V(p->path), V(p->abi)));
    bnn_store_execute(store,
                      "INSERT INTO run_plugin(run_id, attempt, plugin_id) VALUES (?1, ?2, ?3)"
                      " ON CONFLICT DO NOTHING",
                      BNN_VALUES(V(run), V(attempt), V(id)));
}

/* ---- claim ---- */

static void add_attempt(bnn_store *store, int64_t run, uint32_t attempt,
                        const bnn_store_attempt *with)
{
    const bnn_store_dataset *d = &with->dataset;
    const int64_t dataset = find_or_add(store, ROW("dataset", "name, sha256, source", "?1, ?2, ?3"),
                                        BNN_VALUES(V(d->name), V(d->sha256), V(d->source)));
    bnn_process self;
    bnn_process_self(&self);
    if (store->status == BNN_OK)
        store->status = bnn_store_lock_life(store, store->err);
    bnn_store_execute(
        store,
        "INSERT INTO attempt(run_id, attempt, environment_id, dataset_id, host, pid, boot_id,"
        " pid_namespace, process_start, started_us, life, telemetry) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
        " ?9, ?10, ?11, nullif(?12, 0))",
        BNN_VALUES(V(run), V(attempt), V(with->environment), V(dataset), V(self.host), V(self.pid),
                   V(self.boot_id), V(self.pid_namespace), V(self.start), V(bnn_store_now_us()),
                   V(store->life), V(with->telemetry)));
    for (size_t i = 0; i < with->n_plugins; i++)
        record_plugin(store, run, attempt, &with->plugins[i]);
    bnn_store_record_needs(store, run, with);
}

int bnn_store_claim(bnn_store *store, const bnn_run *run, const bnn_store_attempt *with,
                    uint32_t *out_attempt, bnn_error *err)
{
    bnn_store_enter(store, err);
    const bool settled = bnn_store_look_at_needs(store, with);
    bnn_store_execute(store,
                      "UPDATE run SET state = 'running', stale = NULL, n_attempts = n_attempts + 1"
                      " WHERE run_id = ?1 AND n_attempts = ?2 AND state NOT IN ('running', 'done')"
                      " AND ?3",
                      BNN_VALUES(V(run->id), V(run->n_attempts), V(settled)));
    const uint32_t attempt = sqlite3_changes(store->db) == 1 ? run->n_attempts + 1 : 0;
    if (attempt != 0)
        add_attempt(store, run->id, attempt, with);
    const int status = bnn_store_leave(store);
    if (status == BNN_OK)
        *out_attempt = attempt;
    return status;
}

/* ---- while it lasts ---- */

void bnn_store_superseded(bnn_store *store, int64_t run, uint32_t attempt)
{
    const int64_t newest = bnn_store_number(store, "SELECT n_attempts FROM run WHERE run_id = ?1",
                                            BNN_VALUES(V(run)), -1);
    if (newest < 0)
        bnn_store_refuse(store, BNN_E_FAILED, "run %lld is no longer in the database",
                         (long long)run);
    bnn_store_refuse(store, BNN_E_FAILED,
                     "run %lld: attempt %u no longer holds it (the newest is attempt %lld)",
                     (long long)run, (unsigned)attempt, (long long)newest);
}

void bnn_store_check_holder(bnn_store *store, int64_t run, uint32_t attempt)
{
    if (bnn_store_number(
            store, "SELECT 1 FROM run WHERE run_id = ?1 AND n_attempts = ?2 AND state = 'running'",
            BNN_VALUES(V(run), V(attempt)), 0) == 0)
        bnn_store_superseded(store, run, attempt);
}

int bnn_store_resume(bnn_store *store, int64_t run, uint32_t attempt, uint32_t epoch,
                     bnn_error *err)
{
    /* What was recorded by earlier attempts about what this one will do again is dropped. */
    static const char *const statements[] = {
        "DELETE FROM metric WHERE run_id = ?1 AND attempt < ?2 AND (epoch = 0 OR epoch > ?3)",
        ("DELETE FROM timing WHERE run_id = ?1 AND attempt < ?2"
         " AND NOT (phase = 'train_epoch' AND rep <= ?3)"),
        "DELETE FROM layer_value WHERE run_id = ?1 AND attempt < ?2 AND epoch > ?3",
        "DELETE FROM layer WHERE run_id = ?1 AND attempt < ?2 AND ?3 >= 0",
        "DELETE FROM artifact WHERE run_id = ?1 AND attempt < ?2 AND ?3 >= 0",
        "DELETE FROM prediction WHERE run_id = ?1 AND attempt < ?2 AND ?3 >= 0",
        "UPDATE attempt SET resumed_from_epoch = ?3 WHERE run_id = ?1 AND attempt = ?2",
    };
    bnn_store_enter(store, err);
    bnn_store_check_holder(store, run, attempt);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        bnn_store_execute(store, statements[i], BNN_VALUES(V(run), V(attempt), V(epoch)));
    return bnn_store_leave(store);
}

/* ---- the end ---- */

/* run.state and attempt.outcome change together, and only for the attempt that holds the run. */
static void end_attempt(bnn_store *store, int64_t run, int64_t attempt, const char *state,
                        const char *outcome, const char *error, int signal)
{
    bnn_store_execute(store, "UPDATE run SET state = ?2 WHERE run_id = ?1",
                      BNN_VALUES(V(run), V(state)));
    bnn_store_execute(
        store,
        "UPDATE attempt SET ended_us = max(?3, started_us), outcome = ?4, error = ?5,"
        " signal = nullif(?6, 0) WHERE run_id = ?1 AND attempt = ?2",
        BNN_VALUES(V(run), V(attempt), V(bnn_store_now_us()), V(outcome), V(error), V(signal)));
}

int bnn_store_finish(bnn_store *store, int64_t run, uint32_t attempt, bnn_run_state outcome,
                     const char *error, int signal, bnn_error *err)
{
    const char *name = bnn_store_state_name(outcome);
    if (outcome != BNN_RUN_DONE && outcome != BNN_RUN_FAILED && outcome != BNN_RUN_INTERRUPTED)
        return bnn_fail(err, BNN_E_INTERNAL, "an attempt does not end as %s", name);
    bnn_store_enter(store, err);
    bnn_store_check_holder(store, run, attempt);
    end_attempt(store, run, attempt, name, name, error, signal);
    if (outcome == BNN_RUN_DONE)
        bnn_store_outdate_dependents(store, run);
    return bnn_store_leave(store);
}

/* ---- the dead ---- */

typedef struct held_run {
    int64_t run, attempt;
    bnn_process process;
} held_run;

static void copy_column(bnn_store *store, sqlite3_stmt *statement, int column, char *out,
                        size_t size)
{
    const char *text = bnn_store_column_text(store, statement, column);
    snprintf(out, size, "%s", text == NULL ? "" : text);
}

/* The running run that follows this one; false when there is none. */
static bool next_held(bnn_store *store, held_run *held)
{
    sqlite3_stmt *statement =
        bnn_store_first(store,
                        "SELECT run_id, attempt, host, pid, boot_id, pid_namespace, process_start,"
                        " life"
                        " FROM run JOIN attempt USING (run_id)"
                        " WHERE state = 'running' AND attempt = n_attempts AND run_id > ?1"
                        " ORDER BY run_id LIMIT 1",
                        BNN_VALUES(V(held->run)));
    if (statement == NULL)
        return false;
    held->run = sqlite3_column_int64(statement, 0);
    held->attempt = sqlite3_column_int64(statement, 1);
    copy_column(store, statement, 2, held->process.host, sizeof held->process.host);
    held->process.pid = sqlite3_column_int64(statement, 3);
    copy_column(store, statement, 4, held->process.boot_id, sizeof held->process.boot_id);
    held->process.pid_namespace = sqlite3_column_int64(statement, 5);
    held->process.start = sqlite3_column_int64(statement, 6);
    held->process.life = sqlite3_column_int64(statement, 7);
    sqlite3_reset(statement);
    return store->status == BNN_OK;
}

bool bnn_store_is_dead(bnn_store *store, int64_t run)
{
    held_run held = {.run = run - 1};
    bnn_process self;
    bnn_process_self(&self);
    return next_held(store, &held) && held.run == run &&
           bnn_store_liveness(store, &held.process, &self) == BNN_PROCESS_DEAD;
}

/* run_state(run_uid, state): "interrupted" for a running run whose process is dead. */
static void give_state(sqlite3_context *context, int n_values, sqlite3_value **values)
{
    (void)n_values;
    bnn_store *store = sqlite3_user_data(context);
    const char *uid = (const char *)sqlite3_value_text(values[0]);
    const char *state = (const char *)sqlite3_value_text(values[1]);
    bnn_error ignored, *const err = store->err;
    const int status = store->status;
    bool dead = false;
    if (uid != NULL && state != NULL && strcmp(state, "running") == 0) {
        bnn_store_report(store, &ignored);
        const int64_t run = bnn_store_number(store, "SELECT run_id FROM run WHERE run_uid = ?1",
                                             BNN_VALUES(V(uid)), 0);
        dead = run != 0 && bnn_store_is_dead(store, run);
        store->err = err;
        store->status = status;
    }
    if (dead)
        sqlite3_result_text(context, bnn_store_state_name(BNN_RUN_INTERRUPTED), -1, SQLITE_STATIC);
    else
        sqlite3_result_value(context, values[1]);
}

int bnn_store_register_state(bnn_store *store)
{
    return sqlite3_create_function_v2(store->db, "run_state", 2, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                      store, give_state, NULL, NULL, NULL);
}

int bnn_store_check_free(bnn_store *store, const bnn_store_chosen *runs, size_t n, bool take_over,
                         bnn_error *err)
{
    held_run held;
    bnn_process self;
    bnn_process_self(&self);
    bnn_store_report(store, err);
    for (size_t i = 0; i < n; i++) {
        held = (held_run){.run = runs[i].id - 1};
        if (!next_held(store, &held) || held.run != runs[i].id)
            continue;
        const bnn_liveness liveness = bnn_store_liveness(store, &held.process, &self);
        if (liveness == BNN_PROCESS_ALIVE)
            bnn_store_refuse(store, BNN_E_RESOURCE,
                             "process %lld on %s is working on it; stop that first",
                             (long long)held.process.pid, held.process.host);
        else if (liveness == BNN_PROCESS_UNKNOWN && !take_over)
            bnn_store_refuse(store, BNN_E_RESOURCE,
                             "process %lld on %s may be working on it, which cannot be seen from "
                             "here; if it is gone, say --take-over",
                             (long long)held.process.pid, held.process.host);
        if (store->status != BNN_OK)
            return bnn_error_prefix(err, "run %s: ", runs[i].uid);
    }
    return store->status;
}

int bnn_store_recover(bnn_store *store, bool take_over, bnn_store_recovered *out, bnn_error *err)
{
    bnn_store_recovered recovered = {.n_stale = 0};
    held_run held = {.run = 0};
    bnn_process self;
    bnn_process_self(&self);
    bnn_store_enter(store, err);
    while (next_held(store, &held)) {
        const bnn_liveness liveness = bnn_store_liveness(store, &held.process, &self);
        const bool ends =
            liveness == BNN_PROCESS_DEAD || (take_over && liveness != BNN_PROCESS_ALIVE);
        recovered.n_unknown += liveness == BNN_PROCESS_UNKNOWN && !ends;
        recovered.n_stale += ends;
        if (!ends)
            continue;
        char error[400];
        snprintf(error, sizeof error, "process %lld on %s %s", (long long)held.process.pid,
                 held.process.host,
                 liveness == BNN_PROCESS_DEAD ? "ended without a word" : "was said to be gone");
        end_attempt(store, held.run, held.attempt, "queued", "stale", error, 0);
    }
    const int status = bnn_store_leave(store);
    if (status == BNN_OK)
        *out = recovered;
    return status;
}
