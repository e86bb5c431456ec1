#include "runner/sweeper.h"

#include "base/path.h"
#include "base/run.h"
#include "runner/environment.h"
#include "runner/register.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int bnn_sweeper_plan(const bnn_experiment *experiment, const char *db, bnn_arena *arena,
                     bnn_plan *out, bnn_store_recovered *recovered, bnn_error *err)
{
    bnn_store *store;
    int status = bnn_store_open(db, BNN_STORE_WRITE, &store, err);
    if (status != BNN_OK)
        return status;
    status = bnn_store_recover(store, recovered, err);
    if (status == BNN_OK)
        status = bnn_plan_make(experiment, store, db, arena, out, err);
    if (status == BNN_OK)
        status = bnn_register_plan(out, store, err);
    bnn_store_close(store);
    return status;
}

/* ---- data -------------------------------------------------------------------------------- */

static bool is_needed(const bnn_plan *plan, size_t i_dataset)
{
    for (size_t i = 0; i < plan->n; i++)
        if (bnn_plan_is_todo(&plan->runs[i]) &&
            plan->experiment->configs[plan->runs[i].i_config].i_dataset == i_dataset)
            return true;
    return false;
}

int bnn_sweeper_open_data(const bnn_plan *plan, const bnn_data_search *search, bnn_arena *arena,
                          bnn_dataset **out, bnn_error *err)
{
    const bnn_experiment *e = plan->experiment;
    bnn_dataset *datasets = bnn_arena_alloc(arena, e->n_datasets, sizeof *datasets);
    int status = BNN_OK;
    if (datasets == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; status == BNN_OK && i < e->n_datasets; i++)
        if (is_needed(plan, i))
            status = bnn_dataset_open(&e->datasets[i], search, &datasets[i], err);
    if (status == BNN_OK)
        *out = datasets;
    else
        bnn_sweeper_close_data(plan, datasets);
    return status;
}

void bnn_sweeper_close_data(const bnn_plan *plan, bnn_dataset *datasets)
{
    for (size_t i = 0; i < plan->experiment->n_datasets; i++)
        if (datasets[i].owner != NULL)
            bnn_dataset_close(&datasets[i]);
}

/* ---- how --------------------------------------------------------------------------------- */

uint32_t bnn_sweeper_jobs(const bnn_plan *plan, int64_t wanted)
{
    size_t n_todo = 0;
    for (size_t i = 0; i < plan->n; i++)
        n_todo += bnn_plan_is_todo(&plan->runs[i]);
    if (wanted == 0)
        wanted = plan->experiment->run.jobs;
    if (wanted == 0)
        wanted = bnn_pool_cpus();
    if (n_todo > 0 && (uint64_t)wanted > n_todo)
        wanted = (int64_t)n_todo;
    return (uint32_t)wanted;
}

static bool is_inside(const char *path, const char *folder)
{
    const size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && path[n] == '/';
}

/* Installed with this program, or built with it. */
static bool came_along(const bnn_plugin *plugin)
{
    char path[PATH_MAX], beside[PATH_MAX], folder[PATH_MAX];
    if (realpath(plugin->path, path) == NULL)
        return false;
    if (bnn_path_beside_program("plugins", beside) && realpath(beside, folder) != NULL &&
        is_inside(path, folder))
        return true;
    return realpath(bnn_path_of_plugins(), folder) != NULL && is_inside(path, folder);
}

bool bnn_sweeper_isolates(const bnn_experiment *experiment)
{
    if (experiment->run.isolation != BNN_ISOLATION_AUTO)
        return experiment->run.isolation == BNN_ISOLATION_PROCESS;
    for (size_t i = 0; i < experiment->n_configs; i++)
        for (size_t k = 0; k < experiment->configs[i].n_plugins; k++)
            if (!came_along(experiment->configs[i].plugins[k]))
                return true;
    return false;
}

/* ---- execution --------------------------------------------------------------------------- */

int bnn_sweeper_list(const bnn_plan *plan, const char *db, bnn_arena *arena, bnn_sweeper_todo *out,
                     bnn_error *err)
{
    bnn_pool_run *runs = bnn_arena_alloc(arena, plan->n, sizeof *runs);
    size_t *planned = bnn_arena_alloc(arena, plan->n, sizeof *planned);
    size_t n = 0;
    if (runs == NULL || planned == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < plan->n; i++) {
        const bnn_planned_run *run = &plan->runs[i];
        if (!bnn_plan_is_todo(run))
            continue;
        const char *folder = bnn_run_path(db, run->store.uid, NULL, arena);
        if (folder == NULL || strlen(folder) >= BNN_FOLDER_MAX)
            return bnn_fail(err, BNN_E_RESOURCE,
                            "%s: the path is too long for files of runs beside it", db);
        runs[n] = (bnn_pool_run){
            .i_config = run->i_config, .seed = run->seed, .store = run->store, .folder = folder};
        planned[n++] = i;
    }
    *out = (bnn_sweeper_todo){.n = n, .runs = runs, .planned = planned};
    return BNN_OK;
}

static int add_environment(const char *db, int64_t *out, bnn_error *err)
{
    bnn_store *store;
    int status = bnn_store_open(db, BNN_STORE_WRITE, &store, err);
    if (status != BNN_OK)
        return status;
    status = bnn_environment_add(store, out, err);
    bnn_store_close(store);
    return status;
}

int bnn_sweeper_run(const bnn_plan *plan, const bnn_sweeper_todo *todo, const char *db,
                    uint32_t n_jobs, const bnn_dataset *datasets, const bnn_pool_observer *observer,
                    bnn_pool_summary *out, bnn_error *err)
{
    const bnn_task_base base = {.experiment = plan->experiment, .datasets = datasets};
    bnn_pool_options options = {
        .db = db,
        .n_jobs = n_jobs,
        .isolate = bnn_sweeper_isolates(plan->experiment),
        .observer = observer,
    };
    *out = (bnn_pool_summary){.signal = 0};
    const int status = add_environment(db, &options.environment, err);
    if (status != BNN_OK)
        return status;
    return bnn_pool_execute(&base, todo->runs, todo->n, &options, out, err);
}
