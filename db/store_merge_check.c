/* store_merge_check.c - whether another database is one that bnnrun has written, before anything of it is believed. */
#include "db/store_merge.h"
#include "db/store_merge_internal.h"

#include <string.h>

void bnn_store_merge_disarm(const char *copy)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    char *all = NULL;
    int code = sqlite3_open_v2(copy, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (code == SQLITE_OK)
        code =
            sqlite3_prepare_v2(db,
                               "SELECT group_concat('DROP TRIGGER \"' || replace(name, '\"',"
                               " '\"\"') || '\"', ';') FROM sqlite_schema WHERE type = 'trigger'",
                               -1, &statement, NULL);
    if (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW &&
        sqlite3_column_text(statement, 0) != NULL)
        all = sqlite3_mprintf("%s", sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    if (all != NULL)
        sqlite3_exec(db, all, NULL, NULL, NULL);
    sqlite3_free(all);
    sqlite3_close(db);
}

/* Refuses when there is such a row, with what it says. */
static void merge_refuse(bnn_store *store, const char *sql)
{
    char *text = bnn_store_merge_text(store, "%s", sql);
    if (text != NULL)
        bnn_store_refuse(store, BNN_E_RESOURCE, "somebody has changed it: %s", text);
    sqlite3_free(text);
}

/* A virtual table has no page of its own. */
static void merge_check_table(bnn_store *store, const char *table)
{
    char *sound = bnn_store_merge_text(store,
                                       "SELECT 1 FROM source.sqlite_schema WHERE name = %Q"
                                       " AND type = 'table' AND rootpage > 0"
                                       " AND (SELECT group_concat(name) FROM (SELECT name FROM"
                                       "      pragma_table_info(%Q, 'main') ORDER BY name))"
                                       " IS (SELECT group_concat(name) FROM (SELECT name FROM"
                                       "      pragma_table_info(%Q, 'source') ORDER BY name))",
                                       table, table, table);
    if (sound == NULL)
        bnn_store_refuse(store, BNN_E_RESOURCE,
                         "somebody has changed it: the table %s is missing, or has other columns",
                         table);
    sqlite3_free(sound);
}

/* What SQLite or somebody has added here, as ANALYZE does, is not looked for there. */
void bnn_store_merge_check_tables(bnn_store *store)
{
    const char *table;
    for (size_t i = 0; (table = bnn_store_merge_table(i)) != NULL; i++)
        merge_check_table(store, table);
    merge_refuse(store, "SELECT * FROM pragma_quick_check(1, 'source') WHERE quick_check <> 'ok'");
}

/* A text that has the hash of another one would be taken for that. sql: the hash, the text. */
static void merge_check_hashes(bnn_store *store, const char *what, const char *sql)
{
    sqlite3_stmt *statement = bnn_store_first(store, sql, NULL, 0);
    int code = statement == NULL ? SQLITE_DONE : SQLITE_ROW;
    char sha256[BNN_SHA256_HEX];
    for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
        const char *hash = (const char *)sqlite3_column_text(statement, 0);
        const void *text = sqlite3_column_text(statement, 1);
        if (hash == NULL || text == NULL)
            break;
        bnn_sha256(text, (size_t)sqlite3_column_bytes(statement, 1), sha256);
        if (strcmp(sha256, hash) != 0)
            bnn_store_refuse(store, BNN_E_RESOURCE, "somebody has changed it: %s %.12s", what,
                             hash);
    }
    if (code != SQLITE_DONE && store->status == BNN_OK)
        store->status = bnn_store_fail(store, "merging", store->err);
    sqlite3_reset(statement);
}

/* An old bnnrun has no byte of FILE.lock that would tell. */
static void merge_check_rest(bnn_store *store)
{
    char *uid = bnn_store_merge_text(
        store, "SELECT run_uid FROM source.run WHERE state = 'running' ORDER BY run_id LIMIT 1");
    if (uid != NULL)
        bnn_store_refuse(store, BNN_E_RESOURCE,
                         "its run %s is under way; merge when that has ended", uid);
    sqlite3_free(uid);
}

void bnn_store_merge_check_rows(bnn_store *store)
{
    merge_check_rest(store);
    merge_refuse(store, bnn_store_sql("merge_check"));
    merge_check_hashes(store, "config", "SELECT hash, json FROM source.config");
    merge_check_hashes(store, "spec", "SELECT sha256, text FROM source.spec_revision");
}
