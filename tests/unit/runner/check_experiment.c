/* check_experiment.c - a spec becomes configs, or a list of all its mistakes. */
#include "runner/experiment.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/runner_fixture.h"

#include <stdio.h>

static void check_said(int status, const char *spec, const char *expected)
{
    const int got = load(spec);
    ck_assert_str_eq(said(), expected);
    ck_assert_int_eq(got, status);
}

START_TEST(values_arrive_where_they_belong)
{
    load_well("name: full.1-a\ndescription: what for\n" TINY_DATA TINY_MODEL
              "train: {epochs: 7}\nseeds: [5, 3, 9223372036854775807]\n"
              "metric: {name: latency_us, goal: max}\n"
              "run: {jobs: 3, checkpoint: stop, retries: 2, timeout: 2m, isolation: process}\n");
    ck_assert_str_eq(experiment.name, "full.1-a");
    ck_assert_str_eq(experiment.description, "what for");
    ck_assert_uint_eq(experiment.n_seeds, 3);
    ck_assert(experiment.seeds[0] == 5 && experiment.seeds[1] == 3);
    ck_assert(experiment.seeds[2] == INT64_MAX);
    ck_assert_str_eq(experiment.metric.name, "latency_us");
    ck_assert_int_eq(experiment.metric.goal, BNN_GOAL_MAX);
    ck_assert(experiment.run.jobs == 3 && experiment.run.retries == 2);
    ck_assert_int_eq(experiment.run.checkpoints, BNN_CHECKPOINTS_STOP);
    ck_assert_int_eq(experiment.run.isolation, BNN_ISOLATION_PROCESS);
    ck_assert_double_eq(experiment.run.timeout_seconds, 120.0);
    ck_assert_uint_eq(experiment.n_configs, 1);
    ck_assert_str_eq(experiment.configs[0].label, "base");
    ck_assert_int_eq(experiment.configs[0].train.epochs, 7);
}
END_TEST

START_TEST(defaults_are_sensible)
{
    load_well(TINY_DATA TINY_MODEL);
    ck_assert_str_eq(experiment.name, "s"); /* the file's */
    ck_assert_ptr_null(experiment.description);
    ck_assert(experiment.n_seeds == 1 && experiment.seeds[0] == 1);
    ck_assert_str_eq(experiment.metric.name, "test_accuracy");
    ck_assert_int_eq(experiment.metric.goal, BNN_GOAL_MAX);
    ck_assert(experiment.run.jobs == 0 && experiment.run.retries == 0);
    ck_assert_int_eq(experiment.run.checkpoints, BNN_CHECKPOINTS_EPOCH);
    ck_assert_int_eq(experiment.run.isolation, BNN_ISOLATION_AUTO);
}
END_TEST

START_TEST(less_is_better_of_bytes_and_seconds)
{
    load_well(TINY_DATA TINY_MODEL "metric: model_bytes\n");
    ck_assert_int_eq(experiment.metric.goal, BNN_GOAL_MIN);
}
END_TEST

/* The empty document, text, and list are no specs; a file that is not there is one message. */
START_TEST(what_is_no_spec_is_refused)
{
    check_said(
        BNN_E_SPEC, "[1, 2]\n",
        "s.yaml:1:1: the spec: expected a map of name, description, dataset, model, start, teacher, train, seeds, sweep, baseline, metric, compare, run, telemetry, got a list");
    bnn_experiment unchanged = experiment;
    bnn_diag_destroy(diag);
    diag = bnn_diag_create();
    const bnn_reader reader = source_reader();
    ck_assert_int_eq(bnn_experiment_load(&reader, "none.yaml", NULL, &experiment), BNN_E_SPEC);
    ck_assert_str_eq(said(), "none.yaml: cannot open: No such file or directory");
    ck_assert(memcmp(&unchanged, &experiment, sizeof experiment) == 0);
}
END_TEST

START_TEST(all_mistakes_are_said_at_once)
{
    check_said(BNN_E_SPEC,
               "name: -x\n"
               "modle: {}\n"
               "seeds: {count: 0, bsae: 1}\n"
               "metric: {name: speed}\n"
               "run: {jobs: 0, checkpoint: never, retries: -1, timeout: soon, isolation: box}\n"
               "train: {epochs: none, optimizer: {name: adam, lr: -1}}\n" TINY_DATA TINY_MODEL,
               "s.yaml:1:7: name: \"-x\" is not a name: 1 to 63 letters, digits, _, - and ., "
               "beginning with none of the last two\n"
               "s.yaml:2:1: unknown key \"modle\" in the spec; did you mean \"model\"?\n"
               "s.yaml:3:16: seeds.count: 0 is out of range; it must be from 1 to 10000\n"
               "s.yaml:3:19: unknown key \"bsae\" in seeds; did you mean \"base\"?\n"
               "s.yaml:4:16: metric.name: expected one of test_accuracy, last_test_accuracy, "
               "validation_accuracy, train_seconds, model_bytes, latency_us, got \"speed\"\n"
               "s.yaml:5:13: run.jobs: 0 is out of range; it must be from 1 to 1024\n"
               "s.yaml:5:28: run.checkpoint: expected one of epoch, stop, none, got \"never\"\n"
               "s.yaml:5:44: run.retries: -1 is out of range; it must be from 0 to 100\n"
               "s.yaml:5:57: run.timeout: expected a duration such as 90s, 15m, 2h or 1d, got "
               "\"soon\"\n"
               "s.yaml:5:74: run.isolation: expected one of auto, thread, process, got \"box\"\n"
               "s.yaml:6:17: train.epochs: expected an integer, got \"none\"\n"
               "s.yaml:6:51: train.optimizer.lr: -1 is out of range; it must be from 0 to 1000000");
}
END_TEST

START_TEST(a_metric_needs_its_images)
{
    check_said(
        BNN_E_SPEC,
        "dataset: {name: synthetic, validation: 0}\nmetric: validation_accuracy\n" TINY_MODEL,
        "s.yaml:1:10: dataset.validation: 0 leaves no validation_accuracy, the metric");
    check_said(BNN_E_SPEC, TINY_DATA "metric: latency_us\nrun: {measure: false}\n" TINY_MODEL,
               "s.yaml:3:6: run.measure: false leaves no latency_us, the metric");
}
END_TEST

START_TEST(seeds_are_distinct_and_bounded)
{
    check_said(BNN_E_SPEC, TINY_DATA TINY_MODEL "seeds: [1, 2, 1, x]\n",
               "s.yaml:10:15: seeds: 1 is there twice\n"
               "s.yaml:10:18: seeds: expected an integer, got \"x\"");
    check_said(BNN_E_SPEC, TINY_DATA TINY_MODEL "seeds: []\n",
               "s.yaml:10:8: seeds: 0 of them; from 1 to 10000 are allowed");
    check_said(
        BNN_E_SPEC, TINY_DATA TINY_MODEL "seeds: 3\n",
        "s.yaml:10:8: seeds: expected {count: N, base: N} or a list of integers, got \"3\"; write {count: 3}, or [3] for this one");
}
END_TEST

/* A mistake that every point meets is said once, one of a single point with its own position. */
START_TEST(points_are_checked_one_by_one)
{
    check_said(BNN_E_SPEC,
               TINY_DATA TINY_MODEL "train: {bach: 3}\n"
                                    "sweep: {grid: {train.epochs: [1, 0, 2]}}\n",
               "s.yaml:10:9: unknown key \"bach\" in train; did you mean \"batch\"?\n"
               "s.yaml:11:34: train.epochs: 0 is out of range; it must be from 1 to 100000");
}
END_TEST

/* A sweep that cannot be expanded does not hide the mistakes of the base. */
START_TEST(the_base_is_checked_without_a_sweep)
{
    check_said(BNN_E_SPEC,
               TINY_DATA TINY_MODEL "train: {bach: 3}\nsweep: {grid: {train.epochs: []}}\n",
               "s.yaml:10:9: unknown key \"bach\" in train; did you mean \"batch\"?\n"
               "s.yaml:11:30: sweep.grid.train.epochs: the list is empty and leaves no points");
}
END_TEST

START_TEST(a_missing_plugin_is_a_matter_of_resources)
{
    const int status = load(TINY_DATA TINY_MODEL "  ste: clipt\n");
    ck_assert_int_eq(status, BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(said(), "s.yaml:10:8: "));
    ck_assert_ptr_nonnull(strstr(said(), "clipped"));
}
END_TEST

START_TEST(networks_are_checked_against_the_data)
{
    const int status = load("dataset: synthetic\n"
                            "model:\n  topology:\n    input: {channels: 1, height: 28, width: 28}\n"
                            "    blocks: [{layer: {name: dense, out: 7}}]\n");
    ck_assert_int_eq(status, BNN_E_SPEC);
    ck_assert_uint_eq(bnn_diag_n_errors(diag), 1);
    ck_assert_ptr_nonnull(strstr(said(), "s.yaml:"));
}
END_TEST

/* The float net has no STE, so its two points are one config. */
START_TEST(equal_configs_are_run_once)
{
    load_well(TINY_DATA TINY_MODEL "sweep:\n"
                                   "  grid:\n"
                                   "    model.ste: [identity, clipped]\n"
                                   "    model.binarize: [none, {weights: true}]\n"
                                   "baseline: {model.binarize: none, model.ste: clipped}\n");
    ck_assert_uint_eq(experiment.n_configs, 3);
    ck_assert_str_eq(said(), "s.yaml:12:27: warning: the baseline ste=clipped binarize=none is the "
                             "same config as ste=identity binarize=none; they are run once");
    ck_assert(experiment.configs[0].baseline);
    for (size_t i = 1; i < 3; i++)
        ck_assert(!experiment.configs[i].baseline);
}
END_TEST

/* What does not change a result does not change the hash. */
START_TEST(the_hash_covers_what_acts)
{
    char hash[65], identity[65];
    load_well(TINY_DATA TINY_MODEL "seeds: [1]\n");
    memcpy(hash, experiment.configs[0].hash, sizeof hash);
    memcpy(identity, experiment.configs[0].identity, sizeof identity);
    load_well("name: other\n" TINY_DATA TINY_MODEL "seeds: [2]\nrun: {jobs: 2}\n"
              "train: {batch: 64, epochs: 5}\n");
    ck_assert_str_eq(experiment.configs[0].hash, hash);
    ck_assert_str_eq(experiment.configs[0].identity, identity);
    load_well(TINY_DATA TINY_MODEL "train: {epochs: 6}\n");
    ck_assert_str_ne(experiment.configs[0].hash, hash);
}
END_TEST

START_TEST(overrides_replace_and_sweep)
{
    const char *const overrides[] = {"train.epochs=9", "model.ste=[identity, clipped]",
                                     "seeds.count=4", NULL};
    ck_assert_int_eq(load_with(TINY_DATA TINY_MODEL, overrides), BNN_OK);
    ck_assert_uint_eq(experiment.n_configs, 2);
    ck_assert_uint_eq(experiment.n_seeds, 4);
    ck_assert_int_eq(experiment.configs[1].train.epochs, 9);
    ck_assert_str_eq(experiment.configs[1].label, "ste=clipped");
    ck_assert_ptr_nonnull(strstr(experiment.text, "\n# -s train.epochs=9\n# -s model.ste="));
}
END_TEST

/* The hash of the one config of a spec. */
static const char *hash_of(const char *spec, const char *override)
{
    const char *const overrides[] = {override, NULL};
    ck_assert_int_eq(load_with(spec, overrides), BNN_OK);
    ck_assert_str_eq(said(), "");
    ck_assert_uint_eq(experiment.n_configs, 1);
    return bnn_arena_strdup(arena, experiment.configs[0].hash);
}

START_TEST(a_key_can_be_set_where_its_plugin_is_the_default)
{
    static const struct {
        const char *override, *written;
    } same[] = {
        {"train.optimizer.lr=0.02", "train.optimizer={name: adam, lr: 0.02}"},
        {"model.ste.clip=2", "model.ste={name: clipped, clip: 2}"},
        {"model.norm.momentum=0.2", "model.norm={name: batchnorm, momentum: 0.2}"},
        {"train.schedule.warmup=1", "train.schedule={name: constant, warmup: 1}"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        ck_assert_str_eq(hash_of(TINY_DATA TINY_MODEL, same[i].override),
                         hash_of(TINY_DATA TINY_MODEL, same[i].written));
}
END_TEST

START_TEST(one_of_two_can_be_set_where_both_were)
{
    static const char both[] = TINY_DATA TINY_MODEL "  ste: {name: clipped, clip: 2}\n";
    const char *apart = hash_of(TINY_DATA TINY_MODEL, "model.ste={weights: ede, activations: "
                                                      "{name: clipped, clip: 2}}");
    const char *const wrong[] = {"model.ste={name: ede, weights: clipped, clip: 2}", NULL};
    ck_assert_str_eq(apart, hash_of(both, "model.ste.weights=ede"));
    ck_assert_str_eq(
        apart, hash_of(TINY_DATA TINY_MODEL, "model.ste={name: clipped, clip: 2, weights: ede}"));
    ck_assert_int_eq(load_with(TINY_DATA TINY_MODEL, wrong), BNN_E_SPEC);
    ck_assert_ptr_nonnull(strstr(said(), "-s 1:1:41: unknown key \"clip\" in ste ede"));
}
END_TEST

START_TEST(a_block_can_be_changed)
{
    static const char lenet[] = TINY_DATA "model: {topology: lenet5}\n";
    const char *const sweep[] = {"model.topology.blocks.1.layer.out=[4, 6]", NULL};
    const char *plain = hash_of(TINY_DATA, NULL);
    ck_assert_str_eq(plain, hash_of(lenet, NULL));
    ck_assert_str_eq(plain, hash_of(lenet, "model.topology.blocks.1.layer.out=6"));
    ck_assert_str_eq(plain, hash_of(TINY_DATA, "model.topology={name: lenet5}"));
    const char *changed = hash_of(lenet, "model.topology.blocks.1.layer.out=4");
    ck_assert_str_ne(plain, changed);
    ck_assert_str_eq(changed, hash_of(TINY_DATA, "model.topology.blocks.1.layer.out=4"));
    ck_assert_str_eq(changed,
                     hash_of(TINY_DATA, "model.topology={blocks: {1: {layer: {out: 4}}}}"));
    ck_assert_int_eq(experiment.configs[0].model.n_blocks, 5);
    ck_assert_int_eq(load_with(lenet, sweep), BNN_OK);
    ck_assert_str_eq(experiment.configs[0].hash, changed);
    ck_assert_str_eq(experiment.configs[0].label, "out=4");
    ck_assert_str_eq(experiment.configs[1].hash, plain);
    ck_assert_str_eq(experiment.configs[1].label, "out=6");
    ck_assert_str_eq(hash_of(TINY_DATA TINY_NET, "model.topology.blocks.3.layer.out=10"),
                     hash_of(TINY_DATA TINY_NET, NULL));
}
END_TEST

START_TEST(wrong_overrides_are_all_said)
{
    const char *const overrides[] = {"train.epochs", "train.epoch=3", "train.batch=x", NULL};
    ck_assert_int_eq(load_with(TINY_DATA TINY_MODEL, overrides), BNN_E_SPEC);
    ck_assert_uint_eq(bnn_diag_n_errors(diag), 3);
    ck_assert_ptr_nonnull(strstr(said(), "-s 1:1:1: "));
    ck_assert_ptr_nonnull(strstr(said(), "-s 2:1:1: "));
    ck_assert_ptr_nonnull(strstr(said(), "-s 3:1:13: "));
}
END_TEST

START_TEST(data_sets_are_shared)
{
    load_well("dataset: {name: synthetic, train_limit: 100, validation: 20}\n" TINY_MODEL
              "sweep: {list: [{dataset.validation: 30}, {dataset.test_limit: 10}, "
              "{dataset.validation: 10}]}\n");
    ck_assert_uint_eq(experiment.n_configs, 3);
    ck_assert_uint_eq(experiment.n_datasets, 2);
    ck_assert_int_eq(experiment.datasets[0].validation, 30); /* the largest */
    ck_assert_uint_eq(experiment.configs[0].i_dataset, 0);
    ck_assert_uint_eq(experiment.configs[1].i_dataset, 1);
    ck_assert_uint_eq(experiment.configs[2].i_dataset, 0);
}
END_TEST

/* Only plugins that act are recorded with a run. */
START_TEST(a_float_net_has_no_ste)
{
    load_well(TINY_DATA TINY_NET);
    for (size_t i = 0; i < experiment.configs[0].plugins.n; i++)
        ck_assert_uint_ne(experiment.configs[0].plugins.list[i]->head->kind, BNN_KIND_STE);
    load_well(TINY_DATA TINY_MODEL);
    size_t n = 0;
    for (size_t i = 0; i < experiment.configs[0].plugins.n; i++)
        n += experiment.configs[0].plugins.list[i]->head->kind == BNN_KIND_STE;
    ck_assert_uint_eq(n, 1); /* one for weights and activations: listed once */
}
END_TEST

/* A key that idles in some points is none of the spec's mistakes: it acts in another, or has to stand
 * there. */
START_TEST(keys_may_idle_in_some_points)
{
    load_well(TINY_DATA TINY_MODEL "  ste: {name: clipped, clip: 2}\n"
                                   "train: {binary_optimizer: {name: bop, gamma: 0.001}}\n"
                                   "baseline: {model.binarize: none}\n");
    ck_assert_str_eq(said(), "");
    load_well(TINY_DATA TINY_MODEL "  ste: {name: clipped, clip: 2}\n"
                                   "sweep: {grid: {model.ste: [identity, clipped]}}\n"
                                   "baseline: {model.binarize: none}\n");
    ck_assert_str_eq(said(), "");
    load_well(TINY_DATA TINY_MODEL "sweep:\n"
                                   "  zip:\n"
                                   "    model.binarize: [none, {weights: true}]\n"
                                   "    model.ste: [clipped, identity]\n");
    ck_assert_str_eq(said(), "");
    load_well("dataset: {name: mnist, path: /data, train_limit: 200, validation: 40}\n" TINY_MODEL
              "sweep: {grid: {dataset.name: [mnist, synthetic]}}\n");
    ck_assert_str_eq(said(), "");
    load_well(TINY_DATA TINY_NET "  quantize: {weights: ternary, last: {weights: 4}}\n"
                                 "sweep: {grid: {model.quantize.weights: [4, ternary]}}\n");
    ck_assert_str_eq(said(), "");
}
END_TEST

START_TEST(an_override_may_switch_keys_off)
{
    const char *const floats = "model.binarize=none", *const ste = "model.ste.clip=2";
    const char *const one[] = {floats, NULL}, *const both[] = {floats, ste, NULL};
    ck_assert_int_eq(load_with(TINY_DATA TINY_MODEL "  ste: clipped\n", one), BNN_OK);
    ck_assert_str_eq(said(), "s.yaml:10:8: warning: model.ste has no effect in any point: it acts "
                             "only with model.binarize.weights: true or model.quantize.weights or "
                             "model.binarize.activations: true or model.quantize.activations");
    ck_assert_int_eq(load_with(TINY_DATA TINY_MODEL "  ste: clipped\n", both), BNN_E_SPEC);
    ck_assert_ptr_nonnull(strstr(said(), "-s 2:1:16: model.ste.clip has no effect in any point"));
}
END_TEST

/* One that has nothing to do with the key leaves the file's mistake a mistake. */
static const struct {
    const char *override;
    int status;
} switches[] = {
    {"train.epochs=2", BNN_E_SPEC},
    {"model.ordering=[bn_act, xnor]", BNN_E_SPEC},
    {"sweep.grid.train.batch=[8, 16]", BNN_E_SPEC},
    {"baseline.train.batch=16", BNN_E_SPEC},
    {"model.binarize=none", BNN_OK},
    {"model={binarize: none, ste: clipped}", BNN_E_SPEC}, /* it sets the key itself */
    {"model.topology.name=other", BNN_OK},
    {"model.topology.input.channels=1", BNN_OK},
    {"sweep.grid.model.binarize=[none]", BNN_OK},
    {"sweep.max_runs=5", BNN_E_SPEC},
    {"sweep.list=[{train.epochs: 2}]", BNN_OK}, /* who knows */
};

START_TEST(only_what_a_key_depends_on_switches_it_off)
{
    const char *const overrides[] = {switches[_i].override, NULL};
    ck_assert_int_eq(load_with(TINY_DATA TINY_NET "  binarize: none\n"
                                                  "  ste: clipped\n",
                               overrides),
                     switches[_i].status);
    ck_assert_ptr_nonnull(strstr(said(), switches[_i].status == BNN_OK
                                             ? ": warning: model.ste has no effect in any point"
                                             : ": model.ste has no effect in any point"));
}
END_TEST

START_TEST(what_idles_in_the_baseline_is_said_of_it)
{
    check_said(BNN_E_SPEC,
               TINY_DATA TINY_MODEL "baseline: {model.binarize: none, model.ste: clipped}\n",
               "s.yaml:10:45: model.ste has no effect in the baseline: it acts only with "
               "model.binarize.weights: true or model.quantize.weights or "
               "model.binarize.activations: true or model.quantize.activations; leave it out");
}
END_TEST

/* What only the planned network knows: a padding acts where a layer on binary inputs pads. */
START_TEST(a_padding_acts_where_binary_inputs_are_padded)
{
#define PADDED                                                                                  \
    TINY_DATA TINY_NET "  binarize: {padding: +1}\n"                                            \
                       "sweep: {list: [{model.topology.blocks.2.layer: {name: conv2d, out: 4, " \
                       "kernel: 3, padding: %s}}]}\n"
    const char *const none[] = {NULL};
    const char *const dense[] = {"model.binarize.layers=dense", "model.binarize.last=true", NULL};
    char text[1024];
    snprintf(text, sizeof text, PADDED, "1");
    ck_assert_int_eq(load_with(text, none), BNN_OK);
    ck_assert_str_eq(said(), "");
    ck_assert_int_eq(load_with(text, dense), BNN_OK);
    ck_assert_str_eq(said(), "s.yaml:9:23: warning: model.binarize.padding has no effect in any "
                             "point: no layer with binary inputs pads them");
    snprintf(text, sizeof text, PADDED, "0");
    ck_assert_int_eq(load_with(text, none), BNN_E_SPEC);
    ck_assert_str_eq(said(), "s.yaml:9:23: model.binarize.padding has no effect in any point: no "
                             "layer with binary inputs pads them; leave it out");
#undef PADDED
}
END_TEST

/* The config's hash, as bnnrun 0.0.9 and before recorded it for this spec. */
static const char hash_of_first[] =
    "7f16732b38f2186cfd5038d3d50fada496a33c117498864c1b45926b091d96cb";

/* As beside the program: a form of one's own in its place is recorded. */
static void bundle_plain_form(void)
{
    bnn_error err;
    const bnn_plugin *plain = bnn_registry_load(registry, BNN_KIND_FORM, "plain", &err);
    bool bundled = true;
    ck_assert_msg(plain != NULL, "%s", err.message);
    memcpy((char *)(uintptr_t)plain + offsetof(bnn_plugin, bundled), &bundled, sizeof bundled);
}

/* Only a sample is another config than before; where no limit acts there is none. */
START_TEST(a_sample_has_an_identity_of_its_own)
{
    static const char spec[] =
        "dataset: {name: mnist, train_limit: 200, validation: 40}\n" TINY_MODEL;
    const char *const first[] = {"dataset.sample=first", NULL};
    const char *const idle[] = {"dataset.sample=first", "dataset.train_limit=0", NULL};
    bundle_plain_form();
    load_well(spec);
    ck_assert_str_ne(experiment.configs[0].hash, hash_of_first);
    ck_assert_str_eq(bnn_settings_find(&experiment.configs[0].settings, "dataset.sample")->text,
                     "random");
    ck_assert_int_eq(load_with(spec, first), BNN_OK);
    ck_assert_str_eq(experiment.configs[0].hash, hash_of_first);
    ck_assert_int_eq(load_with(spec, idle), BNN_E_SPEC);
    load_well(TINY_DATA TINY_MODEL);
    ck_assert_ptr_null(bnn_settings_find(&experiment.configs[0].settings, "dataset.sample"));
}
END_TEST

static Suite *make_suite(void)
{
    const TTest *const tests[] = {
        values_arrive_where_they_belong,
        defaults_are_sensible,
        less_is_better_of_bytes_and_seconds,
        what_is_no_spec_is_refused,
        all_mistakes_are_said_at_once,
        a_metric_needs_its_images,
        seeds_are_distinct_and_bounded,
        points_are_checked_one_by_one,
        the_base_is_checked_without_a_sweep,
        a_missing_plugin_is_a_matter_of_resources,
        networks_are_checked_against_the_data,
        equal_configs_are_run_once,
        the_hash_covers_what_acts,
        overrides_replace_and_sweep,
        a_key_can_be_set_where_its_plugin_is_the_default,
        one_of_two_can_be_set_where_both_were,
        a_block_can_be_changed,
        wrong_overrides_are_all_said,
        data_sets_are_shared,
        a_float_net_has_no_ste,
        keys_may_idle_in_some_points,
        an_override_may_switch_keys_off,
        what_idles_in_the_baseline_is_said_of_it,
        a_padding_acts_where_binary_inputs_are_padded,
        a_sample_has_an_identity_of_its_own,
    };
    Suite *suite = suite_create("experiment");
    TCase *tcase = tcase_create("experiment");
    tcase_add_checked_fixture(tcase, runner_set_up, runner_tear_down);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tcase, tests[i]);
    tcase_add_loop_test(tcase, only_what_a_key_depends_on_switches_it_off, 0,
                        sizeof switches / sizeof *switches);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
