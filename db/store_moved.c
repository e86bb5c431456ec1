/* store_moved.c - the file of an open database is deleted, moved away or replaced by another one.
 *
 * SQLite goes on writing to the file that it has open, which nobody finds any more, and the log of that is
 * still beside the place where it was: whoever opens another file there takes the log for a part of it, and
 * damages it. So each transaction looks first. Then all that was recorded, which the open file and its log
 * still hold, goes to a new file, and the log away. */
#include "db/store_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
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
    store->group = st.st_gid;
    store->mode = st.st_mode & 0666;
}

/* Whether the errno of stat() says that there is no such file; any other says nothing of it. */
static bool is_gone(int reason)
{
    return reason == ENOENT || reason == ENOTDIR;
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
    const bool found = stat(store->file, &st) == 0, gone = !found && is_gone(errno);
    if (!found && !gone) {
        bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot look whether it is still there",
                       store->path);
        err->reason = err->reason == ESTALE ? 0 : err->reason; /* which is what has moved */
        return err->status;
    }
    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (found && moved == 0 && st.st_ino == store->inode && st.st_dev == store->device)
        return BNN_OK;
    bnn_fail(err, BNN_E_RESOURCE, "%s: was %s while this process was writing to it", store->path,
             gone ? "deleted or moved away" : "replaced by another file");
    err->reason = ESTALE;
    return err->status;
}

/* What is saved is for those whom the database was for, and for nobody else. */
static void share_saved(const bnn_store *store, int fd)
{
    const bool same_group = fchown(fd, (uid_t)-1, store->group) == 0;
    fchmod(fd, same_group ? store->mode : store->mode & ~(mode_t)(S_IRWXG | S_IRWXO));
}

/* Makes an empty file by the first of the names that is free, so that no other process takes that; *before:
 * the name of one that was there, or NULL. The caller frees both. */
static int reserve_saved(const bnn_store *store, char **out, char **before, bnn_error *err)
{
    char *name = NULL;
    *before = NULL;
    for (int i = 1; i <= SAVED_MAX; i++) {
        char number[8] = "";
        if (i > 1)
            snprintf(number, sizeof number, "%d", i);
        if (asprintf(&name, "%s.saved%s", store->file, number) < 0)
            return bnn_no_memory(err);
        const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0) {
            share_saved(store, fd);
            close(fd);
            *out = name;
            return BNN_OK;
        }
        if (errno != EEXIST) {
            const int status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be created",
                                              name + (store->path - store->file));
            free(name);
            return status;
        }
        free(*before);
        *before = name;
    }
    return bnn_fail(err, BNN_E_RESOURCE,
                    "%s.saved and all names up to %s are taken; move these files away", store->path,
                    *before + (store->path - store->file));
}

/* Writes all that the open file holds to a new one. */
static int save_all(bnn_store *store, char **out, char **before, bnn_error *err)
{
    int status = reserve_saved(store, out, before, err);
    if (status != BNN_OK)
        return status;
    assert(*out != NULL);
    const bnn_store_value to = bnn_value_text(*out);
    bnn_store_report(store, err);
    bnn_store_execute(store, "VACUUM INTO ?1", &to, 1);
    if (store->status == BNN_OK)
        return BNN_OK;
    unlink(*out); /* it is ours */
    free(*out);
    return store->status;
}

/* The file of ours that the place has no more stays as it is; its log, which somebody else would take for
 * that of the file there, goes. When the file is there after all, so does its log stay. */
static void leave_place(bnn_store *store)
{
    struct stat st;
    const char *file = sqlite3_db_filename(store->db, "main");
    const bool left = stat(file, &st) == 0 ? st.st_ino != store->inode || st.st_dev != store->device
                                           : is_gone(errno);
    if (left && store->log_inode != 0 && stat_log(store, &st) && st.st_ino == store->log_inode) {
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

/* Where all is now, and how to go on with it; what lies beside it must not be lost for that. */
static void tell_saved(const bnn_store *store, const char *saved, const char *before,
                       bnn_error *told)
{
    const size_t used = strlen(told->message), prefix = (size_t)(store->path - store->file);
    const bool alone = before == NULL && access(store->file, F_OK) == 0;
    const int n =
        snprintf(told->message + used, sizeof told->message - used,
                 ", and nothing was written to what is there now; all that was recorded is in %s: "
                 "`mv %s%s %s` takes it up again",
                 saved + prefix, alone ? "" : "-n ", saved + prefix, store->path);
    if (before != NULL && used + (size_t)n < sizeof told->message)
        snprintf(
            told->message + used + n, sizeof told->message - used - (size_t)n,
            ", unless another file is there; %s is of an earlier or another sweep, and may hold "
            "results, too",
            before + prefix);
}

int bnn_store_rescue(bnn_store *store, bnn_error *told, bnn_error *err)
{
    bnn_error why;
    char *saved = NULL, *before = NULL;
    if (bnn_store_check_place(store, told) == BNN_OK)
        return BNN_OK;
    if (told->reason != ESTALE) {
        *err = *told;
        return err->status;
    }
    if (save_all(store, &saved, &before, &why) != BNN_OK) {
        free(before);
        *err = *told;
        const size_t used = strlen(err->message);
        snprintf(err->message + used, sizeof err->message - used,
                 "; what it recorded last could not be saved: %s", why.message);
        return err->status;
    }
    leave_place(store);
    tell_saved(store, saved, before, told);
    free(before);
    const size_t prefix = (size_t)(store->path - store->file);
    free(store->file);
    store->file = saved;
    store->path = saved + prefix;
    return bnn_store_connect(store, BNN_STORE_WRITE, err);
}
