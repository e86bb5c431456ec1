/* store_merge_disarm.c - the copy of another database, before it is opened as one of ours: what its schema has beside our
 * tables and indexes is taken out unread, and each of its tables is sound. */
#include "db/store_merge.h"
#include "db/store_merge_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Steps of SQLite that reading a schema takes at most: pages that lead to the same ones again have no end. */
enum { MERGE_STEPS = 30 * 1000 * 1000 };

/* What is neither a table nor an index of ours, text for text: views and triggers, which would run; whatever else
 * somebody has in it. Comments differ between versions of a schema. */
static const char merge_strip[] =
    "PRAGMA source.writable_schema = ON;"
    "DELETE FROM source.sqlite_schema AS s WHERE NOT EXISTS ("
    "  SELECT 1 FROM main.sqlite_schema AS m WHERE m.type IN ('table', 'index') AND m.type IS s.type"
    "  AND m.name IS s.name AND m.tbl_name IS s.tbl_name AND bare(m.sql) IS bare(s.sql))";

/* An older program may have made fewer of the other indexes. */
static const char merge_missing[] =
    "SELECT 'the table ' || m.tbl_name || ' is missing, or is another one'"
    " FROM main.sqlite_schema AS m LEFT JOIN source.sqlite_schema AS s USING (type, name)"
    " WHERE (m.type = 'table' OR m.sql IS NULL) AND s.name IS NULL LIMIT 1";

/* Each table by itself: what else was in it has left its pages. With its indexes: a row that is missing in one would
 * be left behind, and nobody be told. */
static const char merge_damaged[] =
    "SELECT integrity_check FROM sqlite_schema AS m, pragma_integrity_check(m.name)"
    " WHERE m.type = 'table' AND integrity_check <> 'ok' LIMIT 1";

static int merge_give_up(void *data)
{
    (void)data;
    return 1;
}

/* SQL without comments to the end of a line, and with one blank for several. */
static void merge_bare(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    const char *sql = sqlite3_value_type(values[0]) == SQLITE_TEXT
                          ? (const char *)sqlite3_value_text(values[0])
                          : NULL;
    if (sql == NULL)
        return;
    sqlite3_str *out = sqlite3_str_new(NULL);
    for (bool was_blank = false; *sql != '\0'; sql++) {
        if (sql[0] == '-' && sql[1] == '-')
            sql = strchrnul(sql, '\n');
        const bool is_blank = *sql == '\0' || strchr(" \t\n", *sql) != NULL;
        if (!is_blank || !was_blank)
            sqlite3_str_appendchar(out, 1, is_blank ? ' ' : *sql);
        was_blank = is_blank;
        if (*sql == '\0')
            break;
    }
    char *made = sqlite3_str_finish(out);
    if (made == NULL)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_text(context, made, -1, sqlite3_free);
}

/* The first column of the first row; a code of SQLite, SQLITE_DONE without a row. */
static int merge_first(sqlite3 *db, const char *sql, char **text)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        const bool none = sqlite3_column_type(statement, 0) == SQLITE_NULL;
        const char *found = (const char *)sqlite3_column_text(statement, 0);
        *text = found != NULL || none ? sqlite3_mprintf("%s", found) : NULL;
        code = *text == NULL ? SQLITE_NOMEM : SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return code;
}

/* Opens one that believes nothing of what it reads. */
static int merge_open_plain(const char *path, sqlite3 **db)
{
    int code = sqlite3_open_v2(
        path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return code;
}

/* The tables of this version of the schema, empty. */
static int merge_make_schema(sqlite3 *db, int64_t version)
{
    int code = SQLITE_OK;
    for (int64_t i = 1; code == SQLITE_OK && i <= version; i++) {
        char name[32];
        sqlite3_snprintf((int)sizeof name, name, "schema_%lld", (long long)i);
        const char *sql = bnn_store_find_script(name);
        code = sql == NULL ? SQLITE_ERROR : sqlite3_exec(db, sql, NULL, NULL, NULL);
    }
    return code;
}

/* *version: -1 of what is no database of ours, or made by a newer program. */
static int merge_version(sqlite3 *db, int64_t *version)
{
    char *application = NULL, *number = NULL, name[32];
    *version = -1;
    int code = merge_first(db, "PRAGMA source.application_id", &application);
    if (code == SQLITE_OK)
        code = merge_first(db, "PRAGMA source.user_version", &number);
    if (application != NULL && number != NULL &&
        strtoll(application, NULL, 10) == BNN_STORE_APPLICATION_ID) {
        sqlite3_snprintf((int)sizeof name, name, "schema_%s", number);
        if (bnn_store_find_script(name) != NULL)
            *version = strtoll(number, NULL, 10);
    }
    sqlite3_free(application);
    sqlite3_free(number);
    return code;
}

static int merge_strip_schema(sqlite3 *db, const char *copy, int64_t *version)
{
    char *attach = sqlite3_mprintf("ATTACH %Q AS source", copy);
    int code = sqlite3_create_function(db, "bare", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                       merge_bare, NULL, NULL);
    sqlite3_progress_handler(db, MERGE_STEPS, merge_give_up, NULL);
    if (code == SQLITE_OK)
        code = attach == NULL ? SQLITE_NOMEM : sqlite3_exec(db, attach, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = merge_version(db, version);
    if (code == SQLITE_OK && *version > 0)
        code = merge_make_schema(db, *version);
    if (code == SQLITE_OK && *version > 0)
        code = sqlite3_exec(db, merge_strip, NULL, NULL, NULL);
    sqlite3_free(attach);
    return code;
}

/* *why: what is wrong with it. A code of SQLite, SQLITE_DONE when nothing is. */
static int merge_look(sqlite3 *db, const char *copy, sqlite3 **again, char **why)
{
    int64_t version = -1;
    int code = merge_strip_schema(db, copy, &version);
    if (code == SQLITE_NOTADB || (code == SQLITE_OK && version < 0))
        return SQLITE_DONE;
    if (code == SQLITE_OK)
        code = merge_first(db, merge_missing, why);
    if (code != SQLITE_DONE)
        return code;
    code = merge_open_plain(copy, again); /* which reads the schema as it is now */
    return code == SQLITE_OK ? merge_first(*again, merge_damaged, why) : code;
}

/* why: NULL, or what is wrong with the copy; db: whose call has failed, or NULL. */
static int merge_explain(sqlite3 *db, int code, const char *why, bnn_error *err)
{
    const char *said = why != NULL                ? why
                       : code == SQLITE_INTERRUPT ? "its schema has no end"
                       : db != NULL               ? sqlite3_errmsg(db)
                                                  : sqlite3_errstr(code);
    if ((code & 0xff) == SQLITE_NOMEM)
        return bnn_no_memory(err);
    errno = db != NULL ? bnn_store_reason(db) : 0;
    if (errno != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "a copy of it cannot be looked at");
    if ((code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_READONLY)
        return bnn_fail(err, BNN_E_RESOURCE, "a copy of it cannot be opened: %s", said);
    return bnn_fail(err, BNN_E_RESOURCE, "damaged, or somebody has changed it: %s", said);
}

int bnn_store_merge_disarm(const char *copy, bnn_error *err)
{
    sqlite3 *db = NULL, *again = NULL;
    char *why = NULL;
    int code = merge_open_plain(":memory:", &db);
    if (code == SQLITE_OK)
        code = merge_look(db, copy, &again, &why);
    const int status =
        code == SQLITE_DONE ? BNN_OK : merge_explain(again != NULL ? again : db, code, why, err);
    sqlite3_free(why);
    sqlite3_close(again);
    sqlite3_close(db);
    return status;
}
