#include "runner/plan.h"

#include "db/store_run.h"
#include "runner/environment.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A config, or a seed, and its place in the experiment; sorted, to be found. */
typedef struct plan_place {
    const char *hash;
    int64_t seed;
    size_t i;
} plan_place;

/* What is being matched with the rows of the database. */
typedef struct plan_matcher {
    bnn_plan *plan;
    const char *db;
    plan_place *configs; /* by hash */
    plan_place *seeds;   /* by seed */
} plan_matcher;

static int plan_compare_hashes(const void *left, const void *right)
{
    const plan_place *a = left, *b = right;
    return strcmp(a->hash, b->hash);
}

static int plan_compare_seeds(const void *left, const void *right)
{
    const plan_place *a = left, *b = right;
    return (a->seed > b->seed) - (a->seed < b->seed);
}

static const plan_place *plan_find_config(const plan_matcher *m, const char *hash)
{
    const plan_place wanted = {.hash = hash};
    return bsearch(&wanted, m->configs, m->plan->experiment->n_configs, sizeof wanted,
                   plan_compare_hashes);
}

/* The run of a config and a seed, or NULL. */
static bnn_run *plan_find_run(const plan_matcher *m, const char *hash, int64_t seed)
{
    const plan_place wanted = {.seed = seed};
    const bnn_experiment *e = m->plan->experiment;
    const plan_place *config = plan_find_config(m, hash);
    const plan_place *s = bsearch(&wanted, m->seeds, e->n_seeds, sizeof wanted, plan_compare_seeds);
    return config == NULL || s == NULL ? NULL : &m->plan->runs[s->i * e->n_configs + config->i];
}

static int plan_sort_places(plan_matcher *m, bnn_error *err)
{
    const bnn_experiment *e = m->plan->experiment;
    m->configs = bnn_arena_alloc(m->plan->arena, e->n_configs, sizeof *m->configs);
    m->seeds = bnn_arena_alloc(m->plan->arena, e->n_seeds, sizeof *m->seeds);
    if (m->configs == NULL || m->seeds == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < e->n_configs; i++)
        m->configs[i] = (plan_place){.hash = e->configs[i].hash, .i = i};
    for (size_t i = 0; i < e->n_seeds; i++)
        m->seeds[i] = (plan_place){.seed = e->seeds[i], .i = i};
    qsort(m->configs, e->n_configs, sizeof *m->configs, plan_compare_hashes);
    qsort(m->seeds, e->n_seeds, sizeof *m->seeds, plan_compare_seeds);
    return BNN_OK;
}

/* ---- what the database knows ------------------------------------------------------------- */

/* A checkpoint that is there saves the epochs that were recorded; it may hold one more. */
static int plan_note_checkpoint(const plan_matcher *m, bnn_run *run, uint32_t epochs,
                                bnn_error *err)
{
    const char *path = bnn_run_path(m->db, run->uid, BNN_RUN_CHECKPOINT, m->plan->arena);
    const uint32_t total = (uint32_t)m->plan->experiment->configs[run->i_config].train.epochs;
    if (path == NULL)
        return bnn_no_memory(err);
    if (run->state != BNN_RUN_DONE && access(path, R_OK) == 0)
        run->epochs_done = epochs < total ? epochs : total - 1;
    return BNN_OK;
}

static int plan_match_run(const plan_matcher *m, const bnn_store_run *found, bnn_error *err)
{
    bnn_run *run = plan_find_run(m, found->config_hash, found->seed);
    if (run == NULL) {
        m->plan->n_dropped++;
        return BNN_OK;
    }
    run->id = found->id;
    run->state = found->state;
    run->n_attempts = (uint32_t)found->n_attempts;
    snprintf(run->uid, sizeof run->uid, "%s", found->uid);
    if (found->state == BNN_RUN_QUEUED && found->n_attempts > 0)
        run->state = BNN_RUN_INTERRUPTED; /* its process died */
    if (found->state == BNN_RUN_FAILED && found->error[0] != '\0')
        run->result.error = found->error;
    return plan_note_checkpoint(m, run, found->epochs > 0 ? (uint32_t)found->epochs : 0, err);
}

static int plan_match_plugin(const plan_matcher *m, const bnn_store_use *was, bnn_error *err)
{
    bnn_run *run = plan_find_run(m, was->config_hash, was->seed);
    if (run == NULL || run->changed != NULL)
        return BNN_OK;
    const bnn_config *config = &m->plan->experiment->configs[run->i_config];
    for (size_t i = 0; i < config->plugins.n; i++) {
        const bnn_plugin *plugin = config->plugins.list[i];
        if (strcmp(bnn_kind_name((bnn_kind)plugin->head->kind), was->kind) != 0 ||
            strcmp(plugin->head->name, was->name) != 0 || strcmp(plugin->sha256, was->sha256) == 0)
            continue;
        run->state = BNN_RUN_STALE;
        run->changed = bnn_arena_printf(m->plan->arena, "%s %s", was->kind, was->name);
        if (run->changed == NULL)
            return bnn_no_memory(err);
    }
    return BNN_OK;
}

static int plan_read_store(plan_matcher *m, bnn_store *store, bnn_error *err)
{
    const char *name = m->plan->experiment->name;
    const bnn_store_run *runs;
    const bnn_store_use *uses;
    const bnn_store_seconds *past; /* of equal configs, of any experiment */
    size_t n_runs, n_uses, n_past;
    int status = bnn_store_list_runs(store, name, m->plan->arena, &runs, &n_runs, err);
    for (size_t i = 0; status == BNN_OK && i < n_runs; i++)
        status = plan_match_run(m, &runs[i], err);
    if (status == BNN_OK)
        status = bnn_store_list_uses(store, name, m->plan->arena, &uses, &n_uses, err);
    for (size_t i = 0; status == BNN_OK && i < n_uses; i++)
        status = plan_match_plugin(m, &uses[i], err);
    if (status == BNN_OK)
        status = bnn_store_list_seconds(store, m->plan->arena, &past, &n_past, err);
    for (size_t i = 0; status == BNN_OK && i < n_past; i++) {
        const plan_place *config = plan_find_config(m, past[i].config_hash);
        if (config != NULL && !isnan(past[i].seconds))
            m->plan->seconds[config->i] = past[i].seconds;
    }
    return status;
}

/* ------------------------------------------------------------------------------------------ */

int bnn_plan_make(const bnn_experiment *experiment, bnn_store *store, const char *db,
                  bnn_arena *arena, bnn_plan *out, bnn_error *err)
{
    const size_t n_configs = experiment->n_configs, n = n_configs * experiment->n_seeds;
    bnn_plan plan = {.experiment = experiment, .arena = arena, .n = n};
    plan_matcher m = {.plan = &plan, .db = db};
    plan.runs = bnn_arena_alloc(arena, n, sizeof *plan.runs);
    plan.seconds = bnn_arena_alloc(arena, n_configs, sizeof *plan.seconds);
    if (plan.runs == NULL || plan.seconds == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n_configs; i++)
        plan.seconds[i] = (double)NAN;
    for (size_t i = 0; i < n; i++)
        plan.runs[i] = (bnn_run){.i_config = (uint32_t)(i % n_configs),
                                 .seed = experiment->seeds[i / n_configs],
                                 .result.test_accuracy = (double)NAN};
    int status = plan_sort_places(&m, err);
    if (status == BNN_OK && store != NULL)
        status = plan_read_store(&m, store, err);
    if (status != BNN_OK)
        return status;
    for (size_t i = 0; i < n; i++) {
        plan.n_of[plan.runs[i].state]++;
        plan.n_todo += bnn_run_is_todo(&plan.runs[i]);
    }
    *out = plan;
    return BNN_OK;
}

double bnn_plan_rest(const bnn_plan *plan, const bnn_run *run)
{
    return 1.0 - run->epochs_done / (double)plan->experiment->configs[run->i_config].train.epochs;
}

uint32_t bnn_plan_jobs(const bnn_plan *plan, int64_t wanted)
{
    if (wanted == 0)
        wanted = plan->experiment->run.jobs;
    if (wanted == 0)
        wanted = bnn_environment_cpus();
    if (plan->n_todo > 0 && (uint64_t)wanted > plan->n_todo)
        wanted = (int64_t)plan->n_todo;
    return (uint32_t)wanted;
}

/* ---- into the database ------------------------------------------------------------------- */

static bnn_store_param plan_param(const bnn_setting *setting)
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

static int plan_add_config(bnn_store *store, int64_t experiment, const bnn_config *config,
                           uint32_t ordinal, int64_t *out, bnn_error *err)
{
    const bnn_settings *settings = &config->settings;
    bnn_store_param *params = calloc(settings->n + 1, sizeof *params);
    if (params == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < settings->n; i++)
        params[i] = plan_param(&settings->rows[i]);
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

static int plan_add_runs(bnn_plan *plan, bnn_store *store, int64_t experiment,
                         const int64_t *configs, bnn_error *err)
{
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < plan->n; i++) {
        bnn_run *run = &plan->runs[i];
        if (run->id == 0)
            status =
                bnn_store_add_run(store, experiment, configs[run->i_config], run->seed, run, err);
    }
    return status;
}

static int plan_add_all(bnn_plan *plan, bnn_store *store, bnn_error *err)
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
    int64_t id, *configs = calloc(e->n_configs, sizeof *configs);
    if (configs == NULL)
        return bnn_no_memory(err);
    int status = bnn_store_add_experiment(store, &experiment, &id, err);
    for (size_t i = 0; status == BNN_OK && i < e->n_configs; i++)
        status = plan_add_config(store, id, &e->configs[i], (uint32_t)i, &configs[i], err);
    if (status == BNN_OK)
        status = plan_add_runs(plan, store, id, configs, err);
    free(configs);
    return status;
}

int bnn_plan_record(const bnn_experiment *experiment, const char *db, bnn_arena *arena,
                    bnn_plan *out, bnn_store_recovered *recovered, bnn_error *err)
{
    bnn_store *store;
    int status = bnn_store_open(db, BNN_STORE_WRITE, &store, err);
    if (status != BNN_OK)
        return status;
    status = bnn_store_begin(store, err);
    if (status == BNN_OK)
        status = bnn_store_recover(store, recovered, err);
    if (status == BNN_OK)
        status = bnn_plan_make(experiment, store, db, arena, out, err);
    if (status == BNN_OK)
        status = plan_add_all(out, store, err);
    if (status == BNN_OK)
        status = bnn_store_commit(store, err);
    bnn_store_close(store); /* undoes what was not committed */
    return status;
}

/* ---- data -------------------------------------------------------------------------------- */

static bool plan_needs_data(const bnn_plan *plan, size_t i_dataset)
{
    for (size_t i = 0; i < plan->n; i++)
        if (bnn_run_is_todo(&plan->runs[i]) &&
            plan->experiment->configs[plan->runs[i].i_config].i_dataset == i_dataset)
            return true;
    return false;
}

int bnn_plan_open_data(const bnn_plan *plan, const bnn_data_search *search, bnn_dataset **out,
                       bnn_error *err)
{
    const bnn_experiment *e = plan->experiment;
    bnn_dataset *datasets = bnn_arena_alloc(plan->arena, e->n_datasets, sizeof *datasets);
    int status = BNN_OK;
    if (datasets == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; status == BNN_OK && i < e->n_datasets; i++)
        if (plan_needs_data(plan, i))
            status = bnn_dataset_open(&e->datasets[i], search, &datasets[i], err);
    if (status == BNN_OK)
        *out = datasets;
    else
        bnn_plan_close_data(plan, datasets);
    return status;
}

void bnn_plan_close_data(const bnn_plan *plan, bnn_dataset *datasets)
{
    for (size_t i = 0; i < plan->experiment->n_datasets; i++)
        if (datasets[i].owner != NULL)
            bnn_dataset_close(&datasets[i]);
}
