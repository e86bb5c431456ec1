/* store_curate.c - notes and tags. */
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
