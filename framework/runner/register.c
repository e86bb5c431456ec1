#include "runner/register.h"

#include <stdlib.h>

static bnn_store_param to_param(const bnn_setting *setting)
{
    static const bnn_store_param_type types[] = {
        [BNN_TYPE_NUMBER] = BNN_STORE_NUMBER,
        [BNN_TYPE_INTEGER] = BNN_STORE_INTEGER,
        [BNN_TYPE_SWITCH] = BNN_STORE_BOOLEAN,
        [BNN_TYPE_CHOICE] = BNN_STORE_TEXT,
    };
    return (bnn_store_param){.key = setting->key,
                             .type = types[setting->type],
                             .number = setting->number,
                             .text = setting->text};
}

static int add_config(bnn_store *store, int64_t experiment, const bnn_config *config,
                      uint32_t ordinal, int64_t *out, bnn_error *err)
{
    const bnn_settings *settings = &config->settings;
    bnn_store_param *params = calloc(settings->n + 1, sizeof *params);
    if (params == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < settings->n; i++)
        params[i] = to_param(&settings->rows[i]);
    const bnn_store_config c = {
        .json = config->json,
        .label = config->label,
        .baseline = config->baseline,
        .ordinal = ordinal,
        .n_params = settings->n,
        .params = params,
    };
    const int status = bnn_store_add_config(store, experiment, &c, out, err);
    free(params);
    return status;
}

static int add_all(bnn_plan *plan, bnn_store *store, int64_t *configs, bnn_error *err)
{
    const bnn_experiment *e = plan->experiment;
    const bnn_store_experiment experiment = {
        .name = e->name,
        .description = e->description,
        .path = e->path,
        .text = e->text,
        .metric = e->metric.name,
        .minimize = e->metric.goal == BNN_GOAL_MIN,
    };
    int64_t id;
    int status = bnn_store_add_experiment(store, &experiment, &id, err);
    for (size_t i = 0; status == BNN_OK && i < e->n_configs; i++)
        status = add_config(store, id, &e->configs[i], (uint32_t)i, &configs[i], err);
    for (size_t i = 0; status == BNN_OK && i < plan->n; i++) {
        bnn_planned_run *run = &plan->runs[i];
        status = bnn_store_add_run(store, id, configs[run->i_config], run->seed, &run->store, err);
        run->known = status == BNN_OK;
    }
    return status;
}

int bnn_register_plan(bnn_plan *plan, bnn_store *store, bnn_error *err)
{
    int64_t *configs = calloc(plan->experiment->n_configs, sizeof *configs);
    if (configs == NULL)
        return bnn_no_memory(err);
    int status = bnn_store_begin(store, err);
    if (status == BNN_OK) {
        status = add_all(plan, store, configs, err);
        if (status == BNN_OK)
            status = bnn_store_commit(store, err);
        else
            bnn_store_rollback(store);
    }
    free(configs);
    return status;
}
