/* check_chain.c - runs that need others, executed: their order, what becomes of a run when that of its need
 * changes, and what the database knows of it. */
#include "base/path.h"
#include "db/store_results.h"
#include "runner/pool.h"
#include "runner/restore.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/runner_fixture.h"

#include <math.h>

#define HEAD \
    "name: chain\n" TINY_DATA TINY_MODEL "train: {epochs: 2, batch: 32}\nseeds: {count: 2}\n"
#define CHAIN                      \
    "start:\n"                     \
    "  - {model.binarize: none}\n" \
    "  - {model.binarize.weights: false}\n"
#define TAUGHT HEAD CHAIN "teacher: {model.binarize: none, train.epochs: 3}\n"

static bnn_plan plan;
static bnn_pool_summary summary;
static const char *told; /* why the last failure was one */

static void finished(void *context, const bnn_pool_view *view, const bnn_run *run)
{
    (void)context, (void)view;
    if (run->state == BNN_RUN_FAILED)
        told = run->result.error;
}

static void ignore_tick(void *context, const bnn_pool_view *view)
{
    (void)context, (void)view;
}

static void ignore_stop(void *context, const bnn_pool_view *view, int signal)
{
    (void)context, (void)view, (void)signal;
}

static void make_plan(const char *retrain)
{
    bnn_store_recovered recovered;
    ck_ok(
        bnn_plan_record(&experiment, store_file(), retrain, false, arena, &plan, &recovered, err));
}

static bnn_dataset *open_data(void)
{
    bnn_dataset *datasets = NULL;
    const bnn_data_search search = {.catalogue = source_path("configs/datasets")};
    ck_ok(bnn_plan_open_data(&plan, &search, &datasets, err));
    return datasets;
}

static void execute(uint32_t n_jobs)
{
    static const bnn_pool_observer observer = {
        .finished = finished, .tick = ignore_tick, .stopping = ignore_stop};
    bnn_dataset *datasets = open_data();
    const bnn_pool_options options = {
        .db = store_file(), .n_jobs = n_jobs, .datasets = datasets, .observer = &observer};
    summary = (bnn_pool_summary){.signal = 0};
    if (plan.n_todo > 0)
        ck_ok(bnn_pool_execute(&plan, &options, &summary, err));
    bnn_plan_close_data(&plan, datasets);
}

static void ignore_end(void *context, const bnn_run *run, bnn_restored what, const char *why)
{
    (void)context, (void)run, (void)what;
    told = bnn_arena_strdup(arena, why);
}

static bnn_restore_summary restore(void)
{
    bnn_restore_summary restored;
    bnn_dataset *datasets = open_data();
    const bnn_restore_options options = {
        .db = store_file(), .n_jobs = 2, .datasets = datasets, .ended = ignore_end};
    ck_ok(bnn_restore(&plan, &options, &restored, err));
    bnn_plan_close_data(&plan, datasets);
    return restored;
}

static void run_sweep(const char *spec, uint32_t n_jobs)
{
    load_well(spec);
    make_plan(NULL);
    execute(n_jobs);
}

static bnn_run *run_of(const char *label, int64_t seed)
{
    for (size_t i = 0; i < plan.n; i++)
        if (strcmp(experiment.configs[plan.runs[i].i_config].label, label) == 0 &&
            plan.runs[i].seed == seed)
            return &plan.runs[i];
    ck_abort_msg("no run of %s", label);
}

static void check_state(const char *label, bnn_run_state state)
{
    const bnn_run *run = run_of(label, 1);
    ck_assert_msg(run->state == state, "%s is in state %d, not %d", label, (int)run->state,
                  (int)state);
}

/* ---- their order ------------------------------------------------------------------------- */

/* Nobody begins before what it needs has ended; the links say with which weights it began. */
START_TEST(runs_wait_for_what_they_need)
{
    static const uint32_t n_jobs[] = {1, 4, 4};
    char *before = NULL;
    for (size_t i = 0; i < 3; i++) {
        load_well(i == 2 ? TAUGHT "run: {isolation: process}\n" : TAUGHT);
        make_plan(NULL);
        execute(n_jobs[i]);
        ck_assert_uint_eq(summary.n_of[BNN_RUN_DONE], 8);
        ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM run_link"), 10);
        ck_assert_int_eq(plain_number(store_file(),
                                      "SELECT count(*) FROM run_link WHERE sha256 = now_sha256"
                                      " AND need_state = 'done'"),
                         10);
        ck_assert_int_eq(
            plain_number(store_file(),
                         "SELECT count(*) FROM run_need JOIN attempt AS own USING (run_id)"
                         " JOIN attempt AS need ON need.run_id = need_run_id"
                         " WHERE own.started_us < need.ended_us"),
            0);
        char *now = all_results();
        ck_assert(before == NULL || strcmp(before, now) == 0);
        free(before);
        before = now;
        forget_database();
    }
    free(before);
}
END_TEST

START_TEST(what_is_done_is_not_done_again)
{
    run_sweep(TAUGHT, 2);
    make_plan(NULL);
    ck_assert(plan.n_todo == 0 && plan.n_of[BNN_RUN_DONE] == 8);
    ck_assert_str_eq(plain_text(store_file(),
                                "SELECT group_concat(need) FROM (SELECT need FROM leaderboard"
                                " ORDER BY ordinal)"),
                     "teacher,start,start");
}
END_TEST

/* With weights that nobody needs left out, those that are needed are there. */
START_TEST(needed_weights_are_kept)
{
    run_sweep(HEAD CHAIN "run: {keep: model}\n", 2);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_DONE], 6);
    ck_assert_str_eq(plain_text(store_file(),
                                "SELECT group_concat(DISTINCT label) FROM artifact JOIN run USING"
                                " (run_id) JOIN experiment_config USING (experiment_id, config_id)"
                                " WHERE kind = 'weights'"),
                     "start: binarize=none,start: weights=false");
}
END_TEST

/* ---- failures ---------------------------------------------------------------------------- */

/* Each of the dependents says why, and is not retried in vain; when the need can be had, they are done. */
START_TEST(a_failure_fails_the_dependents)
{
    load_well(HEAD "start: [{model.binarize: none, train.optimizer: {name: sgd, lr: 1e6}}, {}]\n"
                   "run: {retries: 2}\n");
    ck_assert_uint_eq(experiment.n_configs, 2); /* the second stage is the point itself */
    make_plan(NULL);
    execute(3);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_FAILED], 4);
    const bnn_run *run = run_of("base", 1);
    const char *expected = bnn_arena_printf(arena, "its start, run %s, failed: diverged: ",
                                            bnn_plan_need(&plan, run, BNN_PURPOSE_START)->uid);
    ck_assert_msg(strncmp(run->result.error, expected, strlen(expected)) == 0, "%s",
                  run->result.error);
    ck_assert_int_eq(plain_number(store_file(),
                                  "SELECT max(attempt) FROM attempt WHERE error LIKE 'its start%'"),
                     1);
    ck_assert_int_eq(plain_number(store_file(),
                                  "SELECT min(n) FROM (SELECT count(*) AS n FROM attempt WHERE"
                                  " error LIKE 'diverged%' GROUP BY run_id)"),
                     3);
    make_plan(NULL);
    ck_assert_uint_eq(plan.n_todo, 4);
}
END_TEST

/* ---- what has changed -------------------------------------------------------------------- */

#define STAGE "start: weights=false"
#define FIRST "start: binarize=none"

/* That the weights of the first stage are others now, as the database has it. */
static void change_first(void)
{
    plain_execute(store_file(), "UPDATE run_need SET sha256 = 'of before' WHERE purpose = 'start'"
                                " AND need_run_id NOT IN (SELECT run_id FROM run_need)");
}

/* The reason is named, all along the chain. */
START_TEST(staleness_goes_down_the_chain)
{
    run_sweep(HEAD CHAIN, 2);
    change_first();
    make_plan(NULL);
    check_state(FIRST, BNN_RUN_DONE);
    check_state(STAGE, BNN_RUN_STALE);
    check_state("base", BNN_RUN_STALE);
    const char *first = bnn_arena_printf(arena, "start %s (trained again)", run_of(FIRST, 1)->uid);
    const char *second = bnn_arena_printf(arena, "start %s (%s)", run_of(STAGE, 1)->uid, first);
    ck_assert_str_eq(run_of(STAGE, 1)->changed, first);
    ck_assert_str_eq(run_of("base", 1)->changed, second);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM run_summary WHERE state = "
                                                "'stale'"),
                     4);
    make_plan("stale");
    ck_assert_uint_eq(plan.n_todo, 4);
    execute(2);
    make_plan(NULL);
    ck_assert_uint_eq(plan.n_of[BNN_RUN_DONE], 6);
}
END_TEST

/* A run to do cannot be what the spec asks for when it starts from a stale one. */
START_TEST(what_needs_a_stale_run_is_blocked)
{
    run_sweep(HEAD CHAIN, 2);
    change_first();
    plain_execute(store_file(), "DELETE FROM run WHERE run_id IN (SELECT run_id FROM run_need WHERE"
                                " need_run_id IN (SELECT run_id FROM run_need))");
    make_plan(NULL);
    check_state("base", BNN_RUN_BLOCKED);
    ck_assert_uint_eq(plan.n_todo, 0);
    ck_assert_str_eq(run_of("base", 1)->blocked,
                     bnn_arena_printf(arena, "its start, run %s, is stale", run_of(STAGE, 1)->uid));
    make_plan("stale");
    check_state("base", BNN_RUN_QUEUED);
    ck_assert_uint_eq(plan.n_todo, 4);
    execute(2);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_DONE], 4);
}
END_TEST

/* Training again that gives the same weights makes nothing stale; other weights make all stale that
 * used them, at once. */
START_TEST(the_end_of_a_need_outdates_its_dependents)
{
    run_sweep(HEAD CHAIN, 2);
    make_plan(run_of(FIRST, 1)->uid);
    execute(1);
    make_plan(NULL);
    ck_assert_uint_eq(plan.n_of[BNN_RUN_DONE], 6);
    bnn_run first = *run_of(FIRST, 1);
    const char *base = bnn_arena_strdup(arena, run_of("base", 1)->uid);
    bnn_store *store = store_open(BNN_STORE_WRITE);
    ck_ok(bnn_store_update_run(store, first.id, NULL, true, err));
    const uint32_t attempt = claim(store, first);
    const bnn_record other = file_record("weights", BNN_RUN_WEIGHTS, 10, '7');
    ck_ok(bnn_store_add_record(store, first.id, attempt, &other, 0, err));
    ck_ok(bnn_store_finish(store, first.id, attempt, BNN_RUN_DONE, NULL, 0, err));
    bnn_store_close(store);
    const char *sql = bnn_arena_printf(arena, "SELECT stale FROM run WHERE run_uid = '%s'", base);
    ck_assert_str_eq(plain_text(store_file(), sql),
                     bnn_arena_printf(arena, "start %s (stale)", run_of(STAGE, 1)->uid));
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM run WHERE stale NOTNULL"), 2);
}
END_TEST

/* ---- what is lost ------------------------------------------------------------------------ */

/* Weights that were not kept when nobody needed them are made once more, first of all. */
START_TEST(weights_that_were_not_kept_are_made_again)
{
    run_sweep(HEAD "sweep: {list: [{model.binarize: none}]}\nrun: {keep: model}\n", 2);
    load_well(HEAD "start: {model.binarize: none}\n");
    make_plan(NULL);
    check_state(FIRST, BNN_RUN_LOST);
    ck_assert_str_eq(run_of(FIRST, 1)->lost, "weights.safetensors was not kept");
    ck_assert(bnn_plan_needs_lost(&plan));
    ck_assert_uint_eq(restore().n_of[BNN_RESTORED_FILES], 2);
    execute(2);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_DONE], 2);
    make_plan(NULL);
    ck_assert_uint_eq(plan.n_of[BNN_RUN_DONE], 4);
}
END_TEST

static void lose_weights(const char *label)
{
    ck_assert_int_eq(
        unlink(bnn_run_path(store_file(), run_of(label, 1)->uid, BNN_RUN_WEIGHTS, arena)), 0);
}

/* A run whose weights are lost with those that it started from comes second. */
START_TEST(what_is_lost_is_restored_in_order)
{
    run_sweep(TAUGHT, 2);
    char *before = all_results();
    lose_weights("base");
    lose_weights(STAGE);
    lose_weights(FIRST);
    lose_weights("teacher: binarize=none epochs=3");
    make_plan(NULL);
    for (size_t i = 0; i < plan.n; i++) /* an older bnnrun did not keep them */
        if (plan.runs[i].state == BNN_RUN_LOST)
            plain_execute(store_file(),
                          bnn_arena_printf(arena, "DELETE FROM prediction WHERE run_id = %lld",
                                           (long long)plan.runs[i].id));
    ck_assert_uint_eq(plan.n_of[BNN_RUN_LOST], 4);
    ck_assert(!bnn_plan_needs_lost(&plan));
    const bnn_restore_summary restored = restore();
    ck_assert_msg(restored.n_of[BNN_RESTORED_FILES] == 4, "%s", told);
    make_plan(NULL);
    ck_assert_uint_eq(plan.n_of[BNN_RUN_DONE], 8);
    char *now = all_results();
    ck_assert_str_eq(before, now);
    free(before);
    free(now);
}
END_TEST

/* ---- others ------------------------------------------------------------------------------ */

/* What another process trains is left to it, and what needs that, too; nobody waits for ever. */
START_TEST(a_need_of_another_process_is_not_waited_for)
{
    load_well(HEAD CHAIN "run: {isolation: thread}\n");
    make_plan(NULL);
    bnn_store *other = store_open(BNN_STORE_WRITE);
    ck_assert_uint_eq(claim(other, *run_of(FIRST, 1)), 1);
    make_plan(NULL);
    check_state(FIRST, BNN_RUN_RUNNING);
    execute(2);
    check_state("base", BNN_RUN_TAKEN);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_DONE], 3);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_TAKEN], 2);
    bnn_store_close(other);
    make_plan(NULL);
    execute(2);
    ck_assert_uint_eq(summary.n_of[BNN_RUN_DONE], 3);
}
END_TEST

/* One that was removed since the plan was made is not waited for, either. */
START_TEST(a_need_that_is_gone_is_not_waited_for)
{
    run_sweep(HEAD CHAIN, 2);
    plain_execute(store_file(), "DELETE FROM run WHERE run_id NOT IN"
                                " (SELECT need_run_id FROM run_need)");
    make_plan(NULL);
    check_state("base", BNN_RUN_QUEUED);
    check_state(FIRST, BNN_RUN_DONE);
    plain_execute(store_file(), "DELETE FROM run WHERE run_id IN"
                                " (SELECT need_run_id FROM run_need)"
                                " OR run_id IN (SELECT run_id FROM run_need)");
    execute(1);
    check_state("base", BNN_RUN_TAKEN);
}
END_TEST

/* A need that was removed is trained again, and known again by those that used it. */
START_TEST(a_removed_need_is_linked_again)
{
    run_sweep(HEAD CHAIN, 2);
    plain_execute(store_file(),
                  "DELETE FROM run WHERE run_id NOT IN (SELECT run_id FROM run_need)");
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM run_link WHERE need_state "
                                                "IS NULL"),
                     2);
    make_plan(NULL);
    ck_assert_uint_eq(plan.n_todo, 2);
    execute(2);
    make_plan(NULL);
    ck_assert_uint_eq(plan.n_of[BNN_RUN_DONE], 6);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM run_link WHERE need_state = "
                                                "'done' AND sha256 = now_sha256"),
                     4);
}
END_TEST

static Suite *make_suite(void)
{
    const TTest *const tests[] = {
        runs_wait_for_what_they_need,
        what_is_done_is_not_done_again,
        needed_weights_are_kept,
        a_failure_fails_the_dependents,
        staleness_goes_down_the_chain,
        what_needs_a_stale_run_is_blocked,
        the_end_of_a_need_outdates_its_dependents,
        weights_that_were_not_kept_are_made_again,
        what_is_lost_is_restored_in_order,
        a_need_of_another_process_is_not_waited_for,
        a_need_that_is_gone_is_not_waited_for,
        a_removed_need_is_linked_again,
    };
    Suite *suite = suite_create("chain");
    TCase *tcase = tcase_create("chain");
    tcase_add_checked_fixture(tcase, runner_set_up, runner_tear_down);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
