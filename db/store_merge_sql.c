/* store_merge_sql.c - statements of the merging of databases: put together for the columns of a table, or a file of
 * several. */
#include "db/store_merge_internal.h"

#include <stdarg.h>

/* NULL after a failure, here or before. */
static sqlite3_stmt *merge_prepare(bnn_store *store, const char *format, va_list arguments)
{
    sqlite3_stmt *statement = NULL;
    char *sql = store->status == BNN_OK ? sqlite3_vmprintf(format, arguments) : NULL;
    if (sql == NULL) {
        if (store->status == BNN_OK)
            store->status = bnn_no_memory(store->err);
        return NULL;
    }
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        store->status = bnn_store_fail(store, "merging", store->err);
    sqlite3_free(sql);
    return statement;
}

static void merge_judge(bnn_store *store, int code)
{
    if ((code & 0xff) == SQLITE_CONSTRAINT)
        bnn_store_refuse(store, BNN_E_RESOURCE,
                         "its rows do not fit into %s; somebody has changed one of them: %s",
                         store->path, sqlite3_errmsg(store->db));
    else if (code != SQLITE_OK && code != SQLITE_DONE && store->status == BNN_OK)
        store->status = bnn_store_fail(store, "merging", store->err);
}

void bnn_store_merge_script(bnn_store *store, const char *name)
{
    if (store->status == BNN_OK)
        merge_judge(store, sqlite3_exec(store->db, bnn_store_sql(name), NULL, NULL, NULL));
}

void bnn_store_merge_execute(bnn_store *store, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    sqlite3_stmt *statement = merge_prepare(store, format, arguments);
    va_end(arguments);
    int code = SQLITE_DONE;
    while (statement != NULL && (code = sqlite3_step(statement)) == SQLITE_ROW)
        ;
    merge_judge(store, code);
    sqlite3_finalize(statement);
}

char *bnn_store_merge_text(bnn_store *store, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    sqlite3_stmt *statement = merge_prepare(store, format, arguments);
    va_end(arguments);
    const int code = statement == NULL ? SQLITE_DONE : sqlite3_step(statement);
    if (code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL) {
        const char *found = bnn_store_column_text(store, statement, 0);
        text = found != NULL ? sqlite3_mprintf("%s", found) : NULL;
        if (text == NULL)
            store->status = bnn_no_memory(store->err);
    } else if (code != SQLITE_ROW)
        merge_judge(store, code);
    sqlite3_finalize(statement);
    return text;
}

char *bnn_store_merge_finished(bnn_store *store, sqlite3_str *text)
{
    char *made = sqlite3_str_finish(text);
    if (made == NULL && store->status == BNN_OK)
        store->status = bnn_no_memory(store->err);
    return made;
}
