/* store.c - opening and closing the database. */
#include "db/store_internal.h"

#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
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

/* "alice", or "user 1007". */
static const char *owner_of(const char *path, char out[64])
{
    struct stat st;
    struct passwd user, *found = NULL;
    char texts[1024];
    snprintf(out, 64, "nobody");
    if (stat(path, &st) != 0)
        return out;
    if (getpwuid_r(st.st_uid, &user, texts, sizeof texts, &found) == 0 && found != NULL)
        snprintf(out, 64, "%s", found->pw_name);
    else
        snprintf(out, 64, "user %lu", (unsigned long)st.st_uid);
    return out;
}

/* errno: the reason. of: the file or folder that is to blame. then: what can be done. */
static int refuse_to_write(const bnn_store *store, const char *ending, const char *verb,
                           const char *whose, const char *of, const char *then, bnn_error *err)
{
    char owner[64];
    bnn_fail_errno(err, BNN_E_RESOURCE, "%s%s: cannot be %s", store->path, ending, verb);
    const size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, " (%s belongs to %s%s)", whose,
             owner_of(of, owner), then);
    return err->status;
}

bool bnn_store_find_link(const bnn_store *store, bnn_error *err)
{
    static const char *const endings[] = {"-wal", "-shm", "-journal", ".lock"};
    char file[PATH_MAX], path[PATH_MAX + 8];
    struct stat st;
    for (size_t i = 0; i < sizeof endings / sizeof *endings && bnn_path_follow(store->file, file);
         i++) {
        snprintf(path, sizeof path, "%s%s", file, endings[i]);
        if (lstat(path, &st) != 0 || !S_ISLNK(st.st_mode))
            continue;
        bnn_fail(err, BNN_E_RESOURCE, "%s%s: is a symbolic link, which is not followed; delete it",
                 store->path, endings[i]);
        return true;
    }
    return false;
}

/* The files that SQLite and we have beside the database: one that another user has left shuts us out. */
static int check_beside(const bnn_store *store, const char *file, bnn_error *err)
{
    static const char *const endings[][2] = {
        {"-wal", ", whose next `bnnrun run` removes it"},
        {"-shm", ", whose next `bnnrun run` removes it"},
        {".lock", ", and may be deleted while nobody uses the database"}};
    char path[PATH_MAX + 8];
    if (bnn_store_find_link(store, err))
        return err->status;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(path, sizeof path, "%s%s", file, endings[i][0]);
        if (eaccess(path, W_OK) != 0 && errno != ENOENT)
            return refuse_to_write(store, endings[i][0], "written", "it", path, endings[i][1], err);
    }
    return BNN_OK;
}

/* SQLite would open for reading what it may not write, and say later that it cannot; and of a file
 * that it may not create, that there is none. */
static int check_writable(const bnn_store *store, bnn_error *err)
{
    char real[PATH_MAX], folder[PATH_MAX];
    const bool exists = realpath(store->file, real) != NULL;
    const char *file = exists ? real : store->file;
    if (is_writable(file))
        return exists ? check_beside(store, file, err) : BNN_OK;
    if (exists && eaccess(file, W_OK) != 0)
        return refuse_to_write(store, "", "written", "it", file, "", err);
    if (!bnn_path_directory(file, folder))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: path too long", store->path);
    (void)eaccess(folder, W_OK | X_OK); /* for its errno */
    return refuse_to_write(store, "", exists ? "written" : "created", "its folder", folder, "",
                           err);
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
    int code = sqlite3_busy_timeout(db, store->wait_ms);
    code |= sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    code |= sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    code |= sqlite3_set_authorizer(db, bnn_store_authorize, store);
    if (code == SQLITE_OK)
        code = bnn_aggregates_register(db);
    if (code == SQLITE_OK)
        code = bnn_store_register_state(store);
    if (code == SQLITE_NOMEM)
        return bnn_no_memory(err);
    if (code != SQLITE_OK)
        return bnn_fail(err, BNN_E_INTERNAL, "%s: SQLite %s cannot be configured", store->path,
                        sqlite3_libversion());
    return BNN_OK;
}

/* How a database is to be read that this process may not write: a URI, freed by the caller. One that lies
 * still (no writer has its log beside it) is read without the files that SQLite else makes beside it; and
 * of one that does not, no index is made, which would be this user's and shut its owner out. */
static char *reading_uri(const char *file, bool still)
{
    char quoted[3 * PATH_MAX] = "", *uri;
    for (size_t i = 0; file[i] != '\0'; i++)
        snprintf(&quoted[3 * i], 4, "%%%02x", (unsigned char)file[i]);
    return asprintf(&uri, "file:%s?%s=1", quoted, still ? "immutable" : "readonly_shm") < 0 ? NULL
                                                                                            : uri;
}

/* Who may write also reads with a connection that could: as the last one it takes away the files beside
 * the database, which SQLite else leaves. Not where there is a log already, which may be that of a
 * database which lay here before. *out_uri: or NULL; freed by the caller. */
static int choose_flags(const bnn_store *store, bnn_store_mode mode, char **out_uri)
{
    char file[PATH_MAX], log[PATH_MAX + 8];
    *out_uri = NULL;
    if (mode == BNN_STORE_WRITE)
        return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (realpath(store->file, file) == NULL)
        return SQLITE_OPEN_READONLY;
    snprintf(log, sizeof log, "%s-wal", file);
    const bool still = access(log, F_OK) != 0;
    if (is_writable(file))
        return still ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    *out_uri = reading_uri(file, still);
    return SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
}

/* SQLite would let nobody else write to a file that it makes, whatever the umask says. One that is there
 * already, or cannot be made, is SQLite's to judge. */
static void create_file(const bnn_store *store)
{
    char file[PATH_MAX];
    const int fd = bnn_path_follow(store->file, file)
                       ? open(file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666)
                       : -1;
    if (fd >= 0)
        close(fd);
}

static int open_database(bnn_store *store, bnn_store_mode mode, bnn_error *err)
{
    char *uri;
    const int flags = choose_flags(store, mode, &uri);
    if ((flags & SQLITE_OPEN_URI) != 0 && uri == NULL)
        return bnn_no_memory(err);
    if ((flags & SQLITE_OPEN_CREATE) != 0)
        create_file(store);
    const int code = sqlite3_open_v2(uri != NULL ? uri : store->file, &store->db,
                                     flags | SQLITE_OPEN_NOMUTEX, NULL);
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

/* What SQLite makes beside a database is for the group of that, too. */
static void share_files(const bnn_store *store)
{
    struct stat st;
    const char *file = sqlite3_db_filename(store->db, "main");
    char path[PATH_MAX + 8];
    if (file == NULL || stat(file, &st) != 0)
        return;
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s%s", file, i == 0 ? "-wal" : "-shm");
        if (lchown(path, (uid_t)-1, st.st_gid) != 0)
            continue; /* another's, or not there */
    }
}

int bnn_store_connect(bnn_store *store, bnn_store_mode mode, bnn_error *err)
{
    store->writes = mode == BNN_STORE_WRITE;
    int status = open_database(store, mode, err);
    if (status == BNN_OK)
        status = configure_sqlite(store, err);
    if (status == BNN_OK)
        status = bnn_store_migrate(store, store->writes, err);
    if (status == BNN_OK)
        status =
            bnn_store_script(store, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL", err);
    if (status == BNN_OK && !store->writes)
        status = bnn_store_script(store, "PRAGMA query_only = ON", err);
    if (status == BNN_OK &&
        sqlite3_prepare_v2(store->db, "ROLLBACK", -1, &store->undo, NULL) != SQLITE_OK)
        status = bnn_store_fail(store, "opening", err);
    if (status != BNN_OK)
        return status;
    share_files(store);
    if (store->writes)
        bnn_store_note_place(store);
    return BNN_OK;
}

void bnn_store_disconnect(bnn_store *store)
{
    for (size_t i = 0; i < store->n_statements; i++)
        sqlite3_finalize(store->statements[i].statement);
    store->n_statements = 0;
    if (store->db != NULL)
        bnn_store_rollback(store);
    sqlite3_finalize(store->undo);
    store->undo = NULL;
    sqlite3_close(store->db);
    store->db = NULL;
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
    store->wait_ms = BNN_STORE_BUSY_TIMEOUT_MS;
    int status = check_store_file(store, mode, err);
    if (status == BNN_OK)
        status = check_file_system(store, err);
    if (status == BNN_OK && mode == BNN_STORE_WRITE)
        status = check_writable(store, err);
    if (status == BNN_OK)
        status = bnn_store_check_log(store, err);
    if (status == BNN_OK)
        status = bnn_store_connect(store, mode, err);
    if (status == BNN_OK)
        status = bnn_store_open_lock(store, mode == BNN_STORE_WRITE, err);
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
    bnn_store_disconnect(store);
    if (store->lock >= 0)
        close(store->lock);
    free(store->file);
    free(store);
}
