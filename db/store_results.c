/* store_results.c - what runs came to. */
#include "db/store_results.h"

#include "db/store_internal.h"

/* ---- what there is ---- */

typedef struct text_row {
    const char *text;
} text_row;

static const bnn_row_member text_members[] = {BNN_MEMBER(text_row, TEXT, text)};
static const bnn_row_type text_type = BNN_ROW_TYPE(text_row, text_members);

/* An array of structs with one text is an array of texts. */
static int list_texts(bnn_store *store, const char *sql, const bnn_store_value *values, size_t n,
                      bnn_arena *arena, const char *const **out, size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(store, sql, values, n, &text_type, arena, out, out_n, err);
}

int bnn_store_list_experiments(bnn_store *store, bnn_arena *arena, const char *const **out_names,
                               size_t *out_n, bnn_error *err)
{
    return list_texts(store,
                      "SELECT name AS text FROM experiment"
                      " WHERE experiment_id IN (SELECT experiment_id FROM run) ORDER BY name",
                      NULL, 0, arena, out_names, out_n, err);
}

int bnn_store_list_uids(bnn_store *store, const char *prefix, size_t most, bnn_arena *arena,
                        const char *const **out_uids, size_t *out_n, bnn_error *err)
{
    return list_texts(store,
                      "SELECT run_uid AS text FROM run WHERE substr(run_uid, 1, length(?1)) ="
                      " lower(?1) ORDER BY length(run_uid), run_uid LIMIT ?2",
                      BNN_VALUES(V(prefix), V(most)), arena, out_uids, out_n, err);
}

/* ---- a run ---- */

#define PLUGIN(type, name) BNN_MEMBER(bnn_store_plugin, type, name)
static const bnn_row_member plugin_members[] = {PLUGIN(TEXT, kind), PLUGIN(TEXT, name),
                                                PLUGIN(TEXT, path), PLUGIN(TEXT, sha256)};
static const bnn_row_type plugin_type = BNN_ROW_TYPE(bnn_store_plugin, plugin_members);

int bnn_store_list_plugins(bnn_store *store, const char *uid, bnn_arena *arena,
                           const bnn_store_plugin **out_plugins, size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(
        store,
        "SELECT kind, name, path, sha256 FROM plugin JOIN run_plugin USING (plugin_id)"
        " JOIN run USING (run_id) WHERE run_uid = ?1 AND attempt = n_attempts ORDER BY kind, name",
        BNN_VALUES(V(uid)), &plugin_type, arena, out_plugins, out_n, err);
}

int bnn_store_find_twin(bnn_store *store, const char *uid, bnn_arena *arena, const char **out_uid,
                        bnn_error *err)
{
    const char *const *uids;
    size_t n;
    const int status =
        list_texts(store,
                   "SELECT twin.run_uid AS text FROM run_summary AS twin JOIN run_summary AS own"
                   " USING (experiment, seed) WHERE own.run_uid = ?1 AND twin.is_baseline AND"
                   " twin.run_uid <> own.run_uid AND twin.state = 'done'"
                   " ORDER BY twin.in_spec DESC, twin.run_uid LIMIT 1",
                   BNN_VALUES(V(uid)), arena, &uids, &n, err);
    if (status == BNN_OK)
        *out_uid = n == 0 ? NULL : uids[0];
    return status;
}

/* ---- an experiment ---- */

int bnn_store_count_mismatched(bnn_store *store, const char *experiment, int64_t *out_n,
                               bnn_error *err)
{
    bnn_store_report(store, err);
    const int64_t n = bnn_store_number(store,
                                       "SELECT count(*) FROM run_summary WHERE experiment = ?1"
                                       " AND in_spec AND mismatches > 0",
                                       BNN_VALUES(V(experiment)), 0);
    if (store->status == BNN_OK)
        *out_n = n;
    return store->status;
}
