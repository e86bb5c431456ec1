#include "db/store_rungs.h"

#include "db/store_internal.h"

#include <math.h>

int bnn_store_forget_rungs(bnn_store *store, int64_t experiment, bnn_error *err)
{
    bnn_store_enter(store, err);
    bnn_store_execute(store, "DELETE FROM rung WHERE experiment_id = ?1",
                      BNN_VALUES(V(experiment)));
    return bnn_store_leave(store);
}

/* SQLite has no NaN. */
static bnn_store_value rung_value(double x)
{
    return isnan(x) ? bnn_value_null() : bnn_value_real(x);
}

int bnn_store_keep_standing(bnn_store *store, int64_t experiment, const bnn_store_standing *row,
                            bnn_error *err)
{
    bnn_store_enter(store, err);
    bnn_store_execute(store,
                      "INSERT INTO rung(experiment_id, config_id, rung, trained_id, epochs, n,"
                      " n_failed, mean, place, n_in, n_kept, cut, kept)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                      BNN_VALUES(V(experiment), V(row->config), V((int64_t)row->rung),
                                 V(row->trained), V((int64_t)row->epochs), V((int64_t)row->n),
                                 V((int64_t)row->n_failed), V(rung_value(row->mean)),
                                 V((int64_t)row->place), V((int64_t)row->n_in),
                                 V((int64_t)row->n_kept), V(rung_value(row->cut)), V(row->kept)));
    return bnn_store_leave(store);
}
