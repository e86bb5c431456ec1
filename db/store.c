/* store.c - opening and closing the database. */
#include "db/store_internal.h"

#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

const char *bnn_store_remote_file_system(unsigned long type)
{
    /* Numbers from statfs(2) and linux/magic.h. FUSE is not here: it does not tell sshfs from a
     * local folder that a virtual machine or a container sees through it. */
    static const struct {
        unsigned long type;
        const char *name;
    } table[] = {
        {0x6969, "NFS"},        {0x517b, "SMB"},        {0xfe534d42, "SMB"},
        {0xff534d42, "CIFS"},   {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"},
        {0x19830326, "BeeGFS"}, {0x00c36400, "Ceph"},   {0x5346414f, "AFS"},
        {0x7461636f, "OCFS2"},  {0x01161970, "GFS2"},   {0xaad7aaea, "PanFS"},
        {0x73757245, "Coda"},   {0x01021997, "9P"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].type == (type & 0xffffffff))
            return table[i].name;
    return NULL;
}

/* Of the file, or of its directory while it does not exist. */
static int check_file_system(const bnn_store *store, bnn_error *err)
{
    struct statfs fs;
    int code = statfs(store->file, &fs);
    if (code != 0 && errno == ENOENT) {
        char *directory =
            strndup(store->file, (size_t)(strrchr(store->file, '/') - store->file) + 1);
        if (directory == NULL)
            return bnn_no_memory(err);
        code = statfs(directory, &fs);
        free(directory);
    }
    if (code != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot look at its directory", store->path);
    const char *name = bnn_store_remote_file_system((unsigned long)fs.f_type);
    if (name != NULL)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: the database is on a network file system (%s), where it could be "
                        "damaged; name a file on a local disk with --db",
                        store->path, name);
    return BNN_OK;
}

/* Whether this process may write to the file, or make it, and others beside it; else false with errno. */
static bool is_writable(const char *file)
{
    char folder[PATH_MAX];
    return (eaccess(file, W_OK) == 0 || errno == ENOENT) && bnn_path_directory(file, folder) &&
           eaccess(folder, W_OK | X_OK) == 0;
}

/* SQLite would open for reading what it may not write, and say later that it cannot; and of a file
 * that it may not create, that there is none. */
static int check_writable(const bnn_store *store, bnn_error *err)
{
    char file[PATH_MAX];
    const bool exists = realpath(store->file, file) != NULL;
    if (is_writable(exists ? file : store->file))
        return BNN_OK;
    return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be %s", store->path,
                          exists ? "written" : "created");
}

/* Says what SQLite would say less clearly. Does not open the file: closing it again would drop the
 * locks that another connection of this process holds on it. */
static int check_store_file(const bnn_store *store, bnn_store_mode mode, bnn_error *err)
{
    struct stat st;
    if (stat(store->file, &st) != 0) {
        if (errno != ENOENT)
            return bnn_fail_errno(err, BNN_E_RESOURCE, "%s", store->path);
        if (mode == BNN_STORE_WRITE)
            return BNN_OK;
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: no such database; run an experiment first, or name a database with "
                        "--db",
                        store->path);
    }
    if (!S_ISREG(st.st_mode))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: not a file; name a database with --db",
                        store->path);
    return BNN_OK;
}

/* The file may come from anywhere: what its schema says is not trusted with anything. */
static int configure_sqlite(bnn_store *store, bnn_error *err)
{
    sqlite3 *db = store->db;
    sqlite3_extended_result_codes(db, 1);
    int code = sqlite3_busy_timeout(db, BNN_STORE_BUSY_TIMEOUT_MS);
    code |= sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    code |= sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    code |= sqlite3_set_authorizer(db, bnn_store_authorize, store);
    code |= bnn_aggregates_register(db);
    code |= bnn_store_register_state(store);
    if (code != SQLITE_OK)
        return bnn_fail(err, BNN_E_INTERNAL, "%s: SQLite %s cannot be configured", store->path,
                        sqlite3_libversion());
    return BNN_OK;
}

/* A database that lies still (no writer has its log beside it), where this process may not write, is
 * read without the files that SQLite else makes beside it: a URI that says so, freed by the caller.
 * NULL: it is read as always. */
static char *still_uri(const char *path)
{
    char file[PATH_MAX], log[PATH_MAX + 8], quoted[3 * PATH_MAX] = "", *uri;
    if (realpath(path, file) == NULL || is_writable(file))
        return NULL;
    snprintf(log, sizeof log, "%s-wal", file);
    if (access(log, F_OK) == 0)
        return NULL;
    for (size_t i = 0; file[i] != '\0'; i++)
        snprintf(&quoted[3 * i], 4, "%%%02x", (unsigned char)file[i]);
    return asprintf(&uri, "file:%s?immutable=1", quoted) < 0 ? NULL : uri;
}

static int open_database(bnn_store *store, bnn_store_mode mode, bnn_error *err)
{
    char *uri = mode == BNN_STORE_READ ? still_uri(store->file) : NULL;
    int flags =
        mode == BNN_STORE_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    flags |= SQLITE_OPEN_NOMUTEX | (uri != NULL ? SQLITE_OPEN_URI : 0);
    const int code = sqlite3_open_v2(uri != NULL ? uri : store->file, &store->db, flags, NULL);
    free(uri);
    if (code == SQLITE_OK)
        return BNN_OK;
    if (store->db == NULL)
        return bnn_no_memory(err);
    const int reason = sqlite3_system_errno(store->db);
    if (reason == 0)
        return bnn_store_fail(store, "opening", err);
    errno = reason;
    return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", store->path);
}

int bnn_store_open(const char *path, bnn_store_mode mode, bnn_store **out, bnn_error *err)
{
    bnn_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return bnn_no_memory(err);
    /* SQLite reads "file:..." as a URI and ":memory:" as none; "./file:..." is just a file. */
    const char *prefix = path[0] == '/' ? "" : "./";
    if (asprintf(&store->file, "%s%s", prefix, path) < 0) {
        free(store);
        return bnn_no_memory(err);
    }
    store->path = store->file + strlen(prefix);
    store->lock = -1;
    int status = check_store_file(store, mode, err);
    if (status == BNN_OK)
        status = check_file_system(store, err);
    if (status == BNN_OK && mode == BNN_STORE_WRITE)
        status = check_writable(store, err);
    if (status == BNN_OK)
        status = open_database(store, mode, err);
    if (status == BNN_OK)
        status = configure_sqlite(store, err);
    if (status == BNN_OK)
        status = bnn_store_migrate(store, mode == BNN_STORE_WRITE, err);
    if (status == BNN_OK)
        status = bnn_store_open_lock(store, mode == BNN_STORE_WRITE, err);
    if (status == BNN_OK)
        status =
            bnn_store_script(store, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL", err);
    if (status != BNN_OK) {
        bnn_store_close(store);
        return status;
    }
    *out = store;
    return BNN_OK;
}

void bnn_store_close(bnn_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->n_statements; i++)
        sqlite3_finalize(store->statements[i].statement);
    if (store->db != NULL)
        bnn_store_rollback(store);
    sqlite3_close(store->db);
    if (store->lock >= 0)
        close(store->lock);
    free(store->file);
    free(store);
}
