/* Learning from a teacher, and starting from another run's weights. The facts and the script that made
 * them are in tests/fixtures/reference. */
#include "model/weights.h"
#include "train/loss.h"
#include "train/teacher.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/train_fixture.h"

#include "tests/fixtures/reference/distill.inc"

#include <unistd.h>

enum { BATCH = 5, CLASSES = 4, LANES = 16 };

/* The number that make_distill.py calls formula(stream, i), exact in float. */
static float formula(uint32_t stream, size_t i)
{
    uint32_t x = ((uint32_t)i + 1 + 7919 * stream) * UINT32_C(2654435761);
    x = (x ^ x >> 15) * UINT32_C(2246822519);
    return (float)(x >> 16) / 65536.0f - 0.5f;
}

/* Rubbish in the lanes that are no images. */
static void fill_logits(float *own, float *teacher, int32_t *labels)
{
    for (size_t i = 0; i < LANES; i++) {
        labels[i] = i < BATCH ? (int32_t)((3 * i + 1) % CLASSES) : -1;
        for (size_t c = 0; c < CLASSES; c++) {
            own[c * LANES + i] = i < BATCH ? 6.0f * formula(1, i * CLASSES + c) : 1e30f;
            teacher[c * LANES + i] = i < BATCH ? 8.0f * formula(2, i * CLASSES + c) : -1e30f;
        }
    }
}

static void expect_facts(double weight, double temperature, double loss, const double *gradients)
{
    buffers b = {.state = 3};
    const size_t size = CLASSES * LANES;
    float *own = random_floats(&b, size), *teacher = random_floats(&b, size);
    int32_t labels[LANES];
    uint32_t n_correct = 0;
    double got = 0.0;
    const bnn_lesson lesson = {.kernels = bnn_kernels_choose(NULL),
                               .classes = CLASSES,
                               .n = BATCH,
                               .lanes = LANES,
                               .weight = weight,
                               .temperature = temperature,
                               .teacher = teacher,
                               .own = own,
                               .gradient = empty_floats(&b, size),
                               .room = empty_floats(&b, 3 * size),
                               .scratch = empty_floats(&b, 2 * LANES)};
    fill_logits(own, teacher, labels);
    lesson.kernels->cross_entropy(CLASSES, BATCH, LANES, own, labels, lesson.gradient,
                                  lesson.scratch, &got, &n_correct);
    bnn_teacher_give_lesson(&lesson, &got);
    /* KL is the difference of two sums of floats, times T^2 */
    const double error = 1e-6 * loss + 1e-7 * temperature * temperature * BATCH;
    ck_assert_msg(fabs(got - loss) <= error, "%.9g, expected %.9g", got, loss);
    for (size_t i = 0; i < BATCH; i++)
        for (size_t c = 0; c < CLASSES; c++)
            ck_assert_double_eq_tol((double)lesson.gradient[c * LANES + i],
                                    gradients[i * CLASSES + c], 1e-6);
    for (size_t i = BATCH; i < LANES; i++)
        for (size_t c = 0; c < CLASSES; c++)
            ck_assert_float_eq(lesson.gradient[c * LANES + i], 0.0f);
    buffers_free(&b);
}

START_TEST(lessons_have_the_values_of_the_script)
{
    expect_facts(0.5, 4.0, distill_half_4_loss[0], distill_half_4_gradients);
    expect_facts(0.9, 1.0, distill_most_1_loss[0], distill_most_1_gradients);
    expect_facts(1.0, 20.0, distill_all_20_loss[0], distill_all_20_gradients);
    expect_facts(0.1, 0.5, distill_little_half_loss[0], distill_little_half_gradients);
}
END_TEST

/* ---- in a run ---------------------------------------------------------------------------- */

#define BINARY "model:\n" SMALL_TOPOLOGY "  binarize: {last: true}\n"
#define FLOATS "model:\n" SMALL_TOPOLOGY "  binarize: none\n"
#define TRAIN  "train: {epochs: 2, batch: 64}\n"

static char weights[] = "check_teacher_XXXXXX";

static void with_a_file(void)
{
    train_set_up();
    memcpy(weights + strlen(weights) - 6, "XXXXXX", 6);
    const int fd = mkstemp(weights);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void without_a_file(void)
{
    unlink(weights);
    train_tear_down();
}

static int keep_weights(void *context, bnn_network *network, double test_accuracy, bnn_error *err)
{
    (void)context, (void)test_accuracy;
    return bnn_weights_write(network, weights, err);
}

/* Trains the float network, whose weights are in the file then. */
static report *train_floats(void)
{
    report *r = bnn_arena_alloc(arena, 1, sizeof *r);
    bnn_train_job job = job_of(FLOATS TRAIN, 7, r);
    job.trained = keep_weights;
    run_well(&job);
    return r;
}

static report *new_report(void)
{
    return bnn_arena_alloc(arena, 1, sizeof(report));
}

/* What both networks have carries over, latent weights too, and acts as its sign; what only one has is
 * as the seed has it, and so are the optimizer's slots. */
START_TEST(training_starts_from_weights)
{
    train_floats();
    bnn_train_job plain = job_of(FLOATS TRAIN, 7, new_report());
    bnn_session *trained = session_of(&plain);
    bnn_error err;
    ck_assert_int_eq(bnn_weights_read(trained->net, weights, &err), BNN_OK);
    bnn_train_job job =
        job_of("model:\n" SMALL_TOPOLOGY "  binarize: {last: true}\n  activation: prelu\n" TRAIN, 7,
               new_report());
    bnn_session *fresh = session_of(&job);
    job.start = weights;
    bnn_session *started = session_of(&job);
    const bnn_parameter *from = tensor_of(trained->net, "dense_2", "weight");
    const bnn_parameter *to = tensor_of(started->net, "dense_2", "weight");
    ck_assert(to->latent && memcmp(from->value, to->value, from->n * sizeof(float)) == 0);
    ck_assert(memcmp(to->value, tensor_of(fresh->net, "dense_2", "weight")->value,
                     to->n * sizeof(float)) != 0);
    for (size_t i = 0; i < to->n; i++)
        ck_assert_float_eq(to->acting[i], to->value[i] < 0.0f ? -1.0f : 1.0f);
    const bnn_parameter *slope = tensor_of(started->net, "prelu_1", "slope");
    ck_assert(memcmp(slope->value, tensor_of(fresh->net, "prelu_1", "slope")->value,
                     slope->n * sizeof(float)) == 0);
}
END_TEST

/* What form lsq begins with: twice the mean magnitude over the root of the levels above 0, which are 1.5 for 2 bits. */
static double first_log_step(const bnn_session *s)
{
    const bnn_parameter *p = tensor_of(s->net, "dense_2", "weight");
    double sum = 0.0;
    for (size_t i = 0; i < p->n; i++)
        sum += fabs((double)p->value[i]);
    return log(2.0 * sum / (double)p->n / sqrt(1.5) / 2.0);
}

/* Of the seed, or of another run, and not where that has a step itself. */
START_TEST(a_form_starts_with_the_weights_that_there_are)
{
    bnn_error err;
    train_floats();
    bnn_train_job job = job_of("model:\n" SMALL_TOPOLOGY
                               "  binarize: {activations: false, last: true}\n  form: lsq\n" TRAIN,
                               7, new_report());
    bnn_session *fresh = session_of(&job);
    job.start = weights;
    bnn_session *started = session_of(&job);
    bnn_parameter step = *tensor_of(started->net, "dense_2", "log_step");
    ck_assert_double_eq_tol((double)*step.value, first_log_step(started), 1e-4);
    ck_assert_double_eq_tol((double)*tensor_of(fresh->net, "dense_2", "log_step")->value,
                            first_log_step(fresh), 1e-4);
    ck_assert_double_gt(fabs(first_log_step(started) - first_log_step(fresh)), 1e-3);
    *step.value = 0.5f;
    ck_assert_int_eq(bnn_weights_write(started->net, weights, &err), BNN_OK);
    bnn_session *again = session_of(&job);
    ck_assert_float_eq(*tensor_of(again->net, "dense_2", "log_step")->value, 0.5f);
    const bnn_parameter *weight = tensor_of(again->net, "dense_2", "weight");
    for (size_t i = 0; i < weight->n; i++) {
        const double u = (double)weight->value[i] / exp(0.5);
        ck_assert_double_eq_tol((double)weight->acting[i], u < 0 ? -1.0 : 1.0, 1e-6);
    }
}
END_TEST

START_TEST(weights_of_another_shape_are_refused)
{
    train_floats();
    bnn_train_job job = job_of(
        "model:\n  topology: {input: {channels: 1, height: 28, width: 28}, blocks: [{layer: {name: "
        "conv2d, out: 5, kernel: 5}, pool: {name: maxpool, size: 3, stride: 3}}, {layer: {name: "
        "dense, out: 24}}, {layer: {name: dense, out: 10}}]}\n" TRAIN,
        7, new_report());
    bnn_error err;
    job.start = weights;
    ck_assert_int_eq(run_job(&job, &err), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, "does not have the network's shape"));
}
END_TEST

static const char *const kinds[] = {"start", "teacher", "both"};

static bnn_train_job needy_job(int kind, report *r)
{
    bnn_train_job job = job_of(
        BINARY "train: {epochs: 2, batch: 64, distill: {weight: 0.7, temperature: 3}}\n", 7, r);
    job.start = kind != 1 ? weights : NULL;
    job.teacher = kind != 0 ? parsed_model(FLOATS) : NULL;
    job.teacher_weights = kind != 0 ? weights : NULL;
    return job;
}

/* Stopped after each step and resumed, it has the bits of the run that was not; and others than the run
 * that needs nothing. */
START_TEST(a_run_that_needs_others_can_stop_at_every_step)
{
    train_floats();
    report *whole = new_report(), *r = new_report(), *plain = new_report();
    const bnn_train_job undisturbed = needy_job(_i, whole),
                        without = job_of(BINARY TRAIN, 7, plain);
    run_well(&undisturbed);
    run_well(&without);
    ck_assert_msg(!same_results(whole, plain), "%s changes nothing", kinds[_i]);
    bnn_train_job job = needy_job(_i, r);
    const char *path = bnn_arena_printf(arena, "%s.ckpt", weights);
    job.checkpoint_path = path;
    int status = BNN_E_INTERRUPTED, n = 0;
    for (; status == BNN_E_INTERRUPTED; n++) {
        bnn_error err;
        r->n = 0;
        atomic_store(&r->stop, n < 8);
        status = run_job(&job, &err);
    }
    unlink(path);
    ck_assert(status == BNN_OK && n == 9);
    ck_assert(same_results(r, whole));
}
END_TEST

/* A teacher that is the network itself, with all the weight: nothing pulls at the weights. */
START_TEST(a_teacher_is_not_argued_with)
{
    report *r = new_report();
    bnn_train_job job = job_of(
        FLOATS "train: {epochs: 1, batch: 64, distill: {weight: 1, temperature: 2}}\n", 7, r);
    job.teacher = job.model;
    bnn_session *s = session_of(&job);
    double loss = 0.0;
    uint32_t n_correct = 0;
    bnn_session_load(s, &data.train, s->train, 64);
    bnn_network_forward(s->net, 64, false);
    bnn_loss_train(s, 64, &loss, &n_correct);
    ck_assert_double_eq_tol(loss, 0.0, 1e-4);
    for (size_t i = 0; i < (size_t)s->net->n_classes * s->net->lanes; i++)
        ck_assert_float_eq_tol(s->net->logits_gradient[i], 0.0f, 1e-7f);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("teacher");
    TCase *facts = tcase_create("facts"), *runs = tcase_create("runs");
    tcase_add_test(facts, lessons_have_the_values_of_the_script);
    tcase_add_checked_fixture(runs, with_a_file, without_a_file);
    tcase_add_test(runs, training_starts_from_weights);
    tcase_add_test(runs, a_form_starts_with_the_weights_that_there_are);
    tcase_add_test(runs, weights_of_another_shape_are_refused);
    tcase_add_loop_test(runs, a_run_that_needs_others_can_stop_at_every_step, 0, 3);
    tcase_add_test(runs, a_teacher_is_not_argued_with);
    suite_add_tcase(suite, facts);
    suite_add_tcase(suite, runs);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
