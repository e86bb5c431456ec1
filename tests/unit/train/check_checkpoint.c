/* Checkpoints: a run that is interrupted, at any step, or killed, and resumed gives the bits of one
 * that was not; a damaged checkpoint, or one of something else, is not taken for one. */
#include "base/file.h"
#include "train/session.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/train_fixture.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPEC                                                                                                \
    "model:\n" SMALL_TOPOLOGY "  binarize: {last: true}\n  ste: ede\n"                                      \
    "train: {epochs: 3, batch: 64, average: 0.9, optimizer: adam, binary_optimizer: {name: sgd, lr: 0.1}, " \
    "schedule: {name: cosine, warmup: 1}, augment: {shift: 1, rotate: 9, flip: true, elastic: "             \
    "{alpha: 9, sigma: 2}, erase: {probability: 0.4, fill: noise}}}\n"

/* Wires, which are states, tables, and scores of wires. */
#define LOGIC_SPEC                                                                        \
    "model:\n  topology:\n    input: {channels: 1, height: 28, width: 28}\n    blocks:\n" \
    "      - layer: thermometer\n"                                                        \
    "      - layer: {name: lut, gates: 90, inputs: 3}\n"                                  \
    "      - layer: {name: lut, gates: 60, wiring: learned, candidates: 5}\n"             \
    "      - layer: {name: lut, gates: 50, forward: hard, wiring: learned}\n"             \
    "      - layer: {name: group_sum, groups: 10}\n"                                      \
    "train: {epochs: 3, batch: 64, average: 0.9, optimizer: {name: adam, lr: 0.02}}\n"

static char directory[] = "check_checkpoint_XXXXXX";
static char path[64], deeper[64];

static void in_directory(void)
{
    train_set_up();
    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/runs/7.ckpt", directory);
    snprintf(deeper, sizeof deeper, "%s/runs", directory);
}

static void out_of_directory(void)
{
    unlink(path);
    rmdir(deeper);
    rmdir(directory);
    train_tear_down();
}

static report *whole; /* of the run without interruption */

static bnn_train_job checkpointed_job_of(const char *spec, report *r)
{
    whole = bnn_arena_alloc(arena, 1, sizeof *whole);
    const bnn_train_job job = job_of(spec, 7, whole);
    run_well(&job);
    bnn_train_job with = job_of(spec, 7, r);
    with.checkpoint_path = path;
    return with;
}

static bnn_train_job checkpointed_job(report *r)
{
    return checkpointed_job_of(SPEC, r);
}

static report *new_report(void)
{
    return bnn_arena_alloc(arena, 1, sizeof(report));
}

/* An attempt says first where it goes on. */
static uint32_t resumed_epoch(const report *r)
{
    ck_assert_uint_gt(r->n, 0);
    ck_assert_int_eq(r->rows[0].kind, BNN_RECORD_BEGIN);
    return r->rows[0].resumed_epoch;
}

/* Stopped after each single step: 3 epochs of 4 steps, so 12 interruptions. An epoch counts as done
 * when it has been evaluated, which the attempt after its last step does. */
START_TEST(a_run_can_stop_at_every_step)
{
    report *r = new_report();
    bnn_train_job job = checkpointed_job_of(_i == 0 ? SPEC : LOGIC_SPEC, r);
    bnn_train_progress progress;
    unsigned n_interruptions = 0;
    job.progress = &progress;
    for (;; n_interruptions++) {
        bnn_error err = {0};
        r->n = 0;
        bnn_train_reset_progress(&progress);
        atomic_store(&r->stop, n_interruptions < 12);
        const int status = bnn_train_run(&job, &err);
        ck_assert_uint_eq(resumed_epoch(r), n_interruptions == 0 ? 0 : (n_interruptions - 1) / 4);
        ck_assert_float_eq(progress.begun, (float)n_interruptions / 4.0f);
        if (status == BNN_OK)
            break;
        ck_assert_int_eq(status, BNN_E_INTERRUPTED);
        ck_assert_str_eq(err.message,
                         bnn_arena_printf(arena, "interrupted in epoch %u, step %u of 4",
                                          n_interruptions / 4 + 1, n_interruptions % 4 + 1));
        ck_assert_int_eq(access(path, R_OK), 0);
    }
    ck_assert_uint_eq(n_interruptions, 12);
    ck_assert(same_results(r, whole)); /* finished epochs are reported again */
    ck_assert_int_eq(unlink(path), 0); /* it stays until the caller has no more need of it */
}
END_TEST

/* Dies as by kill -9 when epoch 3 has been reported but its end has not been saved. */
static void die_in_epoch_3(report *r, const bnn_record *row)
{
    (void)r;
    if (row->kind == BNN_RECORD_METRIC && row->metric.epoch == 3)
        _exit(9);
}

START_TEST(a_killed_run_goes_on_from_its_last_epoch)
{
    report *r = new_report();
    bnn_train_job job = checkpointed_job(r);
    bnn_error err = {0};
    int ended;
    job.checkpoint_epochs = true;
    r->each = die_in_epoch_3;
    const pid_t child = fork();
    if (child == 0)
        _exit(run_job(&job, &err) == BNN_OK ? 0 : 1);
    ck_assert_int_eq(waitpid(child, &ended, 0), child);
    ck_assert(WIFEXITED(ended) && WEXITSTATUS(ended) == 9);
    r->each = NULL;
    ck_assert_int_eq(bnn_train_run(&job, &err), BNN_OK);
    ck_assert_uint_eq(resumed_epoch(r), 2);
    ck_assert(same_results(r, whole));
}
END_TEST

START_TEST(without_a_path_nothing_is_written)
{
    report *r = new_report();
    bnn_train_job job = checkpointed_job(r);
    bnn_error err;
    job.checkpoint_path = NULL;
    job.checkpoint_epochs = true;
    atomic_store(&r->stop, 1);
    ck_assert_int_eq(run_job(&job, &err), BNN_E_INTERRUPTED);
    ck_assert_int_ne(access(deeper, F_OK), 0);
}
END_TEST

START_TEST(a_checkpoint_that_cannot_be_written_is_said)
{
    report *r = new_report();
    bnn_train_job job = checkpointed_job(r);
    bnn_error err;
    char file[64];
    snprintf(file, sizeof file, "%s/file", directory);
    ck_assert_int_eq(bnn_file_write(file, "x", 1, &err), BNN_OK);
    job.checkpoint_path = bnn_arena_printf(arena, "%s/7.ckpt", file);
    atomic_store(&r->stop, 1);
    ck_assert_int_eq(run_job(&job, &err), BNN_E_INTERRUPTED);
    ck_assert_msg(strstr(err.message, file) != NULL &&
                      strstr(err.message, "; interrupted in epoch 1, step 1 of 4") != NULL,
                  "%s", err.message);
    atomic_store(&r->stop, 0);
    job.checkpoint_epochs = true;
    ck_assert_int_eq(run_job(&job, &err), BNN_E_RESOURCE);
    unlink(file);
}
END_TEST

/* ---- damage ------------------------------------------------------------------------------ */

/* The bytes of a checkpoint of epoch 1, step 2. */
static char *saved_checkpoint(bnn_train_job *job, report *r, size_t *n)
{
    bnn_error err = {0};
    char *bytes = NULL;
    *job = job_of(SPEC, 7, r);
    job->checkpoint_path = path;
    atomic_store(&r->stop, 1);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(run_job(job, &err), BNN_E_INTERRUPTED);
    ck_assert_msg(bnn_file_read(path, 1 << 24, &bytes, n, &err) == BNN_OK, "%s", err.message);
    return bytes;
}

static bnn_session *session_for(const bnn_train_job *job)
{
    bnn_session *session = NULL;
    bnn_error err = {0};
    ck_assert_msg(bnn_session_create(job, arena, &session, &err) == BNN_OK, "%s", err.message);
    return session;
}

static void put(const char *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

/* Nothing was loaded: position and weights are those of a new run. */
static void expect_ignored(bnn_session *s, const float *first_weights, const char *what, size_t at)
{
    const bnn_parameter *p = &s->net->parameters[0];
    uint32_t epochs;
    const bnn_checkpoint_found found =
        bnn_train_find_checkpoint(path, s->job->identity, s->job->seed, 0, &epochs);
    ck_assert_msg(found == (access(path, F_OK) == 0 ? BNN_CHECKPOINT_DAMAGED : BNN_CHECKPOINT_NONE),
                  "%s at %zu: found as %d", what, at, (int)found);
    ck_assert_msg(!bnn_checkpoint_load(s), "%s at %zu: taken for a checkpoint", what, at);
    ck_assert(s->at.epoch == 0 && s->at.step == 0 && s->net->step == 0);
    ck_assert_int_eq(memcmp(p->value, first_weights, p->n * sizeof *p->value), 0);
}

START_TEST(a_damaged_checkpoint_is_ignored)
{
    report *r = new_report();
    bnn_train_job job;
    size_t n;
    char *bytes = saved_checkpoint(&job, r, &n);
    bnn_session *s = session_for(&job);
    float *weights = bnn_arena_alloc(arena, s->net->parameters[0].n, sizeof *weights);
    memcpy(weights, s->net->parameters[0].value, s->net->parameters[0].n * sizeof *weights);
    for (size_t at = 0; at < n; at += at < 300 || at + 80 > n ? 1 : 997) {
        bytes[at] = (char)(bytes[at] ^ 1 << at % 8);
        put(bytes, n);
        bytes[at] = (char)(bytes[at] ^ 1 << at % 8);
        expect_ignored(s, weights, "a wrong bit", at);
    }
    for (size_t length = 0; length < n; length += length < 300 ? 13 : n / 7) {
        put(bytes, length);
        expect_ignored(s, weights, "a cut", length);
    }
    char *longer = bnn_arena_alloc(arena, n + 1, 1);
    memcpy(longer, bytes, n);
    put(longer, n + 1);
    expect_ignored(s, weights, "a byte too many", n);
    unlink(path);
    expect_ignored(s, weights, "no file", 0);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    expect_ignored(s, weights, "a directory", 0);
    rmdir(path);
    put(bytes, n);
    ck_assert(bnn_checkpoint_load(s)); /* what was damaged is whole */
    ck_assert_uint_eq(s->at.epoch, 1);
    ck_assert_uint_eq(s->at.step, 2);
    ck_assert_uint_eq(s->net->step, 6);
    free(bytes);
}
END_TEST

START_TEST(a_checkpoint_of_something_else_is_ignored)
{
    report *r = new_report();
    bnn_train_job job;
    size_t n;
    char *bytes = saved_checkpoint(&job, r, &n);
    put(bytes, n);
    free(bytes);
    bnn_train_job others[4] = {job, job, job, job};
    others[0].seed = 8;
    others[1].identity = "this ones";
    others[2].identity = "this on";
    others[3].train = parsed_train("train: {epochs: 4}", true);
    for (int i = 0; i < 4; i++) {
        bnn_session *s = session_for(&others[i]);
        uint32_t epochs;
        ck_assert_msg(i == 3 || bnn_train_find_checkpoint(path, others[i].identity, others[i].seed,
                                                          0, &epochs) == BNN_CHECKPOINT_OTHER,
                      "case %d", i);
        ck_assert_msg(!bnn_checkpoint_load(s), "case %d", i);
        ck_assert_uint_eq(s->at.epoch, 0);
    }
    ck_assert(bnn_checkpoint_load(session_for(&job)));
}
END_TEST

/* Nothing is said of the bytes of one that cannot be read. */
START_TEST(a_checkpoint_that_cannot_be_read_is_not_damaged)
{
    report *r = new_report();
    bnn_train_job job;
    struct rlimit before;
    size_t n;
    uint32_t epochs;
    char *bytes = saved_checkpoint(&job, r, &n);
    put(bytes, n);
    free(bytes);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    const bnn_checkpoint_found found =
        bnn_train_find_checkpoint(path, job.identity, job.seed, 0, &epochs);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(found, BNN_CHECKPOINT_UNREADABLE);
    ck_assert_int_eq(bnn_train_find_checkpoint(path, job.identity, job.seed, 0, &epochs),
                     BNN_CHECKPOINT_FITS);
}
END_TEST

/* Each array of a tensor: its value, the best epoch's, the average, then the slots that there are. */
static float *array_of(const bnn_session *s, uint32_t i, int which)
{
    if (which == 0)
        return s->net->parameters[i].value;
    if (which == 1)
        return s->best[i];
    return which == 2 ? s->averages[i] : s->slots[i][which - 3];
}

START_TEST(every_number_comes_back)
{
    report *r = new_report();
    buffers b = {.state = 41};
    bnn_error err = {0};
    bnn_train_job job = job_of(SPEC, 7, r);
    job.checkpoint_path = path;
    bnn_session *s = session_for(&job), *t = session_for(&job);
    s->at = (bnn_position_in_run){1, 3, 1.5, 17, 5, 6, 1, 0.25};
    s->net->step = 7;
    s->epochs[0].train_loss = NAN;
    s->epochs[0].validation_accuracy = 0.125;
    for (uint32_t i = 0; i < s->net->n_parameters; i++)
        for (int which = 0; which < 3 + BNN_SLOTS_MAX; which++)
            for (size_t j = 0; array_of(s, i, which) != NULL && j < s->net->parameters[i].n; j++)
                array_of(s, i, which)[j] = random_float(&b);
    ck_assert_int_eq(bnn_checkpoint_save(s, &err), BNN_OK);
    ck_assert(bnn_checkpoint_load(t));
    ck_assert_int_eq(memcmp(&s->at, &t->at, sizeof s->at), 0);
    ck_assert_int_eq(memcmp(s->epochs, t->epochs, 3 * sizeof *s->epochs), 0);
    ck_assert_uint_eq(t->net->step, 7);
    uint32_t n_arrays = 0;
    for (uint32_t i = 0; i < s->net->n_parameters; i++) {
        const bnn_parameter *p = &t->net->parameters[i];
        for (int which = 0; which < 3 + BNN_SLOTS_MAX; which++) {
            if (array_of(s, i, which) == NULL)
                continue;
            expect_same(p->name, p->layer, array_of(t, i, which), array_of(s, i, which), p->n);
            n_arrays++;
        }
        for (size_t j = 0; j < p->n; j++) /* signs are of the weights that came back */
            ck_assert(!p->latent || p->acting[j] == (p->value[j] >= 0.0f ? 1.0f : -1.0f));
    }
    ck_assert_uint_gt(n_arrays, 3 * s->net->n_parameters);
}
END_TEST

/* A run that finds rubbish starts over, and ends with the same bits. */
START_TEST(rubbish_does_not_stop_a_run)
{
    report *r = new_report();
    const bnn_train_job job = checkpointed_job(r);
    bnn_error err = {0};
    ck_assert_int_eq(bnn_file_make_directory(deeper, &err), BNN_OK);
    put("BNNCKPT", 8);
    ck_assert_int_eq(bnn_train_run(&job, &err), BNN_OK);
    ck_assert_uint_eq(resumed_epoch(r), 0);
    ck_assert(same_results(r, whole));
}
END_TEST

static Suite *checkpoint_suite(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *tc = tcase_create("checkpoints");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, in_directory, out_of_directory);
    tcase_add_loop_test(tc, a_run_can_stop_at_every_step, 0, 2);
    tcase_add_test(tc, a_killed_run_goes_on_from_its_last_epoch);
    tcase_add_test(tc, without_a_path_nothing_is_written);
    tcase_add_test(tc, a_checkpoint_that_cannot_be_written_is_said);
    tcase_add_test(tc, every_number_comes_back);
    tcase_add_test(tc, a_damaged_checkpoint_is_ignored);
    tcase_add_test(tc, a_checkpoint_of_something_else_is_ignored);
    tcase_add_test(tc, a_checkpoint_that_cannot_be_read_is_not_damaged);
    tcase_add_test(tc, rubbish_does_not_stop_a_run);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(checkpoint_suite)
