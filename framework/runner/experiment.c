#include "runner/experiment.h"

#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "runner/config.h"
#include "runner/effect.h"
#include "runner/spec_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SPEC_BYTES_MAX = 1 << 20,
    SEEDS_MAX = 10000,
    JOBS_MAX = 1024,
    RETRIES_MAX = 100,
    NAME_BYTES_MAX = 64,
};

/* What is being read, and what becomes of it. */
typedef struct loader {
    const bnn_reader *r;
    const bnn_node *root;
    bool overridden; /* by -s */
    bool recorded;   /* a spec that has been run as it is, and is not corrected any more */
    bnn_experiment *out;
} loader;

/* ---- name and description ---------------------------------------------------------------- */

/* The file's name without its folder and ending. */
static const char *stem(const char *path, bnn_arena *arena)
{
    char *name = bnn_arena_strdup(arena, bnn_path_name(path));
    char *dot = name == NULL ? NULL : strrchr(name, '.');
    if (dot != NULL)
        *dot = '\0';
    return name;
}

static int read_name(const loader *l)
{
    const bnn_node *node = bnn_tree_get(l->root, "name");
    bnn_position_in_file at = l->root->at;
    const char *name = stem(l->out->path, l->r->arena);
    if (name == NULL)
        return bnn_diag_no_memory(l->r->diag);
    if (node != NULL) {
        at = node->at;
        if (bnn_schema_text(node, "name", &name, l->r->diag) != BNN_OK)
            return BNN_E_SPEC;
    }
    if (!bnn_text_is_name(name, "_", "_.-", NAME_BYTES_MAX - 1)) {
        char excerpt[BNN_EXCERPT];
        return bnn_diag_add(
            l->r->diag, at,
            "name: \"%s\" is not a name: 1 to %d letters, digits, _, - and ., beginning "
            "with none of the last two",
            bnn_excerpt(name, excerpt), NAME_BYTES_MAX - 1);
    }
    l->out->name = name;
    return BNN_OK;
}

static int read_description(const loader *l)
{
    const bnn_node *node = bnn_tree_get(l->root, "description");
    return node == NULL ? BNN_OK
                        : bnn_schema_text(node, "description", &l->out->description, l->r->diag);
}

/* ---- seeds ------------------------------------------------------------------------------- */

/* {count: 3, base: 1} */
static int read_counted_seeds(const loader *l, const bnn_node *map, size_t *n, int64_t *seeds)
{
    static const char *const known[] = {"count", "base", NULL};
    int64_t count = 1, base = 1;
    int status = bnn_schema_known_keys(map, "seeds", known, l->r->diag);
    const bnn_node *node = bnn_tree_get(map, "count");
    if (node != NULL &&
        bnn_schema_integer(node, "seeds.count", 1, SEEDS_MAX, &count, l->r->diag) != BNN_OK)
        status = BNN_E_SPEC;
    node = bnn_tree_get(map, "base");
    if (node != NULL && bnn_schema_integer(node, "seeds.base", 0, INT64_MAX - SEEDS_MAX, &base,
                                           l->r->diag) != BNN_OK)
        status = BNN_E_SPEC;
    *n = (size_t)count;
    for (size_t i = 0; i < *n; i++)
        seeds[i] = base + (int64_t)i;
    return status;
}

static int read_listed_seeds(const loader *l, const bnn_node *list, size_t *n, int64_t *seeds)
{
    int status = BNN_OK;
    if (list->n == 0 || list->n > SEEDS_MAX)
        return bnn_diag_add(l->r->diag, list->at, "seeds: %zu of them; from 1 to %d are allowed",
                            list->n, SEEDS_MAX);
    for (size_t i = 0; i < list->n; i++) {
        const bnn_node *item = list->items[i];
        if (bnn_schema_integer(item, "seeds", 0, INT64_MAX, &seeds[i], l->r->diag) != BNN_OK) {
            seeds[i] = -1;
            status = BNN_E_SPEC;
            continue;
        }
        for (size_t j = 0; j < i; j++)
            if (seeds[j] == seeds[i]) {
                bnn_diag_add(l->r->diag, item->at, "seeds: %s is there twice", item->text);
                status = BNN_E_SPEC;
                break;
            }
    }
    *n = list->n;
    return status;
}

static int read_seeds(const loader *l)
{
    const bnn_node *node = bnn_tree_get(l->root, "seeds");
    size_t n = 1;
    int status = BNN_OK;
    int64_t *seeds = bnn_arena_alloc(l->r->arena, SEEDS_MAX, sizeof *seeds);
    if (seeds == NULL)
        return bnn_diag_no_memory(l->r->diag);
    seeds[0] = 1;
    if (node != NULL && node->kind == BNN_NODE_LIST)
        status = read_listed_seeds(l, node, &n, seeds);
    else if (node != NULL && node->kind == BNN_NODE_MAP)
        status = read_counted_seeds(l, node, &n, seeds);
    else if (node != NULL) {
        char got[BNN_DESCRIPTION];
        bnn_diag_add(l->r->diag, node->at,
                     "seeds: expected {count: N, base: N} or a list of integers, got %s",
                     bnn_schema_describe(node, got));
        status = BNN_E_SPEC;
    }
    l->out->seeds = seeds;
    l->out->n_seeds = status == BNN_OK ? n : 1;
    return status;
}

/* ---- metric and run ---------------------------------------------------------------------- */

static int read_metric(const loader *l)
{
    static const char *const known[] = {"name", "goal", NULL};
    const bnn_node *node = bnn_tree_get(l->root, "metric");
    const bnn_node *name = node, *goal = NULL;
    size_t n_metrics;
    const bnn_metric *metrics = bnn_run_metrics(&n_metrics);
    int32_t i = 0;
    int status = BNN_OK;
    if (node != NULL && node->kind == BNN_NODE_MAP) {
        status = bnn_schema_known_keys(node, "metric", known, l->r->diag);
        name = bnn_tree_get(node, "name");
        goal = bnn_tree_get(node, "goal");
    }
    if (name != NULL &&
        bnn_schema_choice(name, "metric.name", BNN_RUN_METRIC_NAMES, &i, l->r->diag) != BNN_OK)
        status = BNN_E_SPEC;
    l->out->metric.name = metrics[i].name;
    l->out->metric.goal = (int32_t)metrics[i].goal;
    if (goal != NULL && bnn_schema_choice(goal, "metric.goal", "max|min", &l->out->metric.goal,
                                          l->r->diag) != BNN_OK)
        status = BNN_E_SPEC;
    return status;
}

/* jobs: auto, or a number. */
static int read_jobs(const loader *l, const bnn_node *node, int64_t *jobs)
{
    if (node == NULL ||
        (node->kind == BNN_NODE_SCALAR && !node->quoted && strcmp(node->text, "auto") == 0))
        return BNN_OK;
    double number;
    if (node->kind == BNN_NODE_SCALAR && !bnn_schema_is_number(node, &number)) {
        char got[BNN_DESCRIPTION];
        return bnn_diag_add(l->r->diag, node->at,
                            "run.jobs: expected auto or a number of jobs, got %s",
                            bnn_schema_describe(node, got));
    }
    return bnn_schema_integer(node, "run.jobs", 1, JOBS_MAX, jobs, l->r->diag);
}

static void read_run(const loader *l)
{
    static const char *const known[] = {"jobs",    "checkpoint", "retries",
                                        "timeout", "isolation",  NULL};
    const bnn_node *map = bnn_tree_get(l->root, "run");
    bnn_run_options *run = &l->out->run;
    bnn_diag *diag = l->r->diag;
    if (bnn_schema_known_keys(map, "run", known, diag) != BNN_OK && map->kind != BNN_NODE_MAP)
        return;
    const bnn_node *checkpoint = bnn_tree_get(map, "checkpoint");
    const bnn_node *retries = bnn_tree_get(map, "retries");
    const bnn_node *timeout = bnn_tree_get(map, "timeout");
    const bnn_node *isolation = bnn_tree_get(map, "isolation");
    read_jobs(l, bnn_tree_get(map, "jobs"), &run->jobs);
    if (checkpoint != NULL)
        bnn_schema_choice(checkpoint, "run.checkpoint", "epoch|stop|none", &run->checkpoints, diag);
    if (retries != NULL)
        bnn_schema_integer(retries, "run.retries", 0, RETRIES_MAX, &run->retries, diag);
    if (timeout != NULL)
        bnn_schema_duration(timeout, "run.timeout", &run->timeout_seconds, diag);
    if (isolation != NULL)
        bnn_schema_choice(isolation, "run.isolation", "auto|thread|process", &run->isolation, diag);
}

/* ---- points ------------------------------------------------------------------------------ */

static bool is_same_dataset(const bnn_data_options *a, const bnn_data_options *b)
{
    const char *p = a->path == NULL ? "" : a->path, *q = b->path == NULL ? "" : b->path;
    return strcmp(a->name, b->name) == 0 && strcmp(p, q) == 0 && a->train_limit == b->train_limit &&
           a->test_limit == b->test_limit;
}

static size_t find_dataset(bnn_data_options *all, size_t *n, const bnn_data_options *wanted)
{
    size_t i = 0;
    while (i < *n && !is_same_dataset(&all[i], wanted))
        i++;
    if (i == *n)
        all[(*n)++] = *wanted;
    else if (wanted->validation > all[i].validation)
        all[i] = *wanted;
    return i;
}

/* Adds a config unless an equal one is there: that one's label stays, and a warning says so. */
static void add_config(const loader *l, const bnn_point *point, const bnn_config *config,
                       bnn_config *configs, bnn_data_options *datasets)
{
    for (size_t i = 0; i < l->out->n_configs; i++) {
        if (strcmp(configs[i].hash, config->hash) != 0)
            continue;
        configs[i].baseline |= config->baseline;
        bnn_diag_warn(l->r->diag, point->n > 0 ? point->values[0].value->at : point->root->at,
                      "%s%s is the same config as %s; they are run once",
                      config->baseline ? "the baseline " : "", config->label, configs[i].label);
        return;
    }
    bnn_config *added = &configs[l->out->n_configs++];
    *added = *config;
    added->i_dataset = find_dataset(datasets, &l->out->n_datasets, &config->data);
}

static void resolve_points(const loader *l, const bnn_sweep *sweep)
{
    bnn_config *configs = bnn_arena_alloc(l->r->arena, sweep->n, sizeof *configs);
    bnn_data_options *datasets = bnn_arena_alloc(l->r->arena, sweep->n, sizeof *datasets);
    if (configs == NULL || datasets == NULL) {
        bnn_diag_no_memory(l->r->diag);
        return;
    }
    bnn_effects effects = {.arena = l->r->arena};
    const int begun = bnn_diag_begin(l->r->diag);
    for (size_t i = 0; i < sweep->n; i++) {
        const bnn_point *point = &sweep->points[i];
        bnn_config config;
        if (bnn_config_resolve(l->r, point, &config) != BNN_OK)
            continue;
        config.data.path_may_fail = l->recorded;
        add_config(l, point, &config, configs, datasets);
        if (bnn_effect_note(&effects, point, &config) != BNN_OK)
            bnn_diag_no_memory(l->r->diag);
    }
    if (bnn_diag_end(l->r->diag, begun) == BNN_OK && !l->recorded)
        bnn_effect_report(&effects, sweep, l->overridden, l->r->diag);
    l->out->configs = configs;
    l->out->datasets = datasets;
}

/* When the sweep cannot be expanded, the base still shows its mistakes. */
static void read_points(const loader *l)
{
    bnn_sweep sweep;
    const bnn_point base = {.root = l->root, .label = "base"};
    if (bnn_sweep_expand(l->r, l->root, l->out->n_seeds, &sweep) != BNN_OK)
        sweep = (bnn_sweep){.n = 1, .points = &base};
    resolve_points(l, &sweep);
}

/* ------------------------------------------------------------------------------------------ */

static int read_root(loader *l, const char *text, size_t n, const char *const *overrides)
{
    bnn_diag *diag = l->r->diag;
    l->root = bnn_tree_parse(l->out->path, text, n, l->r->arena, diag);
    if (l->root == NULL)
        return BNN_E_SPEC;
    if (l->root->kind != BNN_NODE_MAP) {
        char got[BNN_DESCRIPTION];
        return bnn_diag_add(diag, l->root->at, "a spec is a map of sections, got %s",
                            bnn_schema_describe(l->root, got));
    }
    for (; *overrides != NULL; overrides++) {
        const bnn_node *changed = bnn_sweep_override(l->r, l->root, *overrides);
        if (changed != NULL)
            l->root = changed;
    }
    return BNN_OK;
}

static int load(const bnn_reader *r, const char *text, size_t n, const char *const *overrides,
                bool recorded, bnn_experiment *experiment)
{
    static const char *const known[] = {"name",   "description", "dataset", "model",
                                        "train",  "seeds",       "sweep",   "baseline",
                                        "metric", "run",         NULL};
    loader l = {
        .r = r, .overridden = overrides[0] != NULL, .recorded = recorded, .out = experiment};
    const int begun = bnn_diag_begin(r->diag);
    if (read_root(&l, text, n, overrides) == BNN_OK) {
        bnn_schema_known_keys(l.root, "the spec", known, r->diag);
        read_name(&l);
        read_description(&l);
        read_seeds(&l);
        read_metric(&l);
        read_run(&l);
        read_points(&l);
    }
    return bnn_diag_end(r->diag, begun);
}

int bnn_experiment_load(const bnn_reader *r, const char *path, const char *const *overrides,
                        bnn_experiment *out)
{
    static const char *const none[] = {NULL};
    bnn_experiment experiment = {.path = bnn_arena_strdup(r->arena, path)};
    bnn_error err;
    char *text;
    size_t n;
    if (overrides == NULL)
        overrides = none;
    if (bnn_file_read(path, SPEC_BYTES_MAX, &text, &n, &err) != BNN_OK)
        return bnn_diag_fail(r->diag, err.status == BNN_E_INTERNAL ? BNN_E_INTERNAL : BNN_E_SPEC,
                             (bnn_position_in_file){.file = NULL}, "%s", err.message);
    experiment.text = bnn_spec_text_join(text, overrides, r->arena);
    const int status = experiment.path != NULL && experiment.text != NULL
                           ? load(r, text, n, overrides, false, &experiment)
                           : bnn_diag_no_memory(r->diag);
    free(text);
    if (status == BNN_OK)
        *out = experiment;
    return status;
}

int bnn_experiment_load_text(const bnn_reader *r, const char *path, const char *text,
                             bnn_experiment *out)
{
    bnn_experiment experiment = {.path = bnn_arena_strdup(r->arena, path),
                                 .text = bnn_arena_strdup(r->arena, text)};
    char *spec = bnn_arena_strdup(r->arena, text);
    const char *const *overrides;
    if (experiment.path == NULL || experiment.text == NULL || spec == NULL ||
        bnn_spec_text_split(spec, r->arena, &overrides) != BNN_OK)
        return bnn_diag_no_memory(r->diag);
    const int status = load(r, spec, strlen(spec), overrides, true, &experiment);
    if (status == BNN_OK)
        *out = experiment;
    return status;
}
