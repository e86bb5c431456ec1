/* store_merge_check.c - whether the tables and rows of another database are such as bnnrun writes, before they are
 * believed. */
#include "db/store_merge_internal.h"

#include <string.h>

/* Refuses when there is such a row, with what it says. whose: "", or the database and ": ". */
static void merge_refuse(bnn_store *store, const char *whose, const char *sql)
{
    char *text = bnn_store_merge_text(store, "%s", sql);
    if (text != NULL)
        bnn_store_refuse(store, BNN_E_RESOURCE, "%ssomebody has changed it: %s", whose, text);
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
        store, "SELECT coalesce(run_uid, 'NULL') FROM source.run WHERE state = 'running'"
               " ORDER BY run_id LIMIT 1");
    if (uid != NULL)
        bnn_store_refuse(store, BNN_E_RESOURCE,
                         "its run %s is under way; merge when that has ended", uid);
    sqlite3_free(uid);
}

void bnn_store_merge_check_rows(bnn_store *store)
{
    merge_check_rest(store);
    merge_refuse(store, "", bnn_store_sql("merge_check"));
    merge_check_hashes(store, "config", "SELECT hash, json FROM source.config");
    merge_check_hashes(store, "spec", "SELECT sha256, text FROM source.spec_revision");
    char *here = sqlite3_mprintf("%s: ", store->path);
    if (here == NULL && store->status == BNN_OK)
        store->status = bnn_no_memory(store->err);
    merge_refuse(store, here, bnn_store_sql("merge_check_here"));
    sqlite3_free(here);
}
