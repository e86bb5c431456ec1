#include "runner/experiment_internal.h"
#include "runner/notify.h"

enum {
    JOBS_MAX = 1024,
    RETRIES_MAX = 100,
};

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
    {BNN_KEY_SIZE(
         bnn_run_options, memory_limit, "memory_limit",
         "of a run in a process of its own; auto: half of what this machine, or control group, has"),
     .standard = "auto", .words = "auto"},
    {BNN_KEY_CHOICE(bnn_run_options, isolation, "isolation", BNN_ISOLATION_AUTO,
                    "auto|thread|process",
                    "auto: processes when a plugin did not come with bnnrun")},
    {.param = BNN_SWITCH(bnn_run_options, measure, 1,
                         "time each model: for 2 % of the training, from 8 to 80 ms")},
    {BNN_KEY_CHOICE(bnn_run_options, keep, "keep", BNN_KEEP_ALL, "all|model",
                    "all: the float weights, too, for verify and export --format qonnx")},
    {BNN_KEY_OF("notify", BNN_OFFSET(bnn_run_options, notify, const char *const *),
                &bnn_command_type,
                "a command that is run once when the sweep has ended, with the outcome as JSON on "
                "its standard input; only with --notify, as a spec may come from anyone"),
     .words = "none", .standard = "none", .flags = BNN_KEY_LIST,
     .also = "on_end|alert|callback|webhook",
     .examples = "run: {notify: [mail, -s, sweep ended, me@example.org]}\n"
                 "run: {notify: [curl, --data, \"@-\", https://ntfy.sh/my_sweeps]}"},
    BNN_KEYS_END,
};

static const bnn_section run_section = {.keys = run_keys};
static const bnn_key_type elsewhere = {"a map of dotted keys", NULL, NULL, NULL}; /* see sweep.h */
static const bnn_key_type one_point = {"a map of dotted keys", NULL, NULL,
                                       "{\"$ref\": \"#/definitions/point\"}"};

static const bnn_key spec_keys[] = {
    {BNN_KEY_TEXT(bnn_experiment, name, "name", "of the experiment"), .computed = "the file's",
     .pattern = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$", .flags = BNN_KEY_FIXED},
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
    {BNN_KEY_OF("seeds", 0, &bnn_seeds_type, "each config is trained once with each"),
     .section = &bnn_seeds_section, .standard = "{count: 1}", .flags = BNN_KEY_FIXED | BNN_KEY_LIST,
     .also = "random_seed|manual_seed"},
    {BNN_KEY_OF("sweep", 0, &elsewhere, "the points: what varies"), .section = &bnn_sweep_section,
     .flags = BNN_KEY_FIXED},
    {BNN_KEY_OF("baseline", 0, &one_point,
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

/* ---- what they need and exclude ---------------------------------------------------------- */

const bnn_rule bnn_spec_rules[] = {
    {"compare", .needs = "baseline|compare.baseline",
     .says = "compare: there is nothing to compare with: the spec has no baseline; give it one, or "
             "compare.baseline"},
    {"seeds.until", .needs = "compare",
     .says = "seeds.until: needs to know what is to be decided; add `compare: {}`, for test "
             "accuracies against the baseline"},
    {"seeds.until", .needs = "sweep|baseline",
     .says = "seeds.until: there is nothing to compare the baseline with"},
    {"seeds.until", .needs = "seeds.until.max|seeds.until.looks",
     .says = "seeds.until: says neither max nor looks"},
    {"seeds.until", .excludes = "seeds.count", .says = "seeds.count: seeds.until says how many"},
    {"seeds.until", .excludes = "sweep.halving",
     .says = "sweep.halving: seeds.until ends a config's seeds by its test results, and its error "
             "rates hold for configs that nothing else has chosen; choose here, and compare what "
             "is left, with new seeds, in a spec of its own"},
    {"sweep.halving.over=seeds", .needs = "seeds",
     .says = "sweep.halving.over: there is one seed, so nothing would be dropped; say how many in "
             "`seeds`"},
    {.where = NULL},
};
