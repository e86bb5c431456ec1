/* check_executor.c - what every place to execute runs in must do, and the pool when one is lost. */
#include "base/child.h"
#include "base/file.h"
#include "runner/executor/process_internal.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/runner_fixture.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int (*const open_kinds[])(const bnn_run_base *, uint32_t, bnn_executor **, bnn_error *) = {
    bnn_executor_open_threads, bnn_executor_open_processes};

enum { N_SLOTS = 2 };

/* What a run in a slot has reported, in whatever thread. */
typedef struct heard {
    atomic_uint n_begun, n_records, n_tests;
} heard;

static heard of_slot[N_SLOTS];
static bnn_plan plan;
static bnn_dataset *datasets;
static bnn_executor *executor;

static void record(void *context, const bnn_record *r)
{
    heard *h = context;
    if (r->kind == BNN_RECORD_BEGIN) {
        ck_assert_uint_eq(r->resumed_epoch, 0);
        ck_assert_uint_eq(atomic_load(&h->n_records), 0);
        atomic_fetch_add(&h->n_begun, 1);
    }
    atomic_fetch_add(&h->n_records, 1);
    if (r->kind == BNN_RECORD_METRIC && strcmp(r->metric.name, "test_accuracy") == 0)
        atomic_fetch_add(&h->n_tests, 1);
}

static void record_plan(const char *spec)
{
    const bnn_data_search search = {.catalogue = source_path("configs/datasets")};
    bnn_store_recovered recovered;
    load_well(spec);
    ck_ok(bnn_plan_record(&experiment, store_file(), NULL, false, arena, &plan, &recovered, err));
    ck_ok(bnn_plan_open_data(&plan, &search, &datasets, err));
}

static void open_executor(const bnn_run_base *base, int kind)
{
    ck_ok(open_kinds[kind](base, N_SLOTS, &executor, err));
    ck_assert_uint_eq(executor->n_slots, N_SLOTS);
}

static void start(uint32_t slot, const bnn_run *run)
{
    const bnn_run_listener listener = {record, &of_slot[slot]};
    ck_ok(executor->start(executor, slot, run, &listener, err));
}

/* Waits, with the executor's descriptor, for a run to end; its slot. */
static uint32_t wait_for_end(bnn_outcome *outcome)
{
    uint32_t slot = N_SLOTS;
    for (;;) {
        bnn_error error;
        const int news = executor->poll(executor, &slot, outcome, &error);
        ck_assert_msg(news >= 0, "%s", error.message);
        if (news == BNN_NEWS_END)
            return slot;
        if (news == BNN_NEWS_NONE)
            ck_assert_int_eq(poll(&(struct pollfd){executor->fd, POLLIN, 0}, 1, 30000), 1);
    }
}

START_TEST(slots_execute_runs_one_after_the_other)
{
    record_plan(TINY);
    const bnn_run_base base = {
        .experiment = &experiment, .datasets = datasets, .folder = store_path("runs")};
    open_executor(&base, _i);
    start(0, &plan.runs[0]);
    start(1, &plan.runs[1]);
    for (size_t next = 2, n_ended = 0; n_ended < plan.n; n_ended++) {
        bnn_outcome outcome;
        const uint32_t slot = wait_for_end(&outcome);
        ck_assert_msg(outcome.status == BNN_OK, "%s", outcome.message);
        ck_assert_uint_eq(atomic_load(&of_slot[slot].n_begun), 1);
        ck_assert_uint_gt(atomic_load(&of_slot[slot].n_records), 20);
        ck_assert_uint_eq(atomic_load(&of_slot[slot].n_tests), 1);
        ck_assert_uint_eq(atomic_load(&executor->progress[slot].epoch), 3);
        of_slot[slot] = (heard){0};
        if (next < plan.n)
            start(slot, &plan.runs[next++]);
    }
    executor->close(executor);
    for (size_t i = 0; i < plan.n; i++)
        ck_assert_int_eq(
            access(bnn_arena_printf(arena, "%s/%s/" BNN_RUN_MODEL, base.folder, plan.runs[i].uid),
                   R_OK),
            0);
    bnn_plan_close_data(&plan, datasets);
}
END_TEST

/* Before a start, too: else a run could be begun behind the back of who stops. */
START_TEST(what_is_cancelled_leaves_a_checkpoint)
{
    bnn_outcome outcome;
    record_plan(TINY);
    const bnn_run_base base = {
        .experiment = &experiment, .datasets = datasets, .folder = store_path("runs")};
    open_executor(&base, _i);
    executor->cancel(executor);
    start(1, &plan.runs[3]);
    ck_assert_uint_eq(wait_for_end(&outcome), 1);
    ck_assert_int_eq(outcome.status, BNN_E_INTERRUPTED);
    ck_assert_uint_eq(atomic_load(&of_slot[1].n_tests), 0);
    ck_assert_int_eq(
        access(bnn_arena_printf(arena, "%s/%s/" BNN_RUN_CHECKPOINT, base.folder, plan.runs[3].uid),
               R_OK),
        0);
    executor->close(executor);
    bnn_plan_close_data(&plan, datasets);
}
END_TEST

/* ---- the pool ---------------------------------------------------------------------------- */

/* How many there are, and one of them. */
static size_t count_children(pid_t parent, pid_t *child)
{
    char path[300], line[300];
    long of;
    size_t n = 0;
    struct dirent *entry;
    DIR *all = opendir("/proc");
    ck_assert_ptr_nonnull(all);
    while ((entry = readdir(all)) != NULL) {
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *stat = fopen(path, "re");
        if (stat == NULL)
            continue;
        if (fgets(line, sizeof line, stat) != NULL &&
            sscanf(line, "%*d (%*[^)]) %*c %ld", &of) == 1 && of == (long)parent) {
            *child = (pid_t)strtol(line, NULL, 10);
            n++;
        }
        fclose(stat);
    }
    closedir(all);
    return n;
}

/* What the observer has seen. */
typedef struct watch {
    size_t n_finished;
    bool killed;
} watch;

static void take_finished(void *context, const bnn_pool_view *view, const bnn_run *run)
{
    (void)view;
    ck_assert_int_eq(run->state, BNN_RUN_INTERRUPTED);
    ((watch *)context)->n_finished++;
}

/* The only child of this process is the keeper, whose only child is the zygote. Not before that has begun
 * the runs, since until then it holds what is of other zygotes; and the keeper, too, is waited for: the
 * pool sees at once that no other zygote will come. */
static void kill_keeper(void *context, const bnn_pool_view *view)
{
    watch *w = context;
    pid_t keeper, zygote, run;
    siginfo_t info;
    if (w->killed || view->n_running < N_SLOTS || count_children(getpid(), &keeper) != 1 ||
        count_children(keeper, &zygote) != 1 || count_children(zygote, &run) != N_SLOTS)
        return;
    ck_assert_int_eq(kill(keeper, SIGKILL), 0);
    ck_assert_int_eq(waitid(P_PID, (id_t)keeper, &info, WEXITED | WNOWAIT), 0);
    w->killed = true;
}

/* What was under way is not lost for good: it can be resumed. */
START_TEST(an_executor_that_dies_ends_the_sweep)
{
    bnn_pool_summary summary;
    bnn_store_recovered recovered;
    watch w = {0};
    const bnn_pool_observer observer = {
        .finished = take_finished, .tick = kill_keeper, .context = &w};
    record_plan("name: long\n" TINY_DATA TINY_MODEL "train: {epochs: 100000, batch: 16}\n"
                "seeds: {count: 4}\nrun: {isolation: process}\n");
    const bnn_pool_options options = {
        .db = store_file(), .n_jobs = N_SLOTS, .datasets = datasets, .observer = &observer};
    ck_refused(bnn_pool_execute(&plan, &options, &summary, err), BNN_E_INTERNAL,
               "the process that starts runs has died");
    ck_assert(w.killed && w.n_finished == N_SLOTS);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_INTERRUPTED], N_SLOTS);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_QUEUED], 2);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_RUNNING], 0);
    bnn_plan_close_data(&plan, datasets);
    /* The database has them as running, but the store that held them is closed: they are queued. */
    ck_ok(bnn_plan_record(&experiment, store_file(), NULL, false, arena, &plan, &recovered, err));
    ck_assert_uint_eq(recovered.n_stale, N_SLOTS);
    ck_assert_uint_eq(plan.n_of[BNN_RUN_INTERRUPTED], N_SLOTS);
}
END_TEST

/* A hard one kills and does not tell: it is met some time before, of which there is little when that is all. */
START_TEST(a_limit_of_cpu_time_is_met_when_it_is_used_up)
{
    const process_slot slot = {.pid = getpid()};
    static const rlim_t far[] = {1000, 4};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        ck_assert_int_eq(setrlimit(RLIMIT_CPU, &(struct rlimit){far[i], far[i]}), 0);
        ck_assert(!bnn_process_is_at_limit(&slot));
    }
    while (bnn_child_cpu_seconds(getpid()) < 0.5)
        continue;
    ck_assert_int_eq(setrlimit(RLIMIT_CPU, &(struct rlimit){1, 1}), 0);
    ck_assert(bnn_process_is_at_limit(&slot));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("executor");
    TCase *tcase = tcase_create("executor");
    tcase_add_checked_fixture(tcase, runner_set_up, runner_tear_down);
    tcase_add_loop_test(tcase, slots_execute_runs_one_after_the_other, 0, 2);
    tcase_add_loop_test(tcase, what_is_cancelled_leaves_a_checkpoint, 0, 2);
    tcase_add_test(tcase, an_executor_that_dies_ends_the_sweep);
    tcase_add_test(tcase, a_limit_of_cpu_time_is_met_when_it_is_used_up);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
