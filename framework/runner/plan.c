#include "runner/plan_internal.h"

#include "base/path.h"
#include "build_info.h"
#include "data/catalogue.h"
#include "db/store_results.h"
#include "runner/artifacts.h"
#include "runner/environment.h"
#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int plan_compare_places(const void *left, const void *right)
{
    const bnn_plan_place *a = left, *b = right;
    const int hashes = strcmp(a->hash, b->hash);
    return hashes != 0 ? hashes : (a->seed > b->seed) - (a->seed < b->seed);
}

bnn_run *bnn_plan_find_run(const bnn_plan_matcher *m, const char *hash, int64_t seed)
{
    const bnn_plan_place wanted = {.hash = hash, .seed = seed};
    const bnn_plan_place *place =
        bsearch(&wanted, m->places, m->plan->n, sizeof wanted, plan_compare_places);
    return place == NULL ? NULL : place->run;
}

static int plan_sort_places(bnn_plan_matcher *m, bnn_error *err)
{
    const bnn_plan *plan = m->plan;
    m->places = bnn_arena_alloc(plan->arena, plan->n, sizeof *m->places);
    if (m->places == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < plan->n; i++) {
        bnn_run *run = &plan->runs[i];
        m->places[i] = (bnn_plan_place){
            .hash = plan->experiment->configs[run->i_config].hash, .seed = run->seed, .run = run};
    }
    qsort(m->places, plan->n, sizeof *m->places, plan_compare_places);
    return BNN_OK;
}

/* ---- what the database knows ------------------------------------------------------------- */

static bool plan_has_config(const bnn_plan *plan, const char *hash)
{
    size_t i = 0;
    while (i < plan->experiment->n_configs && strcmp(plan->experiment->configs[i].hash, hash) != 0)
        i++;
    return i < plan->experiment->n_configs;
}

static void plan_match_run(const bnn_plan_matcher *m, const bnn_store_run *found)
{
    bnn_run *run = bnn_plan_find_run(m, found->config_hash, found->seed);
    if (run == NULL) {
        m->plan->n_dropped++;
        if (found->state == BNN_RUN_DONE && plan_has_config(m->plan, found->config_hash))
            m->plan->n_other_seeds++;
        return;
    }
    run->id = found->id;
    run->state = found->died ? BNN_RUN_INTERRUPTED : found->state;
    run->died = found->died;
    run->measured = (m->plan->experiment->telemetry & ~(uint64_t)found->telemetry) == 0;
    run->n_attempts = (uint32_t)found->n_attempts;
    snprintf(run->uid, sizeof run->uid, "%s", found->uid);
    if (found->state == BNN_RUN_FAILED && found->error[0] != '\0')
        run->result.error = found->error;
}

/* ---- what has changed since -------------------------------------------------------------- */

/* A plugin that comes with bnnrun is a part of it: of another build, the bits count, not the file. Of
 * the same build, its file was made anew. */
static bool plan_is_other_build(const bnn_plugin *now, const bnn_store_use *was)
{
    char folder[PATH_MAX];
    const size_t n = strcspn(BNN_REVISION, "-"); /* without "-dirty" */
    if (!now->bundled || !bnn_path_directory(was->path, folder) ||
        (strcmp(bnn_path_name(folder), ".libs") != 0 &&
         strcmp(bnn_path_name(folder), bnn_path_name(BNN_PLUGIN_DIR)) != 0))
        return false;
    return strcmp(was->path, now->path) != 0 || strcspn(was->revision, "-") != n ||
           strncmp(was->revision, BNN_REVISION, n) != 0;
}

static bool plan_is_same_plugin(const bnn_plan_matcher *m, const bnn_run *run,
                                const bnn_store_use *was)
{
    const bnn_plugin_set *set = &m->plan->experiment->configs[run->i_config].plugins;
    for (size_t i = 0; i < set->n; i++) {
        const bnn_plugin *now = set->list[i];
        if (strcmp(bnn_kind_name((bnn_kind)now->head->kind), was->kind) == 0 &&
            strcmp(now->head->name, was->name) == 0)
            return strcmp(now->sha256, was->sha256) == 0 ||
                   (run->state == BNN_RUN_DONE && plan_is_other_build(now, was));
    }
    return true;
}

int bnn_plan_add_change(const bnn_plan *plan, bnn_run *run, const char *what, const char *name,
                        bnn_error *err)
{
    const char *comma = run->changed != NULL ? ", " : "";
    const char *before = run->changed != NULL ? run->changed : "";
    run->changed = bnn_arena_printf(plan->arena, "%s%s%s %s", before, comma, what, name);
    return run->changed != NULL ? BNN_OK : bnn_no_memory(err);
}

/* Compares what the last attempt of a run used with what would be used now. */
static int plan_compare_use(const bnn_plan_matcher *m, const bnn_store_use *was, bnn_error *err)
{
    bnn_run *run = bnn_plan_find_run(m, was->config_hash, was->seed);
    if (run == NULL)
        return BNN_OK;
    if (strcmp(was->kind, "bits") == 0)
        return strverscmp(was->name, BNN_BITS_SINCE) >= 0
                   ? BNN_OK
                   : bnn_plan_add_change(m->plan, run, "bits of bnnrun", was->name, err);
    const char *data = m->plan->experiment->configs[run->i_config].data_sha256;
    const bool same = strcmp(was->kind, "dataset") == 0
                          ? data[0] == '\0' || strcmp(was->sha256, data) == 0
                          : plan_is_same_plugin(m, run, was);
    return same ? BNN_OK : bnn_plan_add_change(m->plan, run, was->kind, was->name, err);
}

/* What has changed when the checkpoint of a run is of no use; nothing is lost when there is none. A
 * damaged one, or one that cannot be read, is told whatever else has changed. */
static int plan_leave_checkpoint(const bnn_plan_matcher *m, bnn_run *run,
                                 bnn_checkpoint_found found, bnn_error *err)
{
    static const char *const texts[][2] = {
        [BNN_CHECKPOINT_FITS] = {"run.checkpoint", "none"},
        [BNN_CHECKPOINT_OTHER] = {"its", "checkpoint"},
        [BNN_CHECKPOINT_UNMEASURED] = {"the spec's", "telemetry"},
        [BNN_CHECKPOINT_DAMAGED] = {"its", "checkpoint (damaged)"},
        [BNN_CHECKPOINT_UNREADABLE] = {"its", "checkpoint (cannot be read)"}};
    if (found == BNN_CHECKPOINT_NONE)
        run->changed = NULL;
    else if (run->changed == NULL || found == BNN_CHECKPOINT_DAMAGED ||
             found == BNN_CHECKPOINT_UNREADABLE)
        return bnn_plan_add_change(m->plan, run, texts[found][0], texts[found][1], err);
    return BNN_OK;
}

/* What the changes mean for a run: it is stale, or its checkpoint is of no use. */
static int plan_settle_run(const bnn_plan_matcher *m, bnn_run *run, bnn_error *err)
{
    const bnn_experiment *experiment = m->plan->experiment;
    const bnn_config *config = &experiment->configs[run->i_config];
    const uint32_t total = (uint32_t)config->train.epochs;
    if (run->state == BNN_RUN_DONE && run->changed != NULL)
        run->state = BNN_RUN_STALE;
    if (run->state == BNN_RUN_RUNNING)
        run->changed = NULL; /* another process knows what it uses */
    if (!bnn_run_is_todo(run) || run->id == 0)
        return BNN_OK;
    const char *path = bnn_run_path(m->db, run->uid, BNN_RUN_CHECKPOINT, m->plan->arena);
    if (path == NULL)
        return bnn_no_memory(err);
    if (experiment->run.checkpoints == BNN_CHECKPOINTS_NONE)
        return plan_leave_checkpoint(
            m, run, access(path, F_OK) == 0 ? BNN_CHECKPOINT_FITS : BNN_CHECKPOINT_NONE, err);
    const bnn_checkpoint_found found = bnn_train_find_checkpoint(
        path, config->identity, (uint64_t)run->seed, experiment->telemetry, &run->epochs_done);
    if (found != BNN_CHECKPOINT_FITS)
        return plan_leave_checkpoint(m, run, found, err);
    run->epochs_done = run->epochs_done < total ? run->epochs_done : total - 1;
    return BNN_OK;
}

/* A file that is not what was recorded, of a run that is done and not stale. */
static int plan_look_at_file(const bnn_plan_matcher *m, const bnn_store_file *file, bnn_error *err)
{
    bnn_run *run = bnn_plan_find_run(m, file->config_hash, file->seed);
    if (run == NULL || (run->state != BNN_RUN_DONE && run->state != BNN_RUN_LOST))
        return BNN_OK;
    run->has_weights = run->has_weights || strcmp(file->kind, "weights") == 0;
    const char *how = bnn_artifacts_look(file);
    if (how == NULL)
        return BNN_OK;
    run->state = BNN_RUN_LOST;
    run->lost = bnn_arena_printf(m->plan->arena, "%s%s%s %s", run->lost != NULL ? run->lost : "",
                                 run->lost != NULL ? ", " : "", bnn_path_name(file->path), how);
    return run->lost != NULL ? BNN_OK : bnn_no_memory(err);
}

/* ---- what is to be trained again --------------------------------------------------------- */

static bool plan_is_word(const char *text, size_t n, const char *word)
{
    return strlen(word) == n && strncmp(text, word, n) == 0;
}

static int plan_retrain(bnn_plan *plan, const char *retrain, bnn_error *err)
{
    for (const char *word = retrain, *end; word != NULL; word = *end == ',' ? end + 1 : NULL) {
        end = strchrnul(word, ',');
        const size_t n = (size_t)(end - word);
        const bool all = plan_is_word(word, n, "all"), stale = plan_is_word(word, n, "stale");
        const bool failed = plan_is_word(word, n, "failed");
        bool known = all || stale || failed;
        const bool by_uid = !known && n > 0;
        for (bnn_run *run = plan->runs; run < plan->runs + plan->n; run++) {
            if (run->state == BNN_RUN_RUNNING || !(all || (stale && run->state == BNN_RUN_STALE) ||
                                                   (failed && run->state == BNN_RUN_FAILED) ||
                                                   (by_uid && strncmp(run->uid, word, n) == 0)))
                continue;
            known = true;
            run->state = run->n_attempts > 0 ? BNN_RUN_AGAIN : run->state;
            run->epochs_done = 0;
        }
        if (!known)
            return bnn_fail(err, BNN_E_USAGE,
                            "--retrain takes stale, failed, all, or runs of this spec that are not "
                            "under way; there is none that begins with \"%.*s\"",
                            (int)n, word);
    }
    return BNN_OK;
}

static int plan_read_store(bnn_plan_matcher *m, bnn_store *store, bnn_error *err)
{
    const char *name = m->plan->experiment->name;
    const bnn_store_run *runs;
    const bnn_store_use *uses;
    const bnn_store_file *files;
    const bnn_store_seconds *past; /* of equal configs, of any experiment */
    size_t n_runs, n_uses, n_files, n_past;
    int status = bnn_store_list_runs(store, name, m->plan->arena, &runs, &n_runs, err);
    for (size_t i = 0; status == BNN_OK && i < n_runs; i++)
        plan_match_run(m, &runs[i]);
    if (status == BNN_OK)
        status = bnn_store_list_uses(store, name, m->plan->arena, &uses, &n_uses, err);
    for (size_t i = 0; status == BNN_OK && i < n_uses; i++)
        status = plan_compare_use(m, &uses[i], err);
    for (size_t i = 0; status == BNN_OK && i < m->plan->n; i++)
        status = plan_settle_run(m, &m->plan->runs[i], err);
    if (status == BNN_OK)
        status = bnn_store_list_files(store, name, NULL, m->plan->arena, &files, &n_files, err);
    for (size_t i = 0; status == BNN_OK && i < n_files; i++)
        status = plan_look_at_file(m, &files[i], err);
    if (status == BNN_OK)
        status = bnn_plan_match_needs(m, store, err);
    if (status == BNN_OK)
        status = bnn_store_fixed_seconds(store, m->plan->arena, &m->plan->fixed_seconds, err);
    if (status == BNN_OK)
        status = bnn_store_list_seconds(store, m->plan->arena, &past, &n_past, err);
    for (size_t i = 0; status == BNN_OK && i < n_past; i++) {
        const bnn_run *run =
            bnn_plan_find_run(m, past[i].config_hash, m->plan->experiment->seeds[0]);
        if (run != NULL && !isnan(past[i].seconds))
            m->plan->seconds[run->i_config] = past[i].seconds;
    }
    return status;
}

/* ------------------------------------------------------------------------------------------ */

int bnn_plan_make(const bnn_experiment *experiment, bnn_store *store, const char *db,
                  const char *retrain, bnn_arena *arena, bnn_plan *out, bnn_error *err)
{
    const size_t n_configs = experiment->n_configs, n = n_configs * experiment->n_seeds;
    bnn_plan plan = {
        .experiment = experiment, .arena = arena, .n = n, .fixed_seconds = (double)NAN};
    bnn_plan_matcher m = {.plan = &plan, .db = db};
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
    if (status == BNN_OK && retrain != NULL)
        status = plan_retrain(&plan, retrain, err);
    if (status == BNN_OK)
        status = bnn_plan_look(&m, store, err);
    if (status == BNN_OK)
        status = bnn_plan_rank(&m, store, err);
    if (status == BNN_OK)
        status = bnn_plan_share(&plan, err);
    if (status == BNN_OK)
        status = bnn_plan_block(&plan, err);
    if (status != BNN_OK)
        return status;
    for (size_t i = 0; i < n; i++) {
        plan.n_of[plan.runs[i].state]++;
        plan.n_todo += bnn_run_is_todo(&plan.runs[i]);
        plan.n_unmeasured += plan.runs[i].state == BNN_RUN_DONE && !plan.runs[i].measured;
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
        wanted = bnn_environment_jobs();
    const size_t n =
        plan->n_todo > plan->n_of[BNN_RUN_LOST] ? plan->n_todo : plan->n_of[BNN_RUN_LOST];
    if (n > 0 && (uint64_t)wanted > n)
        wanted = (int64_t)n;
    return (uint32_t)wanted;
}

/* ---- data -------------------------------------------------------------------------------- */

/* Where data are is recorded, and may be looked for from anywhere. */
static int plan_name_source(const bnn_plan *plan, bnn_dataset *data, bnn_error *err)
{
    char path[PATH_MAX];
    if (bnn_catalogue_builtin(data->name) == NULL && bnn_path_absolute(data->source, path))
        data->source = bnn_arena_strdup(plan->arena, path);
    return data->source != NULL ? BNN_OK : bnn_no_memory(err);
}

int bnn_plan_open_data(const bnn_plan *plan, const bnn_data_search *search, bnn_dataset **out,
                       bnn_error *err)
{
    const bnn_experiment *e = plan->experiment;
    bnn_dataset *datasets = bnn_arena_alloc(plan->arena, e->n_datasets, sizeof *datasets);
    int status = BNN_OK;
    if (datasets == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; status == BNN_OK && i < plan->n; i++) {
        const bnn_config *config = &e->configs[plan->runs[i].i_config];
        const size_t k = config->i_dataset;
        if (!bnn_run_trains(&plan->runs[i]) || datasets[k].owner != NULL)
            continue;
        status = bnn_dataset_open(&e->datasets[k], search, &datasets[k], err);
        if (status == BNN_OK && strcmp(datasets[k].sha256, config->data_sha256) != 0)
            status = bnn_fail(err, BNN_E_RESOURCE,
                              "the files of the data set %s in %s have changed since they were "
                              "looked at; start again",
                              datasets[k].name, datasets[k].source);
        if (status == BNN_OK)
            status = plan_name_source(plan, &datasets[k], err);
    }
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
