/* check_runner.c - the pool: what becomes of runs, and what the database holds afterwards. */
#include "base/file.h"
#include "base/run.h"
#include "db/store_results.h"
#include "infer/modelfile.h"
#include "runner/executor/executor.h"
#include "runner/finish.h"
#include "runner/notify.h"
#include "runner/predictions.h"

#include "runner/signals.h"
#include "tests/fixtures/pool_fixture.h"

#include <sys/resource.h>

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

/* Longer than some ticks of the observer, on a fast machine too: epochs of some milliseconds, since each may have its
 * checkpoint and its row. With the sanitizers a few images take as long. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#    define LONG_DATA   TINY_DATA
#    define LONG_EPOCHS "30"
#else
#    define LONG_DATA \
        "dataset: {name: synthetic, train_limit: 1500, validation: 40, test_limit: 50}\n"
#    define LONG_EPOCHS "60"
#endif
#define LONG                                                                            \
    "name: long\n" LONG_DATA TINY_MODEL "train: {epochs: " LONG_EPOCHS ", batch: 16}\n" \
    "seeds: {count: 2}\n"

/* Turns the bits of one byte near the end of a checkpoint round. */
static void turn_byte(const char *path)
{
    FILE *file = fopen(path, "r+b");
    ck_assert(file != NULL && fseek(file, -1000, SEEK_END) == 0);
    const int byte = fgetc(file) ^ 0xff;
    ck_assert(fseek(file, -1000, SEEK_END) == 0 && fputc(byte, file) == byte);
    ck_assert_int_eq(fclose(file), 0);
}

/* Of a checkpoint that is not what was written a plan says so, and promises nothing of it. */
static void expect_damage_is_told(const bnn_run *run)
{
    const size_t i = (size_t)(run - plan.runs);
    const char *path = bnn_run_path(store_file(), run->uid, BNN_RUN_CHECKPOINT, arena);
    turn_byte(path);
    make_plan();
    ck_assert_uint_eq(plan.runs[i].epochs_done, 0);
    ck_assert_str_eq(plan.runs[i].changed, "its checkpoint (damaged)");
    turn_byte(path);
}

/* Interrupts a sweep of two runs: in threads or processes, with checkpoints of epochs or of the stop alone, by one
 * signal or by two that are the same event. */
static void interrupt(int way)
{
    load_well(LONG);
    experiment.run.isolation = way < 2 ? BNN_ISOLATION_THREAD : BNN_ISOLATION_PROCESS;
    experiment.run.checkpoints = way % 2 == 0 ? BNN_CHECKPOINTS_EPOCH : BNN_CHECKPOINTS_STOP;
    make_plan();
    const int signal = way % 2 == 0 ? SIGINT : SIGTERM;
    seen.signal = signal;
    seen.signal_again = way % 2 == 0 ? 0 : way == 1 ? SIGTERM : SIGHUP;
    seen.signal_epoch = 2;
    seen.n_stopping = 0;
    bnn_error error;
    ck_assert_int_eq(execute(2, &error), BNN_E_INTERRUPTED);
    ck_assert_int_eq(summary.signal, signal);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_INTERRUPTED], 2);
    ck_assert_uint_eq(seen.n_stopping, 1);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM attempt WHERE signal > 0 AND "
                                                "outcome = 'interrupted'"),
                     2);
}

static void expect_plan_knows_its_checkpoints(void)
{
    make_plan();
    ck_assert_uint_eq(plan.n_of[BNN_RUN_INTERRUPTED], 2);
    ck_assert(plan.runs[0].epochs_done > 0 && bnn_plan_rest(&plan, &plan.runs[0]) < 1.0);
    char *identity = experiment.configs[0].identity;
    identity[0] ^= 1; /* with other plugins or data they would begin anew, and the plan knows it */
    make_plan();
    ck_assert_uint_eq(plan.runs[0].epochs_done, 0);
    ck_assert_str_eq(plan.runs[0].changed, "its checkpoint");
    identity[0] ^= 1;
    expect_damage_is_told(&plan.runs[1]);
    make_plan();
}

/* The same bits as in one go. */
START_TEST(what_was_interrupted_goes_on)
{
    run_sweep(LONG "run: {isolation: thread, checkpoint: none}\n", 2);
    char *whole = all_results();
    for (int way = 0; way < 4; way++) {
        forget_database();
        interrupt(way);
        expect_plan_knows_its_checkpoints();
        ck_ok(execute(1, err));
        ck_assert_int_gt(plain_number(store_file(), "SELECT min(resumed_from_epoch) FROM attempt "
                                                    "WHERE attempt = 2"),
                         0);
        ck_assert_int_ne(
            access(bnn_run_path(store_file(), plan.runs[0].uid, BNN_RUN_CHECKPOINT, arena), F_OK),
            0);
        char *resumed = all_results();
        ck_assert_msg(strcmp(resumed, whole) == 0, "way %d: %s\nis not\n%s", way, resumed, whole);
        free(resumed);
    }
    free(whole);
}
END_TEST

/* From a terminal, from who ends a job, from a cluster. The limit of CPU time tells again each second. */
START_TEST(all_that_asks_to_stop_is_heard)
{
    static const int wanted[] = {SIGINT, SIGQUIT, SIGHUP, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};
    bnn_signals signals;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        signal(wanted[i], SIG_DFL); /* who started the test may ignore them */
    ck_ok(bnn_signals_open(&signals, err));
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        ck_assert_int_eq(bnn_signals_next(&signals), 0);
        ck_assert_int_eq(kill(getpid(), wanted[i]), 0);
        ck_assert_int_eq(bnn_signals_next(&signals), wanted[i]);
    }
    ck_assert_int_eq(kill(getpid(), SIGXCPU), 0);
    bnn_signals_come(&signals, SIGTERM); /* as if */
    ck_assert_int_eq(bnn_signals_next(&signals), SIGTERM);
    bnn_signals_close(&signals);
    ck_assert_int_eq(kill(getpid(), SIGXCPU), 0);
    bnn_signals_come(&signals, SIGTERM); /* nobody listens, and nobody dies */
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
    const char *half = bnn_run_path(store_file(), plan.runs[0].uid, "model.bnn.7.tmp", arena);
    ck_ok(bnn_file_make_directory(bnn_run_path(store_file(), plan.runs[0].uid, NULL, arena), err));
    ck_ok(bnn_file_write(half, "half", 4, err)); /* its process has died since the plan was made */
    ck_ok(execute(2, err));
    ck_assert_int_ne(access(half, F_OK), 0);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_TAKEN], 1);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_DONE], 3);
    ck_assert_int_eq(seen.last_state[2], BNN_RUN_TAKEN);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM attempt"), 4);
}
END_TEST

/* A file that cannot grow, but for what claiming the runs takes: like a disk that is full. The sweep ends with the
 * reason; what was committed is whole. */
START_TEST(a_database_that_cannot_be_written_ends_the_sweep)
{
    bnn_error error;
    load_well(LONG "run: {isolation: thread, checkpoint: none}\n");
    make_plan();
    const struct rlimit limit = {60000, 60000};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(execute(2, &error), BNN_E_RESOURCE);
    ck_assert_msg(strstr(error.message, store_file()) != NULL &&
                      strstr(error.message, "see `ulimit -f`, then the same command") != NULL,
                  "%s", error.message);
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

/* Nobody waits for a command that stays. */
START_TEST(a_command_that_stays_is_ended)
{
    const char *const command[] = {"sleep", "1000", NULL};
    bnn_error late;
    ck_assert_int_eq(bnn_notify(command, "{}", 0.05, &late), BNN_E_FAILED);
    ck_assert_str_eq(late.message, "sleep: ended after 0.05 seconds, which are its limit");
}
END_TEST

static Suite *make_suite(void)
{
    const TTest *const tests[] = {
        results_do_not_depend_on_jobs_or_processes,
        what_images_are_taken_for_is_kept,
        time_runs_out,
        what_was_interrupted_goes_on,
        all_that_asks_to_stop_is_heard,
        a_run_of_another_process_is_left_to_it,
        a_database_that_cannot_be_written_ends_the_sweep,
        a_run_whose_end_is_not_recorded_keeps_its_checkpoint,
        a_folder_that_cannot_be_made_fails_a_run_at_once,
        plugins_from_elsewhere_are_isolated,
        what_is_measured_is_a_share_of_the_training,
        a_command_that_stays_is_ended,
    };
    Suite *suite = suite_create("runner");
    TCase *tcase = tcase_create("runner");
    tcase_add_checked_fixture(tcase, watch_set_up, runner_tear_down);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tcase, tests[i]);
    tcase_add_loop_test(tcase, a_failed_run_stops_no_other, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
