/* check_runner.c - plans and the pool: what runs, what becomes of it, and what the database holds
 * afterwards. */
#include "base/file.h"
#include "base/path.h"
#include "base/run.h"
#include "db/store_results.h"
#include "infer/modelfile.h"
#include "runner/environment.h"
#include "runner/estimate.h"
#include "runner/executor/executor.h"
#include "runner/finish.h"
#include "runner/pool.h"
#include "runner/predictions.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/runner_fixture.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

/* What an observer was told, and what it does about it. */
typedef struct watch {
    size_t n_finished, n_ticks, n_stopping;
    bnn_run_state last_state[16];
    char message[1000]; /* of the last failure */
    int signal;         /* to send once all runs are in this epoch, and once only */
    unsigned signal_epoch;
    int signal_again; /* to send as soon as the stop is told; or 0 */
    bnn_pool_observer observer;
} watch;

static bnn_plan plan;
static bnn_pool_summary summary;
static watch seen;

static void finished(void *context, const bnn_pool_view *view, const bnn_run *run)
{
    watch *w = context;
    ck_assert_uint_le(view->n, plan.n);
    w->last_state[run - plan.runs] = run->state;
    w->n_finished++;
    if (run->state == BNN_RUN_FAILED)
        snprintf(w->message, sizeof w->message, "%s", run->result.error);
    ck_assert((run->state == BNN_RUN_DONE) == !isnan(run->result.test_accuracy));
}

static void tick(void *context, const bnn_pool_view *view)
{
    watch *w = context;
    size_t n = 0;
    w->n_ticks++;
    for (size_t i = 0; i < BNN_RUN_STATES; i++)
        n += view->n_of[i];
    ck_assert_uint_eq(n, view->n);
    size_t n_there = 0;
    for (uint32_t i = 0; i < view->n_running; i++)
        n_there += atomic_load(&view->running[i].progress->epoch) >= w->signal_epoch;
    if (w->signal != 0 && n_there == view->n) {
        kill(getpid(), w->signal);
        w->signal = 0;
    }
}

static void stopping(void *context, const bnn_pool_view *view, int signal)
{
    watch *w = context;
    (void)view;
    (void)signal;
    w->n_stopping++;
    if (w->signal_again != 0)
        kill(getpid(), w->signal_again);
}

static void watch_set_up(void)
{
    runner_set_up();
    seen = (watch){.observer = {finished, tick, stopping, &seen}};
}

static void make_plan_to_retrain(const char *retrain)
{
    bnn_store_recovered recovered;
    ck_ok(
        bnn_plan_record(&experiment, store_file(), retrain, false, arena, &plan, &recovered, err));
    ck_assert_uint_eq(recovered.n_stale + recovered.n_unknown, 0);
}

static void make_plan(void)
{
    make_plan_to_retrain(NULL);
}

/* Executes the plan; what was done before is left alone. */
static int execute(uint32_t n_jobs, bnn_error *error)
{
    bnn_dataset *datasets;
    const bnn_data_search search = {.catalogue = source_path("configs/datasets")};
    summary = (bnn_pool_summary){.signal = 0};
    ck_ok(bnn_plan_open_data(&plan, &search, &datasets, err));
    if (datasets[0].owner != NULL) /* what was known of it before */
        ck_assert_str_eq(datasets[0].sha256, experiment.configs[0].data_sha256);
    const bnn_pool_options options = {
        .db = store_file(), .n_jobs = n_jobs, .datasets = datasets, .observer = &seen.observer};
    const int status =
        plan.n_todo == 0 ? BNN_OK : bnn_pool_execute(&plan, &options, &summary, error);
    bnn_plan_close_data(&plan, datasets);
    return status;
}

static void run_sweep(const char *spec, uint32_t n_jobs)
{
    load_well(spec);
    make_plan();
    ck_ok(execute(n_jobs, err));
}

/* ---- plans ------------------------------------------------------------------------------- */

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

START_TEST(jobs_take_the_next_task_when_they_are_free)
{
    const double seconds[] = {3.0, 1.0, 1.0, 4.0};
    double busy[3] = {0.0, 0.0, 0.5};
    ck_assert_double_eq(bnn_estimate_makespan(seconds, 4, busy, 2), 6.0); /* 3; 1 + 1 + 4 */
    busy[0] = busy[1] = 0.0;
    ck_assert_double_eq(bnn_estimate_makespan(seconds, 4, busy, 1), 9.0);
    ck_assert_double_eq(bnn_estimate_makespan(seconds, 0, busy + 1, 2), 0.5);
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

/* ---- the pool ---------------------------------------------------------------------------- */

START_TEST(results_do_not_depend_on_jobs_or_processes)
{
    run_sweep(TINY, 1);
    char *one = all_results();
    ck_assert_int_eq(plain_number(store_file(), "SELECT max(co_runners) FROM timing"), 0);
    forget_database();
    run_sweep(TINY, 3);
    char *three = all_results();
    forget_database();
    load_well(TINY);
    experiment.run.isolation = BNN_ISOLATION_PROCESS;
    make_plan();
    ck_ok(execute(2, err));
    char *processes = all_results();
    ck_assert_uint_gt(strlen(one), 1000);
    ck_assert_str_eq(one, three);
    ck_assert_str_eq(one, processes);
    free(one);
    free(three);
    free(processes);
}
END_TEST

/* The classes of all four runs are what their model files say, and make up their accuracies. */
START_TEST(what_images_are_taken_for_is_kept)
{
    bnn_dataset *datasets;
    const bnn_store_predicted *rows;
    size_t n;
    run_sweep(TINY, 2);
    make_plan();
    bnn_store *store = store_open(BNN_STORE_READ);
    const bnn_data_search search = {.catalogue = source_path("configs/datasets")};
    for (size_t i = 0; i < plan.n; i++)
        plan.runs[i].state = BNN_RUN_QUEUED; /* so that the data are opened */
    ck_ok(bnn_plan_open_data(&plan, &search, &datasets, err));
    const bnn_images *test = &datasets[0].test;
    ck_ok(bnn_store_list_predictions(store, "tiny", NULL, arena, &rows, &n, err));
    ck_assert_uint_eq(n, 4);
    for (size_t i = 0; i < n; i++) {
        const bnn_store_predictions *p = &rows[i].images;
        bnn_model *model;
        uint8_t *classes;
        uint32_t n_right = 0;
        ck_assert_uint_eq(p->n, 50);
        ck_assert_uint_eq(p->n_classes, 10);
        ck_assert_str_eq(p->sample, "first"); /* of data that are drawn */
        ck_assert_mem_eq(p->true_classes, test->labels, p->n);
        ck_ok(bnn_modelfile_read(bnn_run_path(store_file(), rows[i].uid, BNN_RUN_MODEL, arena),
                                 arena, &model, err));
        ck_ok(bnn_predictions_of_model(model, test, arena, &classes, err));
        ck_assert_mem_eq(p->classes, classes, p->n);
        for (size_t k = 0; k < p->n; k++)
            n_right += classes[k] == test->labels[k];
        const char *sql = bnn_arena_printf(
            arena, "SELECT test_accuracy FROM run_summary WHERE run_uid = '%s'", rows[i].uid);
        ck_assert_double_eq(plain_real(store_file(), sql), n_right / 50.0);
    }
    bnn_plan_close_data(&plan, datasets);
    bnn_store_close(store);
}
END_TEST

#define DIVERGES                                       \
    "name: wild\n" TINY_DATA TINY_NET "  norm: none\n" \
    "train: {epochs: 2, batch: 32, optimizer: sgd}\n"  \
    "seeds: {count: 2}\nsweep: {grid: {train.optimizer.lr: [0.01, 1.0e6]}}\n"

/* Also the last run of a pool, and with a retry: a failure is a failure again. */
START_TEST(a_failed_run_stops_no_other)
{
    load_well(DIVERGES "run: {isolation: thread, retries: 1}\n");
    experiment.run.isolation = _i == 0 ? BNN_ISOLATION_THREAD : BNN_ISOLATION_PROCESS;
    make_plan();
    ck_ok(execute(2, err));
    ck_assert_uint_eq(summary.n_of[BNN_RUN_DONE], 2);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_FAILED], 2);
    ck_assert_int_eq(seen.last_state[1], BNN_RUN_FAILED);
    ck_assert_msg(strncmp(seen.message, "diverged: ", 10) == 0, "%s", seen.message);
    ck_assert_uint_eq(seen.n_finished, 4); /* a retry is no end */
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM attempt"), 6);
    ck_assert_int_eq(
        plain_number(store_file(), "SELECT count(*) FROM attempt WHERE error LIKE 'diverged: %'"),
        4);
    make_plan();
    ck_assert_uint_eq(plan.n_of[BNN_RUN_FAILED], 2);
    ck_assert_msg(strncmp(plan.runs[1].result.error, "diverged: ", 10) == 0, "%s",
                  plan.runs[1].result.error);
}
END_TEST

START_TEST(time_runs_out)
{
    load_well(TINY);
    experiment.run.timeout_seconds = 1e-6;
    make_plan();
    ck_ok(execute(2, err));
    ck_assert_uint_eq(summary.n_of[BNN_RUN_FAILED], 4);
    ck_assert_msg(strncmp(seen.message, "timeout: ", 9) == 0, "%s", seen.message);
}
END_TEST

/* Longer than some ticks of the observer, on a fast machine too, where an epoch takes less than a
 * millisecond; the sanitizers make it several times that. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#    define LONG_EPOCHS "200"
#else
#    define LONG_EPOCHS "1000"
#endif
#define LONG                                                                            \
    "name: long\n" TINY_DATA TINY_MODEL "train: {epochs: " LONG_EPOCHS ", batch: 16}\n" \
    "seeds: {count: 2}\n"

/* Interrupted, then gone on with: the same bits as in one go. */
START_TEST(what_was_interrupted_goes_on)
{
    const int32_t isolation = _i < 2 ? BNN_ISOLATION_THREAD : BNN_ISOLATION_PROCESS;
    load_well(LONG);
    experiment.run.isolation = isolation;
    experiment.run.checkpoints = _i % 2 == 0 ? BNN_CHECKPOINTS_EPOCH : BNN_CHECKPOINTS_STOP;
    make_plan();
    seen.signal = _i % 2 == 0 ? SIGINT : SIGTERM;
    const int signal = seen.signal;
    seen.signal_again = _i % 2 == 0 ? 0 : _i == 1 ? SIGTERM : SIGHUP; /* the same event */
    seen.signal_epoch = 2;
    bnn_error error;
    ck_assert_int_eq(execute(2, &error), BNN_E_INTERRUPTED);
    ck_assert_int_eq(summary.signal, signal);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_INTERRUPTED], 2);
    ck_assert_uint_eq(seen.n_stopping, 1);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM attempt WHERE signal > 0 AND "
                                                "outcome = 'interrupted'"),
                     2);
    make_plan();
    ck_assert_uint_eq(plan.n_of[BNN_RUN_INTERRUPTED], 2);
    ck_assert(plan.runs[0].epochs_done > 0 && bnn_plan_rest(&plan, &plan.runs[0]) < 1.0);
    char *identity = experiment.configs[0].identity;
    identity[0] ^= 1; /* with other plugins or data they would begin anew, and the plan knows it */
    make_plan();
    ck_assert_uint_eq(plan.runs[0].epochs_done, 0);
    ck_assert_str_eq(plan.runs[0].changed, "its checkpoint");
    identity[0] ^= 1;
    make_plan();
    ck_ok(execute(1, err));
    char *resumed = all_results();
    ck_assert_int_gt(plain_number(store_file(), "SELECT min(resumed_from_epoch) FROM attempt "
                                                "WHERE attempt = 2"),
                     0);
    ck_assert_int_ne(
        access(bnn_run_path(store_file(), plan.runs[0].uid, BNN_RUN_CHECKPOINT, arena), F_OK), 0);
    forget_database();
    run_sweep(LONG "run: {isolation: thread, checkpoint: none}\n", 2);
    char *whole = all_results();
    ck_assert_str_eq(resumed, whole);
    free(resumed);
    free(whole);
}
END_TEST

/* Between plan and claim another process was faster. */
START_TEST(a_run_of_another_process_is_left_to_it)
{
    load_well(TINY);
    make_plan();
    bnn_store *other = store_open(BNN_STORE_WRITE);
    ck_assert_uint_eq(claim(other, plan.runs[2]), 1);
    bnn_store_close(other);
    ck_ok(execute(2, err));
    ck_assert_uint_eq(summary.n_of[BNN_RUN_TAKEN], 1);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_DONE], 3);
    ck_assert_int_eq(seen.last_state[2], BNN_RUN_TAKEN);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM attempt"), 4);
}
END_TEST

/* A file that cannot grow: like a disk that is full. The sweep ends with the reason; what was
 * committed is whole. */
START_TEST(a_database_that_cannot_be_written_ends_the_sweep)
{
    bnn_error error;
    load_well(LONG "run: {isolation: thread, checkpoint: none}\n");
    make_plan();
    const struct rlimit limit = {200000, 200000};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(execute(2, &error), BNN_E_RESOURCE);
    ck_assert_msg(strstr(error.message, store_file()) != NULL, "%s", error.message);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_DONE], 0);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_RUNNING], 0);
    ck_assert_int_eq(summary.signal, 0);
}
END_TEST

/* What was trained is not lost with a database that does not take the end of it. */
START_TEST(a_run_whose_end_is_not_recorded_keeps_its_checkpoint)
{
    static const char refuse[] = "CREATE TRIGGER refuse BEFORE UPDATE OF state ON run "
                                 "WHEN NEW.state = 'done' BEGIN SELECT RAISE(ABORT, 'no'); END";
    bnn_error error;
    load_well(TINY);
    make_plan();
    plain_execute(store_file(), refuse);
    ck_assert_int_ne(execute(1, &error), BNN_OK);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_DONE], 0);
    const char *uid = plan.runs[0].uid;
    ck_assert_int_eq(access(bnn_run_path(store_file(), uid, BNN_RUN_CHECKPOINT, arena), F_OK), 0);
}
END_TEST

/* Something else is where the folders of runs would be: no run trains first. */
START_TEST(a_folder_that_cannot_be_made_fails_a_run_at_once)
{
    load_well(TINY);
    experiment.run.checkpoints = BNN_CHECKPOINTS_NONE;
    make_plan();
    const char *folders = bnn_arena_printf(arena, "%s.artifacts", store_file());
    ck_ok(bnn_file_write(folders, "", 0, err));
    ck_ok(execute(1, err));
    ck_assert_uint_eq(summary.n_of[BNN_RUN_FAILED], 4);
    ck_assert_msg(strstr(seen.message, ".artifacts") != NULL, "%s", seen.message);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM metric"), 0);
}
END_TEST

START_TEST(plugins_from_elsewhere_are_isolated)
{
    load_well(TINY);
    ck_assert(!bnn_executor_isolates(&experiment));
    experiment.run.isolation = BNN_ISOLATION_PROCESS;
    ck_assert(bnn_executor_isolates(&experiment));
    /* This test program does not lie where the plugins of the build do. */
    experiment.run.isolation = BNN_ISOLATION_AUTO;
    char folder[PATH_MAX] = "", plugin[PATH_MAX];
    ck_assert_int_gt(readlink("/proc/self/exe", folder, sizeof folder - 1), 0);
    *strrchr(folder, '/') = '\0';
    ck_assert_ptr_nonnull(realpath(experiment.configs[0].plugins.list[0]->path, plugin));
    ck_assert(bnn_executor_isolates(&experiment) == (strncmp(plugin, folder, strlen(folder)) != 0));
}
END_TEST

START_TEST(what_is_measured_is_a_share_of_the_training)
{
    ck_assert_double_eq(bnn_finish_measure_seconds(0), 0.008);
    ck_assert_double_eq(bnn_finish_measure_seconds(2), 0.04);
    ck_assert_double_eq(bnn_finish_measure_seconds(1e6), 0.08);
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
        jobs_take_the_next_task_when_they_are_free,
        what_is_left_of_a_run_comes_from_what_this_attempt_did,
        a_plan_can_be_timed_without_a_database,
        a_plan_counts_what_runs_take_besides_training,
        the_end_that_is_told_does_not_jump,
        jobs_are_not_more_than_runs,
        results_do_not_depend_on_jobs_or_processes,
        what_images_are_taken_for_is_kept,
        time_runs_out,
        a_run_of_another_process_is_left_to_it,
        a_database_that_cannot_be_written_ends_the_sweep,
        a_run_whose_end_is_not_recorded_keeps_its_checkpoint,
        a_folder_that_cannot_be_made_fails_a_run_at_once,
        plugins_from_elsewhere_are_isolated,
        what_is_measured_is_a_share_of_the_training,
    };
    Suite *suite = suite_create("runner");
    TCase *tcase = tcase_create("runner");
    tcase_add_checked_fixture(tcase, watch_set_up, runner_tear_down);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tcase, tests[i]);
    tcase_add_loop_test(tcase, quotas_of_control_groups, 0, sizeof groups / sizeof *groups);
    tcase_add_loop_test(tcase, what_has_changed_makes_runs_stale, 0,
                        sizeof changes / sizeof *changes);
    tcase_add_loop_test(tcase, a_failed_run_stops_no_other, 0, 2);
    tcase_add_loop_test(tcase, what_was_interrupted_goes_on, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
