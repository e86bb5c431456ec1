/* store_needs.c - runs that need other runs: whether those are done, what they left, and who has used it. */
#include "db/store_internal.h"
#include "db/store_results.h"

#include <stdio.h>
#include <string.h>

/* The SHA-256 of the weights that a run has left, as a column. */
#define WEIGHTS(run)                                            \
    "(SELECT sha256 FROM artifact WHERE artifact.run_id = " run \
    " AND artifact.kind = 'weights' ORDER BY created_us DESC LIMIT 1)"

/* ---- for claims ---- */

static void needs_copy_text(bnn_store *store, sqlite3_stmt *statement, int column, char *out,
                            size_t size)
{
    const char *text = bnn_store_column_text(store, statement, column);
    snprintf(out, size, "%s", text == NULL ? "" : text);
}

/* One that has gone from the database counts as queued. */
static void needs_look(bnn_store *store, bnn_store_need *need)
{
    char state[16];
    need->state = BNN_RUN_QUEUED;
    need->sha256[0] = need->error[0] = '\0';
    sqlite3_stmt *statement = bnn_store_first(
        store,
        "SELECT run.state, run.stale NOTNULL, " WEIGHTS(
            "run.run_id") ", attempt.error"
                          " FROM run LEFT JOIN attempt ON attempt.run_id = run.run_id"
                          " AND attempt.attempt = run.n_attempts WHERE run.run_id = ?1",
        BNN_VALUES(V(need->run)));
    if (statement == NULL)
        return;
    needs_copy_text(store, statement, 0, state, sizeof state);
    bnn_store_state_of(state, &need->state);
    needs_copy_text(store, statement, 2, need->sha256, sizeof need->sha256);
    needs_copy_text(store, statement, 3, need->error, sizeof need->error);
    if (need->state == BNN_RUN_DONE && sqlite3_column_int(statement, 1) != 0)
        need->state = BNN_RUN_STALE;
    else if (need->state == BNN_RUN_DONE && need->sha256[0] == '\0')
        need->state = BNN_RUN_LOST;
    sqlite3_reset(statement);
}

bool bnn_store_look_at_needs(bnn_store *store, const bnn_store_attempt *with)
{
    bool settled = true;
    for (size_t i = 0; i < with->n_needs; i++) {
        const bnn_store_need *need = &with->needs[i];
        needs_look(store, &with->needs[i]);
        settled = settled && need->state != BNN_RUN_QUEUED && need->state != BNN_RUN_RUNNING &&
                  need->state != BNN_RUN_INTERRUPTED;
    }
    return settled;
}

void bnn_store_record_needs(bnn_store *store, int64_t run, const bnn_store_attempt *with)
{
    bnn_store_execute(store, "DELETE FROM run_need WHERE run_id = ?1", BNN_VALUES(V(run)));
    for (size_t i = 0; i < with->n_needs; i++) {
        const bnn_store_need *need = &with->needs[i];
        if (need->state == BNN_RUN_DONE)
            bnn_store_execute(store,
                              "INSERT INTO run_need(run_id, purpose, need_run_id, need_uid, sha256)"
                              " VALUES (?1, ?2, ?3, ?4, ?5)",
                              BNN_VALUES(V(run), V(bnn_purpose_name(need->purpose)), V(need->run),
                                         V(need->uid), V((const char *)need->sha256)));
    }
}

/* ---- for what comes after ---- */

void bnn_store_outdate_dependents(bnn_store *store, int64_t run)
{
    bnn_store_execute(
        store,
        "WITH RECURSIVE outdated(run_id, why) AS ("
        " SELECT run_id, purpose || ' ' || need_uid || ' (trained again)' FROM run_need"
        " WHERE need_run_id = ?1 AND sha256 IS NOT " WEIGHTS(
            "?1") " UNION SELECT run_need.run_id, purpose || ' ' || need_uid || ' (stale)'"
                  " FROM outdated JOIN run USING (run_id) JOIN run_need ON need_run_id = run.run_id"
                  " WHERE run.state = 'done')"
                  " UPDATE run SET stale = (SELECT why FROM outdated WHERE outdated.run_id = run.run_id)"
                  " WHERE state = 'done' AND stale IS NULL AND run_id IN (SELECT run_id FROM outdated)",
        BNN_VALUES(V(run)));
}

void bnn_store_link_needs(bnn_store *store, int64_t run, const char *uid)
{
    bnn_store_execute(store,
                      "UPDATE run_need SET need_run_id = ?1"
                      " WHERE need_run_id IS NULL AND need_uid = ?2 AND run_id <> ?1",
                      BNN_VALUES(V(run), V(uid)));
}

/* ---- questions ---- */

#define LINK(name) BNN_MEMBER(bnn_store_link, name)
static const bnn_row_type link_type = {sizeof(bnn_store_link),
                                       {LINK(config_hash), LINK(seed), LINK(run_uid),
                                        LINK(purpose_name), LINK(need_uid), LINK(sha256),
                                        LINK(now_sha256)}};

static int needs_list(bnn_store *store, const char *experiment, const char *uid,
                      const char *need_uid, bnn_arena *arena, const bnn_store_link **out_links,
                      size_t *out_n, bnn_error *err)
{
    bnn_store_link *rows = NULL;
    size_t n = 0, n_known = 0;
    const int status = bnn_store_rows(store, bnn_store_sql("links"),
                                      BNN_VALUES(V(experiment), V(uid), V(need_uid)), &link_type,
                                      arena, &rows, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        for (int p = 0; p < BNN_PURPOSES; p++)
            if (strcmp(rows[i].purpose_name, bnn_purpose_name((bnn_purpose)p)) == 0) {
                rows[n_known] = rows[i];
                rows[n_known++].purpose = (bnn_purpose)p;
                break;
            }
    if (status == BNN_OK) {
        *out_links = rows;
        *out_n = n_known;
    }
    return status;
}

int bnn_store_list_links(bnn_store *store, const char *experiment, const char *uid,
                         bnn_arena *arena, const bnn_store_link **out_links, size_t *out_n,
                         bnn_error *err)
{
    return needs_list(store, experiment, uid, NULL, arena, out_links, out_n, err);
}

int bnn_store_list_dependents(bnn_store *store, const char *uid, bnn_arena *arena,
                              const bnn_store_link **out_links, size_t *out_n, bnn_error *err)
{
    return needs_list(store, NULL, NULL, uid, arena, out_links, out_n, err);
}
