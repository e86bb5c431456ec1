/* store_migrate.c - from nothing, or an older schema, to the newest.
 *
 * user_version counts the schema_N.sql that were applied. A schema_N.sql that was released stays as
 * it is; a change is a schema_N+1.sql. Views are made anew after an upgrade; a connection that only
 * reads an older schema makes temporary ones, which hide those of the file. */
#include "db/store_internal.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* From READABLE on, all tables that the views ask are there. */
enum { READABLE = 2, NEWEST = 9 };

typedef struct identity {
    int64_t application, version, n_objects;
} identity;

static int read_identity(bnn_store *store, identity *out, bnn_error *err)
{
    bnn_store_report(store, err);
    out->application = bnn_store_number(store, "PRAGMA application_id", NULL, 0, 0);
    out->version = bnn_store_number(store, "PRAGMA user_version", NULL, 0, 0);
    /* A newer schema may be beyond this SQLite; it is not looked at. */
    out->n_objects = 0;
    if (out->application == 0)
        out->n_objects = bnn_store_number(store, "SELECT count(*) FROM sqlite_schema", NULL, 0, 0);
    return store->status;
}

/* Read in one transaction: another process may be creating the tables just now. */
static int read_identity_at_once(bnn_store *store, identity *out, bnn_error *err)
{
    int status = bnn_store_script(store, "BEGIN", err);
    if (status == BNN_OK)
        status = read_identity(store, out, err);
    if (status == BNN_OK)
        status = bnn_store_script(store, "ROLLBACK", err);
    bnn_store_rollback(store);
    return status;
}

static bool is_empty(const identity *id)
{
    return id->application == 0 && id->version == 0 && id->n_objects == 0;
}

static int check_identity(bnn_store *store, const identity *id, bool writable, bnn_error *err)
{
    const char *path = store->path;
    if (is_empty(id)) {
        if (writable)
            return BNN_OK;
        return bnn_fail(err, BNN_E_RESOURCE, "%s: the database is empty; run an experiment first",
                        path);
    }
    if (id->application != BNN_STORE_APPLICATION_ID)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: the database of another program (application_id %#llx, ours is %#x); "
                        "name another file with --db",
                        path, (unsigned long long)id->application,
                        (unsigned)BNN_STORE_APPLICATION_ID);
    if (id->version > NEWEST)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: made by a newer bnnrun (schema %lld, this one knows %d); use that one",
                        path, (long long)id->version, NEWEST);
    if (id->version < 1 || (id->version < READABLE && !writable))
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: made by an older bnnrun (schema %lld, this one reads %d); run an "
                        "experiment on it to bring it up to date",
                        path, (long long)id->version, READABLE);
    return BNN_OK;
}

static int apply_script(bnn_store *store, const char *name, bnn_error *err)
{
    if (bnn_store_script(store, bnn_store_find_script(name), err) != BNN_OK)
        return bnn_error_prefix(err, "%s.sql: ", name);
    return BNN_OK;
}

/* The views find tables with all columns: temporary names hide those of the file. */
static int make_temporary_views(bnn_store *store, int64_t version, bnn_error *err)
{
    static const struct {
        int64_t before; /* the version that has the table as it is, or has it at all */
        const char *sql;
    } tables[] = {
        {4,
         "CREATE TEMP VIEW attempt AS SELECT *, NULL AS life, NULL AS telemetry FROM main.attempt;"
         "CREATE TEMP VIEW run AS SELECT *, NULL AS stale, NULL AS note FROM main.run"},
        {5, "CREATE TEMP VIEW IF NOT EXISTS run AS SELECT *, NULL AS note FROM main.run;"
            "CREATE TEMP VIEW run_tag AS SELECT 0 AS run_id, '' AS tag WHERE 0"},
        {6, "CREATE TEMP VIEW measured_layer AS"
            " SELECT 0 AS measured_layer_id, 0 AS ordinal, '' AS name WHERE 0;"
            "CREATE TEMP VIEW quantity AS SELECT 0 AS quantity_id, '' AS name, 0.0 AS bin WHERE 0;"
            "CREATE TEMP VIEW layer_value AS SELECT 0 AS run_id, 0 AS quantity_id,"
            " 0 AS measured_layer_id, 0 AS epoch, 0 AS attempt, 0.0 AS value WHERE 0;"
            "CREATE TEMP VIEW run_need AS SELECT 0 AS run_id, '' AS purpose, 0 AS need_run_id,"
            " '' AS need_uid, '' AS sha256 WHERE 0;"
            "CREATE TEMP VIEW experiment_config AS"
            " SELECT *, NULL AS need, 0 AS is_drawn FROM main.experiment_config;"
            "CREATE TEMP VIEW IF NOT EXISTS attempt AS"
            " SELECT *, NULL AS telemetry FROM main.attempt"},
        {7, "CREATE TEMP VIEW spec_revision AS"
            " SELECT *, NULL AS comparison FROM main.spec_revision;"
            "CREATE TEMP VIEW test_set AS SELECT 0 AS test_set_id, '' AS sha256, '' AS sample,"
            " 0 AS n_classes, x'' AS classes WHERE 0;"
            "CREATE TEMP VIEW prediction AS SELECT 0 AS run_id, 0 AS attempt, 0 AS test_set_id,"
            " x'' AS classes WHERE 0"},
        {8, "CREATE TEMP VIEW look AS SELECT 0 AS experiment_id, 0 AS config_id, 0 AS look,"
            " 0 AS seeds, 0 AS n, 0 AS n_failed, 0.0 AS difference, 0.0 AS low, 0.0 AS high,"
            " 0.0 AS p, 0.0 AS level, '' AS verdict, 0 AS looked_us WHERE 0;"
            "CREATE TEMP VIEW IF NOT EXISTS experiment_config AS"
            " SELECT *, 0 AS is_drawn FROM main.experiment_config"},
        {9, "CREATE TEMP VIEW rung AS SELECT 0 AS experiment_id, 0 AS config_id, 0 AS rung,"
            " 0 AS trained_id, 0 AS epochs, 0 AS n, 0 AS n_failed, 0.0 AS mean, 0 AS place,"
            " 0 AS n_in, 0 AS n_kept, 0.0 AS cut, 0 AS kept WHERE 0"},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (version < tables[i].before && bnn_store_script(store, tables[i].sql, err) != BNN_OK)
            return err->status;
    char *views = strdup(bnn_store_find_script("views"));
    if (views == NULL)
        return bnn_no_memory(err);
    for (char *at = views; (at = strstr(at, " main.")) != NULL;)
        memcpy(at, " temp", 5);
    const int status = bnn_store_script(store, views, err);
    free(views);
    return status;
}

/* Looks at what is small: where triggers were kept from their work, runs or attempts are amiss. */
static bool has_orphans(bnn_store *store, bnn_error *err)
{
    bnn_store_report(store, err);
    return bnn_store_number(
               store,
               "SELECT EXISTS (SELECT 1 FROM attempt WHERE run_id NOT IN (SELECT run_id FROM run))"
               " OR EXISTS (SELECT 1 FROM run WHERE (experiment_id, config_id) NOT IN"
               "            (SELECT experiment_id, config_id FROM experiment_config))"
               " OR EXISTS (SELECT 1 FROM run WHERE n_attempts > 0 AND state <> 'queued' AND NOT EXISTS"
               "            (SELECT 1 FROM attempt WHERE run_id = run.run_id AND attempt = n_attempts))",
               NULL, 0, 0) != 0;
}

static int upgrade_schema(bnn_store *store, int64_t version, bnn_error *err)
{
    int status = BNN_OK;
    for (int64_t next = version + 1; next <= NEWEST && status == BNN_OK; next++) {
        char name[32];
        snprintf(name, sizeof name, "schema_%lld", (long long)next);
        status = apply_script(store, name, err);
    }
    if (status == BNN_OK)
        status = apply_script(store, "orphans", err);
    if (status == BNN_OK)
        status = apply_script(store, "views", err);
    if (status != BNN_OK)
        return status;
    char marks[96];
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             BNN_STORE_APPLICATION_ID, NEWEST);
    return bnn_store_script(store, marks, err);
}

/* Turning WAL on needs the file for itself, and SQLite does not wait for that. */
static int turn_wal_on(bnn_store *store, bnn_error *err)
{
    static const struct timespec pause = {.tv_nsec = 10L * 1000 * 1000};
    int code = SQLITE_BUSY;
    for (int waited_ms = 0; waited_ms < BNN_STORE_BUSY_TIMEOUT_MS; waited_ms += 10) {
        code = sqlite3_exec(store->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if ((code & 0xff) != SQLITE_BUSY)
            break;
        nanosleep(&pause, NULL);
    }
    return code == SQLITE_OK ? BNN_OK : bnn_store_fail(store, "turning WAL on", err);
}

/* SQLite takes no notice of a folder that cannot be synced. After a power loss a journal or log in it could be gone, or
 * the log before it be back, which is older than what is in the database by then. */
static int sync_folder(bnn_store *store, bnn_error *err)
{
    const char *file = sqlite3_db_filename(store->db, "main");
    if (file == NULL || bnn_file_sync_directory_of(file))
        return BNN_OK;
    return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: its folder cannot be synced", store->path);
}

/* Half of the first page would be no database, and no empty one either: its journal is there from BEGIN on. */
static int write_first_page(bnn_store *store, bnn_error *err)
{
    int status = bnn_store_script(store, "BEGIN EXCLUSIVE", err);
    if (status == BNN_OK)
        status = sync_folder(store, err);
    if (status == BNN_OK)
        return bnn_store_commit(store, err);
    bnn_store_rollback(store);
    return status;
}

/* The log is there from the first reading on, and as long as this connection is nobody else removes it. */
static int settle_log(bnn_store *store, bnn_error *err)
{
    bnn_store_report(store, err);
    bnn_store_number(store, "SELECT count(*) FROM sqlite_schema", NULL, 0, 0);
    return store->status != BNN_OK ? store->status : sync_folder(store, err);
}

int bnn_store_migrate(bnn_store *store, bool writable, bnn_error *err)
{
    identity id;
    int status = read_identity_at_once(store, &id, err);
    if (status == BNN_OK)
        status = check_identity(store, &id, writable, err);
    if (status == BNN_OK && !writable && id.version < NEWEST)
        return make_temporary_views(store, id.version, err);
    if (status != BNN_OK || !writable)
        return status;
    if (is_empty(&id))
        status = write_first_page(store, err);
    if (status == BNN_OK)
        status = turn_wal_on(store, err);
    if (status == BNN_OK)
        status = settle_log(store, err);
    if (status == BNN_OK && id.version == NEWEST && !has_orphans(store, err))
        return store->status;
    if (status != BNN_OK)
        return status;
    status = bnn_store_begin(store, err);
    /* Another process may have been faster: look again, now that nobody else can write. */
    if (status == BNN_OK)
        status = read_identity(store, &id, err);
    if (status == BNN_OK)
        status = check_identity(store, &id, writable, err);
    if (status == BNN_OK)
        status = id.version < NEWEST ? upgrade_schema(store, id.version, err)
                                     : apply_script(store, "orphans", err);
    if (status == BNN_OK)
        return bnn_store_commit(store, err);
    bnn_store_rollback(store);
    return status;
}
