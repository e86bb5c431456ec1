/* store_statement.c - transactions and prepared statements: the only calls of SQLite that write. */
#include "db/store_internal.h"

#include <assert.h>
#include <string.h>
#include <time.h>

int bnn_store_fail(bnn_store *store, const char *what, bnn_error *err)
{
    const char *path = store->path, *text = sqlite3_errmsg(store->db);
    switch (sqlite3_errcode(store->db) & 0xff) {
    case SQLITE_NOMEM:
        return bnn_no_memory(err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: %s: another program has been writing to it for %d seconds; wait for "
                        "it to end, or stop it",
                        path, what, BNN_STORE_BUSY_TIMEOUT_MS / 1000);
    case SQLITE_FULL:
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %s: the disk is full", path, what);
    case SQLITE_NOTADB:
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: not a SQLite database; name another file with --db", path);
    case SQLITE_CORRUPT:
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: the database is damaged (%s); save what can be saved with "
                        "sqlite3 '%s' .recover",
                        path, text, path);
    case SQLITE_CONSTRAINT:
    case SQLITE_MISUSE:
        return bnn_fail(err, BNN_E_INTERNAL, "%s: %s: %s", path, what, text);
    default:
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %s: %s", path, what, text);
    }
}

int64_t bnn_store_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- transactions ---- */

int bnn_store_script(bnn_store *store, const char *sql, bnn_error *err)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return bnn_store_fail(store, "writing", err);
    return BNN_OK;
}

int bnn_store_begin(bnn_store *store, bnn_error *err)
{
    if (!sqlite3_get_autocommit(store->db))
        return bnn_fail(err, BNN_E_INTERNAL, "%s: begin inside a transaction", store->path);
    if (sqlite3_db_readonly(store->db, "main"))
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: cannot be written: opened for reading, or by a "
                        "user who may not",
                        store->path);
    return bnn_store_script(store, "BEGIN IMMEDIATE", err);
}

int bnn_store_commit(bnn_store *store, bnn_error *err)
{
    if (sqlite3_get_autocommit(store->db))
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: nothing to commit: the transaction was undone by an earlier error",
                        store->path);
    const int status = bnn_store_script(store, "COMMIT", err);
    if (status != BNN_OK)
        bnn_store_rollback(store);
    return status;
}

/* Failures are of no interest: SQLite may have rolled back by itself, and closing does it, too. */
void bnn_store_rollback(bnn_store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

int bnn_store_enter(bnn_store *store, bnn_error *err)
{
    assert(!store->entered);
    const bool own = sqlite3_get_autocommit(store->db) != 0;
    const int status =
        own ? bnn_store_begin(store, err) : bnn_store_script(store, "SAVEPOINT part", err);
    store->entered = status == BNN_OK;
    store->own_transaction = own;
    return status;
}

int bnn_store_leave(bnn_store *store, int status, bnn_error *err)
{
    assert(store->entered);
    store->entered = false;
    if (store->own_transaction) {
        if (status == BNN_OK)
            return bnn_store_commit(store, err);
        bnn_store_rollback(store);
        return status;
    }
    if (status == BNN_OK)
        return bnn_store_script(store, "RELEASE part", err);
    if (!sqlite3_get_autocommit(store->db)) /* else SQLite has undone the whole transaction */
        sqlite3_exec(store->db, "ROLLBACK TO part; RELEASE part", NULL, NULL, NULL);
    return status;
}

/* ---- statements ---- */

bnn_store_value bnn_value_integer(int64_t integer)
{
    return (bnn_store_value){.type = BNN_STORE_VALUE_INTEGER, .integer = integer};
}

bnn_store_value bnn_value_real(double real)
{
    return (bnn_store_value){.type = BNN_STORE_VALUE_REAL, .real = real};
}

bnn_store_value bnn_value_text(const char *text)
{
    if (text == NULL)
        return bnn_value_null();
    return (bnn_store_value){.type = BNN_STORE_VALUE_TEXT, .text = text};
}

bnn_store_value bnn_value_null(void)
{
    return (bnn_store_value){.type = BNN_STORE_VALUE_NULL};
}

int bnn_store_bind(sqlite3_stmt *statement, int i, const bnn_store_value *value)
{
    switch (value->type) {
    case BNN_STORE_VALUE_INTEGER:
        return sqlite3_bind_int64(statement, i, value->integer);
    case BNN_STORE_VALUE_REAL:
        return sqlite3_bind_double(statement, i, value->real);
    case BNN_STORE_VALUE_TEXT:
        return sqlite3_bind_text(statement, i, value->text, -1, SQLITE_TRANSIENT);
    case BNN_STORE_VALUE_BLOB:
        return sqlite3_bind_blob64(statement, i, value->text, value->n_bytes, SQLITE_TRANSIENT);
    case BNN_STORE_VALUE_NULL:
        break;
    }
    return sqlite3_bind_null(statement, i);
}

static int find_statement(bnn_store *store, const char *sql, sqlite3_stmt **out, bnn_error *err)
{
    for (size_t i = 0; i < store->n_statements; i++) {
        if (store->statements[i].sql == sql) {
            *out = store->statements[i].statement;
            return BNN_OK;
        }
    }
    assert(store->n_statements < BNN_STORE_STATEMENTS_MAX);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK)
        return bnn_store_fail(store, "preparing a statement", err);
    store->statements[store->n_statements].sql = sql;
    store->statements[store->n_statements++].statement = statement;
    *out = statement;
    return BNN_OK;
}

int bnn_store_start(bnn_store *store, const char *sql, const bnn_store_value *values, size_t n,
                    sqlite3_stmt **out, bnn_error *err)
{
    sqlite3_stmt *statement = NULL;
    const int status = find_statement(store, sql, &statement, err);
    if (status != BNN_OK)
        return status;
    assert((int)n == sqlite3_bind_parameter_count(statement));
    for (size_t i = 0; i < n; i++)
        if (bnn_store_bind(statement, (int)i + 1, &values[i]) != SQLITE_OK)
            return bnn_store_fail(store, "binding a value", err);
    *out = statement;
    return BNN_OK;
}

int bnn_store_execute(bnn_store *store, const char *sql, const bnn_store_value *values, size_t n,
                      bnn_error *err)
{
    sqlite3_stmt *statement = NULL;
    int status = bnn_store_start(store, sql, values, n, &statement, err);
    if (status != BNN_OK)
        return status;
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        ;
    if (code != SQLITE_DONE)
        status = bnn_store_fail(store, "writing", err);
    sqlite3_reset(statement);
    return status;
}

int bnn_store_number(bnn_store *store, const char *sql, const bnn_store_value *values, size_t n,
                     int64_t none, int64_t *out, bnn_error *err)
{
    sqlite3_stmt *statement = NULL;
    int status = bnn_store_start(store, sql, values, n, &statement, err);
    if (status != BNN_OK)
        return status;
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else if (code == SQLITE_DONE)
        *out = none;
    else
        status = bnn_store_fail(store, "reading", err);
    sqlite3_reset(statement);
    return status;
}
