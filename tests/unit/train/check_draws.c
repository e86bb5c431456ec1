/* STEs that draw, and those with other levels than signs: a run is a function of its seed, whatever
 * computes it, interrupted or not; and what has been trained acts as signs. */
#include "base/size.h"
#include "simd/cpu.h"
#include "train/session.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/train_fixture.h"

#include <pthread.h>
#include <unistd.h>

static const char *const specs[] = {
    "model:\n" SMALL_TOPOLOGY "  binarize: {first: true, last: true}\n  ste: stochastic\n"
    "train: {epochs: 2, batch: 64}\n",
    "model:\n" SMALL_TOPOLOGY "  binarize: {last: true}\n"
    "  ste: {weights: stochastic, activations: {name: gumbel, temperature: 0.3}}\n"
    "train: {epochs: 2, batch: 64, binary_optimizer: {name: sgd, lr: 0.1}}\n",
    "model:\n" SMALL_TOPOLOGY "  binarize: {last: true}\n"
    "  ste: {weights: gumbel, activations: {name: dorefa, bits: 2}}\n  form: xnor\n"
    "train: {epochs: 2, batch: 64}\n",
    "model:\n" SMALL_TOPOLOGY "  binarize: {last: true}\n"
    "  ste: {weights: clipped, activations: heaviside}\ntrain: {epochs: 2, batch: 64}\n",
};
enum { N_SPECS = sizeof specs / sizeof *specs };

static report *new_reports(size_t n)
{
    return bnn_arena_alloc(arena, n, sizeof(report));
}

/* ---- the bits of a run ------------------------------------------------------------------- */

START_TEST(stops_change_no_bit)
{
    report *r = new_reports(2);
    char path[] = "check_draws_XXXXXX";
    bnn_train_job job = job_of(specs[_i], 7, &r[0]);
    run_well(&job);
    job = job_of(specs[_i], 7, &r[1]);
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    job.checkpoint_path = path;
    unsigned n_stops = 0;
    for (int status = BNN_E_INTERRUPTED; status != BNN_OK; n_stops++) {
        bnn_error err;
        r[1].n = 0;
        atomic_store(&r[1].stop, n_stops < 8);
        status = run_job(&job, &err);
        ck_assert_int_eq(status, n_stops < 8 ? BNN_E_INTERRUPTED : BNN_OK);
    }
    unlink(path);
    ck_assert_uint_eq(n_stops, 9);
    ck_assert(same_results(&r[0], &r[1]));
}
END_TEST

START_TEST(instruction_sets_change_no_bit)
{
    check_kernels_agree(specs[_i]);
}
END_TEST

START_TEST(runs_beside_change_no_bit)
{
    enum { N = 3 }; /* two of one seed, and one of another */
    report *r = new_reports(N);
    bnn_train_job jobs[N];
    pthread_t threads[N];
    void *ended;
    for (uint64_t i = 0; i < N; i++)
        jobs[i] = job_of(specs[_i], 7 + i / 2, &r[i]);
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_in_thread, &jobs[i]), 0);
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(pthread_join(threads[i], &ended), 0);
        ck_assert_ptr_eq(ended, &jobs[i]);
    }
    ck_assert(same_results(&r[0], &r[1]));
    ck_assert(!same_results(&r[0], &r[2]));
}
END_TEST

/* ---- what is drawn ----------------------------------------------------------------------- */

static bnn_network *drawing_network(void)
{
    report *r = new_reports(1);
    bnn_train_job *job = bnn_arena_alloc(arena, 1, sizeof *job);
    *job = job_of(specs[1], 7, r);
    bnn_session *s = session_of(job);
    bnn_session_load(s, &data.train, s->train, 20);
    return s->net;
}

static const bnn_parameter *latent_of(const bnn_network *net)
{
    const bnn_parameter *p = net->parameters;
    while (!p->latent)
        p++;
    return p;
}

/* Values of the first sign. */
static const bnn_network_op *sign_of(const bnn_network *net)
{
    const bnn_network_op *op = net->ops;
    while (op->letter != BNN_NETWORK_SIGN)
        op++;
    return op;
}

static size_t count_signs(size_t n, const float *x, const float *y)
{
    size_t same = 0;
    for (size_t i = 0; i < n; i++) {
        ck_assert_float_eq(fabsf(y[i]), 1.0f);
        same += y[i] == (x[i] >= 0.0f ? 1.0f : -1.0f);
    }
    return same;
}

static float *copy_of(const float *x, size_t n)
{
    return bnn_arena_copy(arena, x, n, sizeof *x);
}

START_TEST(each_step_draws_anew)
{
    bnn_network *net = drawing_network();
    const bnn_parameter *p = latent_of(net);
    const bnn_network_op *sign = sign_of(net);
    const size_t n = bnn_shape_values(sign->plan.out) * net->lanes;
    bnn_network_forward(net, 20, true);
    const float *weights = copy_of(p->acting, p->n), *values = copy_of(sign->y, n);
    ck_assert_uint_lt(count_signs(p->n, p->value, p->acting), p->n);
    ck_assert_uint_lt(count_signs(n, sign->io.x, sign->y), n);
    bnn_network_forward(net, 20, true);
    ck_assert_int_ne(memcmp(weights, p->acting, p->n * sizeof *weights), 0);
    ck_assert_int_ne(memcmp(values, sign->y, n * sizeof *values), 0);
    net->step = 0; /* as after a checkpoint */
    bnn_network_forward(net, 20, true);
    ck_assert_int_eq(memcmp(weights, p->acting, p->n * sizeof *weights), 0);
    ck_assert_int_eq(memcmp(values, sign->y, n * sizeof *values), 0);
}
END_TEST

START_TEST(inference_takes_signs)
{
    bnn_network *net = drawing_network();
    const bnn_parameter *p = latent_of(net);
    const bnn_network_op *sign = sign_of(net);
    const size_t n = bnn_shape_values(sign->plan.out) * net->lanes;
    const size_t n_logits = (size_t)net->n_classes * net->lanes;
    ck_assert_uint_eq(count_signs(p->n, p->value, p->acting), p->n);
    bnn_network_forward(net, 20, true);
    for (uint32_t i = 0; i < net->n_parameters; i++) /* running statistics have moved */
        if (net->parameters[i].kind == BNN_TENSOR_STATE)
            memset(net->parameters[i].value, 0, net->parameters[i].n * sizeof(float));
    bnn_network_forward(net, 20, false);
    ck_assert_uint_eq(count_signs(p->n, p->value, p->acting), p->n);
    ck_assert_uint_eq(count_signs(n, sign->io.x, sign->y), n);
    const float *logits = copy_of(net->logits, n_logits);
    for (size_t i = 0; i < p->n; i++) /* as an optimizer would */
        p->value[i] = -p->value[i];
    bnn_network_binarize_wholes(net);
    bnn_network_forward(net, 20, false);
    ck_assert_uint_eq(count_signs(p->n, p->value, p->acting), p->n);
    ck_assert_int_ne(memcmp(logits, net->logits, n_logits * sizeof *logits), 0);
}
END_TEST

/* The mean of what is drawn for a weight is the probability of the formula. */
START_TEST(probabilities_are_those_of_the_formula)
{
    enum { STEPS = 400 };
    bnn_network *net = drawing_network();
    const bnn_parameter *p = latent_of(net);
    double sum = 0, expected = 0;
    for (uint32_t step = 0; step < STEPS; step++) {
        bnn_network_forward(net, 20, true);
        for (size_t i = 0; i < 50; i++) {
            sum += (double)p->acting[i];
            expected += (double)p->value[i]; /* all within -1 and +1 */
        }
    }
    /* 20,000 draws of variance at most 1: five standard deviations of the mean. */
    ck_assert_double_le(fabs(sum - expected) / (STEPS * 50), 5 / sqrt(STEPS * 50));
}
END_TEST

/* The gradient is made of the numbers that the forward pass has used. */
START_TEST(the_gradient_has_the_numbers_of_its_pass)
{
    bnn_network *net = drawing_network();
    bnn_network_op *sign = (bnn_network_op *)(uintptr_t)sign_of(net);
    const bnn_ste *ste = bnn_use_ste(&sign->use);
    const size_t n = bnn_shape_values(sign->plan.out) * net->lanes;
    bnn_network_forward(net, 20, true);
    const float *numbers = copy_of(sign->noise, n);
    for (size_t i = 0; i < net->lanes * (size_t)net->n_classes; i++)
        net->logits_gradient[i] = i % net->lanes < 20 ? 0.01f : 0.0f;
    bnn_network_backward(net, 20);
    ck_assert_int_eq(memcmp(numbers, sign->noise, n * sizeof *numbers), 0);
    float *y = bnn_arena_alloc(arena, n, sizeof *y);
    const bnn_context ctx = {.kernels = net->kernels, .noise = numbers};
    ste->forward(&ctx, sign->use.params, n, sign->io.x, y);
    ck_assert_int_eq(memcmp(y, sign->y, n * sizeof *y), 0);
}
END_TEST

/* ---- other levels ------------------------------------------------------------------------ */

/* The layer behind multiplies floats and pads with 0. */
START_TEST(other_levels_are_floats)
{
    const char *const stes[] = {"clipped", "dorefa", "heaviside"};
    for (int i = 0; i < 3; i++) {
        const char *text =
            bnn_arena_printf(arena,
                             "model:\n" SMALL_TOPOLOGY
                             "  binarize: {}\n  ste: {weights: clipped, activations: %s}\n",
                             stes[i]);
        const bnn_network *net = network_of(parsed_model(text), 10, 16, 1);
        for (uint32_t k = 0; k < net->n_ops; k++)
            if (net->ops[k].letter == BNN_ROLE_LINEAR && net->ops[k].block == 1) {
                ck_assert_int_eq(net->ops[k].io.binary_inputs, i == 0);
                ck_assert_float_eq(net->ops[k].io.pad_value, i == 0 ? -1.0f : 0.0f);
            }
    }
}
END_TEST

static Suite *draws_suite(void)
{
    Suite *suite = suite_create("draws");
    TCase *tc = tcase_create("bits");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, train_set_up, train_tear_down);
    tcase_add_loop_test(tc, stops_change_no_bit, 0, N_SPECS);
    tcase_add_loop_test(tc, instruction_sets_change_no_bit, 0, N_SPECS);
    tcase_add_loop_test(tc, runs_beside_change_no_bit, 0, N_SPECS - 1);
    suite_add_tcase(suite, tc);
    tc = tcase_create("draws");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, train_set_up, train_tear_down);
    tcase_add_test(tc, each_step_draws_anew);
    tcase_add_test(tc, inference_takes_signs);
    tcase_add_test(tc, probabilities_are_those_of_the_formula);
    tcase_add_test(tc, the_gradient_has_the_numbers_of_its_pass);
    tcase_add_test(tc, other_levels_are_floats);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(draws_suite)
