/* store_moved.c - the file of an open database is deleted, moved away or replaced by another one.
 *
 * SQLite goes on writing to the file that it has open, which nobody finds any more, and the log of that is
 * still beside the place where it was: whoever opens another file there takes the log for a part of it, and
 * damages it. So each transaction looks first. Then all that was recorded, which the open file and its log
 * still hold, goes to a new file, and the log away. */
#include "db/store_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAVED_MAX = 100 }; /* FILE.saved, FILE.saved2 and so on */

void bnn_store_note_place(bnn_store *store)
{
    struct stat st;
    store->inode = store->log_inode = 0;
    if (stat(store->file, &st) != 0)
        return;
    store->device = st.st_dev;
    store->inode = st.st_ino;
}

/* The log, whatever file it belongs to; false when there is none. */
static bool stat_log(const bnn_store *store, struct stat *out)
{
    const char *log = sqlite3_filename_wal(sqlite3_db_filename(store->db, "main"));
    return log != NULL && lstat(log, out) == 0;
}

void bnn_store_note_log(bnn_store *store)
{
    struct stat st;
    if (store->log_inode == 0 && stat_log(store, &st) && st.st_dev == store->device)
        store->log_inode = st.st_ino;
}

int bnn_store_check_place(bnn_store *store, bnn_error *err)
{
    struct stat st;
    int moved = 0;
    if (store->inode == 0)
        return BNN_OK;
    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    const bool gone = stat(store->file, &st) != 0;
    if (!gone && moved == 0 && st.st_ino == store->inode && st.st_dev == store->device)
        return BNN_OK;
    bnn_fail(err, BNN_E_RESOURCE, "%s: was %s while this process was writing to it", store->path,
             gone ? "deleted or moved away" : "replaced by another file");
    err->reason = ESTALE;
    return err->status;
}

/* The first of the names that is free; NULL without memory, or when none is. */
static char *name_saved(const bnn_store *store)
{
    for (int i = 1; i < SAVED_MAX; i++) {
        char *name = NULL, number[8] = "";
        struct stat st;
        if (i > 1)
            snprintf(number, sizeof number, "%d", i);
        if (asprintf(&name, "%s.saved%s", store->file, number) < 0)
            return NULL;
        if (lstat(name, &st) != 0)
            return name;
        free(name);
    }
    return NULL;
}

/* The file of ours that the place has no more stays as it is; its log, which somebody else would take for
 * that of the file there, goes. */
static void leave_place(bnn_store *store)
{
    struct stat st;
    const char *file = sqlite3_db_filename(store->db, "main");
    if (store->log_inode != 0 && stat_log(store, &st) && st.st_ino == store->log_inode) {
        char *index;
        unlink(sqlite3_filename_wal(file));
        if (asprintf(&index, "%s-shm", file) >= 0) {
            unlink(index);
            free(index);
        }
    }
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    bnn_store_disconnect(store);
}

int bnn_store_rescue(bnn_store *store, bnn_error *told, bnn_error *err)
{
    bnn_error why;
    const size_t prefix = (size_t)(store->path - store->file);
    if (bnn_store_check_place(store, told) == BNN_OK)
        return BNN_OK;
    char *saved = name_saved(store);
    if (saved == NULL)
        return bnn_no_memory(err);
    const bnn_store_value to = bnn_value_text(saved);
    bnn_store_report(store, &why);
    bnn_store_execute(store, "VACUUM INTO ?1", &to, 1);
    if (store->status != BNN_OK) {
        unlink(saved);
        free(saved);
        *err = *told;
        const size_t used = strlen(err->message);
        snprintf(err->message + used, sizeof err->message - used,
                 "; what it recorded last could not be saved: %s", why.message);
        return err->status;
    }
    leave_place(store);
    const size_t used = strlen(told->message);
    snprintf(told->message + used, sizeof told->message - used,
             ", and nothing was written to what is there now; all that was recorded is in %s: "
             "`mv %s %s` takes it up again",
             saved + prefix, saved + prefix, store->path);
    free(store->file);
    store->file = saved;
    store->path = saved + prefix;
    return bnn_store_connect(store, BNN_STORE_WRITE, err);
}
