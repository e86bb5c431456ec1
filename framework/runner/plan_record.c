/* plan_record.c - a plan goes into the database, in one transaction. */
#include "runner/artifacts.h"
#include "runner/plan_internal.h"
#include "runner/registered.h"

static bnn_store_value plan_value(const bnn_setting *setting)
{
    if (setting->type == BNN_TYPE_CHOICE)
        return (bnn_store_value){BNN_STORE_VALUE_TEXT, .text = setting->text};
    if (setting->type == BNN_TYPE_NUMBER)
        return (bnn_store_value){BNN_STORE_VALUE_REAL, .real = setting->number};
    return (bnn_store_value){BNN_STORE_VALUE_INTEGER, .integer = (int64_t)setting->number};
}

static int plan_add_config(const bnn_plan *plan, bnn_store *store, int64_t experiment, size_t i,
                           int64_t *out, bnn_error *err)
{
    const bnn_config *config = &plan->experiment->configs[i];
    const bnn_settings *settings = &config->settings;
    bnn_store_param *params = bnn_arena_alloc(plan->arena, settings->n, sizeof *params);
    if (params == NULL)
        return bnn_no_memory(err);
    for (size_t k = 0; k < settings->n; k++)
        params[k] = (bnn_store_param){settings->rows[k].key, plan_value(&settings->rows[k])};
    const bnn_store_config c = {
        .json = config->json,
        .label = config->label,
        .baseline = config->baseline,
        .ordinal = (uint32_t)i,
        .need = config->only,
        .drawn = config->drawn,
        .n_params = settings->n,
        .params = params,
    };
    return bnn_store_add_config(store, experiment, &c, out, err);
}

static int plan_add_all(const bnn_plan *plan, bnn_store *store, bnn_error *err)
{
    const bnn_experiment *e = plan->experiment;
    const char *comparison = NULL;
    if (e->compare.is_there && (comparison = bnn_registered_text(e, plan->arena)) == NULL)
        return bnn_no_memory(err);
    const bnn_store_experiment experiment = {
        .name = e->name,
        .description = e->description,
        .path = e->path,
        .text = e->text,
        .comparison = comparison,
        .metric = e->metric.name,
        .minimize = e->metric.goal == BNN_GOAL_MIN,
    };
    int64_t id, *configs = bnn_arena_alloc(plan->arena, e->n_configs, sizeof *configs);
    if (configs == NULL)
        return bnn_no_memory(err);
    int status = bnn_store_add_experiment(store, &experiment, &id, err);
    for (size_t i = 0; status == BNN_OK && i < e->n_configs; i++)
        status = plan_add_config(plan, store, id, i, &configs[i], err);
    if (status == BNN_OK)
        status = bnn_plan_keep_looks(plan, store, id, configs, err);
    if (status == BNN_OK)
        status = bnn_plan_keep_rungs(plan, store, id, configs, err);
    for (size_t i = 0; status == BNN_OK && i < plan->n; i++) {
        bnn_run *run = &plan->runs[i];
        const bnn_run_state state = run->state; /* BLOCKED is queued to the database */
        if (run->id == 0 && (state == BNN_RUN_LATER || state == BNN_RUN_SPARED))
            continue; /* nobody knows whether it will be asked for */
        if (state == BNN_RUN_APART)
            continue; /* what becomes of it is known elsewhere */
        if (run->id == 0)
            status = bnn_store_add_run(store, id, configs[run->i_config], run->seed, run, err);
        else
            status =
                bnn_store_update_run(store, run->id, state == BNN_RUN_STALE ? run->changed : NULL,
                                     state == BNN_RUN_AGAIN, err);
        run->state = state;
    }
    return status;
}

int bnn_plan_record(const bnn_experiment *experiment, const char *db, const char *retrain,
                    bool take_over, bnn_arena *arena, bnn_plan *out, bnn_store_recovered *recovered,
                    bnn_error *err)
{
    bnn_store *store;
    int status = bnn_store_open(db, BNN_STORE_WRITE, &store, err);
    if (status != BNN_OK)
        return status;
    status = bnn_store_begin(store, err);
    if (status == BNN_OK)
        status = bnn_store_recover(store, take_over, recovered, err);
    if (status == BNN_OK)
        status = bnn_plan_make(experiment, store, db, retrain, arena, out, err);
    if (status == BNN_OK)
        status = plan_add_all(out, store, err);
    if (status == BNN_OK)
        bnn_artifacts_clean(db, out->runs, out->n);
    if (status == BNN_OK)
        status = bnn_store_commit(store, err);
    bnn_store_close(store); /* undoes what was not committed */
    return status;
}
