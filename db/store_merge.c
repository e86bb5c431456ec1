/* store_merge.c - what becomes of each run of another database, and when it is taken over. The decisions are in
 * db/sql/merge_*.sql; the files beside this one check the other database and move rows. */
#include "db/store_merge.h"
#include "db/store_merge_internal.h"

#include <stdlib.h>
#include <string.h>

/* Whether the other database is damaged, as an index may be, which nobody has looked at. */
static bool merge_is_damaged(const bnn_store *store)
{
    sqlite3_stmt *check = NULL;
    const char *said = NULL;
    int code = sqlite3_prepare_v2(store->db, "PRAGMA source.integrity_check(1)", -1, &check, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(check);
    if (code == SQLITE_ROW)
        said = (const char *)sqlite3_column_text(check, 0);
    const bool lacks = code == SQLITE_NOMEM || (code == SQLITE_ROW && said == NULL);
    const bool is_sound = lacks || (said != NULL && strcmp(said, "ok") == 0);
    sqlite3_finalize(check);
    return !is_sound;
}

/* A failure is that of the other database, unless it is told of this one; of damage SQLite does not say where it is. */
static int merge_blame(const bnn_store *store, const char *name, bnn_error *err)
{
    if (err->reason == 0 && (sqlite3_errcode(store->db) & 0xff) == SQLITE_CORRUPT &&
        merge_is_damaged(store))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: the database is damaged", name);
    const bool is_ours = strncmp(err->message, store->path, strlen(store->path)) == 0;
    return err->status == BNN_E_RESOURCE && !is_ours ? bnn_error_prefix(err, "%s: ", name)
                                                     : err->status;
}

/* The runs that are named, with those that they need. */
static void merge_want(bnn_store *store, const bnn_store_words *only)
{
    if (only == NULL)
        bnn_store_merge_execute(store, "INSERT INTO temp.wanted SELECT run_id FROM source.run");
    for (size_t i = 0; only != NULL && i < only->n; i++)
        bnn_store_merge_execute(
            store,
            "INSERT OR IGNORE INTO temp.wanted SELECT run_id FROM source.run WHERE run_uid = %Q",
            only->words[i]);
    bnn_store_merge_execute(store,
                            "WITH RECURSIVE needed(run_id) AS (SELECT run_id FROM temp.wanted UNION"
                            " SELECT need_run_id FROM needed JOIN source.run_need USING (run_id)"
                            " WHERE need_run_id NOTNULL)"
                            " INSERT OR IGNORE INTO temp.wanted SELECT run_id FROM needed");
}

/* Runs of experiments that are called otherwise here keep their names. */
static void merge_check_names(bnn_store *store)
{
    char *uid = bnn_store_merge_text(store, "SELECT from_uid FROM temp.merged_run WHERE how = 'new'"
                                            " AND uid IN (SELECT run_uid FROM main.run) LIMIT 1");
    if (uid != NULL)
        bnn_store_refuse(store, BNN_E_RESOURCE,
                         "its run %s is of another experiment or config than run %s here; was an "
                         "experiment renamed with `bnnrun mv`? rename the other, too",
                         uid, uid);
    sqlite3_free(uid);
}

static void merge_decide(bnn_store *store, const bnn_store_words *only)
{
    bnn_store_merge_script(store, "merge_tables");
    bnn_store_merge_check_rows(store);
    merge_want(store, only);
    bnn_store_merge_entities(store, only == NULL);
    bnn_store_merge_script(store, "merge_specs");
    bnn_store_merge_script(store, "merge_runs");
    merge_check_names(store);
    bnn_store_merge_script(store, "merge_compare");
    bnn_store_merge_script(store, "merge_explain");
}

int bnn_store_merge_begin(bnn_store *store, const char *copy, const char *name,
                          const bnn_store_words *only, bnn_arena *arena,
                          const bnn_store_merged **out, size_t *out_n, bnn_error *err)
{
    static const bnn_row_type type = {
        sizeof(bnn_store_merged),
        {BNN_MEMBER(bnn_store_merged, from_uid), BNN_MEMBER(bnn_store_merged, uid),
         BNN_MEMBER(bnn_store_merged, how), BNN_MEMBER(bnn_store_merged, last),
         BNN_MEMBER(bnn_store_merged, what), BNN_MEMBER(bnn_store_merged, made),
         BNN_MEMBER(bnn_store_merged, promised)}};
    bnn_store_report(store, err);
    bnn_store_merge_execute(store, "ATTACH %Q AS source", copy);
    bnn_store_merge_check_tables(store);
    if (store->status == BNN_OK)
        store->status = bnn_store_begin(store, err);
    merge_decide(store, only);
    if (store->status != BNN_OK)
        return merge_blame(store, name, err);
    return bnn_store_rows(store,
                          "SELECT from_uid, uid, how, last, coalesce(what, '') AS what,"
                          " coalesce(made, '') AS made, promised FROM temp.merged_run ORDER BY old",
                          NULL, 0, &type, arena, out, out_n, err);
}

int bnn_store_merge_files(bnn_store *store, const char *from_uid, bnn_arena *arena,
                          const bnn_store_merged_file **out, size_t *out_n, bnn_error *err)
{
    static const bnn_row_type type = {
        sizeof(bnn_store_merged_file),
        {BNN_MEMBER(bnn_store_merged_file, path), BNN_MEMBER(bnn_store_merged_file, sha256)}};
    return bnn_store_rows(store,
                          "SELECT path, sha256 FROM source.artifact JOIN source.run USING (run_id)"
                          " WHERE run_uid = ?1",
                          BNN_VALUES(V(from_uid)), &type, arena, out, out_n, err);
}

int bnn_store_merge_lacking(bnn_store *store, const char *from_uid, bnn_arena *arena,
                            const bnn_store_lacking **out, size_t *out_n, bnn_error *err)
{
    static const bnn_row_type type = {
        sizeof(bnn_store_lacking),
        {BNN_MEMBER(bnn_store_lacking, path), BNN_MEMBER(bnn_store_lacking, sha256),
         BNN_MEMBER(bnn_store_lacking, n_bytes), BNN_MEMBER(bnn_store_lacking, created_us),
         BNN_MEMBER(bnn_store_lacking, is_recorded)}};
    return bnn_store_rows(
        store,
        "SELECT s.path, s.sha256, s.n_bytes, coalesce(m.created_us, s.created_us) AS created_us,"
        " m.run_id NOTNULL AS is_recorded"
        " FROM temp.merged_run AS r JOIN source.artifact AS s ON s.run_id = r.old"
        " LEFT JOIN main.artifact AS m ON m.run_id = r.new AND m.kind = s.kind"
        " WHERE r.from_uid = ?1 AND (m.sha256 = s.sha256 OR m.run_id IS NULL AND EXISTS"
        " (SELECT 1 FROM main.artifact AS a JOIN source.artifact AS b USING (kind, sha256)"
        "  WHERE a.run_id = r.new AND b.run_id = r.old))",
        BNN_VALUES(V(from_uid)), &type, arena, out, out_n, err);
}

int bnn_store_merge_fill(bnn_store *store, const char *from_uid, const char *path, bnn_error *err)
{
    bnn_store_report(store, err);
    bnn_store_execute(
        store,
        "INSERT INTO main.artifact(run_id, kind, path, attempt, n_bytes, sha256, created_us)"
        " SELECT m.run_id, s.kind, r.uid || substr(s.path, length(r.from_uid) + 1),"
        " m.n_attempts, s.n_bytes, s.sha256, s.created_us FROM temp.merged_run AS r"
        " JOIN main.run AS m ON m.run_id = r.new"
        " JOIN source.artifact AS s ON s.run_id = r.old"
        " WHERE r.from_uid = ?1 AND s.path = ?2",
        BNN_VALUES(V(from_uid), V(path)));
    return store->status;
}

/* The text of the first row; "" without one. */
static int merge_answer(bnn_store *store, const char *sql, const bnn_store_value *values, size_t n,
                        bnn_arena *arena, const char **out, bnn_error *err)
{
    typedef struct merge_row {
        const char *text;
    } merge_row;
    static const bnn_row_type type = {sizeof(merge_row), {BNN_MEMBER(merge_row, text)}};
    const merge_row *rows;
    size_t n_rows;
    const int status = bnn_store_rows(store, sql, values, n, &type, arena, &rows, &n_rows, err);
    if (status == BNN_OK)
        *out = n_rows == 0 ? "" : rows[0].text;
    return status;
}

int bnn_store_last_attempt(bnn_store *store, const char *uid, bnn_arena *arena, const char **out,
                           bnn_error *err)
{
    return merge_answer(store,
                        "SELECT state || '.' || n_attempts || '.' || started_us || '.' ||"
                        " coalesce(ended_us, 0) AS text FROM run JOIN attempt USING (run_id)"
                        " WHERE run_uid = ?1 AND attempt = n_attempts",
                        BNN_VALUES(V(uid)), arena, out, err);
}

int bnn_store_file_sha256(bnn_store *store, const char *uid, const char *name, bnn_arena *arena,
                          const char **out, bnn_error *err)
{
    return merge_answer(store,
                        "SELECT sha256 AS text FROM run JOIN artifact USING (run_id)"
                        " WHERE run_uid = ?1 AND path = ?1 || '/' || ?2",
                        BNN_VALUES(V(uid), V(name)), arena, out, err);
}

int bnn_store_merge_finish(bnn_store *store, const char *name, int64_t *n_conflicts, bnn_error *err)
{
    bnn_store_report(store, err);
    char *conflicts = bnn_store_merge_text(store, "%s", bnn_store_sql("merge_conflicts"));
    const int64_t n = conflicts == NULL ? 0 : strtoll(conflicts, NULL, 10);
    sqlite3_free(conflicts);
    bnn_store_merge_script(store, "merge_room");
    bnn_store_merge_rows(store);
    bnn_store_merge_script(store, "merge_fill");
    bnn_store_merge_script(store, "merge_settle");
    if (store->status != BNN_OK)
        return merge_blame(store, name, err);
    int status = bnn_store_check_place(store, err); /* files were copied since the beginning */
    if (status == BNN_OK)
        status = bnn_store_commit(store, err);
    if (status == BNN_OK)
        *n_conflicts = n;
    return status;
}

void bnn_store_merge_end(bnn_store *store)
{
    bnn_store_rollback(store);
    sqlite3_exec(store->db, bnn_store_sql("merge_forget"), NULL, NULL, NULL);
    sqlite3_exec(store->db, "DETACH source", NULL, NULL, NULL);
}
