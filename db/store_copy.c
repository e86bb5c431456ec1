/* store_copy.c - a database as a file of its own, while others may be writing to it. */
#include "db/store_internal.h"

#include <errno.h>

static int copy_fail(const bnn_store *store, sqlite3 *to, const char *path, int code,
                     bnn_error *err)
{
    if (to == NULL || (code & 0xff) == SQLITE_NOMEM)
        return bnn_no_memory(err);
    errno = bnn_store_reason(to);
    if (errno != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be copied to %s", store->path, path);
    return bnn_fail(err, BNN_E_RESOURCE, "%s: cannot be copied to %s: %s", store->path, path,
                    sqlite3_errstr(code));
}

/* Pages, not statements: a connection that only reads can be copied, too. */
int bnn_store_copy(bnn_store *store, const char *path, bnn_error *err)
{
    sqlite3 *to = NULL;
    int code = sqlite3_open_v2(
        path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    sqlite3_backup *backup =
        code == SQLITE_OK ? sqlite3_backup_init(to, "main", store->db, "main") : NULL;
    if (backup != NULL) {
        sqlite3_backup_step(backup, -1);
        code = sqlite3_backup_finish(backup);
    } else if (code == SQLITE_OK)
        code = sqlite3_errcode(to);
    const int status = code == SQLITE_OK ? BNN_OK : copy_fail(store, to, path, code, err);
    sqlite3_close(to);
    return status;
}

int bnn_store_save(bnn_store *store, const char *path, bnn_error *err)
{
    bnn_store_report(store, err);
    bnn_store_execute(store, "VACUUM INTO ?1", BNN_VALUES(V(path)));
    return store->status;
}
