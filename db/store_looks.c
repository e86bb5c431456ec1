#include "db/store_looks.h"

#include "db/store_internal.h"

#include <math.h>

#define ENDED(name) BNN_MEMBER(bnn_store_ended, name)
static const bnn_row_type ended_type = {sizeof(bnn_store_ended),
                                        {ENDED(config_hash), ENDED(seed), ENDED(value)}};

int bnn_store_list_ended(bnn_store *store, const char *experiment, const char *metric,
                         bnn_arena *arena, const bnn_store_ended **out_rows, size_t *out_n,
                         bnn_error *err)
{
    return bnn_store_rows(store, bnn_store_sql("ended_runs"), BNN_VALUES(V(experiment), V(metric)),
                          &ended_type, arena, out_rows, out_n, err);
}

/* SQLite has no NaN. */
static bnn_store_value look_value(double x)
{
    return isnan(x) ? bnn_value_null() : bnn_value_real(x);
}

int bnn_store_keep_looks(bnn_store *store, int64_t experiment, int64_t config, size_t n,
                         const bnn_store_look *looks, bnn_error *err)
{
    bnn_store_enter(store, err);
    bnn_store_execute(store,
                      "DELETE FROM look WHERE experiment_id = ?1 AND config_id = ?2 AND look > ?3",
                      BNN_VALUES(V(experiment), V(config), V((int64_t)n)));
    for (size_t i = 0; i < n; i++) {
        const bnn_store_look *look = &looks[i];
        bnn_store_execute(
            store,
            "INSERT INTO look(experiment_id, config_id, look, seeds, n, n_failed, difference, low,"
            " high, p, level, verdict, looked_us)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
            " ON CONFLICT (experiment_id, config_id, look) DO UPDATE SET seeds = excluded.seeds,"
            " n = excluded.n, n_failed = excluded.n_failed, difference = excluded.difference,"
            " low = excluded.low, high = excluded.high, p = excluded.p, level = excluded.level,"
            " verdict = excluded.verdict, looked_us = excluded.looked_us"
            " WHERE (seeds, n, n_failed, difference, low, high, p, level, verdict) IS NOT"
            " (excluded.seeds, excluded.n, excluded.n_failed, excluded.difference, excluded.low,"
            " excluded.high, excluded.p, excluded.level, excluded.verdict)",
            BNN_VALUES(V(experiment), V(config), V((int64_t)look->look), V((int64_t)look->seeds),
                       V((int64_t)look->n), V((int64_t)look->n_failed),
                       V(look_value(look->difference)), V(look_value(look->low)),
                       V(look_value(look->high)), V(look_value(look->p)), V(look->level),
                       V(look->verdict), V(bnn_store_now_us())));
    }
    return bnn_store_leave(store);
}

int bnn_store_forget_looks(bnn_store *store, int64_t experiment, bool all, bnn_error *err)
{
    bnn_store_enter(store, err);
    bnn_store_execute(store,
                      "DELETE FROM look WHERE experiment_id = ?1 AND (?2 OR config_id IN"
                      " (SELECT config_id FROM experiment_config"
                      "  WHERE experiment_id = ?1 AND NOT in_spec))",
                      BNN_VALUES(V(experiment), V(all)));
    return bnn_store_leave(store);
}
