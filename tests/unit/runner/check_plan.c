/* check_plan.c - plans: what is to do, what has been done, how long it will take. */
#include "base/path.h"
#include "base/run.h"
#include "runner/environment.h"
#include "runner/estimate.h"

#include "tests/fixtures/pool_fixture.h"

START_TEST(without_a_database_all_is_new)
{
    load_well(TINY);
    ck_ok(bnn_plan_make(&experiment, NULL, store_file(), NULL, arena, &plan, err));
    ck_assert(plan.n == 4 && plan.n_dropped == 0);
    ck_assert_uint_eq(plan.n_of[BNN_RUN_QUEUED], 4);
    /* all configs with the first seed come first */
    ck_assert(plan.runs[0].i_config == 0 && plan.runs[1].i_config == 1);
    ck_assert(plan.runs[1].seed == 1 && plan.runs[2].seed == 2);
    ck_assert(isnan(bnn_estimate_plan(&plan, 2)));
}
END_TEST

START_TEST(what_is_done_is_not_done_again)
{
    run_sweep(TINY, 2);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_DONE], 4);
    ck_assert_uint_eq(seen.n_finished, 4);
    ck_assert_uint_ge(seen.n_ticks, 1);
    char *before = all_results();
    run_sweep(TINY, 2);
    ck_assert_uint_eq(plan.n_of[BNN_RUN_DONE], 4);
    ck_assert_uint_eq(seen.n_finished, 4);
    char *after = all_results();
    ck_assert_str_eq(before, after);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM attempt"), 4);
    ck_assert(!isnan(plan.seconds[0]) && plan.seconds[0] > 0.0);
    ck_assert(plan.fixed_seconds > 0.0); /* the database knows what they took besides training */
    free(before);
    free(after);
}
END_TEST

START_TEST(a_changed_spec_keeps_what_it_still_asks_for)
{
    run_sweep(TINY, 2);
    load_well("name: tiny\n" TINY_DATA TINY_MODEL "train: {epochs: 3, batch: 32}\n"
              "seeds: [2, 3]\nsweep: {grid: {model.ste: [clipped, approx_sign]}}\n");
    make_plan();
    ck_assert_uint_eq(plan.n_of[BNN_RUN_DONE], 1); /* clipped, seed 2 */
    ck_assert_uint_eq(plan.n_of[BNN_RUN_QUEUED], 3);
    ck_assert_uint_eq(plan.n_dropped, 3);
}
END_TEST

static const struct {
    const char *change, *back;
    const char *stale; /* what it is called */
    int n;             /* runs of the four */
} changes[] = {
    {"UPDATE plugin SET sha256 = 'x' || sha256 WHERE name = 'identity'",
     "UPDATE plugin SET sha256 = ltrim(sha256, 'x')", "ste identity", 2},
    {"UPDATE dataset SET sha256 = 'x' || sha256", "UPDATE dataset SET sha256 = ltrim(sha256, 'x')",
     "dataset synthetic", 4},
    {"UPDATE environment SET version = '0.0.9'", "UPDATE environment SET version = '0.1.0'",
     "bits of bnnrun 0.0.9", 4},
    {"UPDATE dataset SET sha256 = 'x'; UPDATE plugin SET sha256 = 'x' WHERE name = 'identity'",
     NULL, "dataset synthetic, ste identity", 2},
};

/* They are named, and enter no mean, until the reason is gone. */
START_TEST(what_has_changed_makes_runs_stale)
{
    const int n = changes[_i].n;
    run_sweep(TINY, 2);
    plain_execute(store_file(), changes[_i].change);
    make_plan();
    ck_assert_str_eq(plan.runs[0].changed, changes[_i].stale);
    ck_assert(!bnn_run_is_todo(&plan.runs[0]));
    ck_assert_int_eq(
        plain_number(store_file(),
                     bnn_arena_printf(arena, "SELECT count(*) FROM run_summary WHERE stale = '%s'",
                                      changes[_i].stale)),
        n);
    if (changes[_i].back == NULL)
        return;
    ck_assert_uint_eq(plan.n_of[BNN_RUN_STALE], (size_t)n);
    ck_assert_uint_eq(plan.n_of[BNN_RUN_DONE], 4 - (size_t)n);
    ck_assert_int_eq(plain_number(store_file(), "SELECT sum(n) FROM leaderboard"), 4 - n);
    plain_execute(store_file(), changes[_i].back);
    make_plan();
    ck_assert_uint_eq(plan.n_of[BNN_RUN_DONE], 4);
    ck_assert_int_eq(plain_number(store_file(), "SELECT sum(n) FROM leaderboard"), 4);
}
END_TEST

START_TEST(stale_runs_are_trained_again_when_asked)
{
    run_sweep(TINY, 2);
    char *before = all_results();
    plain_execute(store_file(), changes[0].change);
    bnn_store *store = store_open(BNN_STORE_READ);
    ck_ok(bnn_plan_make(&experiment, store, store_file(), "stale", arena, &plan, err));
    bnn_store_close(store);
    ck_assert_uint_eq(plan.n_of[BNN_RUN_AGAIN], 2);
    ck_assert_int_eq(
        plain_number(store_file(), "SELECT count(*) FROM run_summary WHERE state = 'done'"), 4);
    make_plan_to_retrain("stale");
    ck_assert(plan.n_of[BNN_RUN_AGAIN] == 2 && plan.n_todo == 2);
    ck_assert_int_eq(
        plain_number(store_file(), "SELECT count(*) FROM run_summary WHERE state = 'queued'"), 2);
    make_plan(); /* they stay in the queue */
    ck_assert_uint_eq(plan.n_of[BNN_RUN_QUEUED], 2);
    ck_ok(execute(2, err));
    ck_assert_uint_eq(summary.n_of[BNN_RUN_DONE], 2);
    make_plan();
    ck_assert_uint_eq(plan.n_of[BNN_RUN_DONE], 4);
    char *after = all_results();
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
}
END_TEST

START_TEST(runs_are_trained_again_by_name)
{
    static const struct {
        const char *before, *after; /* a run's uid */
        bool known;
        size_t n;
    } asked[] = {
        {NULL, "all", true, 4},    {NULL, "stale", true, 0}, {NULL, "failed", true, 0},
        {"", "", true, 1},         {"stale,", "", true, 1},  {"", ",all", true, 4},
        {NULL, "", false, 0},      {"", ",", false, 0},      {"", ",no", false, 0},
        {NULL, "Stale", false, 0}, {"x", "", false, 0},
    };
    run_sweep(TINY, 2);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const char *uid = asked[i].before == NULL ? "" : plan.runs[0].uid;
        const char *before = asked[i].before == NULL ? "" : asked[i].before;
        const char *retrain = bnn_arena_printf(arena, "%s%s%s", before, uid, asked[i].after);
        bnn_error error;
        bnn_store *store = store_open(BNN_STORE_READ);
        bnn_plan again = {.n = 0};
        const int status =
            bnn_plan_make(&experiment, store, store_file(), retrain, arena, &again, &error);
        bnn_store_close(store);
        ck_assert_int_eq(status, asked[i].known ? BNN_OK : BNN_E_USAGE);
        ck_assert_uint_eq(again.n_of[BNN_RUN_AGAIN], asked[i].n);
    }
}
END_TEST

static const char rungs_sql[] =
    "SELECT label, rung, epochs, n_failed, place, kept FROM halving_rung ORDER BY rung, place";

/* What a rung has dropped stays so until the failed run has ended another way. */
START_TEST(a_failed_run_that_is_tried_again_reopens_no_rung)
{
    static const char spec[] =
        "name: tiny\n" TINY_DATA TINY_NET "train: {epochs: 1, batch: 32}\nseeds: {count: 2}\n"
        "sweep:\n"
        "  list: [{train.optimizer: {name: sgd, lr: 1.0e+6, weight_decay: 1}}, {train.batch: 16},"
        " {train.epochs: 2}]\n"
        "  halving: {over: seeds, from: 1, eta: 2}\n"
        "run: {isolation: thread, measure: false}\n";
    run_sweep(spec, 2);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_FAILED], 1);
    experiment.goes_on = true;
    make_plan();
    ck_assert(plan.halved.made == 1 && plan.settled.made == 1 && plan.n_todo == 2);
    ck_assert_int_eq(plain_number(store_file(), "SELECT sum(epochs) FROM halving_rung"), 4);
    ck_ok(execute(2, err));
    make_plan();
    ck_assert(plan.halved.made == 2 && !bnn_plan_goes_on(&plan));
    char *before = plain_rows(store_file(), rungs_sql);
    ck_assert_ptr_nonnull(strstr(before, "|1|1|1|3|0\n"));
    load_well(spec);
    make_plan(); /* and no more: whoever does it is killed */
    ck_assert(plan.halved.made == 2 && plan.settled.made == 0 && bnn_plan_goes_on(&plan));
    ck_assert(plan.n_todo == 1 && plan.n_of[BNN_RUN_FAILED] == 1);
    ck_assert(plan.n_of[BNN_RUN_LATER] == 0 && plan.n_of[BNN_RUN_SPARED] == 1);
    char *after = plain_rows(store_file(), rungs_sql);
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
}
END_TEST

#define ALONE                                      \
    {                                              \
        BNN_ESTIMATE_NOTHING, BNN_ESTIMATE_NOTHING \
    }
#define AFTER(i)                  \
    {                             \
        (i), BNN_ESTIMATE_NOTHING \
    }

START_TEST(jobs_take_the_next_task_when_they_are_free)
{
    const bnn_estimate_task tasks[] = {
        {3.0, -1.0, ALONE}, {1.0, -1.0, ALONE}, {1.0, -1.0, ALONE}, {4.0, -1.0, ALONE}};
    bnn_estimate_task own[4];
    double busy[3] = {0.0, 0.0, 0.5};
    memcpy(own, tasks, sizeof own);
    ck_assert_double_eq(bnn_estimate_makespan(own, 4, busy, 2), 6.0); /* 3; 1 + 1 + 4 */
    memcpy(own, tasks, sizeof own);
    busy[0] = busy[1] = 0.0;
    ck_assert_double_eq(bnn_estimate_makespan(own, 4, busy, 1), 9.0);
    ck_assert_double_eq(bnn_estimate_makespan(own, 0, busy + 1, 2), 0.5);
}
END_TEST

START_TEST(tasks_wait_for_those_that_they_need)
{
    bnn_estimate_task chain[] = {
        {1.0, -1.0, ALONE}, {2.0, -1.0, AFTER(0)}, {3.0, -1.0, {0, 1}}, {1.0, -1.0, ALONE}};
    bnn_estimate_task of_running[] = {{9.0, 4.0, ALONE}, {1.0, -1.0, AFTER(0)}, {5.0, 0.0, ALONE}};
    bnn_estimate_task pairs[] = {
        {2.0, -1.0, ALONE}, {2.0, -1.0, AFTER(0)}, {2.0, -1.0, ALONE}, {2.0, -1.0, AFTER(2)}};
    double busy[2] = {0.0, 0.0};
    ck_assert_double_eq(bnn_estimate_makespan(chain, 4, busy, 2), 6.0); /* 1 + 2 + 3; 1 beside */
    ck_assert_double_eq(chain[3].end, 1.0);
    busy[0] = 4.0;
    busy[1] = 0.0;
    ck_assert_double_eq(bnn_estimate_makespan(of_running, 3, busy, 2), 5.0);
    busy[0] = busy[1] = 0.0;
    ck_assert_double_eq(bnn_estimate_makespan(pairs, 4, busy, 2), 4.0);
}
END_TEST

/* What earlier attempts did took none of the seconds of this one. */
START_TEST(what_is_left_of_a_run_comes_from_what_this_attempt_did)
{
    ck_assert_double_eq(bnn_estimate_rest(0.0, 0.5, 10.0, 99.0), 10.0);
    ck_assert_double_eq(bnn_estimate_rest(0.25, 0.5, 10.0, 99.0), 20.0);
    ck_assert_double_eq(bnn_estimate_rest(0.5, 0.5, 1.0, 40.0), 20.0);
    ck_assert_double_eq(bnn_estimate_rest(0.0, 0.0, 0.0, 40.0), 40.0);
}
END_TEST

START_TEST(a_plan_can_be_timed_without_a_database)
{
    bnn_dataset *datasets;
    const bnn_data_search search = {.catalogue = source_path("configs/datasets")};
    load_well(TINY);
    ck_ok(bnn_plan_make(&experiment, NULL, store_file(), NULL, arena, &plan, err));
    ck_ok(bnn_plan_open_data(&plan, &search, &datasets, err));
    bnn_estimate_configs(&plan, datasets, store_file());
    bnn_plan_close_data(&plan, datasets);
    const double one = bnn_estimate_plan(&plan, 1), four = bnn_estimate_plan(&plan, 4);
    ck_assert(one > 0.0 && one < 60.0 && four > 0.0 && four < one);
}
END_TEST

/* What runs take besides training counts, and is what they took before, where the database knows. */
START_TEST(a_plan_counts_what_runs_take_besides_training)
{
    bnn_dataset *datasets;
    const bnn_data_search search = {.catalogue = source_path("configs/datasets")};
    load_well(TINY);
    ck_ok(bnn_plan_make(&experiment, NULL, store_file(), NULL, arena, &plan, err));
    ck_ok(bnn_plan_open_data(&plan, &search, &datasets, err));
    ck_assert(isnan(plan.fixed_seconds));
    bnn_estimate_configs(&plan, datasets, store_file());
    ck_assert(plan.fixed_seconds >= 0.008);
    ck_assert(bnn_estimate_plan(&plan, 1) >= (double)plan.n_todo * plan.fixed_seconds);
    ck_ok(bnn_plan_make(&experiment, NULL, store_file(), NULL, arena, &plan, err));
    plan.fixed_seconds = 100.0;
    bnn_estimate_configs(&plan, datasets, store_file());
    ck_assert(bnn_estimate_plan(&plan, 1) >= 100.0 * (double)plan.n_todo);
    bnn_plan_close_data(&plan, datasets);
}
END_TEST

/* Two others and the baseline, a second each: six seeds now, and four more of them all at the most. */
START_TEST(looks_are_timed_to_the_last)
{
    size_t n_more;
    load_well("name: tiny\n" TINY_DATA TINY_MODEL
              "train: {epochs: 1, batch: 32}\nseeds: {until: {looks: [6, 10]}}\ncompare: {}\n"
              "sweep: {grid: {model.ste: [identity, clipped]}}\nbaseline: {model.ste: ede}\n");
    ck_ok(bnn_plan_make(&experiment, NULL, store_file(), NULL, arena, &plan, err));
    ck_assert_uint_eq(plan.n_of[BNN_RUN_LATER], 12);
    ck_assert(isnan(bnn_estimate_most(&plan, 1, &n_more)));
    for (size_t i = 0; i < experiment.n_configs; i++)
        plan.seconds[i] = 1.0;
    ck_assert_double_eq(bnn_estimate_plan(&plan, 1), 18.0);
    ck_assert_double_eq(bnn_estimate_most(&plan, 1, &n_more), 30.0);
    ck_assert_uint_eq(n_more, 12);
    ck_assert_double_eq(bnn_estimate_most(&plan, 2, &n_more), 15.0);
}
END_TEST

/* 24 s, then 41 s at once: what is told moves there slowly, and is there at last. */
START_TEST(the_end_that_is_told_does_not_jump)
{
    bnn_estimate_end end = {.known = false};
    ck_assert(isnan(bnn_estimate_smooth(&end, 0.0, (double)NAN)));
    ck_assert_double_eq(bnn_estimate_smooth(&end, 10.0, 24.0), 24.0);
    ck_assert_double_eq(bnn_estimate_smooth(&end, 11.0, (double)NAN), 23.0);
    double told = 23.0;
    for (double now = 11.2; now < 40.0; now += 0.2) {
        const double next = bnn_estimate_smooth(&end, now, 52.0 - now);
        ck_assert(fabs(next - told) < 7.0);
        told = next;
    }
    ck_assert(fabs(told - 12.2) < 0.2);
}
END_TEST

START_TEST(jobs_are_not_more_than_runs)
{
    load_well(TINY);
    make_plan();
    ck_assert_uint_eq(bnn_plan_jobs(&plan, 3), 3);
    ck_assert_uint_eq(bnn_plan_jobs(&plan, 100), 4);
    experiment.run.jobs = 2;
    ck_assert_uint_eq(bnn_plan_jobs(&plan, 0), 2);
    experiment.run.jobs = 0;
    ck_assert_uint_le(bnn_plan_jobs(&plan, 0), bnn_environment_jobs());
}
END_TEST

static const struct {
    const char *groups;   /* /proc/self/cgroup */
    const char *files[6]; /* path below the mounted folder, content, ... */
    double quota;
} groups[] = {
    {"0::/\n", {"cpu.max", "150000 100000\n"}, 1.5},
    {"0::/a/b\n", {"a/b/cpu.max", "max 100000\n", "a/cpu.max", "50000 100000\n"}, 0.5},
    {"0::/a/b\n", {"a/b/cpu.max", "200000 100000\n", "a/cpu.max", "300000 100000\n"}, 2},
    {"0::/a\n", {"cpu.max", "max 100000\n", "b/cpu.max", "1000 100000\n"}, INFINITY},
    {"4:memory:/m\n2:cpuacct,cpu:/d/e\n0::/\n",
     {"cpu/d/e/cpu.cfs_quota_us", "400000\n", "cpu/d/e/cpu.cfs_period_us", "100000\n"},
     4},
    {"2:cpu:/of/the/host\n", /* a container sees its own group as the root */
     {"cpu/cpu.cfs_quota_us", "125000\n", "cpu/cpu.cfs_period_us", "50000\n"},
     2.5},
    {"2:cpu:/\n", {"cpu/cpu.cfs_quota_us", "-1\n", "cpu/cpu.cfs_period_us", "100000\n"}, INFINITY},
    {"0::/\n", {"cpu.max", "0 0\n"}, INFINITY},
    {"0::/\n", {"cpu.max", ""}, INFINITY},
    {"no group\n:\n", {NULL}, INFINITY},
};

/* The quota that a control group sets. */
START_TEST(quotas_of_control_groups)
{
    const char *mounted = store_path("mounted"), *list = store_path("groups");
    ck_ok(bnn_file_make_directory(mounted, err));
    ck_ok(bnn_file_write(list, groups[_i].groups, strlen(groups[_i].groups), err));
    for (size_t i = 0; groups[_i].files[i] != NULL; i += 2) {
        const char *path = bnn_arena_printf(arena, "%s/%s", mounted, groups[_i].files[i]);
        const char *content = groups[_i].files[i + 1];
        char folder[PATH_MAX];
        ck_assert(bnn_path_directory(path, folder));
        ck_ok(bnn_file_make_directory(folder, err));
        ck_ok(bnn_file_write(path, content, strlen(content), err));
    }
    const double quota = bnn_environment_quota(list, mounted);
    ck_assert_msg(quota == groups[_i].quota, "%g, not %g", quota, groups[_i].quota);
    ck_assert(isinf(bnn_environment_quota(store_path("none"), mounted)));
    ck_assert_uint_ge(bnn_environment_jobs(), 1);
    ck_assert_uint_le(bnn_environment_jobs(), bnn_environment_cpus());
}
END_TEST

/* And the memory, where that is less than there is. */
START_TEST(memory_of_control_groups)
{
    const char *mounted = store_path("mounted"), *list = store_path("groups");
    const char *most = bnn_arena_printf(arena, "%s/a/memory.max", mounted);
    ck_ok(bnn_file_make_directory(bnn_arena_printf(arena, "%s/a/b", mounted), err));
    ck_ok(bnn_file_write(list, "0::/a/b\n", 8, err));
    const double machine = bnn_environment_memory(list, mounted);
    ck_assert_double_gt(machine, 1e6);
    ck_ok(bnn_file_write(most, "max\n", 4, err));
    ck_assert(bnn_environment_memory(list, mounted) == machine);
    ck_ok(bnn_file_write(most, "1048576\n", 8, err));
    ck_assert(bnn_environment_memory(list, mounted) == 1048576.0);
}
END_TEST

static Suite *make_suite(void)
{
    const TTest *const tests[] = {
        without_a_database_all_is_new,
        what_is_done_is_not_done_again,
        a_changed_spec_keeps_what_it_still_asks_for,
        stale_runs_are_trained_again_when_asked,
        runs_are_trained_again_by_name,
        a_failed_run_that_is_tried_again_reopens_no_rung,
        jobs_take_the_next_task_when_they_are_free,
        tasks_wait_for_those_that_they_need,
        what_is_left_of_a_run_comes_from_what_this_attempt_did,
        a_plan_can_be_timed_without_a_database,
        a_plan_counts_what_runs_take_besides_training,
        looks_are_timed_to_the_last,
        the_end_that_is_told_does_not_jump,
        jobs_are_not_more_than_runs,
    };
    Suite *suite = suite_create("plan");
    TCase *tcase = tcase_create("plan");
    tcase_add_checked_fixture(tcase, watch_set_up, runner_tear_down);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tcase, tests[i]);
    tcase_add_loop_test(tcase, quotas_of_control_groups, 0, sizeof groups / sizeof *groups);
    tcase_add_test(tcase, memory_of_control_groups);
    tcase_add_loop_test(tcase, what_has_changed_makes_runs_stale, 0,
                        sizeof changes / sizeof *changes);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
