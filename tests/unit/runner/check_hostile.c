/* check_hostile.c - whatever a plugin does in the middle of a run costs that run only, and what is said of
 * it names the plugin. */
#include "base/fp_mode.h"
#include "runner/executor/executor.h"
#include "tests/fixtures/pool_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define HOSTILE(deeds)                                                       \
    "name: hostile\n" TINY_DATA TINY_MODEL "train: {epochs: 3, batch: 32}\n" \
    "seeds: {count: 1}\nrun: {isolation: process}\n"                         \
    "sweep: {list: [{model.ste: clipped}, {model.ste: {name: hostile, does: " deeds "}}]}\n"

static void hostile_set_up(void)
{
    unsetenv("BNNRUN_TRUST_PLUGINS");
    watch_set_up();
    bnn_registry_destroy(registry);
    registry = bnn_registry_create(getenv("BNN_TEST_PLUGINS"));
    /* Orphans become children of this process, which has no others. */
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
}

/* As where the kernel has no sandbox, which keeps plugins from signalling others. */
static void trust_plugins(void)
{
    ck_assert_int_eq(setenv("BNNRUN_TRUST_PLUGINS", "1", 1), 0);
    bnn_registry_destroy(registry);
    registry = bnn_registry_create(getenv("BNN_TEST_PLUGINS"));
}

/* Nobody who descends from this process is left. */
static void expect_nobody(void)
{
    enum { LOOKS = 1000, LOOK_MS = 10 };
    pid_t child = 0;
    for (int i = 0; i < LOOKS && (child = waitpid(-1, NULL, WNOHANG)) >= 0; i++)
        if (child == 0)
            poll(NULL, 0, LOOK_MS);
    ck_assert_int_eq(child, -1);
    ck_assert_int_eq(errno, ECHILD);
}

/* All that was recorded of a config, but what measures time. */
static const char *metrics_of(const char *label)
{
    char *rows = plain_rows(
        store_file(),
        bnn_arena_printf(arena,
                         "SELECT seed, name, epoch, printf('%%!.20g', value) "
                         "FROM run JOIN experiment_config USING (experiment_id, config_id)"
                         " JOIN metric USING (run_id) WHERE name <> 'seconds'"
                         " AND label LIKE '%%%s%%' ORDER BY 1, 2, 3, 4",
                         label));
    const char *kept = bnn_arena_strdup(arena, rows);
    free(rows);
    return kept;
}

static void expect_states(size_t n_done, size_t n_failed)
{
    ck_assert_uint_eq(summary.n_of[BNN_RUN_DONE], n_done);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_FAILED], n_failed);
}

/* What goes on as if it were the run is not heard, and what hides is found. */
START_TEST(what_a_plugin_forks_is_neither_heard_nor_left)
{
    run_sweep(HOSTILE("nothing"), 2);
    expect_states(2, 0);
    const char *clipped = metrics_of("clipped"), *hostile = metrics_of("hostile");
    ck_assert_uint_gt(strlen(hostile), 100);
    forget_database();
    run_sweep(_i == 0 ? HOSTILE("forks") : HOSTILE("leaves"), 2);
    expect_states(2, 0);
    ck_assert_str_eq(metrics_of("clipped"), clipped);
    ck_assert_str_eq(metrics_of("hostile"), hostile);
    expect_nobody();
}
END_TEST

/* What the other job is at goes on afterwards. */
START_TEST(a_plugin_that_kills_the_parent_of_all_ends_no_sweep)
{
    trust_plugins();
    run_sweep(HOSTILE("kills"), 2);
    expect_states(1, 1);
    ck_assert_str_eq(seen.message,
                     "the process that starts runs was killed while this one went on, "
                     "in grad of ste hostile");
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM attempt WHERE outcome = "
                                                "'failed'"),
                     1);
    expect_nobody();
}
END_TEST

/* More often than there are parents. */
START_TEST(a_plugin_that_kills_all_parents_ends_no_sweep)
{
    trust_plugins();
    run_sweep("name: kills\n" TINY_DATA TINY_MODEL "train: {epochs: 2, batch: 32}\n"
              "seeds: {count: 9}\nrun: {isolation: process, measure: false}\n"
              "sweep: {list: [{model.ste: {name: hostile, does: kills}}, {model.ste: clipped}]}\n",
              1);
    expect_states(9, 9);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM attempt WHERE error LIKE "
                                                "'ste hostile has killed the process that%'"),
                     2);
    expect_nobody();
}
END_TEST

START_TEST(a_plugin_that_ends_the_process_fails)
{
    static const struct {
        const char *spec, *message;
    } cases[] = {
        {HOSTILE("exits"), "the run's process ended with status 0 before the run did, "
                           "in grad of ste hostile"},
        {HOSTILE("closes"), "the run's process ended with status 1 before the run did; *"
                            "ste hostile*, which did not come with bnnrun, act in it"},
        {HOSTILE("traps"), "the run's process died: Aborted (signal 6), "
                           "in grad of ste hostile, at * (ste_hostile.so+0x*)"},
    };
    run_sweep(cases[_i].spec, 2);
    expect_states(1, 1);
    ck_assert_msg(fnmatch(cases[_i].message, seen.message, 0) == 0, "%s", seen.message);
    expect_nobody();
}
END_TEST

/* ---- output ------------------------------------------------------------------------------ */

/* The logs of all runs. */
static size_t read_logs(const char **last)
{
    size_t n_logs = 0, n;
    char *text;
    for (size_t i = 0; i < plan.n; i++) {
        const char *path = bnn_run_path(store_file(), plan.runs[i].uid, BNN_RUN_LOG, arena);
        if (access(path, F_OK) != 0)
            continue;
        ck_ok(bnn_file_read(path, (size_t)2 << 20, &text, &n, err));
        *last = bnn_arena_strdup(arena, text);
        free(text);
        n_logs++;
    }
    return n_logs;
}

START_TEST(what_a_plugin_prints_is_kept_with_its_run)
{
    const char *last = "";
    trust_plugins();
    run_sweep(HOSTILE("prints"), 2);
    expect_states(2, 0);
    ck_assert_uint_eq(read_logs(&last), 1);
    ck_assert_str_eq(last, "a line\nan error\nand \33[31ma part of one");
}
END_TEST

START_TEST(a_plugin_that_prints_without_end_fills_no_disk)
{
    const char *last = "";
    trust_plugins();
    run_sweep(HOSTILE("chatters"), 2);
    expect_states(2, 0);
    ck_assert_uint_eq(read_logs(&last), 1);
    ck_assert_uint_lt(strlen(last), (1 << 20) + 100);
    ck_assert_ptr_nonnull(strstr(last, "\n[bnnrun: the rest was left out]\n"));
}
END_TEST

/* ---- while the spec is read -------------------------------------------------------------- */

#define ORDERED(deed)                                                        \
    "name: ordered\n" TINY_DATA TINY_MODEL                                   \
    "train: {epochs: 1, batch: 32}\nsweep: {list: [{model.ordering: LPBA}, " \
    "{model.ordering: {name: hostile, does: nothing}}, "                     \
    "{model.ordering: {name: hostile, does: " deed "}}]}\n"

START_TEST(an_ordering_that_crashes_is_a_mistake_of_the_spec)
{
    static const struct {
        const char *spec, *message;
    } cases[] = {
        {ORDERED("traps"), "/ordering_hostile.so: its function sequence crashes: "
                           "Aborted (signal 6)"},
        {ORDERED("exits"),
         "/ordering_hostile.so: its function sequence ends the process, with status 0"},
        {ORDERED("flushes"),
         "ordering hostile changed the floating-point mode in its function sequence"},
        {ORDERED("loops"),
         "/ordering_hostile.so: its function sequence does not come back within 10 s"},
    };
    const uint64_t mode = bnn_fp_mode();
    ck_assert_int_eq(load(cases[_i].spec), BNN_E_SPEC);
    ck_assert_msg(strstr(said(), cases[_i].message) != NULL, "%s", said());
    ck_assert_uint_eq(bnn_fp_mode(), mode);
    load_well(ORDERED("prints"));
    ck_assert_uint_eq(experiment.n_configs, 3);
}
END_TEST

/* Who wants threads may have them, and is told. */
START_TEST(threads_of_strangers_are_warned_of)
{
    load_well(ORDERED("nothing") "run: {isolation: thread}\n");
    const char *warning = "warning: run.isolation: thread, but *, which did not come with bnnrun, "
                          "act in it: *";
    ck_assert_msg(fnmatch(bnn_arena_printf(arena, "*%s", warning), said(), 0) == 0, "%s", said());
    trust_plugins();
    load_well(ORDERED("nothing") "run: {isolation: thread}\n");
    ck_assert_str_eq(said(), "");
    load_well(ORDERED("nothing") "run: {memory_limit: 1GB}\n");
    ck_assert_str_eq(said(), "");
    load_well(ORDERED("nothing") "run: {memory_limit: 1GB, isolation: thread}\n");
    ck_assert_msg(strstr(said(), "warning: run.memory_limit: these runs are threads") != NULL, "%s",
                  said());
}
END_TEST

/* Standard output is for results. */
START_TEST(what_an_ordering_prints_is_no_result)
{
    int ends[2];
    char text[100];
    const int output = dup(STDOUT_FILENO);
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    ck_assert_int_ge(dup2(ends[1], STDOUT_FILENO), 0);
    load_well(ORDERED("prints"));
    fflush(stdout);
    ck_assert_int_eq(read(ends[0], text, sizeof text), -1);
    ck_assert_int_ge(dup2(output, STDOUT_FILENO), 0);
}
END_TEST

/* ---- the watchdog ------------------------------------------------------------------------ */

static void hear_nothing(void *context, const bnn_record *record)
{
    (void)context;
    (void)record;
}

/* Without a timeout; where time is short, as no run of a user has it. */
START_TEST(a_plugin_that_does_not_come_back_is_ended)
{
    const bnn_data_search search = {.catalogue = source_path("configs/datasets")};
    const bnn_run_listener listener = {hear_nothing, NULL};
    bnn_dataset *datasets;
    bnn_executor *executor;
    bnn_outcome outcome;
    uint32_t slot;
    int news = BNN_NEWS_NONE;
    load_well(HOSTILE("loops"));
    make_plan();
    ck_ok(bnn_plan_open_data(&plan, &search, &datasets, err));
    const bnn_run_base base = {.experiment = &experiment,
                               .datasets = datasets,
                               .folder = store_path("runs"),
                               .call_seconds = 0.2};
    const bnn_run *loops = plan.runs;
    while (strstr(experiment.configs[loops->i_config].label, "loops") == NULL)
        loops++;
    ck_ok(bnn_executor_open_processes(&base, 1, &executor, err));
    ck_ok(executor->start(executor, 0, loops, &listener, err));
    while (news != BNN_NEWS_END) {
        if (news == BNN_NEWS_NONE)
            poll(&(struct pollfd){executor->fd, POLLIN, 0}, 1, 50);
        bnn_error error;
        news = executor->poll(executor, &slot, &outcome, &error);
        ck_assert_msg(news >= 0, "%s", error.message);
    }
    ck_assert_int_eq(outcome.status, BNN_E_FAILED);
    /* On a slow machine another call may be the one that takes so long. */
    const char *words[] = {"the run's process was killed, in ", " of ",
                           ", which took more than 0.2 s of computing, or 1.2 of waiting"};
    const char *at = outcome.message;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *found = strstr(at, words[i]);
        ck_assert_msg(found != NULL && (i > 0 || found == at), "%s", outcome.message);
        at = found + strlen(words[i]);
    }
    executor->close(executor);
    bnn_plan_close_data(&plan, datasets);
    expect_nobody();
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("hostile");
    TCase *tcase = tcase_create("hostile");
    tcase_add_checked_fixture(tcase, hostile_set_up, runner_tear_down);
    tcase_add_loop_test(tcase, what_a_plugin_forks_is_neither_heard_nor_left, 0, 2);
    tcase_add_test(tcase, a_plugin_that_kills_the_parent_of_all_ends_no_sweep);
    tcase_add_test(tcase, a_plugin_that_kills_all_parents_ends_no_sweep);
    tcase_add_loop_test(tcase, a_plugin_that_ends_the_process_fails, 0, 3);
    tcase_add_test(tcase, what_a_plugin_prints_is_kept_with_its_run);
    tcase_add_test(tcase, a_plugin_that_prints_without_end_fills_no_disk);
    tcase_add_test(tcase, a_plugin_that_does_not_come_back_is_ended);
    tcase_add_loop_test(tcase, an_ordering_that_crashes_is_a_mistake_of_the_spec, 0,
                        getenv("BNN_TEST_LONG") != NULL ? 4 : 3);
    tcase_add_test(tcase, what_an_ordering_prints_is_no_result);
    tcase_add_test(tcase, threads_of_strangers_are_warned_of);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
