#include "db/store_curves.h"

#include "db/store_internal.h"

#define CURVE(name) BNN_MEMBER(bnn_store_curve, name)
static const bnn_row_type curve_type = {
    sizeof(bnn_store_curve),
    {CURVE(layer), CURVE(config), CURVE(seed), CURVE(state), CURVE(epoch), CURVE(value)}};

int bnn_store_list_curves(bnn_store *store, const char *experiment, const char *metric,
                          bnn_arena *arena, const bnn_store_curve **out_rows, size_t *out_n,
                          bnn_error *err)
{
    return bnn_store_rows(store, bnn_store_sql("epoch_curves"),
                          BNN_VALUES(V(experiment), V(metric)), &curve_type, arena, out_rows, out_n,
                          err);
}

int bnn_store_list_layer_curves(bnn_store *store, const char *experiment, const char *quantity,
                                bnn_arena *arena, const bnn_store_curve **out_rows, size_t *out_n,
                                bnn_error *err)
{
    return bnn_store_rows(store, bnn_store_sql("layer_curves"),
                          BNN_VALUES(V(experiment), V(quantity)), &curve_type, arena, out_rows,
                          out_n, err);
}

typedef struct curve_name {
    const char *name;
} curve_name;

static const bnn_row_type curve_name_type = {sizeof(curve_name), {BNN_MEMBER(curve_name, name)}};

int bnn_store_list_quantities(bnn_store *store, const char *experiment, bnn_arena *arena,
                              const char *const **out_names, size_t *out_n, bnn_error *err)
{
    const curve_name *rows;
    size_t n;
    const int status = bnn_store_rows(
        store,
        "SELECT DISTINCT layer_metric.name AS name"
        " FROM config_summary AS own JOIN run USING (experiment_id, config_id)"
        " CROSS JOIN layer_metric USING (run_uid)"
        " WHERE own.experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1)"
        " AND own.in_spec AND own.need IS NULL AND own.dropped_at IS NULL"
        " AND layer_metric.bin IS NULL ORDER BY 1",
        BNN_VALUES(V(experiment)), &curve_name_type, arena, &rows, &n, err);
    if (status != BNN_OK)
        return status;
    const char **names = bnn_arena_alloc(arena, n, sizeof *names);
    if (names == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n; i++)
        names[i] = rows[i].name;
    *out_names = names;
    *out_n = n;
    return BNN_OK;
}
