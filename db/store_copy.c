/* store_copy.c - a database as a file of its own, while others may be writing to it. */
#include "db/store_internal.h"

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
    const char *why = to == NULL ? "there is no memory" : sqlite3_errstr(code);
    const int status = code == SQLITE_OK
                           ? BNN_OK
                           : bnn_fail(err, BNN_E_RESOURCE, "%s: cannot be copied to %s: %s",
                                      store->path, path, why);
    sqlite3_close(to);
    return status;
}

int bnn_store_save(bnn_store *store, const char *path, bnn_error *err)
{
    bnn_store_report(store, err);
    bnn_store_execute(store, "VACUUM INTO ?1", BNN_VALUES(V(path)));
    return store->status;
}
