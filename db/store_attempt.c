/* store_attempt.c - the life of an attempt: claimed, resumed, finished, or found dead. */
#include "db/store_internal.h"

#include <stdio.h>
#include <string.h>

/* ---- what it runs with ---- */

/* Finds or adds a row that is the same in every column; IS, because NULLs are equal here. */
static int find_or_add(bnn_store *store, const char *find, const char *add,
                       const bnn_store_value *values, size_t n, int64_t *out, bnn_error *err)
{
    int64_t id = 0;
    int status = bnn_store_number(store, find, values, n, 0, &id, err);
    if (status == BNN_OK && id == 0) {
        status = bnn_store_execute(store, add, values, n, err);
        id = sqlite3_last_insert_rowid(store->db);
    }
    if (status == BNN_OK)
        *out = id;
    return status;
}

int bnn_store_add_environment(bnn_store *store, const bnn_store_environment *e,
                              int64_t *out_environment, bnn_error *err)
{
    int64_t id = 0;
    int status = bnn_store_enter(store, err);
    if (status != BNN_OK)
        return status;
    status = find_or_add(
        store,
        "SELECT environment_id FROM environment WHERE host = ?1 AND os IS ?2 AND cpu_model IS ?3"
        " AND n_cpu = ?4 AND kernels IS ?5 AND compiler IS ?6 AND cflags IS ?7 AND version = ?8"
        " AND revision IS ?9 AND libraries IS ?10",
        "INSERT INTO environment(host, os, cpu_model, n_cpu, kernels, compiler, cflags, version,"
        " revision, libraries) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        BNN_VALUES(bnn_value_text(e->host), bnn_value_text(e->os), bnn_value_text(e->cpu_model),
                   bnn_value_integer(e->n_cpu), bnn_value_text(e->kernels),
                   bnn_value_text(e->compiler), bnn_value_text(e->cflags),
                   bnn_value_text(e->version), bnn_value_text(e->revision),
                   bnn_value_text(e->libraries)),
        &id, err);
    status = bnn_store_leave(store, status, err);
    if (status == BNN_OK)
        *out_environment = id;
    return status;
}

static int add_dataset(bnn_store *store, const bnn_store_dataset *d, int64_t *out, bnn_error *err)
{
    return find_or_add(
        store, "SELECT dataset_id FROM dataset WHERE name = ?1 AND sha256 = ?2 AND source = ?3",
        "INSERT INTO dataset(name, sha256, source) VALUES (?1, ?2, ?3)",
        BNN_VALUES(bnn_value_text(d->name), bnn_value_text(d->sha256), bnn_value_text(d->source)),
        out, err);
}

static int record_plugin(bnn_store *store, int64_t run, int64_t attempt, const bnn_store_plugin *p,
                         bnn_error *err)
{
    int64_t id = 0;
    int status = find_or_add(
        store,
        "SELECT plugin_id FROM plugin WHERE kind = ?1 AND name = ?2 AND sha256 = ?3 AND path = ?4"
        " AND abi = ?5",
        "INSERT INTO plugin(kind, name, sha256, path, abi) VALUES (?1, ?2, ?3, ?4, ?5)",
        BNN_VALUES(bnn_value_text(p->kind), bnn_value_text(p->name), bnn_value_text(p->sha256),
                   bnn_value_text(p->path), bnn_value_integer(p->abi)),
        &id, err);
    if (status == BNN_OK)
        status = bnn_store_execute(
            store,
            "INSERT INTO run_plugin(run_id, attempt, plugin_id) VALUES (?1, ?2, ?3)"
            " ON CONFLICT DO NOTHING",
            BNN_VALUES(bnn_value_integer(run), bnn_value_integer(attempt), bnn_value_integer(id)),
            err);
    return status;
}

/* ---- claim ---- */

static int add_attempt(bnn_store *store, int64_t run, int64_t attempt,
                       const bnn_store_attempt *with, bnn_error *err)
{
    int64_t dataset = 0;
    int status = add_dataset(store, &with->dataset, &dataset, err);
    if (status != BNN_OK)
        return status;
    bnn_process self;
    bnn_process_self(&self);
    status = bnn_store_execute(
        store,
        "INSERT INTO attempt(run_id, attempt, environment_id, dataset_id, host, pid, boot_id,"
        " pid_namespace, process_start, started_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
        " ?10)",
        BNN_VALUES(bnn_value_integer(run), bnn_value_integer(attempt),
                   bnn_value_integer(with->environment), bnn_value_integer(dataset),
                   bnn_value_text(self.host), bnn_value_integer(self.pid),
                   bnn_value_text(self.boot_id), bnn_value_integer(self.pid_namespace),
                   bnn_value_integer(self.start), bnn_value_integer(bnn_store_now_us())),
        err);
    for (size_t i = 0; i < with->n_plugins && status == BNN_OK; i++)
        status = record_plugin(store, run, attempt, &with->plugins[i], err);
    return status;
}

int bnn_store_claim(bnn_store *store, const bnn_run *run, const bnn_store_attempt *with,
                    uint32_t *out_attempt, bnn_error *err)
{
    int status = bnn_store_enter(store, err);
    if (status != BNN_OK)
        return status;
    uint32_t attempt = 0;
    status = bnn_store_execute(
        store,
        "UPDATE run SET state = 'running', n_attempts = n_attempts + 1"
        " WHERE run_id = ?1 AND n_attempts = ?2 AND state NOT IN ('running', 'done')",
        BNN_VALUES(bnn_value_integer(run->id), bnn_value_integer(run->n_attempts)), err);
    if (status == BNN_OK && sqlite3_changes(store->db) == 1) {
        attempt = run->n_attempts + 1;
        status = add_attempt(store, run->id, attempt, with, err);
    }
    status = bnn_store_leave(store, status, err);
    if (status == BNN_OK)
        *out_attempt = attempt;
    return status;
}

/* ---- while it lasts ---- */

int bnn_store_superseded(bnn_store *store, int64_t run, uint32_t attempt, bnn_error *err)
{
    int64_t newest = 0;
    const int status = bnn_store_number(store, "SELECT n_attempts FROM run WHERE run_id = ?1",
                                        BNN_VALUES(bnn_value_integer(run)), -1, &newest, err);
    if (status != BNN_OK)
        return status;
    if (newest < 0)
        return bnn_fail(err, BNN_E_FAILED, "run %lld is no longer in the database", (long long)run);
    return bnn_fail(err, BNN_E_FAILED,
                    "run %lld: attempt %u no longer holds it (the newest is attempt %lld)",
                    (long long)run, (unsigned)attempt, (long long)newest);
}

static int check_holder(bnn_store *store, int64_t run, uint32_t attempt, bnn_error *err)
{
    int64_t holds = 0;
    const int status = bnn_store_number(
        store, "SELECT 1 FROM run WHERE run_id = ?1 AND n_attempts = ?2 AND state = 'running'",
        BNN_VALUES(bnn_value_integer(run), bnn_value_integer(attempt)), 0, &holds, err);
    if (status != BNN_OK || holds)
        return status;
    return bnn_store_superseded(store, run, attempt, err);
}

/* What was recorded by earlier attempts about what this one will do again. */
static int drop_later(bnn_store *store, int64_t run, uint32_t attempt, uint32_t epoch,
                      bnn_error *err)
{
    static const char *const statements[] = {
        "DELETE FROM metric WHERE run_id = ?1 AND attempt < ?2 AND (epoch = 0 OR epoch > ?3)",
        ("DELETE FROM timing WHERE run_id = ?1 AND attempt < ?2"
         " AND NOT (phase = 'train_epoch' AND rep <= ?3)"),
        "DELETE FROM layer WHERE run_id = ?1 AND attempt < ?2 AND ?3 >= 0",
        "DELETE FROM artifact WHERE run_id = ?1 AND attempt < ?2 AND ?3 >= 0",
        "UPDATE attempt SET resumed_from_epoch = ?3 WHERE run_id = ?1 AND attempt = ?2",
    };
    int status = BNN_OK;
    for (size_t i = 0; i < sizeof statements / sizeof *statements && status == BNN_OK; i++)
        status = bnn_store_execute(store, statements[i],
                                   BNN_VALUES(bnn_value_integer(run), bnn_value_integer(attempt),
                                              bnn_value_integer(epoch)),
                                   err);
    return status;
}

int bnn_store_resume(bnn_store *store, int64_t run, uint32_t attempt, uint32_t epoch,
                     bnn_error *err)
{
    int status = bnn_store_enter(store, err);
    if (status != BNN_OK)
        return status;
    status = check_holder(store, run, attempt, err);
    if (status == BNN_OK)
        status = drop_later(store, run, attempt, epoch, err);
    return bnn_store_leave(store, status, err);
}

/* ---- the end ---- */

/* run.state and attempt.outcome change together, and only for the attempt that holds the run. */
static int end_attempt(bnn_store *store, int64_t run, int64_t attempt, const char *state,
                       const char *outcome, const char *error, int signal, bnn_error *err)
{
    int status = bnn_store_execute(store, "UPDATE run SET state = ?2 WHERE run_id = ?1",
                                   BNN_VALUES(bnn_value_integer(run), bnn_value_text(state)), err);
    if (status == BNN_OK)
        status = bnn_store_execute(
            store,
            "UPDATE attempt SET ended_us = max(?3, started_us), outcome = ?4, error = ?5,"
            " signal = ?6 WHERE run_id = ?1 AND attempt = ?2",
            BNN_VALUES(bnn_value_integer(run), bnn_value_integer(attempt),
                       bnn_value_integer(bnn_store_now_us()), bnn_value_text(outcome),
                       bnn_value_text(error),
                       signal == 0 ? bnn_value_null() : bnn_value_integer(signal)),
            err);
    return status;
}

int bnn_store_finish(bnn_store *store, int64_t run, uint32_t attempt, bnn_run_state outcome,
                     const char *error, int signal, bnn_error *err)
{
    if (outcome != BNN_RUN_DONE && outcome != BNN_RUN_FAILED && outcome != BNN_RUN_INTERRUPTED)
        return bnn_fail(err, BNN_E_INTERNAL, "an attempt does not end as %s",
                        bnn_store_state_name(outcome));
    int status = bnn_store_enter(store, err);
    if (status != BNN_OK)
        return status;
    const char *name = bnn_store_state_name(outcome);
    status = check_holder(store, run, attempt, err);
    if (status == BNN_OK)
        status = end_attempt(store, run, attempt, name, name, error, signal, err);
    return bnn_store_leave(store, status, err);
}

/* ---- the dead ---- */

typedef struct held_run {
    int64_t run, attempt; /* run: 0 when there is none */
    bnn_process process;
} held_run;

static void copy_column(sqlite3_stmt *statement, int column, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    snprintf(out, size, "%s", text == NULL ? "" : (const char *)text);
}

/* The running run that follows `after`. */
static int next_held(bnn_store *store, int64_t after, held_run *out, bnn_error *err)
{
    sqlite3_stmt *statement;
    int status =
        bnn_store_start(store,
                        "SELECT run_id, attempt, host, pid, boot_id, pid_namespace, process_start"
                        " FROM run JOIN attempt USING (run_id)"
                        " WHERE state = 'running' AND attempt = n_attempts AND run_id > ?1"
                        " ORDER BY run_id LIMIT 1",
                        BNN_VALUES(bnn_value_integer(after)), &statement, err);
    if (status != BNN_OK)
        return status;
    *out = (held_run){.run = 0};
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        out->run = sqlite3_column_int64(statement, 0);
        out->attempt = sqlite3_column_int64(statement, 1);
        copy_column(statement, 2, out->process.host, sizeof out->process.host);
        out->process.pid = sqlite3_column_int64(statement, 3);
        copy_column(statement, 4, out->process.boot_id, sizeof out->process.boot_id);
        out->process.pid_namespace = sqlite3_column_int64(statement, 5);
        out->process.start = sqlite3_column_int64(statement, 6);
    } else if (code != SQLITE_DONE) {
        status = bnn_store_fail(store, "reading", err);
    }
    sqlite3_reset(statement);
    return status;
}

static int recover_runs(bnn_store *store, bnn_store_recovered *out, bnn_error *err)
{
    bnn_process self;
    bnn_process_self(&self);
    held_run held = {.run = 0};
    for (;;) {
        int status = next_held(store, held.run, &held, err);
        if (status != BNN_OK || held.run == 0)
            return status;
        const bnn_liveness liveness = bnn_process_liveness(&held.process, &self);
        if (liveness == BNN_PROCESS_UNKNOWN)
            out->n_unknown++;
        if (liveness != BNN_PROCESS_DEAD)
            continue;
        char error[400];
        snprintf(error, sizeof error, "process %lld on %s ended without a word",
                 (long long)held.process.pid, held.process.host);
        status = end_attempt(store, held.run, held.attempt, "queued", "stale", error, 0, err);
        if (status != BNN_OK)
            return status;
        out->n_stale++;
    }
}

int bnn_store_recover(bnn_store *store, bnn_store_recovered *out, bnn_error *err)
{
    bnn_store_recovered recovered = {.n_stale = 0};
    int status = bnn_store_enter(store, err);
    if (status != BNN_OK)
        return status;
    status = bnn_store_leave(store, recover_runs(store, &recovered, err), err);
    if (status == BNN_OK)
        *out = recovered;
    return status;
}
