/* store_curate.c - notes, tags and names; what is removed. */
#include "db/store_curate.h"

#include "db/store_internal.h"

/* The id of a run; 0 and a failure without one. */
static int64_t curate_find_run(bnn_store *store, const char *uid)
{
    const int64_t run =
        bnn_store_number(store, "SELECT run_id FROM run WHERE run_uid = ?1", BNN_VALUES(V(uid)), 0);
    if (run == 0)
        bnn_store_refuse(store, BNN_E_RESOURCE, "%s: there is no run %s", store->path, uid);
    return run;
}

int bnn_store_set_note(bnn_store *store, const char *uid, const char *note, bnn_error *err)
{
    bnn_store_enter(store, err);
    const int64_t run = curate_find_run(store, uid);
    bnn_store_execute(store, "UPDATE run SET note = ?2 WHERE run_id = ?1",
                      BNN_VALUES(V(run), V(note)));
    return bnn_store_leave(store);
}

int bnn_store_set_tag(bnn_store *store, const char *uid, const char *tag, bool there,
                      bnn_error *err)
{
    bnn_store_enter(store, err);
    const int64_t run = curate_find_run(store, uid);
    if (there)
        bnn_store_execute(store,
                          "INSERT INTO run_tag(run_id, tag) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                          BNN_VALUES(V(run), V(tag)));
    else
        bnn_store_execute(store, "DELETE FROM run_tag WHERE run_id = ?1 AND tag = ?2",
                          BNN_VALUES(V(run), V(tag)));
    return bnn_store_leave(store);
}

/* ---- to rename ---- */

static void check_new_name(bnn_store *store, const char *from, const char *to)
{
    if (bnn_store_number(store, "SELECT 1 FROM experiment WHERE name = ?1", BNN_VALUES(V(from)),
                         0) == 0)
        bnn_store_refuse(store, BNN_E_RESOURCE, "there is no experiment %s any more", from);
    if (bnn_store_number(store,
                         "SELECT 1 FROM experiment JOIN run USING (experiment_id) WHERE name = ?1",
                         BNN_VALUES(V(to)), 0) != 0)
        bnn_store_refuse(store, BNN_E_RESOURCE,
                         "there is an experiment %s already; choose another name", to);
}

int bnn_store_rename_experiment(bnn_store *store, const char *from, const char *to, bool take_over,
                                bnn_error *err)
{
    const bnn_store_filter filter = {.experiment = from};
    const bnn_store_chosen *runs;
    size_t n;
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    bnn_store_enter(store, err);
    if (store->status == BNN_OK)
        store->status = bnn_store_choose(store, &filter, arena, &runs, &n, err);
    if (store->status == BNN_OK)
        store->status = bnn_store_check_free(store, runs, n, take_over, err);
    bnn_arena_destroy(arena);
    check_new_name(store, from, to);
    bnn_store_execute(store, "DELETE FROM experiment WHERE name = ?1", BNN_VALUES(V(to)));
    bnn_store_execute(store, "UPDATE experiment SET name = ?2 WHERE name = ?1",
                      BNN_VALUES(V(from), V(to)));
    return bnn_store_leave(store);
}

typedef struct spec_row {
    const char *path;
} spec_row;

static const bnn_row_type spec_type = {sizeof(spec_row), {BNN_MEMBER(spec_row, path)}};

int bnn_store_find_spec(bnn_store *store, const char *experiment, bnn_arena *arena,
                        const char **out_path, bnn_error *err)
{
    const spec_row *rows;
    size_t n;
    const int status = bnn_store_rows(store,
                                      "SELECT path FROM spec_revision JOIN experiment"
                                      " USING (experiment_id) WHERE name = ?1"
                                      " ORDER BY last_us DESC LIMIT 1",
                                      BNN_VALUES(V(experiment)), &spec_type, arena, &rows, &n, err);
    if (status == BNN_OK)
        *out_path = n == 0 ? "" : rows[0].path;
    return status;
}

/* ---- to remove ---- */

/* What nothing needs. That of one row does not hang on another's having been deleted. */
#define UNUSED(table, condition)                           \
    {                                                      \
        "SELECT count(*) FROM " table " WHERE " condition, \
            "DELETE FROM " table " WHERE " condition       \
    }
static const struct {
    const char *count, *remove;
} unused[] = {
    UNUSED("experiment", "experiment_id NOT IN (SELECT experiment_id FROM run)"),
    UNUSED("experiment_config",
           "(experiment_id, config_id) NOT IN (SELECT experiment_id, config_id FROM run)"
           " AND (NOT in_spec OR experiment_id NOT IN (SELECT experiment_id FROM run))"),
    UNUSED("config", "config_id NOT IN (SELECT config_id FROM run) AND config_id NOT IN"
                     " (SELECT config_id FROM experiment_config"
                     "  WHERE in_spec AND experiment_id IN (SELECT experiment_id FROM run))"),
    UNUSED("dataset", "dataset_id NOT IN (SELECT dataset_id FROM attempt)"),
    UNUSED("plugin", "plugin_id NOT IN (SELECT plugin_id FROM run_plugin)"),
    UNUSED("test_set", "test_set_id NOT IN (SELECT test_set_id FROM prediction)"),
};
enum { N_UNUSED = sizeof unused / sizeof *unused };

int bnn_store_delete_runs(bnn_store *store, const bnn_store_chosen *runs, size_t n, bool take_over,
                          bnn_error *err)
{
    bnn_store_enter(store, err);
    if (store->status == BNN_OK)
        store->status = bnn_store_check_free(store, runs, n, take_over, err);
    for (size_t i = 0; i < n; i++)
        bnn_store_execute(store, "DELETE FROM run WHERE run_id = ?1", BNN_VALUES(V(runs[i].id)));
    for (size_t i = 0; i < N_UNUSED; i++)
        bnn_store_execute(store, unused[i].remove, NULL, 0);
    return bnn_store_leave(store);
}

int bnn_store_count_unused(bnn_store *store, int64_t *out_n, bnn_error *err)
{
    int64_t sum = 0;
    bnn_store_report(store, err);
    for (size_t i = 0; i < N_UNUSED; i++)
        sum += bnn_store_number(store, unused[i].count, NULL, 0, 0);
    if (store->status == BNN_OK)
        *out_n = sum;
    return store->status;
}

int bnn_store_clean(bnn_store *store, bnn_error *err)
{
    bnn_store_enter(store, err);
    if (store->status == BNN_OK)
        store->status = bnn_store_script(store, bnn_store_find_script("orphans"), err);
    for (size_t i = 0; i < N_UNUSED; i++)
        bnn_store_execute(store, unused[i].remove, NULL, 0);
    return bnn_store_leave(store);
}

int bnn_store_count_free_bytes(bnn_store *store, int64_t *out_bytes, int64_t *out_of,
                               bnn_error *err)
{
    bnn_store_report(store, err);
    const int64_t page = bnn_store_number(store, "PRAGMA page_size", NULL, 0, 0);
    const int64_t n = bnn_store_number(store, "PRAGMA page_count", NULL, 0, 0);
    const int64_t n_free = bnn_store_number(store, "PRAGMA freelist_count", NULL, 0, 0);
    if (store->status == BNN_OK) {
        *out_bytes = page * n_free;
        *out_of = page * n;
    }
    return store->status;
}

int bnn_store_compact(bnn_store *store, bnn_error *err)
{
    return bnn_store_script(store, "VACUUM", err);
}
