/* What the validation images decide: the learning rate on a plateau, the end of a run that gets no
 * better, the epoch that is kept. All of it must survive an interruption. */
#include "train/watch.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/train_fixture.h"

#include <unistd.h>

#define BINARY_NET "model:\n" SMALL_TOPOLOGY "  binarize: {last: true}\n"

static report *new_report(void)
{
    return bnn_arena_alloc(arena, 1, sizeof(report));
}

/* A session whose epochs had these accuracies; the losses are what is missing to 1. */
static bnn_session *session_after(const bnn_train_job *job, uint32_t n, const double *accuracies)
{
    bnn_session *s = session_of(job);
    s->at.epoch = n;
    for (uint32_t i = 0; i < n; i++) {
        s->epochs[i].validation_accuracy = accuracies[i];
        s->epochs[i].validation_loss = 1.0 - accuracies[i];
    }
    return s;
}

static const double accuracies[] = {0.5, 0.6, 0.6, 0.55, 0.7, 0.7, 0.6, 0.69, 0.65, 0.6, 0.71};
enum { EPOCHS = sizeof accuracies / sizeof *accuracies };

/* ---- plateau ----------------------------------------------------------------------------- */

START_TEST(a_plateau_lowers_the_learning_rate)
{
    /* After epochs 3 and 4, and after 6 and 7, 8 and 9 nothing better has come; epoch 10 waits. */
    static const double factors[EPOCHS + 1] = {1,   1,    1,    1,     0.5,   0.5,
                                               0.5, 0.25, 0.25, 0.125, 0.125, 0.125};
    static const char *const specs[] = {
        BINARY_NET "train: {epochs: 20, schedule: {name: plateau, factor: 0.5, patience: 2}}\n",
        BINARY_NET "train: {epochs: 20, schedule: {name: plateau, factor: 0.5, patience: 2, "
                   "watched: accuracy}}\n"};
    const bnn_train_job job = job_of(specs[_i], 1, new_report());
    for (uint32_t n = 0; n <= EPOCHS; n++)
        ck_assert_double_eq(bnn_watch_plateau(session_after(&job, n, accuracies)), factors[n]);
}
END_TEST

START_TEST(a_plateau_has_a_floor)
{
    const bnn_train_job job = job_of(
        BINARY_NET "train: {epochs: 20, schedule: {name: plateau, patience: 1, floor: 0.05}}\n", 1,
        new_report());
    ck_assert_double_eq(bnn_watch_plateau(session_after(&job, 3, accuracies)), 0.1);
    ck_assert_double_eq(bnn_watch_plateau(session_after(&job, 4, accuracies)), 0.05);
    ck_assert_double_eq(bnn_watch_plateau(session_after(&job, EPOCHS, accuracies)), 0.05);
}
END_TEST

/* With a learning rate of 0 only the running statistics move; the accuracy soon stands still. */
#define STANDSTILL                                                                         \
    BINARY_NET "  norm: none\n"                                                            \
               "train: {epochs: 9, optimizer: {name: sgd, lr: 0}, patience: 3, schedule: " \
               "{name: plateau, factor: 0.5, patience: 1, watched: accuracy, warmup: 1}}\n"

START_TEST(a_run_lowers_its_learning_rate)
{
    report *r = new_report();
    const bnn_train_job job =
        job_of(BINARY_NET "train: {epochs: 9, optimizer: {name: sgd, lr: 1e-30}, schedule: {name: "
                          "plateau, factor: 0.5, patience: 2, watched: accuracy}}\n",
               1, r);
    run_well(&job);
    double rate = 1e-30, best = -1.0;
    int waited = 0, n_steps = 0;
    for (uint32_t e = 1; e <= 9; e++) {
        const double accuracy = metric_of(r, "validation_accuracy", e);
        ck_assert_double_eq(metric_of(r, "learning_rate", e), rate);
        waited = accuracy > best ? 0 : waited + 1;
        best = fmax(best, accuracy);
        if (waited == 2)
            rate *= 0.5, waited = 0, n_steps++;
    }
    ck_assert_int_gt(n_steps, 1);
}
END_TEST

/* ---- patience ---------------------------------------------------------------------------- */

START_TEST(a_run_gives_up_after_its_patience)
{
    static const uint32_t last[] = {3, 4, 8, EPOCHS + 1}; /* of patience 1, 2, 3, 6 */
    static const int patience[] = {1, 2, 3, 6};
    const bnn_train_job job = job_of(
        bnn_arena_printf(arena, BINARY_NET "train: {epochs: 20, patience: %d}\n", patience[_i]), 1,
        new_report());
    for (uint32_t n = 0; n <= EPOCHS; n++)
        ck_assert_msg(bnn_watch_gives_up(session_after(&job, n, accuracies)) == (n >= last[_i]),
                      "patience %d after epoch %u", patience[_i], n);
}
END_TEST

START_TEST(a_run_that_gives_up_says_its_last_epoch)
{
    report *r = new_report();
    const bnn_train_job job = job_of(STANDSTILL, 1, r);
    run_well(&job);
    ck_assert_double_eq(metric_of(r, "best_epoch", 0), 1);
    ck_assert_double_eq(metric_of(r, "last_epoch", 0), 4);
    for (size_t i = 0; i < r->n; i++)
        ck_assert(r->rows[i].kind != BNN_RECORD_METRIC || r->rows[i].metric.epoch <= 4);
    ck_assert_double_eq(metric_of(r, "learning_rate", 4), 0);
}
END_TEST

/* Nobody looks: a training goes through. */
START_TEST(without_validation_no_run_gives_up)
{
    report *r = new_report();
    bnn_train_job job = job_of(STANDSTILL, 1, r);
    job.n_validation = 0;
    run_well(&job);
    ck_assert_double_eq(metric_of(r, "best_epoch", 0), 9);
    for (size_t i = 0; i < r->n; i++)
        ck_assert_str_ne(r->rows[i].metric.name, "last_epoch");
}
END_TEST

/* Stopped after each step, and once more when the last epoch is done but not said. */
START_TEST(what_is_watched_survives_interruptions)
{
    static const char *const specs[] = {
        STANDSTILL,
        BINARY_NET "train: {epochs: 6, patience: 2, optimizer: {name: sgd, lr: 0.1}, schedule: "
                   "{name: plateau, patience: 1}}\n",
        BINARY_NET
        "train: {epochs: 2, choose: last, schedule: one_cycle, label_smoothing: 0.1, mixup: 0.3, clip_gradient: 1, average: 0.9}\n"};
    char path[] = "check_watch_XXXXXX";
    report *whole = new_report(), *r = new_report();
    const bnn_train_job job = job_of(specs[_i], 7, whole);
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    run_well(&job);
    bnn_train_job parts = job_of(specs[_i], 7, r);
    parts.checkpoint_path = path;
    bnn_error err;
    int status;
    do {
        r->n = 0;
        atomic_store(&r->stop, 1);
        status = run_job(&parts, &err);
    } while (status == BNN_E_INTERRUPTED);
    ck_assert_int_eq(status, BNN_OK);
    ck_assert(same_results(r, whole));
    unlink(path);
}
END_TEST

/* ---- choose ------------------------------------------------------------------------------ */

START_TEST(the_last_epoch_can_be_chosen)
{
    report *best = new_report(), *last = new_report();
    const bnn_train_job a =
        job_of(BINARY_NET "train: {epochs: 8, optimizer: {name: sgd, lr: 1e-30}}\n", 1, best);
    const bnn_train_job b =
        job_of(BINARY_NET "train: {epochs: 8, optimizer: {name: sgd, lr: 1e-30}, choose: last}\n",
               1, last);
    run_well(&a);
    run_well(&b);
    ck_assert_double_lt(metric_of(best, "best_epoch", 0), 8);
    ck_assert_double_eq(metric_of(last, "best_epoch", 0), 8);
    ck_assert_double_eq(metric_of(last, "validation_accuracy", 0),
                        metric_of(best, "validation_accuracy", 8));
    ck_assert_double_eq(metric_of(last, "test_loss", 0), metric_of(best, "last_test_loss", 0));
    ck_assert_double_ne(metric_of(last, "test_loss", 0), metric_of(best, "test_loss", 0));
}
END_TEST

/* ---- keys -------------------------------------------------------------------------------- */

START_TEST(new_keys_are_recorded_off_their_default)
{
    parsed_train("train: {choose: best, patience: 0, label_smoothing: 0}", true);
    ck_assert_ptr_null(bnn_settings_find(&settings, "train.choose"));
    ck_assert_ptr_null(bnn_settings_find(&settings, "train.patience"));
    ck_assert_ptr_null(bnn_settings_find(&settings, "train.label_smoothing"));
    parsed_train("train: {choose: last, patience: 3, label_smoothing: 0.1}", true);
    ck_assert_str_eq(bnn_settings_find(&settings, "train.choose")->text, "last");
    ck_assert_double_eq(bnn_settings_find(&settings, "train.patience")->number, 3);
    ck_assert_double_eq(bnn_settings_find(&settings, "train.label_smoothing")->number, 0.1);
    const bnn_train_options *train = parsed_train("train: {schedule: one_cycle}", true);
    ck_assert_double_eq(train->schedule.rise, 0.3);
    ck_assert_double_eq(train->schedule.start_divisor, 25);
    ck_assert_double_eq(train->schedule.end_divisor, 1e4);
    ck_assert_ptr_null(bnn_settings_find(&settings, "train.schedule.warmup"));
    ck_assert_ptr_nonnull(bnn_settings_find(&settings, "train.schedule.rise"));
}
END_TEST

static Suite *watch_suite(void)
{
    Suite *suite = suite_create("watch");
    TCase *tc = tcase_create("watched epochs");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, train_set_up, train_tear_down);
    tcase_add_loop_test(tc, a_plateau_lowers_the_learning_rate, 0, 2);
    tcase_add_test(tc, a_plateau_has_a_floor);
    tcase_add_test(tc, a_run_lowers_its_learning_rate);
    tcase_add_loop_test(tc, a_run_gives_up_after_its_patience, 0, 4);
    tcase_add_test(tc, a_run_that_gives_up_says_its_last_epoch);
    tcase_add_test(tc, without_validation_no_run_gives_up);
    tcase_add_loop_test(tc, what_is_watched_survives_interruptions, 0, 3);
    tcase_add_test(tc, the_last_epoch_can_be_chosen);
    tcase_add_test(tc, new_keys_are_recorded_off_their_default);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(watch_suite)
