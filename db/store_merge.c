/* store_merge.c - takes over the rows of another database.
 *
 * That is attached as `source`, and only read. Statements are made from the lists of columns of the schema: a
 * column that holds an id is mapped, all others are copied as they are, so a new column of the schema comes
 * along. A new table has to be put into one of the lists here. */
#include "db/store_internal.h"
#include "db/store_merge.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* What runs share: found again by what it says, else added. key: NULL for all columns. Ids of some are never used
 * again (schema_4.sql). */
static const struct {
    const char *table, *id, *key[4];
    bool is_kept;
} entities[] = {
    {"experiment", "experiment_id", {"name"}, true},
    {"config", "config_id", {"hash"}, true},
    {"environment", "environment_id", {NULL}, false},
    {"dataset", "dataset_id", {"name", "sha256", "source"}, false},
    {"plugin", "plugin_id", {"kind", "name", "sha256", "path"}, false},
    {"measured_layer", "measured_layer_id", {"name", "ordinal"}, false},
    {"quantity", "quantity_id", {"name", "bin"}, false},
    {"test_set", "test_set_id", {NULL}, false},
};

/* All else, in an order in which what is referred to comes first; where: which rows, of `s`. */
#define MOVED "s.run_id IN (SELECT old FROM temp.merged_run WHERE how IN ('new', 'better'))"
#define NOT_DIFFERENT \
    "s.run_id IN (SELECT old FROM temp.merged_run WHERE how NOT IN ('different', 'busy'))"
#define BENCHED "s.benchmark_id IN (SELECT old FROM temp.merged_id WHERE name = 'benchmark')"
static const struct {
    const char *table, *where, *conflict;
} copied[] = {
    {"config_param", "1", "ON CONFLICT DO NOTHING"},
    {"spec_revision", "1",
     "ON CONFLICT (experiment_id, sha256) DO UPDATE SET last_us = max(last_us, excluded.last_us),"
     " comparison = CASE WHEN excluded.first_us < first_us THEN excluded.comparison"
     " ELSE comparison END, first_us = min(first_us, excluded.first_us)"},
    {"experiment_config", "1", "ON CONFLICT (experiment_id, config_id) DO NOTHING"},
    {"run", "s.run_id IN (SELECT old FROM temp.merged_run WHERE how = 'new')", ""},
    {"attempt", MOVED, ""},
    {"run_plugin", MOVED, ""},
    {"metric", MOVED, ""},
    {"timing", MOVED, ""},
    {"layer", MOVED, ""},
    {"artifact", MOVED, ""},
    {"layer_value", MOVED, ""},
    {"prediction", MOVED, ""},
    {"run_need", MOVED, ""},
    {"run_tag", NOT_DIFFERENT, "ON CONFLICT DO NOTHING"},
    {"benchmark", BENCHED, ""},
    {"benchmark_result", BENCHED, ""},
    {"benchmark_layer", BENCHED, ""},
    {"look", "1", "ON CONFLICT DO NOTHING"},
    {"rung", "1", "ON CONFLICT DO NOTHING"},
};

/* What stays each database's own. */
static const char *const left_alone[] = {"highest_id"};

/* Columns with ids, and of what. */
static const struct {
    const char *column, *of;
} ids[] = {
    {"experiment_id", "experiment"},
    {"config_id", "config"},
    {"trained_id", "config"},
    {"run_id", "run"},
    {"need_run_id", "run"},
    {"twin_run_id", "run"},
    {"environment_id", "environment"},
    {"dataset_id", "dataset"},
    {"plugin_id", "plugin"},
    {"measured_layer_id", "measured_layer"},
    {"quantity_id", "quantity"},
    {"test_set_id", "test_set"},
    {"benchmark_id", "benchmark"},
};

/* Columns whose value is another one here. Runs of an older revision of a spec than the newest here are no longer
 * part of it, nor is a config that has the label of another one here, where a file beside the spec, or a default of a
 * plugin, differs; an attempt holds nothing here; a file lies where the run is called so. */
static const struct {
    const char *table, *column, *value;
} changed[] = {
    {"rung", "trained_id",
     "coalesce((SELECT new FROM temp.merged_id WHERE name = 'config' AND old = s.trained_id), 0)"},
    {"attempt", "life", "NULL"},
    {"artifact", "path",
     "(SELECT uid || substr(s.path, length(from_uid) + 1) FROM temp.merged_run"
     " WHERE old = s.run_id)"},
    {"run_need", "need_uid",
     "coalesce((SELECT uid FROM temp.merged_run WHERE from_uid = s.need_uid), s.need_uid)"},
    {"experiment_config", "in_spec",
     "(SELECT CASE WHEN t.is_older OR EXISTS (SELECT 1 FROM main.experiment_config AS m"
     " WHERE m.experiment_id = t.new AND m.in_spec AND m.label = s.label AND m.config_id <>"
     " (SELECT new FROM temp.merged_id WHERE name = 'config' AND old = s.config_id))"
     " THEN 0 ELSE s.in_spec END FROM temp.merged_spec AS t WHERE t.old = s.experiment_id)"},
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char *merge_id_of(const char *column)
{
    for (size_t i = 0; i < COUNT(ids); i++)
        if (strcmp(ids[i].column, column) == 0)
            return ids[i].of;
    return NULL;
}

static bool merge_knows_table(const char *table)
{
    bool known = false;
    for (size_t i = 0; i < COUNT(entities); i++)
        known = known || strcmp(entities[i].table, table) == 0;
    for (size_t i = 0; i < COUNT(copied); i++)
        known = known || strcmp(copied[i].table, table) == 0;
    for (size_t i = 0; i < COUNT(left_alone); i++)
        known = known || strcmp(left_alone[i], table) == 0;
    return known;
}

bool bnn_store_merge_knows(const char *table, const char *column)
{
    const size_t n = strlen(column);
    const bool is_id =
        n > 3 && strcmp(column + n - 3, "_id") == 0 && strcmp(column, "boot_id") != 0;
    return merge_knows_table(table) && (!is_id || merge_id_of(column) != NULL);
}

/* ---- statements -------------------------------------------------------------------------- */

/* Prepares a statement that is written as sqlite3_mprintf does; NULL after a failure, here or before. */
static sqlite3_stmt *merge_prepare(bnn_store *store, const char *format, va_list arguments)
{
    sqlite3_stmt *statement = NULL;
    char *sql = store->status == BNN_OK ? sqlite3_vmprintf(format, arguments) : NULL;
    if (sql == NULL) {
        if (store->status == BNN_OK)
            store->status = bnn_no_memory(store->err);
        return NULL;
    }
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        store->status = bnn_store_fail(store, "merging", store->err);
    sqlite3_free(sql);
    return statement;
}

/* What a constraint of ours refuses was written by no bnnrun. */
static void merge_execute(bnn_store *store, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    sqlite3_stmt *statement = merge_prepare(store, format, arguments);
    va_end(arguments);
    int code = SQLITE_DONE;
    while (statement != NULL && (code = sqlite3_step(statement)) == SQLITE_ROW)
        ;
    if (code != SQLITE_DONE && (code & 0xff) == SQLITE_CONSTRAINT)
        bnn_store_refuse(store, BNN_E_RESOURCE, "somebody has changed it: %s",
                         sqlite3_errmsg(store->db));
    else if (code != SQLITE_DONE && store->status == BNN_OK)
        store->status = bnn_store_fail(store, "merging", store->err);
    sqlite3_finalize(statement);
}

/* The first column of the first row, freed by sqlite3_free; NULL without one. */
static char *merge_text(bnn_store *store, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    sqlite3_stmt *statement = merge_prepare(store, format, arguments);
    va_end(arguments);
    const int code = statement == NULL ? SQLITE_DONE : sqlite3_step(statement);
    if (code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL) {
        text = sqlite3_mprintf("%s", sqlite3_column_text(statement, 0));
        if (text == NULL)
            store->status = bnn_no_memory(store->err);
    } else if (code != SQLITE_ROW && code != SQLITE_DONE)
        store->status = bnn_store_fail(store, "merging", store->err);
    sqlite3_finalize(statement);
    return text;
}

/* The values of the columns of a row `s` of a table, as they are here: "s.a, (SELECT ...), s.b". */
static char *merge_values(bnn_store *store, const char *table, const char *columns)
{
    sqlite3_str *out = sqlite3_str_new(store->db);
    for (const char *at = columns, *end; *at != '\0'; at = *end == ',' ? end + 1 : end) {
        end = strchrnul(at, ',');
        char name[64];
        const char *value = NULL;
        sqlite3_snprintf((int)sizeof name, name, "%.*s", (int)(end - at), at);
        for (size_t i = 0; i < COUNT(changed); i++)
            if (strcmp(changed[i].table, table) == 0 && strcmp(changed[i].column, name) == 0)
                value = changed[i].value;
        sqlite3_str_appendall(out, at == columns ? "" : ", ");
        if (value != NULL)
            sqlite3_str_appendall(out, value);
        else if (merge_id_of(name) != NULL)
            sqlite3_str_appendf(
                out, "(SELECT new FROM temp.merged_id WHERE name = '%s' AND old = s.\"%w\")",
                merge_id_of(name), name);
        else
            sqlite3_str_appendf(out, "s.\"%w\"", name);
    }
    char *text = sqlite3_str_finish(out);
    if (text == NULL && store->status == BNN_OK)
        store->status = bnn_no_memory(store->err);
    return text;
}

/* "a,b,c": the columns of a table of ours. */
static char *merge_columns(bnn_store *store, const char *table)
{
    return merge_text(store,
                      "SELECT group_concat(name, ',') FROM (SELECT name FROM"
                      " pragma_table_info(%Q, 'main') ORDER BY cid)",
                      table);
}

static void merge_copy(bnn_store *store, const char *table, const char *where, const char *conflict)
{
    char *columns = merge_columns(store, table);
    char *values = columns == NULL ? NULL : merge_values(store, table, columns);
    if (values != NULL)
        merge_execute(store,
                      "INSERT INTO main.\"%w\"(%s) SELECT %s FROM source.\"%w\" AS s"
                      " WHERE (%s) %s",
                      table, columns, values, table, where, conflict);
    sqlite3_free(values);
    sqlite3_free(columns);
}

/* ---- before ------------------------------------------------------------------------------ */

/* Refuses when there is such a row, with what it says. */
static void merge_refuse(bnn_store *store, const char *what, const char *sql)
{
    char *text = merge_text(store, "%s", sql);
    if (text != NULL)
        bnn_store_refuse(store, BNN_E_RESOURCE, "somebody has changed it: %s%s", what, text);
    sqlite3_free(text);
}

static void merge_check_table(bnn_store *store, const char *table)
{
    char *sound = merge_text(store,
                             "SELECT 1 FROM source.sqlite_schema WHERE name = %Q"
                             " AND type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%%'"
                             " AND (SELECT group_concat(name) FROM (SELECT name FROM"
                             "      pragma_table_info(%Q, 'main') ORDER BY name))"
                             " IS (SELECT group_concat(name) FROM (SELECT name FROM"
                             "      pragma_table_info(%Q, 'source') ORDER BY name))",
                             table, table, table);
    if (sound == NULL && store->status == BNN_OK)
        bnn_store_refuse(store, BNN_E_RESOURCE,
                         "somebody has changed it: the table %s is missing, or has other columns",
                         table);
    sqlite3_free(sound);
}

/* Tables that are no tables, columns that are not ours, rows that SQLite itself does not find in order. What SQLite or
 * somebody has added here, as ANALYZE does, is not looked for there. */
static void merge_check_tables(bnn_store *store)
{
    merge_refuse(store, "",
                 "SELECT * FROM pragma_quick_check(1, 'source') WHERE quick_check <> 'ok'");
    for (size_t i = 0; i < COUNT(entities); i++)
        merge_check_table(store, entities[i].table);
    for (size_t i = 0; i < COUNT(copied); i++)
        merge_check_table(store, copied[i].table);
}

/* Names become paths, and hashes are taken for what they are of. */
static void merge_check_rows(bnn_store *store)
{
    merge_refuse(store, "no name of a run: ",
                 "SELECT run_uid FROM source.run WHERE typeof(run_uid) <> 'text'"
                 " OR length(CAST(run_uid AS BLOB)) NOT BETWEEN 10 AND 64"
                 " OR length(run_uid) <> length(CAST(run_uid AS BLOB))"
                 " OR run_uid GLOB '*[^0-9a-f]*' LIMIT 1");
    merge_refuse(store, "no file of a run: ",
                 "SELECT path FROM source.artifact JOIN source.run USING (run_id)"
                 " WHERE path NOT IN (run_uid || '/" BNN_RUN_MODEL
                 "', run_uid || '/" BNN_RUN_WEIGHTS "', run_uid || '/" BNN_RUN_CHECKPOINT
                 "', run_uid || '/" BNN_RUN_LOG "') LIMIT 1");
    merge_refuse(store, "two configs have the hash ",
                 "SELECT s.hash FROM source.config AS s JOIN main.config AS m USING (hash)"
                 " WHERE s.json IS NOT m.json LIMIT 1");
    merge_refuse(store, "two specs have the hash ",
                 "SELECT s.sha256 FROM source.spec_revision AS s JOIN main.spec_revision AS m"
                 " USING (sha256) WHERE s.text IS NOT m.text LIMIT 1");
}

typedef struct merge_config {
    const char *hash, *json;
} merge_config;

static int merge_check_configs(bnn_store *store, bnn_error *err)
{
    static const bnn_row_type type = {
        sizeof(merge_config), {BNN_MEMBER(merge_config, hash), BNN_MEMBER(merge_config, json)}};
    const merge_config *rows = NULL;
    size_t n = 0;
    char hash[BNN_SHA256_HEX];
    bnn_arena *arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    int status = bnn_store_rows(store, "SELECT hash, json FROM source.config", NULL, 0, &type,
                                arena, &rows, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        bnn_sha256(rows[i].json, strlen(rows[i].json), hash);
        if (strcmp(hash, rows[i].hash) != 0)
            status = bnn_fail(err, BNN_E_RESOURCE, "somebody has changed it: config %.12s",
                              rows[i].hash);
    }
    bnn_arena_destroy(arena);
    return status;
}

/* ---- what is what ------------------------------------------------------------------------ */

static char *merge_match(bnn_store *store, size_t i, const char *columns)
{
    sqlite3_str *out = sqlite3_str_new(store->db);
    sqlite3_str_appendall(out, "1");
    for (size_t k = 0; k < 4 && entities[i].key[k] != NULL; k++)
        sqlite3_str_appendf(out, " AND m.%s IS s.%s", entities[i].key[k], entities[i].key[k]);
    for (const char *at = columns, *end; entities[i].key[0] == NULL && *at != '\0';
         at = *end == ',' ? end + 1 : end) {
        end = strchrnul(at, ',');
        const int n = (int)(end - at);
        if (strlen(entities[i].id) != (size_t)n || strncmp(entities[i].id, at, (size_t)n) != 0)
            sqlite3_str_appendf(out, " AND m.\"%.*s\" IS s.\"%.*s\"", n, at, n, at);
    }
    char *text = sqlite3_str_finish(out);
    if (text == NULL && store->status == BNN_OK)
        store->status = bnn_no_memory(store->err);
    return text;
}

static void merge_entity(bnn_store *store, size_t i)
{
    const char *table = entities[i].table, *id = entities[i].id;
    char *columns = merge_columns(store, table);
    char *match = columns == NULL ? NULL : merge_match(store, i, columns);
    char *last = sqlite3_mprintf(entities[i].is_kept ? "(SELECT %s - 1 FROM new_id)"
                                                     : "(SELECT coalesce(max(%s), 0) FROM main.%s)",
                                 entities[i].is_kept ? table : id, table);
    if (last == NULL && store->status == BNN_OK)
        store->status = bnn_no_memory(store->err);
    if (match != NULL)
        merge_execute(store,
                      "INSERT INTO temp.merged_id SELECT '%s', s.%s, min(m.%s) FROM source.%s AS s"
                      " JOIN main.%s AS m ON %s GROUP BY s.%s",
                      table, id, id, table, table, match, id);
    if (match != NULL && last != NULL)
        merge_execute(
            store,
            "INSERT INTO temp.merged_id SELECT '%s', %s, %s + row_number() OVER (ORDER BY %s)"
            " FROM source.%s WHERE %s NOT IN"
            " (SELECT old FROM temp.merged_id WHERE name = '%s')",
            table, id, last, id, table, id, table);
    sqlite3_free(last);
    sqlite3_free(match);
    sqlite3_free(columns);
    char where[200];
    sqlite3_snprintf((int)sizeof where, where,
                     "(SELECT new FROM temp.merged_id WHERE name = '%s' AND old = s.%s)"
                     " NOT IN (SELECT %s FROM main.%s)",
                     table, id, id, table);
    merge_copy(store, table, where, "");
}

/* Which revision of each spec is the newest: by when it was run for the last time. */
static void merge_specs(bnn_store *store)
{
    merge_execute(
        store,
        "INSERT INTO temp.merged_spec SELECT m.old, m.new,"
        " coalesce(theirs.last_us < ours.last_us AND theirs.sha256 <> ours.sha256, 0),"
        " coalesce(theirs.last_us > ours.last_us AND theirs.sha256 <> ours.sha256, ours.sha256 IS NULL)"
        " FROM temp.merged_id AS m"
        " LEFT JOIN (SELECT experiment_id, sha256, max(last_us) AS last_us FROM source.spec_revision"
        "            GROUP BY experiment_id) AS theirs ON theirs.experiment_id = m.old"
        " LEFT JOIN (SELECT experiment_id, sha256, max(last_us) AS last_us FROM main.spec_revision"
        "            GROUP BY experiment_id) AS ours ON ours.experiment_id = m.new"
        " WHERE m.name = 'experiment'");
}

#define RANK(run)                                                                            \
    "(CASE " run ".state WHEN 'done' THEN 4 WHEN 'failed' THEN 3 WHEN 'interrupted' THEN 2 " \
    "ELSE " run ".n_attempts > 0 END)"

static void merge_runs(bnn_store *store)
{
    merge_execute(store, "INSERT INTO temp.merged_run SELECT s.run_id, m.run_id, s.run_uid,"
                         " coalesce(m.run_uid, s.run_uid), CASE WHEN m.run_id IS NULL THEN 'new'"
                         " WHEN m.state = 'running' THEN 'busy'"
                         " WHEN m.state = 'done' AND s.state = 'done' THEN 'same'"
                         " WHEN " RANK("s") " > " RANK(
                             "m") " THEN 'better' ELSE 'kept' END, NULL, NULL, 0"
                                  " FROM source.run AS s LEFT JOIN main.run AS m ON m.seed = s.seed"
                                  " AND m.experiment_id = (SELECT new FROM temp.merged_id"
                                  "     WHERE name = 'experiment' AND old = s.experiment_id)"
                                  " AND m.config_id = (SELECT new FROM temp.merged_id"
                                  "     WHERE name = 'config' AND old = s.config_id)");
    merge_execute(store,
                  "INSERT INTO temp.merged_id SELECT 'run', old, coalesce(new,"
                  " (SELECT run - 1 FROM new_id) + row_number() OVER (PARTITION BY new IS NULL"
                  " ORDER BY old)) FROM temp.merged_run");
    char *uid = merge_text(store, "SELECT from_uid FROM temp.merged_run WHERE how = 'new'"
                                  " AND uid IN (SELECT run_uid FROM main.run) LIMIT 1");
    if (uid != NULL)
        bnn_store_refuse(store, BNN_E_RESOURCE,
                         "its run %s is of another experiment or config than run %s here; was an "
                         "experiment renamed with `bnnrun mv`? rename the other, too",
                         uid, uid);
    sqlite3_free(uid);
}

/* Seconds are those of the clock; a model file names its run's label. */
static void merge_compare(bnn_store *store)
{
    merge_execute(
        store,
        "UPDATE temp.merged_run SET what = coalesce("
        " (SELECT a.kind FROM source.artifact AS a JOIN main.artifact AS b ON b.run_id = new"
        "  AND b.kind = a.kind WHERE a.run_id = old AND a.sha256 <> b.sha256"
        "  AND (a.kind = 'weights' OR (a.kind = 'model' AND from_uid = uid AND"
        "   (SELECT label FROM source.run JOIN source.experiment_config USING (experiment_id, config_id)"
        "    WHERE run_id = old) IS"
        "   (SELECT label FROM main.run JOIN main.experiment_config USING (experiment_id, config_id)"
        "    WHERE run_id = new))) ORDER BY a.kind DESC LIMIT 1),"
        " (SELECT a.name FROM source.metric AS a JOIN main.metric AS b ON b.run_id = new"
        "  AND b.name = a.name AND b.epoch = a.epoch WHERE a.run_id = old AND a.name <> 'seconds'"
        "  AND (a.value IS NOT b.value OR a.special IS NOT b.special) ORDER BY a.epoch, a.name LIMIT 1),"
        " (SELECT 'predictions' FROM source.prediction AS a JOIN main.prediction AS b"
        "  ON b.run_id = new WHERE a.run_id = old AND a.classes <> b.classes)) WHERE how = 'same'");
    merge_execute(store, "UPDATE temp.merged_run SET how = 'different' WHERE what NOTNULL");
}

#define LAST_ATTEMPT(schema, id)                                            \
    schema ".run JOIN " schema ".attempt USING (run_id) WHERE run_id = " id \
           " AND attempt = n_attempts"
#define LAST_ENVIRONMENT(schema, columns, id)                    \
    "(SELECT " columns " FROM " schema                           \
    ".environment WHERE environment_id = (SELECT environment_id" \
    " FROM " LAST_ATTEMPT(schema, id) "))"
#define LAST_DATA(schema, id)                                   \
    "(SELECT name || ' ' || substr(sha256, 1, 12) FROM " schema \
    ".dataset WHERE dataset_id = (SELECT dataset_id FROM " LAST_ATTEMPT(schema, id) "))"
#define LAST_PLUGINS(schema, id)                                                             \
    "SELECT kind || ' ' || name AS name, sha256 FROM " schema ".run JOIN " schema            \
    ".run_plugin USING (run_id) JOIN " schema ".plugin USING (plugin_id) WHERE run_id = " id \
    " AND attempt = n_attempts"
#define DIFFERS(word, ours, theirs)                                              \
    " CASE WHEN " ours " IS NOT " theirs " THEN '; " word " ' || coalesce(" ours \
    ", '?') || ' here, ' || coalesce(" theirs ", '?') || ' there' ELSE '' END "

/* What the two were made with that is not the same. */
static void merge_explain(bnn_store *store)
{
    merge_execute(
        store,
        "UPDATE temp.merged_run SET made = " DIFFERS(
            "data", LAST_DATA("main", "new"),
            LAST_DATA(
                "source",
                "old")) "|| coalesce("
                        "(SELECT '; another file of the plugin ' || group_concat(ours.name, ', ') FROM"
                        " (" LAST_PLUGINS("main", "new") ") AS ours JOIN (" LAST_PLUGINS(
                            "source",
                            "old") ") AS theirs USING (name) WHERE ours.sha256 <> theirs.sha256), '')"
                                   "|| coalesce((SELECT '; other weights of its ' || group_concat(a.purpose, ', ')"
                                   " FROM source.run_need AS a JOIN main.run_need AS b ON b.run_id = new"
                                   " AND b.purpose = a.purpose WHERE a.run_id = old AND a.sha256 <> b.sha256), '') ||" DIFFERS(
                                       "bnnrun",
                                       LAST_ENVIRONMENT("main",
                                                        "version || coalesce(' ' || revision, '')",
                                                        "new"),
                                       LAST_ENVIRONMENT(
                                           "source", "version || coalesce(' ' || revision, '')",
                                           "old")) "|| " DIFFERS("compiler",
                                                                 LAST_ENVIRONMENT(
                                                                     "main",
                                                                     "compiler || coalesce(' ' || cflags, '')",
                                                                     "new"),
                                                                 LAST_ENVIRONMENT(
                                                                     "source",
                                                                     "compiler || coalesce(' ' || cflags, '')",
                                                                     "old")) " WHERE how = 'different'");
    merge_execute(
        store,
        "UPDATE temp.merged_run SET promised = made = '', made = made || " DIFFERS(
            "kernels", LAST_ENVIRONMENT("main", "kernels", "new"),
            LAST_ENVIRONMENT(
                "source", "kernels",
                "old")) "|| " DIFFERS("machine",
                                      LAST_ENVIRONMENT(
                                          "main", "host || coalesce(' (' || cpu_model || ')', '')",
                                          "new"),
                                      LAST_ENVIRONMENT(
                                          "source",
                                          "host || coalesce(' (' || cpu_model || ')', '')",
                                          "old")) " WHERE how = 'different'");
}

static void merge_begin_tables(bnn_store *store)
{
    merge_execute(store, "CREATE TEMP TABLE merged_id(name TEXT, old INTEGER, new INTEGER NOT NULL,"
                         " PRIMARY KEY (name, old)) WITHOUT ROWID");
    merge_execute(store,
                  "CREATE TEMP TABLE merged_run(old INTEGER PRIMARY KEY, new INTEGER,"
                  " from_uid TEXT UNIQUE, uid TEXT, how TEXT, what TEXT, made TEXT, promised)");
    merge_execute(store, "CREATE TEMP TABLE merged_spec(old INTEGER PRIMARY KEY, new INTEGER,"
                         " is_older INTEGER, is_newer INTEGER)");
}

/* A failure is that of the other database. */
static int merge_blame(const char *name, bnn_error *err)
{
    return err->status == BNN_E_RESOURCE ? bnn_error_prefix(err, "%s: ", name) : err->status;
}

int bnn_store_merge_begin(bnn_store *store, const char *copy, const char *name, bnn_arena *arena,
                          const bnn_store_merged **out, size_t *out_n, bnn_error *err)
{
    static const bnn_row_type type = {
        sizeof(bnn_store_merged),
        {BNN_MEMBER(bnn_store_merged, from_uid), BNN_MEMBER(bnn_store_merged, uid),
         BNN_MEMBER(bnn_store_merged, how), BNN_MEMBER(bnn_store_merged, what),
         BNN_MEMBER(bnn_store_merged, made), BNN_MEMBER(bnn_store_merged, promised)}};
    bnn_store_report(store, err);
    merge_execute(store, "ATTACH %Q AS source", copy);
    if (store->status == BNN_OK)
        store->status = bnn_store_begin(store, err);
    merge_begin_tables(store);
    merge_check_tables(store);
    merge_check_rows(store);
    if (store->status == BNN_OK)
        store->status = merge_check_configs(store, err);
    for (size_t i = 0; i < COUNT(entities); i++)
        merge_entity(store, i);
    merge_specs(store);
    merge_runs(store);
    merge_compare(store);
    merge_explain(store);
    if (store->status != BNN_OK)
        return merge_blame(name, err);
    bnn_store_merged *rows = NULL;
    const int status = bnn_store_rows(
        store,
        "SELECT from_uid, uid, how, coalesce(what, '') AS what,"
        " coalesce(substr(made, 3), '') AS made, promised FROM temp.merged_run ORDER BY old",
        NULL, 0, &type, arena, &rows, out_n, err);
    *out = rows;
    return status;
}

int bnn_store_merge_files(bnn_store *store, const char *from_uid, bnn_arena *arena,
                          const bnn_store_merged_file **out, size_t *out_n, bnn_error *err)
{
    static const bnn_row_type type = {
        sizeof(bnn_store_merged_file),
        {BNN_MEMBER(bnn_store_merged_file, path), BNN_MEMBER(bnn_store_merged_file, sha256)}};
    bnn_store_merged_file *rows = NULL;
    const int status = bnn_store_rows(store,
                                      "SELECT path, sha256 FROM source.artifact JOIN source.run"
                                      " USING (run_id) WHERE run_uid = ?1",
                                      BNN_VALUES(V(from_uid)), &type, arena, &rows, out_n, err);
    *out = rows;
    return status;
}

/* ---- taking over ------------------------------------------------------------------------- */

/* Of a run that has come further there nothing stays but its name, its tags and its note. */
static void merge_make_room(bnn_store *store)
{
    merge_execute(store, "DELETE FROM main.attempt WHERE run_id IN"
                         " (SELECT new FROM temp.merged_run WHERE how = 'better')");
    merge_execute(store, "DELETE FROM main.run_need WHERE run_id IN"
                         " (SELECT new FROM temp.merged_run WHERE how = 'better')");
    merge_execute(store, "UPDATE main.experiment_config SET in_spec = 0 WHERE experiment_id IN"
                         " (SELECT new FROM temp.merged_spec WHERE is_newer)");
    merge_execute(
        store,
        "UPDATE main.experiment SET (description, metric, goal) ="
        " (SELECT s.description, s.metric, s.goal FROM temp.merged_spec AS t"
        "  JOIN source.experiment AS s ON s.experiment_id = t.old WHERE t.new = experiment.experiment_id)"
        " WHERE experiment_id IN (SELECT new FROM temp.merged_spec WHERE is_newer)");
}

/* Where the spec is newer there, its configs are called and ordered as there. */
static void merge_relabel(bnn_store *store)
{
    merge_execute(
        store,
        "UPDATE main.experiment_config SET (label, ordinal, is_baseline, in_spec, need, is_drawn) ="
        " (s.label, s.ordinal, s.is_baseline, s.in_spec, s.need, s.is_drawn)"
        " FROM source.experiment_config AS s JOIN temp.merged_spec AS t ON t.old = s.experiment_id"
        " JOIN temp.merged_id AS c ON c.name = 'config' AND c.old = s.config_id"
        " WHERE t.is_newer AND experiment_config.experiment_id = t.new"
        " AND experiment_config.config_id = c.new");
}

static void merge_find_benchmarks(bnn_store *store)
{
    merge_execute(
        store, "INSERT INTO temp.merged_id SELECT 'benchmark', s.benchmark_id,"
               " (SELECT benchmark - 1 FROM new_id) + row_number() OVER (ORDER BY s.benchmark_id)"
               " FROM source.benchmark AS s WHERE NOT EXISTS (SELECT 1 FROM main.benchmark AS m"
               " WHERE m.started_us = s.started_us AND m.model_sha256 = s.model_sha256"
               " AND m.seconds = s.seconds AND m.images = s.images)"
               " AND (s.run_id IS NULL OR " NOT_DIFFERENT ")");
}

static void merge_settle_runs(bnn_store *store)
{
    merge_execute(
        store, "UPDATE main.run SET (state, n_attempts, stale) = (s.state, s.n_attempts, s.stale)"
               " FROM temp.merged_run AS r JOIN source.run AS s ON s.run_id = r.old"
               " WHERE r.how = 'better' AND run.run_id = r.new");
    merge_execute(store, "UPDATE main.run SET note = s.note FROM temp.merged_run AS r"
                         " JOIN source.run AS s ON s.run_id = r.old WHERE run.run_id = r.new"
                         " AND run.note IS NULL AND r.how NOT IN ('different', 'busy')");
    merge_execute(store, "UPDATE main.run SET created_us = min(run.created_us, s.created_us)"
                         " FROM temp.merged_run AS r JOIN source.run AS s ON s.run_id = r.old"
                         " WHERE run.run_id = r.new AND r.how NOT IN ('different', 'busy')");
    merge_execute(store, "UPDATE main.run_need SET need_run_id = (SELECT run_id FROM main.run"
                         " WHERE run_uid = need_uid AND run_id <> run_need.run_id)"
                         " WHERE need_run_id IS NULL");
}

int bnn_store_merge_finish(bnn_store *store, const char *name, int64_t *n_conflicts, bnn_error *err)
{
    bnn_store_report(store, err);
    char *conflicts = merge_text(
        store, "SELECT count(*) FROM source.spec_revision AS s JOIN temp.merged_id AS e"
               " ON e.name = 'experiment' AND e.old = s.experiment_id JOIN main.spec_revision AS m"
               " ON m.experiment_id = e.new AND m.sha256 = s.sha256"
               " WHERE m.comparison IS NOT s.comparison");
    *n_conflicts = conflicts == NULL ? 0 : strtoll(conflicts, NULL, 10);
    sqlite3_free(conflicts);
    merge_make_room(store);
    merge_find_benchmarks(store);
    for (size_t i = 0; i < COUNT(copied); i++)
        merge_copy(store, copied[i].table, copied[i].where, copied[i].conflict);
    merge_relabel(store);
    merge_settle_runs(store);
    if (store->status != BNN_OK)
        return merge_blame(name, err);
    return bnn_store_commit(store, err);
}

void bnn_store_merge_end(bnn_store *store)
{
    static const char forget[] = "DROP TABLE IF EXISTS temp.merged_id; DROP TABLE IF EXISTS"
                                 " temp.merged_run; DROP TABLE IF EXISTS temp.merged_spec";
    bnn_store_rollback(store);
    sqlite3_exec(store->db, forget, NULL, NULL, NULL);
    sqlite3_exec(store->db, "DETACH source", NULL, NULL, NULL);
}
