/* store_statement.c - transactions and prepared statements: the only calls of SQLite that write. */
#include "db/store_internal.h"

#include "base/fault.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

/* What an operation of the system failed of last; of the file, of its log, or of those of a database that is merged. */
static int store_errno(sqlite3 *db)
{
    static const char *const names[] = {"main", "source"};
    static const int which[] = {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER};
    int reason = sqlite3_system_errno(db);
    for (size_t i = 0; bnn_fault_remedy(reason) == NULL && i < 4; i++) {
        sqlite3_file *file = NULL;
        if (sqlite3_file_control(db, names[i / 2], which[i % 2], &file) == SQLITE_OK &&
            file != NULL && file->pMethods != NULL)
            file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &reason);
    }
    return reason;
}

int bnn_store_reason(sqlite3 *db)
{
    const int last = errno, reason = store_errno(db);
    switch (sqlite3_errcode(db) & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return EBUSY;
    case SQLITE_FULL:
        return ENOSPC;
    case SQLITE_IOERR:
        return bnn_fault_remedy(reason) != NULL ? reason : EIO;
    case SQLITE_CANTOPEN: /* of the index of its log SQLite does not keep why */
        return bnn_fault_remedy(reason) != NULL   ? reason
               : last == EMFILE || last == ENFILE ? last
                                                  : 0;
    case SQLITE_OK:      /* what a check has found */
    case SQLITE_CORRUPT: /* which SQLite also says of a disk that cannot be read */
        return reason == EIO || last == EIO ? EIO : 0;
    default:
        return 0;
    }
}

static int store_explain(bnn_store *store, const char *what, int reason, bnn_error *err)
{
    const char *path = store->path, *text = sqlite3_errmsg(store->db);
    char who[BNN_STORE_WRITER_MAX];
    if (reason == ENOSPC)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %s: the disk is full", path, what);
    if (reason != 0 && reason != EBUSY) {
        errno = reason;
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: %s", path, what);
    }
    switch (sqlite3_errcode(store->db) & 0xff) {
    case SQLITE_NOMEM:
        return bnn_no_memory(err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        bnn_store_find_writer(store, who);
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: %s: %s has been writing to it for %d seconds; wait for it to end, or "
                        "stop it",
                        path, what, who, store->wait_ms / 1000);
    case SQLITE_CANTOPEN: /* a WAL whose index cannot be made here */
        if (bnn_store_find_link(store, err))
            return err->status;
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: %s: what was written last, in %s-wal, cannot be read by you in this "
                        "folder; copy both files to one of your own",
                        path, what, path);
    case SQLITE_READONLY: /* SQLite tries that where it cannot open a file to write */
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: %s: cannot be written: opened for reading, or by a user who may not",
                        path, what);
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

int bnn_store_fail(bnn_store *store, const char *what, bnn_error *err)
{
    const int reason = bnn_store_reason(store->db);
    const int status = store_explain(store, what, reason, err);
    err->reason = reason;
    return status;
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

const char *bnn_store_path(const bnn_store *store)
{
    return store->path;
}

void bnn_store_set_wait(bnn_store *store, int milliseconds)
{
    store->wait_ms = milliseconds;
    sqlite3_busy_timeout(store->db, milliseconds);
}

int bnn_store_begin(bnn_store *store, bnn_error *err)
{
    if (!sqlite3_get_autocommit(store->db))
        return bnn_fail(err, BNN_E_INTERNAL, "%s: begin inside a transaction", store->path);
    if (!store->writes || sqlite3_db_readonly(store->db, "main"))
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: cannot be written: opened for reading, or by a "
                        "user who may not",
                        store->path);
    int status = bnn_store_script(store, "BEGIN IMMEDIATE", err);
    if (status == BNN_OK)
        status = bnn_store_check_place(store, err);
    if (status == BNN_OK)
        bnn_store_note_log(store);
    else
        bnn_store_rollback(store);
    return status;
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

/* Failures are of no interest: SQLite may have rolled back by itself, and closing does it, too. What goes on in the same
 * transaction, since there was no memory for its end, would be lost. */
void bnn_store_rollback(bnn_store *store)
{
    if (store->undo != NULL && !sqlite3_get_autocommit(store->db)) {
        sqlite3_step(store->undo);
        sqlite3_reset(store->undo);
    }
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

void bnn_store_enter(bnn_store *store, bnn_error *err)
{
    assert(!store->entered);
    bnn_store_report(store, err);
    store->own_transaction = sqlite3_get_autocommit(store->db) != 0;
    store->status = store->own_transaction ? bnn_store_begin(store, err)
                                           : bnn_store_script(store, "SAVEPOINT part", err);
    store->entered = store->status == BNN_OK;
}

int bnn_store_leave(bnn_store *store)
{
    if (!store->entered)
        return store->status;
    store->entered = false;
    if (store->status == BNN_OK)
        return store->own_transaction ? bnn_store_commit(store, store->err)
                                      : bnn_store_script(store, "RELEASE part", store->err);
    if (store->own_transaction)
        bnn_store_rollback(store);
    else if (!sqlite3_get_autocommit(store->db)) /* else SQLite has undone the whole transaction */
        sqlite3_exec(store->db, "ROLLBACK TO part; RELEASE part", NULL, NULL, NULL);
    return store->status;
}

/* ---- statements ---- */

void bnn_store_report(bnn_store *store, bnn_error *err)
{
    store->err = err;
    store->status = BNN_OK;
}

void bnn_store_refuse(bnn_store *store, bnn_status status, const char *format, ...)
{
    if (store->status != BNN_OK)
        return;
    va_list args;
    va_start(args, format);
    store->status = bnn_fail_v(store->err, status, format, args);
    va_end(args);
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

/* NULL after a failure. */
static sqlite3_stmt *find_statement(bnn_store *store, const char *sql)
{
    for (size_t i = 0; i < store->n_statements; i++)
        if (store->statements[i].sql == sql)
            return store->statements[i].statement;
    assert(store->n_statements < BNN_STORE_STATEMENTS_MAX);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK) {
        store->status = bnn_store_fail(store, "preparing a statement", store->err);
        return NULL;
    }
    store->statements[store->n_statements].sql = sql;
    store->statements[store->n_statements++].statement = statement;
    return statement;
}

/* what: says an error. */
static sqlite3_stmt *step_to_row(bnn_store *store, const char *what, const char *sql,
                                 const bnn_store_value *values, size_t n)
{
    sqlite3_stmt *statement = store->status == BNN_OK ? find_statement(store, sql) : NULL;
    if (statement == NULL)
        return NULL;
    assert((int)n == sqlite3_bind_parameter_count(statement));
    int code = SQLITE_OK;
    for (size_t i = 0; i < n && code == SQLITE_OK; i++)
        code = bnn_store_bind(statement, (int)i + 1, &values[i]);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    else
        what = "binding a value";
    if (code == SQLITE_ROW)
        return statement;
    if (code != SQLITE_DONE)
        store->status = bnn_store_fail(store, what, store->err);
    sqlite3_reset(statement);
    return NULL;
}

void bnn_store_execute(bnn_store *store, const char *sql, const bnn_store_value *values, size_t n)
{
    sqlite3_stmt *statement = step_to_row(store, "writing", sql, values, n);
    if (statement == NULL)
        return;
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        ;
    if (code != SQLITE_DONE)
        store->status = bnn_store_fail(store, "writing", store->err);
    sqlite3_reset(statement);
}

const char *bnn_store_column_text(bnn_store *store, sqlite3_stmt *statement, int column)
{
    const bool none = sqlite3_column_type(statement, column) == SQLITE_NULL;
    const char *text = (const char *)sqlite3_column_text(statement, column);
    if (text == NULL && !none && store->status == BNN_OK)
        store->status = bnn_no_memory(store->err);
    return text;
}

sqlite3_stmt *bnn_store_first(bnn_store *store, const char *sql, const bnn_store_value *values,
                              size_t n)
{
    return step_to_row(store, "reading", sql, values, n);
}

int64_t bnn_store_number(bnn_store *store, const char *sql, const bnn_store_value *values, size_t n,
                         int64_t none)
{
    sqlite3_stmt *statement = bnn_store_first(store, sql, values, n);
    if (statement == NULL)
        return none;
    const int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return number;
}
