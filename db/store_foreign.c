#include "db/store_foreign.h"

#include "db/store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct bnn_foreign {
    sqlite3 *db;
    char *path;
};

static int foreign_fail(const bnn_foreign *foreign, bnn_error *err)
{
    if (foreign->db == NULL || sqlite3_errcode(foreign->db) == SQLITE_NOMEM)
        return bnn_no_memory(err);
    errno = bnn_store_reason(foreign->db);
    if (errno != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", foreign->path);
    return bnn_fail(err, BNN_E_RESOURCE, "%s: cannot write: %s", foreign->path,
                    sqlite3_errmsg(foreign->db));
}

static int foreign_script(bnn_foreign *foreign, const char *sql, bnn_error *err)
{
    return sqlite3_exec(foreign->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? BNN_OK
               : foreign_fail(foreign, err);
}

int bnn_foreign_create(const char *path, const char *schema, bnn_foreign **out, bnn_error *err)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE;
    bnn_foreign *foreign = calloc(1, sizeof *foreign);
    int status = BNN_OK;
    if (foreign == NULL || (foreign->path = strdup(path)) == NULL)
        status = bnn_no_memory(err);
    else if (sqlite3_open_v2(path, &foreign->db, flags, NULL) != SQLITE_OK)
        status = foreign_fail(foreign, err);
    if (status == BNN_OK)
        status = foreign_script(foreign, "BEGIN", err);
    if (status == BNN_OK)
        status = foreign_script(foreign, schema, err);
    if (status == BNN_OK)
        *out = foreign;
    else
        bnn_foreign_close(foreign);
    return status;
}

void bnn_foreign_close(bnn_foreign *foreign)
{
    if (foreign == NULL)
        return;
    sqlite3_close(foreign->db);
    free(foreign->path);
    free(foreign);
}

int bnn_foreign_insert(bnn_foreign *foreign, const char *sql, const bnn_store_value *values,
                       size_t n, bnn_error *err)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(foreign->db, sql, -1, &statement, NULL);
    for (size_t i = 0; code == SQLITE_OK && i < n; i++)
        code = bnn_store_bind(statement, (int)i + 1, &values[i]);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    const int status = code == SQLITE_DONE ? BNN_OK : foreign_fail(foreign, err);
    sqlite3_finalize(statement);
    return status;
}

int bnn_foreign_commit(bnn_foreign *foreign, bnn_error *err)
{
    return foreign_script(foreign, "COMMIT", err);
}
