#include "db/store_compare.h"

#include "db/store_internal.h"

#define COMPARED(name) BNN_MEMBER(bnn_store_compared, name)
static const bnn_row_type compared_type = {
    sizeof(bnn_store_compared),
    {COMPARED(config), COMPARED(label), COMPARED(is_baseline), COMPARED(in_spec),
     COMPARED(experiment), COMPARED(test_set), COMPARED(uid), COMPARED(seed), COMPARED(state),
     COMPARED(value), COMPARED(is_drawn), COMPARED(dropped_at), COMPARED(n_rungs)}};

int bnn_store_list_compared(bnn_store *store, const char *experiment, const char *config,
                            const char *metric, bnn_arena *arena,
                            const bnn_store_compared **out_rows, size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(store, bnn_store_sql("compared_runs"),
                          BNN_VALUES(V(experiment), V(metric), V(config)), &compared_type, arena,
                          out_rows, out_n, err);
}

#define REGISTERED(name) BNN_MEMBER(bnn_store_registered, name)
static const bnn_row_type registered_type = {
    sizeof(bnn_store_registered),
    {REGISTERED(comparison), REGISTERED(first_us), REGISTERED(begun_us), REGISTERED(first_utc)}};

int bnn_store_list_registered(bnn_store *store, const char *experiment, bnn_arena *arena,
                              const bnn_store_registered **out_rows, size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(store, bnn_store_sql("registered"),
                          BNN_VALUES(V(experiment), bnn_value_null()), &registered_type, arena,
                          out_rows, out_n, err);
}

int bnn_store_find_begun(bnn_store *store, const char *comparison, bnn_arena *arena,
                         int64_t *out_us, bnn_error *err)
{
    const bnn_store_registered *rows;
    size_t n;
    const int status = bnn_store_rows(store, bnn_store_sql("registered"),
                                      BNN_VALUES(bnn_value_null(), V(comparison)), &registered_type,
                                      arena, &rows, &n, err);
    if (status == BNN_OK)
        *out_us = n == 0 ? -1 : rows[0].begun_us;
    return status;
}

typedef struct compared_text {
    const char *text;
} compared_text;

static const bnn_row_type text_type = {sizeof(compared_text), {BNN_MEMBER(compared_text, text)}};

/* The text of the first row; NULL: there is none. */
static int compared_find_text(bnn_store *store, const char *sql, const char *experiment,
                              bnn_arena *arena, const char **out, bnn_error *err)
{
    const compared_text *rows;
    size_t n;
    const int status =
        bnn_store_rows(store, sql, BNN_VALUES(V(experiment)), &text_type, arena, &rows, &n, err);
    if (status == BNN_OK)
        *out = n == 0 ? NULL : rows[0].text;
    return status;
}

int bnn_store_newest_spec(bnn_store *store, const char *experiment, bnn_arena *arena,
                          const char **out_text, bnn_error *err)
{
    return compared_find_text(store,
                              "SELECT text FROM spec_revision JOIN experiment USING (experiment_id)"
                              " WHERE name = ?1 ORDER BY last_us DESC, first_us DESC LIMIT 1",
                              experiment, arena, out_text, err);
}

int bnn_store_newest_experiment(bnn_store *store, bnn_arena *arena, const char **out_name,
                                bnn_error *err)
{
    return compared_find_text(
        store,
        "SELECT name AS text FROM experiment JOIN spec_revision USING (experiment_id)"
        " WHERE ?1 IS NULL AND experiment_id IN (SELECT experiment_id FROM run)"
        " ORDER BY last_us DESC, name LIMIT 1",
        NULL, arena, out_name, err);
}

#define NAMED(name) BNN_MEMBER(bnn_store_named_config, name)
static const bnn_row_type named_type = {
    sizeof(bnn_store_named_config),
    {NAMED(config), NAMED(label), NAMED(experiment), NAMED(uid), NAMED(seed)}};

int bnn_store_list_named_configs(bnn_store *store, const char *uid, const char *digits,
                                 bnn_arena *arena, const bnn_store_named_config **out_rows,
                                 size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(store, bnn_store_sql("named_configs"), BNN_VALUES(V(uid), V(digits)),
                          &named_type, arena, out_rows, out_n, err);
}

int bnn_store_list_labelled_configs(bnn_store *store, const char *experiment, const char *label,
                                    bnn_arena *arena, const bnn_store_named_config **out_rows,
                                    size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(
        store,
        "SELECT substr(config.hash, 1, 12) AS config, own.label, experiment.name AS experiment,"
        " run.run_uid AS uid, run.seed"
        " FROM experiment JOIN experiment_config AS own USING (experiment_id)"
        " JOIN config USING (config_id) JOIN run USING (experiment_id, config_id)"
        " WHERE experiment.name = ?1 AND own.label = ?2 AND own.in_spec ORDER BY run.seed LIMIT 1",
        BNN_VALUES(V(experiment), V(label)), &named_type, arena, out_rows, out_n, err);
}
