/* check_reload.c - the text of a spec with its overrides, there and back; and finished runs whose
 * network comes back from it and from the kept weights. */
#include "base/file.h"
#include "export/modelfile_encode.h"
#include "runner/spec_text.h"
#include "runner/pool.h"
#include "runner/verify.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/runner_fixture.h"

static const char *topologies; /* folders with topologies; NULL: those of the source */

static bnn_reader topology_reader(void)
{
    bnn_reader reader = source_reader();
    if (topologies != NULL)
        reader.topologies = topologies;
    return reader;
}

/* ---- the text ---------------------------------------------------------------------------- */

START_TEST(overrides_stand_behind_the_text)
{
    static const char *const none[] = {NULL}, *const two[] = {"a.b=[1, 2]", "c=# -s d", NULL};
    static const struct {
        const char *text, *alone, *with;
    } cases[] = {
        {"", "", "# -s a.b=[1, 2]\n# -s c=# -s d\n"},
        {"a: 1\n", "a: 1\n", "a: 1\n# -s a.b=[1, 2]\n# -s c=# -s d\n"},
        {"a: 1", "a: 1", "a: 1\n# -s a.b=[1, 2]\n# -s c=# -s d\n"},
        {"# -s a=2\n", "# -s a=2\n#\n", "# -s a=2\n#\n# -s a.b=[1, 2]\n# -s c=# -s d\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_str_eq(bnn_spec_text_join(cases[i].text, none, arena), cases[i].alone);
        ck_assert_str_eq(bnn_spec_text_join(cases[i].text, two, arena), cases[i].with);
    }
}
END_TEST

/* ---- networks ---------------------------------------------------------------------------- */

static void finished(void *context, const bnn_pool_view *view, const bnn_run *run)
{
    (void)context, (void)view, (void)run;
}

static void tick(void *context, const bnn_pool_view *view)
{
    (void)context, (void)view;
}

static void run_sweep(const char *spec, const char *const *overrides)
{
    const bnn_reader from = topology_reader();
    const bnn_data_search search = {.catalogue = from.catalogue};
    const bnn_pool_observer nobody = {.finished = finished, .tick = tick};
    bnn_store_recovered recovered;
    bnn_dataset *datasets;
    bnn_plan plan;
    bnn_pool_summary summary;
    ck_assert_int_eq(chdir(store_path("")), 0);
    ck_ok(bnn_file_write("s.yaml", spec, strlen(spec), err));
    ck_assert_msg(bnn_experiment_load(&from, "s.yaml", overrides, &experiment) == BNN_OK, "%s",
                  said());
    ck_ok(bnn_plan_record(&experiment, store_file(), NULL, false, arena, &plan, &recovered, err));
    ck_ok(bnn_plan_open_data(&plan, &search, &datasets, err));
    const bnn_pool_options options = {
        .db = store_file(), .n_jobs = 2, .datasets = datasets, .observer = &nobody};
    ck_ok(bnn_pool_execute(&plan, &options, &summary, err));
    bnn_plan_close_data(&plan, datasets);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_DONE], plan.n_todo);
}

/* The uids of all runs, in the arena. */
static size_t all_runs(const char *uids[16])
{
    char *rows = plain_rows(store_file(), "SELECT run_uid FROM run ORDER BY run_id");
    size_t n = 0;
    for (char *rest = rows, *row; (row = strsep(&rest, "\n")) != NULL;) {
        if (*row == '\0')
            continue;
        ck_assert_uint_lt(n, 16);
        uids[n++] = bnn_arena_strdup(arena, row);
    }
    free(rows);
    return n;
}

static int reload_run(const char *uid, bnn_stored_run *stored, bnn_reloaded *out, bnn_error *error)
{
    const bnn_reader from = topology_reader();
    bnn_store *store = store_open(BNN_STORE_READ);
    ck_ok(bnn_store_find_run(store, uid, arena, stored, err));
    const int status = bnn_reload(stored, &from, out, error);
    bnn_store_close(store);
    return status;
}

/* Every run comes back as the network that its model file was made of. */
static void check_reloaded(size_t n)
{
    const char *uids[16];
    ck_assert_uint_eq(all_runs(uids), n);
    for (size_t i = 0; i < n; i++) {
        bnn_stored_run stored;
        bnn_reloaded reloaded;
        bool same = false;
        ck_ok(reload_run(uids[i], &stored, &reloaded, err));
        ck_assert_str_eq(reloaded.config->hash, stored.config_hash);
        ck_assert_str_eq(reloaded.config->label, stored.label);
        ck_ok(bnn_verify_rebuild(&stored, &reloaded, arena, &same, err));
        ck_assert_msg(same, "run %zu, %s", i, stored.label);
    }
}

#define SMALL "name: tiny\n" TINY_DATA TINY_MODEL "run: {isolation: thread}\n"
#define ONE   SMALL "train: {epochs: 1, batch: 32}\n"

START_TEST(runs_come_back_after_overrides)
{
    static const char *const overrides[] = {"train.epochs=2", "model.ste=[identity,ede]", NULL};
    run_sweep(SMALL "train: {batch: 32}", overrides); /* no line feed at its end */
    check_reloaded(2);
}
END_TEST

START_TEST(runs_come_back_from_a_spec_that_ends_in_such_comments)
{
    static const char *const overrides[] = {"model.ste=ede", NULL};
    run_sweep(ONE "# -s train.epochs=2\n", NULL);
    run_sweep(ONE "# -s train.epochs=2\n", overrides);
    check_reloaded(2);
}
END_TEST

START_TEST(runs_come_back_after_further_revisions)
{
    static const char *const overrides[] = {"train.epochs=2", NULL};
    run_sweep(ONE "seeds: [1, 2]\n", NULL);
    run_sweep(ONE, overrides);
    run_sweep(ONE "sweep: {grid: {model.ste: [ede, approx_sign]}}\n", NULL);
    check_reloaded(5);
}
END_TEST

/* A file that names another version as its maker, or the label that its config had once, still is what
 * the weights give; one of another run is not. */
START_TEST(a_newer_program_or_spec_finds_the_file_as_it_was)
{
    const char *uids[16];
    bnn_stored_run stored;
    bnn_reloaded reloaded;
    bnn_graph *graph;
    bnn_model *model;
    bool same = false;
    run_sweep(ONE, NULL);
    ck_assert_uint_eq(all_runs(uids), 1);
    ck_ok(reload_run(uids[0], &stored, &reloaded, err));
    ck_ok(bnn_graph_create(reloaded.network, arena, &graph, err));
    ck_ok(bnn_finish_build(graph, "bnnrun 0.0.1", stored.run.uid, "tiny: once",
                           stored.run.result.test_accuracy, true, arena, &model, err));
    ck_ok(bnn_modelfile_write(model, stored.model_path, err));
    ck_ok(bnn_verify_rebuild(&stored, &reloaded, arena, &same, err));
    ck_assert(same);
    ck_ok(bnn_finish_build(graph, NULL, "0123456789", "tiny: base", stored.run.result.test_accuracy,
                           true, arena, &model, err));
    ck_ok(bnn_modelfile_write(model, stored.model_path, err));
    ck_ok(bnn_verify_rebuild(&stored, &reloaded, arena, &same, err));
    ck_assert(!same);
}
END_TEST

/* One that has its codes as floats, as the first version of the format has them. */
START_TEST(a_file_of_an_older_format_is_as_it_was)
{
    static const char *const overrides[] = {"model.form=ternary", NULL};
    const char *uids[16];
    bnn_stored_run stored;
    bnn_reloaded reloaded;
    bnn_graph *graph;
    bnn_model *model;
    bool same = false;
    run_sweep(ONE, overrides);
    ck_assert_uint_eq(all_runs(uids), 1);
    ck_ok(reload_run(uids[0], &stored, &reloaded, err));
    ck_ok(bnn_graph_create(reloaded.network, arena, &graph, err));
    ck_ok(bnn_finish_build(graph, NULL, stored.run.uid, "tiny: base",
                           stored.run.result.test_accuracy, true, arena, &model, err));
    ck_assert_uint_eq(bnn_modelfile_version(model), 2);
    model->version = 1;
    ck_ok(bnn_modelfile_write(model, stored.model_path, err));
    ck_ok(bnn_verify_rebuild(&stored, &reloaded, arena, &same, err));
    ck_assert(same);
}
END_TEST

/* Layers of several forms, as the settings of a run have them. */
START_TEST(widths_are_reloaded)
{
    static const char *const overrides[] = {
        "model.binarize=none", "model.quantize={weights: 4, dense_2: {weights: ternary}}", NULL};
    run_sweep(ONE, overrides);
    check_reloaded(1);
}
END_TEST

START_TEST(a_topology_that_changed_or_went_does_not_matter)
{
    static const char spec[] =
        "name: tiny\n" TINY_DATA "model: {topology: net, binarize: {weights: true}}\n"
        "train: {epochs: 1, batch: 32}\nrun: {isolation: thread}\n";
    static const char net[] = "name: net\ninput: {channels: 1, height: 28, width: 28}\n"
                              "blocks:\n  - {layer: {name: dense, out: %d}}\n"
                              "  - {layer: {name: dense, out: 10}}\n";
    const char *text = bnn_arena_printf(arena, net, 8), *uids[16];
    bnn_stored_run stored;
    bnn_reloaded reloaded;
    topologies = bnn_arena_strdup(arena, store_path("."));
    ck_ok(bnn_file_write(store_path("net.yaml"), text, strlen(text), err));
    run_sweep(spec, NULL);
    check_reloaded(1);
    ck_assert_uint_eq(all_runs(uids), 1);
    text = bnn_arena_printf(arena, net, 9);
    ck_ok(bnn_file_write(store_path("net.yaml"), text, strlen(text), err));
    check_reloaded(1);
    unlink(store_path("net.yaml"));
    unlink("s.yaml");
    topologies = "/nowhere";
    check_reloaded(1);
    plain_execute(store_file(), "UPDATE config SET json = replace(json, '\"train.epochs\":1,', "
                                "'\"train.epochs\":2,')");
    ck_refused(reload_run(uids[0], &stored, &reloaded, err), BNN_E_RESOURCE,
               bnn_arena_printf(arena,
                                "run %s: this version of bnnrun makes another config of the "
                                "recorded settings; these differ: none by name, the record is "
                                "damaged",
                                uids[0]));
    plain_execute(store_file(),
                  "UPDATE config SET json = replace(json, '\"train.epochs\":2,', '')");
    ck_refused(reload_run(uids[0], &stored, &reloaded, err), BNN_E_RESOURCE,
               bnn_arena_printf(arena,
                                "run %s: this version of bnnrun makes another config of the "
                                "recorded settings; these differ: train.epochs",
                                uids[0]));
}
END_TEST

/* As versions that did not look kept them: the last value of the last tensor. */
START_TEST(weights_that_are_no_numbers_are_refused)
{
    static const float nan = NAN;
    const char *uids[16];
    char *bytes, sha256[BNN_SHA256_HEX];
    size_t n;
    bnn_stored_run stored;
    bnn_reloaded reloaded;
    run_sweep(ONE, NULL);
    ck_assert_uint_eq(all_runs(uids), 1);
    ck_ok(reload_run(uids[0], &stored, &reloaded, err));
    ck_ok(bnn_file_read(stored.weights_path, 1 << 20, &bytes, &n, err));
    memcpy(bytes + n - sizeof nan, &nan, sizeof nan);
    ck_ok(bnn_file_write(stored.weights_path, bytes, n, err));
    free(bytes);
    ck_ok(bnn_file_sha256(stored.weights_path, sha256, err));
    plain_execute(store_file(), bnn_arena_printf(arena,
                                                 "UPDATE artifact SET sha256 = '%s' "
                                                 "WHERE kind = 'weights'",
                                                 sha256));
    ck_refused(reload_run(uids[0], &stored, &reloaded, err), BNN_E_FAILED,
               bnn_arena_printf(arena,
                                "run %s: its kept weights are no result: diverged: 1 of 10 values "
                                "of dense_3.bias are not finite",
                                uids[0]));
    /* Nor do they become files, as the best epoch of a checkpoint of such a version. */
    const bnn_finish_request request = {
        .folder = store_path("."), .uid = uids[0], .experiment = "tiny", .label = "base"};
    reloaded.network->parameters[0].value[0] = INFINITY;
    ck_refused(bnn_finish(&request, reloaded.network, err), BNN_E_FAILED,
               "diverged: 1 of 100 values of conv2d_1.weight are not finite");
}
END_TEST

/* Anybody can make a database whose tables allow what ours do not. */
START_TEST(a_doctored_database_does_no_harm)
{
    const char *uids[16];
    bnn_stored_run stored;
    bnn_reloaded reloaded;
    run_sweep(ONE, NULL);
    ck_assert_uint_eq(all_runs(uids), 1);
    plain_execute(store_file(), "PRAGMA writable_schema = ON;"
                                "UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '') "
                                "WHERE name IN ('run', 'config')");
    plain_execute(store_file(), "UPDATE config SET json = '[]'");
    ck_refused(reload_run(uids[0], &stored, &reloaded, err), BNN_E_RESOURCE,
               bnn_arena_printf(arena,
                                "run %s: its recorded settings cannot be read: model.topology: "
                                "the key \"input\" is missing",
                                uids[0]));
    plain_execute(store_file(), "UPDATE run SET state = NULL");
    bnn_store *store = store_open(BNN_STORE_READ);
    ck_refused(bnn_store_find_run(store, uids[0], arena, &stored, err), BNN_E_RESOURCE,
               bnn_arena_printf(arena, "run %s is not done; `bnnrun show %s` says where it stands",
                                uids[0], uids[0]));
    bnn_store_close(store);
}
END_TEST

static void set_up(void)
{
    topologies = NULL;
    runner_set_up();
}

static Suite *make_suite(void)
{
    const TTest *const tests[] = {
        overrides_stand_behind_the_text,
        runs_come_back_after_overrides,
        runs_come_back_from_a_spec_that_ends_in_such_comments,
        runs_come_back_after_further_revisions,
        a_newer_program_or_spec_finds_the_file_as_it_was,
        a_file_of_an_older_format_is_as_it_was,
        widths_are_reloaded,
        a_topology_that_changed_or_went_does_not_matter,
        weights_that_are_no_numbers_are_refused,
        a_doctored_database_does_no_harm,
    };
    Suite *suite = suite_create("reload");
    TCase *tcase = tcase_create("reload");
    tcase_add_checked_fixture(tcase, set_up, runner_tear_down);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
