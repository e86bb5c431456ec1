/* store_merge_rows.c - the rows of another database, with other ids in this one. Statements are made from the lists of
 * columns of the schema: a column that holds an id is mapped, all others are copied as they are, so a new column of
 * the schema comes along. A new table has to be put into one of the lists here. */
#include "db/store_merge.h"
#include "db/store_merge_internal.h"

#include <string.h>

/* What runs share: found again by what it says, else added. key: NULL for all columns. used: the ids of what runs
 * need. Ids of some are never used again (schema_4.sql). */
#define WANTED "WHERE run_id IN (SELECT run_id FROM temp.wanted)"
static const struct {
    const char *table, *id, *key[4], *used;
    bool is_kept;
} entities[] = {
    {"experiment", "experiment_id", {"name"}, "SELECT experiment_id FROM source.run " WANTED, true},
    {"config",
     "config_id",
     {"hash"},
     "SELECT config_id FROM source.run " WANTED
     " UNION SELECT config_id FROM source.experiment_config"
     " WHERE experiment_id IN (SELECT experiment_id FROM temp.whole)",
     true},
    {"environment",
     "environment_id",
     {NULL},
     "SELECT environment_id FROM source.attempt " WANTED
     " UNION SELECT environment_id FROM source.benchmark " WANTED,
     false},
    {"dataset",
     "dataset_id",
     {"name", "sha256", "source"},
     "SELECT dataset_id FROM source.attempt " WANTED,
     false},
    {"plugin",
     "plugin_id",
     {"kind", "name", "sha256", "path"},
     "SELECT plugin_id FROM source.run_plugin " WANTED,
     false},
    {"measured_layer",
     "measured_layer_id",
     {"name", "ordinal"},
     "SELECT measured_layer_id FROM source.layer_value " WANTED,
     false},
    {"quantity",
     "quantity_id",
     {"name", "bin"},
     "SELECT quantity_id FROM source.layer_value " WANTED,
     false},
    {"test_set", "test_set_id", {NULL}, "SELECT test_set_id FROM source.prediction " WANTED, false},
};

/* All else, in an order in which what is referred to comes first; where: which rows, of `s`. */
#define KNOWN(entity) \
    "s." entity "_id IN (SELECT old FROM temp.merged_id WHERE name = '" entity "')"
#define NEW(entity) \
    "s." entity "_id IN (SELECT old FROM temp.merged_id WHERE name = '" entity "' AND is_new)"
#define MOVED "s.run_id IN (SELECT old FROM temp.merged_run WHERE how IN ('new', 'better'))"
#define NOT_DIFFERENT \
    "s.run_id IN (SELECT old FROM temp.merged_run WHERE how NOT IN ('different', 'busy'))"
#define ITS_OWN                                                                                  \
    "(s.experiment_id, s.config_id) IN (SELECT experiment_id, config_id FROM source.run " WANTED \
    ") OR (s.experiment_id, s.config_id) NOT IN (SELECT experiment_id, config_id FROM source.run)"
#define VERDICTS \
    "s.experiment_id IN (SELECT old FROM temp.merged_spec WHERE verdicts) AND " KNOWN("config")
static const struct {
    const char *table, *where, *conflict;
} copied[] = {
    {"config_param", NEW("config"), ""},
    {"spec_revision", KNOWN("experiment"),
     "ON CONFLICT (experiment_id, sha256) DO UPDATE SET last_us = max(last_us, excluded.last_us),"
     " comparison = CASE WHEN excluded.first_us < first_us THEN excluded.comparison"
     " ELSE comparison END, first_us = min(first_us, excluded.first_us)"},
    {"experiment_config", KNOWN("experiment") " AND " KNOWN("config") " AND (" ITS_OWN ")",
     "ON CONFLICT (experiment_id, config_id) DO NOTHING"},
    {"run", NEW("run"), ""},
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
    {"benchmark", NEW("benchmark"), ""},
    {"benchmark_result", NEW("benchmark"), ""},
    {"benchmark_layer", NEW("benchmark"), ""},
    {"look", VERDICTS, ""},
    {"rung", VERDICTS, ""},
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

const char *bnn_store_merge_table(size_t i)
{
    if (i < COUNT(entities))
        return entities[i].table;
    return i - COUNT(entities) < COUNT(copied) ? copied[i - COUNT(entities)].table : NULL;
}

static bool merge_knows_table(const char *name)
{
    const char *table;
    bool known = false;
    for (size_t i = 0; (table = bnn_store_merge_table(i)) != NULL; i++)
        known = known || strcmp(table, name) == 0;
    for (size_t i = 0; i < COUNT(left_alone); i++)
        known = known || strcmp(left_alone[i], name) == 0;
    return known;
}

bool bnn_store_merge_knows(const char *table, const char *column)
{
    const size_t n = strlen(column);
    const bool is_id =
        n > 3 && strcmp(column + n - 3, "_id") == 0 && strcmp(column, "boot_id") != 0;
    return merge_knows_table(table) && (!is_id || merge_id_of(column) != NULL);
}

/* ---- rows -------------------------------------------------------------------------------- */

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
    return bnn_store_merge_finished(store, out);
}

/* "a,b,c": the columns of a table of ours. */
static char *merge_columns(bnn_store *store, const char *table)
{
    return bnn_store_merge_text(store,
                                "SELECT group_concat(name, ',') FROM (SELECT name FROM"
                                " pragma_table_info(%Q, 'main') ORDER BY cid)",
                                table);
}

static void merge_copy(bnn_store *store, const char *table, const char *where, const char *conflict)
{
    char *columns = merge_columns(store, table);
    char *values = columns == NULL ? NULL : merge_values(store, table, columns);
    if (values != NULL)
        bnn_store_merge_execute(store,
                                "INSERT INTO main.\"%w\"(%s) SELECT %s FROM source.\"%w\" AS s"
                                " WHERE (%s) %s",
                                table, columns, values, table, where, conflict);
    sqlite3_free(values);
    sqlite3_free(columns);
}

/* ---- what runs share --------------------------------------------------------------------- */

/* That a row `m` here is the row `s` there. */
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
    return bnn_store_merge_finished(store, out);
}

/* Ids that are new follow the order of those there. all: whether anything uses them or not. */
static void merge_entity(bnn_store *store, size_t i, bool all)
{
    const char *table = entities[i].table, *id = entities[i].id;
    char *columns = merge_columns(store, table);
    char *match = columns == NULL ? NULL : merge_match(store, i, columns);
    char *last = sqlite3_mprintf(entities[i].is_kept ? "(SELECT %s - 1 FROM new_id)"
                                                     : "(SELECT coalesce(max(%s), 0) FROM main.%s)",
                                 entities[i].is_kept ? table : id, table);
    char *used =
        all ? sqlite3_mprintf("TRUE") : sqlite3_mprintf("s.%s IN (%s)", id, entities[i].used);
    if ((last == NULL || used == NULL) && store->status == BNN_OK)
        store->status = bnn_no_memory(store->err);
    if (match != NULL && last != NULL && used != NULL) {
        bnn_store_merge_execute(
            store,
            "INSERT INTO temp.merged_id SELECT '%s', s.%s, min(m.%s), FALSE FROM source.%s AS s"
            " JOIN main.%s AS m ON %s WHERE %s GROUP BY s.%s",
            table, id, id, table, table, match, used, id);
        bnn_store_merge_execute(
            store,
            "INSERT INTO temp.merged_id SELECT '%s', s.%s, %s + row_number() OVER (ORDER BY s.%s),"
            " TRUE FROM source.%s AS s WHERE %s AND s.%s NOT IN"
            " (SELECT old FROM temp.merged_id WHERE name = '%s')",
            table, id, last, id, table, used, id, table);
    }
    sqlite3_free(used);
    sqlite3_free(last);
    sqlite3_free(match);
    sqlite3_free(columns);
    char where[200];
    sqlite3_snprintf((int)sizeof where, where,
                     "s.%s IN (SELECT old FROM temp.merged_id WHERE name = '%s' AND is_new)", id,
                     table);
    merge_copy(store, table, where, "");
}

void bnn_store_merge_entities(bnn_store *store, bool all)
{
    for (size_t i = 0; i < COUNT(entities); i++)
        merge_entity(store, i, all);
}

void bnn_store_merge_rows(bnn_store *store)
{
    for (size_t i = 0; i < COUNT(copied); i++)
        merge_copy(store, copied[i].table, copied[i].where, copied[i].conflict);
}
