/* check_needs.c - runs that need others: which configs a spec makes of `start` and `teacher`, and what
 * tells them apart. */
#include "runner/experiment.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/runner_fixture.h"

#define HEAD "name: needs\n" TINY_DATA TINY_MODEL

static const bnn_config *config_of(const char *label)
{
    for (size_t i = 0; i < experiment.n_configs; i++)
        if (strcmp(experiment.configs[i].label, label) == 0)
            return &experiment.configs[i];
    ck_abort_msg("no config %s", label);
}

/* The labels of all configs, joined with " | ". */
static const char *labels(void)
{
    const char *all = "";
    for (size_t i = 0; i < experiment.n_configs; i++)
        all = bnn_arena_printf(arena, "%s%s%s", all, i == 0 ? "" : " | ",
                               experiment.configs[i].label);
    return all;
}

static void check_need(const char *label, bnn_purpose purpose, const char *needed)
{
    const bnn_need *need = &config_of(label)->needs[purpose];
    if (needed == NULL) {
        ck_assert_ptr_null(need->hash);
        return;
    }
    const bnn_config *other = config_of(needed);
    ck_assert_ptr_nonnull(need->hash);
    ck_assert_str_eq(need->hash, other->hash);
    ck_assert_uint_eq(need->i_config, (size_t)(other - experiment.configs));
    ck_assert_uint_lt(need->i_config, (size_t)(config_of(label) - experiment.configs));
    ck_assert(other->is_needed);
}

START_TEST(a_start_is_a_config_of_its_own)
{
    load_well(HEAD "start: {model.binarize: none, train.epochs: 2}\n");
    ck_assert_str_eq(labels(), "start: binarize=none epochs=2 | base");
    check_need("base", BNN_PURPOSE_START, "start: binarize=none epochs=2");
    check_need("base", BNN_PURPOSE_TEACHER, NULL);
    const bnn_config *start = &experiment.configs[0], *base = &experiment.configs[1];
    ck_assert_str_eq(start->only, "start");
    ck_assert_ptr_null(base->only);
    ck_assert(!base->is_needed && !start->baseline);
    ck_assert_int_eq(start->train.epochs, 2);
    ck_assert_str_eq(bnn_settings_find(&base->settings, "start")->text, start->hash);
    ck_assert_ptr_null(bnn_settings_find(&start->settings, "start"));
}
END_TEST

/* What needs nothing has the hash that it has in a spec without needs; what needs another has not. */
START_TEST(only_what_needs_something_has_another_hash)
{
    load_well(HEAD "sweep: {list: [{}, {model.binarize: none}]}\n");
    const char *plain = bnn_arena_strdup(arena, experiment.configs[0].hash);
    const char *floats = bnn_arena_strdup(arena, experiment.configs[1].hash);
    load_well(HEAD "start: {model.binarize: none}\n");
    ck_assert_str_eq(experiment.configs[0].hash, floats);
    ck_assert_str_ne(experiment.configs[1].hash, plain);
    const char *started = bnn_arena_strdup(arena, experiment.configs[1].hash);
    load_well(HEAD "teacher: {model.binarize: none}\n");
    ck_assert_str_eq(experiment.configs[0].hash, floats);
    ck_assert_str_ne(experiment.configs[1].hash, plain);
    ck_assert_str_ne(experiment.configs[1].hash, started);
    load_well(HEAD "start: none\nteacher: none\n");
    ck_assert_str_eq(experiment.configs[0].hash, plain);
    load_well(HEAD "start: {model.binarize: none, train.epochs: 2}\n");
    ck_assert_str_ne(experiment.configs[1].hash, started);
}
END_TEST

/* A checkpoint is of no use once what its run needs is another. */
START_TEST(identities_follow_what_is_needed)
{
    load_well(HEAD "start: {model.binarize: none}\n");
    const char *before = bnn_arena_strdup(arena, experiment.configs[1].identity);
    experiment.configs[0].data_sha256[0] ^= 1;
    bnn_experiment_identify_data(&experiment, &(bnn_data_search){.catalogue = NULL});
    ck_assert_str_ne(experiment.configs[1].identity, before);
}
END_TEST

START_TEST(stages_start_from_the_one_before)
{
    load_well(HEAD "start:\n"
                   "  - {model.binarize: none}\n"
                   "  - {model.binarize.weights: false, train.epochs: 2}\n");
    ck_assert_str_eq(labels(), "start: binarize=none | start: weights=false epochs=2 | base");
    check_need("start: binarize=none", BNN_PURPOSE_START, NULL);
    check_need("start: weights=false epochs=2", BNN_PURPOSE_START, "start: binarize=none");
    check_need("base", BNN_PURPOSE_START, "start: weights=false epochs=2");
}
END_TEST

/* A config that is start and teacher is run once, and called both. */
START_TEST(one_may_be_start_and_teacher)
{
    load_well(HEAD "start: {model.binarize: none}\nteacher: {model.binarize: none}\n");
    ck_assert_str_eq(labels(), "start and teacher: binarize=none | base");
    check_need("start and teacher: binarize=none", BNN_PURPOSE_TEACHER, NULL);
    check_need("base", BNN_PURPOSE_START, "start and teacher: binarize=none");
    check_need("base", BNN_PURPOSE_TEACHER, "start and teacher: binarize=none");
    load_well(HEAD "teacher: {label: float, model.binarize: none}\n");
    ck_assert_str_eq(labels(), "teacher: float | base");
}
END_TEST

/* A point or a baseline that is what others need is that run. */
START_TEST(points_are_what_is_needed)
{
    load_well(HEAD "start: {model.binarize: none}\n"
                   "sweep: {grid: {model.ste: [identity, clipped]}}\n"
                   "baseline: {model.binarize: none}\n");
    ck_assert_str_eq(labels(), "binarize=none | ste=identity | ste=clipped");
    ck_assert_uint_eq(bnn_diag_count(diag), 0);
    ck_assert_ptr_null(config_of("binarize=none")->only);
    ck_assert(config_of("binarize=none")->baseline);
    check_need("binarize=none", BNN_PURPOSE_START, NULL);
    check_need("ste=identity", BNN_PURPOSE_START, "binarize=none");
    check_need("ste=clipped", BNN_PURPOSE_START, "binarize=none");
    load_well(HEAD "teacher: {train.epochs: 9}\nsweep: {grid: {train.epochs: [9, 3]}}\n");
    ck_assert_str_eq(labels(), "epochs=9 | epochs=3");
    check_need("epochs=9", BNN_PURPOSE_TEACHER, NULL);
    check_need("epochs=3", BNN_PURPOSE_TEACHER, "epochs=9");
}
END_TEST

/* Sections as maps say what their dotted keys say, wherever these may stand, and leave the rest as it is. */
START_TEST(sections_are_merged)
{
    static const char *const written[][2] = {
        {"start: {model.binarize.weights: false, train.epochs: 2}\n",
         "start: {model: {binarize: {weights: false}}, train: {epochs: 2}}\n"},
        {"start: [{model.binarize: none}, {model.binarize.weights: false}]\n",
         "start: [{model: {binarize: none}}, {model: {binarize: {weights: false}}}]\n"},
        {"teacher: {dataset.train_limit: 100, train.schedule: {name: step, every: 2}}\n",
         "teacher: {dataset: {train_limit: 100}, train: {schedule: {name: step, every: 2}}}\n"},
        {"baseline: {model.ste: {name: clipped, clip: 2}, model.binarize.first: true}\n",
         "baseline: {model: {ste: {name: clipped, clip: 2}, binarize.first: true}}\n"},
        {"sweep: {grid: {start: [none, {model.form: xnor}]}, list: [{train.batch: 8}],"
         " exclude: [{model.ordering: act_bn}]}\n",
         "sweep: {grid: {start: [none, {model: {form: xnor}}]}, list: [{train: {batch: 8}}],"
         " exclude: [{model: {ordering: act_bn}}]}\n"},
    };
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        const char *hashes[2] = {"", ""}, *shown[2];
        for (size_t k = 0; k < 2; k++) {
            load_well(bnn_arena_printf(arena, HEAD "%s", written[i][k]));
            shown[k] = labels();
            for (size_t c = 0; c < experiment.n_configs; c++)
                hashes[k] = bnn_arena_printf(arena, "%s %s", hashes[k], experiment.configs[c].hash);
        }
        ck_assert_str_eq(shown[1], shown[0]);
        ck_assert_str_eq(hashes[1], hashes[0]);
    }
    load_well(HEAD "start: {model: {}, model.binarize: none}\n");
    ck_assert_str_eq(labels(), "start: binarize=none | base");
}
END_TEST

/* A point that is one of its stages starts from the one before it. */
START_TEST(a_stage_is_no_stage_of_itself)
{
    load_well(HEAD
              "start:\n"
              "  - {model.binarize: none}\n"
              "  - {model.binarize: {weights: false}}\n"
              "sweep: {list: [{}, {model.binarize: {weights: false}}, {model.binarize: none}]}\n");
    ck_assert_uint_eq(experiment.n_configs, 3);
    check_need("binarize=none", BNN_PURPOSE_START, NULL);
    check_need("binarize={weights=false}", BNN_PURPOSE_START, "binarize=none");
    check_need("base", BNN_PURPOSE_START, "binarize={weights=false}");
}
END_TEST

/* A baseline in full precision is trained as it always was, unless it says otherwise. */
START_TEST(a_float_baseline_needs_nothing)
{
    load_well(HEAD "start: {model.binarize: none, train.epochs: 2}\n"
                   "teacher: {model.binarize: none, train.epochs: 4}\n"
                   "baseline: {model.binarize: none}\n");
    check_need("binarize=none", BNN_PURPOSE_START, NULL);
    check_need("binarize=none", BNN_PURPOSE_TEACHER, NULL);
    check_need("base", BNN_PURPOSE_TEACHER, "teacher: binarize=none epochs=4");
    load_well(HEAD "start: {model.binarize: none, train.epochs: 2}\n"
                   "teacher: {model.binarize: none, train.epochs: 4}\n"
                   "baseline: {model.binarize: none, start: {train.epochs: 2}}\n");
    const bnn_config *baseline = &experiment.configs[experiment.n_configs - 1];
    ck_assert(baseline->baseline && baseline->needs[BNN_PURPOSE_START].hash != NULL);
    ck_assert_ptr_null(baseline->needs[BNN_PURPOSE_TEACHER].hash);
}
END_TEST

/* All stages learn from the same teacher, that of the point, unless they have none. */
START_TEST(stages_have_the_teacher_of_the_point)
{
    load_well(HEAD "start:\n"
                   "  - {model.binarize: none, train.epochs: 1, teacher: none}\n"
                   "  - {model.binarize.weights: false, train.epochs: 2}\n"
                   "teacher: {model.binarize: none}\n");
    ck_assert_uint_eq(experiment.n_configs, 4);
    const char *teacher = "teacher: binarize=none";
    check_need("start: binarize=none epochs=1 teacher=none", BNN_PURPOSE_TEACHER, NULL);
    check_need("start: weights=false epochs=2", BNN_PURPOSE_TEACHER, teacher);
    check_need("base", BNN_PURPOSE_TEACHER, teacher);
    check_need("base", BNN_PURPOSE_START, "start: weights=false epochs=2");
}
END_TEST

START_TEST(needs_of_several_points_are_told_apart)
{
    load_well(HEAD "start: {model.binarize: none}\nsweep: {grid: {train.epochs: [2, 3]}}\n");
    ck_assert_str_eq(labels(), "start: binarize=none epochs=2 | epochs=2 | "
                               "start: binarize=none epochs=3 | epochs=3");
    load_well(HEAD "start: {model.binarize: none}\n"
                   "sweep: {list: [{}, {teacher: {train.epochs: 2}}]}\n");
    ck_assert_str_eq(labels(), "start: binarize=none | base | teacher: epochs=2 | "
                               "start: binarize=none teacher={epochs=2} | teacher={epochs=2}");
    load_well(HEAD "sweep: {list: [{start: [{train.epochs: 2}, {train.epochs: 3}]}, "
                   "{start: [{train.epochs: 4}, {train.epochs: 3}]}]}\n");
    ck_assert_str_eq(labels(), "start: epochs=2 | start: epochs=3 start={epochs=2 > epochs=3} | "
                               "start={epochs=2 > epochs=3} | start: epochs=4 | "
                               "start: epochs=3 start={epochs=4 > epochs=3} | "
                               "start={epochs=4 > epochs=3}");
}
END_TEST

START_TEST(a_sweep_may_vary_what_is_needed)
{
    load_well(HEAD
              "sweep: {grid: {start: [none, {model.binarize: none}, [{model.ste: identity}]]}}\n");
    ck_assert_uint_eq(experiment.n_configs, 5);
    check_need("start=none", BNN_PURPOSE_START, NULL);
    ck_assert_ptr_nonnull(config_of("start={binarize=none}")->needs[0].hash);
    static const char *const overrides[] = {"start.model.binarize=none", "train.epochs=[1,2]",
                                            NULL};
    ck_assert_int_eq(load_with(HEAD, overrides), BNN_OK);
    ck_assert_uint_eq(experiment.n_configs, 4);
}
END_TEST

static void check_refused(const char *lines, const char *expected)
{
    const int status = load(bnn_arena_printf(arena, HEAD "%s", lines));
    ck_assert_str_eq(said(), expected);
    ck_assert_int_eq(status, BNN_E_SPEC);
}

START_TEST(what_cannot_be_needed_is_refused)
{
    check_refused(
        "start: 5\n",
        "s.yaml:11:8: start: expected none or a map of dotted keys, or a list of such maps, got \"5\"");
    check_refused("teacher: [{}]\n",
                  "s.yaml:11:10: teacher: expected none or a map of dotted keys, got a list");
    check_refused("start: {seeds.count: 3}\n",
                  "s.yaml:11:9: seeds.count is the same for all points and cannot vary");
    check_refused("start: {modle.ste: x}\n",
                  "s.yaml:11:9: unknown key \"modle\" in start; did you mean \"model\"?");
    check_refused("start: {model: {binarise: none}}\n",
                  "s.yaml:11:17: unknown key \"binarise\" in model; did you mean \"binarize\"?");
    check_refused("start: {model: {ste: clipped}, model.ste: identity}\n",
                  "s.yaml:11:32: model.ste varies on line 11 already");
    check_refused(
        "start: {train.epochs: 0}\nteacher: {modle.ste: x}\n",
        "s.yaml:11:23: in start: train.epochs: 0 is out of range; it must be from 1 to "
        "100000\ns.yaml:12:11: unknown key \"modle\" in teacher; did you mean \"model\"?");
    check_refused("teacher: {train.epochs: 0}\nstart: {modle.ste: x}\n",
                  "s.yaml:11:25: in teacher: train.epochs: 0 is out of range; it must be from 1 to "
                  "100000\ns.yaml:12:9: unknown key \"modle\" in start; did you mean \"model\"?");
    check_refused("start: {start: {train.epochs: 1}}\n",
                  "s.yaml:11:9: start: start cannot be set here; stages are a list of maps");
    check_refused("start: {teacher: {train.epochs: 1}}\n",
                  "s.yaml:11:9: start: teacher cannot be set here, but to none");
    check_refused(
        "teacher: {teacher: none}\n",
        "s.yaml:11:11: teacher: teacher cannot be set here; a teacher needs no other run");
    check_refused(
        "start: {train.epochs: 0}\n",
        "s.yaml:11:23: in start: train.epochs: 0 is out of range; it must be from 1 to 100000");
    check_refused(
        "train: {distill: {weight: 0.5}}\n",
        "s.yaml:11:27: train.distill.weight has no effect in any point: it acts only with "
        "teacher; leave it out");
}
END_TEST

/* Mixed images are mixed as they are seen. */
START_TEST(a_teacher_sees_what_its_pupil_sees)
{
    check_refused(
        "teacher: {model.topology.input.crop: 20}\n",
        "s.yaml:11:10: teacher: sees crop 20 and shrink 1 of an image, and its pupil 0 and "
        "1; both must see the same (crop 0: all)");
    check_refused(
        "teacher: {model.topology.input.shrink: 2}\n",
        "s.yaml:11:10: teacher: sees crop 0 and shrink 2 of an image, and its pupil 0 and "
        "1; both must see the same (crop 0: all)");
    load_well(HEAD "teacher: {model.topology.input.crop: 28, train.epochs: 3}\n");
}
END_TEST

START_TEST(weights_that_do_not_fit_are_refused)
{
    check_refused("start: {model.topology.blocks.2.layer.out: 8}\n",
                  "s.yaml:11:8: start: its weights do not fit: dense_2.weight is 8x576x1x1 there, "
                  "and 16x576x1x1 here");
    check_refused("start: {model.topology.blocks: [{layer: {name: dense, out: 10}}]}\n",
                  "s.yaml:11:8: start: its weights do not fit: the run to start from has no "
                  "conv2d_1.weight");
    load_well(HEAD "teacher: {model.topology.blocks.2.layer.out: 8}\n"); /* may be any network */
    load_well(HEAD "start: {model.ordering: act_bn, model.activation: prelu}\n");
}
END_TEST

START_TEST(distilling_is_recorded_with_a_teacher_only)
{
    load_well(HEAD "teacher: {model.binarize: none}\ntrain: {distill: {weight: 0.25}}\n");
    const bnn_settings *own = &config_of("base")->settings;
    ck_assert_double_eq(bnn_settings_find(own, "train.distill.weight")->number, 0.25);
    ck_assert_double_eq(bnn_settings_find(own, "train.distill.temperature")->number, 4.0);
    ck_assert_ptr_null(bnn_settings_find(&experiment.configs[0].settings, "train.distill.weight"));
}
END_TEST

static Suite *make_suite(void)
{
    const TTest *const tests[] = {
        a_start_is_a_config_of_its_own,
        only_what_needs_something_has_another_hash,
        identities_follow_what_is_needed,
        stages_start_from_the_one_before,
        one_may_be_start_and_teacher,
        points_are_what_is_needed,
        sections_are_merged,
        a_stage_is_no_stage_of_itself,
        a_float_baseline_needs_nothing,
        stages_have_the_teacher_of_the_point,
        needs_of_several_points_are_told_apart,
        a_sweep_may_vary_what_is_needed,
        what_cannot_be_needed_is_refused,
        a_teacher_sees_what_its_pupil_sees,
        weights_that_do_not_fit_are_refused,
        distilling_is_recorded_with_a_teacher_only,
    };
    Suite *suite = suite_create("needs");
    TCase *tcase = tcase_create("needs");
    tcase_add_checked_fixture(tcase, runner_set_up, runner_tear_down);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
