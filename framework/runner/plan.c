#include "runner/plan.h"

#include "db/store_run.h"
#include "base/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A config, or a seed, and its place in the experiment; sorted, to be found. */
typedef struct place {
    const char *hash;
    int64_t seed;
    size_t i;
} place;

/* What is being matched with the rows of the database. */
typedef struct matcher {
    bnn_plan *plan;
    const char *db;
    bnn_arena *arena;
    place *configs; /* by hash */
    place *seeds;   /* by seed */
} matcher;

static int compare_hashes(const void *left, const void *right)
{
    const place *a = left, *b = right;
    return strcmp(a->hash, b->hash);
}

static int compare_seeds(const void *left, const void *right)
{
    const place *a = left, *b = right;
    return (a->seed > b->seed) - (a->seed < b->seed);
}

static const place *find_config(const matcher *m, const char *hash)
{
    const place wanted = {.hash = hash};
    return bsearch(&wanted, m->configs, m->plan->experiment->n_configs, sizeof wanted,
                   compare_hashes);
}

/* The planned run of a config and a seed, or NULL. */
static bnn_planned_run *find_run(const matcher *m, const char *hash, int64_t seed)
{
    const place wanted = {.seed = seed};
    const bnn_experiment *e = m->plan->experiment;
    const place *config = find_config(m, hash);
    const place *s = bsearch(&wanted, m->seeds, e->n_seeds, sizeof wanted, compare_seeds);
    return config == NULL || s == NULL ? NULL : &m->plan->runs[s->i * e->n_configs + config->i];
}

static int sort_places(matcher *m, bnn_error *err)
{
    const bnn_experiment *e = m->plan->experiment;
    m->configs = bnn_arena_alloc(m->arena, e->n_configs, sizeof *m->configs);
    m->seeds = bnn_arena_alloc(m->arena, e->n_seeds, sizeof *m->seeds);
    if (m->configs == NULL || m->seeds == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < e->n_configs; i++)
        m->configs[i] = (place){.hash = e->configs[i].hash, .i = i};
    for (size_t i = 0; i < e->n_seeds; i++)
        m->seeds[i] = (place){.seed = e->seeds[i], .i = i};
    qsort(m->configs, e->n_configs, sizeof *m->configs, compare_hashes);
    qsort(m->seeds, e->n_seeds, sizeof *m->seeds, compare_seeds);
    return BNN_OK;
}

/* ---- what the database knows ------------------------------------------------------------- */

/* A checkpoint that is there saves the epochs that were recorded; it may hold one more. */
static int note_checkpoint(const matcher *m, bnn_planned_run *run, int64_t epochs, bnn_error *err)
{
    const char *path = bnn_run_path(m->db, run->store.uid, BNN_RUN_CHECKPOINT, m->arena);
    const int64_t total = m->plan->experiment->configs[run->i_config].train.epochs;
    if (path == NULL)
        return bnn_no_memory(err);
    if (run->store.state != BNN_RUN_DONE && access(path, R_OK) == 0)
        run->epochs_done = (uint32_t)(epochs < total ? epochs : total - 1);
    return BNN_OK;
}

static int match_run(void *context, const char *hash, const bnn_run *found, bnn_error *err)
{
    const matcher *m = context;
    bnn_planned_run *run = find_run(m, hash, found->seed);
    if (run == NULL) {
        m->plan->n_dropped++;
        return BNN_OK;
    }
    run->known = true;
    run->store = *found;
    run->store.epochs_done = 0;
    run->store.result.error = NULL;
    if (found->state == BNN_RUN_FAILED && found->result.error != NULL)
        run->error = bnn_arena_strdup(m->arena, found->result.error);
    return note_checkpoint(m, run, found->epochs_done, err);
}

static int match_plugin(void *context, const char *hash, int64_t seed, const bnn_store_plugin *was,
                        bnn_error *err)
{
    const matcher *m = context;
    bnn_planned_run *run = find_run(m, hash, seed);
    if (run == NULL || run->changed != NULL)
        return BNN_OK;
    const bnn_config *config = &m->plan->experiment->configs[run->i_config];
    for (size_t i = 0; i < config->n_plugins; i++) {
        const bnn_plugin *plugin = config->plugins[i];
        if (strcmp(bnn_kind_name((bnn_kind)plugin->head->kind), was->kind) != 0 ||
            strcmp(plugin->head->name, was->name) != 0 || strcmp(plugin->sha256, was->sha256) == 0)
            continue;
        run->changed = bnn_arena_printf(m->arena, "%s %s", was->kind, was->name);
        if (run->changed == NULL)
            return bnn_no_memory(err);
    }
    return BNN_OK;
}

/* Past timings of equal configs, of any experiment. */
static int match_seconds(void *context, const char *hash, double seconds, bnn_error *err)
{
    const matcher *m = context;
    const place *config = find_config(m, hash);
    (void)err;
    if (config != NULL)
        m->plan->seconds[config->i] = seconds;
    return BNN_OK;
}

static int read_store(matcher *m, bnn_store *store, bnn_error *err)
{
    const char *name = m->plan->experiment->name;
    int status = bnn_store_read_runs(store, name, match_run, m, err);
    if (status == BNN_OK)
        status = bnn_store_read_plugins(store, name, match_plugin, m, err);
    if (status == BNN_OK)
        status = bnn_store_read_seconds(store, match_seconds, m, err);
    return status;
}

/* ------------------------------------------------------------------------------------------ */

bnn_plan_group bnn_plan_group_of(const bnn_planned_run *run)
{
    if (!run->known)
        return BNN_PLAN_NEW;
    switch (run->store.state) {
    case BNN_RUN_RUNNING:
        return BNN_PLAN_RUNNING;
    case BNN_RUN_DONE:
        return run->changed != NULL ? BNN_PLAN_STALE : BNN_PLAN_DONE;
    case BNN_RUN_FAILED:
        return BNN_PLAN_RETRY;
    default:
        break;
    }
    return run->store.n_attempts == 0 ? BNN_PLAN_NEW : BNN_PLAN_RESUME;
}

bool bnn_plan_is_todo(const bnn_planned_run *run)
{
    return bnn_plan_group_of(run) <= BNN_PLAN_RETRY;
}

void bnn_plan_count(const bnn_plan *plan, size_t out[BNN_PLAN_GROUPS])
{
    memset(out, 0, BNN_PLAN_GROUPS * sizeof *out);
    for (size_t i = 0; i < plan->n; i++)
        out[bnn_plan_group_of(&plan->runs[i])]++;
}

double bnn_plan_rest(const bnn_plan *plan, size_t i)
{
    const bnn_planned_run *run = &plan->runs[i];
    const double epochs = plan->experiment->configs[run->i_config].train.epochs;
    return bnn_plan_is_todo(run) ? 1.0 - run->epochs_done / epochs : 0.0;
}

int bnn_plan_make(const bnn_experiment *experiment, bnn_store *store, const char *db,
                  bnn_arena *arena, bnn_plan *out, bnn_error *err)
{
    const size_t n_configs = experiment->n_configs, n = n_configs * experiment->n_seeds;
    bnn_plan plan = {.experiment = experiment, .n = n};
    matcher m = {.plan = &plan, .db = db, .arena = arena};
    plan.runs = bnn_arena_alloc(arena, n, sizeof *plan.runs);
    plan.seconds = bnn_arena_alloc(arena, n_configs, sizeof *plan.seconds);
    if (plan.runs == NULL || plan.seconds == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n_configs; i++)
        plan.seconds[i] = (double)NAN;
    for (size_t i = 0; i < n; i++)
        plan.runs[i] = (bnn_planned_run){.i_config = (uint32_t)(i % n_configs),
                                         .seed = experiment->seeds[i / n_configs]};
    int status = sort_places(&m, err);
    if (status == BNN_OK && store != NULL)
        status = read_store(&m, store, err);
    if (status == BNN_OK)
        *out = plan;
    return status;
}
