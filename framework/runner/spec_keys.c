#include "runner/experiment_internal.h"

#include <stdio.h>

enum {
    SEEDS_MAX = 10000,
    JOBS_MAX = 1024,
    RETRIES_MAX = 100,
};

/* ---- seeds ------------------------------------------------------------------------------- */

typedef struct counted_seeds {
    int32_t count;
    int64_t base;
} counted_seeds;

/* All of 64 bits, which a double does not hold. */
static void base_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    int64_t *base = &((counted_seeds *)out)->base;
    *base = (int64_t)key->param.fallback;
    if (node != NULL)
        bnn_key_integer(r, node, 0, INT64_MAX - SEEDS_MAX, base);
}

static const bnn_key_type base_type = {"an integer", base_read, NULL};

static const bnn_key seeds_keys[] = {
    {.param = BNN_INTEGER(counted_seeds, count, 1, 1, SEEDS_MAX, "how many")},
    {.param = {.name = "base",
               .fallback = 1,
               .maximum = (double)INT64_MAX,
               .help = "the first; 1 more each"},
     .type = &base_type},
    BNN_KEYS_END,
};

static const bnn_section seeds_section = {.keys = seeds_keys};

static size_t list_seeds(const bnn_reader *r, const bnn_node *list, int64_t *seeds)
{
    if (list->n == 0 || list->n > SEEDS_MAX)
        bnn_diag_add(r->diag, list->at, "seeds: %zu of them; from 1 to %d are allowed", list->n,
                     SEEDS_MAX);
    for (size_t i = 0; i < list->n && i < SEEDS_MAX; i++) {
        const bnn_node *item = list->items[i];
        seeds[i] = -1;
        if (bnn_key_integer(r, item, 0, INT64_MAX, &seeds[i]) != BNN_OK)
            continue;
        for (size_t j = 0; j < i; j++)
            if (seeds[j] == seeds[i])
                bnn_diag_add(r->diag, item->at, "seeds: %s is there twice", item->text);
    }
    return list->n;
}

static size_t count_seeds(const bnn_reader *r, const bnn_key *key, const bnn_node *map,
                          int64_t *seeds)
{
    counted_seeds counted;
    bnn_section_read(r, key->section, map, &counted);
    for (int32_t i = 0; i < counted.count; i++)
        seeds[i] = counted.base + i;
    return (size_t)counted.count;
}

static void seeds_expected(const bnn_reader *r, const bnn_key *key, const bnn_node *node)
{
    char advice[BNN_EXCERPT + 64] = "", excerpt[BNN_EXCERPT];
    double number;
    if (bnn_key_is_number(node, &number))
        snprintf(advice, sizeof advice, "; write {count: %s}, or [%s] for this one",
                 bnn_excerpt(node->text, excerpt), excerpt);
    bnn_reader_expected(r, node, key->type->form, advice);
}

static void seeds_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    bnn_experiment *experiment = out;
    int64_t *seeds = bnn_arena_alloc(r->arena, SEEDS_MAX, sizeof *seeds);
    experiment->seeds = seeds;
    if (seeds == NULL) {
        bnn_diag_no_memory(r->diag);
        return;
    }
    const int begun = bnn_diag_begin(r->diag);
    if (node != NULL && node->kind == BNN_NODE_SCALAR)
        seeds_expected(r, key, node);
    else if (node != NULL && node->kind == BNN_NODE_LIST)
        experiment->n_seeds = list_seeds(r, node, seeds);
    else
        experiment->n_seeds = count_seeds(r, key, node, seeds);
    if (bnn_diag_end(r->diag, begun) != BNN_OK)
        experiment->n_seeds = 1;
}

static const bnn_key_type seeds_type = {"{count: N, base: N} or a list of integers", seeds_read,
                                        NULL};

/* ---- the keys ---------------------------------------------------------------------------- */

static const bnn_key metric_keys[] = {
    {BNN_KEY_TEXT(bnn_metric_options, name, "name", "what the leaderboard is sorted by"),
     .param.choices = BNN_RUN_METRIC_NAMES, .standard = "test_accuracy"},
    {BNN_KEY_CHOICE(bnn_metric_options, goal, "goal", -1, "max|min",
                    "whether more or less is better"),
     .computed = "max of accuracies, min of the others"},
    BNN_KEYS_END,
};

static void metric_finish(const bnn_reader *r, const bnn_node *node, void *out)
{
    bnn_metric_options *metric = out;
    (void)r, (void)node;
    if (metric->goal < 0)
        metric->goal = (int32_t)bnn_run_metric(metric->name)->goal;
}

static const bnn_section metric_section = {
    .keys = metric_keys, .flags = BNN_SECTION_NAMED, .finish = metric_finish};

static const bnn_key run_keys[] = {
    {.param = BNN_INTEGER(bnn_run_options, jobs, 0, 1, JOBS_MAX,
                          "runs at a time; auto: as many as CPUs, or as their quota allows"),
     .standard = "auto",
     .words = "auto",
     .also = "workers|num_workers|n_jobs|threads|num_threads|parallel"},
    {BNN_KEY_CHOICE(bnn_run_options, checkpoints, "checkpoint", BNN_CHECKPOINTS_EPOCH,
                    "epoch|stop|none",
                    "saved after every epoch and when stopped, only then, never")},
    {.param = BNN_INTEGER(bnn_run_options, retries, 0, 0, RETRIES_MAX,
                          "further attempts after a failure")},
    {BNN_KEY_DURATION(bnn_run_options, timeout_seconds, "timeout", "of an attempt; 0: none")},
    {BNN_KEY_CHOICE(bnn_run_options, isolation, "isolation", BNN_ISOLATION_AUTO,
                    "auto|thread|process",
                    "auto: processes when a plugin did not come with bnnrun")},
    {.param = BNN_SWITCH(bnn_run_options, measure, 1,
                         "time each model: for 2 % of the training, from 8 to 80 ms")},
    {BNN_KEY_CHOICE(bnn_run_options, keep, "keep", BNN_KEEP_ALL, "all|model",
                    "all: the float weights, too, for verify and export --format qonnx")},
    BNN_KEYS_END,
};

static const bnn_section run_section = {.keys = run_keys};
static const bnn_key_type elsewhere = {"a map of dotted keys", NULL, NULL}; /* see sweep.h */

static const bnn_key spec_keys[] = {
    {BNN_KEY_TEXT(bnn_experiment, name, "name", "of the experiment"), .computed = "the file's",
     .flags = BNN_KEY_FIXED},
    {BNN_KEY_TEXT(bnn_experiment, description, "description", "for readers"),
     .flags = BNN_KEY_FIXED},
    {BNN_KEY_SECTION(bnn_config, data, "dataset", &bnn_data_section, "what is learned"),
     .standard = "mnist", .also = "data|dataset_name"},
    {BNN_KEY_SECTION(bnn_config, model, "model", &bnn_model_section, "the network"),
     .also = "network|net"},
    {BNN_KEY_OF("start", 0, &bnn_start_type,
                "the run of the same seed whose weights it starts from: what differs there; of "
                "a list, each starts from the one before. A start learns from the same teacher, "
                "unless it is that teacher, or says teacher: none"),
     .detail = BNN_PURPOSE_START, .words = "none", .standard = "none", .flags = BNN_KEY_LIST,
     .also = "stages|warm_start|pretrained|init|initial_weights|finetune|resume_from",
     .examples = "start: {model.binarize: none, train.epochs: 20}\n"
                 "start: [{model.binarize: none}, {model.binarize.weights: false}]\n"
                 "sweep: {grid: {start: [none, {model.binarize: none}]}}   # does it help?"},
    {BNN_KEY_OF("teacher", 0, &bnn_teacher_type,
                "the run of the same seed whose answers it learns from, too: what differs there"),
     .detail = BNN_PURPOSE_TEACHER, .words = "none", .standard = "none",
     .also = "teacher_model|distill_from",
     .examples = "teacher: {model.binarize: none, train.epochs: 20}\n"
                 "sweep: {grid: {teacher: [none, {model.binarize: none}]}}   # does it help?\n"
                 "start: {model.binarize.weights: false, teacher: none}   # a start without it"},
    {BNN_KEY_SECTION(bnn_config, train, "train", &bnn_train_section, "how it is trained"),
     .also = "training|trainer|hyperparameters"},
    {BNN_KEY_OF("seeds", 0, &seeds_type, "each config is trained once with each"),
     .section = &seeds_section, .standard = "{count: 1}", .flags = BNN_KEY_FIXED | BNN_KEY_LIST,
     .also = "random_seed|manual_seed"},
    {BNN_KEY_OF("sweep", 0, &elsewhere, "the points: what varies"), .section = &bnn_sweep_section,
     .flags = BNN_KEY_FIXED},
    {BNN_KEY_OF("baseline", 0, &elsewhere,
                "the point that others are compared with; the "
                "spec as it is written, without what its sweep varies, is the point base"),
     .flags = BNN_KEY_FIXED},
    {BNN_KEY_SECTION(bnn_experiment, metric, "metric", &metric_section, "what is better"),
     .standard = "test_accuracy", .flags = BNN_KEY_FIXED},
    {BNN_KEY_SECTION(bnn_experiment, compare, "compare", &bnn_compare_section,
                     "the comparison that is planned: `bnnrun compare` tells it from others"),
     .flags = BNN_KEY_FIXED},
    {BNN_KEY_SECTION(bnn_experiment, run, "run", &run_section,
                     "how runs are executed; changes no result"),
     .flags = BNN_KEY_FIXED},
    {BNN_KEY_OF("telemetry", BNN_OFFSET(bnn_experiment, telemetry, uint32_t), &bnn_telemetry_type,
                "what is measured in each layer after each epoch; changes no result"),
     .words = "none|all", .standard = "none", .flags = BNN_KEY_FIXED | BNN_KEY_LIST,
     .also = "log|logging|monitor|diagnostics|layer_metrics|flips|histograms",
     .examples = "telemetry: [flips, masked, mismatch]\n"
                 "bnnrun query flips_by_epoch   # afterwards"},
    BNN_KEYS_END,
};

const bnn_section bnn_spec_section = {.keys = spec_keys, .name = "the spec"};
